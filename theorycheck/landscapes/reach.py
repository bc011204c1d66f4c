"""How far beyond the means of the truth a stationary mean can lie.

**Lemma R.** Let e be an axis, o the largest nu_j e of the truth's means, and q_j a lower bound of
prod e^{-(c - nu_j)^2 / 4} / sqrt 2 over the other axes, with c and nu_j there the coordinates of
mu_i and nu_j. At a stationary point t = mu_i e - o is at most t_0(pi_i q) for q = min_j q_j, and
for q = sum_j pi*_j q_j over those j with nu_j e = o. On a line q = 1.

Proof. Under N(nu_j, I) let s = (x - nu_j) e, t_j = (mu_i - nu_j) e >= t, and Psi_j(s) the mean of
psi_i over the other coordinates. As psi_i is at least pi_i e^{-|x - mu_i|^2 / 2}, and at most 1,
pi_i q_j e^{-(s - t_j)^2 / 2} <= Psi_j(s) <= 1: the mean of e^{-(y - c)^2 / 2}, y ~ N(nu, 1), is
e^{-(c - nu)^2 / 4} / sqrt 2. So 0 = sum_j pi*_j E (s - t_j) Psi_j(s), where for t > 0 the j-th mean
is at most A(t_j) - pi_i q_j h(t_j), with A(t) = E (s - t)_+ and h(t) = E (t - s)_+ e^{-(s-t)^2/2}.
A / h falls (stationary-hull in theory.md, group H), and t_0(p) is where it is p. If
t > t_0(pi_i min q_j) all means are negative. Else drop h(t_j) where nu_j e < o, and use
A(t_j) <= A(t): the sum is at most A(t) - pi_i sum_(nu_j e = o) pi*_j q_j h(t). QED
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import as_fmpq, ball
from theorycheck.arithmetic.rounding import ceil_float, floor_float
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats, Vector, nearest_double
from theorycheck.landscapes.exclusion import Boxes

_DIGITS = 20
_HALVINGS = 24
_ROUNDS = 12
"""Of shortening each axis by what is known of the other."""
_BITS = 30
"""Of the shares in the plane: few, so that the same ones are found for like means."""


def reach(truth: Mixture, weights: Vector) -> Boxes:
    """The box outside of which a student with these weights has no stationary point, (1, nd) each.

    Source: stationary-hull on a line; stationary-box in the plane, shortened by Lemma R. Both in
    theory.md, group H.
    """
    sides = {weight: _sides(truth, weight) for weight in set(weights)}
    lower = np.concatenate([sides[weight][0] for weight in weights])
    upper = np.concatenate([sides[weight][1] for weight in weights])
    return Boxes(lower[None], upper[None])


def _sides(truth: Mixture, weight: Fraction) -> tuple[Floats, Floats]:
    """Bounds of one mean, (d,) each."""
    columns = list(zip(*truth.means, strict=True))
    if len(columns) == 1:
        beyond = [[overshoot(weight)] * 2]
    else:
        beyond = [[_farthest(truth, weight)] * 2 for _ in columns]
        for _ in range(_ROUNDS):
            beyond = [
                [min(old, new) for old, new in zip(beyond[k], _shorter(truth, weight, k, beyond), strict=True)]
                for k in range(len(columns))
            ]
    lower = [below(min(c) - Fraction(b)) for c, (b, _) in zip(columns, beyond, strict=True)]
    upper = [above(max(c) + Fraction(b)) for c, (_, b) in zip(columns, beyond, strict=True)]
    return np.array(lower), np.array(upper)


def _farthest(truth: Mixture, weight: Fraction) -> float:
    """sqrt(4 log(1 / (pi_i pi*_min)) + Delta^2 / 2), Delta the diameter of the truth's means."""
    squares = [
        sum(((a - b) ** 2 for a, b in zip(one, other, strict=True)), Fraction(0))
        for one in truth.means
        for other in truth.means
    ]
    with ball(_DIGITS).scope():
        lightest = flint.arb(as_fmpq(weight * min(truth.weights)))
        return ceil_float((flint.arb(as_fmpq(max(squares) / 2)) - 4 * lightest.log()).sqrt())


