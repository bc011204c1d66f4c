"""Points, of which claims are functions: a case in one arithmetic, and the points near it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import FLOAT64, Arithmetic, Array, Ball, Scalar, as_fraction
from theorycheck.arithmetic.budget import remembered
from theorycheck.arithmetic.functions import largest, root, squared_norms
from theorycheck.arithmetic.rounding import exact_midpoint, midpoint
from theorycheck.dynamics.trajectory import Trajectory, gradient_em, iterates
from theorycheck.errors import InvalidValue
from theorycheck.expectations.population import Population, population_as_given, student_population
from theorycheck.expectations.reduction import (
    linear_span,
    mixture_rank,
    projected,
    rational_matrix,
)
from theorycheck.expectations.student import Student
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Number, exact


@dataclass(frozen=True)
class Path:
    """Quantities along a trajectory, each of shape (steps + 1,)."""

    loss: Array
    energy: Array
    weighted_distance: Array
    fisher_divergence: Array

    @classmethod
    def through(cls, points: Sequence[Point]) -> Path:
        """The quantities at some points."""
        return cls(*(np.array([getattr(p, field.name) for p in points]) for field in fields(cls)))

    def part(self, which: slice) -> Path:
        """Some of the times."""
        return Path(*(getattr(self, field.name)[which] for field in fields(self)))

    def copy(self) -> Path:
        """The same with arrays of its own."""
        return Path(*(getattr(self, field.name).copy() for field in fields(self)))


class Point:
    """A student under a truth, in one arithmetic. Claims are functions of it.

    Every attribute is a float64 number or array, or a ball or an array of balls. Populations are
    computed when first asked for. `case` holds the exact inputs, at the case's own point.
    """

    def __init__(
        self,
        mixture: Mixture,
        truth: Mixture | None = None,
        arithmetic: Arithmetic = FLOAT64,
        case: Case | None = None,
    ) -> None:
        self.case = case
        self.mixture, self.truth, self.arithmetic = mixture, truth, arithmetic
        self._given: Array | None = None
        self._span = mixture.dimension

    @cached_property
    def weights(self) -> Array:
        """pi, shape (n,)."""
        return self.arithmetic.array(self.mixture.weights)

    @cached_property
    def _student(self) -> Student:
        return Student.exact(self.mixture)

    @cached_property
    def _population(self) -> Population:
        """What is given to a claim of it is copied: other points may know the same population."""
        if self._given is None and self.components <= _FEW:
            return _known_population(self.mixture, self.truth, self.arithmetic)
        return student_population(self._student, self.truth, self.arithmetic)

    @cached_property
    def means(self) -> Array:
        """mu, shape (n, d)."""
        return self.arithmetic.array(self.mixture.means) if self._given is None else self._given

    @property
    def loss(self) -> Scalar:
        """L, the KL divergence of the student from the truth."""
        return self._population.loss

    @property
    def responsibilities(self) -> Array:
        """p_i = E psi_i, shape (n,)."""
        return self._arrays["responsibilities"]

    @property
    def overlap(self) -> Array:
        """G_ij = E psi_i psi_j, shape (n, n)."""
        return self._arrays["overlap"]

    @property
    def gradient(self) -> Array:
        """grad_i L, shape (n, d)."""
        return self._arrays["gradient"]

    @cached_property
    def _arrays(self) -> _Copies:
        return _Copies(self._population)

    @property
    def fisher_divergence(self) -> Scalar:
        """F."""
        return self._population.fisher_divergence

    @property
    def positions(self) -> Array:
        """E psi_i x, shape (n, d)."""
        return self._arrays["positions"]

    @property
    def components(self) -> int:
        """n."""
        return self.mixture.components

    @property
    def dimension(self) -> int:
        """d."""
        return self.mixture.dimension

    @cached_property
    def rank(self) -> int:
        """r, the exact rank of the means. Of a point that moved, an upper bound of its rank.

        That is the dimension of the space in which its means are known to lie: of a step of
        gradient EM or of EM the span of the start and the truth, otherwise all of R^d.
        """
        if self._given is not None:
            return min(self.components, self._span)
        span = linear_span(rational_matrix(self.mixture.means))
        return 0 if span is None else int(span.nrows())

    @cached_property
    def affine_rank(self) -> int:
        """The exact rank of the differences of the means: what integrals range over.

        Of a point that moved an upper bound, as for `rank`.
        """
        if self._given is not None:
            return min(self.components - 1, self._span)
        return mixture_rank(self.mixture)

    @property
    def energy(self) -> Scalar:
        """U = sum_i |mu_i|^2."""
        return squared_norms(self.means).sum()

    @property
    def weighted_distance(self) -> Scalar:
        """W = sum_i pi_i |mu_i|^2."""
        return self.weights @ squared_norms(self.means)

    @property
    def radius(self) -> Scalar:
        """R = max_i |mu_i|."""
        return largest(root(squared_norms(self.means)))

    @property
    def truth_radius(self) -> Scalar:
        """The largest norm of a mean of the truth; 0 for N(0, I)."""
        if self.truth is None:
            return self.number(Fraction(0))
        return largest(root(squared_norms(self.arithmetic.array(self.truth.means))))

    @property
    def smallest_weight(self) -> Scalar:
        """pi_min."""
        return self.arithmetic.scalar(min(self.mixture.weights))

    def number(self, value: Number | flint.fmpq) -> Scalar:
        """An exact number in the point's arithmetic: "0.1" is a tenth, 0.1 the nearest double."""
        if not isinstance(value, (Fraction, flint.fmpq)):
            value = exact(value, "number")
        return self.arithmetic.scalar(value)

    def other(self, mixture: Mixture) -> Point:
        """The point of another exact mixture, under the same truth and arithmetic."""
        return Point(mixture, self.truth, self.arithmetic)

    def moved(self, means: Array) -> Point:
        """The point with other means (n, d), known in this arithmetic; weights stay."""
        return self._moved(means, self.dimension)

    def _moved(self, means: Array, span: int) -> Point:
        """The point with other means in a space of dimension `span`.

        Means in the span of the starting means and the truth are integrated over no more than it.
        """
        if means.shape != self.means.shape:
            raise InvalidValue(f"means has shape {means.shape}; {self.means.shape} is needed")
        point = Point.__new__(Point)
        point.__dict__.update(
            {name: value for name, value in vars(self).items() if name in _INHERITED}
        )
        point._given, point._span = means, span
        point._student = Student.near(means, self._student.weights, self._axes)
        return point

    @cached_property
    def _axes(self) -> flint.fmpq_mat | None:
        truth_means = () if self.truth is None else self.truth.means
        return linear_span(rational_matrix(self.mixture.means + truth_means))

    def exact(self, name: str) -> Any:
        """An extra input of the case, such as "step_size", as it was given."""
        value = getattr(self.case, name, None)
        if value is None:
            raise InvalidValue(f'the case gives no "{name}"')
        return value

    def step(self, step_size: Scalar) -> Point:
        """The next iterate of gradient EM."""
        return self._moved(self.means - step_size * self.gradient, self._span_with_truth)

    def em_step(self) -> Point:
        """The next iterate of EM."""
        change = self.gradient / self.responsibilities[:, None]
        return self._moved(self.means - change, self._span_with_truth)

    @property
    def _span_with_truth(self) -> int:
        """The dimension of a space in which the means, their gradient and the truth lie."""
        if self._given is not None:
            return self._span  # of the start and the truth, or all of R^d
        return 0 if self._axes is None else int(self._axes.nrows())

    def path(self, step_size: Scalar, steps: int) -> Path:
        """Gradient EM for some steps: rigorous enclosures when the arithmetic is balls."""
        given = self._given_step_size(step_size)
        if given is not None:
            return _known_path(self.mixture, self.truth, self.arithmetic, given, steps).copy()
        return self._path(step_size, steps)

    def _path(self, step_size: Scalar, steps: int) -> Path:
        if not isinstance(self.arithmetic, Ball) and self._given is None:
            run = self._trajectory(step_size, steps)
            return Path(run.loss, run.energy, run.weighted_distance, run.fisher_divergence)
        points = [self]
        for _ in range(steps):
            points.append(points[-1].step(step_size))
        return Path.through(points)

    def iterates(self, step_size: Scalar, times: Sequence[int]) -> list[Point]:
        """Float64 iterates of gradient EM at some times, taken as exact.

        They are rounded into the exact span of the start, so that their rank does not grow. What
        holds at an iterate so taken is certified there, whatever the trajectory's own rounding.
        """
        if self._given is not None:
            raise InvalidValue("iterates are taken from a point that is given exactly")
        eta, some = midpoint(step_size), tuple(sorted(set(times)))
        run = _float_iterates(self.mixture, self.truth, eta, some)
        return self._exact_iterates(dict(zip(some, run.coordinates, strict=True)), run.axes, times)

    def moves(self, step_size: Scalar, steps: int, times: Sequence[int]) -> tuple[Path, Path]:
        """Single steps t -> t + 1 of a trajectory: what is measured before and after each.

        In float64 the first `steps` of them. In balls those at the float64 iterates of some times.
        """
        if not isinstance(self.arithmetic, Ball):
            path = self.path(step_size, steps)
            return path.part(slice(None, -1)), path.part(slice(1, None))
        given = self._given_step_size(step_size)
        if given is None:
            return self._single_steps(step_size, tuple(times))
        known = _known_steps(self.mixture, self.truth, self.arithmetic, given, tuple(times))
        return known[0].copy(), known[1].copy()

    def _single_steps(self, step_size: Scalar, times: tuple[int, ...]) -> tuple[Path, Path]:
        run = self._trajectory(step_size, max(times))  # of which float64 asks for all
        before = self._exact_iterates(run.coordinates, run.axes, times)
        return Path.through(before), Path.through([p.step(step_size) for p in before])

    @cached_property
    def own_step_size(self) -> Scalar:
        """eta, the step size that the case gives."""
        return self.number(self.exact("step_size"))

    def _given_step_size(self, step_size: Scalar) -> Fraction | None:
        """The case's own step size, if it is this very number and the point is the case's own."""
        given = None if self.case is None else self.case.step_size
        is_own = given is not None and self._given is None and self.components <= _FEW
        return given if is_own and step_size is self.own_step_size else None

    def _trajectory(self, step_size: Scalar, steps: int) -> Trajectory:
        return _float_trajectory(self.mixture, self.truth, midpoint(step_size), steps)

    def _exact_iterates(self, places: Any, span: Array, times: Sequence[int]) -> list[Point]:
        """The points whose coordinates in a float64 span are known at some times."""
        return [self.other(self._in_span(places[t] @ span)) for t in times]

    def _in_span(self, coordinates: Array) -> Mixture:
        """An iterate as an exact mixture whose means are double multiples of the span's axes."""
        axes = self._axes
        if axes is None:
            return self.mixture
        doubles = flint.fmpq_mat([[exact_midpoint(entry) for entry in row] for row in coordinates])
        means = projected(doubles, axes, lambda q: exact_midpoint(midpoint(flint.arb(q)))).tolist()
        return Mixture([[as_fraction(q) for q in row] for row in means], self.mixture.weights)

    def line(self, direction: Array, distance: Number | Scalar) -> Point:
        """The point with means mu + distance * direction.

        direction: (n, d), or (d,) as a case gives it: then all means move alike. distance: an exact
        number, or one in the point's arithmetic, such as the input s.
        """
        if direction.shape not in ((self.dimension,), self.means.shape):
            raise InvalidValue(
                f"direction has shape {direction.shape}; ({self.dimension},), for all means "
                f"alike, or {self.means.shape} is needed"
            )
        length = distance if isinstance(distance, flint.arb) else self.number(distance)
        return self.moved(self.means + length * direction)

    def responsibilities_at(self, x: Array) -> Array:
        """psi(x), shape (n,), at one point x of shape (d,)."""
        logits = self.means @ x - squared_norms(self.means) / 2
        if not isinstance(self.arithmetic, Ball):
            logits = logits - logits.max()
        densities = self.weights * np.exp(logits)
        psi: Array = densities / densities.sum()
        return psi


