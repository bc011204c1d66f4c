"""Group F of theory.md: bad local regions. Traps for the truth N(0, I), minima for a mixture."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache, partial

import numpy as np

from theorycheck.arithmetic.arithmetics import Scalar
from theorycheck.arithmetic.functions import largest, root, smallest, squared_norms
from theorycheck.arithmetic.integrals import erfc
from theorycheck.claims.sources import JIN, PAPER, SOFTWARE
from theorycheck.errors import ClaimFailed
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.region import Region
from theorycheck.landscapes.stationary import stationary_point
from theorycheck.statements import claim as declare
from theorycheck.statements.comparison import Comparison, at_most
from theorycheck.statements.domain import Domain
from theorycheck.statements.point import Point
from theorycheck.traps.certificate import trap_certificate
from theorycheck.traps.escape_time import EscapeTime, counted_and_bounded, escape_time

existence = partial(declare.existence, group="F")
inequality = partial(declare.inequality, group="F")

_FAMILY = Domain(
    components=(3, 5),
    dimension=(1, 3),
    step_size=(Fraction(0), Fraction(1)),
    also="only n, d and the step size of a case matter: the start is the symmetric one",
)
_LARGE_DIMENSIONS = (10, 100, 1000)


@cache
def _escape(dimension: int, components: int, step_size: Fraction) -> EscapeTime:
    return escape_time(dimension, components, step_size, accuracy=1e-5)


def _bounds(at: Point, dimension: int) -> tuple[Scalar, Scalar]:
    """Certified bounds of the log of the escape time from 12 sqrt(d) to 10 sqrt(d)."""
    found = _escape(dimension, max(at.components, 3), at.exact("step_size"))
    return _lifted(at, found.log_steps_lower), _lifted(at, found.log_steps_upper)


def _lifted(at: Point, value: float) -> Scalar:
    return at.number(Fraction(value))


@inequality(
    "trap-paper",
    r"\mu(0) = (12\sqrt{d}\,e_1, -12\sqrt{d}\,e_1, 0, \ldots):"
    r"\ \max_i \|\mu_i(t)\| \ge 10\sqrt{d} \text{ for all } t \le \tfrac{e^d}{30\eta}",
    origin="paper",
    source=f"{PAPER}, recalled",
    references=(PAPER,),
    domain=_FAMILY,
    only_balls=True,
    certificate="the number of steps, enclosed for every d examined (see escape-time)",
    cost=300,
)
def trap_paper(at: Point, step_size: Scalar) -> Comparison:
    """Equal weights, n >= 3: the start is stuck for at least e^d / (30 eta) steps.

    Checked at the case's dimension and at d = 10, 100 and 1000.
    """
    return _stuck(at, step_size, Fraction(1), end=0)


def _stuck(at: Point, step_size: Scalar, rate: Fraction, end: int) -> Comparison:
    """log steps >= rate d - log(30 eta), for the lower (0) or the upper (1) bound of the steps."""
    dimensions = (at.dimension, *_LARGE_DIMENSIONS)
    bounds = [_bounds(at, d)[end] for d in dimensions]
    claimed = [log_steps_claimed(at.number(rate * d), step_size) for d in dimensions]
    return at_most(np.array(claimed), np.array(bounds))


def log_steps_claimed(exponent: Scalar, step_size: Scalar) -> Scalar:
    """The log of e^exponent / (30 eta): trap-paper's number of steps, in either arithmetic."""
    return exponent - np.log(30 * step_size)


@trap_paper.control("$e^{18.1\\,d}$ in place of $e^d$")
def _longer_trap(at: Point, step_size: Scalar) -> Comparison:
    """The rate is 18 = 12^2 / 8: with 18.1 the steps are too few in some dimension."""
    return _stuck(at, step_size, Fraction(181, 10), end=1)


