"""The measures of a claim."""

from __future__ import annotations

import theorycheck as tc
from theorycheck.campaign.measures import unlike
from theorycheck.search.findings import Finding
from theorycheck.statements.verdicts import Evidence, Sign


def _found(*means: object) -> Finding:
    return Finding(tc.Case(tc.Mixture(list(means))), Sign.POSITIVE, 1.0, 0.5, Evidence.CERTIFIED)


def test_cases_that_read_alike_are_shown_once():
    """To three digits: the first is kept, in order, and no more than are wanted."""
    cases = [_found(1, 0), _found("1000001/1000000", 0), _found(1, 0), _found(1, "1/2"), _found(2)]
    assert list(unlike(cases, 3)) == [cases[0], cases[3], cases[4]]
    assert list(unlike(cases, 1)) == cases[:1]