def _shorter(
    truth: Mixture, weight: Fraction, axis: int, beyond: list[list[float]]
) -> Iterator[float]:
    """Bounds of how far a mean lies below and above those of the truth, along an axis (Lemma R).

    beyond: the same for both axes, as known before.
    """
    column = [mean[axis] for mean in truth.means]
    across = [mean[1 - axis] for mean in truth.means]
    low, high = (Fraction(entry) for entry in beyond[1 - axis])
    ends = min(across) - low, max(across) + high
    far = [max(centre - ends[0], ends[1] - centre) for centre in across]
    with ball(_DIGITS).scope():
        shares = [
            floor_float((-(flint.arb(as_fmpq(distance)) ** 2) / 4).exp() / flint.arb(2).sqrt())
            for distance in far
        ]
    for end in (min(column), max(column)):
        outer = sum(
            (
                Fraction(share) * own
                for share, own, place in zip(shares, truth.weights, column, strict=True)
                if place == end
            ),
            Fraction(0),
        )
        yield _overshoot(weight * max(outer, Fraction(min(shares))))


def _overshoot(share: Fraction) -> float:
    """A bound of t_0 of any positive share; infinite where no double holds the share."""
    number = nearest_double(share)
    return overshoot(_rounded_down(number)) if number > 0 else math.inf


def _rounded_down(share: float) -> Fraction:
    """Less than any number to which this double is the nearest."""
    mantissa, exponent = math.frexp(share)
    return Fraction(math.floor(mantissa * 2**_BITS) - 1) * Fraction(2) ** (exponent - _BITS)


def below(value: Fraction) -> float:
    """A double that is not above a number, the nearest or the one next to it."""
    number = nearest_double(value)
    return number if Fraction(number) <= value else math.nextafter(number, -math.inf)


def above(value: Fraction) -> float:
    """A double that is not below a number, the nearest or the one next to it."""
    number = nearest_double(value)
    return number if Fraction(number) >= value else math.nextafter(number, math.inf)


@lru_cache(maxsize=4096)
def overshoot(weight: Fraction) -> float:
    """An upper bound of t_0(pi_i): every stationary mu_i is within it of the hull of the truth.

    t_0(p) is the root of phi(t) - t Phibar(t) = p h(t), h(t) = e^{-t^2/4} (e^{-t^2/4} + t sqrt(pi)
    Phi(t / sqrt(2))) / (2 sqrt(2 pi)). The quotient of the two sides falls, so that any t with
    less on the left is beyond it.

    Example:
        >>> round(overshoot(Fraction(1, 3)), 6)
        0.863219

    Source: stationary-hull in theory.md, group H.
    """
    with ball(_DIGITS).scope():
        low, high = 0.0, 1.0
        while not _is_beyond(high, weight):
            low, high = high, 2 * high
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            if _is_beyond(middle, weight):
                high = middle
            else:
                low = middle
    return math.nextafter(high, math.inf)


def ends(truth: Mixture) -> tuple[Fraction, Fraction]:
    """The first and the last mean of a truth in one dimension."""
    centres = [mean for (mean,) in truth.means]
    return min(centres), max(centres)


def _is_beyond(t: float, weight: Fraction) -> bool:
    """True if certainly phi(t) - t Phibar(t) < p h(t)."""
    x = flint.arb(t)
    scale = (2 * flint.arb.pi()).sqrt()
    density = (-x * x / 2).exp() / scale
    tail = (x / flint.arb(2).sqrt()).erfc() / 2
    decay = (-x * x / 4).exp()
    normal = (-x / 2).erfc() / 2  # Phi(t / sqrt 2)
    right = decay * (decay + x * flint.arb.pi().sqrt() * normal) / (2 * scale)
    return bool(density - x * tail < flint.arb(as_fmpq(weight)) * right)
