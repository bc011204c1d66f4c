"""A certified enclosure of the escape time of the symmetric start.

The start is +a, -a and n - 2 components at 0, all of equal weight (theory.md, escape-time). It
keeps this form, and gradient EM becomes a+ = f(a) = a - g(a), g(s) = eta s E(psi_1 - psi_2)^2 / 2:
one dimension, whatever d is. With N = n - 2, u = s x and v = u - s^2/2,

    sqrt(2 pi) e^{s^2/8} g(s) / eta = H(s) = int_{-s^2/2}^inf D^2 e^{-v/2 - v^2/(2 s^2)} dv,
    D = psi_1 - psi_2 = (e^v - q) / (e^v + q + N),  q = e^{-v - s^2}.

**H increases.** At fixed v > -s^2/2, q falls with s, so D >= 0 rises; e^{-v^2/(2 s^2)} rises; the
range grows, and D = 0 at its lower end.

**Bounds.** D <= min(1, e^v/N) gives H <= 8 / (3 sqrt N) and bounds the v^2 part of H'; the other
part, from d(D^2)/ds <= 8 s e^{-s^2} / N^2, has a Gaussian integral. With l = log N, 0 <= H' <= S,

    S(s) = (448 + 192 l + 72 l^2) / (27 sqrt(N) s^3) + 4 sqrt(2 pi) s^2 e^{-7 s^2/8} / N^2.

**g decreases on [s, inf) if S(s) < s H(s) / 4 and 7 s^2 > 8**: then H'/H < s/4, there and above,
for S falls and s H(s) rises.

**Number of steps.** Let T be the first t with a_t <= a1, and I the integral of 1/g over [a1, a0].
While g decreases, a step covers at most 1 of I, so T >= I. It misses at most 1 - g(a_t)/g(a_{t+1})
<= log(g(a_{t+1})/g(a_t)), which telescopes: T <= I + log(g(a1)/g(a0)) + 1.

**f increases, with f' <= 1 + s g(s) / 4.** As H' >= 0, g' >= -s g / 4. The loss l(s) of the family
has l' = 2 g / eta, and l'' <= p_1 + p_2 <= 1 (majorisation), so g' <= eta / 2. Hence a walk that
enters [0, c] has from there as many steps to go as one from c, or one less.

**H in float64**, at doubles s with 1 <= s <= 100, for whole N <= 10^12, by the sum over nodes m h,
h = 5/16, of `_Drift._profile`. Let u = 2^-53, and s = c + f with c the nearest multiple of 2^-19:
nodes and c^2/2 are exact, so v = (m h - c^2/2) - f (c + f/2) has two roundings and some 10^-20, and
|v| <= 80. With r = e^{-2 m h} < 0.54, e^v is off by 180 u, 1 - r by 21 u and 1 + r by 12 u, so that
D = e^v (1 - r) / (e^v (1 + r) + N) is off by 400 u, all relatively. The exponent v/2 + v^2/(2 s^2)
is off by 8 u of the moduli of both: up to 700 the weight is off by 6300 u, and what lies beyond is
less than 10^-300. So a term of the sum, and the sum of at most 400 of them, all positive, is off by
8000 u < 10^-12. Beyond the nodes terms fall at least as e^{-k h/2} on the right and as e^{-3 k h/2}
on the left: 1 / (1 - e^{-h/2}) < 7 and 1 / (1 - e^{-3h/2}) < 2.7 times the bound of the next one.
As in `_discretised`, with a = 1.3, the infinite sum is off by at most eps (H + X), eps < 3 10^-10
and X <= 4.7 s e^{-7 s^2/8} / N^2 < 2 / N^2. `_OFF` covers these and the rounding.

**The integral in float64**, over pieces from b to b + w, with middle m. As s = m + t, |t| <= w/2,
s^2/8 = m^2/8 + m t/4 + t^2/8 and 1 + t^2/8 <= e^{t^2/8} <= 1 + (t^2/8) e^{w^2/32}. The integral of
e^{m t/4} is w sinh(y)/y, y = m w/8, and that of t^2 e^{m t/4} between w^3/12 and cosh(y) times it.
For y <= 1/2 sinh(y)/y is between 1 + y^2/6 + y^4/120 and y^6/4900 more, and cosh(y) <= 1 + y^2. So
that of e^{s^2/8 - m^2/8} is known. Of w and m each has one rounding, and (m - a) (m + a) / 8, a the
largest radius, is above -1250: it is off by 2500 u through m and by 3800 u by its own roundings.
What lies below e^-700 counts as that, less than 10^-270 of the first piece. All of it is rounded by
less than 10^4 u < `_ROUNDED`, the sum and the last product included.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeAlias

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Ball, as_fmpq
from theorycheck.arithmetic.exponential import exponential
from theorycheck.arithmetic.rounding import between, ceil_float, floor_float, midpoint, widened
from theorycheck.errors import InvalidValue
from theorycheck.inputs.numbers import Floats, Number, exact, positive, shown, whole_number, within
from theorycheck.notebook import HtmlRecord

MAX_RADIUS = 10**9
MAX_COMPONENTS = 10**12
MAX_COUNTED = 5_000
"""Escapes of at most this many steps are counted one by one."""
_TURNS = (3.0, 3.5, 4.0, 5.0, 6.0, 7.0)
"""Radii at which an escape may pass from the integral to counting."""
_STEP, _FARTHEST, _FEW, _BLOCK = 0.3125, 100.0, 8, 64
"""In float64: h, the largest radius, pieces that balls do as fast, and radii at a time."""
_OFF, _ROUNDED = 4e-10, 2e-12
"""Relative errors in float64: of H but for what is beyond its nodes, and of the rest."""
_DECAY = 20.0
"""The quadrature leaves out about e^-20 of the integral on every side."""
ACCURACY = 6e-7
_FINEST, _COARSEST = 1e-8, 1e-2


@dataclass(frozen=True)
class EscapeTime(HtmlRecord):
    """Steps until the symmetric start has shrunk from `start` to `end`: the first t, a_t <= end.

    log_steps_lower <= log(steps) <= log_steps_upper, certified and rounded outward.

    Attributes:
        dimension: d.
        components: n.
        step_size: eta.
        start: the double nearest to the exact radius a0 that was used.
        end: the double nearest to the exact radius a1 that was used.
        log_steps_lower: natural logarithm of a lower bound.
        log_steps_upper: natural logarithm of an upper bound.
        steps: the number itself when the steps were counted one by one, else None.
    """

    dimension: int
    components: int
    step_size: Fraction
    start: float
    end: float
    log_steps_lower: float
    log_steps_upper: float
    steps: int | None


def escape_time(
    dimension: int,
    components: int,
    step_size: Number,
    start: Number | None = None,
    end: Number | None = None,
    *,
    accuracy: Number = ACCURACY,
) -> EscapeTime:
    """Enclose the time at which (+a, -a, 0, …, 0) with equal weights leaves its bad region.

    Up to `MAX_COUNTED` steps are counted in ball arithmetic, unless less is wanted; more are
    enclosed by an integral, down to radii at which the drift is no longer certified to decrease.

    Args:
        dimension: d, at least 1.
        components: n, from 3 to `MAX_COMPONENTS`.
        step_size: 0 < eta <= 1.
        start: the radius a0; 12 sqrt(d) when omitted.
        end: the radius a1, 0 < a1 < a0; 10 sqrt(d) when omitted.
        accuracy: wanted relative width of log(steps), 1e-8 to 1e-2. The work grows with its
            inverse; an integral is off by a few steps at any accuracy.

    Returns:
        Certified bounds of the number of steps.

    Raises:
        InvalidValue: an argument is out of range, or the steps can neither be counted nor enclosed.
        InvalidType: an argument is of the wrong type.

    Example:
        >>> escape_time(dimension=1, components=3, step_size=1, start=6, end=5).steps
        88

    Source:
        theory.md, group F, escape-time.
    """
    d = whole_number(dimension, "dimension", least=1)
    n = whole_number(components, "components", least=3, most=MAX_COMPONENTS)
    eta = positive(step_size, "step_size", most=1)
    wanted = within(accuracy, "accuracy", _FINEST, _COARSEST)
    with Ball(20).scope():
        a0, a1 = _radius(start, "start", 12, d), _radius(end, "end", 10, d)
        if not a1 < a0:
            raise InvalidValue(
                f"end is {midpoint(a1):.6g}; it must be below start, {midpoint(a0):.6g}"
            )
        radii = [None if radius is None else exact(radius) for radius in (start, end)]
        fall = _of_unit_steps(n, d, *radii, wanted)
        steps, low, high = _enclose(_Drift(n - 2, eta, wanted), a0, a1, fall)
        return EscapeTime(
            d, n, eta, midpoint(a0), midpoint(a1), floor_float(low), ceil_float(high), steps
        )


def counted_and_bounded(
    components: int, step_size: Fraction, start: Fraction, end: Fraction
) -> tuple[int, float, float]:
    """The number of steps of a short escape, I, and I + log(g(a1)/g(a0)) + 1, rounded outward.

    components: n >= 3. step_size: 0 < eta <= 1. start, end: radii a0 > a1 > 0. Raises InvalidValue
    where g is not certified to decrease above a1, or the steps cannot be counted.
    """
    with Ball(20).scope():
        fall = _of_unit_steps(components, 1, start, end, ACCURACY)
        if fall is None:
            raise InvalidValue(f"end is {float(end):.6g}; the drift may grow there, give more")
        integral, growth = fall
        drift = _Drift(components - 2, step_size)
        counts = drift.count(_exact_ball(start, "start"), _exact_ball(end, "end"))
        if counts is None or counts[0] != counts[1]:
            raise InvalidValue(f"step_size is {shown(step_size)}; its steps cannot be counted")
        low = integral / as_fmpq(step_size)
        return counts[0], floor_float(low), ceil_float(low + growth + 1)


_UnitFall: TypeAlias = tuple[flint.arb, flint.arb]
"""eta I and log(g(a1)/g(a0)): as g is proportional to eta, both are free of it."""


@lru_cache(maxsize=256)
def _of_unit_steps(
    components: int,
    dimension: int,
    start: Fraction | None,
    end: Fraction | None,
    accuracy: float,
) -> _UnitFall | None:
    """What escapes of all step sizes share, kept; None where g is not certified to decrease.

    At the precision in force, which is always the same.
    """
    a0, a1 = _radius(start, "start", 12, dimension), _radius(end, "end", 10, dimension)
    drift = _Drift(components - 2, Fraction(1), accuracy)
    return drift.fall(a0, a1) if drift.decreases_above(a1) else None


def _enclose(
    drift: _Drift, start: flint.arb, end: flint.arb, fall: _UnitFall | None
) -> tuple[int | None, flint.arb, flint.arb]:
    """The exact count, or None, and bounds of its logarithm."""
    if fall is not None:
        low, high = drift.bounds(*fall)
        is_narrow = bool((high / low).log() < drift.accuracy * low.log())
        if low > MAX_COUNTED or is_narrow:
            return None, low.log(), high.log()
    counts = drift.count(start, end)
    if counts is not None:
        first, last = counts
        return (first if first == last else None), flint.arb(first).log(), flint.arb(last).log()
    for turn in map(flint.arb, _TURNS):
        if not (end < turn < start and drift.decreases_above(turn)):
            continue
        counts = drift.count(turn, end)
        if counts is not None:
            low, high = drift.bounds(*drift.fall(start, turn))
            return None, (low + counts[0] - 1).log(), (high + counts[1]).log()
    raise InvalidValue(
        f"end is {midpoint(end):.6g}, where the drift is not certified to decrease, and the steps "
        "are too many to be counted; give a larger end"
    )


class _Drift:
    """g(s) = eta e^{-s^2/8} H(s) / sqrt(2 pi), for N components at 0 (see the module)."""

    def __init__(self, held: int, step_size: Fraction, accuracy: float = ACCURACY) -> None:
        self._held, self._n = held, flint.arb(held)
        self._log_n = self._n.log()
        self._eta = flint.arb(as_fmpq(step_size))
        self.accuracy = accuracy

    def size(self, s: flint.arb) -> flint.arb:
        """g(s)."""
        return self._scale(s) * self._profile(s)

    def _scale(self, s: flint.arb) -> flint.arb:
        return self._eta * (-s * s / 8).exp() / (2 * flint.arb.pi()).sqrt()

    def _slope(self, s: flint.arb) -> flint.arb:
        """S(s), a bound of H'(s)."""
        n, log_n = self._n, self._log_n
        near = (448 + 192 * log_n + 72 * log_n**2) / (27 * n.sqrt() * s**3)
        far = 4 * (2 * flint.arb.pi()).sqrt() * s**2 * (-7 * s * s / 8).exp() / n**2
        return near + far

    def decreases_above(self, s: flint.arb) -> bool:
        """True if g is certified to decrease on [s, infinity)."""
        return bool(7 * s * s > 8 and self._slope(s) < s * self._profile(s) / 4)

    def fall(self, start: flint.arb, end: flint.arb) -> _UnitFall:
        """eta I and log(g(a1)/g(a0)): the same for every eta."""
        growth = (self.size(end) / self.size(start)).log()
        return self._eta * self.integral(start, end), growth

    def bounds(self, unit: flint.arb, growth: flint.arb) -> tuple[flint.arb, flint.arb]:
        """Lower and upper bound of the number of steps, where g decreases, from its `fall`."""
        integral = unit / self._eta
        return integral, integral + growth + 1

    def integral(self, start: flint.arb, end: flint.arb) -> flint.arb:
        """Enclose the integral of 1/g over [end, start].

        On a piece H lies between its values at the two ends, and the rest of 1/g integrates to an
        error function. The pieces are fine where 1/g is large, at the start; as long as they are,
        they are summed in float64.
        """
        cuts = self._cuts(start, end)
        known = _in_float64(cuts)
        if known <= _FEW:
            return self._over([start, *map(flint.arb, cuts), end])
        inner = integral_in_float64(np.array(cuts[:known]), self._held)
        inner *= (2 * flint.arb.pi()).sqrt() / self._eta
        rest = [*map(flint.arb, cuts[known - 1 :]), end]
        return self._over([start, flint.arb(cuts[0])]) + inner + self._over(rest)

    def _over(self, ends: list[flint.arb]) -> flint.arb:
        """The same over pieces between radii, the largest first."""
        root = flint.arb(8).sqrt()
        areas = [(s / root).erfi() for s in ends]
        inverses = [1 / self._profile(s) for s in ends]
        pieces = zip(pairwise(areas), pairwise(inverses), strict=True)
        total = sum(
            [(above - below) * one.union(other) for (above, below), (one, other) in pieces],
            flint.arb(0),
        )
        return 2 * flint.arb.pi() * total / self._eta

    def _cuts(self, start: flint.arb, end: flint.arb) -> list[float]:
        """Doubles strictly between the radii, from the start down, at growing distances."""
        top = midpoint(start)
        steepness = midpoint(self._slope(start) / self._profile(start))
        log_size = midpoint(self.size(start).log())
        # log(steps) is about -log g(a0). Nor need the integral, about 4 / (a0 g(a0)), be known
        # better than it approximates the number of steps, which is to within a few of them.
        fineness = max(-self.accuracy / 2 * log_size, math.exp(min(log_size, 0.0)) * top / 40)
        width = fineness / steepness
        cuts: list[float] = []
        s = top
        while True:
            growth = math.exp(min((top - s) * (top + s) / 16, 50.0))
            s -= width * growth
            if not end < s < start:
                return cuts
            cuts.append(s)

    def count(self, start: flint.arb, end: flint.arb) -> tuple[int, int] | None:
        """The first t at which a_t may be, and the first at which it surely is, at most `end`.

        None after MAX_COUNTED steps. A ball advances by its midpoint and the bound of |f'|.
        """
        a, first = start, None
        for t in range(MAX_COUNTED + 1):
            if first is None and not a > end:
                first = t
            if first is not None and a <= end:
                return first, t
            middle = flint.arb(a.mid())
            size = (self._scale(a) * 8 / (3 * self._n.sqrt())).min(self._eta * a / 2)
            stretch = 1 + a * size / 4
            a = widened(middle - self.size(middle), flint.arb(a.rad()) * stretch)
        return None

    def _profile(self, s: flint.arb) -> flint.arb:
        """H(s), by the trapezoidal rule h sum_{m >= 1} f(m h), f(u) = D^2 e^{s^2/8 - u^2/(2 s^2)}.

        f is even in u with f(0) = 0. What is left out at either end is less than a geometric
        series, as D <= e^v/N on the left and D <= 1 on the right.
        """
        size, log_n = midpoint(s), midpoint(self._log_n)
        width = min(1.3, 2 * size)
        h = 2 * math.pi * width / (_DECAY + 6)
        left, right = _ends_of_nodes(size, log_n)
        middle, step = Fraction(size) ** 2 / 2, flint.arb(h)
        first = max(1, math.floor((middle + Fraction(left)) / Fraction(h)))
        count = math.ceil((right - float(first * Fraction(h) - middle)) / h) + 2
        # Node by node, e^v, q and the weight e^{-v/2 - v^2/(2 s^2)} change by known factors.
        v = step * first - s * s / 2
        power, q, weight = v.exp(), (-s * s - v).exp(), (-v / 2 - (v / s) ** 2 / 2).exp()
        growth, decay, bend = step.exp(), (-step).exp(), (-((step / s) ** 2)).exp()
        ratio = (-step / 2 - step * (v + step / 2) / s**2).exp()
        total = flint.arb(0)
        if first > 1:
            outside = (v - step) * 3 / 2
            total += _up_to(outside.exp() / self._n**2 / (1 - (-step * 3 / 2).exp()))
        for _ in range(count):
            difference = (power - q) / (power + q + self._n)
            total += difference * difference * weight
            power, q = power * growth, q * decay
            weight, ratio = weight * ratio, ratio * bend
        total += _up_to(weight / (1 - (-step / 2).exp()))
        return self._discretised(step * total, s, flint.arb(width), step)

    def _discretised(
        self, total: flint.arb, s: flint.arb, width: flint.arb, step: flint.arb
    ) -> flint.arb:
        """Add the error of the infinite sum, as in Lemma Q.

        On |Im u| <= a < pi/2, with x = Re u and c = N e^{s^2/2} / 2: |sinh u|^2 <= sinh^2 x +
        sin^2 a and |cosh u + c| >= cos a (cosh x + c). So the integral of |f| is at most
        e^{a^2/(2 s^2)} / cos^2 a times 2 (H + X), X = sin^2 a e^{s^2/8} s sqrt(pi/2) / (1 + c)^2,
        and the error at most eps (H + X), eps = 2 e^{a^2/(2 s^2)} / (cos^2 a (e^{2 pi a/h} - 1)).
        """
        periods = (2 * flint.arb.pi() * width / step).expm1()
        eps = 2 * (width**2 / (2 * s * s)).exp() / (width.cos() ** 2 * periods)
        held = 1 + self._n * (s * s / 2).exp() / 2
        extra = (s * s / 8).exp() * s * (flint.arb.pi() / 2).sqrt() * (width.sin() / held) ** 2
        enclosed: flint.arb = widened(total, eps * (total + extra) / (1 - eps))
        return enclosed


