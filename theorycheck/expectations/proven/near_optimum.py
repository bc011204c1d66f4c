"""Float64 sums with a proven error near the optimum, where those of `moments` cancel.

As in `float64.near_optimum` everything is a difference from the weights, found from Hermite series.

**Lemma N.** Let c_i be in R^k, k <= 3, |c_i| <= rho <= 3/4, sum_i pi_i = 1, mu = sum_i pi_i c_i,
nu = sum_i pi_i |c_i|^2 and sigma = max(|mu|, nu). Write e_i = e^{<c_i, z> - |c_i|^2/2} - 1,
u = sum_i pi_i e_i, S = 1 + u, d_i = (e_i - u) / S = psi_i / pi_i - 1, and d_0 = u;
theta_i = |c_i| + sigma and theta_0 = sigma. On the tensor grid of k times an `Axis` with strip a,
the errors of grid and float64 in E d_i d_j are at most theta_i theta_j times a number known from
rho and the values of S, and in E (u - log(1 + u)) sigma^2 times one. Since E e_i = E u = 0, these
give all fields: with b_i = E d_i = -E u d_i and Q_ij = E d_i d_j,

    p_i = pi_i (1 + b_i),   E psi_i psi_j = pi_i pi_j (1 + b_i + b_j + Q_ij),
    grad_i = sum_j E psi_i psi_j c_j = pi_i ((1 + b_i) mu + sum_j pi_j c_j (b_j + Q_ij)),
    F = sum_i <c_i, grad_i>,   L = E (u - log(1 + u)).

*Sizes.* Let z = x + iy with y along one axis, |y| <= a, a rho < pi/2 and T = |x| + a + rho. For
0 <= s <= 1 the modulus of g(s) = e^{s <c, z> - |s c|^2/2} is at most e^{rho |x|}; with
g' = (<c, z> - s |c|^2) g and g'' = ((<c, z> - s |c|^2)^2 - |c|^2) g, by Taylor
|e_i| <= |c_i| T e^{rho|x|} and |e_i - <c_i, z>| <= |c_i|^2 (T^2 + 1) e^{rho|x|} / 2, so that
|e_i| <= |c_i| m and |u| <= sigma m with m = (T + 1)^2 e^{rho|x|} / 2. As |arg t_i| <= a rho for
every term pi_i t_i of S, and by Jensen where z is real, Re S >= cos(a rho) e^{-rho|x| - rho^2/2}
= 1/r; it is at most 1. So |d_i| <= theta_i m r for all i >= 0, and |u - log(1 + u)| =
|u^2 int_0^1 s / (1 + u s) ds| <= sigma^2 m^2 r / 2.

*Grid.* So the integrands are at most theta_i theta_j (m r)^2 <= theta_i theta_j A(a) e^{K|x|},
K = 4 rho + l, for any l > 0, with A(a) = (4 / (e l))^4 e^{l (a+rho+1) + rho^2} / (4 cos^2(a rho)),
as t^4 <= (4 / (e l))^4 e^{l t}; and e^{K|x|} <= prod_j 2 cosh(K x_j). One axis after the other the
integral is replaced by the sum; the others are integrals, or sums already. On the axis in question
the trapezoidal rule errs by delta = 2 e^{a^2/2} / (e^{2 pi a/h} - 1) times A(a) and the integral
H = 2 e^{K^2/2}; the nodes beyond the last, X >= K, contribute at most A(0) H P(z > X - K), since
e^{K x} phi(x) = e^{K^2/2} phi(x - K) decreases there. Every other axis makes H, or (1 + delta) H
at most as a sum, the modulus of cosh on a strip being largest on the line. In all that is
k (1 + delta)^{k-1} H^k (A(a) delta + A(0) P(z > X - K)). What further nodes with weights w leave
out is at most sum w (m r)^2, with m as below and r = e^{rho|x| + rho^2/2}.

*One axis*, in units v of Lemma P, at a node, where a = 0. Of e_i and u the first M terms of
sum_j c^j H_j are summed, H_j = He_j / j!. As sum_j 2^j |H_j(x)| <= e^{2|x|+2}, what is cut off is
at most C = (rho/2)^{M+1} e^{2|x|+2} / rho^2 as a share of c_i^2 or nu. Doubles next to balls are
off by 3 units, those next to H_j by 1; powers c_i^j by 4j - 1, sum_i pi_i c_i^j by 4j + n + 2, and
terms, after products with H_j and sums, by 4j + M + n + 3 at most, the first of them by 4 + M. So

    |e_i - <c_i, x>| <= |c_i|^2 B,  |e_i| <= |c_i| t,  |u| <= |mu| |x| + nu B,  t = |x| + rho B,
    e_i is off by |c_i| p |x| + |c_i|^2 E,  u by |mu| p |x| + nu E,   s = p |x| + rho E,

with B = sum_{2 <= j <= M} rho^{j-2} |H_j| + C, p = M + 4 and
E = sum_{2 <= j <= M} (4j + M + n + 3) rho^{j-2} |H_j| + C / v.
*Joining axes.* Let all that hold for axes x', and with p'' <= p' for one more, x''. As
1 + e = (1 + e') (1 + e''), the sums e' e'' + e' + e'' and sum_i pi_i e'_i e''_i + u' + u'', in this
order, are e_i and u for x = (x', x''). With |c'| |c''| <= |c|^2 / 2, and |c'| |x'| + |c''| |x''| <=
|c| |x|, it holds for them, with B = max(B', B'') + t' t'' / 2, p = p' + 2, and
E = max(E', E'') + (s' t'' + t' s'' + (n + 4) t' t'') / 2 + 2 B: products and their sum have n + 4
roundings, and two additions follow.

*Rounding.* So |e_i| <= |c_i| m, |u| <= sigma m, e_i is off by |c_i| q units and u by sigma q, with
m = |x| + B and q = p |x| + E. Let r = max(1, 1/S). Four more roundings lead to d_i: it is off by
theta_i D units, D = q r + sigma m q r^2 + 4 m r. A product of two, with k weights and summed, has
4k + N more, where N - 1 additions follow one another: in all
theta_i theta_j sum w (2 D m r + (N + 4k) (m r)^2).
Of u - log(1 + u), the error of u makes sigma^2 m q r. Where |u| <= 2/5 it has 6 roundings more, as
in Lemma 2 of `logarithm`. Elsewhere the difference is rounded once, and by Lemma 1 the logarithm of
the rounded 1 + u is off by 9 + 7 (rho|x| + rho^2/2) units. With the weights and sums all that is
sum w (sigma^2 m q r + (9 + 7 (rho|x| + rho^2/2)) 1(|u| > 2/5)) + (N + 4k + 6) L.
`_ROOM` covers terms of second order, as rho q r, D / (m r), p and E / B, and so s / t, are below
2^43 units, and that r is found from the rounded 1 + u; in theta, that c and sigma are rounded, and
the few sums of bounds. And it covers underflow: doubles next to entries of means are 0 or at least
2^-500, one of them 2^-100, and weights at least 2^-200, so that all theta are at least 2^-400, and
what underflows, an entry or the mean itself included, changes no e_i or u by 2^-1000 (1 + |x|).
QED
"""