@inequality(
    "trap-responsibility",
    r"p_1 \le 2\Phi(-\tfrac{a}{2}) \le e^{-a^2/8}, \quad a = \|\mu_1\|",
    sharp_when=r"the second as $a \to 0$; of the first $\pi/4$ is reached as $a \to \infty$ with "
    "$n = 1$",
    domain=Domain(radius=14.0, components=(1, 4), dimension=(1, 1)),
    cost=5,
    regions=(Region(1, means=("1/10", 8)),),
)
def trap_responsibility(at: Point) -> list[Comparison]:
    """A component of at least the same weight at the truth takes the responsibility away.

    psi_1 <= sigma(l_1 - l_0), and the mean of a logistic function of that Gaussian is at most
    2 Phi(-a/2). The case's mixture gets such a component at 0.
    """
    return _taken_away(at, Fraction(1), Fraction(8))


def _taken_away(at: Point, share: Fraction, divisor: Fraction) -> list[Comparison]:
    point, square = _with_central_component(at)
    tail = erfc(at.number(share) * root(square / 8))
    decay = np.exp(-square / at.number(divisor))
    return [at_most(point.responsibilities[0], tail), at_most(tail, decay)]


def _with_central_component(at: Point) -> tuple[Point, Scalar]:
    centre = [Fraction(0)] * at.dimension
    point = at.other(at.mixture.with_component(centre, at.mixture.weights[0]))
    return point, squared_norms(point.means)[0]


_FAR_COMPONENT = Case(Mixture([14]))


@trap_responsibility.control("$2\\Phi(-0.51\\,a)$", examples=(_FAR_COMPONENT,))
def _smaller_tail(at: Point) -> Comparison:
    return _taken_away(at, Fraction(102, 100), Fraction(8))[0]


@trap_responsibility.control("$p_1 \\le e^{-a^2/7}$", examples=(_FAR_COMPONENT,))
def _faster_decay(at: Point) -> Comparison:
    point, square = _with_central_component(at)
    return at_most(point.responsibilities[0], np.exp(-square / 7))


def _has_certificate(case: Case) -> bool:
    return trap_certificate(case.mixture, case.step_size or Fraction(1)) is not None