def _in_float64(cuts: list[float]) -> int:
    """How many cuts, from the first, are such that the lemmas on float64 hold between them."""
    if not cuts or cuts[0] > _FARTHEST or cuts[0] < 1:
        return 0
    pairs = enumerate(pairwise(cuts), start=1)
    ends = (k for k, (above, below) in pairs if below < 1 or (above - below) * cuts[0] > 4)
    return next(ends, len(cuts))


def integral_in_float64(cuts: Floats, held: int) -> flint.arb:
    """The integral of e^{s^2/8} / H(s) from the last cut to the first, for N = `held` (see above).

    cuts: (C,) falling from `_FARTHEST` at most to 1 at least, as near each other as y <= 1/2 asks.
    """
    blocks = [profile_bounds(cuts[k : k + _BLOCK], held) for k in range(0, len(cuts), _BLOCK)]
    low, high = (np.concatenate(bounds) for bounds in zip(*blocks, strict=True))
    if not low.min() > 0:  # so small that what is beyond the nodes may be all of it
        return flint.arb(0, "inf")
    width, middle = cuts[:-1] - cuts[1:], (cuts[:-1] + cuts[1:]) / 2
    exponents = (middle - cuts[0]) * (middle + cuts[0]) / 8
    square, bulge = (middle * width / 8) ** 2, width * width / 96
    least = 1 + square / 6 + square * square / 120
    most = least + square**3 / 4900 + bulge * (1 + square) * exponential(3 * bulge)
    areas = exponential(exponents) * width
    lower, upper = areas * (least + bulge) / high[:-1], areas * most / low[1:]
    inner = between(math.fsum(lower) * (1 - _ROUNDED), math.fsum(upper) * (1 + _ROUNDED))
    return inner * (flint.arb(float(cuts[0])) ** 2 / 8).exp()


