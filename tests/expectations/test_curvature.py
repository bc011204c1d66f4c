"""The Hessian and third derivatives over boxes: they hold what they are to hold.

Against plain float64 sums over a fine grid, written from the definition.
"""

from __future__ import annotations

from dataclasses import replace

import flint
import numpy as np
import pytest

from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.expectations import curvature
from theorycheck.expectations.curvature import _hessian, _Ranges, _third, curvature_over
from theorycheck.expectations.proven.axes import PreparedAxis, prepared_axis
from theorycheck.expectations.proven.terms import line_table
from theorycheck.expectations.trapezoid import Axis
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


def third_derivatives(mu: Floats, weights: Floats) -> Floats:
    """By central differences of the Hessian."""
    steps = 1e-4 * np.eye(len(mu))
    moved = [(hessian(mu + e, weights) - hessian(mu - e, weights)) / 2e-4 for e in steps]
    return np.moveaxis(np.array(moved), 0, -1)


def ranges_on(axis: PreparedAxis, mu: Floats, weights: Floats) -> _Ranges:
    """At the nodes of any axis, for a point."""
    terms = weights[:, None] * np.exp(-((axis.nodes - mu[:, None]) ** 2) / 2)
    return _Ranges.at_nodes(mu[None], mu[None], np.stack([terms, terms])[:, None], axis.nodes)


@pytest.mark.parametrize(("step", "half"), [(0.125, 16), (0.125, 20), (0.875, 16), (1.0, 16)])
def test_what_a_short_or_coarse_axis_misses_is_covered(step, half) -> None:
    """Nodes up to 2 or 2.5 miss the tails, steps near 1 the poles: both are seen without a pad.

    The third derivatives by their own pad, whose constants are generous.
    """
    rng = np.random.default_rng(5)
    missed, missed_third = 0, 0
    for _ in range(40):
        n = int(rng.integers(1, 4))
        mu, w = rng.uniform(-3, 3, n), rng.dirichlet(np.ones(n))
        spread = float(np.ptp(mu)) + 1e-9
        strip = min(2.0, 2.0 / spread)
        axis = prepared_axis(Axis(step, half, strip, spread))
        if axis.relative > 0.2:
            continue
        ranges, exact = ranges_on(axis, mu, w), hessian(mu, w)
        largest = float(abs(mu).max())
        found = _hessian(ranges, axis, 0.0, largest)
        assert (found.lower[0] <= exact + 1e-12).all()
        assert (exact - 1e-12 <= found.upper[0]).all()
        plain = (found.lower[0] + found.upper[0]) / 2
        missed += int(abs(plain - exact).max() > 1e-7)
        third = abs(third_derivatives(mu, w))
        assert (third <= _third(ranges, axis, 0.0, largest)[0] + 1e-6).all()
        bare = replace(axis, relative=0.0, edge=0.0)
        missed_third += int((third > _third(ranges, bare, 0.0, largest)[0] + 1e-5).any())
    assert missed > 3
    assert missed_third > 1


@pytest.mark.parametrize(("mu", "weights"), [start for start in STARTS if len(start[0]) > 1])
def test_rounding_of_the_terms_is_covered(monkeypatch, mu, weights) -> None:
    """Terms that are off by all of their units, some up and some down; many units, to be seen."""
    mu, w = np.array(mu, float), np.array(weights, float)
    delta = 1e-6
    signs = np.where(np.arange(len(mu)) == len(mu) - 1, -1.0, 1.0)[[*range(len(mu))] * 2, None]

    def off(*arguments):
        table = line_table(*arguments)
        return table._replace(terms=table.terms * (1 + delta * signs), units=int(delta * 2**53))

    exact = hessian(mu, w / w.sum())
    monkeypatch.setattr(curvature, "line_table", off)
    found = curvature.curvature_over(mu[None], mu[None], balls(w), third=True)
    assert (found.hessian.lower[0] <= exact).all()
    assert (exact <= found.hessian.upper[0]).all()
    third = abs(third_derivatives(mu, w / w.sum()))
    assert (third <= found.third[0] + 1e-7).all()
    middle = (found.hessian.lower[0] + found.hessian.upper[0]) / 2
    assert abs(middle - exact).max() > 1e-8  # what is covered is there


def test_what_float64_cannot_do_is_refused() -> None:
    far, wide = np.array([[40.0, -40.0, 0.0]]), np.array([[0.0, 2.0, 3.0]])
    assert curvature_over(far, far, balls(np.ones(3))) is None
    assert curvature_over(wide, wide + 2, balls(np.ones(3))) is None
