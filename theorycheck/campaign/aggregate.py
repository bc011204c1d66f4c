"""Aggregation: from the outcomes of tasks to the entries and the data of a report."""

from __future__ import annotations

import contextlib
import hashlib
import platform
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from theorycheck._version import __version__
from theorycheck.campaign.entries import (
    CaseCounts,
    ClaimEntry,
    ControlEntry,
    Health,
    Histogram,
    ImpliedConstant,
    Tightness,
)
from theorycheck.campaign.outcomes import (
    AttackOutcome,
    BatchOutcome,
    ControlOutcome,
    FailedOutcome,
    Outcome,
)
from theorycheck.search.findings import Finding, WorstCase
from theorycheck.search.screening import HISTOGRAM_EDGES
from theorycheck.search.sharpening import combined
from theorycheck.search.shrinking import complexity
from theorycheck.statements.claim import Claim
from theorycheck.statements.decision import FLOAT_TRUST
from theorycheck.statements.verdicts import CaseVerdict, ClaimVerdict, Evidence, Fate, Sign

SCHEMA = 1
NOT_CHECKED = (
    "No claim is proved for all mixtures by this run: a supported claim has survived a search.",
    "Ball arithmetic certifies up to affine rank 3, and mostly ranks 1 and 2; the rest is float64.",
    "Along trajectories balls certify the steps that each claim names; the rest is float64.",
    "Asymptotic statements are checked through a constant, or a limit within a tolerance, "
    "on runs of finite length.",
    "Statements recalled from the paper are checked as this page words them, which may differ "
    "from the printed theorem.",
    "Finite samples, covariances other than the identity and unknown weights are outside the "
    "setting: everything here is about population gradient EM.",
)
_LIBRARIES = ("numpy", "scipy", "mpmath", "python-flint", "hypothesis")


@dataclass(frozen=True)
class Run:
    """The request of a run, and when it began (seconds since 1970)."""

    profile: str
    seed: int
    claims_file: str | None
    started: float

    def header(self, claims: list[Claim]) -> dict[str, Any]:
        """The header of its ledger: everything that its outcomes depend on."""
        source = None if self.claims_file is None else Path(self.claims_file).read_bytes()
        return {
            "version": __version__,
            "profile": self.profile,
            "seed": self.seed,
            "claims": [claim.id for claim in claims],
            "claims_file": source and hashlib.sha256(source).hexdigest(),
        }


def claim_entries(claims: list[Claim], outcomes: Iterable[Outcome]) -> tuple[ClaimEntry, ...]:
    """The entries of claims, in their order."""
    of_claim: dict[str, list[Outcome]] = {claim.id: [] for claim in claims}
    for outcome in outcomes:
        of_claim.get(outcome.task.claim, []).append(outcome)
    return tuple(claim_entry(claim, of_claim[claim.id]) for claim in claims)


def report_data(
    run: Run, entries: Iterable[ClaimEntry], outcomes: Sequence[Outcome]
) -> dict[str, Any]:
    """The data of report.json, without figures."""
    stamp = datetime.fromtimestamp(run.started, UTC).isoformat(timespec="seconds")
    return {
        "schema": SCHEMA,
        "version": __version__,
        "profile": run.profile,
        "seed": run.seed,
        "claims_file": run.claims_file,
        "environment": environment(),
        "started": stamp,
        "seconds": round(time.time() - run.started, 1),
        "claims": [entry.to_dict() for entry in entries],
        "figures": [],
        "gallery": [],
        "health": _health(outcomes).to_dict(),
        "not_checked": list(NOT_CHECKED),
    }


def environment() -> dict[str, str]:
    """Versions of everything that takes part in a number."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in _LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


@dataclass(frozen=True)
class _Gathered:
    """The outcomes of one claim, sorted by their kind; cases by how telling they are."""

    batches: list[BatchOutcome]
    attacks: list[AttackOutcome]
    controls: list[ControlOutcome]
    failures: list[FailedOutcome]
    verdicts: Counter[CaseVerdict]
    worst: list[WorstCase]
    violations: list[Finding]
    witnesses: list[Finding]

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> _Gathered:
        outcomes = list(outcomes)
        batches = [o for o in outcomes if isinstance(o, BatchOutcome)]
        attacks = [o for o in outcomes if isinstance(o, AttackOutcome)]
        searched: list[BatchOutcome | AttackOutcome] = [*batches, *attacks]
        return cls(
            batches,
            attacks,
            [o for o in outcomes if isinstance(o, ControlOutcome)],
            [o for o in outcomes if isinstance(o, FailedOutcome)],
            sum((Counter(o.verdicts) for o in batches), Counter()),
            sorted((f for o in searched for f in o.worst), key=lambda f: float(f.relative)),
            sorted((f for o in searched for f in o.violations), key=_complexity),
            sorted((f for o in searched for f in o.witnesses), key=_complexity),
        )

    @property
    def is_broken(self) -> bool:
        """True if the claim's function failed somewhere, or a task that is no control's."""
        has_errors = any(o.errors for o in self.batches)
        return has_errors or any(o.task.kind != "control" for o in self.failures)

    @property
    def is_suspect(self) -> bool:
        """True if float64 sees a violation where balls do not reach."""
        return any(
            f.sign == Sign.UNKNOWN
            and f.evidence == Evidence.FLOATING
            and float(f.relative) < -FLOAT_TRUST
            for f in self.worst
        )


def claim_entry(claim: Claim, outcomes: Iterable[Outcome]) -> ClaimEntry:
    """The report's entry of a claim, from the outcomes of its tasks."""
    found = _Gathered.of(outcomes)
    verdict, evidence = _verdict(claim, found)
    tasks = (*found.batches, *found.attacks, *found.controls, *found.failures)
    return ClaimEntry(
        id=claim.id,
        group=claim.group,
        statement=claim.statement,
        description=claim.description,
        origin=claim.origin,
        source=claim.source,
        kind=claim.kind,
        hypotheses=claim.domain.in_words(claim.inputs),
        verdict=verdict,
        evidence=evidence,
        cases=_counts(found),
        margin=_margin(claim, found),
        tightness=_tightness(claim, found.worst),
        constant=_constant(found) if found.worst and claim.kind == "constant" else None,
        sharpening=combined(claim.kind, [o.sharpening for o in (*found.batches, *found.attacks)]),
        worst=tuple(found.witnesses if claim.kind == "existence" else found.worst)[:3],
        histogram=_histogram(found.batches),
        counterexample=found.violations[0] if found.violations else None,
        witness=found.witnesses[0] if found.witnesses else None,
        controls=(
            *(_control_entry(o) for o in found.controls),
            *(_failed_control(claim, o) for o in found.failures if o.task.kind == "control"),
        ),
        undecided_reasons=_reasons(found),
        certificate=claim.certificate,
        figures=(),
        seconds=round(sum(o.seconds for o in tasks), 2),
    )


