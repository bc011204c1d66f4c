"""How far beyond the means of the truth a stationary mean can lie, in one dimension."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

import flint

from theorycheck.arithmetic.arithmetics import as_fmpq, ball
from theorycheck.inputs.mixture import Mixture

_DIGITS = 20
_HALVINGS = 24


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
