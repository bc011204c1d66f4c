"""How far beyond the means of the truth a stationary mean can lie.

**Lemma R.** In the plane every stationary mean is within t_0(pi_i q) of the hull of the truth's
means, where q is the least of pi*_min(j,k) e^{-|nu_j - nu_k|^2 / 16} / sqrt 2 over the edges of
the hull, pi*_min(j,k) the lesser of the weights at its ends.

Proof. Let mu_i lie t > 0 outside, o the nearest point of the hull, and e = (mu_i - o) / t: so
<nu_j - o, e> <= 0 for all j. Under N(nu_j, I) let s = <x - nu_j, e>, t_j = <mu_i - nu_j, e> >= t,
and Psi_j(s) the mean of psi_i along the other direction, in which mu_i lies beside o. As psi_i is
at least pi_i e^{-|x - mu_i|^2 / 2}, and at most 1, and the mean of e^{-(y - c)^2 / 2} for
y ~ N(b, 1) is e^{-(b - c)^2 / 4} / sqrt 2,

    pi_i q_j e^{-(s - t_j)^2 / 2} <= Psi_j(s) <= 1,   q_j = e^{-b_j^2 / 4} / sqrt 2,

b_j the distance of nu_j from o across e. At a stationary point the sum of
pi*_j E (s - t_j) Psi_j(s) is 0, where the j-th mean is at most A(t_j) - pi_i q_j h(t_j),
A(t) = E (s - t)_+ and h(t) = E (t - s)_+ e^{-(s - t)^2 / 2}. Now o is a vertex of the hull or lies
on an edge, so that for one of them, k, t_k = t and b_k is at most half of the length of an edge.
Drop h for all others: as A falls, 0 <= A(t) - pi_i pi*_k q_k h(t). And A / h falls (stationary-hull
in theory.md, group H), t_0(p) being where it is p. QED
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import combinations

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import as_fmpq, ball
from theorycheck.arithmetic.rounding import floor_float
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Vector, nearest_double
from theorycheck.landscapes.exclusion import Boxes

_DIGITS = 20
_HALVINGS = 24


def reach(truth: Mixture, weights: Vector) -> Boxes:
    """The box outside of which a student with these weights has no stationary point, (1, nd) each.

    Source: stationary-hull (theory.md, group H) on a line, Lemma R in the plane.
    """
    share = Fraction(1) if truth.dimension == 1 else Fraction(_share(truth))
    beyond = [Fraction(overshoot(weight * share)) for weight in weights]
    columns = list(zip(*truth.means, strict=True))
    lower = [below(min(column) - by) for by in beyond for column in columns]
    upper = [above(max(column) + by) for by in beyond for column in columns]
    return Boxes(np.array([lower]), np.array([upper]))


def ends(truth: Mixture) -> tuple[Fraction, Fraction]:
    """The first and the last mean of a truth in one dimension."""
    centres = [mean for (mean,) in truth.means]
    return min(centres), max(centres)


def _share(truth: Mixture) -> float:
    """q of Lemma R, rounded down."""
    shares: dict[Vector, Fraction] = {}
    for mean, weight in zip(truth.means, truth.weights, strict=True):
        shares[mean] = shares.get(mean, Fraction(0)) + weight
    with ball(_DIGITS).scope():
        found = [flint.arb(as_fmpq(min(shares.values())))] if len(shares) == 1 else []
        for one, other in _edges(list(shares)):
            square = sum(((a - b) ** 2 for a, b in zip(one, other, strict=True)), Fraction(0))
            lesser = flint.arb(as_fmpq(min(shares[one], shares[other])))
            found.append(lesser * (-flint.arb(as_fmpq(square)) / 16).exp())
        return min(floor_float(value / flint.arb(2).sqrt()) for value in found)


def _edges(means: list[Vector]) -> Iterator[tuple[Vector, Vector]]:
    """Pairs of different means in the plane with all others on one side, or on the line."""
    for one, other in combinations(means, 2):
        across = (one[1] - other[1], other[0] - one[0])
        sides = [
            sum(((a - b) * c for a, b, c in zip(mean, one, across, strict=True)), Fraction(0))
            for mean in means
        ]
        if min(sides) >= 0 or max(sides) <= 0:
            yield one, other


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
