"""Generated cases."""

from __future__ import annotations

import theorycheck as tc
from theorycheck.search.generation import generated


def test_generated_cases_are_distinct_and_in_the_domain():
    """Generation draws from the domain itself."""
    for claim in tc.claims.all():
        cases = generated(claim, 30, 1)
        assert len(set(cases)) == len(cases)
        inside = sum(claim.domain.contains(case) for case in cases)
        assert inside > len(cases) / 2, claim.id
