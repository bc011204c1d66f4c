"""What a claim does to its arrays is its own, on boxes as in balls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import theorycheck as tc
from theorycheck.errors import NotOnRegions
from theorycheck.inputs.region import Region
from theorycheck.statements.claim import inequality
from theorycheck.statements.comparison import at_most
from theorycheck.statements.verdicts import Refuted

LINE = {"means": [("9/10", 1), (-1, "-9/10")], "weights": ("1/2", "1/2")}
PLANE = {"dimension": 2, "weights": ("1/2", "1/2"), "radius_at_most": 1, "radius_at_least": "1/2"}
ANY = {**PLANE, "dimension": "any"}


def excess_of_weights(at: Any) -> Any:
    gap = at.weights
    gap -= 1 / at.number(at.components)
    return at_most(at.weighted_distance, at.number("1/1000") + (gap * gap).sum())


def first_weight(at: Any) -> Any:
    w = at.weights
    w[0], w[1] = at.number("999/1000"), at.number("1/1000")
    return at_most(tc.squared_norms(at.means)[0] / 3, at.loss)


def shares(at: Any) -> Any:
    p = at.responsibilities
    p -= at.responsibilities
    return at_most(at.responsibilities.sum(), at.number("1/1000"))


def overlaps(at: Any) -> Any:
    g = at.overlap
    g *= 0
    return at_most(at.overlap.sum(), at.number("1/1000"))


def means(at: Any) -> Any:
    m = at.means
    m *= 0
    return at_most(at.other(at.mixture).loss + at.radius, at.number("1/1000"))


def gradients(at: Any) -> Any:
    g = at.gradient
    g *= 0
    return at_most(tc.squared_norms(at.gradient).sum(), at.number(0))


def positions(at: Any) -> Any:
    x = at.positions
    x *= 0
    return at_most(tc.squared_norms(at.positions).sum(), at.number(0))


def moved(at: Any) -> Any:
    m = at.means
    point = at.moved(m)
    m *= 0
    return at_most(point.radius, at.number("1/1000"))


def exact_weights(at: Any) -> Any:
    w = at.mixture.varying_weights
    w *= 0
    return at_most(at.other(at.mixture).weights.sum(), at.number("1/1000"))


FALSE: list[tuple[Callable[[Any], Any], dict[str, Any]]] = [
    *(
        (function, where)
        for function in (excess_of_weights, shares)
        for where in (LINE, PLANE, ANY)
    ),
    *((function, where) for function in (first_weight, overlaps) for where in (LINE, PLANE)),
    *((function, LINE) for function in (means, gradients, positions, moved, exact_weights)),
]


@pytest.mark.parametrize(("function", "where"), FALSE)
def test_a_false_claim_that_changes_its_arrays_is_not_proved(
    function: Callable[[Any], Any], where: dict[str, Any]
) -> None:
    claim = inequality("in-place", "x")(function)
    try:
        proof = tc.prove(claim, Region(components=2, **where), time_limit=20)
    except (NotOnRegions, tc.TheoryCheckError):
        return
    assert proof.verdict != "proved"


RANKS: dict[str, Callable[[Any], Any]] = {
    "rank": lambda at: at.rank,
    "affine_rank": lambda at: at.affine_rank,
}


@pytest.mark.parametrize("name", RANKS)
def test_a_replaced_mean_may_be_another_one(name: str) -> None:
    """Means (1, 0): with 0 in place of the first they agree, whatever the region's spread."""

    @inequality("own-rank", r"r \ge 1")
    def own_rank(at: Any) -> Any:
        other = at.other(at.mixture.with_mean(0, [0]))
        return at_most(at.number("1/2"), at.number(RANKS[name](other)))

    region = Region(
        components=2,
        means=[(0, 1), (0, 1)],
        weights=("1/2", "1/2"),
        spread_at_least="1/2",
        radius_at_least="1/2",
    )
    assert isinstance(own_rank.check(tc.Mixture([1, 0])), Refuted)
    with pytest.raises(NotOnRegions, match="replaced"):
        tc.prove(own_rank, region)