from __future__ import annotations

import math
import operator
from bisect import bisect_left
from collections.abc import Callable
from functools import lru_cache, partial, reduce
from itertools import chain
from typing import NamedTuple

import flint
import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic.arithmetics import Array, Ball
from theorycheck.arithmetic.budget import charge
from theorycheck.arithmetic.logarithm import BRANCH, SMALL_UNITS, minus_log
from theorycheck.arithmetic.rounding import around, ceil_float
from theorycheck.arithmetic.threads import one_thread
from theorycheck.expectations.moments import Moments, deferred
from theorycheck.expectations.proven.axes import prepared_axis
from theorycheck.expectations.proven.bounds import UNDERFLOW, UNIT
from theorycheck.expectations.proven.moments import keeps_digits
from theorycheck.expectations.proven.terms import ENOUGH_BITS, fewest_bits
from theorycheck.expectations.trapezoid import Axis, choose_axis, discretisation_error, objects
from theorycheck.inputs.numbers import Floats

MOST_COMPONENTS = 32
_REACHES = (1 / 32, 1 / 8, 3 / 16, 1 / 4, 5 / 16, 3 / 8, 1 / 2, 5 / 8, 3 / 4)
"""rho: each has a grid and constants of its own."""
_RUNGS = (0, 9, 7, 6)
"""By rank, how many of them are of use."""
FARTHEST_NEAR = tuple(_REACHES[rungs - 1] for rungs in _RUNGS)
"""By rank, the largest norm of a mean."""
_LEAST_MEAN, _LEAST_ENTRY, _LEAST_WEIGHT = 2.0**-100, 2.0**-500, 2.0**-200
_CUT = 2.0**-84
"""What is cut off the series, (rho/2)^{M+1}."""
_FARTHEST, _LOG_TOLERANCE = 9.0, -49.0
"""Of the axis: X - K, and what its step is chosen for."""
_ROOM = 1.01
_BALL = Ball(100)
_LEFT_OUT = 2.0**-50
"""What nodes outside a ball may contribute, as a share of theta_i theta_j."""
_SHELLS, _LEAD_NODES = 8, 128
"""Spherical shells for a distance of 1; nodes of the first axes in a block."""


