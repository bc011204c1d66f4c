"""Gradient and Hessian of the loss over boxes of means in d = 1 or 2, enclosed in float64.

With u_i = c_i - x, psi_i the responsibilities, and E under the truth p* = sum_j pi*_j N(nu_j, I),

    g_ik = E psi_i u_ik,   H_ik,jl = E psi_i psi_j u_ik u_jl for i != j,
    H_ik,il = delta_kl E psi_i - E psi_i (1 - psi_i) u_ik u_il.

A box holds an interval for every coordinate of every mean c_i. At a node x of the grid the range of
psi_i over it is known exactly: psi_i = t_i / sum_j t_j rises in t_i and falls in every other t_j,
t_j = pi_j e^{-|x - c_j|^2 / 2}, and these depend on different means. So the integrands have lower
and upper values at every node, and their weighted sums enclose the sums for every point of the box.

**Lemma H (the grid).** On the k-th axis let 0 < a_k < pi / D_k, D_k at least the spread of the
means, eps_k the bound of Lemma Q (theory.md) with two cosines, a the largest a_k, and T the rule on
all nodes of the tensor grid. With P_ik = u_ik^2 + a^2, where z has one coordinate off the real
line, the m-th, and that by at most a_m,

    |u_ik(z)|^2 <= P_ik(x),  |P_ik(z)| <= 2 P_ik(x),  |psi_i(z)| <= psi_i(x) / cos(a_m D_m / 2),

and |p*(z)| <= e^{a_m^2 / 2} p*(x). So a function f with |f(z)| <= F(x) / cos^2(a_m D_m / 2), the
density aside, is summed along the m-th axis with an error of at most eps_m times the integral of F.
Where F is psi_i, psi_i P_ik, psi_i psi_j P_ik or a sum of such, F itself has twice that bound, so
that the sum along any axis is at least 1 - 2 eps_m times the integral. Replacing the integrals of f
by sums axis by axis, T f is off from E f by at most rho T F, with
rho = sum_k eps_k / prod_k (1 - 2 eps_k):
- for g_ik: F = psi_i sqrt(P_ik), whose mixed sums and integrals are at most the root of those of
  psi_i times those of psi_i P_ik; so the error is at most rho sqrt(T psi_i  T psi_i P_ik);
- for H_ik,jl: (T psi_i psi_j P_ik + T psi_i psi_j P_jl) / 2, as |u_ik u_jl| <= (P_ik + P_jl) / 2;
- for H_ik,il: (T psi_i P_ik + T psi_i P_il) / 2 in its second part, as 1 - psi_i is a sum of psi_j;
  T psi_i in the first.

**What is left out.** Nodes farther than X >= 2 from every nu_j on either side of an axis
contribute, as psi <= 1, at most h sum phi(t) (t + s)^2 over t = X, X + h, …, with
s = a + max |c - nu| along the axis, for each side. As t^2 phi(t) falls there and
(t + s)^2 <= (1 + s / X)^2 t^2, that is at most (1 + s / X)^2 (X + 1 / X + h X^2) phi(X).
Across, sums of phi and of phi (|t| + s)^2 over all nodes are at most 1 + 0.4 h and
2 (1 + 0.59 h) + 2 s^2 (1 + 0.4 h): integrals, and h times the maxima of phi and twice t^2 phi. A
sum of (t_1 + s)^2 + (t_2 + s)^2 outside is at most what lies beyond on each axis times both of
these. Twice that serves for sums of two such functions. Nodes that contribute next to nothing are
left out as well: of each, its weight times 1 + sum_k P_ik.

**Rounding**, in units u = 2^-53. An exponent log t_i - m is off by (7 + d) u (Q + 1) at most, with
Q the largest |log t_i|: three roundings of the squares, one of their sum where d = 2, one of
log pi_i, of the sum, of the difference to the reference m (any number common to all i serves), and
|log t_i - m| <= 2 Q. So t_i has relative error e = (7.1 + d) u (Q + 1) + ERROR of the exponential,
psi_i at most eta = 2 e + (n + 3) u (1.01 for products of errors included), and psi_i (1 - psi_i) is
off by 2 eta psi_i. Weights of nodes, sums of m products of d + 1 rounded numbers, have
(m + 2 d + 1) u, the u_ik one each, and products and sums of N terms at most (N + 12) u of the sum
of moduli. All moduli are at most those of the functions above: their upper values are summed
anyway. So rounding adds 2 eta + (N + m + 2 d + 22) u to rho. Exponents below -700 count as 0 in
lower values and as e^{-700} in upper ones, and so do densities. QED
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from theorycheck.arithmetic.exponential import exponential
from theorycheck.errors import InvalidValue
from theorycheck.inputs.numbers import Floats

_UP = 1 + 1e-12
"""Covers the few roundings in which an error bound itself is formed."""
_LOWEST = -700.0
_LEAST = 1e-300


class Intervals(NamedTuple):
    """Lower and upper bounds of numbers, one pair per entry."""

    lower: Floats
    upper: Floats


class Enclosure(NamedTuple):
    """Of a batch of B boxes of n means: bounds of the gradient (B, nd) and the Hessian (B, nd, nd).

    Coordinates are those of the first mean, then those of the second, and so on.
    """

    gradient: Intervals
    hessian: Intervals


@dataclass(frozen=True)
class Grid:
    """Nodes (N, d) and weights h^d p*(x) of a truth, with the errors of sums over them (Lemma H).

    low, high: (d,), where the means of all boxes lie. log_weights: (n,), log pi_i. strip: a.
    share: what sums may be off by, relative to their positive bounds, by the grid and by rounding.
    left_out: what may be missing from any of them.
    """

    nodes: Floats
    weights: Floats
    log_weights: Floats
    low: Floats
    high: Floats
    strip: float
    share: float
    left_out: float

    def gradient(self, lower: Floats, upper: Floats) -> Intervals:
        """Bounds of g (B, nd) over the boxes whose means have these bounds (B, nd)."""
        u = self._offsets(lower, upper)
        psi = self._responsibilities(u)
        return self._gradient(_products(u, psi), self._sums(psi, u))

    def enclosure(self, lower: Floats, upper: Floats) -> Enclosure:
        """Bounds of g (B, nd) and H (B, nd, nd) over the boxes whose means have these bounds."""
        u = self._offsets(lower, upper)
        psi = self._responsibilities(u)
        products, sums = _products(u, psi), self._sums(psi, u)
        return Enclosure(self._gradient(products, sums), self._hessian(u, psi, products, sums))

    def _offsets(self, lower: Floats, upper: Floats) -> _Offsets:
        d = self.nodes.shape[1]
        ends = [side.reshape(len(side), -1, d) for side in (lower, upper)]
        if not ((self.low <= ends[0]).all() and (ends[1] <= self.high).all()):
            raise InvalidValue(
                f"a box leaves {self.low.tolist()} to {self.high.tolist()}, that of the grid"
            )
        low, high = (end.transpose(1, 2, 0)[..., None] - self.nodes.T[:, None, :] for end in ends)
        one, other = low * low, high * high
        least = np.minimum(one, other)
        least *= (low > 0) | (high < 0)
        return _Offsets(low, high, least, np.maximum(one, other))

    def _responsibilities(self, u: _Offsets) -> Intervals:
        """Bounds of psi (n, B, N) at the nodes."""
        logs = self.log_weights[:, None, None]
        highest, lowest = logs - _over_axes(u.least) / 2, logs - _over_axes(u.greatest) / 2
        reference = highest.max(axis=0)
        highest -= reference
        lowest -= reference
        largest = exponential(np.maximum(highest, _LOWEST))
        smallest = exponential(np.maximum(lowest, _LOWEST))
        smallest *= lowest >= _LOWEST
        lower = smallest / np.maximum(smallest + _others(largest), _LEAST)
        return Intervals(lower, largest / (largest + _others(smallest)))

    def _sums(self, psi: Intervals, u: _Offsets) -> _Sums:
        sizes = u.greatest + self.strip**2
        return _Sums(sizes, self._sum(psi.upper), self._sum(psi.upper[:, None] * sizes))

    def _gradient(self, products: Intervals, sums: _Sums) -> Intervals:
        share, square = sums.shares[:, None] + self.left_out, sums.squares + self.left_out
        error = self._error(np.sqrt(share * square))
        return Intervals(
            _flat(self._sum(products.lower) - error), _flat(self._sum(products.upper) + error)
        )

    def _hessian(self, u: _Offsets, psi: Intervals, products: Intervals, sums: _Sums) -> Intervals:
        n, d, batch, _ = u.lower.shape
        lower, upper = np.empty((batch, n * d, n * d)), np.empty((batch, n * d, n * d))

        def fill(row: int, column: int, terms: Intervals, size: Floats) -> None:
            error = self._error(size + self.left_out)
            for side, value in (lower, -error), (upper, error):
                side[:, row, column] = value
            lower[:, row, column] += self._sum(terms.lower)
            upper[:, row, column] += self._sum(terms.upper)
            lower[:, column, row], upper[:, column, row] = (
                lower[:, row, column],
                upper[:, row, column],
            )

        for i in range(n):
            share, square = sums.shares[i], sums.squares[i]
            own = Intervals(psi.lower[i], psi.upper[i])
            for k in range(d):
                terms = _diagonal(own, u.least[i, k], u.greatest[i, k])
                fill(i * d + k, i * d + k, terms, share + square[k])
                for m in range(k):
                    terms = _crossing(own, *(part[i, axis] for axis in (k, m) for part in u[:2]))
                    fill(i * d + k, i * d + m, terms, (square[k] + square[m]) / 2)
            for j in range(i):
                both = psi.upper[i] * psi.upper[j]
                ones, others = (self._sum(both * sums.sizes[c]) for c in (i, j))
                for k, m in np.ndindex(d, d):
                    terms = _product(
                        *(part[place] for place in ((i, k), (j, m)) for part in products)
                    )
                    fill(i * d + k, j * d + m, terms, (ones[k] + others[m]) / 2)
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
    """Bounds of u_ik = c_ik - x_k at the nodes, and of its square; each (n, d, B, N)."""

    lower: Floats
    upper: Floats
    least: Floats
    greatest: Floats


class _Sums(NamedTuple):
    """Upper values of P_ik (n, d, B, N), of T psi_i (n, B), and of T psi_i P_ik (n, d, B)."""

    sizes: Floats
    shares: Floats
    squares: Floats


def _over_axes(squares: Floats) -> Floats:
    """Sums over the axes, (n, d, …) to (n, …)."""
    total: Floats = squares[:, 0] if squares.shape[1] == 1 else squares[:, 0] + squares[:, 1]
    return total


def _flat(values: Floats) -> Floats:
    """(n, d, B) to (B, nd)."""
    flat: Floats = values.transpose(2, 0, 1).reshape(values.shape[2], -1)
    return flat


def _others(values: Floats) -> Floats:
    """Sums over all components but one, (n, …): of positive terms, never a difference of sums."""
    sums = np.zeros_like(values)
    for i, total in enumerate(sums):
        for j, value in enumerate(values):
            if j != i:
                total += value
    return sums


def _products(u: _Offsets, psi: Intervals) -> Intervals:
    """Bounds of psi_i u_ik."""
    lower, upper = psi.lower[:, None], psi.upper[:, None]
    return Intervals(
        u.lower * np.where(u.lower < 0, upper, lower),
        u.upper * np.where(u.upper > 0, upper, lower),
    )


def _product(low: Floats, high: Floats, other_low: Floats, other_high: Floats) -> Intervals:
    """Bounds of the product of two numbers between these bounds."""
    corners = low * other_low, low * other_high, high * other_low, high * other_high
    least = np.minimum(np.minimum(corners[0], corners[1]), np.minimum(corners[2], corners[3]))
    most = np.maximum(np.maximum(corners[0], corners[1]), np.maximum(corners[2], corners[3]))
    return Intervals(least, most)


def _diagonal(psi: Intervals, least: Floats, most: Floats) -> Intervals:
    """Bounds of f(p, s) = p - p (1 - p) s for psi = p and u^2 = s between these bounds.

    f falls in s, and is convex in p: largest at an end, least at an end or at p = (s - 1) / (2 s),
    where it is -s p^2.
    """
    upper = np.maximum(_kept(psi.lower, least), _kept(psi.upper, least))
    lower = np.minimum(_kept(psi.lower, most), _kept(psi.upper, most))
    vertex = (most - 1) / (2 * np.maximum(most, _LEAST))
    is_inside = (psi.lower < vertex) & (vertex < psi.upper)
    return Intervals(np.where(is_inside, -most * vertex * vertex, lower), upper)


def _kept(psi: Floats, square: Floats) -> Floats:
    return psi * (1 - (1 - psi) * square)


def _crossing(
    psi: Intervals, low: Floats, high: Floats, other_low: Floats, other_high: Floats
) -> Intervals:
    """Bounds of -p (1 - p) v w for psi = p and two coordinates v, w of u between these bounds.

    p (1 - p) is concave: least at an end, largest at an end or at 1/2.
    """
    ends = psi.lower * (1 - psi.lower), psi.upper * (1 - psi.upper)
    least, most = np.minimum(*ends), np.maximum(*ends)
    most = np.where((psi.lower < 0.5) & (psi.upper > 0.5), 0.25, most)
    lower, upper = _product(low, high, other_low, other_high)
    return Intervals(
        -upper * np.where(upper > 0, most, least), -lower * np.where(lower < 0, most, least)
    )
