"""Aggregation: from the outcomes of tasks to the entries and the data of a report."""

from __future__ import annotations

import contextlib
import hashlib
import platform
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from theorycheck._version import __version__
from theorycheck.campaign.cross_check import CrossCheck
from theorycheck.campaign.entries import (
    CaseCounts,
    ClaimEntry,
    ControlEntry,
    Health,
    Histogram,
    RegionEntry,
)
from theorycheck.campaign.limits import not_checked
from theorycheck.campaign.measures import constant_found, reached_share, smallest_margin, unlike
from theorycheck.campaign.outcomes import (
    BatchOutcome,
    ControlOutcome,
    FailedOutcome,
    Outcome,
    RegionOutcome,
)
from theorycheck.campaign.profiles import PROFILES, Profile
from theorycheck.campaign.ranges import Ranges
from theorycheck.campaign.verdict import Gathered, claim_verdict, evidence_of
from theorycheck.claims.loading import pack_groups, source_of
from theorycheck.errors import TheoryCheckError
from theorycheck.regions.proof import RegionVerdict
from theorycheck.search.screening import HISTOGRAM_EDGES
from theorycheck.search.sharpening import combined
from theorycheck.statements.claim import Claim
from theorycheck.statements.explanation import explain
from theorycheck.statements.verdicts import CaseVerdict, Evidence, Fate

SCHEMA = 1
_LIBRARIES = ("numpy", "scipy", "mpmath", "python-flint", "hypothesis")


@dataclass(frozen=True)
class Run:
    """The request of a run, and when it began (seconds since 1970)."""

    profile: Profile
    seed: int
    claims_file: str | None
    started: float

    def header(self, claims: list[Claim]) -> dict[str, Any]:
        """The header of its ledger: everything that its outcomes depend on."""
        source = None if self.claims_file is None else source_of(self.claims_file)
        return {
            "version": __version__,
            "profile": _named(self.profile),
            "seed": self.seed,
            "claims": [claim.id for claim in claims],
            "claims_file": source and hashlib.sha256(source).hexdigest(),
        }


def _named(profile: Profile) -> str | dict[str, Any]:
    """The name of a profile of the package; all of one's own, whose name says little."""
    return profile.name if PROFILES.get(profile.name) == profile else asdict(profile)


def claim_entries(claims: list[Claim], outcomes: Iterable[Outcome]) -> tuple[ClaimEntry, ...]:
    """The entries of claims, in their order."""
    of_claim: dict[str, list[Outcome]] = {claim.id: [] for claim in claims}
    for outcome in outcomes:
        of_claim.get(outcome.task.claim, []).append(outcome)
    return tuple(claim_entry(claim, of_claim[claim.id]) for claim in claims)


def report_data(
    run: Run, entries: Sequence[ClaimEntry], outcomes: Sequence[Outcome]
) -> dict[str, Any]:
    """The data of report.json, without figures."""
    oracle = CrossCheck.union([o.oracle for o in outcomes if isinstance(o, BatchOutcome)])
    stamp = datetime.fromtimestamp(run.started, UTC).isoformat(timespec="seconds")
    return {
        "schema": SCHEMA,
        "version": __version__,
        "profile": run.profile.name,
        "seed": run.seed,
        "claims_file": run.claims_file,
        "groups": pack_groups(run.claims_file),
        "environment": environment(),
        "started": stamp,
        "seconds": round(time.time() - run.started, 1),
        "claims": [entry.to_dict() for entry in entries],
        "figures": [],
        "gallery": [],
        "health": _health(outcomes).to_dict(),
        "oracle": oracle.to_dict(),
        "not_checked": not_checked(entries, oracle),
    }


def environment() -> dict[str, str]:
    """Versions of everything that takes part in a number."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in _LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def claim_entry(claim: Claim, outcomes: Iterable[Outcome]) -> ClaimEntry:
    """The report's entry of a claim, from the outcomes of its tasks."""
    found = Gathered.of(outcomes)
    verdict, reason = claim_verdict(claim, found)
    tasks = (
        *(*found.batches, *found.attacks, *found.controls, *found.regions),
        *found.failures,
    )
    return ClaimEntry(
        id=claim.id,
        group=claim.group,
        statement=claim.statement,
        description=claim.description,
        origin=claim.origin,
        source=claim.source,
        kind=claim.kind,
        hypotheses=claim.domain.in_words(claim.inputs),
        searched=Ranges.union(o.searched for o in found.batches),
        verdict=verdict,
        evidence=evidence_of(verdict, found.verdicts),
        reason=reason,
        undecided_share=round(found.undecided_share, 4),
        cases=_counts(found),
        margin=smallest_margin(claim, found),
        tightness=reached_share(claim, found.worst, verdict),
        constant=constant_found(claim, found),
        sharpening=combined(claim.kind, [o.sharpening for o in found.searched]),
        worst=tuple(unlike(found.witnesses if claim.kind == "existence" else found.worst, 3)),
        histogram=_histogram(found.batches),
        counterexample=found.violations[0] if found.violations else None,
        witness=found.witnesses[0] if found.witnesses else None,
        controls=(
            *(_control_entry(o) for o in found.controls),
            *(_failed_control(claim, o) for o in found.failures if o.task.kind == "control"),
            *_missing_controls(claim, found),
        ),
        regions=(
            *(_region_entry(claim, o) for o in found.regions),
            *(_failed_region(claim, o) for o in found.failures if o.task.kind == "region"),
        ),
        undecided_reasons=dict(found.reasons),
        certificate=claim.certificate,
        compared=claim.compared or (),
        figures=(),
        seconds=round(sum(o.seconds for o in tasks), 2),
        why=_why(claim, found),
    )


