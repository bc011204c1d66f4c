"""The precision ladder: decide the sign of a statement's margins at one case.

Float64 screens a case; only ball arithmetic decides. Of the statements' values this is the one
module that compares balls (a comparison of balls is True only when it is certain).
"""

from __future__ import annotations

import inspect
import math
import traceback
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import FLOAT64, Arithmetic, Array, Ball
from theorycheck.arithmetic.budget import charge
from theorycheck.arithmetic.rounding import midpoint
from theorycheck.errors import (
    ClaimFailed,
    InvalidValue,
    NotOnRegions,
    TooCoarse,
    TooExpensive,
    UnsupportedRank,
    with_type,
)
from theorycheck.expectations.proven.terms import PROVEN_DIGITS
from theorycheck.expectations.reduction import mixture_rank
from theorycheck.inputs.case import Case
from theorycheck.statements.comparison import Comparison, at_most
from theorycheck.statements.cost import STEP_COST, is_expensive, usual_rank
from theorycheck.statements.point import Point
from theorycheck.statements.rigour import bare, guarded, is_guarded, watching
from theorycheck.statements.statement import Kind, Statement
from theorycheck.statements.verdicts import Evidence, Holds, Refuted, Sign, Undecided, Verdict

LADDER = (12, 18, 36, 44, 72)
"""Decimal digits; the first rung is summed in float64 with a proven error."""
_SHORT_RUNG, _MANY_AXES = 6, 3
"""From this affine rank on a still shorter rung comes first: it costs a small share of the next."""
_MANY_AXES_RUNGS = (PROVEN_DIGITS, 36)
"""An equality with many axes is seen at 36 digits or not at all: more take minutes a case."""
_PRECISE_BITS = 12
"""Of a margin that is reported: a first rung that sees less of it leads to the next."""
_IN_VAIN = 18
"""Identities skip it: it is too coarse to see 30 digits, and finer than what refutes most."""
TIGHT_DIGITS = 30
_EQUAL = f"equal to {TIGHT_DIGITS} digits; a strict inequality cannot hold at an equality"
SEEN_STEPS = 10_000
"""The most steps of a trajectory that are evaluated in float64, where balls cannot follow."""
MOST_STEPS = 256
"""The most steps that balls follow a run to where float64 sees the claim fail, on a line."""
RUN_DIGITS = 36
"""Long runs begin at this rung: on a line a step costs a digit at most, and often a tenth."""
_ALL_BUT_ONE = 1 - 1e-9
"""A relative margin that is about to end in rounding: the ratio of the sides goes on."""
_LEAST = 5e-324
"""The least double."""
_ROUNDING = 1e-13
"""A residual, or a margin under a mixture truth, below this is rounding where means are not tiny:
both sides may be 0 exactly, and noise is no share of noise."""
FLOAT_TRUST = 1e-7
"""A float64 margin above this share of its scale is clearly positive; it is still no proof."""


@dataclass(frozen=True)
class Decision:
    """The sign of a claim's smallest margin at a case, and how well it is known.

    For an implied constant the margin is the constant itself, and so is `relative`; if a floor is
    stated, they are those of the inequality floor <= constant.

    margin: certified bound towards 0 of the deciding margin; in a float64 view its value.
    relative: the smallest margin divided by its scale, in [-1, 1]; the tightness at this case.
        0 where nothing is known of either.
    failed: the claim's function raised, or returned no margins; `reason` says which.
    looks_violated: the sign is unknown, and float64 sees the claim fail, or it is strict and the
        two sides are equal as far as any precision sees.
    """

    sign: Sign
    margin: float
    relative: float
    evidence: Evidence
    reason: str = ""
    failed: bool = False
    looks_violated: bool = False
    log_ratio: float = field(default=0.0, compare=False)
    """In a float64 view in which a claim is as far from failing as float64 tells, see
    `Margins.log_ratios`; otherwise 0."""

    @property
    def distance(self) -> float:
        """The relative margin, which goes on where one side is so small that it ends at 1 or -1.

        Only its order is of use: it tells a search which of two cases is closer.
        """
        return self.relative + self.log_ratio


