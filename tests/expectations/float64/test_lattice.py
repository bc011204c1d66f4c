"""The lattice of a grid: its weights and nodes."""

from __future__ import annotations

import numpy as np
import pytest

from theorycheck.expectations.float64 import regimes as fm
from theorycheck.expectations.float64.lattice import float_grid


@pytest.mark.parametrize("rank", [2, 3, 4, 5])
def test_weights_of_a_grid_sum_to_one(rank: int) -> None:
    """The ball holds the mass of the normal distribution; no node is counted twice."""
    grid = float_grid([1.0] * rank, 7.5, np.log(1e-6))
    total = sum(block.weights.sum() for part in grid.parts for block in part.blocks)
    assert total == pytest.approx(1, abs=1e-7)
    nodes = np.concatenate([x for x, _ in fm._nodes(grid)])
    assert len(np.unique(nodes.round(9), axis=0)) == len(nodes)
