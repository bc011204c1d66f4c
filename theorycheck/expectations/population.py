"""Population quantities of a student mixture under a known truth, in either arithmetic."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, NamedTuple

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import (
    FLOAT64,
    Arithmetic,
    Array,
    Ball,
    Float64,
    Scalar,
    check_arithmetic,
)
from theorycheck.arithmetic.budget import remembered
from theorycheck.arithmetic.rounding import ceil_float, widened
from theorycheck.errors import InvalidType, InvalidValue, TooCoarse, TooExpensive
from theorycheck.expectations.balls import FAR_OUT, cancellation_digits
from theorycheck.expectations.float64.regimes import MAX_FULL_RANK, MAX_GRID_RANK
from theorycheck.expectations.float64.sobol import SCRAMBLES, scrambled_moments
from theorycheck.expectations.gaussian import (
    MAX_BALL_RANK,
    SMALL_LOSS,
    check_rank,
    common_offset,
    estimated_loss,
    moments,
    moments_along,
    moments_of_small_loss,
)
from theorycheck.expectations.moments import (
    Moments,
    applied,
    component_average,
    embedded,
    weighted_sum,
    with_deferred,
)
from theorycheck.expectations.proven.terms import PROVEN_DIGITS
from theorycheck.expectations.reduction import (
    Reduction,
    affine_rank,
    affine_reduction,
    principal_axes,
    rational_matrix,
)
from theorycheck.expectations.student import Student
from theorycheck.expectations.trapezoid import FARTHEST, objects
from theorycheck.inputs.mixture import Mixture
from theorycheck.notebook import population_html


@with_deferred
@dataclass(frozen=True, eq=False)
class Population:
    """The exact expectations that gradient EM is made of.

    All fields are float64 numbers, or balls that enclose the exact values, which are found when
    they are asked for. psi_i(x) is the responsibility of component i for the point x, and E the
    expectation under the truth.

    Attributes:
        loss: KL(truth || student).
        responsibilities: (n,), E psi_i.
        overlap: (n, n), E psi_i psi_j.
        gradient: (n, d), of the loss with respect to the means.
        fisher_divergence: E |grad log truth - grad log student|^2.
        positions: (n, d), E psi_i x.
        means: (n, d), of the student.
        weights: (n,), of the student.
    """

    loss: Scalar
    responsibilities: Array
    overlap: Array
    gradient: Array
    fisher_divergence: Scalar
    positions: Array
    means: Array
    weights: Array

    def _repr_html_(self) -> str:
        return population_html(self)

    @property
    def standard_error(self) -> Population | None:
        """None: the fields are sums of a grid, with no statistical error."""
        return None


@dataclass(frozen=True, eq=False)
class SampledPopulation(Population):
    """A population estimated from random points (above affine rank 5): evidence "statistical".

    spread: the standard error of every field, from independent scrambles.
    """

    spread: Population

    @property
    def standard_error(self) -> Population:
        """The standard error of every field; of means and weights, 0."""
        return self.spread


def population(
    mixture: Mixture, *, truth: Mixture | None = None, arithmetic: Arithmetic = FLOAT64
) -> Population:
    """Loss, responsibilities, overlap, gradient and Fisher divergence of a student.

    Float64 is exact up to rounding for affine rank 3 or less, and coarser at ranks 4 and 5 (see
    `grid_tolerance`). Above that it is an estimate, which has a `standard_error`.

    Args:
        mixture: the student, n components in d dimensions.
        truth: None for N(0, I_d), or a mixture in d dimensions.
        arithmetic: `FLOAT64`, `float64(absolute_accuracy)`, which is faster for far means, or
            `ball(digits)` for rigorous enclosures.

    Returns:
        The expectations, in the arithmetic that was asked for.

    Raises:
        UnsupportedRank: the affine rank of the means is too high for balls: above 3, or above 5
            with 12 digits at most.
        TooExpensive: the grid for the sums cannot be formed.
        InvalidValue: the dimensions differ, or a number is beyond the range of float64.
        InvalidType: an argument is of the wrong type.

    Example:
        >>> round(population(Mixture([1.5, -0.7, 2.0], [2, 5, 3])).loss, 12)
        0.275273663339

    Source:
        theory.md, sections 0 to 2.
    """
    check_student(mixture, truth)
    check_arithmetic(arithmetic)
    return population_as_given(mixture, truth, arithmetic)


def population_as_given(
    mixture: Mixture, truth: Mixture | None, arithmetic: Arithmetic
) -> Population:
    """The population of a mixture under a truth whose dimension is known to be that of the mixture.

    Where it can be, without the exact linear algebra that other students need.
    """
    if truth is None and isinstance(arithmetic, Ball):
        return _enclosed(_student(mixture), arithmetic)
    if truth is None and isinstance(arithmetic, Float64):
        means, weights = mixture.doubles
        # Copies, as the mixture keeps its own.
        found = _spanning(means.copy(), weights.copy(), lambda: mixture.centre, arithmetic)
        return _reduced(Student.exact(mixture), arithmetic) if found is None else found
    return student_population(Student.exact(mixture), truth, arithmetic)


def _student(mixture: Mixture) -> Student:
    """The student of a mixture, kept if it is small."""
    is_small = mixture.components * mixture.dimension <= _FEW_ENTRIES
    return _known_student(mixture) if is_small else Student.exact(mixture)


_FEW_ENTRIES = 100


@functools.lru_cache(maxsize=128)
def _known_student(mixture: Mixture) -> Student:
    """Decisions ask for it at one precision after the other."""
    return Student.exact(mixture)


def student_population(
    student: Student, truth: Mixture | None, arithmetic: Arithmetic
) -> Population:
    """The population of a student under N(0, I_d) (None) or a mixture truth."""
    if truth is None:
        return gaussian_population(student, arithmetic)
    return _mixture_population(student, truth, arithmetic)


def check_student(mixture: object, truth: object) -> None:
    """Raise unless both are mixtures of one dimension (the truth may be None)."""
    if not isinstance(mixture, Mixture):
        raise InvalidType(f"mixture is a {type(mixture).__name__}; give a Mixture")
    if truth is None:
        return
    if not isinstance(truth, Mixture):
        raise InvalidType(f"truth is a {type(truth).__name__}; give a Mixture or None")
    if truth.dimension != mixture.dimension:
        raise InvalidValue(
            f"truth has dimension {truth.dimension}; the mixture has {mixture.dimension}"
        )


def gaussian_population(student: Student, arithmetic: Arithmetic) -> Population:
    """The population with truth N(0, I_d)."""
    if isinstance(arithmetic, Ball):
        return _enclosed(student, arithmetic)
    means, weights = FLOAT64.array(student.means.tolist()), FLOAT64.array(student.weights)
    centre = functools.cache(lambda: FLOAT64.array(student.centre()))
    found = _spanning(means, weights, centre, arithmetic)
    return _reduced(student, arithmetic) if found is None else found


def _reduced(student: Student, arithmetic: Float64) -> Population:
    """The population in float64, in the exact affine span of the means."""
    if min(student.means.nrows() - 1, student.means.ncols()) > MAX_BALL_RANK:
        rank = affine_rank(student.means)
        if rank > MAX_GRID_RANK:
            return _sampled(student, rank)
    return _assembled(affine_reduction(student.means), student, arithmetic)


def _enclosed(student: Student, arithmetic: Ball) -> Population:
    """The population with truth N(0, I_d) in balls. Raises TooCoarse for means that are not known.

    Means known to no better than 2 leave no digit of a responsibility, and may be so far apart by
    rounding alone that no grid serves them.
    """
    if student.uncertainty is not None and not ceil_float(student.uncertainty) < 2:
        raise TooCoarse("the means are not known at this precision")
    if _is_its_own_frame(student):
        return _enclosed_as_given(student, arithmetic)
    if min(student.means.nrows() - 1, student.means.ncols()) > MAX_BALL_RANK:
        # Before any costly exact arithmetic.
        check_rank(affine_rank(student.means), arithmetic)
    reduction = affine_reduction(student.means)
    with arithmetic.scope():
        small = _small_as_reduced(reduction, student, arithmetic)
        if small is not None:
            return _widened(small, student.uncertainty)
    extra = 0 if arithmetic.is_quick else _lost_digits(reduction, student)
    finer = replace(arithmetic, digits=arithmetic.digits + extra)
    with finer.scope():
        return _widened(_assembled(reduction, student, finer), student.uncertainty)


def _is_its_own_frame(student: Student) -> bool:
    """True if the means clearly span R^d, d <= 3, and no other axes make the grid much smaller.

    Then they are their own coordinates: to find others, by exact linear algebra, would cost as much
    as the sums.
    """
    n, d = student.means.nrows(), student.means.ncols()
    if d == 1:
        return not _all_equal(student.entries)
    if not d < n or d > MAX_BALL_RANK:
        return False
    if any(abs(entry) > _FARTHEST for entry in student.entries):
        return False
    points = FLOAT64.array(student.entries).reshape(n, d)
    axes = _clear_axes(points, d)
    return axes is not None and _extent(points) <= _ROOMY * _extent(points @ axes.T)


def _extent(coordinates: Array) -> float:
    """About how many nodes a grid needs for such coordinates (n, k), up to a factor."""
    return float(np.maximum(np.ptp(coordinates, axis=0), _NARROW).prod())


_ROOMY, _NARROW, _FARTHEST = 1.5, 0.5, 2**64


def _small_as_reduced(
    reduction: Reduction, student: Student, arithmetic: Ball
) -> Population | None:
    """The same from float64 sums where the loss cancels, if these serve."""
    if arithmetic.digits > PROVEN_DIGITS or reduction.rank == 0:
        return None
    coordinates, weights = reduction.coordinates(arithmetic), arithmetic.vector(student.weights)
    inner = moments_of_small_loss(
        coordinates,
        weights,
        lambda: reduction.mean_coordinates(student.weights, arithmetic),
        estimated_loss(coordinates, weights),
        arithmetic,
    )
    return None if inner is None else _from_reduced(inner, reduction, student, arithmetic)


def _enclosed_as_given(student: Student, arithmetic: Ball) -> Population:
    """The same for means that are their own coordinates.

    Most students lose no digits: then their balls are found only once.
    """
    shape, uncertainty = (-1, student.means.ncols()), student.uncertainty

    def centre() -> Array:
        return arithmetic.vector(student.centre())

    with arithmetic.scope():
        means = arithmetic.vector(student.entries).reshape(shape)
        weights = arithmetic.vector(student.weights)
        loss = estimated_loss(means, weights)
        small = moments_of_small_loss(means, weights, centre, loss, arithmetic)
        if small is not None:
            return _widened(Population(*small, means=means, weights=weights), uncertainty)
        extra = 0
        if not (arithmetic.is_quick or loss > SMALL_LOSS):
            extra = cancellation_digits(means, weights, centre())
        if extra == 0:
            return _widened(_as_given(means, weights, centre, arithmetic), uncertainty)
    arithmetic = replace(arithmetic, digits=arithmetic.digits + extra)
    with arithmetic.scope():
        means = arithmetic.vector(student.entries).reshape(shape)
        weights = arithmetic.vector(student.weights)
        return _widened(_as_given(means, weights, centre, arithmetic), uncertainty)


def _widened(middle: Population, uncertainty: flint.arb | None) -> Population:
    """The population of every student within a distance delta of this one, mean by mean.

    Along a segment, |d l_i| <= |x . delta_i| + rho delta for the logits l, with rho the largest
    norm; |d psi_i| <= 2 psi_i m and |d v| <= 2 rho m + delta with m = max_i |d l_i|. So the bounds
    below follow by the product rule from one of sigma_i = E psi_i m (see `_moved_share`); E psi_i x
    from that of E psi_i |x . e| m; and E m <= (n + rho) delta.

    For the gradient there is a second bound, through the Hessian H of the loss. With
    v_i = x - mu_i and any u = (u_1, ..., u_n),

        <u, H u> = sum_i p_i |u_i|^2 - E Var_psi(<v_i, u_i>),

    where the variance is that of i drawn with probabilities psi_i(x). It is between 0 and
    sum_i psi_i <v_i, u_i>^2, whose expectation is at most sum_i E <v_i, u_i>^2 <=
    (1 + rho^2) |u|^2 as x is N(0, I). So H is between -(1 + rho^2) and 1 and, being symmetric,
    of norm <= 1 + rho^2. All means together move by at most sqrt(n) delta, so the gradient
    by at most (1 + rho^2) sqrt(n) delta.
    """
    if uncertainty is None or uncertainty == 0:
        return middle
    delta, n, inner = uncertainty, len(middle.weights), _moments_of(middle)
    rho = flint.arb(0)
    for square in (middle.means * middle.means).sum(axis=1):
        rho = rho.max(square.abs_upper().sqrt())
    rho += delta
    turn = 2 * rho * (n + rho) * delta + delta
    steepest = (1 + rho * rho) * flint.arb(n).sqrt() * delta

    def moved(responsibilities: Array) -> list[_MovedShare]:
        return [_moved_share(p, n, rho, delta) for p in responsibilities]

    def shared(values: Array, shares: list[_MovedShare]) -> Any:
        return widened(values, 2 * objects(share.slope for share in shares))

    def overlapped(values: Array, shares: list[_MovedShare]) -> Any:
        slopes = objects(share.slope for share in shares)
        return widened(values, 4 * np.minimum(slopes[:, None], slopes[None, :]))

    def bent(values: Array, shares: list[_MovedShare]) -> Any:
        bends = objects((4 * rho * s.slope + s.size * delta).min(steepest) for s in shares)
        return widened(values, bends[:, None])

    def placed(values: Array, shares: list[_MovedShare]) -> Any:
        return widened(values, 2 * objects(share.place for share in shares)[:, None])

    shares = applied(moved, inner.responsibilities)
    return _replaced(
        middle,
        loss=applied(widened, inner.loss, rho * delta),
        responsibilities=applied(shared, inner.responsibilities, shares),
        overlap=applied(overlapped, inner.overlap, shares),
        gradient=applied(bent, inner.gradient, shares),
        fisher_divergence=applied(widened, inner.fisher_divergence, 2 * rho * turn),
        positions=applied(placed, inner.positions, shares),
        means=widened(middle.means, delta),
    )


_LEAST_SHARE = flint.arb(2) ** -10_000
"""It stands for smaller responsibilities, as their bounds grow with them."""


class _MovedShare(NamedTuple):
    """Bounds for one component along a segment: of p_i, E psi_i m, and E psi_i |x . e| m."""

    size: flint.arb
    slope: flint.arb
    place: flint.arb


def _moved_share(
    responsibility: flint.arb, components: int, rho: flint.arb, delta: flint.arb
) -> _MovedShare:
    """Bounds in proportion to a component's responsibility p, where means move by up to delta.

    Let z = x . e for a unit vector e, and E psi = p with 0 <= psi <= 1. Of all such psi the
    indicator of |z| > t with P(|z| > t) = p makes E psi z^2 largest, and that is p + 2 t phi(t) <=
    p (2 + t^2) as P(|z| > t) >= 2 t phi(t) / (1 + t^2). Since p <= e^{-t^2/2},

        E psi z^2 <= s^2 p,   s^2 = 2 + 2 log(1/p),   E psi |z| <= s p.

    So E psi_i m <= (n s + rho) p delta and E psi_i |z| m <= (n s + rho) s p delta; p s grows with
    p as s > 1, and s falls. On the way p itself changes, by |dp| <= 2 E psi_i m. With theta =
    4 (n s + rho) delta <= 1 it stays below (1 + theta) p: up to there it can have grown by
    2 (n s + rho) (1 + theta) p delta = (1 + theta) theta p / 2 <= theta p.

    Where theta > 1, p <= 1, E m <= (n + rho) delta and E |z| |x . u| <= 1 are left.
    """
    n = flint.arb(components)
    size = responsibility.abs_upper().max(_LEAST_SHARE).min(flint.arb(1))
    s = (2 - 2 * size.log()).sqrt()
    growth = 4 * (n * s + rho) * delta
    plain = (n + rho) * delta
    if not growth <= 1:
        return _MovedShare(flint.arb(1), plain, plain)
    size *= 1 + growth
    slope = size * (n * s + rho) * delta
    return _MovedShare(size, slope.min(plain), (slope * s).min(plain))


_CLEARLY = 0.1
"""A share of the largest norm. What rounds the norms of the means moves their axes: where they
spread by more than this share along each, that is next to nothing beside their differences too."""


def _spanning(
    means: Array, weights: Array, centre: Callable[[], Array], arithmetic: Arithmetic
) -> Population | None:
    """The population in float64 of means (n, d) that clearly have rank min(n - 1, d), as generic
    ones do; None of others.

    Any orthonormal axes of their span will do, and finding them needs no exact linear algebra.
    """
    n, d = means.shape
    if d == 1:
        is_spread = not _all_equal(means.ravel().tolist())
        return _as_given(means, weights, centre, arithmetic) if is_spread else None
    rank = min(n - 1, d)
    if not (0 < rank <= MAX_FULL_RANK and abs(means).max() < FARTHEST):
        return None
    axes = _clear_axes(means, rank)
    if axes is None:
        return None
    if rank < d and centre().any():
        # Of an exact centre that is 0 the offset is exact; it is good where it is a large part.
        common = common_offset(axes, centre())
        if not np.linalg.norm(common) > _CLEARLY * np.linalg.norm(centre()):
            return None
    found = moments_along(axes, means, weights, centre, arithmetic)
    return Population(*found, means=means, weights=weights)


def _clear_axes(means: Array, rank: int) -> Array | None:
    """The principal axes (rank, d) of means (n, d); None if they do not clearly need so many."""
    _, spreads, axes = np.linalg.svd(means - means.mean(axis=0), full_matrices=False)
    largest = np.sqrt((means * means).sum(axis=1)).max()
    return axes[:rank] if spreads[rank - 1] > _CLEARLY * largest else None


def _as_given(
    means: Array, weights: Array, centre: Callable[[], Array], arithmetic: Arithmetic
) -> Population:
    """The population of means (n, d) that are their own coordinates: most of the cost is saved."""
    inner = moments(means, weights, centre, arithmetic)
    return Population(*inner, means=means, weights=weights)


def _sampled(student: Student, rank: int) -> SampledPopulation:
    """Estimates from independent scrambles: their mean, and the standard error of the mean.

    The coordinates are taken in float64: exact ones of a high rank cost more than the sums.
    """
    means, weights = FLOAT64.array(student.means.tolist()), FLOAT64.array(student.weights)
    if not abs(means).max() < FARTHEST:
        raise TooExpensive(f"a mean is farther than {FARTHEST:.0e}, so no points can be chosen")
    directions = principal_axes(means, rank)
    centre = FLOAT64.array(student.centre())
    mean, coordinates = directions @ centre, means @ directions.T
    offset = common_offset(directions, centre)
    # Not through `moments`, which gives the mean of the scrambles alone.
    parts = [
        embedded(scrambled_moments(coordinates, weights, mean, scramble), directions, offset)
        for scramble in range(SCRAMBLES)
    ]
    found = weighted_sum([1 / SCRAMBLES] * SCRAMBLES, parts)
    deviations = (np.std(entries, axis=0) for entries in zip(*parts, strict=True))
    errors = Moments(*(deviation / math.sqrt(SCRAMBLES - 1) for deviation in deviations))
    spread = Population(*errors, means=0 * means, weights=0 * weights)
    return SampledPopulation(*found, means=means, weights=weights, spread=spread)


def _all_equal(entries: list[Any]) -> bool:
    """True if all entries are equal, as those of the means are where the affine rank is 0."""
    return all(entry == entries[0] for entry in entries)


def _lost_digits(reduction: Reduction, student: Student) -> int:
    """Digits to add so that the loss keeps its relative accuracy near the optimum."""
    if reduction.rank == 0:
        return 0  # the loss is |w|^2 / 2, without cancellation
    low = Ball(15)
    with low.scope():
        weights = low.vector(student.weights)
        if _is_loss_large(low.array(student.means.tolist()), weights, reduction.rank):
            return 0
        offset = low.vector(reduction.offset)
        centre = reduction.mean_coordinates(student.weights, low)
        mean = np.append(centre, np.sqrt((offset * offset).sum()))
        return cancellation_digits(reduction.coordinates(low), weights, mean)


def _is_loss_large(means: Array, weights: Array, rank: int) -> bool:
    """True where an estimate of the loss is above 1/100, so that `cancellation_digits` is 0.

    rank: of the means (n, d), an upper bound. It is |m|^2 / 2 + tr(C^2) / 4, with m the mean and
    C the reduced second moments, at least where no mean is beyond `FAR_OUT`. Of rank k, tr(C^2) >=
    (tr C)^2 / k; and sum pi_i |mu_i|^2 is |w|^2 + tr C, where |w| <= |m| for the common offset w.
    Entries are cut off so that no mean is beyond it.
    """
    shares, spread, square = list(map(float, weights.tolist())), 0.0, 0.0
    most = FAR_OUT / math.sqrt(means.shape[1])
    for column in means.T.tolist():
        entries = [max(-most, min(float(entry), most)) for entry in column]
        weighted = list(map(operator.mul, shares, entries))
        centre = sum(weighted)
        spread += sum(map(operator.mul, weighted, entries))
        square += centre * centre
    if rank < means.shape[1]:
        spread = max(0.0, spread - square)
    return square / 2 + spread * spread / (4 * rank) > SMALL_LOSS


def _assembled(reduction: Reduction, student: Student, arithmetic: Arithmetic) -> Population:
    inner = moments(
        reduction.coordinates(arithmetic),
        arithmetic.array(student.weights),
        lambda: reduction.mean_coordinates(student.weights, arithmetic),
        arithmetic,
    )
    return _from_reduced(inner, reduction, student, arithmetic)


def _from_reduced(
    inner: Moments, reduction: Reduction, student: Student, arithmetic: Arithmetic
) -> Population:
    """The population of a student from the moments of its reduced coordinates."""
    is_full = reduction.rank == len(reduction.offset)
    offset = None if is_full else arithmetic.array(reduction.offset)
    with np.errstate(over="ignore"):
        found = embedded(inner, reduction.directions(arithmetic), offset)
    if isinstance(found.loss, float) and not math.isfinite(found.loss):
        raise InvalidValue("the loss is beyond the range of float64 (1.8e308)")
    weights = arithmetic.array(student.weights)
    return Population(*found, means=arithmetic.array(student.means.tolist()), weights=weights)


def _mixture_population(student: Student, truth: Mixture, arithmetic: Arithmetic) -> Population:
    """Subtract what the truth's own entropy and score contribute.

    For the Fisher divergence: E <grad log p, grad log p*> = -E div grad log p (by parts), which
    leaves E |v|^2 of the student minus E |v|^2 of the truth.
    """
    against = average_over_truth(student, truth, arithmetic)
    found, own = _moments_of(against), _moments_of(_truth_alone(truth, arithmetic))
    with arithmetic.scope():
        return _replaced(
            against,
            loss=applied(operator.sub, found.loss, own.loss),
            fisher_divergence=applied(operator.sub, found.fisher_divergence, own.fisher_divergence),
            means=_lifted_means(student, arithmetic),
        )


def _lifted_means(student: Student, arithmetic: Arithmetic) -> Array:
    means: Array = arithmetic.array(student.means.tolist())
    if student.uncertainty is not None:
        means = means + flint.arb(0, student.uncertainty.abs_upper())
    return means


@remembered(64)
def _truth_alone(truth: Mixture, arithmetic: Arithmetic) -> Population:
    return average_over_truth(Student.exact(truth), truth, arithmetic)


def average_over_truth(student: Student, truth: Mixture, arithmetic: Arithmetic) -> Population:
    """The average over j, weighted by pi*_j, of the populations whose truth is N(mu*_j, I).

    The entropy and the score of the truth are not yet subtracted from loss and Fisher divergence.
    """
    n = student.means.nrows()
    parts = [
        gaussian_population(
            replace(student, means=student.means - rational_matrix((mean,) * n)), arithmetic
        )
        for mean in truth.means
    ]
    with arithmetic.scope():
        shares = arithmetic.array(truth.weights)
        centres = arithmetic.array(truth.means)
        found = component_average(shares, [_moments_of(part) for part in parts], centres)
    means, weights = parts[0].means, parts[0].weights
    spreads = [part.standard_error for part in parts]
    known = [spread for spread in spreads if spread is not None]
    if len(known) < len(parts):  # a translation of the means has the same rank: all, or none
        return Population(*found, means=means, weights=weights)
    # The scrambles are the same for every part, so at worst the errors add up.
    errors = component_average(shares, [_moments_of(spread) for spread in known], abs(centres))
    spread = Population(*errors, means=known[0].means, weights=known[0].weights)
    return SampledPopulation(*found, means=means, weights=weights, spread=spread)


def _moments_of(population: Population) -> Moments:
    """Its fields, deferred where they are."""
    return Moments(*_FIELDS(vars(population)))


_FIELDS = itemgetter(*Moments._fields)


def _replaced(population: Population, **fields: Any) -> Population:
    """The same with other fields; what is deferred stays so."""
    return type(population)(**{**vars(population), **fields})