@dataclass(frozen=True, eq=False)
class Margins:
    """A claim's margins at a case in one arithmetic, and the scale of each.

    digits: the decimal digits that the arithmetic aims at. parts: the comparisons that the margins
    come from, if the claim returns some.
    """

    values: Array
    scales: Array
    digits: int = 16
    parts: tuple[Comparison, ...] = ()

    @property
    def sides(self) -> Array | None:
        """|lower| + |upper| of each, where the claim compares two sides; 0 for steps of a proof."""
        return np.concatenate([part.sides for part in self.parts]) if self.parts else None

    @cached_property
    def shares(self) -> list[float]:
        """Each margin, a ball, divided by its scale."""
        return [_share(v, s) for v, s in zip(self.values, self.scales, strict=True)]

    def log_ratios(self, unit: float) -> Array:
        """How many times the sides of each margin differ, as logarithms with its sign, in float64.

        Of bare margins, which are their own scale above 1, it is how far they are above. unit: of
        sides that are compared with 0.
        """
        if self.parts:
            return np.concatenate([_log_ratios(part, unit) for part in self.parts])
        values = self.values.astype(float)
        signed: Array = np.copysign(np.log(np.maximum(abs(values), 1)), values)
        return signed


def evaluate(
    claim: Statement, case: Case, arithmetic: Arithmetic, steps: int | None = None
) -> Margins:
    """Evaluate a claim's function at a case.

    steps: the most steps of a run that balls follow; by default the claim's `certified_steps`.

    Raises InvalidValue when the case lacks an input, ClaimFailed when the function raises or
    returns something else than margins; UnsupportedRank or TooExpensive when the arithmetic can
    not do the case.
    """
    n, d = case.mixture.components, case.mixture.dimension
    charge(n * (20 * n + 5 * d), f"a claim about {n} components in {d} dimensions")
    if not arithmetic.is_rigorous:
        _check_range(case)
    # What overflows or has no value is no number in the end, and refused there.
    with arithmetic.scope(), np.errstate(all="ignore"):
        point = Point(case.mixture, case.truth, arithmetic, case)
        inputs = _inputs(claim, case, point, steps or claim.certified_steps)
        try:
            return _margins(claim, _value(claim, point, inputs), arithmetic)
        except (ClaimFailed, UnsupportedRank, TooExpensive, NotOnRegions):
            raise
        except (Exception, SystemExit) as error:  # a bad argument of the claim's own too
            raise ClaimFailed(_told(claim, error)) from error


def _check_range(case: Case) -> None:
    """Raise InvalidValue if a mean is beyond float64: that is no failure of a claim's function."""
    for mixture in (case.mixture, case.truth):
        if mixture is not None:
            _ = mixture.doubles  # which raises


def _value(claim: Statement, point: Point, inputs: dict[str, Any]) -> Any:
    """What the function returns; raises ClaimFailed where it leaves ball arithmetic."""
    if not point.arithmetic.is_rigorous or not is_guarded(claim.function):
        return claim.function(point, **inputs)
    with watching(file_of(claim)) as leaks:
        try:
            return bare(claim.function(guarded(point), **guarded(inputs)))
        finally:
            if leaks:
                raise ClaimFailed(f"claim {claim.id} {leaks[0]}") from None


def _told(claim: Statement, error: BaseException) -> str:
    """An error of a claim's own function in one line, with its place in the claim's file."""
    told = f"claim {claim.id} ({place_of(claim, error)}) raised {with_type(error)}"
    return f"{told}; {advice}" if (advice := _advice(str(error))) else told


_ADVICE = {
    "no callable conjugate": "of balls write tc.squared_norms(v) for the norms of vectors",
    "loop of ufunc does not": "NumPy has no such function of balls; see tc.root and tc.largest",
    "'GuardedBall'": "write at.number(c) for an exact number among balls",
    "is a arb, which is not a number": "an exact number is needed: at.exact of the input's name",
}
"""What to write instead, by a part of the message of an error that balls cause."""


def _advice(message: str) -> str:
    return next((words for part, words in _ADVICE.items() if part in message), "")


def place_of(claim: Statement, error: BaseException) -> str:
    """The line of the claim's file from which an error came, in words; the file if none did."""
    path = file_of(claim)
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    return f"{Path(path).name}, line {lines[-1]}" if lines else Path(path).name


def file_of(claim: Statement) -> str:
    """The file in which a claim's function is written."""
    code = getattr(inspect.unwrap(claim.function), "__code__", None)
    return code.co_filename if code is not None else "no file"


