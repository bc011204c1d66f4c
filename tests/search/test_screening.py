"""Which of many cases balls are asked about."""

from __future__ import annotations

from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.search.screening import most_suspicious
from theorycheck.statements.claim import inequality
from theorycheck.statements.comparison import at_most


@inequality("rare", "x")
def rare(at):
    """True up to distances of 32; to 16 digits both sides are as far apart anywhere nearer."""
    return at_most(at.weights / 10**60, at.responsibilities)


def test_of_margins_that_all_look_the_same_the_closest_come_first():
    """The relative margin of all is 1; the farther apart the means, the smaller the ratio."""
    cases = [Case(Mixture([distance, 0])) for distance in range(1, 31)]
    chosen = most_suspicious(rare, cases)
    assert {case.mixture.means[0][0] for case in chosen} == set(range(11, 31))