def profile_bounds(s: Floats, held: int) -> tuple[Floats, Floats]:
    """Lower and upper bounds of H at radii s (C,), from 1 to `_FARTHEST`, for N = `held`."""
    n, h = float(held), _STEP
    square: Floats = s * s
    left, right = _ends_of_nodes(s, math.log(held))
    first = np.maximum(1.0, np.floor((square / 2 + left) / h))
    count = int(np.ceil((square / 2 + right) / h - first).max()) + 2
    nodes = h * (first[:, None] + np.arange(count + 1, dtype=float))
    coarse = np.rint(s * 2.0**19) * 2.0**-19
    fine = s - coarse
    v = nodes - (coarse * coarse / 2)[:, None] - (fine * (coarse + fine / 2))[:, None]
    power, ratio = exponential(v), exponential(-2 * nodes)
    difference = power * (1 - ratio) / (power * (1 + ratio) + n)
    weights = exponential(-(v / 2 + v * v / (2 * square[:, None])))
    sums = (difference * difference * weights)[:, :-1].sum(axis=1)
    before = np.where(first > 1, 2.7 * exponential(1.5 * (v[:, 0] - h)) / n**2, 0.0)
    most = h * (sums + 7 * weights[:, -1] + before)
    off = _OFF * (most + 2 / n**2)
    return h * sums - off, most + off


def _ends_of_nodes(s: Any, log_n: float) -> tuple[float, Any]:
    """Where v may begin, and end at radii s: beyond them next to nothing is left of H.

    On the right either factor alone of e^{-v/2 - v^2/(2 s^2)} makes the rest negligible.
    """
    needed = _DECAY + log_n / 2
    return min(log_n - _DECAY / 1.5, 0.0), np.minimum(2 * needed, s * math.sqrt(2 * needed))


def _up_to(bound: flint.arb) -> flint.arb:
    """The ball [0, bound]."""
    return flint.arb(0).union(flint.arb(bound.upper()))


def _radius(value: Number | None, name: str, factor: int, dimension: int) -> flint.arb:
    """The given radius, or factor * sqrt(d)."""
    radius = factor * flint.arb(dimension).sqrt() if value is None else _exact_ball(value, name)
    if not 0 < radius < MAX_RADIUS:
        shown = radius.str(6, radius=False)
        raise InvalidValue(f"{name} is {shown}; it must be above 0 and below {MAX_RADIUS}")
    return radius


def _exact_ball(value: Number, name: str) -> flint.arb:
    return flint.arb(as_fmpq(exact(value, name)))
