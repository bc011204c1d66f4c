"""Float64 sums with a proven error near the optimum, on a line, where those of `proven` cancel.

As in `float64.near_optimum` everything is a difference from the weights, found from Hermite series.

**Lemma N.** Let |c_i| <= rho <= 1/2, sum_i pi_i = 1, mu = sum_i pi_i c_i, nu = sum_i pi_i c_i^2 and
sigma = max(|mu|, nu). Write e_i = e^{c_i z - c_i^2/2} - 1, u = sum_i pi_i e_i, S = 1 + u,
d_i = (e_i - u) / S = psi_i / pi_i - 1, and d_0 = u; theta_i = |c_i| + sigma and theta_0 = sigma.
For the grid of an `Axis` with strip a, its errors and those of float64 in E d_i d_j are at most
theta_i theta_j times a constant of rho alone, and in E (u - log(1 + u)) sigma^2 times one. Since
E e_i = E u = 0, these give all fields: with b_i = E d_i = -E u d_i and Q_ij = E d_i d_j,

    p_i = pi_i (1 + b_i),   E psi_i psi_j = pi_i pi_j (1 + b_i + b_j + Q_ij),
    grad_i = sum_j E psi_i psi_j c_j = pi_i ((1 + b_i) mu + sum_j pi_j c_j (b_j + Q_ij)),
    F = sum_i c_i grad_i,   L = E (u - log(1 + u)).

*Sizes.* Let z = x + iy, |y| <= a, a rho < pi/2 and T = |x| + a + rho. For 0 <= s <= 1 the modulus
of g(s) = e^{s c z - (s c)^2/2} is at most e^{rho |x|}; g' = (c z - s c^2) g and
g'' = ((c z - s c^2)^2 - c^2) g. By Taylor |e_i| <= |c_i| T e^{rho|x|} and
|e_i - c_i z| <= c_i^2 (T^2 + 1) e^{rho|x|} / 2, so that |e_i| <= |c_i| m and |u| <= sigma m with
m = (T + 1)^2 e^{rho|x|} / 2. As |arg t_i| <= a rho for every term pi_i t_i of S, and by Jensen on
the line, Re S >= cos(a rho) e^{-rho|x| - rho^2/2} = 1/r; it is at most 1. So |d_i| <= theta_i m r
for all i >= 0, and |u - log(1 + u)| = |u^2 int_0^1 s / (1 + u s) ds| <= sigma^2 m^2 r / 2.

*Grid.* So the integrands are at most theta_i theta_j (m r)^2 on the strip, where
(m r)^2 <= A e^{k|x|}, k = 4 rho + l, for any l > 0 and
A = (4 / (e l))^4 e^{l (a + rho + 1) + rho^2} / (4 cos^2(a rho)), as t^4 <= (4 / (e l))^4 e^{l t}.
The trapezoidal rule errs by 2 e^{a^2/2} / (e^{2 pi a/h} - 1) times E (m r)^2 <= 2 A e^{k^2/2}; the
nodes beyond the last, X >= k, contribute at most 2 A e^{k^2/2} P(z > X - k), since e^{k x} phi(x) =
e^{k^2/2} phi(x - k) decreases there.

*Rounding*, in units v of Lemma P, at a node, where a = 0. Of e_i and u the first M terms of
sum_j c^j H_j are summed, H_j = He_j / j!. As sum_j 2^j |H_j(x)| <= e^{2|x|+2}, what is cut off is
at most K = (rho/2)^{M+1} e^{2|x|+2} / rho^2 as a share of c_i^2 or nu. So on the line m may also be
|x| + sum_{2 <= j <= M} rho^{j-2} |H_j| + K. Doubles next to balls are off by 3 units, those next to
H_j by 1; powers c_i^j by 4j - 1, sum_i pi_i c_i^j by 4j + n + 2, and terms, after products with H_j
and sums, by 4j + M + n + 3 at most, the first of them by 4 + M. So e_i is off by |c_i| q units and
u by sigma q, q = (M + 4) |x| + sum_{2 <= j <= M} (4j + M + n + 3) rho^{j-2} |H_j| + K / v.
Four more roundings lead to d_i: it is off by theta_i D units, D = q r + rho m q r^2 + 4 m r. A
product of two, with a weight and summed over N nodes, has N + 4 more: in all
theta_i theta_j sum w (2 D m r + (N + 4) (m r)^2).
Of u - log(1 + u), the error of u makes sigma^2 m q r. Where |u| <= 2/5 it is u^2 sum_k w_k / (z_k +
u), Gauss's rule with 12 nodes 1/z_k: its derivatives bound its error by 4e-18 of the integral, and
there are 25 roundings. Elsewhere the difference is rounded once, and by its lemma the logarithm of
the rounded 1 + u is off by 9 + 7 (rho|x| + rho^2/2) units; as u^2 >= 0.15 these are at most 7 times
as many as a share of sigma^2 m^2. With the weights and sums all that is
sigma^2 sum w (m q r + (N + 30) m^2 r / 2 + 7 (9 + 7 (rho|x| + rho^2/2)) m^2).
`_ROOM` covers terms of second order, as rho q r and D / (m r) are below 2^36 units, and underflow:
means are below 2^-1074 or at least 2^-100 and weights at least 2^-200, so that all theta are at
least 2^-400, and what underflows changes no e_i or u by 2^-1000 (1 + |x|).
QED
"""

