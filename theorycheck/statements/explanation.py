"""Why a claim holds or fails at a case: the two sides and the entry that decides.

Read off the balls that decide the case, so that nothing is computed a second time. It explains a
decision, and makes none.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Arithmetic, as_fmpq, ball
from theorycheck.arithmetic.functions import squared_norms
from theorycheck.arithmetic.rounding import midpoint
from theorycheck.errors import TheoryCheckError
from theorycheck.inputs.case import Case
from theorycheck.statements.claim import Claim
from theorycheck.statements.comparison import Comparison
from theorycheck.statements.decision import decide
from theorycheck.statements.point import Point
from theorycheck.statements.rigour import bare

_DIGITS = 8
_MOST_DIGITS = 40
"""Of the numbers that are shown."""
_CASE_DIGITS = 18
"""Of the balls that compute the quantities of the case."""


@dataclass(frozen=True)
class Explanation:
    """The comparison that decides a claim at a case, in numbers.

    Attributes:
        comparison: Which of the claim's comparisons it is, from 1; comparisons: of how many.
        entry: Which entry of it, in words, such as "i = 2" or "t = 3"; "" if there is one only.
        is_step: True if the comparison is a step of the argument, and not the bound itself.
        relation: "<=", "=" or ">=", between lower and upper; ">=" between a constant and its floor.
        lower: The left side, to a unit of the last digit; None for a bare margin.
        upper: The right side; of a bare margin the margin.
        difference: upper - lower; of a constant its distance from the floor.
        digits: The decimal digits at which it was decided.
        numbers: The quantities of the case, as (symbol in LaTeX, value).
    """

    comparison: int
    comparisons: int
    entry: str
    is_step: bool
    relation: str
    lower: str | None
    upper: str
    difference: str
    digits: int
    numbers: tuple[tuple[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready data."""
        return {**asdict(self), "numbers": [list(pair) for pair in self.numbers]}


@dataclass(frozen=True)
class _Entry:
    """One entry of a comparison: its sides as balls, its place and the share of its scale."""

    comparison: int
    place: tuple[int, ...]
    shape: tuple[int, ...]
    is_step: bool
    lower: flint.arb | None
    upper: flint.arb
    difference: flint.arb
    share: float


def explain(claim: Claim, case: Case) -> Explanation | None:
    """Return what decides a claim at a case, as the last balls that were tried see it.

    The entry is the one whose margin is smallest in relation to its scale; of those that certainly
    fail, if any does.

    Args:
        claim: The claim.
        case: The case; it need not meet the hypotheses.

    Returns:
        The explanation; None where no ball arithmetic evaluated the claim.

    Raises:
        InvalidValue: The case lacks an input that the claim names.

    Example:
        >>> from theorycheck.claims import get
        >>> from theorycheck.inputs.mixture import Mixture
        >>> found = explain(get("loss-upper"), Case(Mixture([1])))
        >>> found.lower, found.relation, found.upper
        ('0.50000000', '<=', '0.50000000')
    """
    seen: list[tuple[Arithmetic, Any, int | None]] = []
    decide(replace(claim, function=_noting(claim, seen)), case)
    if not seen:
        return None
    arithmetic, result, steps = seen[-1]
    with arithmetic.scope():
        entries = list(_entries(claim, result))
        if not entries:
            return None
        worst = min(entries, key=lambda entry: _rank(claim, entry))
        lower, upper = _sides(worst)
        return Explanation(
            comparison=worst.comparison + 1,
            comparisons=1 + max(entry.comparison for entry in entries),
            entry=_place(worst, case.mixture.components, steps),
            is_step=worst.is_step,
            relation={"identity": "=", "constant": ">="}.get(claim.kind, "<="),
            lower=lower,
            upper=upper,
            difference=_shown(worst.difference),
            digits=arithmetic.digits,
            numbers=tuple(_numbers(case)),
        )


def _noting(claim: Claim, seen: list[tuple[Arithmetic, Any, int | None]]) -> Any:
    """The claim's function, which notes what it returns in balls."""
    function = claim.function

    @functools.wraps(function)
    def noting(at: Point, **inputs: Any) -> Any:
        result = function(at, **inputs)
        if at.arithmetic.is_rigorous:
            seen.append((at.arithmetic, bare(result), inputs.get("steps")))
        return result

    return noting


