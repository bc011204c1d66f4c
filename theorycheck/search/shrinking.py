"""Shrinking: the simplest case with the same verdict, with fewer components and shorter numbers.

As in property testing, every change that makes the case simpler and keeps its certified verdict is
taken, until there is none. Every step is certified, so the result is itself a counterexample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from theorycheck.errors import InvalidValue, TheoryCheckError
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements.claim import Claim
from theorycheck.statements.cost import SHRINKING_COST, is_expensive
from theorycheck.statements.decision import decide, float64_view
from theorycheck.statements.statement import EXTRA_INPUTS
from theorycheck.statements.verdicts import Evidence, Sign

BUDGET = 400
"""Evaluations; an expensive one counts five."""
_RUNGS = (12, 18, 36)
_WIDTHS = tuple(Fraction(1, 4**k) for k in range(13))
_FAILURES = (TheoryCheckError, ArithmeticError, ValueError)
"""A claim may raise these where it is not defined: such a case is no counterexample."""
_SIZES = tuple(Fraction(1, 10**k) for k in range(7))
_GROWTH = tuple(Fraction(2**k) for k in (16, 8, 4, 1))
_FAR = Fraction(8)
_VECTORS = ("x", "direction")


def shrink(claim: Claim, case: Case, budget: int = BUDGET) -> Case:
    """A case as simple as can be found at which the claim's certified verdict is the same.

    The verdict is a refutation; for an existence claim it is a witness. A case without it is
    returned as it is. budget: evaluations, of which expensive ones (affine rank 2, a trajectory, or
    a claim that only balls can evaluate) count five. Deterministic.
    """
    shrinker = _Shrinker(claim, case, budget)
    if not shrinker.is_certified(case):
        return case
    shrinker.exhaust(lambda whole: _without_what_is_not_asked(claim, whole))
    size = None
    while shrinker.has_budget and size != (size := shrinker.size):
        for simpler in _PASSES:
            shrinker.exhaust(simpler)
    return shrinker.case


def complexity(case: Case) -> tuple[int, ...]:
    """A key by which simpler cases are smaller.

    Fewer components, dimensions, components of the truth and steps; then fewer bits in all its
    numbers; then smaller numerators and denominators; then fewer signs.
    """
    numbers = list(_numbers(case))
    bits = sum(q.numerator.bit_length() + q.denominator.bit_length() for q in numbers)
    size = sum(abs(q.numerator) + q.denominator for q in numbers)
    truth = 0 if case.truth is None else case.truth.components
    mixture = case.mixture
    sizes = (mixture.components, mixture.dimension, truth, case.steps or 0)
    return (*sizes, bits, size, sum(q < 0 for q in numbers))


def _numbers(case: Case) -> Iterator[Fraction]:
    for mixture in (case.mixture, case.truth):
        if mixture is not None:
            yield from (entry for row in mixture.means for entry in row)
            yield from mixture.weights
    yield from (entry for name in _VECTORS for entry in getattr(case, name) or ())
    yield from (entry for row in case.target or () for entry in row)
    yield from (value for value in (case.step_size, case.s) if value is not None)


def _largest(case: Case) -> Fraction:
    """The largest entry of a mean, of the student or the truth."""
    mixtures = [m for m in (case.mixture, case.truth) if m is not None]
    return max(abs(entry) for m in mixtures for row in m.means for entry in row)


class _Shrinker:
    """The simplest certified case so far, and the budget that is left."""

    def __init__(self, claim: Claim, case: Case, budget: int) -> None:
        self.claim, self.case = claim, case
        self.size = complexity(case)
        self._left = budget
        self._tried: set[Case] = set()
        self._wanted = Sign.POSITIVE if claim.kind == "existence" else Sign.NEGATIVE

    @property
    def has_budget(self) -> bool:
        return self._left > 0

    def exhaust(self, simpler: Callable[[Case], Iterator[Case | None]]) -> None:
        """Take every simplification of one kind that works, beginning anew after each."""
        progress = True
        while progress and self.has_budget:
            progress = any(self._accepts(candidate) for candidate in simpler(self.case))

    def _accepts(self, candidate: Case | None) -> bool:
        if candidate is None or not self.has_budget:
            return False
        size = complexity(candidate)
        if size >= self.size or candidate in self._tried:
            return False
        self._tried.add(candidate)
        if self._is_far(candidate):
            return False
        if not self.claim.domain.contains(candidate) or not self._is_promising(candidate):
            return False
        if not self.is_certified(candidate):
            return False
        self.case, self.size = candidate, size
        return True

    def _is_far(self, candidate: Case) -> bool:
        """True if a candidate is much larger than the case, so that grids become expensive."""
        return _largest(candidate) > max(_FAR, _largest(self.case))

    def _is_promising(self, case: Case) -> bool:
        """False if float64 sees the opposite verdict."""
        if self.claim.only_balls:
            return True
        self._pay(case)
        try:
            with np.errstate(all="ignore"):
                seen = float64_view(self.claim, case)
        except _FAILURES:
            return False
        if self._wanted == Sign.POSITIVE:
            return seen.relative > 0
        return seen.sign != Sign.POSITIVE

    def is_certified(self, case: Case) -> bool:
        """True if balls certify the wanted sign."""
        self._pay(case)
        try:
            decision = decide(self.claim, case, _RUNGS)
        except _FAILURES:
            return False
        return decision.sign == self._wanted and decision.evidence == Evidence.CERTIFIED

    def _pay(self, case: Case) -> None:
        is_slow = self.claim.only_balls or "steps" in self.claim.inputs
        self._left -= SHRINKING_COST if is_slow or is_expensive(case.mixture) else 1


# --- fewer things ---------------------------------------------------------------------------------


def _without_what_is_not_asked(claim: Claim, case: Case) -> Iterator[Case]:
    """The case without the inputs that the claim does not name."""
    unasked: dict[str, Any] = dict.fromkeys(set(EXTRA_INPUTS) - set(claim.inputs))
    yield replace(case, **unasked)


def _without_a_component(case: Case) -> Iterator[Case]:
    n = case.mixture.components
    for i in range(n if n > 1 else 0):
        yield _student(
            case,
            [row for k, row in enumerate(case.mixture.means) if k != i],
            [w for k, w in enumerate(case.mixture.weights) if k != i],
            case.target and [row for k, row in enumerate(case.target) if k != i],
        )


def _without_a_dimension(case: Case) -> Iterator[Case]:
    d = case.mixture.dimension
    for j in range(d if d > 1 else 0):
        yield _along_axes(case, lambda row, j=j: [*row[:j], *row[j + 1 :]])  # type: ignore[misc]


def _with_a_simpler_truth(case: Case) -> Iterator[Case]:
    if case.truth is None:
        return
    yield replace(case, truth=None)
    means, weights = case.truth.means, case.truth.weights
    for k in range(len(means) if len(means) > 1 else 0):
        rest = Mixture([*means[:k], *means[k + 1 :]], [*weights[:k], *weights[k + 1 :]])
        yield replace(case, truth=rest)


def _with_fewer_steps(case: Case) -> Iterator[Case]:
    if case.steps is not None and case.steps > 1:
        for steps in sorted({1, 2, case.steps // 2, case.steps - 1}):
            yield replace(case, steps=steps)


def _student(case: Case, means: Any, weights: Any, target: Any = None) -> Case:
    return replace(case, mixture=Mixture(means, weights), target=target or case.target)


def _along_axes(case: Case, change: Callable[[Any], Any]) -> Case:
    """The case with the same change made to every vector in it."""
    given: dict[str, Any] = {
        name: change(getattr(case, name)) for name in _VECTORS if getattr(case, name) is not None
    }
    if case.target is not None:
        given["target"] = [change(row) for row in case.target]
    if case.truth is not None:
        given["truth"] = Mixture([change(row) for row in case.truth.means], case.truth.weights)
    rows = [change(row) for row in case.mixture.means]
    return replace(case, mixture=Mixture(rows, case.mixture.weights), **given)


# --- simpler relations ----------------------------------------------------------------------------


def _with_equal_weights(case: Case) -> Iterator[Case]:
    """All weights equal; of the truth too; or one weight equal to another."""
    means, weights = case.mixture.means, case.mixture.weights
    yield _student(case, means, None)
    if case.truth is not None:
        yield replace(case, truth=Mixture(case.truth.means))
    for i in range(len(weights)):
        for k in range(len(weights)):
            if weights[i] != weights[k]:
                yield _student(case, means, [*weights[:i], weights[k], *weights[i + 1 :]])


def _with_related_means(case: Case) -> Iterator[Case]:
    """A mean moved to 0, onto another, or opposite to another."""
    means = case.mixture.means
    for i in range(len(means)):
        others = [row for k, row in enumerate(means) if k != i]
        zero = tuple(Fraction(0) for _ in means[i])
        for row in [zero, *others, *(tuple(-a for a in row) for row in others)]:
            yield _student(case, [*means[:i], row, *means[i + 1 :]], case.mixture.weights)


def _turned_round(case: Case) -> Iterator[Case]:
    """An axis turned round."""
    for j in range(case.mixture.dimension):
        yield _along_axes(
            case,
            lambda row, j=j: [-a if k == j else a for k, a in enumerate(row)],  # type: ignore[misc]
        )


# --- simpler numbers ------------------------------------------------------------------------------


def _rescaled(case: Case) -> Iterator[Case | None]:
    """All vectors scaled so that one coordinate of a mean is a simple number; then rounded."""
    entries = {abs(a) for row in case.mixture.means for a in row if a}
    for entry in sorted(entries, reverse=True):
        for size in _SIZES:
            scaled = _along_axes(case, lambda row, f=size / entry: [f * a for a in row])  # type: ignore[misc]
            yield scaled
            if entry == max(entries):
                yield from (_rounded(scaled, width) for width in _WIDTHS[1:4:2])


def _rounded_together(case: Case) -> Iterator[Case | None]:
    """Every number replaced by the simplest within a relative width of it, the widest first."""
    yield from (_rounded(case, width) for width in _WIDTHS[1:])


def _rounded(case: Case, width: Fraction) -> Case | None:
    changed: Case | None = case
    for place in _places(case):
        value = place.get(case)
        changed = changed and _replaced(changed, place, _simplest_near(value, width, width))
    return changed


def _rounded_singly(case: Case) -> Iterator[Case | None]:
    """One number at a time replaced by a simpler one."""
    for place in _places(case):
        value = place.get(case)
        simpler = dict.fromkeys(_simpler(value))
        yield from (_replaced(case, place, number) for number in simpler if number != value)


def _simpler(value: Fraction) -> Iterator[Fraction]:
    """0, 1, simple multiples of a number, then the simplest near it, on any side."""
    yield Fraction(0)
    yield Fraction(1)
    for growth in _GROWTH:
        yield _simplest_near(value, Fraction(0), growth)
    for width in _WIDTHS[1:]:
        for below, above in ((width, width), (width, Fraction(0)), (Fraction(0), width)):
            yield _simplest_near(value, below, above)


@dataclass(frozen=True)
class _Place:
    """The position of a number in a case. Weights are taken relative to the largest."""

    field: str
    row: int = 0
    column: int | None = None

    def get(self, case: Case) -> Fraction:
        """The number."""
        value = _field(case, self.field)
        if self.column is not None:
            value = value[self.row][self.column]
        elif isinstance(value, tuple):
            value = value[self.row]
        number: Fraction = value
        return number / max(_field(case, self.field)) if "weights" in self.field else number


def _field(case: Case, name: str) -> Any:
    owner, _, attribute = name.partition(".")
    value = getattr(case, owner)
    return getattr(value, attribute) if attribute else value


def _places(case: Case) -> Iterator[_Place]:
    """Every number of a case."""
    names = ["mixture.means", "mixture.weights", "target", *_VECTORS, "step_size", "s"]
    if case.truth is not None:
        names += ["truth.means", "truth.weights"]
    for name in names:
        value = _field(case, name)
        if isinstance(value, Fraction):
            yield _Place(name)
        for k, entry in enumerate(value if isinstance(value, tuple) else ()):
            if isinstance(entry, tuple):
                yield from (_Place(name, k, j) for j in range(len(entry)))
            else:
                yield _Place(name, k)


def _replaced(case: Case, place: _Place, number: Fraction) -> Case | None:
    """The case with another number at a place; None if there can be no such case."""
    value = _field(case, place.field)
    if "weights" in place.field:
        value = tuple(weight / max(value) for weight in value)
    if place.column is not None:
        row = value[place.row]
        row = (*row[: place.column], number, *row[place.column + 1 :])
        value = (*value[: place.row], row, *value[place.row + 1 :])
    elif isinstance(value, tuple):
        value = (*value[: place.row], number, *value[place.row + 1 :])
    else:
        value = number
    owner, _, attribute = place.field.partition(".")
    try:
        if attribute:
            whole = getattr(case, owner)
            parts = {"means": whole.means, "weights": whole.weights, attribute: value}
            value = Mixture(**parts)
        changes: dict[str, Any] = {owner: value}
        return replace(case, **changes)
    except InvalidValue:
        return None


def _simplest_near(value: Fraction, below: Fraction, above: Fraction) -> Fraction:
    """The simplest fraction between two relative distances from a number."""
    size = abs(value)
    return simplest_between(value - below * size, value + above * size)


def simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of smallest denominator, then numerator, in [low, high] (Stern and Brocot).

    >>> simplest_between(Fraction(31, 100), Fraction(35, 100))
    Fraction(1, 3)
    """
    if low > high:
        raise InvalidValue(f"there is nothing between {low} and {high}")
    if low <= 0 <= high:
        return Fraction(0)
    if high < 0:
        return -simplest_between(-high, -low)
    return Fraction(*_simplest_ratio(low.as_integer_ratio(), high.as_integer_ratio()))


def _simplest_ratio(low: tuple[int, int], high: tuple[int, int]) -> tuple[int, int]:
    """Numerator and denominator of the simplest fraction in [low, high], both above 0, likewise."""
    (a, b), (c, d) = low, high
    below = (a - 1) // b  # the largest whole number below low
    if (below + 1) * d <= c:
        return below + 1, 1
    numerator, denominator = _simplest_ratio((d, c - below * d), (b, a - below * b))
    return below * numerator + denominator, numerator


_PASSES: tuple[Callable[[Case], Iterator[Case | None]], ...] = (
    _without_a_component,
    _without_a_dimension,
    _with_a_simpler_truth,
    _with_fewer_steps,
    _with_equal_weights,
    _with_related_means,
    _rescaled,
    _rounded_together,
    _turned_round,
    _rounded_singly,
)