def near_moments(c: Array, weights: Array, mean: Callable[[], Array]) -> Moments | None:
    """Enclosures of all fields for means (n, k) and weights (n,), known as balls.

    The weights are those of a mixture: 1 in all. mean: gives sum_i pi_i c_i, (k,), as balls of full
    relative accuracy. Loss and F keep 11 digits or more, however small the means are, and the
    largest entry of the gradient about as many. None where these sums cannot do it: the rank is not
    1, 2 or 3, the norm of a mean is beyond 3/4 (1/2 at rank 2, 3/8 at rank 3), or above 3/8 (5/16)
    with all means on one side, the input is not known to `ENOUGH_BITS`, there are more than
    `MOST_COMPONENTS`, or terms might underflow.
    Source: Lemma N above.
    """
    columns, shares = c.T.tolist(), weights.tolist()
    if not 0 < len(columns) < len(_RUNGS) or len(shares) > MOST_COMPONENTS:
        return None
    places, masses = [list(map(float, column)) for column in columns], list(map(float, shares))
    rung = _rung(places)
    if rung is None or min(masses) < _LEAST_WEIGHT:
        return None
    c, pi = np.array(places), np.array(masses)
    centre = mean().tolist()
    if fewest_bits(chain(shares, centre, *columns)) < ENOUGH_BITS:
        return None
    mu = np.array(list(map(float, centre)))
    near = _prepared(len(columns), rung)
    cost = 100 + 10 * len(shares) + near.size * (0.1 + 0.02 * len(shares))
    charge(cost, "sums near the optimum")
    with one_thread(near.size * len(shares)):
        sums = _sums(c, pi, mu, near)
    found = _enclosed(sums, c, pi, columns, shares, centre)
    return found if keeps_digits(found) else None


def _rung(places: list[list[float]]) -> int | None:
    """Which of `_REACHES` is for these coordinates, by axis; None for none, or if they are tiny."""
    largest = max(map(math.hypot, *places))
    rung = bisect_left(_REACHES, largest * (1 + 1e-12))
    if rung >= _RUNGS[len(places)] or largest < _LEAST_MEAN:
        return None
    least = min(filter(None, map(abs, chain(*places))))
    return None if least < _LEAST_ENTRY else rung


class _Block(NamedTuple):
    """Some nodes of a grid: B of those of all axes but the last, times a stretch of the last.

    lead: which they are; masses: their weights. stretch, weights: of the last axis. Errors by
    rounding are sums over the nodes (B L,), with r of Lemma N there: of E d_i d_j, as a share of
    theta_i theta_j, of square r^2 + sigma cube r^3; of the loss, as a share of sigma^2, of slope r,
    and of far where |u| > 2/5.
    """

    lead: NDArray[np.intp]
    masses: Floats
    stretch: slice
    weights: Floats
    square: Floats
    cube: Floats
    slope: Floats
    far: Floats