def _complexity(finding: Finding) -> tuple[int, ...]:
    return complexity(finding.case)


def _verdict(claim: Claim, found: _Gathered) -> tuple[ClaimVerdict, Evidence]:
    """A claim's verdict and the strongest evidence for it."""
    if found.violations:
        return ClaimVerdict.REFUTED, Evidence.CERTIFIED
    undecided = ClaimVerdict.UNDECIDED, Evidence.NONE
    if claim.kind == "existence":
        return (ClaimVerdict.PROVED, Evidence.CERTIFIED) if found.witnesses else undecided
    # What failed, or fails in float64 where balls do not reach, must not pass as support.
    if found.is_broken or found.is_suspect:
        return undecided
    for evidence in (Evidence.CERTIFIED, Evidence.TIGHT, Evidence.FLOATING):
        if found.verdicts[CaseVerdict(evidence)]:
            return ClaimVerdict.SUPPORTED, evidence
    return undecided


def _counts(found: _Gathered) -> CaseCounts:
    verdicts = found.verdicts
    signs_known = (CaseVerdict.CERTIFIED, CaseVerdict.NO_WITNESS, CaseVerdict.REFUTED)
    return CaseCounts(
        generated=sum(o.generated for o in found.batches),
        in_domain=sum(o.in_domain for o in found.batches),
        certified=sum(verdicts[name] for name in signs_known),
        tight=verdicts[CaseVerdict.TIGHT],
        floating=verdicts[CaseVerdict.FLOATING],
        undecided=verdicts[CaseVerdict.UNDECIDED],
        attacked=sum(o.evaluations for o in found.attacks),
    )


def _margin(claim: Claim, found: _Gathered) -> float | None:
    """The smallest relative margin found; of an existence claim, the largest of a witness."""
    if claim.kind == "existence":
        return max((float(f.relative) for f in found.witnesses), default=None)
    return found.worst[0].relative if found.worst and claim.kind != "constant" else None


SHARP = 0.999
"""An inequality whose smaller side reached this share of the larger one is called sharp."""


def _tightness(claim: Claim, worst: list[WorstCase]) -> Tightness | None:
    """The largest share of its bound that an inequality reached; None if it has no two sides."""
    reached = [(f.ratio, f.case) for f in worst if f.ratio is not None]
    if not reached:
        return None
    ratio, case = max(reached, key=lambda pair: float(pair[0]))
    return Tightness(ratio, case, "yes" if ratio > SHARP else "unknown", claim.sharp_when)


def _constant(found: _Gathered) -> ImpliedConstant:
    moves = tuple(move for attack in found.attacks for move in attack.moves)
    return ImpliedConstant(found.worst[0].relative, found.worst[0].case, "", moves)


def _histogram(batches: list[BatchOutcome]) -> Histogram:
    bins = range(len(HISTOGRAM_EDGES) - 1)
    counts = tuple(sum(o.histogram[k] for o in batches) for k in bins)
    return Histogram(tuple(HISTOGRAM_EDGES), counts)


def _reasons(found: _Gathered) -> dict[str, int]:
    """Why cases, or the claim as a whole, stayed undecided; with how often."""
    failures = Counter(o.failure for o in found.failures)
    return dict(sum((Counter(o.reasons) for o in found.batches), failures))


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


def _failed_control(claim: Claim, outcome: FailedOutcome) -> ControlEntry:
    """A control whose task failed is undecided: the check has neither shown power nor lacked it."""
    control = claim.controls[outcome.task.number]
    return ControlEntry(control.id, control.statement, Fate.UNDECIDED, Evidence.NONE)


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
