"""The profiles of a campaign. Imports nothing heavy: pytest's options list their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_LEAST, _AFFORDED = 10, 10
"""Cases of a claim at the least, and the cost of a case from which on a batch has fewer."""


@dataclass(frozen=True)
class Profile:
    """The effort of a campaign.

    enumerated: small cases of a claim that are looked at, once; balls decide most of them.
    batches, batch_size: of cases per claim, all of which balls decide. witnesses: how many likely
    witnesses of a false existence statement balls decide.
    attack: evaluations of the adversarial search of a claim. moves: evaluations of each search for
    the sensitivity of an implied constant. simplified: evaluations for simplifying a case.
    controls, control_attack: cases of each control, and evaluations of the attack on one that no
    case refutes. seconds: time limit of a task in a worker process. regions: on which of their
    regions claims are proved: "none", "some" (where that is quick) or "all".
    """

    name: str
    enumerated: int
    batches: int
    batch_size: int
    witnesses: int
    attack: int
    moves: int
    simplified: int
    controls: int
    control_attack: int
    seconds: float
    regions: Literal["none", "some", "all"] = "some"

    def cases(self, cost: int) -> tuple[int, int]:
        """How many small cases of a claim are looked at, and how many are drawn in a batch.

        cost: that of a case of the claim; a batch draws fewer where it is high.
        """
        least = min(_LEAST, self.batch_size // 3)
        most = least + _AFFORDED * self.batch_size // cost
        return max(least, self.enumerated // cost), min(self.batch_size, most)

    def attack_on(self, cost: int) -> int:
        """Evaluations of the adversarial search of a claim whose cases cost so much."""
        return self.attack // (1 + cost // (2 * _AFFORDED))


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("quick", 64, 1, 12, 3, 50, 0, 15, 24, 120, 120, "none"),
        Profile("standard", 200, 2, 12, 7, 250, 40, 20, 80, 140, 300),
        Profile("thorough", 1500, 6, 60, 16, 2000, 200, 400, 720, 1000, 3600, "all"),
    )
}
