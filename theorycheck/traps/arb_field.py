"""The field of a tube in Arb alone: slow, and without a sum in float64; it checks certificates."""

from __future__ import annotations

import math
from functools import reduce
from itertools import combinations_with_replacement, permutations
from typing import NamedTuple

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.arithmetic.rounding import ceil_float, floor_float, midpoint
from theorycheck.errors import TooExpensive
from theorycheck.expectations.balls import ball_moments
from theorycheck.expectations.curvature import Curvature, Enclosure
from theorycheck.expectations.moments import made
from theorycheck.expectations.trapezoid import (
    Axis,
    common_grid,
    discretisation_error,
    edge,
    half_width,
    is_admissible,
    tail,
)
from theorycheck.inputs.numbers import Floats
from theorycheck.traps.field import Field

_LOG_TOLERANCE = -14 * math.log(10)
_MOST_NODES = 10_000
"""On either side: several times what a tube of `certify` ever takes."""
_ZERO = flint.arb(0)


class ArbField(Field):
    """The same quantities as balls: node by node, by the lemmas of `expectations.curvature`."""

    def _gradient(self, means: list[flint.arb]) -> list[flint.arb]:
        column = np.array(means, dtype=object)[:, None]
        shares = np.array(self._shares, dtype=object)
        slopes = made(ball_moments(column, shares, Ball(14)).gradient)
        gradient: list[flint.arb] = slopes[:, 0].tolist()
        return gradient

    def _over(self, low: Floats, high: Floats, third: bool) -> Curvature:
        boxes, n = low.shape
        bounds = np.empty((2, boxes, n, n))
        bends = np.empty((boxes, n, n, n)) if third else None
        for b in range(boxes):
            box = _Box.of(low[b].tolist(), high[b].tolist(), self._shares)
            for (i, j), value in box.hessian().items():
                bounds[:, b, i, j] = bounds[:, b, j, i] = floor_float(value), ceil_float(value)
            if bends is not None:
                for where, size in box.third().items():
                    for places in set(permutations(where)):
                        bends[(b, *places)] = ceil_float(size)
        return Curvature(Enclosure(bounds[0], bounds[1]), bends)


class _Range(NamedTuple):
    """An interval between two balls; arithmetic of its ends, so that products are not widened."""

    lower: flint.arb
    upper: flint.arb

    def times(self, other: _Range) -> _Range:
        """All products."""
        corners = [a * b for a in self for b in other]
        return _Range(reduce(flint.arb.min, corners), reduce(flint.arb.max, corners))

    def subtracted_from(self, value: int) -> _Range:
        """value minus all of it."""
        return _Range(value - self.upper, value - self.lower)


class _Node(NamedTuple):
    """Ranges over a box: of psi_i, of 1 - psi_i, of x - mu_i, and of its square."""

    weight: flint.arb
    psi: list[_Range]
    rest: list[_Range]
    z: list[_Range]
    square: list[_Range]