from __future__ import annotations

import operator
from bisect import bisect_left
from collections.abc import Callable
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Ball
from theorycheck.arithmetic.budget import charge
from theorycheck.arithmetic.logarithm import logarithm
from theorycheck.arithmetic.rounding import ceil_float
from theorycheck.expectations.moments import Moments
from theorycheck.expectations.prepared import PreparedAxis, prepared_axis
from theorycheck.expectations.proven import ENOUGH_BITS, fewest_bits
from theorycheck.expectations.trapezoid import Axis, choose_axis, discretisation_error, objects
from theorycheck.inputs.numbers import Floats

MOST_COMPONENTS = 32
_REACHES = (1 / 32, 1 / 8, 1 / 4, 5 / 16)
"""rho: each has an axis and constants of its own."""
_LEAST_MEAN, _LEAST_WEIGHT = 2.0**-100, 2.0**-200
_CUT = 2.0**-84
"""What is cut off the series, (rho/2)^{M+1}."""
_FARTHEST, _LOG_TOLERANCE = 10.0, -62.0
"""Of the axis: X - k, and what its step is chosen for."""
_ROOM = 1.001
_BALL = Ball(100)
_BRANCH = 0.4


def near_moments(c: Array, weights: Array, mean: Callable[[], flint.arb]) -> Moments | None:
    """Enclosures of all fields for means (n,) and weights (n,), known as balls, on a line.

    The weights are those of a mixture: 1 in all. mean: gives sum_i pi_i c_i as a ball of full
    relative accuracy. Loss, F and the largest entry of the gradient keep 11 to 12 digits, however
    small the means are. None where these sums cannot do it: a mean is beyond 5/16, the input is not
    known to `ENOUGH_BITS`, there are more than `MOST_COMPONENTS`, or terms might underflow.
    Source: Lemma N above.
    """
    entries, shares = c.tolist(), weights.tolist()
    doubles, masses = list(map(float, entries)), list(map(float, shares))
    sizes = list(map(abs, doubles))
    largest = max(sizes) * (1 + 1e-12)
    if largest > _REACHES[-1] or largest == 0 or len(entries) > MOST_COMPONENTS:
        return None
    if min(masses) < _LEAST_WEIGHT or min(filter(None, sizes)) < _LEAST_MEAN:
        return None
    charge(100, "sums near the optimum")
    centre = mean()
    if fewest_bits(chain(entries, shares, [centre])) < ENOUGH_BITS:
        return None
    near = _prepared(bisect_left(_REACHES, largest))
    sums = _sums(np.array(doubles), np.array(masses), float(centre), near)
    return _enclosed(sums, entries, shares, centre)


class _Near(NamedTuple):
    """An axis for all means within some rho, and the constants of Lemma N for it, rounded up.

    hermite: H_m at the nodes, (M, N), the doubles next to them. product, loss: errors of E d_i d_j
    as a share of theta_i theta_j, and of the loss as a share of sigma^2.
    """

    axis: PreparedAxis
    hermite: Floats
    product: float
    loss: float


@lru_cache(maxsize=len(_REACHES))
def _prepared(rung: int) -> _Near:
    """The axis and constants for means within `_REACHES[rung]`, kept."""
    with _BALL.scope():
        rho = flint.arb(_REACHES[rung])
        axis = choose_axis(2 * _REACHES[rung], _LOG_TOLERANCE, _FARTHEST + float(_growth(rho)))
        rows = _hermite(axis.nodes(), _terms(rung))
        product, loss = _rounding(axis, rows, rho)
        grid = _grid_error(axis, rho)
        return _Near(
            prepared_axis(axis),
            np.array([[_next(entry) for entry in row] for row in rows]),
            ceil_float(grid + product),
            ceil_float(grid + loss),
        )


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
    """k: the integrands grow like e^{k|x|} at most."""
    return 4 * rho + _L


def _grid_error(axis: Axis, rho: flint.arb) -> flint.arb:
    """Of the trapezoidal rule and of the nodes left out, as a share of theta_i theta_j."""
    a, k, reach = flint.arb(axis.strip), _growth(rho), flint.arb(axis.step) * axis.half
    power = (4 / (flint.arb(1).exp() * _L)) ** 4
    size = power * (_L * (a + rho + 1) + rho * rho).exp() / (4 * (a * rho).cos() ** 2)
    left_out = ((reach - k) / flint.arb(2).sqrt()).erfc() / 2
    return 2 * size * (k * k / 2).exp() * (discretisation_error(axis, cosines=0) + left_out)


