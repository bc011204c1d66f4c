"""Beyond dimension 1 only claims whose code was read are proved: others may ask for coordinates."""

from __future__ import annotations

from typing import Any

import pytest

import theorycheck as tc
from theorycheck.arithmetic.functions import largest
from theorycheck.errors import NotOnRegions
from theorycheck.inputs.region import Region
from theorycheck.regions import scope
from theorycheck.statements.claim import inequality
from theorycheck.statements.comparison import at_most

REGION = {"weights": ("2/5", "3/5"), "radius_at_most": 1, "radius_at_least": "9/10"}


@inequality("largest-entry", "0.9 R^2 <= max_ik mu_ik^2")
def largest_entry(at: Any) -> Any:
    """False for (7/10, 7/10): the largest entry is no norm."""
    return at_most(at.number("0.9") * at.radius * at.radius, largest((at.means * at.means).ravel()))


@inequality("trace", "0.9 W^2 <= |sum pi_i mu_i mu_i^T|^2")
def trace(at: Any) -> Any:
    """False for orthogonal means."""
    square = (at.weights[:, None] * at.means).T @ at.means
    distance = at.weighted_distance
    return at_most(at.number("0.9") * distance * distance, (square * square).sum())


@inequality("shape", "d <= 3/2")
def shape(at: Any) -> Any:
    return at_most(at.number(at.means.shape[1]), at.number("3/2"))


@pytest.mark.parametrize("claim", [largest_entry, trace, shape], ids=lambda claim: claim.id)
@pytest.mark.parametrize("dimension", [2, "any"])
def test_what_takes_coordinates_is_not_proved(claim: Any, dimension: Any) -> None:
    with pytest.raises(NotOnRegions, match="beyond dimension 1"):
        tc.prove(claim, Region(2, dimension=dimension, **REGION))


def test_a_claim_of_that_name_is_not_taken_for_one_that_was_read() -> None:
    @inequality("loss-upper", "0.9 R^2 <= max_ik mu_ik^2")
    def other(at: Any) -> Any:
        return largest_entry.function(at)

    with pytest.raises(NotOnRegions, match="beyond dimension 1"):
        tc.prove(other, Region(2, dimension=2, **REGION))


def test_those_that_were_read_take_no_coordinates() -> None:
    """They are the same at rotated means, in more dimensions, exactly."""
    cases = [
        tc.Case(tc.Mixture(rows, [2, 3]), step_size="1/2")
        for rows in ([[5, 0], [1, 2]], [[3, 4, 0], ["-1", 2, 0]], [[0, 3, 4], [0, "-1", 2]])
    ]
    assert len({(m.radius_squared, m.components) for m in (case.mixture for case in cases)}) == 1
    for id in sorted(scope._READ):
        verdicts = [tc.claims.get(id).check(case) for case in cases]
        first, *others = (getattr(verdict, "margin", None) for verdict in verdicts)
        assert all(other == pytest.approx(first, rel=1e-6) for other in others), id
