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
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from theorycheck._version import __version__
from theorycheck.campaign.cross_check import CrossCheck
from theorycheck.campaign.entries import (
    CaseCounts,
    ClaimEntry,
    ControlEntry,
    Health,
    Histogram,
    ImpliedConstant,
    Tightness,
)
from theorycheck.campaign.limits import not_checked
from theorycheck.campaign.outcomes import (
    AttackOutcome,
    BatchOutcome,
    ControlOutcome,
    FailedOutcome,
    Outcome,
)
from theorycheck.campaign.ranges import Ranges
from theorycheck.inputs.case import Case
from theorycheck.search.findings import Finding, WorstCase
from theorycheck.search.screening import HISTOGRAM_EDGES
from theorycheck.search.sharpening import Sharpening, combined
from theorycheck.search.shrinking import complexity
from theorycheck.statements.claim import Claim
from theorycheck.statements.verdicts import CaseVerdict, ClaimVerdict, Evidence, Fate, Sign
from theorycheck.strategies import regimes

SCHEMA = 1
MOST_UNDECIDED = 0.01
"""The share of the cases inside the hypotheses that a supported claim may leave undecided."""
FALLING = 0.99
"""An implied constant still falls if the whole search goes below this share of its first half."""
SHARP = 0.9999
"""A bound of which this share was reached is called sharp in the regime where that happened."""
NEARLY = 0.999
"""The same where the claim itself names the limit in which it becomes an equality."""
LEAST_STEP = Fraction(1, 10)
"""Below this step size one step changes next to nothing: equality there says nothing of a bound."""
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
    run: Run, entries: Sequence[ClaimEntry], outcomes: Sequence[Outcome]
) -> dict[str, Any]:
    """The data of report.json, without figures."""
    oracle = CrossCheck.union([o.oracle for o in outcomes if isinstance(o, BatchOutcome)])
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
        failures = Counter(o.failure for o in self.failures)
        return sum((Counter(o.reasons) for o in self.searched), failures)


def claim_entry(claim: Claim, outcomes: Iterable[Outcome]) -> ClaimEntry:
    """The report's entry of a claim, from the outcomes of its tasks."""
    found = _Gathered.of(outcomes)
    verdict, reason = claim_verdict(claim, found)
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
        searched=Ranges.union(o.searched for o in found.batches),
        verdict=verdict,
        evidence=_evidence(verdict, found.verdicts),
        reason=reason,
        undecided_share=round(found.undecided_share, 4),
        cases=_counts(found),
        margin=_margin(claim, found),
        tightness=_tightness(claim, found.worst, verdict),
        constant=_constant(claim, found) if found.worst and claim.kind == "constant" else None,
        sharpening=_sharpening(claim, found),
        worst=tuple(found.witnesses if claim.kind == "existence" else found.worst)[:3],
        histogram=_histogram(found.batches),
        counterexample=found.violations[0] if found.violations else None,
        witness=found.witnesses[0] if found.witnesses else None,
        controls=(
            *(_control_entry(o) for o in found.controls),
            *(_failed_control(claim, o) for o in found.failures if o.task.kind == "control"),
        ),
        undecided_reasons=dict(found.reasons),
        certificate=claim.certificate,
        figures=(),
        seconds=round(sum(o.seconds for o in tasks), 2),
    )


def _complexity(finding: Finding) -> tuple[int, ...]:
    return complexity(finding.case)


def claim_verdict(claim: Claim, found: _Gathered) -> tuple[ClaimVerdict, str]:
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


def _obstacle(claim: Claim, found: _Gathered) -> str:
    """The first thing that stands against support; "" if nothing does."""
    why = next(iter(found.reasons), "no reason is known")
    failed = [o for o in found.failures if o.task.kind != "control"]
    if failed:
        return f"{_counted(len(failed), 'task')} gave no result: {failed[0].failure}"
    if errors := sum(o.errors for o in found.batches):
        return f"the claim's function failed at {_counted(errors, 'case')}: {why}"
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