def _inputs(claim: Statement, case: Case, point: Point, steps: int) -> dict[str, Any]:
    arithmetic = point.arithmetic
    given: dict[str, Any] = {}
    needs_truth = claim.domain.truth == "mixture" and claim.kind != "existence"
    if needs_truth and case.truth is None:
        raise InvalidValue(
            f'claim {claim.id} needs a mixture "truth", which the case does not give'
        )
    for name in claim.inputs:
        value = getattr(case, name)
        if value is None:
            raise InvalidValue(f'claim {claim.id} needs "{name}", which the case does not give')
        if name == "steps":
            given[name] = min(value, steps) if arithmetic.is_rigorous else value
        elif name == "step_size":
            given[name] = point.own_step_size  # by which the point knows its own paths
        elif isinstance(value, tuple):
            given[name] = arithmetic.array(value)
        else:
            given[name] = arithmetic.scalar(value)
    return given


def rule(claim: Statement) -> Kind:
    """The rule by which values are judged: its kind, or that of floor <= constant."""
    return claim.kind if claim.floor is None else "inequality"


def _margins(claim: Statement, result: Any, arithmetic: Arithmetic) -> Margins:
    parts: tuple[Comparison, ...] = ()
    if claim.floor is not None:
        result = at_most(arithmetic.scalar(claim.floor), np.asarray(result))
    if rule(claim) == "constant":
        values = np.atleast_1d(np.asarray(result)).ravel()
        scales = np.array([arithmetic.scalar(flint.fmpq(1)) for _ in values])
    elif isinstance(result, (list, tuple)) and result and isinstance(result[0], Comparison):
        parts = tuple(result)
        values = np.concatenate([part.margins for part in parts])
        scales = np.concatenate([part.scales for part in parts])
    elif isinstance(result, Comparison):
        parts = (result,)
        values, scales = result.margins, result.scales
    else:
        values = np.atleast_1d(np.asarray(result)).ravel()
        scales = np.array([_own_scale(value, arithmetic) for value in values])
    expected = flint.arb if arithmetic.is_rigorous else (float, int, np.floating)
    if not len(values) or not all(isinstance(value, expected) for value in values):
        raise ClaimFailed(
            f"claim {claim.id} ({Path(file_of(claim)).name}) returned "
            f"{type(result).__name__} {str(result)[:60]!r}; "
            "a margin, an array of margins, at_most(a, b) or equal(a, b) is needed"
        )
    sizes = np.concatenate([values, scales])
    if not arithmetic.is_rigorous and not np.isfinite(sizes.astype(float)).all():
        raise TooExpensive(f"claim {claim.id} has no finite float64 margin at this case")
    return Margins(values, scales, arithmetic.digits, parts)


def _log_ratios(part: Comparison, unit: float) -> Array:
    """The logarithms of 2 / (1 - |r|), r a relative margin, with the sign of r.

    That is (|lower| + |upper| + scale) / c, where c is scale / 2 and, of sides of the same sign,
    the smaller one. Where c is 0, the least double stands for it, in units.
    """
    sides = (part.lower, part.upper, part.scale)
    left, right, scale = np.broadcast_arrays(*(np.asarray(side, dtype=float) for side in sides))
    smaller = np.minimum(abs(left), abs(right))
    common = np.where(np.sign(left) * np.sign(right) > 0, smaller, 0.0) + scale / 2
    logs = np.where(common > 0, np.log(common), np.log(_LEAST) + np.log(max(unit, _LEAST)))
    ratios = np.log(abs(left) + abs(right) + scale) - logs
    signed: Array = np.copysign(ratios, right - left).ravel()
    return signed


def _own_scale(value: Any, arithmetic: Arithmetic) -> Any:
    """The scale of a bare margin: the size of what cancelled in it, read off its radius.

    At most 1, as a ball that is wide for any other reason would count as tight.
    """
    if isinstance(value, flint.arb):
        return abs(value) + _cancelled(value, arithmetic.digits)
    return max(abs(float(value)), 1.0) if isinstance(value, (float, int, np.floating)) else 1.0


def _cancelled(value: flint.arb, digits: int) -> flint.arb:
    """The size of terms that leave a radius such as this one when they cancel, at most 1."""
    return (value.rad() * flint.arb(10) ** digits).min(flint.arb(1))


