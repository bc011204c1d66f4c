"""Sensitivity of an implied constant to the size, the radius and the smallest weight."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from theorycheck.errors import InvalidValue
from theorycheck.inputs.case import Case
from theorycheck.search.descent import OUTSIDE, AttackResult, Search, descend, generator
from theorycheck.search.encoding import Encoding, Pinned, encodings_of
from theorycheck.search.records import Record
from theorycheck.statements.claim import Claim
from theorycheck.statements.decision import Decision, decide


@dataclass(frozen=True)
class Sensitivity(Record):
    """The worst constant found with one quantity held fixed.

    quantity: "n", "rank", "R" or "pi_min", held at `value`.
    """

    quantity: str
    value: float
    constant: float
    case: Case


RADII = (0.01, 0.1, 0.5, 1.0, 2.0, 4.0, 8.0)
WEIGHTS = (0.3, 0.1, 0.01, 1e-4, 1e-8)


def sensitivity(claim: Claim, budget: int = 200, seed: int = 0) -> list[Sensitivity]:
    """The worst implied constant by n, linear rank, radius and smallest weight.

    budget: of each search. Values outside the claim's domain are left out.
    """
    if claim.kind != "constant":
        raise InvalidValue(f"claim {claim.id} has no implied constant")
    moves = []
    for quantity, value, encoding in _settings(claim):
        found = _pinned_search(Search(claim, budget), encoding, generator(seed))
        if found is not None:
            moves.append(Sensitivity(quantity, value, found.relative, found.worst))
    return moves


def smallest_constant(
    claim: Claim, result: AttackResult, moves: Sequence[Sensitivity]
) -> tuple[Case, Decision]:
    """The worst case of a search and of those with one quantity held, with its decision."""
    low = min(moves, key=lambda move: move.constant, default=None)
    if low is None or low.constant >= result.relative:
        return result.worst, result.decision
    return low.case, decide(claim, low.case)


def _settings(claim: Claim) -> Iterator[tuple[str, float, Encoding]]:
    """(quantity, value, encoding in which the quantity has that value), one after the other."""
    sizes = {(e.components, e.dimension): e for e in encodings_of(claim, None, None)}
    components, dimension = min(sizes, key=lambda size: (abs(size[0] - 3), size[1]))
    usual = sizes[components, dimension]
    for n in sorted({n for n, d in sizes if d == dimension}):
        yield "n", n, sizes[n, dimension]
    for rank in sorted({d for n, d in sizes if n == components and d <= n}):
        yield "rank", rank, sizes[components, rank]
    for radius in RADII:
        if radius < claim.domain.radius:
            yield "R", radius, replace(usual, pinned=Pinned(radius=radius))
    for weight in WEIGHTS:
        if weight * components < 1 and components > 1 and not claim.domain.equal_weights:
            yield "pi_min", weight, replace(usual, pinned=Pinned(smallest_weight=weight))


def _pinned_search(
    search: Search, encoding: Encoding, rng: np.random.Generator
) -> AttackResult | None:
    """One descent that keeps to an encoding, from the best of a few random vectors."""
    vectors = rng.standard_normal((10, encoding.size))
    values = [search.at(encoding, vector) for vector in vectors]
    if min(values) >= OUTSIDE:
        return None
    start = vectors[values.index(min(values))]
    descend(search, encoding, start, (2 * search.budget // 3, search.budget), rng)
    return search.result()