class _Near(NamedTuple):
    """A grid for all means within some rho, and what Lemma N makes of it.

    hermite: H_m at the nodes of an axis, (M, N), the doubles next to them. size: number of nodes.
    left_out: the error of the grid in E d_i d_j as a share of theta_i theta_j, and in the loss of
    sigma^2. loss: a further error of the loss as a share of itself.
    """

    hermite: Floats
    blocks: list[_Block]
    size: int
    left_out: float
    loss: float


@lru_cache(maxsize=sum(_RUNGS))
def _prepared(rank: int, rung: int) -> _Near:
    """The grid and constants for means within `_REACHES[rung]`, kept."""
    rho = _REACHES[rung]
    with _BALL.scope():
        axis = choose_axis(2 * rho, _LOG_TOLERANCE, _FARTHEST + float(_growth(flint.arb(rho))))
        rows = _hermite(axis.nodes(), _terms(rung))
        hermite = np.array([[_next(entry) for entry in row] for row in rows])
        line = prepared_axis(axis)
        reach = reduce(partial(_joined_reach, rho=rho), [_on_axis(line.nodes, hermite, rho)] * rank)
        weights = _tensor(line.weights, rank)
        radius, left_out = _radius(reach, weights, rho)
        grid = ceil_float(_grid_error(axis, flint.arb(rho), rank)) + left_out
        parts = _parts(line.nodes, rank, radius)
        lead, stretch = parts[0]  # the largest
        additions = stretch.stop - stretch.start + len(lead) + len(parts) - 2
        errors = _roundings(reach, weights, rho, additions + 4 * rank)
    blocks = [_block(lead, stretch, line.weights, rank, errors) for lead, stretch in parts]
    size = sum(len(block.square) for block in blocks)
    return _Near(hermite, blocks, size, grid, _ROOM * UNIT * (additions + 4 * rank + SMALL_UNITS))


def _tensor(weights: Floats, rank: int) -> Floats:
    """Products of weights at the nodes of so many axes, flat."""
    return reduce(np.multiply.outer, [weights] * rank, np.ones(())).ravel()


def _terms(rung: int) -> int:
    """M: how many terms of a series are summed."""
    terms = 1
    while (_REACHES[rung] / 2) ** (terms + 1) > _CUT:
        terms += 1
    return terms


def _next(value: flint.arb) -> float:
    """The double next to a ball that is 0 or known to 61 bits."""
    assert value.rel_accuracy_bits() >= ENOUGH_BITS
    return float(value)


def _hermite(x: Array, terms: int) -> list[Array]:
    """He_m(x) / m! for m from 1 to `terms`."""
    rows = [0 * x + 1, x]
    for m in range(1, terms):
        rows.append((x * rows[m] - rows[m - 1]) / (m + 1))
    return rows[1:]


_L = 0.5
"""l in Lemma N: any positive number will do."""


def _growth(rho: flint.arb) -> flint.arb:
    """K: the integrands grow like e^{K|x|} at most."""
    return 4 * rho + _L


def _grid_error(axis: Axis, rho: flint.arb, rank: int) -> flint.arb:
    """Of the trapezoidal rule and of the nodes left out, as a share of theta_i theta_j."""

    def size(a: flint.arb) -> flint.arb:
        power = (4 / (flint.arb(1).exp() * _L)) ** 4
        return power * (_L * (a + rho + 1) + rho * rho).exp() / (4 * (a * rho).cos() ** 2)

    growth, reach = _growth(rho), flint.arb(axis.step) * axis.half
    whole = 2 * (growth * growth / 2).exp()
    rule = discretisation_error(axis, cosines=0)
    left_out = ((reach - growth) / flint.arb(2).sqrt()).erfc() / 2
    error = size(flint.arb(axis.strip)) * rule + size(flint.arb(0)) * left_out
    return rank * (1 + rule) ** (rank - 1) * whole**rank * error


