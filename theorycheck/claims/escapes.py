"""Group F of theory.md, continued: explicit bounds of the time to leave a trap, and its order."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache, partial

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Scalar
from theorycheck.arithmetic.functions import root, squared_norms
from theorycheck.arithmetic.integrals import erfi, pi
from theorycheck.arithmetic.rounding import between
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.region import Region
from theorycheck.statements import claim as declare
from theorycheck.statements.comparison import Comparison, at_most
from theorycheck.statements.domain import Domain
from theorycheck.statements.point import Point
from theorycheck.traps.certificate import escape_time
from theorycheck.traps.escape_bounds import escape_bounds

inequality = partial(declare.inequality, group="F")


# ------------------------------------------------------------------------ one far component of two

_ONE_FAR = Domain(
    components=(2, 2),
    radius=14.0,
    where=lambda case: any(case.mixture.means[0]),
    also=r"mu_1 is not 0; the second mean of a case is put at 0",
)


def _one_far(at: Point) -> tuple[Point, Scalar]:
    """The student (mu_1, 0), and a^2."""
    centre = [Fraction(0)] * at.dimension
    point = at.other(at.mixture.with_mean(1, centre))
    return point, squared_norms(point.means)[0]


@inequality(
    "trap-exponent-sharp",
    r"n = 2, \ \mu_2 = 0, \ a = \|\mu_1\|:\ F \le a \Gamma, \ \|\nabla_1 L\|, \|\nabla_2 L\|"
    r" \le \Gamma, \quad \Gamma = \sqrt{\tfrac{\pi}{8} \tfrac{\pi_1}{\pi_2}}\, e^{-a^2/8}",
    sharp_when=r"$a \to \infty$: 0.98 of the bound at $a = 16$",
    compared=(
        "$e^{-U/16}$ (Xu, Fazel and Du, remark)",
        "the exponent $-a^2/8$",
        "$-a^2/8$ (fisher-floor)",
    ),
    domain=_ONE_FAR,
    regions=(Region(2, means=((1, 8), (0, 0)), weights=("1/5", "4/5")),),
    cost=5,
)
def trap_exponent_sharp(at: Point) -> list[Comparison]:
    """The exponent -U/8 of F is exact: with fisher-floor the same holds from below.

    psi_1 = sigma(y), y Gaussian of mean log(pi_1/pi_2) - a^2/2 and variance a^2. Tilted by e^{y/2}
    its density is at most 1/(sqrt(2 pi) a), and the integral of sigma^2 e^{-y/2} is pi/2; that of
    sigma (1 - sigma) e^{-y/2} too.
    """
    return _shallow(at, Fraction(1))


def _shallow(at: Point, share: Fraction) -> list[Comparison]:
    point, square = _one_far(at)
    ratio = point.weights[0] / point.weights[1]
    bound = at.number(share**2) * pi(at.arithmetic) / 8 * ratio * np.exp(-square / 4)
    return [
        at_most(point.fisher_divergence, root(square * bound)),
        *(at_most(entry, bound) for entry in squared_norms(point.gradient)),
    ]


@trap_exponent_sharp.control("$0.95\\,\\Gamma$", examples=(Case(Mixture([16, 0])),))
def _shallower(at: Point) -> list[Comparison]:
    return _shallow(at, Fraction(95, 100))


# ---------------------------------------------------------------------------- the time to leave

_FROM_FAR = Domain(
    components=(2, 2),
    radius=2.0,
    dimension=(1, 1),
    step_size=(Fraction(0), Fraction(1)),
    lightest=Fraction(1, 20),
    also="only the weights, the step size and |mu_1| of a case matter: the start is (a, 0), with "
    "a = 2.1 + |mu_1|, at most 8",
)
_SEVEN = Case(Mixture(["4.9", 0], ["0.8", "0.2"]), Fraction(1))
_EIGHT = Case(Mixture(["5.9", 0]), Fraction(1))


def _radius_of(at: Point) -> Fraction:
    """a, an exact number of few digits."""
    given = abs(at.mixture.means[0][0])
    return min(Fraction(round(1000 * given), 1000) + Fraction(21, 10), Fraction(8))


@cache
def _log_steps(mixture: Mixture, step_size: Fraction, radius: Fraction) -> tuple[float, float]:
    """Bounds of log T, T the first t at which the first mean is within a radius."""
    found = escape_bounds(mixture, step_size, far=(0,), radius=radius)
    high = found.log_steps_upper
    return found.log_steps_lower, float("inf") if high is None else high


def _left(at: Point, start: Fraction, end: Fraction) -> Scalar:
    """log T from (start, 0) to a radius: a ball."""
    mixture = Mixture([start, 0], at.mixture.weights)
    low, high = _log_steps(mixture, at.exact("step_size"), end)
    return between(low, high)


@inequality(
    "trap-two",
    r"n = 2, \ \mu(0) = (a e, 0), \ a > 2:\ \|\mu_1(t)\| > a - \tfrac2a \text{ for all }"
    r" t < \tfrac{2}{e a} \sqrt{\tfrac{8 \pi_2}{\pi \pi_1}}\, \tfrac{e^{a^2/8}}{\eta}",
    sharp_when="the exponent is sharp; at $a = 7$ it is 0.44 of the true time",
    domain=_FROM_FAR,
    only_balls=True,
    certificate="the time to leave, enclosed by a tube; and |mu_2| stays within 2/a by the proof",
    cost=100,
)
def trap_two(at: Point, step_size: Scalar) -> Comparison:
    """Two components are enough for a trap.

    At (s, -b) either mean moves by at most eta Gamma, with Gamma = sqrt(pi/8 pi_1/pi_2) times
    e^{-s^2/8 + s b/4 + 3 b^2/8}. At s = a - delta, b = delta its exponent is -a^2/8 + a delta/2;
    and delta = 2/a.
    """
    return _trapped(at, step_size, Fraction(1))


def _trapped(at: Point, step_size: Scalar, stretch: Fraction) -> Comparison:
    a = _radius_of(at)
    ratio = at.weights[1] / at.weights[0]
    size = at.number(2 * stretch / a) * root(8 * ratio / pi(at.arithmetic)) / step_size
    return at_most(np.log(size) - 1 + at.number(a * a / 8), _left(at, a, a - 2 / a))


@trap_two.control("$2.5$ times the time", examples=(_SEVEN,))
def _longer(at: Point, step_size: Scalar) -> Comparison:
    return _trapped(at, step_size, Fraction(5, 2))


@inequality(
    "escape-upper",
    r"\min\{t : \max_i \|\mu_i(t)\| \le \rho\} \le \frac{U Q}{\eta (2 - \eta) \rho^2"
    r" \varphi(Q + \tfrac1Q)}, \quad Q = \tfrac12 \sqrt{U}"
    r" + \tfrac1\rho \log \tfrac{1}{\min \pi}, \quad U = \textstyle\sum_i \|\mu_i(0)\|^2",
    sharp_when="never: at most 0.06 of the bound was seen",
    domain=replace(
        _FROM_FAR,
        also="only the weights, the step size and |mu_1| of a case matter: the start is (a, 0), "
        "with a = 2.1 + |mu_1|, at most 8, and rho = 5a/6",
    ),
    only_balls=True,
    certificate="the time at which the far mean is within rho, enclosed by a tube",
    cost=100,
)
def escape_upper(at: Point, step_size: Scalar) -> Comparison:
    """No start is held for ever: sum_t F <= U / (eta (2 - eta)), and F >= R^2 phi(q + 1/q) / q.

    Proved for any start, weights and dimension, 0 < eta < 2 and 0 < rho <= sqrt(U), R the largest
    norm; checked where one of two means is far.
    """
    return _leaves(at, step_size, lambda q: q + 1 / q)


def _leaves(at: Point, step_size: Scalar, place: Callable[[Scalar], Scalar]) -> Comparison:
    a = _radius_of(at)
    size, rho = at.number(a), at.number(5 * a / 6)
    q = size / 2 - np.log(at.smallest_weight) / rho
    log_density = -(place(q) ** 2) / 2 - np.log(2 * pi(at.arithmetic)) / 2
    count = size * size * q / (step_size * (2 - step_size) * rho * rho)
    return at_most(_left(at, a, 5 * a / 6), np.log(count) - log_density)


@escape_upper.control(
    r"$\varphi(\tfrac12 Q)$ in place of $\varphi(Q + \tfrac1Q)$", examples=(_EIGHT,)
)
def _sooner(at: Point, step_size: Scalar) -> Comparison:
    return _leaves(at, step_size, lambda q: q / 2)


_RADII = (
    (Fraction(6), Fraction(5)),
    (Fraction(12), Fraction(10)),
    (Fraction(36), Fraction(30)),
)


@cache
def _family(components: int, step_size: Fraction, start: Fraction, end: Fraction) -> flint.arb:
    """log of the escape time of the symmetric start."""
    found = escape_time(1, components, step_size, start=start, end=end, accuracy=1e-6)
    return between(found.log_steps_lower, found.log_steps_upper)


@inequality(
    "trap-explicit",
    r"\mu(0) = (a_0, -a_0, 0, \ldots):\ \#\text{steps from } a_0 \text{ to } a_1 \ge"
    r" \tfrac1\eta \sqrt{\tfrac{8 (n-2)}{\pi}} \int_{a_1}^{a_0} e^{s^2/8}\, ds",
    sharp_when=r"$a_0 \to \infty$: 0.996 of the true number from 36 to 30, $n = 3$",
    domain=Domain(
        components=(3, 5),
        dimension=(1, 1),
        step_size=(Fraction(0), Fraction(1)),
        also="only n and the step size of a case matter: from 6 to 5, 12 to 10 and 36 to 30",
    ),
    only_balls=True,
    certificate="the number of steps, enclosed (see escape-time)",
    cost=150,
)
def trap_explicit(at: Point, step_size: Scalar) -> list[Comparison]:
    """Equal weights, n >= 3: an explicit trap for every radius.

    a - a+ = eta a E (psi_1 - psi_2)^2 / 2 <= eta sqrt(pi/(8(n-2))) e^{-a^2/8} by the argument of
    trap-exponent-sharp, which falls with a: so a step covers at most 1 of the integral.
    """
    return _explicit(at, step_size, Fraction(1))


def _explicit(at: Point, step_size: Scalar, stretch: Fraction) -> list[Comparison]:
    n, eight = max(at.components, 3), root(at.number(8))
    comparisons = []
    for start, end in _RADII:
        # The integral of e^{s^2/8} is sqrt(2 pi) erfi(s / sqrt(8)).
        integral = erfi(at.number(start) / eight) - erfi(at.number(end) / eight)
        claimed = 4 * root(at.number(n - 2)) * integral * at.number(stretch) / step_size
        steps = _family(n, at.exact("step_size"), start, end)
        comparisons.append(at_most(np.log(claimed), steps))
    return comparisons


@trap_explicit.control(
    "$1.05$ times the right side", examples=(Case(Mixture([1, 2, 3]), Fraction(1)),)
)
def _more_steps(at: Point, step_size: Scalar) -> Comparison:
    return _explicit(at, step_size, Fraction(105, 100))[-1]


@inequality(
    "trap-constant",
    r"\mu(0) = (a_0, -a_0, 0, \ldots):\ 1 \le \eta\, T\, a_0 e^{-a_0^2/8} \Bigm/"
    r" 8 \sqrt{\tfrac{2 (n - 2)}{\pi}} \le 1 + \tfrac{12}{a_0^2} (1 + \log(n - 2))^2, \quad"
    r" T = \#\text{steps from } a_0 \text{ to } \tfrac56 a_0,\ a_0 \ge 24,\ n - 2 \le e^{a_0}",
    origin="conjecture",
    source="the lower half is trap-explicit, the upper one is measured",
    sharp_when=r"$a_0 \to \infty$: both sides",
    domain=Domain(
        components=(3, 5),
        dimension=(1, 1),
        step_size=(Fraction(0), Fraction(1)),
        also="only n and the step size of a case matter: a_0 is 24, 36 and 72",
    ),
    only_balls=True,
    certificate="the number of steps, enclosed (see escape-time)",
    cost=150,
)
def trap_constant(at: Point, step_size: Scalar) -> list[Comparison]:
    """The constant in front of the exponential: the trap's time is known up to a factor near 1.

    Not for every n. A step from a is at most g(a) = eta e^{-a^2/8} H(a) / sqrt(2 pi), where H
    increases (see `escape_time.py`) and with N = n - 2, l = log N and x = l / a_0^2 < 3/2,
    H(a_0) <= N^{-1/2} e^{-l^2 / (2 a_0^2)} [1 / (1/2 + x) + 1 / (3/2 - x)], as D <= min(1, e^v/N).
    From a_0 to a_0 - 4/a_0 no step is longer than eta e^{-(a_0 - 4/a_0)^2/8} H(a_0) / sqrt(2 pi):
    so the middle is at least (pi/2) e^{l^2/(2 a_0^2) - 1 + 2/a_0^2} / [...]: at a_0 = 24 and
    N = 10^38 that is 196, and the right side 164. In float64 the bound turns near l = 3 a_0.
    """
    return _constant(at, step_size, Fraction(2))


def _constant(at: Point, step_size: Scalar, missing: Fraction) -> list[Comparison]:
    n = max(at.components, 3)
    size = 8 * root(at.number(2 * (n - missing)) / pi(at.arithmetic)) / step_size
    order = 1 + np.log(at.number(n - 2))
    comparisons = []
    for start in map(Fraction, (24, 36, 72)):
        limit = np.log(size / at.number(start)) + at.number(start * start / 8)
        steps = _family(n, at.exact("step_size"), start, 5 * start / 6)
        above = np.log(1 + 12 * order * order / at.number(start * start))
        comparisons += [at_most(limit, steps), at_most(steps, limit + above)]
    return comparisons


@trap_constant.control(
    "$n - 1$ in place of $n - 2$", examples=(Case(Mixture([1, 2, 3]), Fraction(1)),)
)
def _one_more(at: Point, step_size: Scalar) -> list[Comparison]:
    return _constant(at, step_size, Fraction(1))


# ---------------------------------------------------------------- which c gives a trap of e^d steps

_LARGE_DIMENSIONS = (100, 1000)
_LONG_ENOUGH, _TOO_SHORT = Fraction(3), Fraction(5, 2)
"""Above and below sqrt(8)."""


@cache
def _steps_from(
    factor: Fraction, dimension: int, components: int, step_size: Fraction
) -> tuple[float, float]:
    """Bounds of the log of the steps from c sqrt(d) to 5/6 of it.

    More steps lead from further out, and further in, as a step of the family preserves order (see
    `escape_time.py`): so sqrt(d) may be rounded.
    """
    scale = 10**9
    low = Fraction(math.isqrt(dimension * scale**2), scale)
    high = low if low**2 == dimension else low + Fraction(1, scale)
    near, far = factor * low, factor * high
    if near == far:
        found = escape_time(1, components, step_size, near, near * 5 / 6)
        return found.log_steps_lower, found.log_steps_upper
    least = escape_time(1, components, step_size, near, far * 5 / 6)
    most = escape_time(1, components, step_size, far, near * 5 / 6)
    return least.log_steps_lower, most.log_steps_upper


@inequality(
    "trap-threshold",
    r"c\sqrt{d} \to \tfrac56 c\sqrt{d}:\ \tfrac1d \log \#\text{steps} \to \tfrac{c^2}{8}; \quad"
    r" c = 3:\ \#\text{steps} \ge \tfrac{7 e^d}{10 \eta}; \quad"
    r" c < \sqrt{8}:\ \#\text{steps} < \tfrac{e^d}{30 \eta} \text{ for large } d",
    sharp_when=r"the threshold $\sqrt{8}$ is exact",
    domain=Domain(
        components=(3, 5),
        dimension=(1, 3),
        step_size=(Fraction(1, 100), Fraction(1)),
        also="only n, d and the step size of a case matter: the start is the symmetric one; the "
        "step size is at least 1/100",
    ),
    only_balls=True,
    certificate="the number of steps, enclosed for the case's d and for d = 100 and 1000 (see "
    "escape-time); c = 5/2 stands for what is below sqrt(8), and the limit is held to within "
    "2 + log n + (log d)/2",
    cost=150,
)
def trap_threshold(at: Point, step_size: Scalar) -> list[Comparison]:
    """The paper's 12 is not needed: 3 gives a trap of e^d steps, and sqrt(8) is where they begin.

    From trap-explicit the steps are at least (1/eta) sqrt(8 (n-2)/pi) (4/a_0) (e^{a_0^2/8} -
    e^{a_1^2/8}), for c = 3 at least (2.127/sqrt d) e^{9d/8} (1 - e^{-11d/32}) / eta, and that over
    e^d/eta is least at d = 1, where it is 0.70. In the family F = 2 a^2 kappa, so fisher-floor with
    q = a/2 + log(n)/a, which increases in a once a^2 > 2 log(n), makes each step cover at least
    eta (a/2) phi(q + 1/q)/q: together the limit is c^2/8.
    """
    return [
        *_at_least(at, step_size, _LONG_ENOUGH),
        *_at_most(at, step_size, _TOO_SHORT),
        *_exponents(at, step_size, Fraction(9, 8)),
    ]


def _steps_at(at: Point, factor: Fraction, dimension: int) -> Scalar:
    """The log of the steps from c sqrt(d): a ball."""
    low, high = _steps_from(factor, dimension, max(at.components, 3), at.exact("step_size"))
    return between(low, high)


def _at_least(at: Point, step_size: Scalar, factor: Fraction) -> list[Comparison]:
    """c sqrt(d) is left after at least 0.7 e^d / eta steps."""
    share = np.log(at.number(Fraction(7, 10))) - np.log(step_size)
    return [
        at_most(share + at.number(d), _steps_at(at, factor, d))
        for d in (at.dimension, *_LARGE_DIMENSIONS)
    ]


def _at_most(at: Point, step_size: Scalar, factor: Fraction) -> list[Comparison]:
    """c sqrt(d) is left after fewer than e^d / (30 eta) steps, where d is large."""
    share = np.log(30 * step_size)
    return [at_most(_steps_at(at, factor, d), at.number(d) - share) for d in _LARGE_DIMENSIONS]


def _exponents(at: Point, step_size: Scalar, rate: Fraction) -> list[Comparison]:
    """From 3 sqrt(d) log(eta steps) is as near to the rate times d as the limit asks for."""
    n = max(at.components, 3)
    return [
        at_most(
            abs(_steps_at(at, _LONG_ENOUGH, d) + np.log(step_size) - at.number(rate * d)),
            2 + np.log(at.number(n)) + np.log(at.number(d)) / 2,
        )
        for d in (at.dimension, *_LARGE_DIMENSIONS)
    ]


_ONE_STEP = Case(Mixture([1, 2, 3]), Fraction(1))


@trap_threshold.control(r"$c = \tfrac52$ in place of $3$", examples=(_ONE_STEP,))
def _too_near_for_a_trap(at: Point, step_size: Scalar) -> list[Comparison]:
    return _at_least(at, step_size, _TOO_SHORT)


@trap_threshold.control(r"$c < 3.01$ in place of $c < \sqrt 8$", examples=(_ONE_STEP,))
def _still_a_trap(at: Point, step_size: Scalar) -> list[Comparison]:
    return _at_most(at, step_size, _LONG_ENOUGH)


@trap_threshold.control(r"$\tfrac{c^2}{8.2}$ in place of $\tfrac{c^2}{8}$", examples=(_ONE_STEP,))
def _other_limit(at: Point, step_size: Scalar) -> list[Comparison]:
    return _exponents(at, step_size, Fraction(9) / Fraction(41, 5))


# ------------------------------------------------------------------------------------- order

_THREE = Domain(
    components=(3, 3),
    radius=6.0,
    dimension=(1, 1),
    step_size=(Fraction(0), Fraction(1)),
    lightest=Fraction(1, 50),
    also="no weight below 1/50; the starts are (a, -b, m) with a = 15/4 + |mu_1|, b = 15/4 + "
    "|mu_2|, 0 <= m < 1/2, and the same with one mean moved up by at most 1/4",
)


@inequality(
    "order-preserving",
    r"n = 3, \ \mu_1, \mu'_1 \ge \tfrac72, \ \mu_2, \mu'_2 \le -\tfrac72, \ |\mu_3|, |\mu'_3|"
    r" \le \tfrac12:\quad \mu \le \mu' \implies \mu^+ \le \mu'^+",
    sharp_when=r"$\mu$ and $\mu'$ are close",
    domain=_THREE,
    examples=(Case(Mixture([0, 0, 0]), Fraction(1)),),
    cost=5,
)
def order_preserving(at: Point, step_size: Scalar) -> list[Comparison]:
    """Around a trap gradient EM preserves the order of R^3, component by component.

    H_ij = E psi_i psi_j (x - mu_i)(x - mu_j) < 0, as the product of responsibilities sits between
    two means; and 1 - eta H_ii >= 0. So two orbits carry all between them: tubes do not wrap.
    Checked, not proved, for weights of at least 1/50.
    """
    return _ordered(at, step_size, Fraction(15, 4))


def _ordered(at: Point, step_size: Scalar, least: Fraction) -> list[Comparison]:
    (a,), (b,), (m,) = (map(abs, row) for row in at.mixture.means)
    near = m / (2 * (1 + m))
    low = [least + a, -least - b, near]
    moves = (Fraction(1, 4), Fraction(1, 4), (Fraction(1, 2) - near) / 2)
    first, *others = (
        at.other(Mixture(means, at.mixture.weights)).step(step_size).means[:, 0]
        for means in (low, *(_moved(low, i, move) for i, move in enumerate(moves)))
    )
    return [at_most(first, other) for other in others]


def _moved(means: list[Fraction], i: int, move: Fraction) -> list[Fraction]:
    """The same with one mean moved up."""
    return [mean + move if k == i else mean for k, mean in enumerate(means)]


@order_preserving.control(
    r"$\tfrac34$ in place of $\tfrac72$", examples=(Case(Mixture([0, 0, 0]), Fraction(1)),)
)
def _too_near(at: Point, step_size: Scalar) -> list[Comparison]:
    return _ordered(at, step_size, Fraction(1))
