"""The verdict on a claim, from the outcomes of its tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from theorycheck.campaign.outcomes import (
    AttackOutcome,
    BatchOutcome,
    ControlOutcome,
    FailedOutcome,
    Outcome,
    RegionOutcome,
)
from theorycheck.search.findings import Finding, WorstCase
from theorycheck.search.shrinking import complexity
from theorycheck.statements.claim import Claim
from theorycheck.statements.verdicts import CaseVerdict, ClaimVerdict, Evidence

MOST_UNDECIDED = 0.01
"""The share of the cases inside the hypotheses that a supported claim may leave undecided."""


@dataclass(frozen=True)
class Gathered:
    """The outcomes of one claim, sorted by their kind; cases by how telling they are."""

    batches: list[BatchOutcome]
    attacks: list[AttackOutcome]
    controls: list[ControlOutcome]
    regions: list[RegionOutcome]
    failures: list[FailedOutcome]
    verdicts: Counter[CaseVerdict]
    worst: list[WorstCase]
    violations: list[Finding]
    witnesses: list[Finding]

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Gathered:
        """The outcomes of one claim, in the order of its tasks."""
        outcomes = list(outcomes)
        batches = [o for o in outcomes if isinstance(o, BatchOutcome)]
        attacks = [o for o in outcomes if isinstance(o, AttackOutcome)]
        regions = [o for o in outcomes if isinstance(o, RegionOutcome)]
        searched: list[BatchOutcome | AttackOutcome] = [*batches, *attacks]
        return cls(
            batches,
            attacks,
            [o for o in outcomes if isinstance(o, ControlOutcome)],
            regions,
            [o for o in outcomes if isinstance(o, FailedOutcome)],
            sum((Counter(o.verdicts) for o in batches), Counter()),
            sorted((f for o in searched for f in o.worst), key=lambda f: float(f.relative)),
            sorted((f for o in (*searched, *regions) for f in o.violations), key=_complexity),
            sorted((f for o in searched for f in o.witnesses), key=_complexity),
        )

    @property
    def searched(self) -> list[BatchOutcome | AttackOutcome]:
        """The batches and attacks."""
        return [*self.batches, *self.attacks]

    @property
    def in_domain(self) -> int:
        """The number of generated cases inside the hypotheses."""
        return sum(o.in_domain for o in self.batches)

    @property
    def undecided_share(self) -> float:
        """The share of the cases inside the hypotheses that balls did not decide."""
        return self.verdicts[CaseVerdict.UNDECIDED] / max(self.in_domain, 1)

    @property
    def reasons(self) -> Counter[str]:
        """Why cases stayed undecided, or tasks gave no result; with how often."""
        of_cases: Counter[str] = sum((Counter(o.reasons) for o in self.searched), Counter())
        return of_cases + Counter(o.failure for o in self.failures)


def _complexity(finding: Finding) -> tuple[int, ...]:
    return complexity(finding.case)


def claim_verdict(claim: Claim, found: Gathered) -> tuple[ClaimVerdict, str]:
    """A claim's verdict, and the reason if it is undecided.

    What failed, what stayed open, and what fails in float64 where balls do not decide must not pass
    as support.
    """
    if found.violations:
        return ClaimVerdict.REFUTED, ""
    if claim.kind == "existence" and found.witnesses:
        return ClaimVerdict.PROVED, ""
    if reason := _obstacle(claim, found):
        return ClaimVerdict.UNDECIDED, reason
    is_measured = claim.kind == "constant" and claim.floor is None
    return (ClaimVerdict.MEASURED if is_measured else ClaimVerdict.SUPPORTED), ""


def _obstacle(claim: Claim, found: Gathered) -> str:
    """The first thing that stands against support; "" if nothing does."""
    often = found.reasons.most_common(1)  # of an attack there is one reason, and of cases many
    why = often[0][0] if often else "no reason is known"
    if errors := sum(o.errors for o in found.batches):
        return f"the claim's function failed at {_counted(errors, 'case')}: {why}"
    failed = [o for o in found.failures if o.task.kind not in ("control", "region")]
    if failed:
        return f"{_counted(len(failed), 'task')} gave no result: {failed[0].failure}"
    if not found.in_domain:
        return "no case met the hypotheses"
    undecided = found.verdicts[CaseVerdict.UNDECIDED]
    share = f"{undecided} of {_counted(found.in_domain, 'case')} undecided"
    if claim.kind == "existence":
        return f"no witness among {_counted(found.in_domain, 'case')}" + (
            f"; {share}: {why}" if undecided else ""
        )
    if suspects := sum(o.suspects for o in found.searched):
        return f"{share}; it looks violated at {_counted(suspects, 'case')}: {why}"
    if found.undecided_share > MOST_UNDECIDED:
        return f"{share} ({100 * found.undecided_share:.1f} %): {why}"
    return ""


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def evidence_of(verdict: ClaimVerdict, verdicts: Counter[CaseVerdict]) -> Evidence:
    """The evidence of the decided cases together: tight if every one of them is an equality."""
    if verdict in (ClaimVerdict.REFUTED, ClaimVerdict.PROVED):
        return Evidence.CERTIFIED
    if verdict == ClaimVerdict.UNDECIDED:
        return Evidence.NONE
    return Evidence.CERTIFIED if verdicts[CaseVerdict.CERTIFIED] else Evidence.TIGHT
