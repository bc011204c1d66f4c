"""Group D of theory.md, the limits: asymptotic constants, and the one geometric rate."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import flint

from theorycheck.arithmetic.arithmetics import Scalar, as_fmpq
from theorycheck.arithmetic.functions import inner_products, largest, root, squared_norms
from theorycheck.arithmetic.rounding import midpoint
from theorycheck.expectations.reduction import rational_matrix
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Vector
from theorycheck.statements import claim as declare
from theorycheck.statements.comparison import Comparison, at_most, equal
from theorycheck.statements.domain import Domain
from theorycheck.statements.point import Point

identity = partial(declare.identity, group="D")
inequality = partial(declare.inequality, group="D")

SLOW_TIMES = 150
LIGHT_TIMES = 15
"""A run towards the limit takes max(150, 15/pi_min)/(eta lambda) steps."""

_LIMIT = Domain(
    components=(2, 2),
    dimension=(1, 2),
    radius=3.0,
    step_size=(Fraction(3, 4), Fraction(2)),
    open_above=True,
    scales=(Fraction(1, 1000), Fraction(1, 10), Fraction(1), Fraction(2)),
    lightest=Fraction(1, 16),
    where=lambda case: _is_measurable(case.mixture),
    also="two means at least 1e-5 apart, none beyond 4",
)
_PAIRS = tuple(
    Case(Mixture([1, "-3/4"], [light, 16 - light]), Fraction(3 + light, 4 + light))
    for light in range(1, 9)
)
_LIMIT_CERTIFICATE = (
    "the losses at three float64 iterates of one trajectory (a quarter of the way, half of it, and "
    "its end), each taken as exact, and the limit estimated from them; not that the limit exists"
)


def _is_measurable(mixture: Mixture) -> bool:
    """True if float64 iterates of a run show the limit."""
    return _is_spread(mixture) and _is_within(4, mixture)


def _is_within(radius: int, mixture: Mixture) -> bool:
    """True if no mean is so far out that it is trapped for as long as a run takes."""
    return mixture.radius_squared <= radius**2


def _is_spread(mixture: Mixture) -> bool:
    """True if two means are at least 1e-5 apart.

    Closer ones move by so small a share of themselves that float64 rounds each step by 1 % of it.
    """
    first = mixture.means[0]
    return any(
        sum(((a - b) ** 2 for a, b in zip(row, first, strict=True)), Fraction(0))
        >= Fraction(1, 10**10)
        for row in mixture.means
    )


def _is_even(mixture: Mixture) -> bool:
    """True if the means are on a line through 0, or of mean 0 with equal second moments.

    Of other starts the rank may grow in the first step, or one direction may die out so late that
    no run shows the limit. Exact: the Gram matrix is a multiple of a projection.
    """
    means = rational_matrix(mixture.means)
    gram = means * means.transpose()
    square = gram * gram
    if square == gram * _trace(gram):  # of rank 1
        return True
    is_centred = not any(sum(column, Fraction(0)) for column in zip(*mixture.means, strict=True))
    return is_centred and bool(square * _trace(gram) == gram * _trace(square))


def _trace(matrix: flint.fmpq_mat) -> flint.fmpq:
    return sum((matrix[i, i] for i in range(matrix.nrows())), flint.fmpq(0))


def slow_eigenvalues(weights: Vector) -> list[flint.arb]:
    """The eigenvalues of diag(pi) compressed to the complement of pi, as balls.

    They are the roots of sum_i pi_i^2 prod_{j != i} (pi_j - lambda), a polynomial with exact
    coefficients.
    """
    factors = [flint.fmpq_poly([as_fmpq(w), -1]) for w in weights]
    polynomial = flint.fmpq_poly([0])
    for i, weight in enumerate(weights):
        term = flint.fmpq_poly([as_fmpq(weight * weight)])
        for j, factor in enumerate(factors):
            term = term if j == i else term * factor
        polynomial += term
    roots: list[Any] = polynomial.numer().complex_roots()
    return [value.real for value, multiplicity in roots for _ in range(multiplicity)]


@inequality(
    "asymptotic-constant",
    r"t^2 L(t) \to \frac{1}{16 \eta^2 \lambda^2} \text{ for means on a line}, \quad"
    r" \lambda = \min \mathrm{spec} \left( \mathrm{diag}(\pi) |_{\pi^\perp} \right)",
    domain=_LIMIT,
    examples=_PAIRS,
    only_balls=True,
    certificate=_LIMIT_CERTIFICATE,
    cost=90,
)
def asymptotic_constant(at: Point, step_size: Scalar) -> Comparison:
    """At the end of a long run the limit, estimated, is within 1 % of the predicted one.

    The run takes max(150, 15/pi_min)/(eta lambda) steps.
    Near the optimum sum pi_i mu_i dies out first. Then L = m^2/4 with m = sum pi_i mu_i^2, and mu
    moves by -eta m diag(pi) mu on the complement of pi: it tends to the slowest eigenvector, and
    1/m grows by 2 eta lambda a step. The next orders make L(t)^{-1/2} equal to alpha t + beta log t
    + const up to what vanishes, and L(T)^{-1/2} - 2 L(T/2)^{-1/2} + L(T/4)^{-1/2} is alpha T/4 for
    such a function. The limit is 1/alpha^2. With two components lambda = pi_1 pi_2 / (pi_1^2 +
    pi_2^2). With more, the direction is reached as slowly as a small power of t, so that the
    campaign keeps to two; three and more are in the property tests and in the figure.
    """
    return _limit_within_one_percent(at, step_size, inverse_limit(step_size, _slow_eigenvalue(at)))


def inverse_limit(step_size: Scalar, eigenvalue: Scalar) -> Scalar:
    """16 eta^2 lambda^2, the inverse of the limit of t^2 L(t), in either arithmetic."""
    rate = 4 * step_size * eigenvalue
    return rate * rate


@asymptotic_constant.control("a limit that is 3 % larger")
def _larger_limit(at: Point, step_size: Scalar) -> Comparison:
    inverse = inverse_limit(step_size, _slow_eigenvalue(at)) / at.number(Fraction(103, 100))
    return _limit_within_one_percent(at, step_size, inverse)


@asymptotic_constant.control("$\\lambda$ replaced by $\\pi_{\\min}$")
def _smallest_weight(at: Point, step_size: Scalar) -> Comparison:
    return _limit_within_one_percent(at, step_size, inverse_limit(step_size, at.smallest_weight))


@inequality(
    "asymptotic-constant-uniform",
    r"\pi_i = \tfrac1n: \quad t^2 L(t) \to \frac{r' n^2}{16 \eta^2}, \quad"
    r" r' = \mathrm{rank} \{ \mu_i - \bar\mu \}",
    domain=replace(
        _LIMIT,
        components=(2, 5),
        dimension=(1, 1),
        equal_weights=True,
        where=lambda case: _is_measurable(case.mixture) and _is_even(case.mixture),
        also=f"{_LIMIT.also}; they are on a line through 0, or have mean 0 and equal second "
        "moments in all directions that they span",
    ),
    examples=(Case(Mixture([[1, -1, 0], [0, 1, -1], [-1, 0, 1]]), Fraction(19, 10)),),
    only_balls=True,
    certificate=_LIMIT_CERTIFICATE,
    cost=45,
)
def asymptotic_constant_uniform(at: Point, step_size: Scalar) -> Comparison:
    """Equal weights in any dimension: every direction of the centred means decays alike.

    Near the optimum L = |M|^2/4 with M = (1/n) sum mu_i mu_i^T, and M moves by -(2 eta/n) M^2: all
    its positive eigenvalues tend to n/(2 eta t). So r' is the rank at large t, which may be larger
    than that of the start: from ((1,1), (0,1), (-2,1)) a step leads off the line, and r' = 2.
    """
    inverse = inverse_uniform_limit(step_size, at.affine_rank, at.components)
    return _limit_within_one_percent(at, step_size, inverse)


def inverse_uniform_limit(step_size: Scalar, rank: int, components: int) -> Scalar:
    """16 eta^2 / (r' n^2), the inverse of the limit for equal weights, in either arithmetic."""
    return 16 * step_size * step_size / (rank * components**2)


@asymptotic_constant_uniform.control("a limit that is 3 % larger")
def _larger_uniform_limit(at: Point, step_size: Scalar) -> Comparison:
    inverse = inverse_uniform_limit(step_size, at.affine_rank, at.components)
    return _limit_within_one_percent(at, step_size, inverse / at.number(Fraction(103, 100)))


@asymptotic_constant_uniform.control("$n (n - 1)$ in place of $n^2$")
def _pairs(at: Point, step_size: Scalar) -> Comparison:
    n = at.components
    inverse = inverse_uniform_limit(step_size, at.affine_rank, n) * n / (n - 1)
    return _limit_within_one_percent(at, step_size, inverse)


def _slow_eigenvalue(at: Point) -> Scalar:
    slow = -largest([-value for value in slow_eigenvalues(at.mixture.weights)])
    return slow if at.arithmetic.is_rigorous else midpoint(slow)


def slowest(weights: Vector) -> float:
    """The smallest of the slow eigenvalues, which the loss follows in the end."""
    return min(midpoint(value) for value in slow_eigenvalues(weights))


def run_length(mixture: Mixture, step_size: float) -> int:
    """Steps after which the asymptotics of a mixture show, a multiple of 4."""
    times = max(SLOW_TIMES, LIGHT_TIMES / float(min(mixture.weights)))
    return 4 * math.ceil(times / (4 * step_size * slowest(mixture.weights)))


def _limit_within_one_percent(at: Point, step_size: Scalar, inverse_limit: Scalar) -> Comparison:
    steps = run_length(at.mixture, midpoint(step_size))
    points = at.iterates(step_size, (steps // 4, steps // 2, steps))
    early, middle, end = (1 / root(point.loss) for point in points)
    slope = (end - 2 * middle + early) * 4 / steps
    return at_most(abs(slope * slope - inverse_limit), inverse_limit / 100)


# --- a single component ---------------------------------------------------------------------------


@identity(
    "single-component",
    r"n = 1: \quad \mu(t) = (1 - \eta)^t \mu(0), \quad L(t) = \tfrac12 \|\mu(t)\|^2",
    origin="classical",
    domain=Domain(components=(1, 1), steps=8),
    certificate="the first 8 steps, from the exact start",
)
def single_component(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    """A linear rate: the gradient of L = |mu|^2/2 is mu, as psi = 1.

    So the slow-down to a power of t is due to over-parameterisation alone.
    """
    return _geometric(at, step_size, steps, step_size)


@single_component.control("$(1 - \\eta)^t$ with $\\eta$ larger by $10^{-9}$")
def _longer_step(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    return _geometric(at, step_size, steps, step_size * at.number(1 + Fraction(1, 10**9)))


@single_component.control(
    "the same for two components", domain=Domain(components=(2, 2), dimension=(1, 2), steps=2)
)
def _two_components(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    return _geometric(at, step_size, steps, step_size)


def _geometric(at: Point, step_size: Scalar, steps: int, shrinkage: Scalar) -> list[Comparison]:
    here, shrunk, start = at, at.means, at.energy
    parts = []
    for _ in range(steps):
        here, shrunk = here.step(step_size), (1 - shrinkage) * shrunk
        parts.append(equal(here.means, shrunk, scale=root(start)))
        half = inner_products(shrunk, shrunk).sum() / 2
        parts.append(equal(here.loss, half, scale=start))
    return [*parts, equal(at.loss, squared_norms(at.means).sum() / 2, scale=start)]
