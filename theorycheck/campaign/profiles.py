"""The profiles of a campaign. Imports nothing heavy: pytest's options list their names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """The effort of a campaign.

    enumerated: small cases of a claim that float64 sees, once.
    batches, batch_size: of cases per claim, all of which balls decide. witnesses: how many likely
    witnesses of a false existence statement balls decide.
    attack: evaluations of the adversarial search of a claim. moves: evaluations of each search for
    the sensitivity of an implied constant. simplified: evaluations for simplifying a case.
    controls, control_attack: cases of each control, and evaluations of the attack on one that no
    case refutes. seconds: time limit of a task in a worker process.
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


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("quick", 150, 1, 16, 3, 100, 0, 30, 24, 120, 120),
        Profile("standard", 600, 2, 48, 7, 400, 40, 50, 80, 140, 300),
        Profile("thorough", 3000, 12, 120, 16, 3000, 300, 400, 1440, 1500, 3600),
    )
}
