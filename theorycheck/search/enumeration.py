"""Small cases of a claim, by increasing complexity, before anything random.

Most false statements fail at a small case, and the simplest one that fails is the best to show. Two
streams alternate: every case whose numbers are small, the simplest first; and, twice as many,
landmarks: mixtures at which statements of this theory are known to break, with other inputs in
turn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from itertools import chain, islice, permutations, product, zip_longest
from threading import RLock
from typing import Any

from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.search.tiers import NUMBERS, Tiers, combinations, input_tiers, weight_tiers
from theorycheck.statements.claim import Claim
from theorycheck.statements.cost import cost_of
from theorycheck.statements.domain import Domain
from theorycheck.statements.statement import Kind
from theorycheck.strategies import farthest, searched_sizes

_LARGEST_SIZE = 40
"""Of the cases that are enumerated: there are far more than anyone asks for."""
_MOST_COORDINATES = 32
_TURN, _ROUNDS, _FIRST = 3, 200, 16
"""Landmarks that begin with the same choice of the other inputs: about one of every kind; choices
they are combined with, and those to begin with."""
_TRIED = 8
"""Cases that are tried for every one asked for, as some claims admit hardly any."""
_MEAN_COST, _START, _ALLOWANCE, _LATER = 2, 20, 80, 40
"""Cost of a case on average; what cases may cost beyond it at first, and more after so many
candidates: room for one of affine rank 4, unless few are asked for."""
_MOST_ORDERED, _MOST_SIGNED = 5, 6
"""Numbers of components of which every order, and every choice of signs, is tried."""
_LARGEST_DENOMINATOR = 60
_LOCK = RLock()  # a condition of a claim may ask for the small cases of another
_SMALL = Fraction(1, 20)
_PLACES = ((_SMALL, 4), (_SMALL, 3), (_SMALL, 2), (1, 2), (5, 2), (1, 3), (1, 4))
"""Sizes and dimensions of figures: large ones only where they are cheap, the dearest ones first,
while something is left of the allowance, and last."""


def small_cases(claim: Claim) -> Iterator[Case]:
    """Distinct cases inside a claim's domain, simple ones first; the same in every process."""
    return (case for case in _candidates(claim) if claim.domain.contains(case))


@dataclass(frozen=True)
class Hypotheses:
    """What the cases that are looked at depend on: claims that have it in common share them.

    claim: any of these claims. where: the identity of the condition, which need not be hashable;
    the claim keeps it alive.
    """

    domain: Domain
    where: int
    inputs: tuple[str, ...]
    kind: Kind
    only_balls: bool
    certified_steps: int
    claim: Claim = field(compare=False)

    @classmethod
    def of(cls, claim: Claim) -> Hypotheses:
        """Those of a claim."""
        return cls(
            replace(claim.domain, where=None),
            id(claim.domain.where),
            claim.inputs,
            claim.kind,
            claim.only_balls,
            claim.certified_steps,
            claim,
        )


def enumerated(claim: Claim, count: int) -> list[Case]:
    """The first small cases of a claim, at most `count`.

    A dear case waits until cheap ones have saved enough.
    """
    with _LOCK:
        try:
            return _beginning(Hypotheses.of(claim)).first(count)
        except BaseException:
            _beginning.cache_clear()  # what was left in the middle cannot be gone on with
            raise


class _Beginning:
    """The small cases of a claim, as far as anyone has asked for them."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._candidates = _candidates(claim)
        self._found: list[tuple[int, Case]] = []
        """The cases, each with the number of candidates that were tried until then."""
        self._waiting: list[tuple[float, Case]] = []
        """Dear cases and their costs, in order."""
        self._tried, self._saved = 0, float(_START)

    def first(self, count: int) -> list[Case]:
        """The first cases, at most `count`: among a few times as many candidates, if need be."""
        most = _TRIED * count
        while len(self._found) < count and self._tried < most:
            self._try_another()
        return [case for tried, case in self._found[:count] if tried <= most]

    def _try_another(self) -> None:
        """Look at the next candidate, and take what can be afforded."""
        self._tried += 1
        if self._tried == _LATER:
            self._saved += _ALLOWANCE
        case = next(self._candidates, None)
        if case is not None and self._claim.domain.contains(case):
            self._waiting.append((cost_of(case), case))
        while (place := self._affordable()) is not None:
            cost, case = self._waiting.pop(place)
            self._found.append((self._tried, case))
            self._saved += _MEAN_COST - cost

    def _affordable(self) -> int | None:
        """The place of the first waiting case that what was saved pays for."""
        return next((k for k, (cost, _) in enumerate(self._waiting) if cost <= self._saved), None)


@lru_cache(maxsize=64)
def _beginning(hypotheses: Hypotheses) -> _Beginning:
    return _Beginning(hypotheses.claim)


def _candidates(claim: Claim) -> Iterator[Case]:
    """Distinct cases of both streams, also outside the claim's domain."""
    seen: set[Case] = set()
    components, dimensions = searched_sizes(claim.domain)
    mixtures = _landmarks(components, dimensions, farthest(claim.domain))
    landmarks = _with_inputs(claim, mixtures)
    streams = zip_longest(_exhaustive(claim), landmarks, landmarks)
    for case in chain.from_iterable(streams):
        if case is not None and case not in seen:
            seen.add(case)
            yield case