def _why(claim: Claim, found: Gathered) -> dict[str, Any] | None:
    """The two sides at the counterexample; None without one, or where they cannot be had again."""
    if not found.violations:
        return None
    try:
        explanation = explain(claim, found.violations[0].case)
    except TheoryCheckError:
        return None
    return None if explanation is None else explanation.to_dict()


def _counts(found: Gathered) -> CaseCounts:
    verdicts = found.verdicts
    signs_known = (CaseVerdict.CERTIFIED, CaseVerdict.NO_WITNESS, CaseVerdict.REFUTED)
    return CaseCounts(
        generated=sum(o.generated for o in found.batches),
        in_domain=found.in_domain,
        certified=sum(verdicts[name] for name in signs_known),
        tight=verdicts[CaseVerdict.TIGHT],
        undecided=verdicts[CaseVerdict.UNDECIDED],
        screened=sum(o.screened for o in found.batches),
        attacked=sum(o.evaluations for o in found.attacks),
    )


def _histogram(batches: list[BatchOutcome]) -> Histogram:
    bins = range(len(HISTOGRAM_EDGES) - 1)
    counts = tuple(sum(o.histogram[k] for o in batches) for k in bins)
    return Histogram(tuple(HISTOGRAM_EDGES), counts)


def _control_entry(outcome: ControlOutcome) -> ControlEntry:
    found = outcome.found
    return ControlEntry(
        id=outcome.control,
        statement=outcome.statement,
        verdict=outcome.verdict,
        evidence=outcome.evidence,
        case=None if found is None else found.case,
        margin=None if found is None else found.margin,
        looked=outcome.looked,
    )


def _region_entry(claim: Claim, outcome: RegionOutcome) -> RegionEntry:
    region = claim.all_regions[outcome.task.number]
    return RegionEntry(
        region=region.to_dict(),
        words=region.in_words(),
        verdict=outcome.verdict,
        bound=outcome.bound,
        boxes=outcome.boxes,
        seconds=outcome.seconds,
        picture=outcome.picture,
    )


def _failed_region(claim: Claim, outcome: FailedOutcome) -> RegionEntry:
    region = claim.all_regions[outcome.task.number]
    return RegionEntry(
        region=region.to_dict(),
        words=region.in_words(),
        verdict=RegionVerdict.UNDECIDED,
        bound=None,
        boxes=0,
        seconds=outcome.seconds,
        reason=outcome.failure,
    )


def _failed_control(claim: Claim, outcome: FailedOutcome) -> ControlEntry:
    """A control whose task failed is undecided: the check has neither shown power nor lacked it."""
    control = claim.controls[outcome.task.number]
    return ControlEntry(control.id, control.statement, Fate.UNDECIDED, Evidence.NONE)


def _missing_controls(claim: Claim, found: Gathered) -> Iterator[ControlEntry]:
    """The controls of which there is no outcome: the run was stopped, or the claim is refuted."""
    outcomes = [*found.controls, *found.failures]
    done = {o.task.number for o in outcomes if o.task.kind == "control"}
    for number, control in enumerate(claim.controls):
        if number not in done:
            yield ControlEntry(control.id, control.statement, Fate.NOT_RUN, Evidence.NONE)


def _health(outcomes: Iterable[Outcome]) -> Health:
    batches = [o for o in outcomes if isinstance(o, BatchOutcome)]
    inside = sum(o.in_domain for o in batches)
    counts: Counter[str] = sum((Counter(o.regimes) for o in batches), Counter())
    return Health(
        generated=sum(o.generated for o in batches),
        duplicates=sum(o.duplicates for o in batches),
        in_domain=inside,
        regimes={name: round(counts[name] / max(inside, 1), 4) for name in sorted(counts)},
    )
