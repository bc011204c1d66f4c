"""The lattice of a grid: its weights and nodes."""

from __future__ import annotations

import numpy as np
import pytest

from theorycheck.expectations.float64 import regimes as fm
from theorycheck.expectations.float64.lattice import GAUSS_REACHES, float_grid, gauss_grid


@pytest.mark.parametrize("rank", [2, 3, 4, 5])
def test_weights_of_a_grid_sum_to_one(rank: int) -> None:
    """The ball holds the mass of the normal distribution; no node is counted twice."""
    grid = float_grid([1.0] * rank, 7.5, np.log(1e-6))
    total = sum(block.weights.sum() for part in grid.parts for block in part.blocks)
    assert total == pytest.approx(1, abs=1e-7)
    nodes = np.concatenate([x for x, _ in fm._nodes(grid)])
    assert len(np.unique(nodes.round(9), axis=0)) == len(nodes)


@pytest.mark.parametrize("rung", range(len(GAUSS_REACHES)))
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_nodes_of_gauss_give_the_moments_of_the_normal_distribution(rank: int, rung: int) -> None:
    """E x^2k = (2k - 1)!! along each axis, and products of them: all but 10^-14 of them."""
    nodes, weights = map(np.concatenate, zip(*fm._nodes(gauss_grid(rank, rung)), strict=True))
    assert weights.sum() == pytest.approx(1, rel=1e-14)
    for k, moment in [(1, 1), (2, 3), (3, 15), (4, 105), (5, 945)]:
        assert weights @ nodes ** (2 * k) == pytest.approx(np.full(rank, moment), rel=1e-13)
    squares = (nodes * nodes).prod(axis=1)
    assert weights @ squares == pytest.approx(1, rel=1e-13)
