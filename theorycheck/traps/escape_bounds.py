"""`escape_bounds`: when a start, or any start of a box, leaves a bad local region."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import reduce
from pathlib import Path
from typing import Any, Literal, NamedTuple

import flint

from theorycheck.arithmetic.arithmetics import as_fmpq
from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Matrix, Number, Vector, exact, positive, whole_number
from theorycheck.inputs.region import Region
from theorycheck.notebook import HtmlRecord
from theorycheck.pictures import plot_escape
from theorycheck.traps.arb_plane import arb_field_of
from theorycheck.traps.certified import (
    PRECISION,
    Question,
    TubeCertificate,
    certify,
    distances_within,
    replayed,
)
from theorycheck.traps.closed_form import (
    log_of,
    log_steps_above,
    log_steps_below,
    square,
    whole_steps,
)
from theorycheck.traps.placed import placed_starts
from theorycheck.traps.tracking import LIMITS


@dataclass(frozen=True)
class EscapeBounds(HtmlRecord):
    """Certified bounds of T, the first t at which some far mean is within its radius.

    Attributes:
        steps_lower: T is at least this; None where it is too large to be written out.
        steps_upper: T is at most this; None where nothing is shown, or it is too large.
        log_steps_lower: natural logarithm of a lower bound, rounded down; minus infinity for 0.
        log_steps_upper: natural logarithm of an upper bound, rounded up, or None.
        far: indices of the means that are watched.
        near: indices of the others.
        method: "tube", or "closed form" where a formula gives either bound.
        certificate: what proves the bounds of a tube; None where none was followed.
    """

    steps_lower: int | None
    steps_upper: int | None
    log_steps_lower: float
    log_steps_upper: float | None
    far: tuple[int, ...]
    near: tuple[int, ...]
    method: Literal["tube", "closed form"]
    certificate: TubeCertificate | None = field(default=None, repr=False)

    def plot(self, axes: Any = None) -> Any:
        """Draw the tube: where each watched mean certainly is, and when the first has left.

        axes: of Matplotlib; those of a new figure by default. Returns them. Raises InvalidValue
        where the bounds are those of a formula, and there is no tube.
        """
        if self.certificate is None:
            raise InvalidValue("these bounds are those of a formula; there is no tube to draw")
        return plot_escape(self, distances_within(self.certificate), axes)


class Starts(NamedTuple):
    """The ends of all means, (n, d) each, equal for a single start, and the weights."""

    low: Matrix
    high: Matrix
    weights: Vector

    def may_be_at_truth(self, i: int) -> bool:
        """True if the range of a mean holds 0."""
        return all(a <= 0 <= b for a, b in zip(self.low[i], self.high[i], strict=True))


SHRINK = Fraction(5, 6)


def escape_bounds(
    m: Mixture | Region,
    step_size: Number,
    far: Iterable[int] | None = None,
    shrink: Number = "5/6",
    radius: Number | None = None,
    truth: Mixture | None = None,
) -> EscapeBounds:
    """Enclose the time at which gradient EM leaves a bad local region.

    T is the first t at which some far mean has |mu_i(t)| <= shrink |mu_i(0)|, or <= radius if that
    is given; distances are from the truth. A tube gives both bounds, mostly within a percent of
    each other, where start and truth are on a line, with up to 6 components within 20 of the truth;
    in the plane, for one start, with up to 4 within some 11, they are within a few percent. So it
    is in any dimension for a start whose span is a line or a plane. Elsewhere formulas give the
    bounds, far apart.

    Args:
        m: the start; or a region of starts on a line, with a range for every mean and a single
            number for every weight. Then the bounds hold for each start, T relative to itself.
        step_size: 0 < eta <= 1.
        far: indices of the means that are watched; by default those at more than half the largest
            distance (of a region: at its centre).
        shrink: above 0 and below 1.
        radius: a distance, in place of `shrink`.
        truth: None for N(0, I), or a mixture of one component.

    Returns:
        Bounds, with what proves them.

    Raises:
        InvalidValue: an argument is out of range, or the truth has several components.
        InvalidType: an argument is of the wrong type.

    Example:
        >>> found = escape_bounds(Mixture([5, -5, 0]), step_size=1)
        >>> found.steps_lower, found.steps_upper, found.method
        (24, 24, 'tube')
        >>> found = escape_bounds(Mixture([[3, 0], [0, 4], [0, 0]]), step_size=1)
        >>> found.steps_lower, found.steps_upper
        (3, 3)

    Source:
        The theorem in `theorycheck/traps/tube.py`; the formulas in `closed_form.py`.
    """
    low, high, weights = _ends(m, truth)
    factor = exact(shrink, "shrink")
    if not 0 < factor < 1:
        raise InvalidValue(f"shrink is {factor}; it must be above 0 and below 1")
    eta = positive(step_size, "step_size", most=1)
    leaving = None if radius is None else positive(radius, "radius")
    starts = Starts(low, high, weights)
    watched = _far_of(starts, far)
    return bounds_of_starts(starts, eta, watched, factor, leaving)


def bounds_of_starts(
    starts: Starts, eta: Fraction, far: tuple[int, ...], shrink: Fraction, radius: Fraction | None
) -> EscapeBounds:
    """`escape_bounds` of starts in any dimension, as seen from the truth, for checked arguments."""
    tube = None
    placed = placed_starts(starts.low, starts.high)
    if placed is not None and _at_start(starts, far, radius)[1] is None:
        low, high, dimension = placed
        question = Question(low, high, starts.weights, eta, far, shrink, radius, dimension)
        tube = certify(question, LIMITS[dimension])
    if tube is not None and tube.last is not None:
        return _from_tube(tube)
    return _from_formulas(starts, eta, far, shrink, radius, tube)


def check_escape_bounds(certificate: TubeCertificate | str | Path) -> EscapeBounds:
    """Check the certificate of a tube again, in Arb alone, and give the bounds that it proves.

    Every macro-step is verified anew by sums in ball arithmetic; nothing that float64 found is
    trusted. It takes 10 to 100 times as long as finding the bounds.

    Args:
        certificate: of `EscapeBounds`, or the name of a file that its `save` wrote.

    Returns:
        The bounds that follow. A certificate that proves less than it says gives wider ones.

    Raises:
        InvalidValue: it cannot be read, or the theorem does not apply to it.
        InvalidType: it is something else.

    Example:
        >>> found = escape_bounds(Mixture([4, -4, 0]), step_size=1)
        >>> check_escape_bounds(found.certificate).steps_upper
        8

    Source:
        The theorem in `theorycheck/traps/tube.py`.
    """
    if not isinstance(certificate, TubeCertificate):
        certificate = TubeCertificate.from_file(certificate)
    with PRECISION.scope():
        field = arb_field_of(certificate.frame, certificate.question.weights)
        first, last = replayed(certificate, field)
    return _from_tube(replace(certificate, first=first, last=last))


def _ends(m: object, truth: object) -> tuple[Matrix, Matrix, Vector]:
    """The means of a start, or the ends of those of a region, as seen from the truth; weights."""
    if isinstance(m, Region):
        low, high, weights = _ends_of_region(m)
    elif isinstance(m, Mixture):
        low, high, weights = m.means, m.means, m.weights
    else:
        raise InvalidType(f"m is a {type(m).__name__}; give a Mixture or a Region")
    if truth is None:
        return low, high, weights
    centre = _centre(truth, len(low[0]))
    return _shifted(low, centre), _shifted(high, centre), weights


def _ends_of_region(region: Region) -> tuple[Matrix, Matrix, Vector]:
    if region.dimension != 1:
        raise InvalidValue(f"the region has dimension {region.dimension}; those of starts have 1")
    if region.means is None:
        raise InvalidValue("the region has no ranges for its means")
    n = region.components
    ranges = region.weights or ((Fraction(1, n),) * 2,) * n
    if any(least != most for least, most in ranges):
        raise InvalidValue("the region has ranges of weights; give single numbers, as [w, w]")
    weights = tuple(least for least, _ in ranges)
    low, high = (tuple((ends[k],) for ends in region.means) for k in (0, 1))
    return low, high, weights


def _centre(truth: object, dimension: int) -> Vector:
    """The mean of a truth of one component."""
    if not isinstance(truth, Mixture):
        raise InvalidType(f"truth is a {type(truth).__name__}; give a Mixture or None")
    if truth.components > 1:
        raise InvalidValue(
            f"truth has {truth.components} components; escape bounds are for one Gaussian, as "
            "other truths can have local minima, which are never left"
        )
    if truth.dimension != dimension:
        raise InvalidValue(f"truth has dimension {truth.dimension}; the start has {dimension}")
    return truth.means[0]


def _shifted(rows: Matrix, centre: Vector) -> Matrix:
    return tuple(tuple(a - b for a, b in zip(row, centre, strict=True)) for row in rows)


def far_by_default(low: Matrix, high: Matrix) -> list[int]:
    """The means at more than half the largest distance, where each is at the centre of its ends.

    None where all are at the truth.
    """
    middles = [
        tuple((a + b) / 2 for a, b in zip(*rows, strict=True))
        for rows in zip(low, high, strict=True)
    ]
    if not any(map(any, middles)):
        return []
    with PRECISION.scope():
        squares = [square(row) for row in middles]
        largest = reduce(flint.arb.max, squares)
        return [i for i, size in enumerate(squares) if 4 * size > largest]


def _far_of(starts: Starts, far: Iterable[int] | None) -> tuple[int, ...]:
    """The given indices, or those that are far by default; none may be at 0."""
    if far is None:
        given = far_by_default(starts.low, starts.high)
        if not given:
            raise InvalidValue("m is at the truth: no mean is far")
    else:
        if isinstance(far, (str, bytes)) or not isinstance(far, Iterable):
            raise InvalidType(f"far is a {type(far).__name__}; give a list of indices")
        given = [whole_number(i, "far", least=0, most=len(starts.low) - 1) for i in far]
    if not given or len(set(given)) < len(given):
        raise InvalidValue(f"far is {given}; give at least one index, each once")
    for i in given:
        if starts.may_be_at_truth(i):
            raise InvalidValue(f"far holds {i}, a mean that may be at the truth")
    return tuple(sorted(given))


def _from_tube(tube: TubeCertificate) -> EscapeBounds:
    far, n = tube.question.far, len(tube.question.weights)
    # No start has shrunk at t = 0. The tube of a wide box, with one radius for all, may not tell.
    first = max(tube.first, 1) if tube.question.radius is None else tube.first
    return EscapeBounds(
        steps_lower=first,
        steps_upper=tube.last,
        log_steps_lower=log_of(first, up=False),
        log_steps_upper=None if tube.last is None else log_of(tube.last, up=True),
        far=far,
        near=_others(far, n),
        method="tube",
        certificate=tube,
    )


def _others(far: tuple[int, ...], n: int) -> tuple[int, ...]:
    return tuple(sorted(set(range(n)) - set(far)))


def _from_formulas(
    starts: Starts,
    eta: Fraction,
    far: tuple[int, ...],
    shrink: Fraction,
    radius: Fraction | None,
    tube: TubeCertificate | None,
) -> EscapeBounds:
    """The formulas' bounds, and what a tube showed before it ended."""
    with PRECISION.scope():
        outer = _radius(_nearest(starts), far, shrink, radius)
        energy = sum(map(_larger_square, starts.low, starts.high), flint.arb(0))
        log_high = log_steps_above(energy, min(starts.weights), eta, outer)
        log_low = None
        if starts.low == starts.high:
            log_low = log_steps_below(Mixture(starts.low, starts.weights), eta, far, outer)
    at_start = _at_start(starts, far, radius)
    shown = at_start[0] if tube is None else max(at_start[0], tube.first)
    first = None if log_low is None else whole_steps(log_low, up=False)
    if log_low is None or (first is not None and first < shown):
        found = EscapeBounds(shown, None, log_of(shown, up=False), None, far, (), "tube", tube)
    else:
        found = EscapeBounds(first, None, log_low, None, far, (), "closed form")
    last = at_start[1]
    if last is None and log_high is not None:
        last = whole_steps(log_high, up=True)
    return replace(
        found,
        steps_upper=last,
        log_steps_upper=log_of(0, up=True) if at_start[1] == 0 else log_high,
        near=_others(far, len(starts.weights)),
        method="closed form",
    )