@inequality(
    "trap-certificate",
    r"\|\mu_i(t)\| \ge a \ (i \in A), \ \|\mu_k(t)\| \le B \ (k \in S)"
    r" \text{ for all } t \le T(A, a, B)",
    sharp_when="the radii are close to the start, so nearly reached; the time is sharp in its "
    "exponent $a^2/8$ only",
    domain=Domain(
        components=(2, 5),
        radius=14.0,
        dimension=(1, 1),
        step_size=(Fraction(0), Fraction(1)),
        steps=60,
        shapes=("trapped",),
        scales=(Fraction(6), Fraction(8), Fraction(10)),
        where=_has_certificate,
        also="the start has a trap certificate",
    ),
    certified_steps=4,
    certificate="the first 4 steps from the exact start; the rest in float64",
    cost=20,
)
def trap_certificate_holds(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    """The certificate of `traps.trap_certificate` for the case, held against what happens.

    Far components are outside a and near ones within B at every step of the run that T covers.
    """
    return _held(at, step_size, steps, Fraction(1))


def _held(at: Point, step_size: Scalar, steps: int, stretch: Fraction) -> list[Comparison]:
    found = trap_certificate(at.mixture, at.exact("step_size"))
    if found is None:
        raise ClaimFailed("this start has no trap certificate; see `theorycheck trap`")
    covered = steps if found.log_steps > math.log(steps) else int(math.exp(found.log_steps))
    outside, inside = [], []
    for point in _run(at, step_size, covered)[1:]:
        squares = squared_norms(point.means)
        outside.append(smallest([squares[i] for i in found.far]))
        inside.append(largest([squares[k] for k in found.near]))
    a, b = (Fraction(value) for value in (found.radius, found.near_radius))
    far = at.number((stretch * a) ** 2)
    near = at.number((b / stretch) ** 2)
    return [at_most(far, np.array(outside)), at_most(np.array(inside), near)]


def _run(at: Point, step_size: Scalar, steps: int) -> list[Point]:
    """The start and its iterates, rigorous in balls."""
    points = [at]
    for _ in range(steps):
        points.append(points[-1].step(step_size))
    return points


@trap_certificate_holds.control("outside $1.05\\,a$ and within $B/1.05$")
def _held_further_out(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    return _held(at, step_size, steps, Fraction(105, 100))


@inequality(
    "escape-time",
    r"I \le \#\text{steps from } a_0 \text{ to } a_1 \le I + \log \frac{g(a_1)}{g(a_0)} + 1,"
    r" \quad I = \int_{a_1}^{a_0} \frac{ds}{g(s)},"
    r" \quad g(s) = \tfrac{\eta}{2} s\, \mathbb{E} (\psi_1 - \psi_2)^2 \text{ decreasing}",
    sharp_when="where the last step ends just at the radius",
    domain=Domain(
        components=(3, 5),
        dimension=(1, 1),
        step_size=(Fraction(1, 2), Fraction(1)),
        where=lambda case: case.mixture.components <= 5,
        also="n <= 5; only n and the step size of a case matter: the start is (4, -4, 0, ...)",
    ),
    certificate="the count of rigorous gradient EM from the exact start, from 4 to 15/4, and the "
    "integral; that g decreases there is certified too",
    cost=15,
)
def escape_time_counts(at: Point, step_size: Scalar) -> list[Comparison]:
    """The steps of gradient EM from 4 to 15/4 are as many as the family's own recursion gives.

    And as many as the integral allows: a step covers at most 1 of I, and misses at most 1 -
    g(a)/g(a+) of it, which telescopes (see `theorycheck/traps/escape_time.py`).
    """
    return _counted(at, step_size, Fraction(1))


_START, _END = Fraction(4), Fraction(15, 4)


def _counted(at: Point, step_size: Scalar, last: Fraction) -> list[Comparison]:
    """Before the last of these steps the radius is above 15/4, and after it is not.

    last: what the upper bound allows for the last step.
    """
    n = max(at.components, 3)
    steps, least, most = counted_and_bounded(n, at.exact("step_size"), _START, _END)
    start = at.other(Mixture([_START, -_START, *[0] * (n - 2)]))
    *_, before, after = _run(start, step_size, steps)
    count, end = at.number(Fraction(steps)), at.number(_END)
    return [
        at_most(np.array([end, after.means[0, 0]]), np.array([before.means[0, 0], end])),
        at_most(_lifted(at, least), count),
        at_most(count, _lifted(at, most) - at.number(1 - last)),
    ]


@escape_time_counts.control(
    "$\\tfrac12$ in place of $1$", examples=(Case(Mixture([1, 2, 3]), Fraction(1)),)
)
def _half_a_step(at: Point, step_size: Scalar) -> list[Comparison]:
    return _counted(at, step_size, Fraction(1, 2))


@inequality(
    "trap-scaling",
    r"\bigl| \log \#\text{steps} - 18 d + \log \eta \bigr| \le 2 + \log n + \tfrac12 \log d"
    r", \text{ so } \tfrac1d \log \#\text{steps} \to 18 = \tfrac{12^2}{8}",
    domain=_FAMILY,
    only_balls=True,
    certificate="the number of steps, enclosed for the case's d and for d = 10, 100 and 1000",
    cost=150,
)
def trap_scaling(at: Point, step_size: Scalar) -> list[Comparison]:
    """The escape time from 12 sqrt(d) grows like e^{18 d}; the paper's bound gives e^d.

    The integral of 1/g is dominated by its upper end, where g is of order e^{-a^2/8}.
    """
    return _scaling(at, step_size, Fraction(18))


def _scaling(at: Point, step_size: Scalar, rate: Fraction) -> list[Comparison]:
    comparisons = []
    for d in (at.dimension, *_LARGE_DIMENSIONS):
        room = (
            2 + np.log(at.number(Fraction(max(at.components, 3) * max(at.components, 3) * d))) / 2
        )
        for bound in _bounds(at, d):
            off = bound + np.log(step_size) - at.number(rate * d)
            comparisons.append(at_most(abs(off), room))
    return comparisons


@trap_scaling.control("the rate $17.98$ in place of $18$")
def _slower_scaling(at: Point, step_size: Scalar) -> list[Comparison]:
    return _scaling(at, step_size, Fraction(1798, 100))


@inequality(
    "trap-exponent",
    r"F(a, -a, 0, \ldots) \le 2 R^2 e^{-U/16}",
    origin="paper",
    source=f"{PAPER}, remark; explicit form own",
    references=(PAPER, SOFTWARE),
    sharp_when=r"the exponent is sharp; the factor is not, as at most $8/(3 R \sqrt{2 \pi "
    "(n-2)})$ of the bound is reached",
    domain=Domain(
        components=(3, 5),
        dimension=(1, 1),
        where=lambda case: case.s is None or case.s <= 16,
        also="the mixture is (4 s, -4 s, 0, ...), s <= 16",
    ),
)
def trap_exponent(at: Point, s: Scalar) -> Comparison:
    """Some exponential dependence on U(0) is unavoidable in any lower bound of F.

    F <= a^2 (p_1 + p_2), and trap-responsibility bounds both by e^{-a^2/8}, with U = 2 a^2.
    """
    return _fisher_of_family(at, Fraction(8))


def _fisher_of_family(at: Point, divisor: Fraction) -> Comparison:
    radius = 4 * at.exact("s")
    point = at.other(Mixture([radius, -radius, *[0] * (max(at.components, 3) - 2)]))
    square = at.number(radius * radius)
    return at_most(point.fisher_divergence, 2 * square * np.exp(-square / at.number(divisor)))


@trap_exponent.control(
    "the exponent $-U/14.5$ in place of $-U/16$",
    examples=(Case(Mixture([1, 2, 3]), s=Fraction(4)),),
)
def _smaller_fisher(at: Point, s: Scalar) -> Comparison:
    return _fisher_of_family(at, Fraction(29, 4))


SPURIOUS = Case(
    Mixture(["-0.0059693186318108", "9.77846180975657", "10.198148802364507"]),
    truth=Mixture([-2, 2, 10]),
)


@existence(
    "spurious-minimum-mixture-truth",
    r"\text{some mixture truth has a strict local minimum with } L \ge 1",
    origin="classical",
    source=f"{JIN}; the numbers are own",
    references=(JIN, SOFTWARE),
    domain=Domain(components=(3, 3), dimension=(1, 1), truth="mixture", radius=3.0),
    examples=(SPURIOUS,),
    only_balls=True,
    certificate="a positive definite Hessian on a ball that the small gradient cannot leave",
    cost=75,
)
def spurious_minimum(at: Point) -> Scalar:
    """With a mixture truth a bad local minimum exists; with one Gaussian there is none.

    The truth of the witness has three components.
    The margin is the smaller of the Hessian's least eigenvalue and L - 1 at the minimum; where
    nothing is certified it is minus the norm of the gradient.
    """
    return _badness(at, Fraction(1))


def _badness(at: Point, least_loss: Fraction) -> Scalar:
    found = stationary_point(at.mixture, at.truth)
    if found is None or found.kind != "minimum":
        return -root(squared_norms(at.gradient).sum())
    return smallest([found.eigenvalues[0], found.loss - at.number(least_loss)])


@spurious_minimum.control(
    "the same for the truth $N(0, I)$: traps are flat, not minima",
    domain=Domain(components=(3, 3), dimension=(1, 1)),
    examples=(Case(Mixture([12, -12, 0])),),
)
def _gaussian_truth(at: Point) -> Scalar:
    return _badness(at, Fraction(0))
