"""The simplest counterexample: still certified, never more complex, and plain where it can be."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import theorycheck as tc
from theorycheck.errors import InvalidValue
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.search.generation import generated
from theorycheck.search.shrinking import complexity, shrink, simplest_between
from theorycheck.statements.claim import inequality
from theorycheck.statements.comparison import at_most
from theorycheck.statements.decision import decide, float64_view
from theorycheck.statements.domain import Domain

fractions = st.fractions(min_value=-50, max_value=50, max_denominator=200)


def control_of(id: str, number: int = 0):
    """A control as the false claim it is."""
    claim = tc.claims.get(id)
    return claim.as_claim(claim.controls[number])


def refuting_cases(claim, count: int) -> list[Case]:
    """Generated cases that certainly refute a claim."""
    found: list[Case] = []
    for case in generated(claim, 60, 2):
        if len(found) < count and claim.domain.contains(case):
            is_likely = claim.only_balls or float64_view(claim, case).sign == "negative"
            if is_likely and decide(claim, case, (18,)).sign == "negative":
                found.append(case)
    return found


# --- Stern and Brocot -----------------------------------------------------------------------------


@given(fractions, fractions)
def test_nothing_simpler_lies_between(a, b):
    """Brute force over all smaller denominators finds none; of equal ones, no smaller numerator."""
    low, high = sorted((a, b))
    best = simplest_between(low, high)
    assert low <= best <= high
    for q in range(1, best.denominator):
        assert math.floor(high * q) < math.ceil(low * q)
    smaller = [
        p
        for p in range(math.ceil(low * best.denominator), math.floor(high * best.denominator) + 1)
        if abs(p) < abs(best.numerator)
    ]
    assert smaller == []


def test_an_interval_that_is_empty_is_refused():
    """low > high."""
    with pytest.raises(InvalidValue, match="nothing between"):
        simplest_between(Fraction(1), Fraction(0))


# --- counterexamples ------------------------------------------------------------------------------

PLAIN = {
    "loss-upper": Case(Mixture([1])),
    "em-decrease": Case(Mixture([1])),
    "likelihood-decrease": Case(Mixture([1]), step_size=1),
    "majorisation": Case(Mixture([0]), target=[[1]]),
    "responsibility-floor": Case(Mixture([1])),
    "energy-decrease": Case(Mixture([1]), step_size=1),
    "loss-component-bound": Case(Mixture([0, 6])),
    "stein-gradient": Case(Mixture([0, 1])),
    "responsibility-jacobian": Case(Mixture([1]), x=[0], direction=[1]),
    "daskalakis-contraction": None,
}


@pytest.mark.long
@pytest.mark.parametrize("id", PLAIN)
def test_a_control_is_refuted_by_a_plain_case(id):
    """Whatever refutes a control shrinks to a case that one can check in one's head."""
    claim = control_of(id)
    for case in refuting_cases(claim, 2):
        simple = shrink(claim, case)
        assert decide(claim, simple).sign == "negative"
        assert claim.domain.contains(simple)
        assert complexity(simple) <= complexity(case)
        assert PLAIN[id] is None or complexity(simple) == complexity(PLAIN[id]), simple


def test_what_the_claim_does_not_ask_for_is_left_out():
    """An example may be shared by claims that name other inputs."""
    case = Case(Mixture([1]), 1, x=[2], direction=[1], target=[[3]], s=1, steps=4)
    assert shrink(control_of("loss-upper"), case) == Case(Mixture([1]))


def test_a_truth_is_simplified_too():
    """A mixture truth ends as one component with a plain mean."""
    claim = control_of("daskalakis-contraction")
    simple = shrink(claim, refuting_cases(claim, 1)[0])
    assert simple.truth is not None
    assert simple.truth.components == 1
    assert simple.truth.means[0][0].denominator < 10


def test_steps_are_simplified_too():
    """As few steps as refute."""
    claim = control_of("fisher-budget")
    simple = shrink(claim, refuting_cases(claim, 1)[0])
    assert simple.steps == 1
    assert simple.mixture == Mixture([1])


def test_a_boundary_is_found():
    """The simplest number beyond a threshold, from a number far beyond it with many digits."""

    @inequality("below-pi", "x", domain=Domain(components=(1, 1), dimension=(1, 1)))
    def below_pi(at):
        return at_most(at.radius, at.number(Fraction(314159, 100000)))

    case = Case(Mixture(["10.987654321"]))
    assert shrink(below_pi, case) == Case(Mixture([4]))


def test_the_smallest_weight_grows_to_its_boundary():
    """A weight of 1e-12 that need only be below 1/100 does not stay tiny."""

    @inequality("no-light-component", "x", domain=Domain(components=(2, 3), dimension=(1, 1)))
    def no_light_component(at):
        return at_most(at.number(Fraction(1, 100)), at.smallest_weight)

    case = Case(Mixture(["0.123", 4, "-1/7"], ["1e-12", 3, "7/5"]))
    simple = shrink(no_light_component, case)
    assert simple.mixture.components == 2
    assert Fraction(1, 300) < min(simple.mixture.weights) < Fraction(1, 100)


def test_a_tiny_number_grows_at_once():
    """From 1e-12 to the boundary at 1/1000, within few evaluations."""

    @inequality("not-small", "x", domain=Domain(components=(1, 1), dimension=(1, 1)))
    def not_small(at):
        return at_most(at.radius / 1000, at.radius * at.radius)

    simple = shrink(not_small, Case(Mixture(["1.2345e-12"])), budget=100)
    assert simple.mixture.means[0][0] > Fraction(1, 10_000)


def test_an_existence_claim_keeps_a_witness():
    """Witnesses are simplified towards the same verdict."""
    claim = tc.claims.get("max-norm-nonmonotone")
    simple = shrink(claim, claim.examples[0])
    assert decide(claim, simple).sign == "positive"
    assert complexity(simple) < complexity(claim.examples[0])


def test_a_case_that_refutes_nothing_is_returned_as_it_is():
    """There is nothing to simplify."""
    case = Case(Mixture([1.5, "-0.7"]))
    assert shrink(tc.claims.get("loss-upper"), case) == case


def test_the_budget_bounds_the_search_and_the_result_stays_certified():
    """However small the budget, what comes back refutes."""
    claim = control_of("stein-lower-bound")
    case = refuting_cases(claim, 1)[0]
    seen = [shrink(claim, case, budget) for budget in (1, 40, 200)]
    assert seen[0] == case
    assert all(decide(claim, simple).sign == "negative" for simple in seen)
    assert complexity(seen[2]) < complexity(seen[1]) <= complexity(seen[0])


def test_simplifying_is_deterministic():
    """The same case, the same result."""
    claim = control_of("gradient-fisher")
    case = refuting_cases(claim, 1)[0]
    assert shrink(claim, case) == shrink(claim, case)


def test_a_case_at_which_the_claim_breaks_is_no_counterexample():
    """An exception on the way is not a simplification."""

    @inequality("undefined-at-0", "x", domain=Domain(components=(1, 2), dimension=(1, 1)))
    def undefined_at_0(at):
        return at_most(1 / at.radius, at.number(Fraction(1, 9)))

    simple = shrink(undefined_at_0, Case(Mixture(["3.21", "-0.5"])))
    assert simple == Case(Mixture([1]))