def float64_view(claim: Statement, case: Case) -> Decision:
    """The float64 view of a case: cheap, and never a verdict."""
    margins = evaluate(claim, case, FLOAT64)
    values = margins.values.astype(float)
    if claim.kind == "identity":
        values = -abs(values)
    scales = margins.scales.astype(float)
    relative = values / np.where(scales > 0, scales, 1.0)
    if case.mixture.radius_squared >= 1 and (claim.kind == "identity" or case.truth is not None):
        relative = np.where(abs(values) < _ROUNDING, 0.0, relative)
    worst = int(np.argmin(relative))
    share = float(relative[worst])
    threshold = {"identity": -FLOAT_TRUST, "constant": 0.0}.get(rule(claim), FLOAT_TRUST)
    sign = Sign.POSITIVE if share > threshold else Sign.UNKNOWN
    if share < -FLOAT_TRUST:
        sign = Sign.NEGATIVE
    log_ratio = _log_ratio(claim, case, margins, relative)
    return Decision(sign, float(values[worst]), share, Evidence.NONE, log_ratio=log_ratio)


def _log_ratio(claim: Statement, case: Case, margins: Margins, relative: Array) -> float:
    """What tells cases apart where the smallest relative margin is all but 1, or -1 of a witness.

    There the claim is as far from failing, or the case from being a witness, as float64 sees; at
    the other end nothing is left to look for. Beside 0 a side counts in units of R^2, if that is
    below 1, so that a collapse of all means is no improvement by itself.
    """
    sense = {"inequality": 1.0, "existence": -1.0}.get(rule(claim), 0.0)
    if not sense * relative.min() > _ALL_BUT_ONE:
        return 0.0
    square = case.mixture.radius_squared
    with np.errstate(all="ignore"):
        ratios = margins.log_ratios(float(square) if square < 1 else 1.0)
    return float(ratios[sense * relative > _ALL_BUT_ONE].min())


def tightness(claim: Statement, case: Case) -> float | None:
    """The share of its bound that an inequality reaches at a case: lower / upper, 0 to 1.

    Of several comparisons the closest counts, in float64. None if the claim does not compare two
    sides, or float64 does not see them.
    """
    if rule(claim) != "inequality" or claim.only_balls:
        return None
    try:
        margins = evaluate(claim, case, FLOAT64)
    except (UnsupportedRank, TooExpensive, ClaimFailed):
        return None
    if (sides := margins.sides) is None:
        return None
    values, sides = margins.values.astype(float), sides.astype(float)
    shares = [(s - v) / (s + v) for v, s in zip(values, sides, strict=True) if s > 0 < s + v]
    return min(max(shares), 1.0) if shares else None


def decide(claim: Statement, case: Case, ladder: tuple[int, ...] = LADDER) -> Decision:
    """Climb the precision ladder until the sign of every margin is certain.

    - A margin that is tight (0 up to 30 digits) may still have a sign: only the last rung is tried
      after it. A tight residual of an identity is final.
    - A rung at which a ball grows without bounds, or the claim's function fails, is too coarse;
      the claim has failed if its function does so at every rung.
    - Float64 decides nothing. Where the sign stays unknown, it is asked whether the claim looks
      violated.
    - Balls follow a run for `certified_steps`. If float64 sees the claim fail in the rest of it,
      balls follow further, up to where it fails. A violation that they do not confirm leaves the
      sign "unknown".
    """
    found = _climbed(claim, case, ladder)
    if found.failed:
        return found
    if _is_cut(claim, case) and claim.kind != "existence" and found.sign != Sign.NEGATIVE:
        return _followed(claim, case, found, ladder)
    if found.sign == Sign.UNKNOWN and not claim.only_balls:
        seen = screen(claim, case)
        return _suspected(found, seen) if seen.relative < -FLOAT_TRUST else found
    return found


def _is_cut(claim: Statement, case: Case) -> bool:
    """True if balls do not follow a run to its end at first."""
    return "steps" in claim.inputs and (case.steps or 0) > claim.certified_steps


