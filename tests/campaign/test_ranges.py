"""Ranges: what was generated, from the smallest to the largest."""

from __future__ import annotations

from theorycheck.campaign.ranges import Ranges
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture

SQUARE = Case(Mixture([[3, 4], [0, 0], [1, 0]], [1, 1, 2]), step_size="1/2", steps=10)
ZERO = Case(Mixture([0]), truth=Mixture([1, 2]))


def test_the_ranges_of_cases():
    """Every quantity over the cases that have it."""
    found = Ranges.of([SQUARE, ZERO])
    assert (found.n, found.d, found.rank) == ((1, 3), (1, 2), (0, 2))
    assert (found.radius, found.zero) == ((5, 5), 1)
    assert (found.weight, found.step_size, found.steps) == ((0.25, 1), (0.5, 0.5), (10, 10))
    assert found.truth == (2, 2)
    assert found.in_words() == (
        "n 1 to 3, d 1 to 2, rank 0 to 2, R 5, all means 0, weights from 0.25, step size 0.5, "
        "steps 10, truth components 2"
    )


def test_the_union_of_ranges_is_that_of_their_cases():
    """In whatever parts; nothing is a part too."""
    parts = [Ranges.of([SQUARE]), Ranges(), Ranges.of([ZERO])]
    assert Ranges.union(parts) == Ranges.of([SQUARE, ZERO])
    assert Ranges.union([]) == Ranges.of([]) == Ranges()
    assert Ranges().in_words() == ""


def test_numbers_that_no_float_holds_are_cut():
    """A radius of 10^400, a weight of 10^-400."""
    found = Ranges.of([Case(Mixture([10**400, 0], [1, 10**400]))])
    assert found.radius == (1e150, 1e150)
    assert found.weight == (0, 0)
