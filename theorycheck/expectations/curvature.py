"""The Hessian of the loss, and its third derivatives, over boxes of means on a line.

Truth N(0, 1), means mu_i in [low_i, high_i], z_i = x - mu_i. With psi_i the responsibilities,

    H_ij = E psi_i psi_j z_i z_j  (i != j),   H_ii = E psi_i [1 - (1 - psi_i) z_i^2].

**Range at a node.** psi_i = t_i / sum_j t_j rises with t_i and falls with the others, which depend
on different means; t_i = pi_i exp(x mu_i - mu_i^2/2) rises with mu_i up to x and falls from there.
So psi_i and 1 - psi_i range between quotients of the extremes of the t. These are at the ends of
the box; or, for the largest with x between them, at x: at most 1 / (1 - s) times the nearer end,
s half its squared distance, as e^s <= 1 / (1 - s) for s < 1. Boxes are less than 2 wide.

**Lemma Q for the Hessian.** On |Im x| <= a each responsibility is at most 1 / cos(a D/2) times its
value at Re x, D the spread of the means, and |z_i z_j| <= (z_i^2 + z_j^2)/2 + a^2 =: m_ij at Re x.
So the sum over the infinite grid is off by at most eps E psi_i psi_j m_ij, eps the relative error
of two cosines (`trapezoid`). As m_ij on the strip is at most 2 m_ij at Re x, the grid's own sum of
psi_i psi_j m_ij is at least 1 - 2 eps of that expectation. On the diagonal the same holds with
psi_i (1 + (1 - psi_i)(z_i^2 + a^2)). Left out are nodes beyond X, where with b the largest |mu_i|
all of these are at most 1 + a^2 + 2 b^2 + 2 x^2, times phi a falling function from x = 2 on.

**Rounding.** Nodes and ends are doubles, so a difference z is correctly rounded. In the units of
Lemma P (`proven`) extremes of t_i have A + 6, a responsibility or its complement 2 A + 2 n + 15,
whatever is summed at most thrice that and 30 more, and the sums N; all relative to the same sum of
moduli, at the ends of all ranges. Underflow is less than 2^-1000 a node.

**Third derivatives**, for i, j, k different:

    iii: -E psi_i (1 - psi_i) z_i [(1 - 2 psi_i) z_i^2 - 3],
    iij: -E psi_i psi_j z_j [1 - (1 - 2 psi_i) z_i^2],   ijk: -2 E psi_i psi_j psi_k z_i z_j z_k.

Their moduli on the strip are at most 9 (|x| + c)^3 / cos^3(a D/2), c = a + b + 1, whose expectation
is at most 36 (2 + c^3), and so is the grid's sum of it for steps up to 1 (E|z|^3 < 1.6): on it
rest both errors, absolute.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import flint
import numpy as np
from numpy.typing import NDArray

from theorycheck.expectations.proven.axes import PreparedAxis
from theorycheck.expectations.proven.bounds import relative_error
from theorycheck.expectations.proven.terms import PROVEN_DIGITS, line_table
from theorycheck.inputs.numbers import Floats

_WIDEST = 1.9
_MORE = 1 + 1e-9
_UNDERFLOW = 2.0**-1000


class Enclosure(NamedTuple):
    """Lower and upper bounds, arrays of one shape."""

    lower: Floats
    upper: Floats


class Curvature(NamedTuple):
    """The Hessian over boxes, (B, n, n), and the largest third derivatives over them, or None."""

    hessian: Enclosure
    third: Floats | None


def curvature_over(
    low: Floats,
    high: Floats,
    weights: list[flint.arb],
    third: bool = False,
    digits: int = PROVEN_DIGITS,
) -> Curvature | None:
    """Enclosures of the Hessian for all means in boxes.

    low, high: (B, n), ends of the boxes, exact. weights: (n,), balls. third: also bounds of the
    moduli of the third derivatives, (B, n, n, n). digits: aimed at by the grid.
    None where float64 cannot do it, as for `proven_moments`, or where a box is too wide.
    Source: the lemmas above.
    """
    boxes, n = low.shape
    if not ((low <= high) & (high - low < _WIDEST)).all():
        return None
    entries = list(map(flint.arb, np.stack([low, high]).ravel().tolist()))
    table = line_table(entries, weights * (2 * boxes), digits)
    if table is None or table.axis.reach < 2 or table.axis.step > 1:
        return None
    ranges = _Ranges.at_nodes(low, high, table.terms.reshape(2, boxes, n, -1), table.axis.nodes)
    units = 6 * table.units + 6 * n + 100 + table.axis.size
    largest = float(max(abs(low).max(), abs(high).max()))
    hessian = _hessian(ranges, table.axis, relative_error(units), largest)
    if not third:
        return Curvature(hessian, None)
    return Curvature(hessian, _third(ranges, table.axis, relative_error(units), largest))


class _Ranges(NamedTuple):
    """At the nodes, (B, n, N): bounds of psi, of 1 - psi, of z and of z^2."""

    psi: Enclosure
    rest: Enclosure
    z: Enclosure
    square: Enclosure

    @classmethod
    def at_nodes(cls, low: Floats, high: Floats, terms: Floats, nodes: Floats) -> _Ranges:
        """From the terms at either end, (2, B, n, N)."""
        z = Enclosure(nodes - high[:, :, None], nodes - low[:, :, None])
        first, second = z.lower * z.lower, z.upper * z.upper
        nearer, between = np.minimum(first, second), (z.lower <= 0) & (z.upper >= 0)
        square = Enclosure(np.where(between, 0.0, nearer), np.maximum(first, second))
        least, most = terms.min(axis=0), terms.max(axis=0)
        most = np.where(between, most / (1 - np.where(between, nearer / 2, 0.0)), most)
        n = low.shape[1]
        others = np.ones((n, n)) - np.eye(n)
        rest_least, rest_most = others @ least, others @ most
        return cls(
            psi=Enclosure(least / (least + rest_most), most / (most + rest_least)),
            rest=Enclosure(rest_least / (rest_least + most), rest_most / (rest_most + least)),
            z=z,
            square=square,
        )


def _product(a: Enclosure, b: Enclosure) -> Enclosure:
    corners = (a.lower * b.lower, a.lower * b.upper, a.upper * b.lower, a.upper * b.upper)
    left, right = corners[:2], corners[2:]
    return Enclosure(
        np.minimum(np.minimum(*left), np.minimum(*right)),
        np.maximum(np.maximum(*left), np.maximum(*right)),
    )


def _at(ranges: Enclosure, i: int) -> Enclosure:
    return Enclosure(ranges.lower[:, i], ranges.upper[:, i])


def _hessian(at: _Ranges, axis: PreparedAxis, rounding: float, largest: float) -> Enclosure:
    """Sums of the ranges, and what the grid and rounding can make of them."""
    boxes, n, _ = at.psi.lower.shape
    w, bulge = axis.weights, axis.strip**2
    eps = axis.relative
    share = _MORE * (rounding + eps / (1 - 2 * eps))
    beyond = (1 + bulge + 2 * largest**2) * axis.tail + 2 * (axis.reach * axis.edge + axis.tail)
    absolute = _MORE * (2 * beyond + axis.size * _UNDERFLOW)
    found = Enclosure(np.empty((boxes, n, n)), np.empty((boxes, n, n)))
    for i in range(n):
        for j in range(i, n):
            if i == j:
                terms = _product(_at(at.rest, i), _at(at.square, i))
                terms = _product(_at(at.psi, i), Enclosure(1 - terms.upper, 1 - terms.lower))
                size = at.psi.upper[:, i] * (
                    1 + at.rest.upper[:, i] * (at.square.upper[:, i] + bulge)
                )
            else:
                pair = _weighed(at.psi, i, j)
                terms = _product(pair, _product(_at(at.z, i), _at(at.z, j)))
                size = pair.upper * ((at.square.upper[:, i] + at.square.upper[:, j]) / 2 + bulge)
            pad = share * size.dot(w) + absolute
            found.lower[:, i, j] = found.lower[:, j, i] = terms.lower.dot(w) - pad
            found.upper[:, i, j] = found.upper[:, j, i] = terms.upper.dot(w) + pad
    return found


def _weighed(psi: Enclosure, *which: int) -> Enclosure:
    """Products of responsibilities: all are positive."""
    lower, upper = psi.lower[:, which[0]], psi.upper[:, which[0]]
    for k in which[1:]:
        lower, upper = lower * psi.lower[:, k], upper * psi.upper[:, k]
    return Enclosure(lower, upper)


def _third(at: _Ranges, axis: PreparedAxis, rounding: float, largest: float) -> Floats:
    """Upper bounds of the moduli, (B, n, n, n)."""
    boxes, n, _ = at.psi.lower.shape
    three_cosines = axis.relative * math.sqrt(axis.relative / axis.plain)
    size = 36 * (2 + (axis.strip + largest + 1) ** 3)
    # Beyond X: (|x| + c)^3 phi <= (1 + c / X)^3 |x|^3 phi, and E |z|^3 1(|z| > X) = (X^2 + 2) edge.
    beyond = 9 * (1 + (axis.strip + largest + 1) / axis.reach) ** 3
    beyond *= (axis.reach**2 + 2) * axis.edge
    pad = _MORE * (size * (rounding + three_cosines) + beyond + axis.size * _UNDERFLOW)
    found: NDArray[np.float64] = np.empty((boxes, n, n, n))

    def put(i: int, j: int, k: int, terms: Enclosure) -> None:
        sums = [abs(terms.lower.dot(axis.weights)), abs(terms.upper.dot(axis.weights))]
        bound = np.maximum(*sums) + pad
        for a, b, c in {(i, j, k), (i, k, j), (j, i, k), (j, k, i), (k, i, j), (k, j, i)}:
            found[:, a, b, c] = bound

    for i in range(n):
        psi, z = _at(at.psi, i), _at(at.z, i)
        bent = _product(Enclosure(1 - 2 * psi.upper, 1 - 2 * psi.lower), _at(at.square, i))
        own = _product(Enclosure(bent.lower - 3, bent.upper - 3), z)
        held = Enclosure(psi.lower * at.rest.lower[:, i], psi.upper * at.rest.upper[:, i])
        put(i, i, i, _product(held, own))
        for j in range(n):
            if j != i:
                slope = _product(Enclosure(1 - bent.upper, 1 - bent.lower), _at(at.z, j))
                put(i, i, j, _product(_weighed(at.psi, i, j), slope))
        for j in range(i + 1, n):
            for k in range(j + 1, n):
                together = _product(_product(z, _at(at.z, j)), _at(at.z, k))
                together = _product(_weighed(at.psi, i, j, k), together)
                put(i, j, k, Enclosure(2 * together.lower, 2 * together.upper))
    return found