def _at_start(
    starts: Starts, far: tuple[int, ...], radius: Fraction | None
) -> tuple[int, int | None]:
    """Bounds of T from the starts alone: it is 0 within the radius, and at least 1 outside."""
    if radius is None:
        return 1, None  # shrink is below 1
    with PRECISION.scope():
        goal, nearest = flint.arb(as_fmpq(radius)) ** 2, _nearest(starts)
        are_outside = all(square(nearest[i]) > goal for i in far)
        are_inside = any(_larger_square(starts.low[i], starts.high[i]) <= goal for i in far)
    return int(are_outside), 0 if are_inside else None


def _nearest(starts: Starts) -> Matrix:
    """Of each range the mean that is nearest to the truth."""
    return tuple(
        tuple(
            Fraction(0) if a <= 0 <= b else min(a, b, key=abs)
            for a, b in zip(low, high, strict=True)
        )
        for low, high in zip(starts.low, starts.high, strict=True)
    )


def _radius(
    rows: Matrix, far: tuple[int, ...], shrink: Fraction, radius: Fraction | None
) -> flint.arb:
    """The largest r_i of the far means."""
    if radius is not None:
        return flint.arb(as_fmpq(radius))
    largest = reduce(flint.arb.max, [square(rows[i]) for i in far])
    return largest.sqrt() * flint.arb(as_fmpq(shrink))


def _larger_square(low: Vector, high: Vector) -> flint.arb:
    """The largest squared norm of a mean of a range."""
    return square(tuple(max(a, b, key=abs) for a, b in zip(low, high, strict=True)))