class _Reach(NamedTuple):
    """|x|, B, p and E of Lemma N at nodes: what bounds series and their errors."""

    x: Floats
    bend: Floats
    units: int
    off: Floats


def _on_axis(nodes: Floats, hermite: Floats, rho: float) -> _Reach:
    """On one axis. All is positive: what is rounded here is nothing beside `_ROOM`."""
    terms, x = len(hermite), abs(nodes)
    j = np.arange(2, terms + 1)
    shares = np.cumprod([1.0] + [rho] * (terms - 2))[:, None] * abs(hermite[1:])
    growth = np.array([ceil_float(flint.arb(2 * entry + 2).exp()) for entry in x.tolist()])
    cut = (rho / 2) ** (terms + 1) / rho**2 * growth
    off = (4 * j + terms + MOST_COMPONENTS + 3.0).dot(shares) + cut / UNIT
    return _Reach(x, shares.sum(axis=0) + cut, terms + 4, off)


def _joined_reach(one: _Reach, other: _Reach, rho: float) -> _Reach:
    """At all pairs of nodes, those of the other axis being the inner ones."""
    # Lemma N asks it of what is joined, too.
    assert float((one.off / one.bend).max()) < 2**43
    x, bend, off = one.x[:, None], one.bend[:, None], one.off[:, None]
    t, s = x + rho * bend, one.units * x + rho * off
    other_t, other_s = other.x + rho * other.bend, other.units * other.x + rho * other.off
    both = t * other_t
    bend = np.maximum(bend, other.bend) + both / 2
    products = s * other_t + t * other_s + (MOST_COMPONENTS + 4) * both
    off = np.maximum(off, other.off) + products / 2 + 2 * bend
    distance = np.sqrt(x * x + other.x * other.x)
    return _Reach(distance.ravel(), bend.ravel(), one.units + 2, off.ravel())


def _radius(reach: _Reach, weights: Floats, rho: float) -> tuple[float, float]:
    """Beyond which nodes are left out, and what that can change, as a share of theta_i theta_j."""
    shells = (_SHELLS * reach.x).astype(int)
    masses = np.bincount(shells, weights * (reach.x + reach.bend) ** 2)
    growth = [
        ceil_float((flint.arb(2 * rho) * (k + 1) / _SHELLS + rho**2).exp())
        for k in range(len(masses))
    ]
    tails = np.append(np.cumsum((masses * growth)[::-1])[::-1], 0.0)
    first = int(np.argmax(tails <= _LEFT_OUT))
    return first / _SHELLS + 1e-9, _ROOM * float(tails[first])


def _parts(nodes: Floats, rank: int, radius: float) -> list[tuple[NDArray[np.intp], slice]]:
    """Blocks of nodes that hold the ball of this radius: of the first axes, and of the last."""
    squares = reduce(np.add.outer, [nodes * nodes] * (rank - 1), np.zeros(())).ravel()
    order = np.argsort(squares, kind="stable")[: np.count_nonzero(squares <= radius**2)]
    parts = []
    for start in range(0, len(order), _LEAD_NODES):
        lead = order[start : start + _LEAD_NODES]
        spare = int(np.count_nonzero(squares[lead[0]] + nodes * nodes > radius**2)) // 2
        parts.append((lead, slice(spare, len(nodes) - spare)))
    return parts


def _roundings(reach: _Reach, weights: Floats, rho: float, count: int) -> list[Floats]:
    """Errors of a `_Block`, at all nodes, rounded up. count: N + 4k."""
    x, bend, units, off = reach
    m, q, slope = x + bend, units * x + off, rho * x + rho * rho / 2
    # Lemma N asks that all four are below 2^43 where r is as large as it can be.
    largest = ceil_float(flint.arb(float(slope.max())).exp()) * rho * float(q.max())
    assert max(largest + float((q / m).max()) + 4, units, float((off / bend).max())) < 2**43
    each = _ROOM * UNIT * weights
    square = each * m * (2 * q + (count + 8) * m)
    return [square, 2 * each * m * m * q, each * m * q, each * (9 + 7 * slope)]