class _Copies(dict[str, Array]):
    """The arrays of a population, by name, each copied when it is first asked for."""

    def __init__(self, population: Population) -> None:
        super().__init__()
        self._population = population

    def __missing__(self, name: str) -> Array:
        kept: Array = getattr(self._population, name)
        kept.setflags(write=False)  # other points of the mixture look at it
        copy = kept.copy()
        self[name] = copy
        return copy


# Claims with the same hypotheses look at the same cases, and the rungs of the precision ladder at
# the same trajectory. What is kept is copied for every point, as a claim may change its arrays.

_FEW = 8
"""Components up to which a population is kept."""


@remembered(4096)
def _known_population(
    mixture: Mixture, truth: Mixture | None, arithmetic: Arithmetic
) -> Population:
    return population_as_given(mixture, truth, arithmetic)


@remembered(256)
def _known_path(
    mixture: Mixture, truth: Mixture | None, arithmetic: Arithmetic, step_size: Fraction, steps: int
) -> Path:
    return Point(mixture, truth, arithmetic)._path(arithmetic.scalar(step_size), steps)


@remembered(256)
def _known_steps(
    mixture: Mixture,
    truth: Mixture | None,
    arithmetic: Arithmetic,
    step_size: Fraction,
    times: tuple[int, ...],
) -> tuple[Path, Path]:
    return Point(mixture, truth, arithmetic)._single_steps(arithmetic.scalar(step_size), times)


@remembered(64)
def _float_trajectory(
    mixture: Mixture, truth: Mixture | None, step_size: float, steps: int
) -> Trajectory:
    return gradient_em(mixture, step_size, steps, truth=truth)


@remembered(64)
def _float_iterates(
    mixture: Mixture, truth: Mixture | None, step_size: float, times: tuple[int, ...]
) -> Trajectory:
    return iterates(mixture, truth, step_size, times)


_INHERITED = {"mixture", "truth", "arithmetic", "weights", "_axes"}