# --- everything small -----------------------------------------------------------------------------


def _exhaustive(claim: Claim) -> Iterator[Case]:
    """Every case of small numbers; a component more counts one, a dimension more two."""
    components, dimensions = searched_sizes(claim.domain)
    for size in range(_LARGEST_SIZE):
        for extra_dimensions, d in enumerate(dimensions):
            for extra_components, n in enumerate(components):
                rest = size - extra_components - 2 * extra_dimensions
                if rest >= 0 and n * d <= _MOST_COORDINATES:
                    yield from _of_size(claim, n, d, rest)


def _of_size(claim: Claim, n: int, d: int, size: int) -> Iterator[Case]:
    weights = weight_tiers(n, claim.domain.equal_weights)
    for own in range(size, -1, -1):
        for *numbers, shares in combinations([NUMBERS] * (n * d) + [weights], own):
            rows = [numbers[k : k + d] for k in range(0, n * d, d)]
            if len(set(shares)) > 1 and all(row == rows[0] for row in rows):
                continue  # one Gaussian, whatever the weights
            mixture = Mixture(rows, shares)
            yield from _cases_with(input_tiers(claim, mixture), mixture, size - own)


def _cases_with(tiers: dict[str, Tiers], mixture: Mixture, size: int) -> Iterator[Case]:
    """The cases of a mixture whose other inputs have a size together."""
    for values in combinations(list(tiers.values()), size):
        yield Case(mixture, **dict(zip(tiers, values, strict=True)))


# --- landmarks ------------------------------------------------------------------------------------


