"""What a run did not check, computed from what it generated and decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from theorycheck.campaign.cross_check import CrossCheck
from theorycheck.campaign.entries import ClaimEntry
from theorycheck.campaign.ranges import Ranges
from theorycheck.regions.proof import RegionVerdict
from theorycheck.statements.verdicts import ClaimVerdict

_SETTING = (
    "Finite samples, covariances other than the identity and unknown weights are outside the "
    "setting: everything here is about population gradient EM."
)

_DEAR = (
    "Cases that balls would take long for, by an estimate, are not generated, and the share of "
    "decided cases is one of those that are: above affine rank 2 what 12 digits do not tell apart; "
    "in a plane equalities, and residuals, where means are far apart; long runs far out."
)


def not_checked(entries: Sequence[ClaimEntry], oracle: CrossCheck) -> list[str]:
    """The limits of a run, one sentence each."""
    return [*_limits(entries, oracle), _SETTING]


def _limits(entries: Sequence[ClaimEntry], oracle: CrossCheck) -> Iterator[str]:
    if any(entry.verdict == ClaimVerdict.SUPPORTED for entry in entries):
        yield "No claim is proved for all mixtures: a supported claim has survived a search."
    searched = Ranges.union(entry.searched for entry in entries)
    if searched.n is not None:
        yield (
            f"Cases were generated within these ranges: {searched.in_words()}. Beyond them "
            "nothing was checked, whatever a claim's hypotheses allow."
        )
    yield from _narrow(entries)
    yield _DEAR
    inside = sum(entry.cases.in_domain for entry in entries)
    if undecided := sum(entry.cases.undecided for entry in entries):
        yield f"Of {inside:,} cases inside the hypotheses {undecided:,} stayed undecided."
    if partly := sum(bool(entry.certificate) for entry in entries):
        yield f"Of {partly} of the claims only a part is certified; their sections say which."
    if measured := [e.id for e in entries if e.verdict == ClaimVerdict.MEASURED]:
        yield (
            f"No floor is stated for the constant of {', '.join(measured)}: its smallest value "
            "found is measured, and says nothing of what a longer search would find."
        )
    if unproved := [entry.id for entry in entries if _is_unproved(entry)]:
        yield f"The proofs on regions of {', '.join(unproved)} were not completed."
    if searched.steps is not None:
        yield (
            "Asymptotic statements are checked through a constant, or a limit within a tolerance, "
            "on runs of finite length."
        )
    if any(entry.origin == "paper" for entry in entries):
        yield (
            "Statements recalled from the paper are checked as this page words them, which may "
            "differ from the printed theorem."
        )
    if not oracle.cases:
        yield "No case was computed a second time by the oracle."


def _is_unproved(entry: ClaimEntry) -> bool:
    """True if the proof of a claim on one of its regions has no result."""
    return any(region.verdict == RegionVerdict.UNDECIDED for region in entry.regions)


def _narrow(entries: Sequence[ClaimEntry]) -> Iterator[str]:
    """The number of claims by the largest dimension and rank of their cases, if it is small."""
    for name, label in (("d", "dimension"), ("rank", "affine rank")):
        tops = [int(ends[1]) for e in entries if (ends := getattr(e.searched, name)) is not None]
        parts = [f"{tops.count(top)} up to {top}" for top in sorted(set(tops))]
        if len(parts) > 1:
            yield f"Claims by the largest {label} of their cases: {', '.join(parts)}."
