"""The tasks of a campaign: what each does, and their order.

Tasks depend on nothing but the claim, the seed and their own number, so that their outcomes are the
same whoever runs them and in whatever order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from theorycheck.campaign.profiles import PROFILES, Profile
from theorycheck.inputs.region import Region
from theorycheck.statements.claim import Claim

Kind: TypeAlias = Literal["batch", "attack", "control", "region"]


@dataclass(frozen=True)
class Task:
    """One unit of work: a batch of cases of a claim, an attack, a control, or a proof."""

    kind: Kind
    claim: str
    number: int
    profile: str
    seed: int
    claims_file: str | None = None
    own: Profile | None = None
    """The profile, where it is not one of the package's."""
    kin: str = ""
    """Tasks of one kin look at cases that were drawn for the same hypotheses."""

    @property
    def effort(self) -> Profile:
        """The profile."""
        return self.own or PROFILES[self.profile]

    @property
    def key(self) -> str:
        """The task's name in the ledger."""
        return f"{self.claim}/{self.kind}/{self.number}"

    def seed_for(self, claim: Claim) -> int:
        """The seed of the task's draws: the same for all claims with its hypotheses and inputs.

        So they look at the same cases, whose expectations are found once, and can be compared.
        Batches draw different cases; the controls of a claim share theirs.
        """
        number = self.number if self.kind == "batch" else 0
        text = f"{self.seed}:{_drawn_for(claim)}/{self.kind}/{number}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def plan(
    claims: Iterable[Claim], profile: str | Profile, seed: int, claims_file: str | None
) -> list[Task]:
    """The tasks of a campaign, in the order of its claims."""
    effort = PROFILES[profile] if isinstance(profile, str) else profile
    own = None if PROFILES.get(effort.name) == effort else effort
    return [
        Task(kind, claim.id, number, effort.name, seed, claims_file, own, _drawn_for(claim))
        for claim in claims
        for kind, count in _counts(claim, effort)
        for number in range(count)
    ]


def _drawn_for(claim: Claim) -> str:
    """What cases of a claim are drawn for: its hypotheses and inputs."""
    return f"{claim.domain.in_words(claim.inputs)}; {', '.join(claim.inputs)}"


def _regions(claim: Claim, profile: Profile) -> tuple[Region, ...]:
    regions = {"none": (), "some": claim.regions, "all": claim.all_regions}
    return regions[profile.regions]


def _counts(claim: Claim, profile: Profile) -> list[tuple[Kind, int]]:
    """The number of tasks of each kind for a claim."""
    has_attack = profile.attack > 0 and claim.is_attackable
    return [
        ("batch", profile.batches),
        ("attack", int(has_attack)),
        ("control", len(claim.controls)),
        ("region", len(_regions(claim, profile))),
    ]