def _evidence(verdict: ClaimVerdict, verdicts: Counter[CaseVerdict]) -> Evidence:
    """The evidence of the decided cases together: tight if every one of them is an equality."""
    if verdict in (ClaimVerdict.REFUTED, ClaimVerdict.PROVED):
        return Evidence.CERTIFIED
    if verdict == ClaimVerdict.UNDECIDED:
        return Evidence.NONE
    return Evidence.CERTIFIED if verdicts[CaseVerdict.CERTIFIED] else Evidence.TIGHT


def _counts(found: _Gathered) -> CaseCounts:
    verdicts = found.verdicts
    signs_known = (CaseVerdict.CERTIFIED, CaseVerdict.NO_WITNESS, CaseVerdict.REFUTED)
    return CaseCounts(
        generated=sum(o.generated for o in found.batches),
        in_domain=found.in_domain,
        certified=sum(verdicts[name] for name in signs_known),
        tight=verdicts[CaseVerdict.TIGHT],
        undecided=verdicts[CaseVerdict.UNDECIDED],
        attacked=sum(o.evaluations for o in found.attacks),
    )


def _margin(claim: Claim, found: _Gathered) -> float | None:
    """The smallest relative margin of a decided case; of an existence claim the best witness'."""
    if claim.kind == "existence":
        return max((float(f.relative) for f in found.witnesses), default=None)
    if claim.kind == "constant":
        return None
    return min((o.margin for o in found.searched if o.margin is not None), default=None)


def _tightness(claim: Claim, worst: list[WorstCase], verdict: ClaimVerdict) -> Tightness | None:
    """The largest share of its bound that an inequality reached; None if it has no two sides."""
    reached = [(f.ratio, f.case) for f in worst if f.ratio is not None]
    if not reached:
        return None
    ratio, case = max(reached, key=lambda pair: float(pair[0]))
    if verdict == ClaimVerdict.REFUTED:
        return Tightness(ratio, case, "exceeded", "")
    if ratio >= NEARLY and _names_a_limit(claim.sharp_when):
        return Tightness(ratio, case, "yes", claim.sharp_when)
    telling = [(r, c) for r, c in reached if r >= SHARP and _is_telling(claim, c)]
    if claim.sharp_when or not telling:
        return Tightness(ratio, case, "unknown", claim.sharp_when)
    ratio, case = telling[0]
    return Tightness(ratio, case, "yes", ", ".join(regimes(case)))


def _names_a_limit(words: str) -> bool:
    """True if a claim says where it is sharp, and not that it is so trivially, or is not."""
    return bool(words) and not words.startswith(("trivially", "not"))


def _is_telling(claim: Claim, case: Case) -> bool:
    """False where near equality is no merit of the bound: at the start of a run, or a tiny step."""
    is_still = case.step_size is not None and case.step_size < LEAST_STEP
    return "steps" not in claim.inputs and not ("step_size" in claim.inputs and is_still)


def _constant(claim: Claim, found: _Gathered) -> ImpliedConstant:
    """The smallest implied constant of a decided case, and whether the search still lowers it."""
    decided = [f for f in found.worst if f.sign != Sign.UNKNOWN] or found.worst
    smallest = decided[0]
    moves = tuple(move for attack in found.attacks for move in attack.moves)
    halves = [o.first_half for o in found.searched if o.first_half is not None]
    is_falling = bool(halves) and float(smallest.relative) < FALLING * min(halves)
    floor = None if claim.floor is None else float(claim.floor)
    value = smallest.relative if floor is None else smallest.margin + floor
    return ImpliedConstant(value, smallest.case, "", floor, is_falling and floor is None, moves)


def _sharpening(claim: Claim, found: _Gathered) -> Sharpening:
    """By how much the claim could be stronger without a decided case of any search noticing."""
    of_batches = [outcome.sharpening for outcome in found.batches]
    return combined(claim.kind, of_batches + [outcome.sharpening for outcome in found.attacks])


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