def _followed(claim: Statement, case: Case, found: Decision, ladder: tuple[int, ...]) -> Decision:
    """The decision at a run that was cut: balls follow to where float64 sees the claim fail.

    Float64 is not trusted where only balls resolve the margin: what it sees is then looked for,
    but is no reason to doubt what was found.
    """
    steps, seen = _failure(claim, case)
    if seen is None:
        return found
    followed = min(steps, MOST_STEPS // (STEP_COST if is_expensive(case.mixture) else 1))
    if followed == steps:
        for digits in [rung for rung in ladder if rung >= RUN_DIGITS] or ladder[-1:]:
            try:
                rung, _ = _rung(claim, case, digits, steps)
            except (UnsupportedRank, TooExpensive):
                break
            if rung.sign == Sign.NEGATIVE:
                return rung
    if claim.only_balls:
        return found
    told = "and balls cannot tell" if followed == steps else f"and balls follow {followed} at most"
    first = f"float64 sees it fail after the first {claim.certified_steps} steps"
    return _suspected(_unknown(f"{first}, within {steps}, {told}"), seen)


def _failure(claim: Statement, case: Case) -> tuple[int, Decision | None]:
    """The shortest run, of those twice as long each, in which float64 sees the claim fail."""
    steps, end = claim.certified_steps, min(case.steps or 0, SEEN_STEPS)
    if screen(claim, replace(case, steps=end)).relative >= -FLOAT_TRUST:
        return end, None
    while steps < end:
        steps = min(2 * steps, end)
        seen = screen(claim, replace(case, steps=steps))
        if seen.relative < -FLOAT_TRUST:
            return steps, seen
    return end, None


def _suspected(found: Decision, seen: Decision) -> Decision:
    """An unknown sign, and the float64 view in which the claim fails."""
    return replace(found, relative=seen.relative, looks_violated=True)


def _climbed(claim: Statement, case: Case, ladder: tuple[int, ...]) -> Decision:
    best = None
    final = {Sign.POSITIVE, Sign.NEGATIVE} | ({Sign.TIGHT} if claim.kind == "identity" else set())
    try:
        has_many_axes = _has_many_axes(case)
    except TooExpensive as error:
        return _unknown(str(error))
    for digits in _rungs(claim, ladder, has_many_axes):
        if best is not None and best.sign == Sign.TIGHT and digits != ladder[-1]:
            continue  # a sign so far down is seen by the last rung, or by none
        try:
            rung, is_precise = _rung(claim, case, digits)
        except (UnsupportedRank, TooExpensive) as error:
            return best or _unknown(str(error))
        is_no_witness = claim.kind == "existence" and rung.sign == Sign.NEGATIVE
        if rung.sign in final and (is_precise or has_many_axes or is_no_witness):
            return rung
        if best is None or best.sign == Sign.UNKNOWN:
            best = rung
    assert best is not None
    return best


def _has_many_axes(case: Case) -> bool:
    size = usual_rank(case.mixture.components, case.mixture.dimension)
    return size >= _MANY_AXES and mixture_rank(case.mixture) >= _MANY_AXES


def _rungs(claim: Statement, ladder: tuple[int, ...], has_many_axes: bool) -> list[int]:
    """The rungs of the ladder that are worth their cost at a case."""
    rungs = list(ladder)
    if claim.kind == "identity" and len(rungs) > 1:
        rungs = [digits for digits in rungs if digits != _IN_VAIN]
    if not has_many_axes:
        return rungs
    return [_SHORT_RUNG, *(digits for digits in rungs if digits in _MANY_AXES_RUNGS)]


def _rung(
    claim: Statement, case: Case, digits: int, steps: int | None = None
) -> tuple[Decision, bool]:
    """The decision that one rung of the ladder allows, for a run of so many steps if given.

    And whether its smallest margin is known well enough to be reported, and not its sign alone.
    """
    try:
        margins = evaluate(claim, case, Ball(digits, is_quick=digits <= PROVEN_DIGITS), steps)
        with Ball(digits).scope():
            is_precise = digits > PROVEN_DIGITS or _is_precise(claim, margins)
            return _read(claim, margins), is_precise
    except TooCoarse as error:
        return _unknown(str(error)), False
    except ClaimFailed as error:
        return broken(error), False


def _is_precise(claim: Statement, margins: Margins) -> bool:
    """True if the smallest margin is known to `_PRECISE_BITS`, and so is its scale.

    The scale of a bare margin is read off its radius, which a first rung leaves too wide for that.
    """
    if not margins.parts and rule(claim) != "constant":
        return False
    smallest = margins.shares.index(min(margins.shares))
    known = (margins.values[smallest], margins.scales[smallest])
    return all(ball.rel_accuracy_bits() >= _PRECISE_BITS for ball in known)


def _unknown(reason: str, relative: float = 0.0) -> Decision:
    return Decision(Sign.UNKNOWN, 0.0, relative, Evidence.NONE, reason)


def screen(claim: Statement, case: Case) -> Decision:
    """The float64 view of a case; unknown where float64 cannot do it."""
    try:
        return float64_view(claim, case)
    except ClaimFailed as error:
        return broken(error)
    except (TooExpensive, UnsupportedRank) as error:
        return _unknown(str(error))


def broken(error: ClaimFailed) -> Decision:
    """The decision at a case at which the claim's function itself fails: unknown."""
    return replace(_unknown(str(error)), failed=True)


def _read(claim: Statement, margins: Margins) -> Decision:
    """The decision that the margins of one rung of the ladder allow."""
    relative = margins.shares
    if claim.kind == "identity":
        return _read_identity(margins, relative)
    worst = min(range(len(relative)), key=lambda k: relative[k])
    strict = claim.strict or rule(claim) in ("existence", "constant")
    for k, value in enumerate(margins.values):
        if value < 0 or (strict and value <= 0):
            return Decision(Sign.NEGATIVE, _towards_zero(value), relative[k], Evidence.CERTIFIED)
    open_ones = [
        k
        for k, value in enumerate(margins.values)
        if not (value > 0 or (value >= 0 and not strict))
    ]
    if not open_ones:
        bound = _towards_zero(margins.values[worst])
        return Decision(Sign.POSITIVE, bound, relative[worst], Evidence.CERTIFIED)
    if not all(_is_tight(margins, k) for k in open_ones):
        return _unknown(_open_reason(margins, open_ones), relative[worst])
    if not strict:
        return Decision(Sign.TIGHT, 0.0, 0.0, Evidence.TIGHT)
    return replace(_unknown(_EQUAL), looks_violated=claim.kind == "inequality")


def _read_identity(margins: Margins, relative: list[float]) -> Decision:
    worst = max(range(len(relative)), key=lambda k: abs(relative[k]))
    for k, value in enumerate(margins.values):
        if not value.contains(0):
            bound = -abs(_towards_zero(value))
            return Decision(Sign.NEGATIVE, bound, -abs(relative[k]), Evidence.CERTIFIED)
    if all(_is_tight(margins, k) for k in range(len(margins.values))):
        return Decision(Sign.TIGHT, 0.0, 0.0, Evidence.TIGHT)
    return _unknown("the residual is not yet narrow", relative[worst])


def _is_tight(margins: Margins, k: int) -> bool:
    """True if a margin is 0 up to 30 digits of the terms that went into it.

    Where they all might be 0 themselves, the scale is noise like the margin. Then the size of
    what cancelled is read off the radius, as for a bare margin.
    """
    value, scale = margins.values[k], margins.scales[k]
    if scale.contains(0):
        scale = scale.abs_upper() + _cancelled(value, margins.digits)
    size, limit = value.abs_upper(), flint.arb(10) ** -TIGHT_DIGITS * scale.abs_upper()
    return bool(size.is_finite() and limit.is_finite() and size <= limit)


def _share(value: flint.arb, scale: flint.arb) -> float:
    """margin / scale as a float; 0 for 0/0, for noise over noise, and where nothing is known."""
    if value.contains(0) and scale.contains(0):
        return 0.0
    share = midpoint(value.mid() / scale.abs_upper())
    return share if math.isfinite(share) else 0.0


def _towards_zero(value: flint.arb) -> float:
    """A certified bound of |value| from below, with its sign.

    Where it is below every double, the smallest one stands for it: the sign is what counts.
    """
    size = midpoint(value.abs_lower() * (1 - 2.0**-50))
    size = min(max(size, _LEAST), 1.7e308)
    return -size if value < 0 else (size if value > 0 else 0.0)


def _open_reason(margins: Margins, open_ones: list[int]) -> str:
    value = margins.values[open_ones[0]]
    if value.is_nan():
        advice = "on balls write x * x for x**2, and root(x) for sqrt"
        return f"the margin is not a number, as of 0/0; {advice}"
    return f"the margin {value.str(5)} is not separated from 0 at the last precision"


def check(claim: Statement, case: Case) -> Verdict:
    """The verdict of a claim at one case."""
    decision = decide(claim, case)
    if decision.sign == Sign.NEGATIVE and claim.kind == "existence":
        return Undecided(f"this case is no witness: its margin is at most {decision.margin:.6g}")
    if decision.sign == Sign.NEGATIVE:
        return Refuted(case, decision.margin)
    if decision.sign == Sign.UNKNOWN:
        return Undecided(decision.reason)
    return Holds(decision.margin, decision.evidence)