def _with_inputs(claim: Claim, mixtures: Iterable[Mixture]) -> Iterator[Case]:
    """The mixtures, again and again, each time with the next choice of the other inputs.

    They begin at different ones, so that few mixtures show what depends on these.
    """
    waiting = [_in_turn(claim, mixture, k // _TURN) for k, mixture in enumerate(mixtures)]
    for _ in range(_ROUNDS):
        nexts = (next(cases, None) for cases in waiting)
        yield from (case for case in nexts if case is not None)


def _in_turn(claim: Claim, mixture: Mixture, by: int) -> Iterator[Case]:
    """The cases of a mixture by size, the first few rotated: number `by` of them comes first."""
    tiers = input_tiers(claim, mixture)
    sizes = range(1 + sum(len(values) - 1 for values in tiers.values()))
    choices = chain.from_iterable(combinations(list(tiers.values()), size) for size in sizes)
    first = list(islice(choices, _FIRST))
    by %= len(first)
    for values in chain(first[by:], first[:by], choices):
        yield Case(mixture, **dict(zip(tiers, values, strict=True)))


@lru_cache(maxsize=32)
def _landmarks(components: range, dimensions: range, most: Fraction) -> tuple[Mixture, ...]:
    """Mixtures at which statements break, of some sizes and within a radius: claims share them."""
    kinds = zip_longest(_on_a_line(components, most), _light(most), _in_space())
    found = []
    for means, weights in filter(None, chain.from_iterable(kinds)):
        n, d = len(means), len(means[0])
        padded = [[*row, *[0] * (dimensions[0] - d)] for row in means]
        if n not in components or max(d, dimensions[0]) not in dimensions:
            continue
        mixture = Mixture(padded, weights)
        if mixture.radius_squared <= most**2:
            found.append(mixture)
    return tuple(found)


_Landmark = tuple[Any, Any]


def _on_a_line(components: range, most: Fraction) -> Iterator[_Landmark]:
    """Means at 0, equal, nearly equal, balanced and nearly so, tiny, as far out as `most`.

    Of a claim about one number of components, which may tell them apart, in any order.
    """
    tiny, near = Fraction(1, 10**13), Fraction(1, 10**10)
    rows: list[Any] = [[0], [0, 3], [0, 0, 0], [0] * 8, [1], [3, 0], [1, 1], [1, -1], [1, 1, -2]]
    rows += [[0, 0, 3], [1 + near, -1 + near], [2 * k - 7 for k in range(8)], [0] * 7 + [3]]
    rows += [[0, 0], [0] * 4, [3, 3, 3, 0], [1, 1, 2, 2], *([1] * n for n in (6, 7, 8))]
    rows += permutations([0, 1, 3])
    rows += [[1 + near, 1 + near, -2 + near], [1, 1 + near], [1, -1, near]]
    rows += [list(range(n)) for n in range(4, 9)]
    rows += [[2 * k - n + 1 for k in range(n)] for n in (4, 6)]
    rows += [[Fraction(k % 2, 1) for k in range(n)] for n in (4, 5, 6, 7, 8)]
    rows += [[0] * (n - 1) + [3] for n in (4, 5, 6, 7)]
    rows += [[tiny], [0, tiny], [tiny, -tiny], [Fraction(1, 10**6)], [1, 1 + Fraction(1, 10**6)]]
    rows += [[1 + Fraction(1, 10**5), -1], [Fraction(1, 20), 0, Fraction(-1, 20)]]
    far = 3 * most / 4
    rows += [[10], [0, 10], [10, -10], [10, -10, 0], [9, 10, 11], [1, 0, 10]]
    rows += [[far], [0, most], [far, -far], [far, -far, 0], [most, most - 1]]
    rows += [[1, -1, far], [most, most]]
    if len(components) == 1:
        rows += _in_any_order(components.start)
    return (([[a] for a in row], None) for row in rows)


def _in_any_order(components: int) -> Iterator[Any]:
    """Means that differ in every order, and means of one size with all signs."""
    if components <= _MOST_ORDERED:
        yield from permutations(range(components))
    if components <= _MOST_SIGNED:
        yield from product((1, -1), repeat=components)


def _light(most: Fraction) -> Iterator[_Landmark]:
    """Means on a line of which one or two are light, or one is heavy."""
    for weight in (Fraction(1, 10**17), Fraction(1, 10**6), Fraction(1, 10**20)):
        for means in ([0, 3], [1, -1], [3, 1, 0], [1, 10]):
            for place in range(len(means)):
                shares = [weight if k == place else Fraction(1) for k in range(len(means))]
                yield [[a] for a in means], shares
        yield [[0], [1], [3]], [weight, weight, 1]
        yield [[most], [most / 2]], [weight, 1]
    yield [[-1], [2]], [2, 1]
    yield [[Fraction(-1) + Fraction(1, 10**10)], [2 + Fraction(1, 10**10)]], [2, 1]
    for n in (3, 4):
        for place in (0, n - 1):
            chosen = [k == place for k in range(n)]
            yield [[3 if own else 1] for own in chosen], [9 if own else 1 for own in chosen]


def _in_space() -> Iterator[_Landmark]:
    """Regular simplices, cross-polytopes, corners and cubes of some sizes; lines that miss 0."""
    for size, d in _PLACES:
        corner = [[0] * d, *_unit_vectors(d)]
        crossed = [[sign * a for a in row] for row in _unit_vectors(d) for sign in (1, -1)]
        cube = [list(row) for row in product((-1, 1), repeat=min(d, 3))]
        shapes: list[Any] = [_TETRAHEDRON if d == 3 else _simplex(d), crossed]
        shapes += [corner, _unit_vectors(d)]
        shapes += [cube] if d < 4 else []
        shapes += [[*corner[1:], corner[1]]] if d < 3 else []
        for rows in shapes:
            yield [[size * a for a in row] for row in rows], None
    for weight in (Fraction(1, 10**6), Fraction(1, 10**17)):
        yield [[0, 0], [1, 0], [0, 1]], [1, 1, weight]
        yield _TETRAHEDRON, [weight, 1, 1, 1]
    for n in (3, 4):
        yield [[k, n - 1 - k] for k in range(n)], None


_TETRAHEDRON = [[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]


def _simplex(d: int) -> list[list[Fraction]]:
    """The corners of a regular simplex with centre 0, up to rounding of its shape."""
    last = Fraction((1 - math.sqrt(d + 1)) / d).limit_denominator(_LARGEST_DENOMINATOR)
    rows: list[list[Any]] = [*_unit_vectors(d), [last] * d]
    centre = (1 + last) / (d + 1)
    return [[a - centre for a in row] for row in rows]


def _unit_vectors(d: int) -> list[list[int]]:
    return [[int(i == j) for j in range(d)] for i in range(d)]