class _Box(NamedTuple):
    """The nodes of a grid over a box of means, b the largest modulus of a mean."""

    axis: Axis
    nodes: list[_Node]
    largest: flint.arb

    @classmethod
    def of(cls, low: list[float], high: list[float], shares: list[flint.arb]) -> _Box:
        """The box with these ends."""
        logs = np.array([midpoint(share.log()) for share in shares])
        ends = np.array([*low, *high])[:, None]
        axis = common_grid(ends, np.concatenate([logs, logs]), _LOG_TOLERANCE)[0]
        if not is_admissible(axis) or axis.step * axis.half < 2 or axis.half > _MOST_NODES:
            raise TooExpensive("no grid serves these means")
        first, last = [flint.arb(v) for v in low], [flint.arb(v) for v in high]
        nodes = [
            _node(x, weight, first, last, shares)
            for x, weight in zip(axis.nodes(), axis.weights(), strict=True)
        ]
        return cls(axis, nodes, flint.arb(float(abs(ends).max())))

    def hessian(self) -> dict[tuple[int, int], flint.arb]:
        """H_ij for i <= j."""
        eps = discretisation_error(self.axis, cosines=2)
        share = eps / (1 - 2 * eps)
        bulge, outside = flint.arb(self.axis.strip) ** 2, tail(self.axis)
        beyond = (1 + bulge + 2 * self.largest**2) * outside
        beyond += 2 * (half_width(self.axis) * edge(self.axis) + outside)
        found = {}
        for i, j in combinations_with_replacement(range(len(self.nodes[0].psi)), 2):
            lower, upper, size = _ZERO, _ZERO, _ZERO
            for w, psi, rest, z, square in self.nodes:
                if i == j:
                    terms = psi[i].times(rest[i].times(square[i]).subtracted_from(1))
                    most = 1 + rest[i].upper * (square[i].upper + bulge)
                    size += w * psi[i].upper * most
                else:
                    pair = psi[i].times(psi[j])
                    terms = pair.times(z[i].times(z[j]))
                    size += w * pair.upper * ((square[i].upper + square[j].upper) / 2 + bulge)
                lower += w * terms.lower
                upper += w * terms.upper
            pad = flint.arb(0, (share * size + 2 * beyond).abs_upper())
            found[i, j] = (lower + pad).union(upper + pad)
        return found

    def third(self) -> dict[tuple[int, int, int], flint.arb]:
        """Bounds of the moduli of the third derivatives, for i <= j <= k."""
        eps = discretisation_error(self.axis, cosines=3)
        c = flint.arb(self.axis.strip) + self.largest + 1
        width = half_width(self.axis)
        pad = 36 * (2 + c**3) * eps
        pad += 9 * (1 + c / width) ** 3 * (width**2 + 2) * edge(self.axis)
        found = {}
        for where in combinations_with_replacement(range(len(self.nodes[0].psi)), 3):
            sums = [
                sum((node.weight * terms[side] for node, terms in values), _ZERO)
                for values in [[(node, _third_at(node, where)) for node in self.nodes]]
                for side in (0, 1)
            ]
            found[where] = sums[0].abs_upper().max(sums[1].abs_upper()) + pad
        return found


def _node(
    x: flint.arb,
    weight: flint.arb,
    low: list[flint.arb],
    high: list[flint.arb],
    shares: list[flint.arb],
) -> _Node:
    least, most, z, square = [], [], [], []
    for a, b, share in zip(low, high, shares, strict=True):
        left, right = (x - b) ** 2, (x - a) ** 2
        is_between = a <= x <= b
        near, far = (_ZERO if is_between else left.min(right)), left.max(right)
        least.append(share * (-far / 2).exp())
        most.append(share * (-near / 2).exp())
        z.append(_Range(x - b, x - a))
        square.append(_Range(near, far))
    psi, rest = [], []
    for i in range(len(low)):
        others = [j for j in range(len(low)) if j != i]
        small = sum((least[j] for j in others), _ZERO)
        large = sum((most[j] for j in others), _ZERO)
        psi.append(_Range(least[i] / (least[i] + large), most[i] / (most[i] + small)))
        rest.append(_Range(small / (small + most[i]), large / (large + least[i])))
    return _Node(weight, psi, rest, z, square)


def _third_at(node: _Node, where: tuple[int, ...]) -> _Range:
    """Minus the integrand of a third derivative, up to the weight."""
    i, j, k = where
    psi, z = node.psi, node.z
    if i == j == k:
        bent = psi[i].times(_TWO).subtracted_from(1).times(node.square[i])
        bent = _Range(bent.lower - 3, bent.upper - 3)
        held = _Range(psi[i].lower * node.rest[i].lower, psi[i].upper * node.rest[i].upper)
        return held.times(z[i].times(bent))
    if i == j or j == k:
        twice, once = (i, k) if i == j else (k, i)
        bent = psi[twice].times(_TWO).subtracted_from(1).times(node.square[twice])
        return psi[twice].times(psi[once]).times(z[once].times(bent.subtracted_from(1)))
    together = z[i].times(z[j]).times(z[k])
    return psi[i].times(psi[j]).times(psi[k]).times(together).times(_TWO)


_TWO = _Range(flint.arb(2), flint.arb(2))
