"""The tasks of a campaign: what each does, how hard a profile searches, and their order.

Tasks depend on nothing but the claim, the seed and their own number, so that their outcomes are the
same whoever runs them and in whatever order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from theorycheck.statements.claim import Claim

Kind: TypeAlias = Literal["batch", "attack", "control"]


@dataclass(frozen=True)
class Profile:
    """The effort of a campaign.

    batches, batch_size: of cases per claim, all of which balls decide. witnesses: how many likely
    witnesses of a false existence statement balls decide.
    attack: evaluations of the adversarial search of a claim. moves: evaluations of each search for
    the sensitivity of an implied constant. simplified: evaluations for simplifying a case.
    controls, control_attack: cases of each control, and evaluations of the attack on one that no
    case refutes. seconds: time limit of a task in a worker process.
    """

    name: str
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
        Profile("quick", 1, 16, 3, 0, 0, 30, 24, 120, 120),
        Profile("standard", 2, 48, 7, 240, 40, 50, 80, 140, 300),
        Profile("thorough", 12, 120, 16, 3000, 300, 400, 1440, 1500, 3600),
    )
}


@dataclass(frozen=True)
class Task:
    """One unit of work: a batch of cases of a claim, an attack, or a control's refutation."""

    kind: Kind
    claim: str
    number: int
    profile: str
    seed: int
    claims_file: str | None = None

    @property
    def key(self) -> str:
        """The task's name in the ledger."""
        return f"{self.claim}/{self.kind}/{self.number}"

    @property
    def own_seed(self) -> int:
        """A seed that no other task of the run has."""
        text = f"{self.seed}:{self.key}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def plan(claims: Iterable[Claim], profile: str, seed: int, claims_file: str | None) -> list[Task]:
    """The tasks of a campaign, in the order of its claims."""
    return [
        Task(kind, claim.id, number, profile, seed, claims_file)
        for claim in claims
        for kind, count in _counts(claim, PROFILES[profile])
        for number in range(count)
    ]


def _counts(claim: Claim, profile: Profile) -> list[tuple[Kind, int]]:
    """The number of tasks of each kind for a claim."""
    has_attack = profile.attack > 0 and is_attackable(claim)
    return [
        ("batch", profile.batches),
        ("attack", int(has_attack)),
        ("control", len(claim.controls)),
    ]


def is_attackable(claim: Claim) -> bool:
    """True if float64 sees a margin that a search can make smaller."""
    return not claim.only_balls and claim.kind != "identity"
