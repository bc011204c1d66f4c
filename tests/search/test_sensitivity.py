"""The smallest constant as one quantity moves."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.searched import nowhere_near, radius_constant
from theorycheck.errors import InvalidValue
from theorycheck.search.sensitivity import sensitivity


def test_how_a_constant_moves_holds_one_quantity_at_a_time():
    """The rows of the table hold what they say, and the law n / (R^2 pi_min) shows."""
    rows = sensitivity(radius_constant, 60)
    assert {row.quantity for row in rows} == {"n", "rank", "R", "pi_min"}
    for row in rows:
        mixture = row.case.mixture
        radius = np.sqrt((np.array(mixture.means, dtype=float) ** 2).sum(axis=1)).max()
        weight = float(min(mixture.weights))
        assert row.constant == pytest.approx(mixture.components / radius**2 / weight, rel=1e-6)
        if row.quantity == "R":
            assert radius == pytest.approx(row.value, rel=1e-6)
        elif row.quantity == "pi_min":
            assert weight == pytest.approx(row.value, rel=1e-4)
        elif row.quantity == "n":
            assert mixture.components == row.value


def test_only_a_constant_moves():
    """Other claims have none."""
    with pytest.raises(InvalidValue, match="no implied constant"):
        sensitivity(nowhere_near)
