"""The outcomes of tasks, and how they are read back from a ledger.

A checksum detects damage, not forgery: every field of a ledger's line is validated before use.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, fields
from functools import partial
from typing import Any, TypeVar

from theorycheck.campaign.cross_check import CrossCheck, Disagreement
from theorycheck.campaign.ranges import Range, Ranges
from theorycheck.campaign.tasks import Task
from theorycheck.errors import InvalidValue
from theorycheck.inputs.case import Case
from theorycheck.regions.proof import RegionVerdict
from theorycheck.regions.tree import unpacked
from theorycheck.search.findings import Finding, Findings, WorstCase
from theorycheck.search.records import Record
from theorycheck.search.screening import HISTOGRAM_EDGES
from theorycheck.search.sensitivity import Sensitivity
from theorycheck.search.sharpening import Sharpening
from theorycheck.statements.verdicts import CaseVerdict, Evidence, Fate, Sign

Item = TypeVar("Item")
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
"""Errors that reading data of another shape may raise."""


@dataclass(frozen=True)
class Outcome(Record):
    """The result of a task. seconds: that it took."""

    task: Task
    _: KW_ONLY
    seconds: float = 0.0

    def entries(self) -> dict[str, Any]:
        """The fields, the task by its name, its claim and its kind; the time comes last."""
        named = {"task": self.task.key, "claim": self.task.claim, "kind": self.task.kind}
        own = super().entries()
        del own["task"]
        seconds = own.pop("seconds")
        return {**named, **own, "seconds": seconds}


@dataclass(frozen=True)
class BatchOutcome(Outcome):
    """A batch of generated cases: how many, how they were decided, and the most telling ones.

    screened: further small cases, seen in float64 only. margin: the smallest relative one of a
    decided case. suspects: undecided cases at which float64 sees the claim fail. regimes: in-domain
    cases by regime. reasons: why cases are undecided. errors: cases at which the claim's own
    function failed. first_half: the smallest implied constant over the first half of the cases.
    searched: the ranges of the in-domain cases. oracle: the agreement of balls and oracle at one,
    of a first batch.
    sharpening: by how much the claim could be stronger at the decided cases.
    """

    generated: int
    screened: int
    duplicates: int
    in_domain: int
    verdicts: dict[CaseVerdict, int]
    worst: tuple[WorstCase, ...]
    violations: tuple[Finding, ...]
    witnesses: tuple[Finding, ...]
    histogram: tuple[int, ...]
    margin: float | None
    suspects: int
    reasons: dict[str, int]
    errors: int
    regimes: dict[str, int]
    first_half: float | None
    searched: Ranges
    oracle: CrossCheck
    sharpening: Sharpening


@dataclass(frozen=True)
class AttackOutcome(Outcome):
    """An adversarial search, and the decision of balls about the worst case that it found.

    margin: the relative one of that case, if decided. suspects: 1 if balls do not decide it and
    float64 sees the claim fail there. reasons: why they do not. first_half: the smallest implied
    constant over the first half of the search. moves: how an implied constant moves.
    sharpening: as of a batch, at the worst case.
    """

    evaluations: int
    worst: tuple[WorstCase, ...]
    violations: tuple[Finding, ...]
    witnesses: tuple[Finding, ...]
    margin: float | None
    suspects: int
    reasons: dict[str, int]
    first_half: float | None
    moves: tuple[Sensitivity, ...]
    sharpening: Sharpening


@dataclass(frozen=True)
class ControlOutcome(Outcome):
    """The check of a control.

    cases: how many were generated. found: the case that decided. looked: how many cases certainly
    are no witness; None unless the claim says that something exists.
    """

    control: str
    statement: str
    cases: int
    verdict: Fate
    evidence: Evidence
    found: Finding | None
    looked: int | None = None

    OPTIONAL = frozenset({"looked"})


@dataclass(frozen=True)
class RegionOutcome(Outcome):
    """The proof of a claim on one of its regions.

    bound: certified, of the relative margin or of the implied constant; None where there is none.
    boxes: how many were examined. violations: the counterexample, if one was found. picture: of the
    boxes, as a proof of two parameters gives it.
    """

    verdict: RegionVerdict
    bound: float | None
    boxes: int
    violations: tuple[Finding, ...]
    picture: dict[str, Any] | None = None

    OPTIONAL = frozenset({"picture"})


@dataclass(frozen=True)
class FailedOutcome(Outcome):
    """A task that gave no result. It is in no ledger: a resumed run tries it again."""

    failure: str


def read_outcome(task: Task, data: dict[str, Any]) -> Outcome:
    """The outcome of a task from a line of a ledger. Raises InvalidValue if it is not one."""
    named = {"task": task.key, "claim": task.claim, "kind": task.kind}
    try:
        if any(data[name] != value for name, value in named.items()):
            raise ValueError("it names another task")
        return _READERS[task.kind](task, data)
    except _UNREADABLE:
        raise InvalidValue(f"this is no outcome of {task.key}") from None


def _read_batch(task: Task, data: dict[str, Any]) -> BatchOutcome:
    histogram = _each(_count, data["histogram"])
    if len(histogram) != len(HISTOGRAM_EDGES) - 1:
        raise ValueError("a histogram of another length")
    return BatchOutcome(
        task,
        generated=_count(data["generated"]),
        screened=_count(data["screened"]),
        duplicates=_count(data["duplicates"]),
        in_domain=_count(data["in_domain"]),
        verdicts={CaseVerdict(name): count for name, count in _tally(data["verdicts"]).items()},
        **vars(_read_findings(data)),
        histogram=histogram,
        margin=_optional(_number, data["margin"]),
        suspects=_count(data["suspects"]),
        reasons=_tally(data["reasons"]),
        errors=_count(data["errors"]),
        regimes=_tally(data["regimes"]),
        first_half=_optional(_number, data["first_half"]),
        searched=_read_ranges(data["searched"]),
        oracle=_read_cross_check(data["oracle"]),
        sharpening=_each(partial(_optional, _number), data["sharpening"]),
        seconds=_number(data["seconds"]),
    )


def _read_attack(task: Task, data: dict[str, Any]) -> AttackOutcome:
    return AttackOutcome(
        task,
        evaluations=_count(data["evaluations"]),
        **vars(_read_findings(data)),
        margin=_optional(_number, data["margin"]),
        suspects=_count(data["suspects"]),
        reasons=_tally(data["reasons"]),
        first_half=_optional(_number, data["first_half"]),
        moves=_each(_read_move, data["moves"]),
        sharpening=_each(partial(_optional, _number), data["sharpening"]),
        seconds=_number(data["seconds"]),
    )


def _read_control(task: Task, data: dict[str, Any]) -> ControlOutcome:
    outcome = ControlOutcome(
        task,
        control=_text(data["control"]),
        statement=_text(data["statement"]),
        cases=_count(data["cases"]),
        verdict=Fate(data["verdict"]),
        evidence=Evidence(data["evidence"]),
        found=_optional(_read_finding, data["found"]),
        looked=_count(data["looked"]) if "looked" in data else None,
        seconds=_number(data["seconds"]),
    )
    if outcome.verdict in (Fate.UNDECIDED, Fate.NOT_RUN) or (
        outcome.found is None and outcome.verdict == Fate.REFUTED
    ):
        raise ValueError("a fate that no control can have, or not without a case")
    if outcome.evidence not in (Evidence.CERTIFIED, Evidence.NONE):
        raise ValueError("evidence that decides no control")
    return outcome


def _read_region(task: Task, data: dict[str, Any]) -> RegionOutcome:
    return RegionOutcome(
        task,
        verdict=RegionVerdict(data["verdict"]),
        bound=_optional(_number, data["bound"]),
        boxes=_count(data["boxes"]),
        violations=_each(_read_finding, data["violations"]),
        picture=_read_picture(data["picture"]) if "picture" in data else None,
        seconds=_number(data["seconds"]),
    )


def _read_picture(data: dict[str, Any]) -> dict[str, Any]:
    ((across, *ends), (up, *heights)) = data["axes"]
    unpacked(data["tree"])
    return {
        "axes": [[_text(across), *map(_number, ends)], [_text(up), *map(_number, heights)]],
        "tree": _text(data["tree"]),
    }


_READERS: dict[str, Callable[[Task, dict[str, Any]], Outcome]] = {
    "batch": _read_batch,
    "attack": _read_attack,
    "control": _read_control,
    "region": _read_region,
}


def _read_findings(data: dict[str, Any]) -> Findings:
    return Findings(
        _each(_read_worst_case, data["worst"]),
        _each(_read_finding, data["violations"]),
        _each(_read_finding, data["witnesses"]),
    )


def _read_finding(data: dict[str, Any]) -> Finding:
    return Finding(
        Case.from_dict(data["case"]),
        Sign(data["sign"]),
        _number(data["margin"]),
        _number(data["relative"]),
        Evidence(data["evidence"]),
    )


def _read_worst_case(data: dict[str, Any]) -> WorstCase:
    return WorstCase(**vars(_read_finding(data)), ratio=_optional(_number, data["ratio"]))


def _read_move(data: dict[str, Any]) -> Sensitivity:
    return Sensitivity(
        _text(data["quantity"]),
        _number(data["value"]),
        _number(data["constant"]),
        Case.from_dict(data["case"]),
    )


def _read_ranges(data: dict[str, Any]) -> Ranges:
    names = {field.name for field in fields(Ranges)} - {"zero"}
    ends = {name: _optional(_read_range, data[name]) for name in names}
    return Ranges(**ends, zero=_count(data["zero"]))


def _read_range(data: object) -> Range:
    low, high = _each(_number, data)
    if not low <= high:
        raise ValueError("no range")
    return low, high


def _read_cross_check(data: dict[str, Any]) -> CrossCheck:
    return CrossCheck(
        _count(data["cases"]),
        _number(data["worst"]),
        _each(_read_disagreement, data["disagreements"]),
    )


def _read_disagreement(data: dict[str, Any]) -> Disagreement:
    return Disagreement(
        Case.from_dict(data["case"]), _text(data["quantity"]), _number(data["distance"])
    )


def _optional(read: Callable[[Any], Item], data: object) -> Item | None:
    return None if data is None else read(data)


def _each(read: Callable[[Any], Item], data: object) -> tuple[Item, ...]:
    if not isinstance(data, list):
        raise TypeError("no list")
    return tuple(map(read, data))


def _tally(data: dict[str, Any]) -> dict[str, int]:
    return {name: _count(count) for name, count in data.items()}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError("no finite number")
    return value


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("no count")
    return value