def _block(
    lead: NDArray[np.intp], stretch: slice, weights: Floats, rank: int, errors: list[Floats]
) -> _Block:
    """A block, with its part of the weights and of the errors at all nodes."""
    own = [error.reshape(-1, len(weights))[lead, stretch].ravel() for error in errors]
    return _Block(lead, _tensor(weights, rank - 1)[lead], stretch, weights[stretch], *own)


class _Sums(NamedTuple):
    """Sums over nodes: of products of d_1, ..., d_n and u, (n + 1, n + 1), and of the loss.

    radii: of the products; radius: of the loss.
    """

    products: Floats
    radii: Floats
    loss: float
    radius: float


def _sums(c: Floats, weights: Floats, mean: Floats, near: _Near) -> _Sums:
    """The sums, and all their errors, for means by axis (k, n), and their mean (k,)."""
    series = _series(c, weights, mean, len(near.hermite))
    norms = list(map(math.hypot, *series[:, :, 0].tolist()))
    sigma = max(norms.pop(), sum(series[:, -1, 1].tolist()))
    theta = _ROOM * (np.array([*norms, 0.0]) + sigma)
    *first, last = np.matmul(series, near.hermite)
    lead = reduce(partial(_joined, weights=weights), first) if first else None
    parts = []
    for block in near.blocks:
        rows = last[:, block.stretch]
        if lead is not None:
            rows = _joined(lead[:, block.lead], rows, weights)
        parts.append(_block_sums(rows, block, sigma))
    products, loss, product_error, loss_error, far_error = map(sum, zip(*parts, strict=True))
    radii = np.multiply.outer((near.left_out + product_error) * theta, theta)
    radius = (near.left_out + loss_error) * (_ROOM * sigma) ** 2 + far_error + near.loss * loss
    return _Sums(np.asarray(products), radii, loss, radius)


def _block_sums(
    rows: Floats, block: _Block, sigma: float
) -> tuple[Floats, float, float, float, float]:
    """A block's part of products, of the loss, and of the errors that `_Block` speaks of.

    rows: e_i and u; they are spent.
    """
    u = rows[-1]
    total, is_far = 1 + u, abs(u) > BRANCH
    losses = minus_log(u, total, is_far).reshape(-1, len(block.weights)).dot(block.weights)
    inverse = np.reciprocal(total)
    rows[:-1] -= u
    rows[:-1] *= inverse
    slabs = rows.reshape(len(rows), -1, len(block.weights)).transpose(1, 0, 2)
    pairs = np.matmul(slabs * block.weights, slabs.transpose(0, 2, 1))
    products = block.masses.dot(pairs.reshape(len(pairs), -1)).reshape(len(rows), len(rows))
    r = np.maximum(inverse, 1)
    square = r * r
    product_error = block.square.dot(square) + sigma * block.cube.dot(square * r)
    loss_error, far_error = block.slope.dot(r), block.far.dot(is_far)
    return (
        products,
        float(block.masses.dot(losses)),
        float(product_error),
        float(loss_error),
        float(far_error),
    )


def _series(c: Floats, weights: Floats, mean: Floats, terms: int) -> Floats:
    """Coefficients (k, n + 1, M) of the series of e_i and u along every axis."""
    series = np.empty((len(c), len(weights) + 1, terms))
    powers = series[:, :-1]
    powers[...] = c[:, :, None]
    np.multiply.accumulate(powers, axis=2, out=powers)
    np.matmul(weights, powers, out=series[:, -1])
    series[:, -1, 0] = mean
    return series


def _joined(rows: Floats, others: Floats, weights: Floats) -> Floats:
    """e_i and u at all pairs of nodes, (n + 1, N N'), from those of fewer axes and of one more."""
    both = rows[:, :, None] * others[:, None]
    both[-1] = weights.dot(both[:-1].reshape(len(weights), -1)).reshape(both.shape[1:])
    both += rows[:, :, None]
    both += others[:, None]
    return both.reshape(len(rows), -1)


