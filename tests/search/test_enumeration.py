"""Small cases in order of complexity: distinct, inside the domain, and all the corners early."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from itertools import combinations as combinations_of
from itertools import islice, permutations, product

import pytest

import theorycheck as tc
from theorycheck.campaign.profiles import PROFILES
from theorycheck.expectations.reduction import mixture_rank
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.search import enumeration
from theorycheck.search.enumeration import cost_of, enumerated, small_cases
from theorycheck.search.screening import examine_cases, screened
from theorycheck.search.shrinking import complexity
from theorycheck.search.tiers import NUMBERS, combinations
from theorycheck.statements.claim import identity, inequality
from theorycheck.statements.comparison import at_most, equal
from theorycheck.statements.cost import is_fast
from theorycheck.statements.decision import screen
from theorycheck.statements.domain import Domain
from theorycheck.strategies import farthest

FEW, STANDARD, MANY = 150, PROFILES["standard"].enumerated, 600


@inequality("anything", "x", domain=Domain(truth="any"))
def anything(at, step_size):
    """True everywhere."""
    return at_most(0 * at.weights[0], at.weights[0])


@inequality("on-a-line", "x", domain=Domain(components=(2, 2), dimension=(1, 1), open_above=True))
def on_a_line(at, step_size):
    """True everywhere."""
    return at_most(0 * at.weights[0], at.weights[0])


# --- what is enumerated ---------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("claim", tc.claims.all(), ids=str)
def test_small_cases_are_distinct_and_in_the_domain(claim):
    """As many as are asked for, whatever the hypotheses, and the same every time."""
    cases = enumerated(claim, 60)
    assert len(cases) == len(set(cases)) == 60
    assert all(claim.domain.contains(case) for case in cases)
    assert all(case.mixture.radius_squared <= farthest(claim.domain) ** 2 for case in cases)
    enumeration._beginning.cache_clear()
    assert enumerated(claim, 60) == cases


def test_the_simplest_come_first():
    """One component at 0, soon one at 1; the pair (0, 3) among the first twenty."""
    first = [case.mixture for case in islice(small_cases(anything), 5)]
    assert first[0] == Mixture([0])
    assert Mixture([1]) in first
    assert Case(Mixture([0, 3]), step_size=1) in list(islice(small_cases(on_a_line), 20))


def test_every_small_pair_is_there():
    """Exhaustive on a line: all pairs of 0, 1, 2 and 1/2, in both orders."""
    cases = set(enumerated(on_a_line, MANY))
    numbers = [Fraction(0), Fraction(1), Fraction(2), Fraction(1, 2)]
    assert {Case(Mixture([a, b]), step_size=1) for a in numbers for b in numbers} <= cases


CORNERS = {
    "all means 0": lambda case: case.mixture.is_at_optimum,
    "some means equal": lambda case: 1 < len(set(case.mixture.means)) < case.mixture.components,
    "weighted mean 0": lambda case: not any(case.mixture.centre) and not case.mixture.is_at_optimum,
    "weighted mean 1e-10": lambda case: 0 < max(map(abs, case.mixture.centre)) < 1e-9,
    "seven equal means": lambda case: (
        case.mixture.components == 7 and len(set(case.mixture.means)) == 1
    ),
    "n = 8": lambda case: case.mixture.components == 8,
    "rank 3": lambda case: mixture_rank(case.mixture) == 3,
    "a weight of 1e-17": lambda case: min(case.mixture.weights) < 1e-16,
}


@pytest.mark.parametrize("corner", CORNERS)
def test_a_standard_run_reaches_the_corners(corner):
    """Exact coincidences and their near misses."""
    assert any(map(CORNERS[corner], enumerated(tc.claims.get("stein-lower-bound"), STANDARD)))


FAR_CORNERS = {
    "rank 4": lambda case: mixture_rank(case.mixture) == 4,
    "R beyond 40": lambda case: case.mixture.radius_squared > 1600,
    "R = 1e-13": lambda case: 0 < case.mixture.radius_squared < Fraction(1, 10**24),
    "student = truth": lambda case: case.mixture == case.truth and case.mixture.components > 1,
    "truth reordered": lambda case: (
        case.truth is not None
        and case.truth != case.mixture
        and sorted(case.truth.means) == sorted(case.mixture.means)
    ),
    "a far truth": lambda case: case.truth is not None and case.truth.radius_squared >= 400,
    "step size beyond 1.999": lambda case: 2 > case.step_size > Fraction(1999, 1000),
    "step size below 0.001": lambda case: case.step_size < Fraction(1, 1000),
    "step size 2": lambda case: case.step_size == 2,
}


@pytest.mark.parametrize("corner", FAR_CORNERS)
def test_a_standard_run_reaches_the_far_corners(corner):
    """Of a claim with a truth and a step size."""
    assert any(map(FAR_CORNERS[corner], enumerated(anything, STANDARD)))


def test_few_mixtures_meet_many_values_of_the_other_inputs():
    """Landmarks take them in turn: no truth, step size or both is the rule among the first."""
    first = enumerated(anything, 60)
    assert len({(case.step_size, case.truth and case.truth.means) for case in first}) > 20


def test_the_first_cases_are_the_same_however_many_are_asked_for():
    """So that the small cases of every profile, of controls and of attacks are found once."""
    claim = tc.claims.get("log-sobolev")
    enumeration._beginning.cache_clear()
    few = enumerated(claim, 40)
    enumeration._beginning.cache_clear()
    many = enumerated(replace(claim, id="another"), 120)
    assert many[:40] == few == enumerated(claim, 40)


class Failing:
    """A condition that raises when it is asked for the hundredth time, once."""

    def __init__(self, error):
        self.error, self.asked = error, 0

    def __call__(self, case):
        self.asked += 1
        if self.asked == 100:
            raise self.error
        return True


@pytest.mark.parametrize("error", [ZeroDivisionError, MemoryError, KeyboardInterrupt])
def test_after_a_failure_all_cases_are_looked_at_anew(error):
    """None is left out, and no list ends where the failure came."""
    whole = enumerated(anything, 120)
    claim = replace(anything, domain=replace(anything.domain, where=Failing(error)))
    with pytest.raises(error):
        enumerated(claim, 120)
    assert enumerated(claim, 120) == whole


def test_a_failure_inside_the_list_itself_leaves_none_behind(monkeypatch):
    """As by Ctrl-C: a generator that was left in the middle would be at its end for ever."""
    enumeration._beginning.cache_clear()
    whole = enumerated(on_a_line, 80)
    enumeration._beginning.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(enumeration, "Case", interrupted)
        with pytest.raises(KeyboardInterrupt):
            enumerated(on_a_line, 80)
    assert enumerated(on_a_line, 80) == whole


def interrupted(*arguments, **options):
    raise KeyboardInterrupt


def test_threads_of_a_user_look_at_the_same_cases():
    """One list serves them all."""
    enumeration._beginning.cache_clear()
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda count: enumerated(anything, count), [90] * 8))
    enumeration._beginning.cache_clear()
    assert all(cases == enumerated(anything, 90) for cases in found)


def test_a_domain_that_admits_hardly_any_case_ends_the_search():
    """After a few times as many candidates as cases are asked for; the more, the further."""
    rare = replace(anything, domain=replace(anything.domain, where=is_heavy))
    found = [enumerated(rare, count) for count in (40, 400, 40)]
    assert len(found[0]) < len(found[1]) < 400
    assert found[0] == found[2] == found[1][: len(found[0])]


def is_heavy(case):
    """A step size of 2, and equal means at 3."""
    return case.step_size == 2 and set(case.mixture.means) == {(3,)}


LABELLED = inequality("labelled", "x", domain=Domain(components=(4, 4), dimension=(1, 1)))(
    lambda at: at_most(0 * at.weights[0], at.weights[0])
)
POINTED = inequality(
    "pointed", "x", domain=Domain(components=(2, 3), dimension=(1, 1), radius=1.0)
)(lambda at, x: at_most(0 * x[0], 0 * x[0] + 1))


def is_far(case):
    return max(map(abs, case.x)) >= 40


def is_regular(case):
    """Differences of one length up to a thousandth, and centre 0."""
    means = case.mixture.means
    squares = [
        sum((a - b) ** 2 for a, b in zip(p, q, strict=True)) for p, q in combinations_of(means, 2)
    ]
    return max(squares) - min(squares) < max(squares) / 500 and not any(case.mixture.centre)


@pytest.mark.parametrize(("n", "d"), [(3, 2), (4, 3), (5, 4)])
def test_regular_simplices_are_there(n, d):
    """In every dimension that is searched, small ones first."""
    cases = enumerated(tc.claims.get("stein-lower-bound"), MANY)
    regular = [case for case in cases if mixture_rank(case.mixture) == d and is_regular(case)]
    assert any(
        case.mixture.components == n and case.mixture.radius_squared < Fraction(1, 20)
        for case in regular
    )


def test_a_trap_is_as_far_out_as_a_domain_reaches():
    """Two far means and one at 0, and a light mean with another half way."""
    for radius in (6.0, 12.0):
        claim = replace(tc.claims.get("stein-lower-bound"), domain=Domain(radius=radius))
        most = farthest(claim.domain)
        mixtures = [case.mixture for case in enumerated(claim, MANY)]
        assert Mixture([3 * most / 4, -3 * most / 4, 0]) in mixtures
        assert any(m.means == ((most,), (most / 2,)) and min(m.weights) < 1e-16 for m in mixtures)


def test_components_that_a_claim_may_tell_apart_come_in_any_order():
    """Every order of four means, and every choice of their signs."""
    rows = {tuple(row[0] for row in case.mixture.means) for case in enumerated(LABELLED, MANY)}
    assert set(permutations(range(4))) <= rows
    assert set(product((1, -1), repeat=4)) <= rows


def test_a_component_is_heavy():
    """And its mean the farthest."""
    cases = enumerated(LABELLED, MANY)
    assert Mixture([1, 1, 1, 3], [1, 1, 1, 9]) in [case.mixture for case in cases]
    assert any(sorted(case.mixture.weights)[-2] < max(case.mixture.weights) / 8 for case in cases)


def test_extreme_inputs_come_early():
    """With the simplest mixtures, and with means that differ: x, s and the truth far out."""
    seen = [case for case in enumerated(POINTED, MANY) if is_far(case)]
    assert {Mixture([0, 0]), Mixture([0, 3]), Mixture([1, -1])} <= {case.mixture for case in seen}
    assert any(case.truth == Mixture([20]) for case in enumerated(anything, FEW))
    assert any(case.truth == Mixture([40]) for case in enumerated(anything, 3000))
    certificate = enumerated(tc.claims.get("loss-lower-certificate"), MANY)
    assert max(case.s for case in certificate) >= 1000


def test_the_cost_is_bounded():
    """Not much more than two evaluations of a case on a line for each."""
    for count in (FEW, MANY):
        assert sum(map(cost_of, enumerated(anything, count))) < 2 * count + 105


def test_an_open_end_of_the_step_size_is_left_out():
    """The closed one is tried, the open one is not."""
    assert all(case.step_size < 2 for case in enumerated(on_a_line, FEW))


def test_combinations_are_all_of_a_size():
    """By brute force: two numbers whose sizes add up."""
    sizes = {q: size for size, tier in enumerate(NUMBERS) for q in tier}
    assert len(sizes) == sum(map(len, NUMBERS))
    for total in range(5):
        found = list(combinations([NUMBERS, NUMBERS], total))
        expected = {(a, b) for a in sizes for b in sizes if sizes[a] + sizes[b] == total}
        assert len(found) == len(expected)
        assert set(found) == expected


# --- what balls decide of it ----------------------------------------------------------------------


def test_every_case_given_is_decided():
    """By balls, whatever float64 sees."""
    cases = enumerated(on_a_line, 30)
    examined = examine_cases(on_a_line, cases)
    assert [e.case for e in examined] == cases
    assert {str(e.decision.evidence) for e in examined} == {"certified"}


def test_what_is_fast_is_all_decided():
    """Cases on a line, with means that are near: float64 has no say in what balls look at."""
    cases = enumerated(on_a_line, MANY)
    found = screened(on_a_line, cases)
    assert {case for case in cases if is_fast(on_a_line, case)} <= set(found.chosen)
    assert len(found.chosen) + found.others == len(cases)
    assert len(found.chosen) > len(cases) / 2


def test_what_looks_worst_is_chosen_of_the_rest():
    """In space: the simplest violation, the largest one, and the simplest cases."""

    @inequality("not-one", "x", domain=Domain(components=(3, 3), dimension=(2, 2)))
    def not_one(at):
        distance = at.means[0][0] - at.means[1][0]
        return at_most(at.number(Fraction(1, 2)), (distance - 1) * (distance - 1))

    cases = enumerated(not_one, MANY)
    found = screened(not_one, cases)
    chosen = set(found.chosen)
    slow = [case for case in cases if not is_fast(not_one, case)]
    assert len(chosen & set(slow)) < len(slow) / 2
    seen = {case: screen(not_one, case).relative for case in slow}
    failing = [case for case in slow if seen[case] < -0.01]
    assert min(failing, key=complexity) in chosen
    assert min(failing, key=lambda case: seen[case]) in chosen


def test_what_has_no_value_is_chosen():
    """0/0 in float64 is a matter for balls."""

    @inequality("quotient", "x", domain=Domain(components=(1, 1), dimension=(1, 1)))
    def quotient(at):
        return at_most(at.number(Fraction(0)), at.loss / at.loss)

    chosen = screened(quotient, enumerated(quotient, FEW)).chosen
    assert Case(Mixture([0])) in chosen


def test_a_residual_is_decided_where_that_is_fast():
    """Identities: up to rank 2, unless float64 sees them fail."""

    @identity("nothing", "x")
    def nothing(at):
        return equal(at.weights.sum(), at.number(Fraction(1)))

    chosen = screened(nothing, enumerated(nothing, FEW)).chosen
    assert max(mixture_rank(case.mixture) for case in chosen) <= 2


def test_what_only_balls_see_is_sampled():
    """Few cases, as float64 cannot say which."""
    claim = tc.claims.get("ray-formula")
    found = screened(claim, enumerated(claim, FEW))
    assert len(found.chosen) == 10
    assert found.others == FEW - 10
