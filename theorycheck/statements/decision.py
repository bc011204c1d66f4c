"""The precision ladder: decide the sign of a statement's margins at one case.

Float64 screens a case; only ball arithmetic decides. Of the statements' values this is the one
module that compares balls (a comparison of balls is True only when it is certain).
"""

from __future__ import annotations

import inspect
import math
import traceback
from dataclasses import dataclass, replace
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
    TheoryCheckError,
    TooCoarse,
    TooExpensive,
    UnsupportedRank,
    with_type,
)
from theorycheck.expectations.proven import PROVEN_DIGITS
from theorycheck.expectations.reduction import mixture_rank
from theorycheck.inputs.case import Case
from theorycheck.statements.comparison import Comparison, at_most
from theorycheck.statements.point import Point
from theorycheck.statements.statement import Statement
from theorycheck.statements.verdicts import Evidence, Holds, Refuted, Sign, Undecided, Verdict

LADDER = (12, 18, 36, 44, 72)
"""Decimal digits; the first rung is summed in float64 with a proven error."""
_SHORT_RUNG, _MANY_AXES = 6, 3
"""From this affine rank on a still shorter rung comes first: it costs a small share of the next."""
_IN_VAIN = 18
"""Identities skip it: it is too coarse to see 30 digits, and finer than what refutes most."""
TIGHT_DIGITS = 30
_EQUAL = f"equal to {TIGHT_DIGITS} digits; a strict inequality cannot hold at an equality"
SEEN_STEPS = 10_000
"""The most steps of a trajectory that are evaluated in float64, where balls cannot follow."""
FLOAT_TRUST = 1e-7
"""A float64 margin above this share of its scale is clearly positive; it is still no proof."""


@dataclass(frozen=True)
class Decision:
    """The sign of a claim's smallest margin at a case, and how well it is known.

    For an implied constant the margin is the constant itself, and so is `relative`.

    margin: certified bound towards 0 of the deciding margin; in a float64 view its value.
    relative: the smallest margin divided by its scale, in [-1, 1]; the tightness at this case.
        0 where nothing is known of either.
    failed: the claim's function raised, or returned no margins; `reason` tells.
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


@dataclass(frozen=True, eq=False)
class Margins:
    """A claim's margins at a case in one arithmetic, and the scale of each.

    sides: |lower| + |upper| of each, where the claim compares two sides; 0 for steps of a proof.
    digits: the decimal digits that the arithmetic aims at.
    """

    values: Array
    scales: Array
    sides: Array | None = None
    digits: int = 16


def evaluate(claim: Statement, case: Case, arithmetic: Arithmetic) -> Margins:
    """Evaluate a claim's function at a case.

    Raises InvalidValue when the case lacks an input, ClaimFailed when the function raises or
    returns something else than margins; UnsupportedRank or TooExpensive when the arithmetic can
    not do the case.
    """
    n, d = case.mixture.components, case.mixture.dimension
    charge(n * (20 * n + 5 * d), f"a claim about {n} components in {d} dimensions")
    # What overflows or has no value is no number in the end, and refused there.
    with arithmetic.scope(), np.errstate(all="ignore"):
        point = Point(case.mixture, case.truth, arithmetic, case)
        inputs = _inputs(claim, case, arithmetic)
        try:
            result = claim.function(point, **inputs)
            if claim.floor is not None:
                result = at_most(point.number(claim.floor), result)
            return _margins(claim, result, arithmetic)
        except TheoryCheckError:
            raise
        except (Exception, SystemExit) as error:
            raise ClaimFailed(_told(claim, error)) from error


def _told(claim: Statement, error: BaseException) -> str:
    """An error of a claim's own function in one line, with its place in the claim's file."""
    path = _file_of(claim)
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    place = f"{Path(path).name}, line {lines[-1]}" if lines else Path(path).name
    return f"claim {claim.id} ({place}) raised {with_type(error)}"


def _file_of(claim: Statement) -> str:
    code = getattr(inspect.unwrap(claim.function), "__code__", None)
    return code.co_filename if code is not None else "no file"


def _inputs(claim: Statement, case: Case, arithmetic: Arithmetic) -> dict[str, Any]:
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
            given[name] = min(value, claim.certified_steps) if arithmetic.is_rigorous else value
        elif isinstance(value, tuple):
            given[name] = arithmetic.array(value)
        else:
            given[name] = arithmetic.scalar(value)
    return given


def _margins(claim: Statement, result: Any, arithmetic: Arithmetic) -> Margins:
    sides = None
    if claim.kind == "constant" and claim.floor is None:
        values = np.atleast_1d(np.asarray(result)).ravel()
        scales = np.array([arithmetic.scalar(flint.fmpq(1)) for _ in values])
    elif isinstance(result, (list, tuple)) and result and isinstance(result[0], Comparison):
        values = np.concatenate([part.margins for part in result])
        scales = np.concatenate([part.scales for part in result])
        sides = np.concatenate([part.sides for part in result])
    elif isinstance(result, Comparison):
        values, scales, sides = result.margins, result.scales, result.sides
    else:
        values = np.atleast_1d(np.asarray(result)).ravel()
        scales = np.array([_own_scale(value, arithmetic) for value in values])
    expected = flint.arb if arithmetic.is_rigorous else (float, int, np.floating)
    if not len(values) or not all(isinstance(value, expected) for value in values):
        raise ClaimFailed(
            f"claim {claim.id} ({Path(_file_of(claim)).name}) returned "
            f"{type(result).__name__} {str(result)[:60]!r}; "
            "a margin, an array of margins, at_most(a, b) or equal(a, b) is needed"
        )
    sizes = np.concatenate([values, scales])
    if not arithmetic.is_rigorous and not np.isfinite(sizes.astype(float)).all():
        raise TooExpensive(f"claim {claim.id} has no finite float64 margin at this case")
    return Margins(values, scales, sides, arithmetic.digits)


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
    worst = int(np.argmin(relative))
    share = float(relative[worst])
    threshold = {"identity": -FLOAT_TRUST, "constant": 0.0}.get(claim.kind, FLOAT_TRUST)
    sign = Sign.POSITIVE if share > threshold else Sign.UNKNOWN
    if share < -FLOAT_TRUST:
        sign = Sign.NEGATIVE
    return Decision(sign, float(values[worst]), share, Evidence.NONE)


def tightness(claim: Statement, case: Case) -> float | None:
    """The share of its bound that an inequality reaches at a case: lower / upper, 0 to 1.

    Of several comparisons the closest counts, in float64. None if the claim does not compare two
    sides, or float64 does not see them.
    """
    if claim.kind != "inequality" or claim.only_balls:
        return None
    try:
        margins = evaluate(claim, case, FLOAT64)
    except (UnsupportedRank, TooExpensive, ClaimFailed):
        return None
    if margins.sides is None:
        return None
    values, sides = margins.values.astype(float), margins.sides.astype(float)
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
    - Balls follow a run for `certified_steps` only. If float64 sees the claim fail in the rest of
      the run, the sign is "unknown".
    """
    found = _climbed(claim, case, ladder)
    steps = min(case.steps or 0, SEEN_STEPS)
    is_cut = "steps" in claim.inputs and steps > claim.certified_steps
    if found.failed or claim.only_balls:
        return found
    if found.sign == Sign.UNKNOWN:
        seen = screen(claim, replace(case, steps=steps) if is_cut else case)
        return _suspected(found, seen) if seen.relative < -FLOAT_TRUST else found
    if is_cut and claim.kind != "existence" and found.sign != Sign.NEGATIVE:
        seen = screen(claim, replace(case, steps=steps))
        if seen.relative < -FLOAT_TRUST:
            reason = f"float64 sees it fail after the first {claim.certified_steps} steps"
            return _suspected(_unknown(reason), seen)
    return found


