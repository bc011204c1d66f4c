"""Proofs through the set on which all means agree, where both sides of many claims are equal.

Two means on a line are c_1 = m + pi_2 s, c_2 = m - pi_1 s with m = pi_1 c_1 + pi_2 c_2 and
s = c_1 - c_2. The claim is run on jets in s (`arithmetic.jets`): if the difference of the two sides
vanishes at s = 0 up to an even order K, exactly, and the enclosure of its coefficient of order K
over a box of (m, s, ...) that contains s = 0 is positive, it is positive there for all s != 0, and
0 at s = 0. Differences that do not vanish are enclosed as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from theorycheck.arithmetic.arithmetics import Array
from theorycheck.arithmetic.boxes import BoxNumber, constant
from theorycheck.arithmetic.jets import Jet, Space
from theorycheck.arithmetic.quotients import Quotient
from theorycheck.errors import NotOnRegions
from theorycheck.inputs.numbers import Floats
from theorycheck.regions.frame import Frame, Name, Numbers
from theorycheck.regions.margins import called, flat
from theorycheck.regions.point import BoxPoint, Ranks
from theorycheck.statements.comparison import Comparison
from theorycheck.statements.statement import Statement

_HIGHEST = 4
"""Order up to which sides may agree."""
_MIDDLE: Name = ("middle", 0)
_GAP: Name = ("gap", 0)


def order_of_equality(claim: Statement, frame: Frame) -> int | None:
    """The even order up to which the sides of a claim agree where all means do.

    None if they do not, if that is not known, if the claim says more than an inequality, or if the
    region has no such means: then its bound is above 0 without.
    """
    is_plain = claim.kind == "inequality" and not claim.strict
    if not is_plain or len(frame.means) != 2 or frame.region.spread_at_least is not None:
        return None
    (low, high), (least, most) = frame.means
    if high < least or most < low:
        return None
    lo, hi = frame.root
    try:
        jets = _jets(claim, *_pencil(frame, lo, hi), _HIGHEST, arb=False)
    except NotOnRegions:
        return None
    orders = [jet.vanishing for jet in jets]
    known = [order for order in orders if order is not None]
    highest = max(known, default=0)
    if len(known) < len(orders) or any(order % 2 for order in known) or highest == 0:
        return None
    return highest


def lower_bounds_through(
    claim: Statement, frame: Frame, lo: Floats, hi: Floats, order: int, *, arb: bool = False
) -> Array:
    """(M, B), lower bounds of the leading coefficients of all M margins around boxes (P, B).

    Where all are positive the claim holds on the box. order: that of `order_of_equality`.
    """
    rows = []
    for jet in _jets(claim, *_pencil(frame, lo, hi, arb=arb), order, arb=arb):
        leading = jet.vanishing
        assert leading is not None
        rows.append(np.broadcast_to(jet.coefficient(leading).span.lo, lo.shape[1]))
    return np.array(rows)


def _pencil(
    frame: Frame, lo: Floats, hi: Floats, *, arb: bool = False
) -> tuple[Frame, Floats, Floats]:
    """Boxes of m, s and the other parameters that contain some boxes, and s = 0."""
    numbers = frame.numbers(lo, hi, arb=arb)
    (first, second), (one, two) = numbers.means, numbers.weights
    middle = (one * first + two * second).span.doubles()
    gap = (first - second).span.doubles()
    others = [name for name in frame.free if name[0] != "means"]
    size = lo.shape[1]
    low = [np.broadcast_to(middle[0], size), np.minimum(np.broadcast_to(gap[0], size), 0.0)]
    high = [np.broadcast_to(middle[1], size), np.maximum(np.broadcast_to(gap[1], size), 0.0)]
    kept = [frame.free.index(name) for name in others]
    return (
        replace(frame, free=(_MIDDLE, _GAP, *others)),
        np.vstack([low, lo[kept]]),
        np.vstack([high, hi[kept]]),
    )


@dataclass(frozen=True, eq=False)
class _Lifted:
    """The parameters of a pencil as jets."""

    space: Space
    numbers: Numbers
    frame: Frame

    @property
    def weights(self) -> list[Jet]:
        found: list[Any] = [
            self._jet(("weights", k), number) for k, number in enumerate(self.numbers.weights)
        ]
        last = self.frame.dependent
        if last is not None:
            exact = self.space.parameter.constant(1)
            for k, jet in enumerate(found):
                if k != last:
                    exact = exact - jet.exact[0]
            found[last] = Jet(self.space, [self.numbers.weights[last]], [exact])
        return found

    @property
    def places(self) -> list[Jet]:
        one = self.space.parameter.constant(1)
        middle = self._jet(_MIDDLE, self.numbers.rows[_MIDDLE])
        gap = Jet(
            self.space, [self.numbers.rows[_GAP], constant(self.space.batch, 1)], [0 * one, one]
        )
        first, second = self.weights
        return [middle + second * gap, middle - first * gap]

    @property
    def offset(self) -> Jet | None:
        number = self.numbers.offset
        return None if number is None else self._jet(("offset", 0), number)

    def given(self, name: str) -> Any:
        value = self.numbers.given(name)
        if isinstance(value, BoxNumber):
            return self._jet((name, 0), value)
        found = np.empty(value.shape, dtype=object)
        found.ravel()[:] = [self._jet((name, k), x) for k, x in enumerate(value.ravel())]
        return found

    def _jet(self, name: Name, number: BoxNumber) -> Jet:
        return Jet(self.space, [number], [self._exact(name)])

    def _exact(self, name: Name) -> Quotient:
        """A parameter, or the number that it is."""
        if name in self.frame.free:
            return _parameters(self.frame)[name]
        given = {("weights", k): ends[0] for k, ends in enumerate(self.frame.weights)}
        given |= {name: ends[0] for name, ends in self.frame.inputs.items()}
        return self.space.parameter.constant(given.get(name, 0))


def _parameters(frame: Frame) -> dict[Name, Quotient]:
    names = [f"{name}{index}" for name, index in frame.free]
    return dict(zip(frame.free, Quotient.variables(names), strict=True))


def _jets(
    claim: Statement, frame: Frame, lo: Floats, hi: Floats, order: int, *, arb: bool
) -> list[Jet]:
    """The differences of the sides of a claim along a pencil."""
    numbers = frame.numbers(lo, hi, arb=arb)
    parameter = _parameters(frame)[_MIDDLE]
    lifted = _Lifted(Space(numbers.batch, order, parameter), numbers, frame)
    ranks = Ranks()
    found = _differences(claim, lifted, ranks)
    return found + (_differences(claim, lifted, Ranks(rank=2)) if ranks.was_asked else [])


def _differences(claim: Statement, lifted: _Lifted, ranks: Ranks) -> list[Jet]:
    space = lifted.space
    point = BoxPoint(
        lifted.frame.region, space.constant, lifted.places, lifted.weights, lifted.offset, ranks
    )
    inputs = {name: lifted.given(name) for name in claim.inputs}
    found: list[Any] = []
    with np.errstate(all="ignore"):
        result = called(claim, partial(claim.function, point, **inputs))
        for part in result if isinstance(result, (list, tuple)) else [result]:
            if isinstance(part, Comparison):
                part = called(claim, partial(np.subtract, part.upper, part.lower, dtype=object))
            found += called(claim, partial(flat, part))
    return [jet if isinstance(jet, Jet) else space.constant(jet) for jet in found]
