"""Gradient and Hessian of the loss over boxes of means on a line, enclosed in float64.

With u_i = c_i - x, psi_i the responsibilities, and E under the truth p* = sum_j pi*_j N(nu_j, 1),

    g_i = E psi_i u_i,   H_ij = E psi_i psi_j u_i u_j for i != j,
    H_ii = E psi_i - E psi_i (1 - psi_i) u_i^2.

A box holds an interval for every mean c_i. At a node x of the grid the range of psi_i over it is
known exactly: psi_i = t_i / sum_j t_j rises in t_i and falls in every other t_j, t_j = pi_j
e^{-(x - c_j)^2 / 2}, and these depend on different means. So the integrands have lower and upper
values at every node, and their weighted sums enclose the sums for every point of the box.

**Lemma H (the grid).** Let 0 < a < pi / D, D at least the spread of the means, and eps the bound of
Lemma Q (theory.md) with two cosines. With P_i = u_i^2 + a^2, on |Im z| <= a

    |u_i(z)|^2 <= P_i(x),  |P_i(z)| <= 2 P_i(x),  |psi_i(z)| <= psi_i(x) / cos(a D / 2),

and |p*(z)| <= e^{a^2 / 2} p*(x). So the rule T on all nodes integrates the positive functions
psi_i P_i and psi_i psi_j P_i with relative error 2 eps, that is E g <= T g / (1 - 2 eps); and it is
off, by at most rho = eps / (1 - 2 eps) times,
- for g_i: sqrt(T psi_i  T psi_i P_i), as E psi_i sqrt(P_i) is at most the root of both integrals;
- for H_ij: (T psi_i psi_j P_i + T psi_i psi_j P_j) / 2, as |u_i u_j| <= (P_i + P_j) / 2;
- for H_ii: T psi_i P_i in its second part, as 1 - psi_i is a sum of psi_j; T psi_i in the first.

**What is left out.** Nodes farther than X >= 2 from every nu_j on either side contribute, as
psi <= 1, at most h sum phi(t) (t + s)^2 over t = X, X + h, …, with s = a + max |c - nu|, for each
side. As t^2 phi(t) falls there and (t + s)^2 <= (1 + s / X)^2 t^2, that is at most
(1 + s / X)^2 (X + 1 / X + h X^2) phi(X). Twice that serves for sums of two such functions.

**Rounding**, in units u = 2^-53. An exponent log t_i - m is off by 8 u (Q + 1) at most, with Q the
largest |log t_i|: three roundings of the square, one of log pi_i, of the sum, of the difference to
the reference m (any number common to all i serves), and |log t_i - m| <= 2 Q. So t_i has relative
error e = 8.1 u (Q + 1) + ERROR of the exponential, psi_i at most eta = 2 e + (n + 3) u (1.01 for
products of errors included), and psi_i (1 - psi_i) is off by 2 eta psi_i. Weights of nodes have 2
u, the u_i one each, and products and sums of N terms at most (N + 12) u of the sum of moduli. All
moduli are at most those of the functions above: their upper values are summed anyway. So rounding
adds 2 eta + (N + 22) u to rho. Exponents below -700 count as 0 in lower values and as e^{-700} in
upper ones. QED
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import as_fmpq, ball
from theorycheck.arithmetic.exponential import ERROR, exponential
from theorycheck.arithmetic.rounding import ceil_float
from theorycheck.errors import InvalidValue, TooExpensive
from theorycheck.expectations.trapezoid import choose_axis, discretisation_error
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats, Vector

MAX_NODES = 20_000
_MOST_STEPS = 2**33
"""From 0: multiples of a step of 20 bits are doubles up to here. The lemma rests on exact nodes."""
_UNIT = 2.0**-53
_UP = 1 + 1e-12
"""Covers the few roundings in which an error bound itself is formed."""
_LOWEST = -700.0
_LEAST = 1e-300
_TINY = 1e-9
_DIGITS = 20
_ZERO = flint.arb(0)


class Intervals(NamedTuple):
    """Lower and upper bounds of numbers, one pair per entry."""

    lower: Floats
    upper: Floats


class Enclosure(NamedTuple):
    """Of a batch of B boxes of n means: bounds of the gradient (B, n) and the Hessian (B, n, n)."""

    gradient: Intervals
    hessian: Intervals


@dataclass(frozen=True)
class Grid:
    """Nodes (N,) and weights h p*(x) of a truth, with the errors of sums over them (Lemma H).

    low, high: where the means of all boxes lie. log_weights: (n,), log pi_i. strip: a.
    share: what sums may be off by, relative to their positive bounds, by the grid and by rounding.
    left_out: what may be missing from any of them.
    """

    nodes: Floats
    weights: Floats
    log_weights: Floats
    low: float
    high: float
    strip: float
    share: float
    left_out: float

    def gradient(self, lower: Floats, upper: Floats) -> Intervals:
        """Bounds of g (B, n) over the boxes whose means have these bounds (B, n)."""
        u = self._offsets(lower, upper)
        psi = self._responsibilities(u)
        return self._gradient(_products(u, psi), psi, self._sizes(u))

    def enclosure(self, lower: Floats, upper: Floats) -> Enclosure:
        """Bounds of g (B, n) and H (B, n, n) over the boxes whose means have these bounds."""
        u = self._offsets(lower, upper)
        psi = self._responsibilities(u)
        products, sizes = _products(u, psi), self._sizes(u)
        return Enclosure(
            self._gradient(products, psi, sizes), self._hessian(u, psi, products, sizes)
        )

    def _offsets(self, lower: Floats, upper: Floats) -> _Offsets:
        if not (self.low <= lower.min() and upper.max() <= self.high):
            raise InvalidValue(f"a box leaves [{self.low}, {self.high}], that of the grid")
        low, high = lower.T[:, :, None] - self.nodes, upper.T[:, :, None] - self.nodes
        one, other = low * low, high * high
        least = np.minimum(one, other)
        least *= (low > 0) | (high < 0)
        return _Offsets(low, high, least, np.maximum(one, other))

    def _responsibilities(self, u: _Offsets) -> Intervals:
        """Bounds of psi (n, B, N) at the nodes."""
        logs = self.log_weights[:, None, None]
        highest, lowest = logs - u.least / 2, logs - u.greatest / 2
        reference = highest.max(axis=0)
        highest -= reference
        lowest -= reference
        largest = exponential(np.maximum(highest, _LOWEST))
        smallest = exponential(np.maximum(lowest, _LOWEST))
        smallest *= lowest >= _LOWEST
        lower = smallest / np.maximum(smallest + _others(largest), _LEAST)
        return Intervals(lower, largest / (largest + _others(smallest)))

    def _sizes(self, u: _Offsets) -> Floats:
        """Upper values of P_i, (n, B, N)."""
        sizes: Floats = u.greatest + self.strip**2
        return sizes

    def _gradient(self, products: Intervals, psi: Intervals, sizes: Floats) -> Intervals:
        share, square = self._sum(psi.upper), self._sum(psi.upper * sizes)
        error = self._error(np.sqrt((share + self.left_out) * (square + self.left_out)))
        return Intervals(
            (self._sum(products.lower) - error).T, (self._sum(products.upper) + error).T
        )

    def _hessian(
        self, u: _Offsets, psi: Intervals, products: Intervals, sizes: Floats
    ) -> Intervals:
        n, batch, _ = psi.lower.shape
        lower, upper = np.empty((batch, n, n)), np.empty((batch, n, n))
        for i in range(n):
            terms = _diagonal(*(part[i] for part in (*psi, *u)))
            error = self._error(self._sum(psi.upper[i] * (1 + sizes[i])) + self.left_out)
            lower[:, i, i] = self._sum(terms.lower) - error
            upper[:, i, i] = self._sum(terms.upper) + error
            for j in range(i):
                terms = _product(*(part[k] for k in (i, j) for part in products))
                size = psi.upper[i] * psi.upper[j] * (sizes[i] + sizes[j])
                error = self._error(self._sum(size) / 2 + self.left_out)
                lower[:, i, j] = lower[:, j, i] = self._sum(terms.lower) - error
                upper[:, i, j] = upper[:, j, i] = self._sum(terms.upper) + error
        return Intervals(lower, upper)

    def _sum(self, values: Floats) -> Floats:
        """T, over the last axis."""
        total: Floats = values @ self.weights
        return total

    def _error(self, size: Floats) -> Floats:
        """What a sum may be off by whose positive bound is `size`."""
        error: Floats = (self.share * size + self.left_out) * _UP
        return error


class _Offsets(NamedTuple):
    """Bounds of u_i = c_i - x at the nodes, and of its square; each (n, B, N)."""

    lower: Floats
    upper: Floats
    least: Floats
    greatest: Floats


def _others(values: Floats) -> Floats:
    """Sums over all components but one, (n, …): of positive terms, never a difference of sums."""
    sums = np.zeros_like(values)
    for i, total in enumerate(sums):
        for j, value in enumerate(values):
            if j != i:
                total += value
    return sums


def _products(u: _Offsets, psi: Intervals) -> Intervals:
    """Bounds of psi_i u_i."""
    return Intervals(
        u.lower * np.where(u.lower < 0, psi.upper, psi.lower),
        u.upper * np.where(u.upper > 0, psi.upper, psi.lower),
    )


def _product(low: Floats, high: Floats, other_low: Floats, other_high: Floats) -> Intervals:
    """Bounds of the product of two numbers between these bounds."""
    corners = low * other_low, low * other_high, high * other_low, high * other_high
    least = np.minimum(np.minimum(corners[0], corners[1]), np.minimum(corners[2], corners[3]))
    most = np.maximum(np.maximum(corners[0], corners[1]), np.maximum(corners[2], corners[3]))
    return Intervals(least, most)


def _diagonal(
    psi_low: Floats, psi_high: Floats, _low: Floats, _high: Floats, least: Floats, most: Floats
) -> Intervals:
    """Bounds of f(p, s) = p - p (1 - p) s for psi = p and u^2 = s between these bounds.

    f falls in s, and is convex in p: largest at an end, least at an end or at p = (s - 1) / (2 s),
    where it is -s p^2.
    """
    upper = np.maximum(_kept(psi_low, least), _kept(psi_high, least))
    lower = np.minimum(_kept(psi_low, most), _kept(psi_high, most))
    vertex = (most - 1) / (2 * np.maximum(most, _LEAST))
    is_inside = (psi_low < vertex) & (vertex < psi_high)
    return Intervals(np.where(is_inside, -most * vertex * vertex, lower), upper)


def _kept(psi: Floats, square: Floats) -> Floats:
    return psi * (1 - (1 - psi) * square)


@lru_cache(maxsize=8)
def landscape_grid(
    truth: Mixture, weights: Vector, low: float, high: float, log_tolerance: float
) -> Grid:
    """A grid for boxes of means in [low, high] of a student with these weights.

    truth: in one dimension. log_tolerance: log of the relative error aimed at. Raises TooExpensive
    where that needs more than `MAX_NODES` nodes, InvalidValue where the truth is so far from 0
    that these are no doubles.
    """
    centres = [mean for (mean,) in truth.means]
    middles = sorted(map(float, centres))
    axis = choose_axis(
        (high - low) * _UP + _TINY,
        log_tolerance,
        _reach(middles, weights, low, high, log_tolerance),
    )
    reach = axis.step * axis.half
    first = math.floor((middles[0] - reach) / axis.step) - 1
    last = math.ceil((middles[-1] + reach) / axis.step) + 1
    if last - first > MAX_NODES:
        raise TooExpensive(
            f"means from {low:.4g} to {high:.4g} need {last - first} nodes, more than {MAX_NODES}; "
            "give a truth with means closer together"
        )
    if max(-first, last) >= _MOST_STEPS:
        raise InvalidValue(
            f"a mean of the truth is {middles[-1]:.4g}, so far from 0 that float64 cannot place "
            "nodes around it; translate the truth"
        )
    farthest = max(high - middles[0], middles[-1] - low) * _UP + axis.strip + _TINY
    with ball(_DIGITS).scope():
        step = flint.arb(axis.step)
        nodes = [step * m for m in range(first, last + 1)]
        values = np.array([float(step * _density(x, centres, truth.weights)) for x in nodes])
        logs = np.array([float(flint.arb(as_fmpq(weight)).log()) for weight in weights])
        relative = ceil_float(discretisation_error(axis, cosines=2))
        assert relative < 0.25  # so that Lemma H divides by more than a half
        left_out = ceil_float(_left_out(flint.arb(reach), flint.arb(farthest), step))
    doubles = np.array([float(x) for x in nodes])
    square = max(doubles[-1] - low, high - doubles[0]) ** 2 * _UP
    rounding = _rounding(square / 2 - logs.min(), len(logs), len(nodes))
    return Grid(
        nodes=doubles,
        weights=np.where(values > _LEAST, values, 0.0),
        log_weights=logs,
        low=low,
        high=high,
        strip=axis.strip,
        share=_UP * (relative / (1 - 2 * relative) + rounding),
        left_out=_UP * (2 * left_out + len(nodes) * _LEAST * (1 + square)),
    )


def _reach(
    centres: list[float], weights: Vector, low: float, high: float, log_tolerance: float
) -> float:
    """X: what lies beyond is small even beside the least E psi_i, about pi_i e^{-distance^2 / 4}.

    A matter of cost only: whatever it is, what is left out is bounded.
    """
    edges = [2 * low - centres[0], *centres, 2 * high - centres[-1]]
    widest = max(b - a for a, b in pairwise(edges)) / 2
    lightest = min(weights)  # its double may be 0
    smallest = math.log(lightest.numerator) - math.log(lightest.denominator) - widest**2 / 4
    return max(2.0, math.sqrt(2 * (5 - log_tolerance - smallest)))


def _density(x: flint.arb, centres: list[Fraction], weights: Vector) -> flint.arb:
    """p*(x)."""
    terms = [
        flint.arb(as_fmpq(weight)) * (-((x - flint.arb(as_fmpq(centre))) ** 2) / 2).exp()
        for centre, weight in zip(centres, weights, strict=True)
    ]
    return sum(terms, _ZERO) / (2 * flint.arb.pi()).sqrt()


def _left_out(reach: flint.arb, farthest: flint.arb, step: flint.arb) -> flint.arb:
    """What the nodes beyond the reach contribute at most, on both sides (Lemma H)."""
    density = (-(reach**2) / 2).exp() / (2 * flint.arb.pi()).sqrt()
    return 2 * (1 + farthest / reach) ** 2 * (reach + 1 / reach + step * reach**2) * density


def _rounding(largest: float, components: int, nodes: int) -> float:
    """What rounding adds to the share (Lemma H)."""
    of_term = 8.1 * _UNIT * (largest + 1) + ERROR
    of_psi = 1.01 * (2 * of_term + (components + 3) * _UNIT)
    return 2 * of_psi + (nodes + 22) * _UNIT
