"""Many trajectories at once: the same as one by one."""

from __future__ import annotations

import numpy as np
import pytest

from theorycheck.dynamics.batched import gradient_em_many
from theorycheck.dynamics.trajectory import gradient_em
from theorycheck.errors import InvalidType, InvalidValue, TooExpensive
from theorycheck.inputs.mixture import Mixture

RNG = np.random.default_rng(3)
LINES = [Mixture(s * RNG.normal(size=3), RNG.dirichlet(np.ones(3))) for s in (0.1, 1, 1, 2, 3, 5)]
SPECIAL = [
    Mixture(["2e-5", "-1e-5", "-1e-5"]),  # slow manifold: the mean cancels
    Mixture([12, -12, 0]),  # trap, too far to be stepped with others
    Mixture([5, 5, 5]),  # no spread
    Mixture([[1, 2], [-2, -4], ["1/2", 1]]),  # a line in the plane
    Mixture(["0.3", "0.4"]),  # another number of components
    Mixture([[1, 0], [0, 1], [1, 1]]),  # a plane
    Mixture([[2, 0]]),  # one component
]


def test_the_same_as_one_by_one() -> None:
    """Iterates, losses and times of every start, whatever it is stepped with."""
    starts = LINES + SPECIAL
    for start, found in zip(starts, gradient_em_many(starts, "0.9", 60), strict=True):
        alone = gradient_em(start, "0.9", 60, record="log")
        assert found.times.tolist() == alone.times.tolist()
        assert found.means.shape == alone.means.shape
        assert found.means[0].tolist() == alone.means[0].tolist() == start.doubles[0].tolist()
        size = abs(alone.coordinates).max()
        np.testing.assert_allclose(found.coordinates, alone.coordinates, atol=3e-14 * size)
        np.testing.assert_allclose(found.loss, alone.loss, rtol=1e-11, atol=1e-30)
        np.testing.assert_allclose(found.fisher_divergence, alone.fisher_divergence, rtol=1e-10)


def test_slow_manifold_keeps_relative_accuracy() -> None:
    """Means that cancel exactly, down to losses of 1e-72, agree relatively."""
    starts = [Mixture([7 * s, s, -3 * s], [1, 2, 3]) for s in (2.0**-20, 2.0**-30, 2.0**-60)]
    for start, found in zip(starts, gradient_em_many(starts, 1, 100), strict=True):
        alone = gradient_em(start, 1, 100, record="log")
        np.testing.assert_allclose(found.loss, alone.loss, rtol=1e-9)
    assert found.loss[-1] < 1e-70


def test_nothing_to_do() -> None:
    """No starts, or no steps."""
    assert gradient_em_many([], 1, 10) == []
    assert gradient_em_many(LINES, 1, 0)[0].coordinates.shape == (1, 3, 1)


def test_bad_input() -> None:
    """The errors of `gradient_em`."""
    with pytest.raises(InvalidValue):
        gradient_em_many(LINES, 0, 5)
    with pytest.raises(InvalidType):
        gradient_em_many([LINES[0], [1, 2]], 1, 5)  # type: ignore[list-item]
    for no_list in (LINES[0], None, 3):
        with pytest.raises(InvalidType, match="mixtures is"):
            gradient_em_many(no_list, 1, 5)  # type: ignore[arg-type]
    with pytest.raises(TooExpensive):
        gradient_em_many([Mixture([1, -1]), Mixture([1e7, 0])], 1, 5)
