"""The Hessian and third derivatives over boxes: they hold what they are to hold.

Against plain float64 sums over a fine grid, written from the definition.
"""

from __future__ import annotations

import flint
import numpy as np
import pytest

from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.expectations.curvature import _Ranges, curvature_over
from theorycheck.expectations.proven import line_table
from theorycheck.inputs.numbers import Floats

NODES = np.linspace(-14, 14, 1401)
NODE_WEIGHTS = np.exp(-(NODES**2) / 2) * (NODES[1] - NODES[0]) / np.sqrt(2 * np.pi)
STARTS = [
    ([5, -5, 0], [1, 1, 1]),
    ([9, -10, 0.05, -0.03], [4, 6, 5, 5]),
    ([1, -0.5, 0.3], [1, 2, 3]),
    ([2, 1.5], [1, 4]),
    ([0.4], [1]),
    ([6, -5, 5.5, 0.3, -0.2], [1, 1, 2, 2, 4]),
]


def responsibilities(mu: Floats, weights: Floats) -> tuple[Floats, Floats]:
    z = NODES - mu[:, None]
    logits = np.log(weights)[:, None] - z * z / 2
    psi = np.exp(logits - logits.max(axis=0))
    return psi / psi.sum(axis=0), z


def gradient(mu: Floats, weights: Floats) -> Floats:
    psi, _ = responsibilities(mu, weights)
    return (psi * NODE_WEIGHTS) @ (psi.T @ mu)


def hessian(mu: Floats, weights: Floats) -> Floats:
    psi, z = responsibilities(mu, weights)
    found = (psi * z * NODE_WEIGHTS) @ (psi * z).T
    diagonal = (psi * (1 - (1 - psi) * z * z)) @ NODE_WEIGHTS
    np.fill_diagonal(found, diagonal)
    return found


def balls(weights: Floats) -> list[flint.arb]:
    return [flint.arb(int(w)) / int(weights.sum()) for w in weights]


@pytest.fixture(autouse=True)
def _precision():
    with Ball(24).scope():
        yield


@pytest.mark.parametrize(("mu", "weights"), STARTS)
def test_the_hessian_is_the_derivative_of_the_gradient(mu, weights) -> None:
    mu, w = np.array(mu, float), np.array(weights, float)
    found = curvature_over(mu[None], mu[None], balls(w))
    assert found is not None
    steps = 1e-4 * np.eye(len(mu))
    share = w / w.sum()
    numeric = [(gradient(mu + e, share) - gradient(mu - e, share)) / 2e-4 for e in steps]
    middle = (found.hessian.lower[0] + found.hessian.upper[0]) / 2
    assert np.allclose(middle, numeric, atol=1e-7)
    assert (found.hessian.upper - found.hessian.lower).max() < 1e-10


@pytest.mark.parametrize("half", [0.0, 0.004, 0.05, 0.4])
@pytest.mark.parametrize(("mu", "weights"), STARTS)
def test_a_box_holds_the_hessians_of_its_points(mu, weights, half) -> None:
    """At the corners too; the third derivatives are at least the differences of the Hessian."""
    rng = np.random.default_rng(0)
    mu, w = np.array(mu, float), np.array(weights, float)
    low, high = mu - half, mu + half
    found = curvature_over(low[None], high[None], balls(w), third=True)
    assert found is not None
    assert found.third is not None
    for _ in range(40):
        t = rng.choice([0.0, 1.0, rng.uniform()], len(mu))
        point, other = low + t * (high - low), low + rng.uniform(size=len(mu)) * (high - low)
        exact = hessian(point, w / w.sum())
        assert (found.hessian.lower[0] <= exact + 1e-13).all()
        assert (exact - 1e-13 <= found.hessian.upper[0]).all()
        moved = abs(exact - hessian(other, w / w.sum()))
        assert (moved <= found.third[0] @ abs(point - other) + 1e-13).all()


@pytest.mark.parametrize("half", [0.0, 0.1, 0.8])
@pytest.mark.parametrize(("mu", "weights"), STARTS)
def test_ranges_at_a_node_hold_all_values_there(mu, weights, half) -> None:
    """Node by node, where nothing averages a fault away; up to rounding in the test itself."""
    rng = np.random.default_rng(1)
    mu, w = np.array(mu, float), np.array(weights, float)
    low, high = mu - half, mu + half
    ends = [flint.arb(float(value)) for value in (*low, *high)]
    table = line_table(ends, balls(w) * 2)
    assert table is not None
    x = table.axis.nodes
    ranges = _Ranges.at_nodes(low[None], high[None], table.terms.reshape(2, 1, len(mu), -1), x)
    for _ in range(60):
        t = rng.choice([0.0, 1.0, rng.uniform()], len(mu))
        point = low + t * (high - low)
        if half > 0:  # a mean right at a node, if it can be
            point = np.where(
                rng.uniform(size=len(mu)) < 0.3, x[abs(x[:, None] - point).argmin(0)], point
            )
            point = point.clip(low, high)
        z = x - point[:, None]
        logits = np.log(w)[:, None] - z * z / 2
        term = np.exp(logits - logits.max(axis=0))
        psi = term / term.sum(axis=0)
        rest = np.array([np.delete(term, i, 0).sum(axis=0) for i in range(len(mu))]) / term.sum(
            axis=0
        )
        for values, bounds in zip((psi, rest, z, z * z), ranges, strict=True):
            room = 1e-13 + 1e-11 * abs(values)
            assert (bounds.lower[0] <= values + room).all()
            assert (values - room <= bounds.upper[0]).all()


@pytest.mark.parametrize(("mu", "weights"), STARTS)
@pytest.mark.parametrize("digits", [1, 2, 4, 7])
def test_a_coarse_grid_says_how_wrong_it_is(mu, weights, digits) -> None:
    """The bound of Lemma Q covers the error where it is large enough to be seen."""
    mu, w = np.array(mu, float), np.array(weights, float)
    found = curvature_over(mu[None], mu[None], balls(w), digits=digits)
    if found is None:  # the grid would be coarser than the lemma allows
        return
    exact = hessian(mu, w / w.sum())
    assert (found.hessian.lower[0] <= exact + 1e-13).all()
    assert (exact - 1e-13 <= found.hessian.upper[0]).all()


def test_coarse_grids_are_off_by_much_less_than_nothing_at_all() -> None:
    """What the last test looks at is really there: a grid for 1 digit is off by more than 1e-5."""
    mu, w = np.array([2.0, 1.5, -1]), np.ones(3)
    found = curvature_over(mu[None], mu[None], balls(w), digits=1)
    assert found is not None
    width = found.hessian.upper - found.hessian.lower
    assert width.min() > 1e-5


def test_what_float64_cannot_do_is_refused() -> None:
    far, wide = np.array([[40.0, -40.0, 0.0]]), np.array([[0.0, 2.0, 3.0]])
    assert curvature_over(far, far, balls(np.ones(3))) is None
    assert curvature_over(wide, wide + 2, balls(np.ones(3))) is None
