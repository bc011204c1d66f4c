"""Values by size, and their products: the small numbers and inputs that enumeration combines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeAlias

from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Matrix, Vector
from theorycheck.statements.claim import Claim
from theorycheck.strategies import farthest, reweighted, without

Tiers: TypeAlias = Sequence[Sequence[Any]]
"""Values by their size: `tiers[k]` are those of size k."""

_FAR = (10, 40)
"""Lengths of an x, a direction or a target that is far out."""
_FAR_TRUTH = 20
_SHARES = (
    (),
    (Fraction(1, 4), Fraction(1)),
    (Fraction(3, 4), Fraction(1, 10**6), 1 - Fraction(1, 10**6)),
    (Fraction(197, 200), Fraction(199, 200), Fraction(1, 3)),
    (Fraction(1, 1000), Fraction(999, 1000), Fraction(1, 8), Fraction(7, 8)),
)
"""Step sizes by size, as shares of their interval; 1, or the middle, comes before them."""
_EXPONENTS = tuple(
    tuple(map(Fraction, tier))
    for tier in (("1", "0"), ("1000", "1/2"), ("1/1000", "40"), ("2", "1/1000000"), ("3", "10"))
)
"""Values of s by size."""
_LIGHT = (Fraction(1, 2), Fraction(1, 9), Fraction(1, 99), Fraction(1, 10**6), Fraction(1, 10**17))
"""Weights by size, as multiples or fractions of the others."""


def combinations(parts: Sequence[Tiers], size: int) -> Iterator[tuple[Any, ...]]:
    """One value of each part, of this size together, in a fixed order."""
    if not parts:
        if size == 0:
            yield ()
        return
    for own, values in enumerate(parts[0][: size + 1]):
        rests = list(combinations(parts[1:], size - own)) if values else []
        yield from ((value, *rest) for value in values for rest in rests)


def _numbers_of(size: int) -> list[Fraction]:
    """Whole numbers, halves and thirds: 0 has size 0, 1 has size 1, and a sign counts one."""
    found = [Fraction(size)]
    for denominator in (2, 3):
        numerator = size - denominator + 1
        if numerator > 0 and numerator % denominator:
            found.append(Fraction(numerator, denominator))
    negative = _numbers_of(size - 1) if size > 1 else []
    return found + [-q for q in negative if q > 0]


NUMBERS: Tiers = tuple(tuple(_numbers_of(size)) for size in range(8))


def weight_tiers(components: int, is_equal: bool) -> Tiers:
    """Weights of some components: all equal, or one lighter or heavier than the others."""
    ones = (Fraction(1),) * components
    if is_equal or components == 1:
        return ((ones,),)

    def one_of(weight: Fraction) -> list[tuple[Fraction, ...]]:
        return [(*ones[:k], weight, *ones[k + 1 :]) for k in range(components)]

    # of two weights the one is heavy where the other is light
    return ((ones,), *(one_of(w) + one_of(1 / w) * (components > 2) for w in _LIGHT))


def input_tiers(claim: Claim, mixture: Mixture) -> dict[str, Tiers]:
    """The values of every other input that a claim's cases have, by name."""
    d, domain = mixture.dimension, claim.domain
    found: dict[str, Tiers] = {}
    if domain.truth != "gaussian":
        far = min(_FAR_TRUTH, int(farthest(domain)))
        found["truth"] = _truths(mixture, far, must_be_mixed=domain.truth != "any")
    if "step_size" in claim.inputs:
        found["step_size"] = _step_sizes(*domain.step_size)
    if "x" in claim.inputs:
        found["x"] = _points(mixture)
    if "direction" in claim.inputs:
        found["direction"] = (
            [_axis(d, 0)],
            [_axis(d, d - 1), (Fraction(1),) * d],
            [_axis(d, 0, -1), mixture.means[0]],
            [(Fraction(0),) * d, _axis(d, 0, 10)],
        )
    if "target" in claim.inputs:
        found["target"] = _targets(mixture)
    if "s" in claim.inputs:
        found["s"] = _EXPONENTS
    if "steps" in claim.inputs:
        few = min(claim.certified_steps, domain.steps)
        found["steps"] = ((few,), (1,), (2,), (domain.steps,))
    return found


@lru_cache(maxsize=64)
def _step_sizes(low: Fraction, high: Fraction) -> Tiers:
    one = Fraction(1) if low < 1 < high else (low + high) / 2
    shares = [[low + (high - low) * share for share in tier] for tier in _SHARES[1:]]
    return ([one], *shares)


def _axis(dimension: int, axis: int, length: int = 1) -> Vector:
    return tuple(Fraction(length * (k == axis)) for k in range(dimension))


def _points(mixture: Mixture) -> Tiers:
    """Points x: 0, a mean, the middle of two, on an axis, far out."""
    d, means = mixture.dimension, mixture.means
    middle = tuple((a + b) / 2 for a, b in zip(means[0], means[-1], strict=True))
    near, far = _FAR
    return (
        [_axis(d, 0, 0)],
        [_axis(d, 0), _axis(d, 0, far)],
        [means[0], _axis(d, 0, -far)],
        [_axis(d, d - 1, -1), middle, means[-1]],
        [(Fraction(1, 2),) * d, _axis(d, 0, 2), _axis(d, 0, near), _axis(d, 0, -near)],
    )


def _targets(mixture: Mixture) -> Tiers:
    """Other means: all 0, the means themselves, in another order, opposite, far out."""
    n, d, means = mixture.components, mixture.dimension, mixture.means
    opposite = tuple(tuple(-a for a in row) for row in means)
    return (
        [((Fraction(0),) * d,) * n],
        [means, ((Fraction(1),) * d,) * n],
        [means[::-1], opposite, tuple(_axis(d, 0, k) for k in range(n))],
        [_scaled(means, Fraction(1, 2)), _scaled(means, Fraction(2))],
        [((Fraction(length),) * d,) * n for length in _FAR],
    )


def _scaled(means: Matrix, factor: Fraction) -> Matrix:
    return tuple(tuple(factor * a for a in row) for row in means)


@lru_cache(maxsize=4096)
def _truths(mixture: Mixture, far: int, must_be_mixed: bool) -> Tiers:
    """Truths: N(0, I), the student, its order or weights changed, shifted, a pair, far ones."""
    d = mixture.dimension
    reordered = Mixture(mixture.means[::-1], mixture.weights[::-1])
    exchanged = Mixture(mixture.means[::-1], mixture.weights)
    pair = Mixture([_axis(d, 0), _axis(d, 0, -1)])
    fewer = [without(mixture, -1), without(mixture, 0)] if mixture.components > 1 else []
    return (
        [Mixture([_axis(d, 0, 0)])] if must_be_mixed else [None],
        [mixture, Mixture([_axis(d, 0, far)])],
        [reordered, exchanged, reweighted(mixture), pair, Mixture([_axis(d, 0)]), *fewer],
        [mixture.scaled(-1), *(mixture.shifted(_axis(d, 0, by)) for by in (1, -3))],
        [Mixture([_axis(d, d - 1, -3)]), Mixture([_axis(d, 0), _axis(d, 0, -far)], [1, 9])],
        [Mixture([_axis(d, 0, max(_FAR))])] if d == 1 else [],
    )
