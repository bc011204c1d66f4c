"""Float64 sums near the optimum on one to three axes: what Lemma N bounds, each part alone."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import flint
import mpmath
import numpy as np
import pytest

from helpers.counted import Counted, most_units
from helpers.enclosures import FIELDS, entries
from helpers.near_optimum import all_nodes, axis_of, exact_sums, kept_nodes, near_of, sizes
from theorycheck.arithmetic.arithmetics import ball
from theorycheck.expectations import population as populations
from theorycheck.expectations import proven_near as near
from theorycheck.expectations.moments import Moments
from theorycheck.expectations.population import population
from theorycheck.inputs.mixture import Mixture

UNIT = 2.0**-53
GRIDS = [(rank, rung) for rank in (1, 2, 3) for rung in range(near._RUNGS[rank])]
FLAT = [grid for grid in GRIDS if grid[0] < 3] + [(3, 0), (3, 3)]


def students(rank: int, rng: np.random.Generator) -> dict[str, tuple[Any, Any]]:
    """Means and weights, by regime."""
    reach = near._REACHES[near._RUNGS[rank] - 1]

    def drawn(n: int, size: float) -> list[list[Fraction]]:
        places = rng.standard_normal((n, rank))
        places *= size / np.linalg.norm(places, axis=1).max()
        return [list(map(Fraction, place)) for place in places.tolist()]

    size = 2.0 ** -float(rng.uniform(1.5, 90))
    balanced = drawn(rank + 1, size)
    opposite = drawn(rank, 0.9 * reach)
    axes = np.eye(rank, dtype=int).tolist()
    return {
        "generic": (drawn(rank + 2, 0.99 * reach), [1, 2, 3, 4, 5][: rank + 2]),
        "symmetric": (opposite + [[-x for x in place] for place in opposite], [1] * (2 * rank)),
        "balanced": (
            [*balanced, [-sum(column) for column in zip(*balanced, strict=True)]],
            [1] * (rank + 2),
        ),
        "small": (drawn(rank + 1, 1e-8), [1, 2, 3, 4][: rank + 1]),
        "tiny": (drawn(rank + 1, 1e-30), [1, 2, 3, 4][: rank + 1]),
        "light": (drawn(rank + 1, 0.3), [1e-12, 1, 1, 1e-12][: rank + 1]),
        "one side": (
            [[abs(x) for x in place] for place in drawn(rank + 1, 0.3)],
            [1, 5, 1, 1][: rank + 1],
        ),
        "on the axes": (
            [[0] * rank] + [[Fraction(x) * Fraction(size) for x in axis] for axis in axes],
            [1] * (rank + 1),
        ),
        "nearly flat": (
            [[x, *(y * Fraction(2) ** -60 for y in rest)] for x, *rest in drawn(rank + 1, 0.2)],
            [1] * (rank + 1),
        ),
    }


@pytest.mark.parametrize("regime", students(2, np.random.default_rng(0)))
@pytest.mark.parametrize("rank", [2, 3])
def test_sums_hold_what_more_digits_give(rank: int, regime: str) -> None:
    """Of every field, and they are known to 11 digits and more."""
    rng = np.random.default_rng(sum(map(ord, regime)))
    for _ in range(6 if rank == 2 else 1):
        means, weights = students(rank, rng)[regime]
        found = near_of(means, weights)
        assert found is not None
        exact = population(Mixture(means, weights), arithmetic=ball(40 if rank == 2 else 15))
        for name in FIELDS:
            pairs = zip(entries(getattr(found, name)), entries(getattr(exact, name)), strict=True)
            for rough, fine in pairs:
                assert rough.contains(fine) if rank == 2 else rough.overlaps(fine), name
        assert found.loss.rel_accuracy_bits() >= 38
        assert found.fisher_divergence.rel_accuracy_bits() >= 37
        assert max(map(flint.arb.rel_accuracy_bits, entries(found.gradient))) >= 37
        assert min(map(flint.arb.rel_accuracy_bits, entries(found.overlap))) >= 36