def _rounding(axis: Axis, rows: list[Array], rho: flint.arb) -> tuple[flint.arb, flint.arb]:
    """Of the sums of products and of the loss, as shares of theta_i theta_j and sigma^2."""
    unit, terms, size = flint.arb(2) ** -53, len(rows), axis.size
    weights, x, *sizes = axis.weights(), *map(_abs, [axis.nodes(), *rows[1:]])
    shares = [row * rho ** (j - 2) for j, row in enumerate(sizes, start=2)]
    cut = _exp(2 * x + 2) * ((rho / 2) ** (terms + 1) / (rho * rho))
    m = x + sum(shares) + cut
    q = (terms + 4) * x + cut / unit
    for j, share in enumerate(shares, start=2):
        q = q + (4 * j + terms + MOST_COMPONENTS + 3) * share
    slope = x * rho + rho * rho / 2
    r = _exp(slope)
    off = q * r + m * q * r * r * rho + 4 * m * r
    # At all nodes both are far below 2^36, as Lemma N asks.
    assert max(map(ceil_float, chain(q * r * rho, off / (m * r)))) < 2**36
    product = weights.dot(2 * off * m * r + (size + 4) * (m * r) ** 2)
    loss = weights.dot(m * q * r + (size + 30) * m * m * r / 2 + 7 * (9 + 7 * slope) * m * m)
    return _ROOM * unit * product, _ROOM * unit * loss


_abs: Any = np.frompyfunc(abs, 1, 1)
_exp: Any = np.frompyfunc(flint.arb.exp, 1, 1)


class _Sums(NamedTuple):
    """Sums over nodes: of products of d_1, ..., d_n and u, (n + 1, n + 1), and of the loss.

    radii: of the products; radius: of the loss.
    """

    products: Floats
    radii: Floats
    loss: float
    radius: float


def _sums(c: Floats, weights: Floats, mean: float, near: _Near) -> _Sums:
    """The sums, and all their errors."""
    series = np.empty((len(c) + 1, len(near.hermite)))
    powers = series[:-1]
    powers[...] = c[:, None]
    np.multiply.accumulate(powers, axis=1, out=powers)
    weights.dot(powers, out=series[-1])
    series[-1, 0] = mean
    sigma = max(abs(mean), float(series[-1, 1]))
    theta = _ROOM * (np.append(abs(c), 0.0) + sigma)
    rows = series.dot(near.hermite)
    u = rows[-1]
    loss = float(near.axis.weights.dot(_minus_log1p(u)))
    rows[:-1] -= u
    rows[:-1] *= np.reciprocal(1 + u)
    products = (rows * near.axis.weights).dot(rows.T)
    radii = np.multiply.outer(near.product * theta, theta)
    return _Sums(products, radii, loss, near.loss * (_ROOM * sigma) ** 2)


def _legendre(count: int) -> tuple[Floats, Floats]:
    """1/s (count, 1) and weights (count,) of Gauss's rule for the integral of f(s) over [0, 1]."""
    with _BALL.scope():
        pairs = [flint.arb.legendre_p_root(count, k, weight=True) for k in range(count)]
        inverse = np.array([[_next(2 / (1 + root))] for root, _ in pairs])
        return inverse, np.array([_next(weight / 2) for _, weight in pairs])


_INVERSE_NODES, _UNIT_WEIGHTS = _legendre(12)


def _minus_log1p(u: Floats) -> Floats:
    """u - log(1 + u), with the error of Lemma N."""
    found: Floats = _UNIT_WEIGHTS.dot(np.reciprocal(_INVERSE_NODES + u))
    found *= u
    found *= u
    is_large = abs(u) > _BRANCH
    if is_large.any():
        large = u[is_large]
        found[is_large] = large - logarithm(1 + large)
    return found


def _enclosed(
    sums: _Sums, c: list[flint.arb], weights: list[flint.arb], mean: flint.arb
) -> Moments:
    """All fields, from the identities of Lemma N."""
    n = len(c)
    table = [
        list(map(flint.arb, middles, radii))
        for middles, radii in zip(sums.products.tolist(), sums.radii.tolist(), strict=True)
    ]
    bends = [-entry for entry in table[-1][:-1]]
    against = [list(map(operator.add, bends, row)) for row in table[:-1]]
    weighted = list(map(operator.mul, weights, c))
    turns = [_dot(row, weighted) for row in against]
    ones = [1 + bend for bend in bends]
    masses = list(map(operator.mul, weights, ones))
    gradient = [w * (one * mean + t) for w, one, t in zip(weights, ones, turns, strict=True)]
    overlap = [
        [w * weight * (one + entry) for weight, entry in zip(weights, row, strict=True)]
        for w, one, row in zip(weights, ones, against, strict=True)
    ]
    places = [_dot(row, [own - other for other in c]) for own, row in zip(c, overlap, strict=True)]
    return Moments(
        loss=flint.arb(sums.loss, sums.radius),
        responsibilities=objects(masses),
        overlap=objects(chain.from_iterable(overlap)).reshape(n, n),
        gradient=objects(gradient)[:, None],
        fisher_divergence=mean * (mean + _dot(weighted, bends)) + _dot(weighted, turns),
        positions=objects(places)[:, None],
    )


def _dot(left: list[flint.arb], right: list[flint.arb]) -> flint.arb:
    return sum(map(operator.mul, left, right), flint.arb(0))
