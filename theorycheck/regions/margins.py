"""The margins of a claim over boxes: functions of which it is to be proved that they are positive.

A comparison a <= b with b > 0 holds where 1 - a / b >= 0, and in general where
(b - a) / max(|a|, |b|) >= 0: the relative margin, which keeps far and near parts of a region
comparable. Of an implied constant the margin is the constant itself.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array
from theorycheck.arithmetic.boxes import BoxNumber, constant, of_batch, refusals
from theorycheck.arithmetic.intervals import Interval
from theorycheck.errors import ClaimFailed, NotOnRegions, TheoryCheckError, with_type
from theorycheck.regions.frame import Frame, Numbers
from theorycheck.regions.point import BoxPoint, Ranks
from theorycheck.statements.comparison import Comparison
from theorycheck.statements.decision import place_of
from theorycheck.statements.statement import Statement


def margins(claim: Statement, frame: Frame, numbers: Numbers) -> list[BoxNumber]:
    """The margins of a claim over a batch of boxes, each relative to its larger side.

    Raises NotOnRegions where it uses what boxes do not have, ClaimFailed where it raises.
    """
    ranks = Ranks()
    found = _margins(claim, frame, numbers, ranks)
    if ranks.was_asked:  # the rank is 1 or 2 in the region: the claim is proved with both
        found += _margins(claim, frame, numbers, Ranks(rank=2))
    if not found:
        raise ClaimFailed(f"claim {claim.id} returned no margins")
    return found


def _margins(claim: Statement, frame: Frame, numbers: Numbers, ranks: Ranks) -> list[BoxNumber]:
    means, weights, offset = numbers.means, numbers.weights, numbers.offset
    point = BoxPoint(frame.region, partial(constant, numbers.batch), means, weights, offset, ranks)
    inputs = {name: numbers.given(name) for name in claim.inputs}
    found: list[BoxNumber] = []
    with np.errstate(all="ignore"):  # what has no value is not a number, which proves nothing
        result = called(claim, partial(claim.function, point, **inputs))
        parts = result if isinstance(result, (list, tuple)) and len(result) else [result]
        for part in parts:
            if isinstance(part, Comparison):
                found += called(claim, partial(_relative, part, numbers))
            else:
                entries = called(claim, partial(flat, part))
                found += [_number(claim, entry, numbers) for entry in entries]
    return found


def called(claim: Statement, function: Callable[[], Any]) -> Any:
    """What a function gives, or an error that names the line of the claim.

    What was refused once is refused, also where the error was caught on its way.
    """
    failure: Exception | SystemExit | None = None
    with refusals() as refused:
        try:
            result = function()
        except (Exception, SystemExit) as error:
            failure = error
    if refused:
        places = [place_of(claim, error) for error in (refused[0], failure) if error is not None]
        raise NotOnRegions(f"{refused[0]} (claim {claim.id}, {max(places, key=len)})") from None
    if failure is None:
        return result
    if isinstance(failure, TheoryCheckError):
        raise failure
    raise ClaimFailed(
        f"claim {claim.id} ({place_of(claim, failure)}) raised {with_type(failure)}"
    ) from failure


def _number(claim: Statement, value: Any, numbers: Numbers) -> BoxNumber:
    if isinstance(value, BoxNumber):
        return of_batch(value, numbers.batch)
    if isinstance(value, (int, float, Fraction)) and not isinstance(value, bool):
        return constant(numbers.batch, value)
    raise ClaimFailed(
        f"claim {claim.id} returned a {type(value).__name__}; "
        "a margin, an array of margins, or at_most(a, b) is needed"
    )


def flat(value: Any) -> list[Any]:
    """The entries of an array, or a number alone."""
    return list(np.asarray(value, dtype=object).ravel())


def _relative(comparison: Comparison, numbers: Numbers) -> list[BoxNumber]:
    """The relative margins of a comparison, entry by entry."""
    sides = [np.asarray(side, dtype=object) for side in (comparison.lower, comparison.upper)]
    pairs = zip(*(side.ravel() for side in np.broadcast_arrays(*sides)), strict=True)
    found = []
    for pair in pairs:
        a, b = (
            of_batch(s, numbers.batch) if isinstance(s, BoxNumber) else constant(numbers.batch, s)
            for s in pair
        )
        found.append(_relative_margin(a, b))
    return found


def _relative_margin(a: BoxNumber, b: BoxNumber) -> BoxNumber:
    zero = constant(a.batch, 0).span.lo
    is_plain = np.asarray(b.span.lo > zero, dtype=bool)
    plain = 1 - a / b
    if is_plain.all():
        return plain
    return _chosen(is_plain, plain, (b - a) / abs(a).max(abs(b)))


def _chosen(which: Array, first: BoxNumber, second: BoxNumber) -> BoxNumber:
    """The first number in some boxes of a batch, the second one in the others."""

    def ends(a: Interval | None, b: Interval | None) -> Interval | None:
        if a is None and b is None:
            return None
        zero = flint.arb(0) if first.span.is_arb else 0.0
        a, b = (Interval(*2 * (np.asarray([zero]),)) if part is None else part for part in (a, b))
        return Interval(np.where(which, a.lo, b.lo), np.where(which, a.hi, b.hi))

    centre, span = ends(first.centre, second.centre), ends(first.span, second.span)
    assert centre is not None
    assert span is not None
    return BoxNumber(first.batch, centre, span, ends(first.slope, second.slope))