def _entries(claim: Claim, result: Any) -> Iterator[_Entry]:
    """The entries of all comparisons of a result."""
    parts = list(result) if isinstance(result, (list, tuple)) else [result]
    if not all(isinstance(part, Comparison) for part in parts):
        yield from _bare_entries(claim, np.atleast_1d(np.asarray(result, dtype=object)))
        return
    for number, part in enumerate(parts):
        sides = np.broadcast_arrays(
            np.asarray(part.lower, dtype=object), np.asarray(part.upper, dtype=object)
        )
        lower, upper = map(np.atleast_1d, sides)
        places = list(np.ndindex(lower.shape))
        for place, scale in zip(places, part.scales, strict=True):
            low, high = _ball(lower[place]), _ball(upper[place])
            share = _share(high - low, _ball(scale))
            yield _Entry(number, place, lower.shape, part.is_step, low, high, high - low, share)


def _bare_entries(claim: Claim, values: Any) -> Iterator[_Entry]:
    """Margins without sides; an implied constant is compared with its floor, or with 0."""
    floor = flint.arb(as_fmpq(claim.floor)) if claim.floor is not None else flint.arb(0)
    for place in np.ndindex(values.shape):
        value = _ball(values[place])
        if claim.kind == "constant":
            difference = value - floor
            share = midpoint(difference)
            yield _Entry(0, place, values.shape, False, value, floor, difference, share)
        else:
            yield _Entry(0, place, values.shape, False, None, value, value, midpoint(value))


def _ball(value: Any) -> flint.arb:
    return flint.arb(value.item() if isinstance(value, np.generic) else value)


def _share(difference: flint.arb, scale: flint.arb) -> float:
    size = midpoint(scale.abs_upper())
    return midpoint(difference) / size if size else 0.0


def _rank(claim: Claim, entry: _Entry) -> tuple[bool, float]:
    """Entries that certainly fail come first, then those with the smallest share."""
    is_certain = midpoint(entry.difference.abs_lower()) > 0
    if claim.kind == "identity":
        return not is_certain, -abs(entry.share)
    return not (is_certain and entry.share < 0), entry.share


def _place(entry: _Entry, components: int, steps: int | None) -> str:
    """The place of an entry in words; what its axes stand for is told by their lengths."""
    if all(length == 1 for length in entry.shape):
        return ""
    words = []
    for index, length in zip(entry.place, entry.shape, strict=True):
        if steps is not None and length in (steps, steps + 1):
            words.append(f"t = {index + steps + 1 - length}")
        elif length == components:
            words.append(f"i = {index + 1}")
        elif length > 1:
            words.append(f"entry {index + 1} of {length}")
    return ", ".join(words)


def _sides(entry: _Entry) -> tuple[str | None, str]:
    """The sides with so many digits that they differ, where they certainly do."""
    if entry.lower is None:
        return None, _shown(entry.upper)
    digits = _DIGITS
    texts = [_shown(side, digits) for side in (entry.lower, entry.upper)]
    is_apart = midpoint(entry.difference.abs_lower()) > 0
    while is_apart and len(set(texts)) == 1 and digits < _MOST_DIGITS:
        digits += 4
        texts = [_shown(side, digits) for side in (entry.lower, entry.upper)]
    return texts[0], texts[1]


def _shown(value: flint.arb, digits: int = _DIGITS) -> str:
    """The digits of a number that its ball guarantees; the ball where it guarantees none."""
    text: str = value.str(digits, radius=False)
    return text.strip("[]")


def _numbers(case: Case) -> Iterator[tuple[str, str]]:
    """The quantities of a case that a claim speaks of; none where balls cannot compute them."""
    arithmetic = ball(_CASE_DIGITS)
    try:
        with arithmetic.scope():
            at = Point(case.mixture, case.truth, arithmetic, case)
            yield "L", _shown(at.loss)
            yield "F", _shown(at.fisher_divergence)
            yield "W", _shown(at.weighted_distance)
            yield "U", _shown(at.energy)
            yield "p_i", _listed(at.responsibilities)
            yield r"\|\mu_i\|^2", _listed(squared_norms(at.means))
            yield r"\|\nabla_i L\|^2", _listed(squared_norms(at.gradient))
    except TheoryCheckError:
        return


def _listed(values: Any) -> str:
    return ", ".join(_shown(value) for value in values)
