"""`escape_bounds`: when a start, or any start of a box, leaves a bad local region, from both sides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

import flint

from theorycheck.arithmetic.arithmetics import as_fmpq
from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Number, Vector, exact, positive, whole_number
from theorycheck.notebook import HtmlRecord
from theorycheck.traps.certified import PRECISION, Question, TubeCertificate, certify
from theorycheck.traps.closed_form import log_of, log_steps_above, log_steps_below, whole_steps
from theorycheck.traps.tracking import Limits

MOST_IN_A_TUBE = 6
FARTHEST_IN_A_TUBE = 20


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
        method: "tube", or "closed form" where no tube was followed to the end.
        certificate: what proves the bounds of a tube; None for a closed form.
    """

    steps_lower: int | None
    steps_upper: int | None
    log_steps_lower: float
    log_steps_upper: float | None
    far: tuple[int, ...]
    near: tuple[int, ...]
    method: Literal["tube", "closed form"]
    certificate: TubeCertificate | None = field(default=None, repr=False)


def escape_bounds(
    m: Mixture,
    step_size: Number,
    far: Iterable[int] | None = None,
    shrink: Number = "5/6",
    radius: Number | None = None,
    truth: Mixture | None = None,
) -> EscapeBounds:
    """Enclose the time at which gradient EM leaves a bad local region.

    T is the first t at which some far mean has |mu_i(t)| <= shrink |mu_i(0)|, or <= radius if that
    is given, distances from the truth. On a line, with up to 6 components within 20 of the truth, a
    tube gives both bounds, mostly within a percent of each other; elsewhere formulas do, far apart.

    Args:
        m: the start.
        step_size: 0 < eta <= 1.
        far: indices of the means that are watched; by default those at more than half the largest
            distance.
        shrink: in (0, 1).
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

    Source:
        The theorem in `theorycheck/traps/tube.py`; the formulas in `closed_form.py`.
    """
    eta = positive(step_size, "step_size", most=1)
    start = _from_truth(m, truth)
    question = _question(start, eta, far, exact(shrink, "shrink"), radius)
    found = _by_tube(start, question)
    if found is not None and found.last is not None:
        return _bounds(question, found.first, found.last, found)
    return _with_closed_form(start, question, found)


def _from_truth(m: object, truth: object) -> Mixture:
    """The start as seen from the truth's mean."""
    if not isinstance(m, Mixture):
        raise InvalidType(f"m is a {type(m).__name__}; give a Mixture")
    if truth is None:
        return m
    if not isinstance(truth, Mixture):
        raise InvalidType(f"truth is a {type(truth).__name__}; give a Mixture or None")
    if truth.components > 1:
        raise InvalidValue(
            f"truth has {truth.components} components; escape bounds are for one Gaussian, "
            "as a mixture may have other minima, which are never left"
        )
    if truth.dimension != m.dimension:
        raise InvalidValue(f"truth has dimension {truth.dimension}; the start has {m.dimension}")
    return m.shifted([-entry for entry in truth.means[0]])


def _squares(start: Mixture) -> list[Fraction]:
    return [sum((entry * entry for entry in row), Fraction(0)) for row in start.means]


def _far_of(start: Mixture, far: Iterable[int] | None) -> tuple[int, ...]:
    """The given indices, or those at more than half the largest distance."""
    squares, n = _squares(start), start.components
    if far is None:
        largest = max(squares)
        if largest == 0:
            raise InvalidValue("m is at the truth: no mean is far")
        return tuple(i for i, square in enumerate(squares) if 4 * square > largest)
    if isinstance(far, (str, bytes)) or not isinstance(far, Iterable):
        raise InvalidType(f"far is a {type(far).__name__}; give a list of indices")
    given = tuple(whole_number(i, "far", least=0, most=n - 1) for i in far)
    if not given or len(set(given)) < len(given):
        raise InvalidValue(f"far is {list(given)}; give at least one index, each once")
    at_truth = [i for i in given if squares[i] == 0]
    if at_truth:
        raise InvalidValue(f"far holds {at_truth[0]}, a mean at the truth")
    return tuple(sorted(given))


def _question(
    start: Mixture,
    eta: Fraction,
    far: Iterable[int] | None,
    shrink: Fraction,
    radius: Number | None,
) -> Question:
    if not 0 < shrink < 1:
        raise InvalidValue(f"shrink is {shrink}; it must be above 0 and below 1")
    line = _line(start)
    return Question(
        low=line,
        high=line,
        weights=start.weights,
        step_size=eta,
        far=_far_of(start, far),
        shrink=shrink,
        radius=None if radius is None else positive(radius, "radius"),
    )


def _line(start: Mixture) -> Vector:
    """The means as numbers if all are on one axis of coordinates, else an empty vector."""
    used = [column for column in zip(*start.means, strict=True) if any(column)]
    return tuple(used[0]) if len(used) == 1 else ()


def _by_tube(start: Mixture, question: Question) -> TubeCertificate | None:
    """The tube of a start, or None where it is not tried."""
    if not question.low or start.components > MOST_IN_A_TUBE:
        return None
    if max(map(abs, question.low)) > FARTHEST_IN_A_TUBE:
        return None
    return certify(question, Limits())


def _bounds(
    question: Question, first: int, last: int | None, certificate: TubeCertificate | None
) -> EscapeBounds:
    return EscapeBounds(
        steps_lower=first,
        steps_upper=last,
        log_steps_lower=log_of(first, up=False),
        log_steps_upper=None if last is None else log_of(last, up=True),
        far=question.far,
        near=tuple(i for i in range(len(question.weights)) if i not in question.far),
        method="tube",
        certificate=certificate,
    )


def _with_closed_form(
    start: Mixture, question: Question, tube: TubeCertificate | None
) -> EscapeBounds:
    """The formulas' bounds, with what a tube showed before it ended."""
    with PRECISION.scope():
        radius = _largest_radius(start, question)
        log_low = log_steps_below(start, question.step_size, question.far, radius)
        log_high = log_steps_above(start, question.step_size, radius)
    shown = 1 if tube is None else tube.first
    first = None if log_low is None else whole_steps(log_low, up=False)
    if log_low is None or (first is not None and first < shown):
        first, log_low = shown, log_of(shown, up=False)
        method = "closed form" if tube is None else "tube"
    else:
        method = "closed form"
    return EscapeBounds(
        steps_lower=first,
        steps_upper=None if log_high is None else whole_steps(log_high, up=True),
        log_steps_lower=log_low,
        log_steps_upper=log_high,
        far=question.far,
        near=tuple(i for i in range(len(question.weights)) if i not in question.far),
        method=method,
        certificate=tube if method == "tube" else None,
    )


def _largest_radius(start: Mixture, question: Question) -> flint.arb:
    """The largest r_i of a far mean."""
    if question.radius is not None:
        return flint.arb(as_fmpq(question.radius))
    squares = _squares(start)
    largest = max(squares[i] for i in question.far)
    return flint.arb(as_fmpq(largest)).sqrt() * flint.arb(as_fmpq(question.shrink))