class _Known(NamedTuple):
    """Doubles, and how far off they are at most."""

    values: Floats
    radii: Floats

    def balls(self) -> Array:
        """Balls around them."""
        return around(self.values, self.radii)


def _times(known: _Known, shares: Floats) -> _Known:
    """Sums over j of products with pi_j c_j, (n, k), whose doubles are off by 7 units.

    What is known may have been rounded once.
    """
    sizes, count = abs(shares), shares.shape[0]
    rounding = (count + 8) * UNIT * abs(known.values).dot(sizes)
    radii = _ROOM * (known.radii.dot(sizes) + rounding) + UNDERFLOW
    return _Known(known.values.dot(shares), radii)


def _enclosed(
    sums: _Sums,
    c: Floats,
    masses: Floats,
    columns: list[list[flint.arb]],
    weights: list[flint.arb],
    mean: list[flint.arb],
) -> Moments:
    """All fields, from the identities of Lemma N.

    c, masses: means by axis (k, n), and weights; columns, weights and mean: as balls, by axis.
    In sums over components rounding is counted; what they are added to may be much larger, and is
    known to more digits than a double has.
    """
    # Rows of b_j + Q_ij, and of b_j: at most one rounding each.
    table, off = sums.products[:, :-1].copy(), sums.radii[:, :-1].copy()
    np.negative(table[-1], out=table[-1])
    table[:-1] += table[-1]
    off[:-1] += off[-1]
    known = _Known(table, off)
    *turns, along = _times(known, (c * masses).T).balls().tolist()
    ones = [1 + bend for bend in around(table[-1], off[-1])]
    gradient, divergence = [], flint.arb(0)
    for i, (weight, one) in enumerate(zip(weights, ones, strict=True)):
        for k, (centre, turn) in enumerate(zip(mean, turns[i], strict=True)):
            gradient.append(weight * (one * centre + turn))
            divergence += weight * columns[k][i] * turn
    for centre, shift in zip(mean, along, strict=True):
        divergence += centre * (centre + shift)
    return Moments(
        loss=flint.arb(sums.loss, sums.radius),
        responsibilities=objects(map(operator.mul, weights, ones)),
        overlap=deferred(_enclosed_overlap, masses, known),
        gradient=objects(gradient).reshape(len(weights), -1),
        fisher_divergence=divergence,
        positions=deferred(_enclosed_positions, c, masses, known),
    )


def _overlap(masses: Floats, known: _Known) -> _Known:
    """E psi_i psi_j, (n, n): weights have 3 units each, and there are 5 roundings.

    known: b_j + Q_ij and b_j, (n + 1, n).
    """
    turn, bend, off = known.values[:-1], known.values[-1][:, None], known.radii[-1][:, None]
    pairs = np.multiply.outer(masses, masses)
    rounding = 12 * UNIT * (1 + abs(bend) + abs(turn))
    radii = pairs * (off + known.radii[:-1] + rounding)
    return _Known(pairs * ((1 + bend) + turn), _ROOM * radii)


def _enclosed_overlap(masses: Floats, known: _Known) -> Array:
    """The same as balls."""
    return _overlap(masses, known).balls()


def _enclosed_positions(c: Floats, masses: Floats, known: _Known) -> Array:
    """E psi_i x = sum_j G_ij (c_i - c_j) as balls, (n, k), for means by axis (k, n).

    Means have 3 units; a difference, a product and n - 1 additions follow.
    """
    overlap, sizes = _overlap(masses, known), abs(c)
    apart, scale = c[:, :, None] - c[:, None, :], sizes[:, :, None] + sizes[:, None, :]
    rounding = abs(overlap.values) * ((len(masses) + 6) * UNIT * scale)
    radii = _ROOM * (overlap.radii * abs(apart) + rounding).sum(axis=2) + UNDERFLOW
    return around((overlap.values * apart).sum(axis=2).T, radii.T)