def _suspected(found: Decision, seen: Decision) -> Decision:
    """An unknown sign, and the float64 view in which the claim fails."""
    return replace(found, relative=seen.relative, looks_violated=True)


def _climbed(claim: Statement, case: Case, ladder: tuple[int, ...]) -> Decision:
    best = None
    final = {Sign.POSITIVE, Sign.NEGATIVE} | ({Sign.TIGHT} if claim.kind == "identity" else set())
    for digits in _rungs(claim, case, ladder):
        if best is not None and best.sign == Sign.TIGHT and digits != ladder[-1]:
            continue  # a sign so far down is seen by the last rung, or by none
        try:
            rung = _rung(claim, case, digits)
        except (UnsupportedRank, TooExpensive) as error:
            return best or _unknown(str(error))
        if rung.sign in final:
            return rung
        if best is None or best.sign != Sign.TIGHT:
            best = rung
    assert best is not None
    return best


def _rungs(claim: Statement, case: Case, ladder: tuple[int, ...]) -> list[int]:
    """The rungs of the ladder that are worth their cost at a case."""
    rungs = list(ladder)
    if claim.kind == "identity" and len(rungs) > 1:
        rungs = [digits for digits in rungs if digits != _IN_VAIN]
    return [_SHORT_RUNG, *rungs] if mixture_rank(case.mixture) >= _MANY_AXES else rungs


def _rung(claim: Statement, case: Case, digits: int) -> Decision:
    """The decision that one rung of the ladder allows."""
    try:
        margins = evaluate(claim, case, Ball(digits, is_quick=digits <= PROVEN_DIGITS))
        with Ball(digits).scope():
            return _read(claim, margins)
    except TooCoarse as error:
        return _unknown(str(error))
    except ClaimFailed as error:
        return broken(error)


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
    relative = [_share(v, s) for v, s in zip(margins.values, margins.scales, strict=True)]
    if claim.kind == "identity":
        return _read_identity(margins, relative)
    worst = min(range(len(relative)), key=lambda k: relative[k])
    strict = claim.strict or claim.kind in ("existence", "constant")
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
    size = min(max(size, 5e-324), 1.7e308)
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
