"""A Hypothesis backend whose draws depend on the seed alone.

Hypothesis also draws constants that it finds in whatever local modules happen to be loaded, so the
same seed can mean other cases in another process. A campaign must not depend on that.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import lru_cache
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

from theorycheck.inputs.case import Case
from theorycheck.search.attack import attack, check_attack
from theorycheck.search.descent import AttackResult
from theorycheck.search.enumeration import Hypotheses, enumerated
from theorycheck.statements.claim import Claim
from theorycheck.statements.cost import cost_of
from theorycheck.strategies import cases_of

BACKEND = "theorycheck"


class SeededProvider(HypothesisProvider):
    """Hypothesis' own provider without constants from the loaded modules."""

    def _maybe_draw_constant(self, *arguments: Any, **options: Any) -> None:
        return None


AVAILABLE_PROVIDERS[BACKEND] = SeededProvider
STARTS = 8
"""Cases generated for an attack to start from the worst of, at the most."""
_GENERATED_SHARE, _ENUMERATED_SHARE = 10, 3
"""One evaluation in so many is spent on generated and on small cases to start from."""


def generated(claim: Claim, count: int, seed: int) -> list[Case]:
    """Distinct cases of a claim's domain drawn by Hypothesis, the claim's examples first."""
    return list(dict.fromkeys([*claim.examples, *_drawn(Hypotheses.of(claim), count, seed)]))


@lru_cache(maxsize=64)
def _drawn(hypotheses: Hypotheses, count: int, seed: int) -> tuple[Case, ...]:
    found: dict[Case, None] = {}

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        backend=BACKEND,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(cases_of(hypotheses.claim))
    def collect(case: Case) -> None:
        found.setdefault(case)

    with warnings.catch_warnings():
        # On a cluster other threads of the worker use `random`; the draws do not depend on it.
        warnings.filterwarnings("ignore", message="Do not use the `random` module")
        collect()
    return tuple(found)


def attacked(
    claim: Claim,
    budget: int,
    seed: int,
    components: int | None = None,
    dimension: int | None = None,
) -> AttackResult:
    """Attack a claim from the worst of small and of generated cases, of one size if it is given."""
    check_attack(claim, components, dimension)
    low, high = claim.domain.components
    domain = replace(
        claim.domain,
        components=(low, high) if components is None else (components, components),
        dimension=claim.domain.dimension if dimension is None else (dimension, dimension),
    )
    where = replace(claim, domain=domain)
    drawn = generated(where, min(STARTS, budget // _GENERATED_SHARE + 1), seed)
    small = enumerated(where, budget // _ENUMERATED_SHARE)
    # At the optimum a descent has nowhere to go.
    starts = [c for c in (*drawn, *small) if claim.domain.contains(c) and not c.is_at_optimum]
    return attack(claim, budget, components, dimension, seed, sorted(starts, key=cost_of))
