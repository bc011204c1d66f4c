"""The precision ladder: float64 searches, balls decide."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from fractions import Fraction
from operator import attrgetter

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import theorycheck as tc
from theorycheck.arithmetic.arithmetics import FLOAT64, Ball, ball
from theorycheck.arithmetic.rounding import exact_midpoint
from theorycheck.errors import ClaimFailed, InvalidValue, TooCoarse, TooExpensive
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements import decision
from theorycheck.statements.claim import existence, identity, implied_constant, inequality
from theorycheck.statements.comparison import at_most, equal, proof_step
from theorycheck.statements.decision import (
    LADDER,
    Decision,
    decide,
    evaluate,
    float64_view,
    tightness,
)
from theorycheck.statements.verdicts import Holds, Refuted, Undecided

CASE = Case(Mixture([1.5, "-0.7", 2], [2, 5, 3]), Fraction(1))
TINY = Fraction(1, 10**34)
FROM_18 = LADDER[1:]
"""The rungs of Arb alone."""


def margin_of(value, **options):
    """A claim whose margin is a fixed number at every case."""

    @inequality("fixed", "x", **options)
    def fixed(at):
        return at_most(at.number(Fraction(0)), at.number(Fraction(value)), scale=1)

    return fixed


def test_a_clear_margin_is_certified_either_way():
    """A positive margin holds, a negative one is refuted, each with a certified bound."""
    held, failed = margin_of(Fraction(1, 3)).check(CASE), margin_of(Fraction(-1, 3)).check(CASE)
    assert isinstance(held, Holds)
    assert held.evidence == "certified"
    assert 0.333 < held.margin <= 1 / 3
    assert isinstance(failed, Refuted)
    assert -1 / 3 <= failed.margin < -0.333
    assert failed.case == CASE


def test_float64_never_refutes():
    """A margin that float64 sees as negative but is positive ends as certified positive."""

    @inequality("rounding", "x")
    def rounding(at):
        third = at.number(Fraction(1, 3))
        return at_most(3 * (4 * third - 1) - 1, at.number(Fraction(1, 10**20)), scale=1)

    decision = decide(rounding, CASE)
    assert float64_view(rounding, CASE).sign == "unknown"
    assert (decision.sign, decision.evidence) == ("positive", "certified")


def test_a_violation_far_below_rounding_is_refuted():
    """-1e-33 is below what the first rungs resolve, and is still told from 0."""
    assert isinstance(margin_of(Fraction(-1, 10**33)).check(CASE), Refuted)


def test_an_equality_is_tight_and_never_certified():
    """n = 1 makes loss-upper an equality, which no finite precision can decide."""
    verdict = tc.claims.get("loss-upper").check(Case(Mixture([["1/3", "2/7"]])))
    assert isinstance(verdict, Holds)
    assert verdict.evidence == "tight"


def test_an_equality_does_not_satisfy_a_strict_claim():
    """A margin of exactly 0 refutes a strict inequality."""
    assert isinstance(margin_of(0, strict=True).check(CASE), Refuted)


def test_an_identity_is_refuted_by_a_residual_and_tight_without():
    """A residual ball that excludes 0 refutes; one of width 1e-30 around 0 is tight."""

    @tc.identity("third", "x")
    def third(at):
        return equal(at.number(Fraction(1, 3)) * 3, at.number(Fraction(1)))

    @tc.identity("off", "x")
    def off(at):
        return equal(at.number(Fraction(1, 3)) * 3, at.number(1 + Fraction(1, 10**25)))

    assert third.check(CASE) == Holds(0.0, "tight")
    assert isinstance(off.check(CASE), Refuted)


def test_verdicts_have_no_truth_value():
    """`if verdict:` would be wrong whatever it did."""
    for verdict in (Holds(1.0, "certified"), Refuted(CASE, -1.0), Undecided("why")):
        with pytest.raises(TypeError, match="truth value"):
            bool(verdict)


def test_a_rank_that_balls_can_not_reach_is_undecided():
    """Whatever float64 sees: it decides nothing."""
    claim = replace(tc.claims.get("loss-upper"), only_balls=True)
    verdict = claim.check(Case(Mixture(np.eye(7, 6).tolist())))
    assert isinstance(verdict, Undecided)
    assert verdict.reason.startswith("the affine rank of the means is 6")


def test_an_existence_claim_is_not_refuted_by_a_case_that_is_no_witness():
    """A case can prove an existence claim; it cannot refute it."""
    verdict = tc.claims.get("max-norm-nonmonotone").check(Case(Mixture([1, 2, 3]), Fraction(1)))
    assert isinstance(verdict, Undecided)
    assert "no witness" in verdict.reason


def test_a_missing_input_is_named():
    """likelihood-decrease needs a step size."""
    with pytest.raises(InvalidValue, match="step_size"):
        tc.claims.get("likelihood-decrease").check(Mixture([1]))


@pytest.mark.parametrize("result", ["text", None, [], {"a": 1}])
def test_a_claim_that_returns_no_margin_is_named(result):
    """Wrong return values leave the case undecided, for a reason that names claim and file."""

    @inequality("broken", "x")
    def broken(at):
        return result

    verdict = broken.check(CASE)
    assert isinstance(verdict, Undecided)
    assert verdict.reason.startswith("claim broken (test_decision.py) returned")


def test_a_claim_that_raises_is_undecided_and_its_line_is_named():
    """Whatever it raises; the reason leads to the line."""

    @inequality("dividing", "x")
    def dividing(at):
        return at.loss + 1 // (at.components - 3)

    verdict = dividing.check(CASE)
    assert isinstance(verdict, Undecided)
    line = dividing.function.__code__.co_firstlineno + 2
    assert re.match(
        rf"claim dividing \(test_decision.py, line {line}\) raised ZeroDivisionError: ",
        verdict.reason,
    )


def test_a_claim_that_is_no_function_of_a_file_is_named_too():
    """A callable without code of its own has no line."""
    claim = replace(made(lambda at: at.loss), function=attrgetter("nothing"))
    verdict = claim.check(CASE)
    assert isinstance(verdict, Undecided)
    assert verdict.reason.startswith("claim made (no file) raised AttributeError: ")


@pytest.mark.parametrize("error", [ValueError("x"), TooExpensive("x")])
def test_a_claim_that_fails_is_told_from_a_case_that_is_out_of_reach(error):
    """Broken and not merely undecided; no number is made of it."""

    def function(at):
        raise error

    found = decide(made(function), CASE)
    assert (found.sign, found.margin, found.relative) == ("unknown", 0.0, 0.0)
    assert (found.evidence, found.failed) == ("none", not isinstance(error, TooExpensive))
    assert found.reason.endswith("raised ValueError: x" if found.failed else "x")


def test_the_work_of_an_evaluation_is_announced(monkeypatch):
    """In microseconds, by the shape of the case alone: every machine refuses the same cases."""
    announced = []
    monkeypatch.setattr(decision, "charge", lambda work, what: announced.append((work, what)))
    for n, d in ((2, 3), (4, 3), (4, 1)):
        evaluate(made(lambda at: 1.0), Case(Mixture([[0] * d] * n)), FLOAT64)
    assert announced == [
        (110, "a claim about 2 components in 3 dimensions"),
        (380, "a claim about 4 components in 3 dimensions"),
        (340, "a claim about 4 components in 1 dimensions"),
    ]


def test_a_bare_margin_is_accepted():
    """The design's own example: a difference, without at_most."""

    @inequality("gradient-fisher", "x")
    def gradient_fisher(at):
        return at.fisher_divergence - (tc.squared_norms(at.gradient) / at.responsibilities).sum()

    verdict = gradient_fisher.check(CASE)
    assert isinstance(verdict, Holds)
    assert verdict.evidence == "certified"


def test_unknown_inputs_are_refused_when_the_claim_is_made():
    """A misspelt input is an error at once, not at the first case."""
    with pytest.raises(InvalidValue, match="stepsize"):

        @inequality("misspelt", "x")
        def misspelt(at, stepsize):
            return at.loss


def test_the_witness_of_the_theory_is_certified():
    """Group E: the weighted distance increases in one step at the published witness."""
    case = Case(Mixture([0.0785, -0.0242, 0.1824], [0.098, 0.757, 0.146]), Fraction(1))
    verdict = tc.claims.get("weighted-distance-nonmonotone").check(case)
    assert isinstance(verdict, Holds)
    assert verdict.evidence == "certified"
    assert verdict.margin > 0


# ------------------------------------------------------------------ what a claim is given


def made(function, kind=inequality, **options):
    """A claim with a function of the point alone."""

    @kind("made", "x", **options)
    def claim(at):
        return function(at)

    return claim


def floats(*values):
    return np.array(values, dtype=float)


def balls(*pairs):
    """Balls from (midpoint, radius) pairs."""
    return np.array([flint.arb(mid, rad) for mid, rad in pairs], dtype=object)


def test_a_claim_sees_the_truth_and_the_case():
    """The point is that of the case, under its truth."""
    case = Case(Mixture([1]), truth=Mixture([3]))
    assert evaluate(made(lambda at: at.loss), case, FLOAT64).values == pytest.approx([2])
    assert evaluate(made(lambda at: float(at.case is case)), case, FLOAT64).values == [1.0]


@pytest.mark.parametrize(("steps", "certified"), [(20, 8), (3, 3)])
def test_balls_follow_a_trajectory_for_a_few_steps(steps, certified):
    """`certified_steps` caps the steps in balls, and float64 takes them all."""

    @inequality("steps", "x")
    def count(at, steps):
        return at.number(Fraction(steps))

    case = Case(Mixture([1]), steps=steps)
    assert evaluate(count, case, Ball(18)).values[0] == certified
    assert evaluate(count, case, FLOAT64).values == [steps]


def test_a_vector_input_is_lifted():
    """A point x arrives as an array of the arithmetic."""

    @inequality("vector", "x")
    def total(at, x):
        return x.sum()

    case = Case(Mixture([[1, 0]]), x=[1, "1/3"])
    assert evaluate(total, case, FLOAT64).values == [4 / 3]
    assert evaluate(total, case, Ball(18)).values[0].overlaps(flint.arb(4) / 3)


# ---------------------------------------------------------------- margins and their scales


def test_constants_are_their_own_scale():
    """An implied constant is reported as it is: every scale is 1."""
    claim = made(lambda at: at.arithmetic.array([Fraction(1, 2), Fraction(1, 4)]), implied_constant)
    for arithmetic in (FLOAT64, Ball(18)):
        found = evaluate(claim, CASE, arithmetic)
        assert [float(scale) for scale in found.scales] == [1.0, 1.0]
        assert found.sides is None
    decision = decide(claim, CASE)
    assert (decision.sign, decision.relative, decision.evidence) == ("positive", 0.25, "certified")


def test_comparisons_are_joined():
    """Several comparisons give their margins, scales and sides one after the other."""
    claim = made(lambda at: [at_most(1.0, 3.0), at_most(floats(1, 2), floats(5, 6), scale=1.0)])
    found = evaluate(claim, CASE, FLOAT64)
    assert found.values.tolist() == [2, 4, 4]
    assert found.scales.tolist() == [4, 7, 9]
    assert found.sides.tolist() == [4, 6, 8]


def test_bare_margins_have_a_scale_of_their_own():
    """At least 1 in float64; in balls, what the radius stands for at these digits, up to 1."""
    found = evaluate(made(lambda at: floats(3, 0.5, -4)), CASE, FLOAT64)
    assert found.scales.tolist() == [3, 1, 4]
    assert found.sides is None
    for radius, scale in ((25e-20, 1.25), (1.0, 2.0)):
        margin = balls((1, radius))
        found = evaluate(made(lambda at, margin=margin: margin), CASE, ball(18))
        assert float(found.scales[0].mid()) == pytest.approx(scale)


def test_a_ball_without_bounds_is_not_tight():
    """Nothing is known of the margin, and nothing of its scale."""
    assert read(compared((0, float("inf")))).sign == "unknown"
    assert read(compared((0, 1), scale=float("inf"))).sign == "unknown"
    growing = made(lambda at: at_most(np.exp(at.energy), at.loss))
    assert isinstance(growing.check(Case(Mixture(["1e40"]))), Refuted)


def test_a_tight_margin_whose_sign_the_last_rung_sees_is_decided():
    """1e-34 of the scale is tight at 18 digits, and negative at 72."""
    claim = made(lambda at: at_most(at.weighted_distance * at.number(1 + TINY), 2 * at.loss))
    assert decide(claim, Case(Mixture([3])), (18,)).sign == "tight"
    assert decide(claim, Case(Mixture([3]))).sign == "negative"


@pytest.mark.parametrize(("kind", "rungs"), [(inequality, [18, 36, 72]), (identity, [36])])
def test_where_the_climb_ends_at_a_tight_margin(kind, rungs):
    """At the last rung, even if that is out of reach; a residual has no sign to look for."""
    visited = []

    def function(at):
        visited.append(at.arithmetic.digits)
        if at.arithmetic.digits == 72:
            raise TooExpensive("too many nodes")
        return compared((0, 1 if at.arithmetic.digits == 18 else 1e-40), scale=1)

    assert decide(made(function, kind), CASE, FROM_18).sign == "tight"
    assert visited == rungs


def test_a_last_rung_that_sees_nothing_leaves_it_tight():
    """Too coarse, failed or wide: what 36 digits saw is not forgotten."""

    def function(at):
        if at.arithmetic.digits == LADDER[-1]:
            raise TooCoarse("a number has grown")
        return compared((0, 1e-40), scale=1)

    assert decide(made(function), CASE).sign == "tight"


def test_a_wide_bare_margin_is_not_tight():
    """A violation within a ball that is wide for reasons other than cancellation is found."""
    claim, visited = climbing({18: (0, 1e-3), 36: (0, 1e-9), 44: (0, 1e-11), 72: (-1e-12, 1e-13)})
    assert decide(claim, CASE, FROM_18).sign == "negative"
    assert visited == [18, 36, 44, 72]


def test_the_error_shows_what_was_returned():
    """Its type, and its first 60 characters."""
    with pytest.raises(ClaimFailed) as error:
        evaluate(made(lambda at: "0123456789" * 7), CASE, FLOAT64)
    assert str(error.value) == (
        f"claim made (test_decision.py) returned str {'0123456789' * 6!r}; "
        "a margin, an array of margins, at_most(a, b) or equal(a, b) is needed"
    )


def test_an_infinite_float_margin_is_no_margin():
    """Float64 is out of its range; what balls return is left to the ladder."""
    endless = made(lambda at: float("inf") if at.arithmetic is FLOAT64 else flint.arb("inf"))
    with pytest.raises(TooExpensive, match="claim made has no finite float64 margin"):
        evaluate(endless, CASE, FLOAT64)
    assert evaluate(endless, CASE, Ball(18)).values[0] == flint.arb("inf")


def test_what_overflows_within_a_claim_is_no_warning():
    """It is infinite, and refused as such."""
    with pytest.raises(TooExpensive, match="no finite float64 margin"):
        evaluate(made(lambda at: floats(1e308) * 10 - floats(1e308) * 10), CASE, FLOAT64)


# -------------------------------------------------------------- implied constants with a floor


@pytest.mark.parametrize(
    ("value", "sign", "margin", "relative"),
    [
        (Fraction(3, 4), "positive", 0.25, 0.2),
        (Fraction(1, 2), "positive", 0.0, 0.0),
        (Fraction(1, 4), "negative", -0.25, -1 / 3),
        (Fraction(-1), "negative", -1.5, -1),
    ],
)
def test_a_constant_with_a_floor_is_an_inequality(value, sign, margin, relative):
    """floor <= value, certified either way; the relative margin is one of two sides."""
    claim = made(lambda at: at.number(value), implied_constant, floor="1/2")
    found = decide(claim, CASE)
    assert (found.sign, found.evidence) == (sign, "certified")
    assert (found.margin, found.relative) == pytest.approx((margin, relative))
    seen = float64_view(claim, CASE)
    assert (seen.margin, seen.relative) == pytest.approx((margin, relative))
    assert tightness(claim, CASE) == (pytest.approx(min(0.5 / value, 1)) if value > 0 else None)


def test_a_constant_without_a_floor_need_only_be_positive():
    """However small."""
    claim = made(lambda at: at.number(Fraction(1, 10**50)), implied_constant)
    assert decide(claim, CASE).sign == "positive"
    assert decide(replace(claim, floor=Fraction(1, 10**49)), CASE).sign == "negative"


def test_a_value_at_the_floor_up_to_rounding_is_tight():
    """1/3 <= 1/3 is weak."""
    claim = made(lambda at: at.loss / at.loss / 3, implied_constant, floor=Fraction(1, 3))
    assert decide(claim, CASE).sign == "tight"


def test_the_control_of_a_constant_has_its_floor():
    """It is tested for exactly what the claim is tested for."""
    claim = made(lambda at: at.number(Fraction(1)), implied_constant, floor=1)
    control = claim.control("smaller")(lambda at: at.number(Fraction(9, 10)))
    assert isinstance(claim.check(CASE), Holds)
    assert isinstance(claim.as_claim(control).check(CASE), Refuted)


@pytest.mark.parametrize(
    ("kind", "floor", "words"),
    [
        (implied_constant, 0, "the floor is 0; give a number above 0"),
        (implied_constant, -1, "the floor is -1; give a number above 0"),
        (implied_constant, "x", "floor"),
        (inequality, 1, "a floor is for an implied constant, not for an inequality"),
    ],
)
def test_a_floor_that_makes_no_sense_is_refused(kind, floor, words):
    """When the claim is made."""
    with pytest.raises(InvalidValue, match=words):
        made(lambda at: at.loss, kind, floor=floor)


# -------------------------------------------------------------------------- the float view


@pytest.mark.parametrize(
    ("kind", "margins", "expected"),
    [
        (inequality, floats(3), ("positive", 3.0, 1.0)),
        (inequality, floats(3, 2, -0.5), ("negative", -0.5, -0.5)),
        (inequality, floats(1e-7), ("unknown", 1e-7, 1e-7)),
        (inequality, floats(-1e-7), ("unknown", -1e-7, -1e-7)),
        (identity, floats(1e-9, -1e-8), ("positive", -1e-8, -1e-8)),
        (identity, floats(1e-3), ("negative", -1e-3, -1e-3)),
        (identity, floats(1e-7), ("unknown", -1e-7, -1e-7)),
        (implied_constant, floats(0.5), ("positive", 0.5, 0.5)),
        (implied_constant, floats(1e-9), ("positive", 1e-9, 1e-9)),
        (implied_constant, floats(0), ("unknown", 0.0, 0.0)),
        (inequality, at_most(0.0, 0.25, scale=0.25), ("positive", 0.25, 0.5)),
        (inequality, at_most(1.0, 2.0, scale=1.0), ("positive", 1.0, 0.25)),
        (inequality, at_most(floats(0), floats(0)), ("unknown", 0.0, 0.0)),
    ],
)
def test_float_view(kind, margins, expected):
    """The sign is that of the smallest share of the scale, clear of what rounding explains."""
    assert float64_view(made(lambda at: margins, kind), CASE) == Decision(*expected, "none")


def distance(margins, kind=inequality, case=CASE, **options):
    return float64_view(made(lambda at: margins, kind, **options), case).distance


AGAINST_0 = 1 + math.log(2) - math.log(5e-324)


@pytest.mark.parametrize(
    ("margins", "expected"),
    [
        (at_most(1.0, 4.0), 0.6),  # where the relative margin tells all, it is that
        (at_most(1e-40, 1.0), 1 + 40 * math.log(10)),
        (at_most(-1.0, -1e-40), 1 + 40 * math.log(10)),
        (at_most(1e-300, 1e300), 1 + 600 * math.log(10)),
        (at_most(0.0, 2.0), AGAINST_0),
        (at_most(-2.0, 0.0), AGAINST_0),
        (at_most(-1.0, 1.0), AGAINST_0),
        (at_most(-1.0, 1.0, scale=4e-40), 1 + 40 * math.log(10)),
        (at_most(1e-40, 1.0, scale=2e-40), 1 + 40 * math.log(10) - math.log(2)),
        (at_most(0.0, 0.0), 0.0),
        ([at_most(1e-40, 1.0), at_most(1e-30, 1.0)], 1 + 30 * math.log(10)),
        (at_most(floats(1e-30, 1e-40), floats(1, 1)), 1 + 30 * math.log(10)),
        ([at_most(1e-40, 1.0), at_most(floats(), floats())], 1 + 40 * math.log(10)),
        ([at_most(1e-40, 1.0), at_most(1.0, 4.0)], 0.6),
        (floats(50, 60), 1 + math.log(50)),
        (floats(0.5), 0.5),
        (at_most(1.0, 1e-40), -1.0),  # where a claim fails, farther is no better
        (floats(-50), -1.0),
    ],
)
def test_the_distance_goes_on_where_the_relative_margin_ends(margins, expected):
    """By the ratio of the sides; beside a side that is 0 by the size of the other."""
    assert distance(margins) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("margins", "expected"),
    [
        (at_most(1.0, 1e-40), -1 - 40 * math.log(10)),
        (at_most(2.0, 0.0), -AGAINST_0),
        ([at_most(1.0, 1e-40), at_most(1e-50, 1.0)], -1 - 40 * math.log(10)),
        ([at_most(1.0, 1e-40), at_most(0.0, 0.0)], -1 - 40 * math.log(10)),
        (floats(-50, 60), -1 - math.log(50)),
        (at_most(1e-40, 1.0), 1.0),
        (floats(50), 1.0),
    ],
)
def test_a_witness_is_looked_for_from_the_other_side(margins, expected):
    assert distance(margins, existence) == pytest.approx(expected, rel=1e-12)


def test_the_distance_of_a_residual_or_a_constant_is_what_it_is():
    assert distance(equal(1e-40, 1.0), identity) == -1.0
    assert distance(floats(50), implied_constant) == 50.0
    floored = distance(floats(1), implied_constant, floor=Fraction(1, 10**40))
    assert floored == pytest.approx(1 + 40 * math.log(10), rel=1e-12)


@pytest.mark.parametrize("radius", [1, Fraction(1, 10**3), Fraction(1, 10**150)])
def test_a_collapse_of_the_means_is_no_improvement(radius):
    """What falls as R^2 is as far from 0 as before."""
    seen = distance(at_most(0.0, float(radius) ** 2), case=Case(Mixture([radius, 0])))
    assert seen == pytest.approx(1 - math.log(5e-324), abs=1e-9)


def test_a_view_raises_no_warning_where_the_distance_goes_on():
    with np.errstate(all="raise"):
        assert distance([at_most(1e-300, 1.0), at_most(0.0, 1.0)]) > 600


@given(*[st.floats(1e-150, 1e150)] * 4)
def test_the_distance_orders_ratios(a, b, c, d):
    """Of two comparisons of positive sides the one with the smaller ratio is closer to failing."""
    near, far = sorted([(a, b), (c, d)], key=lambda sides: math.log(sides[1] / sides[0]))
    gap = math.log(far[1] / far[0]) - math.log(near[1] / near[0])
    if gap > 1e-5 and far[0] < far[1]:
        assert distance(at_most(*near)) < distance(at_most(*far))


@pytest.mark.parametrize(
    ("margins", "expected"),
    [
        (at_most(1.0, 4.0), 0.25),
        (at_most(0.125, 0.25), 0.5),
        (at_most(0.0, 1.0), 0.0),
        ([at_most(1.0, 4.0), at_most(3.0, 4.0), at_most(1.0, 2.0)], 0.75),
        (at_most(5.0, 4.0), 1.0),
        (at_most(floats(0, 1), floats(0, 2)), 0.5),
        (at_most(0.0, 0.0), None),
        ([at_most(1.0, 2.0), proof_step(1.0, 1.0)], 0.5),
        ([proof_step(1.0, 2.0)], None),
        (floats(1, 2), None),
        (at_most(1.0, float("inf")), None),
    ],
)
def test_share_of_a_bound(margins, expected):
    """lower / upper of the closest comparison, at most 1; None where there are no two sides."""
    assert tightness(made(lambda at: margins), CASE) == expected


def test_only_inequalities_that_float64_sees_reach_a_share():
    """Not identities, nor claims that only balls can evaluate."""
    assert tightness(made(lambda at: at_most(1.0, 4.0), identity), CASE) is None
    assert tightness(made(lambda at: at_most(1.0, 4.0), only_balls=True), CASE) is None


# --------------------------------------------------------------------- climbing the ladder


def climbing(answers, kind=inequality):
    """A claim with one answer per rung (a ball, or an error), and the rungs it was asked at."""
    visited = []

    def function(at):
        if at.arithmetic is FLOAT64:
            return floats(1)
        visited.append(at.arithmetic.digits)
        answer = answers[at.arithmetic.digits]
        if isinstance(answer, Exception):
            raise answer
        return balls(answer)

    return made(function, kind), visited


def test_the_ladder_is_climbed_until_the_sign_is_certain():
    """An undecided rung leads to the next, a decided one ends the climb."""
    claim, visited = climbing({18: (0, 1), 36: (1, 0.5), 72: (-1, 0.5)})
    assert decide(claim, CASE, FROM_18).sign == "positive"
    assert visited == [18, 36]


def test_the_last_rung_may_leave_it_open():
    """Then the verdict is undecided, and says by how much."""
    claim, visited = climbing(dict.fromkeys(LADDER, (0, 1)))
    reason = "the margin [+/- 1.01] is not separated from 0 at the last precision"
    assert decide(claim, CASE) == Decision("unknown", 0.0, 0.0, "none", reason)
    assert visited == list(LADDER)
    assert claim.check(CASE) == Undecided(reason)


def test_a_margin_that_is_no_number_is_explained():
    """The usual cause is a power on balls."""
    claim, _ = climbing(dict.fromkeys(LADDER, (float("nan"), 0)))
    assert decide(claim, CASE).reason == (
        "the margin is not a number, as of 0/0; on balls write x * x for x**2, and root(x) for sqrt"
    )


ENDLESS = Case(Mixture(["3/2", "-7/10", 2], [2, 5, 3]))


def em_20(at):
    """Balls of 18 digits grow without bounds on the way."""
    point = at
    for _ in range(20):
        point = point.em_step()
    return at_most(point.loss, at.loss)


def test_a_rung_that_blows_up_leads_to_the_next():
    """It is too coarse; the claim is not to blame."""
    assert decide(made(em_20), ENDLESS, (18,)).reason.startswith("a number has grown beyond")
    verdict = made(em_20).check(ENDLESS)
    assert isinstance(verdict, Holds)
    assert verdict.evidence == "certified"
    assert verdict.margin == pytest.approx(0.27511, rel=1e-4)


def test_a_run_that_blows_up_at_every_rung_is_undecided():
    """With the reason, and without blame."""
    found = decide(made(em_20), ENDLESS, (15, 18))
    assert found == Decision("unknown", 0.0, 0.0, "none", found.reason)
    assert found.reason == "a number has grown beyond all bounds at this precision"


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_what_is_not_finite_has_no_midpoint(value):
    """Neither in float64 nor in balls, also where only the radius is infinite."""
    for number in (value, flint.arb(value), flint.arb(1, abs(value))):
        with pytest.raises(TooCoarse):
            exact_midpoint(number)
    assert exact_midpoint(flint.arb(1, 2)) == exact_midpoint(1.0) == 1


def test_a_claim_has_failed_if_it_fails_at_every_rung():
    """Balls that are too wide can make a function raise that is right."""
    claim, visited = climbing({18: IndexError(), 36: (0, 1), 44: ValueError(), 72: (1, 0.5)})
    assert decide(claim, CASE, FROM_18).sign == "positive"
    assert visited == [18, 36, 44, 72]
    claim, visited = climbing(dict.fromkeys(LADDER, IndexError()))
    assert decide(claim, CASE).failed
    assert visited == list(LADDER)


def test_a_rung_out_of_reach_leaves_the_one_below():
    """What a lower precision certified is not given up for the float view."""
    claim, visited = climbing({18: (0, 1), 36: TooExpensive("too many nodes")})
    decision = decide(claim, CASE, FROM_18)
    assert decision == Decision("unknown", 0.0, 0.0, "none", decision.reason)
    assert decision.reason.startswith("the margin [+/- 1.01]")
    assert visited == [18, 36]


def test_what_float64_sees_of_an_undecided_case():
    """It refutes and supports nothing; a violation is told, as is the obstacle to balls."""
    case = Case(Mixture(np.eye(7, 6).tolist()))
    for upper, relative, looks_violated in ((1.0, -1 / 3, True), (3.0, 0.0, False)):

        def function(at, upper=upper):
            return at_most(2.0, upper) if at.arithmetic is FLOAT64 else at.loss

        claim = made(function)
        found = decide(claim, case)
        assert found.reason.startswith("the affine rank of the means is 6")
        expected = Decision("unknown", 0.0, relative, "none", found.reason)
        assert found == replace(expected, looks_violated=looks_violated)
    assert not decide(replace(claim, only_balls=True), case).looks_violated


@pytest.mark.parametrize("seen", [-2e-7, -5e-8])
def test_rounding_does_not_look_like_a_violation(seen):
    """Above a share of 1e-7 of the scale float64 has nothing to say."""

    def function(at):
        return at_most(0.0, seen, scale=1.0) if at.arithmetic is FLOAT64 else compared((0, 1))

    found = decide(made(function), CASE)
    assert (found.sign, found.looks_violated) == ("unknown", seen < -1e-7)
    assert found.relative == (pytest.approx(seen) if seen < -1e-7 else 0)


def test_a_case_that_nothing_can_evaluate_is_undecided():
    """Neither balls nor float64: the reason is the former's."""

    def function(at):
        raise TooExpensive(f"no grid at {at.arithmetic.digits} digits")

    expected = Decision("unknown", 0.0, 0.0, "none", f"no grid at {LADDER[0]} digits")
    assert decide(made(function), CASE) == expected


# ------------------------------------------------------------------------ reading a rung


def read(result, kind=inequality, **options):
    """The decision at one rung."""
    return decide(made(lambda at: result, kind, **options), CASE, (18,))


def compared(*pairs, scale=0):
    """Margins 0 <= upper whose scale is |upper| + scale."""
    return at_most(balls(*[(0, 0)] * len(pairs)), balls(*pairs), scale)


def test_the_reported_margin_is_the_smallest_share_of_its_scale():
    """Not the smallest number, nor the first."""
    mixed = [compared((1, 0), scale=3), compared((2, 0), scale=14), compared((1, 0), scale=1)]
    decision = read(mixed)
    assert decision == Decision("positive", decision.margin, 0.125, "certified")
    assert decision.margin == pytest.approx(2)
    mixed.append(compared((1, 0), (-2, 0), scale=2))
    decision = read(mixed)
    assert decision == Decision("negative", decision.margin, -0.5, "certified")
    assert decision.margin == pytest.approx(-2)


def test_an_exact_zero_satisfies_a_weak_inequality_only():
    """0 >= 0 is certain; existence claims and constants ask for more."""
    assert read(compared((0, 0))) == Decision("positive", 0.0, 0.0, "certified")
    assert read(compared((0, 0)), strict=True).sign == "negative"
    assert read(compared((0, 0)), existence).sign == "negative"
    assert read(balls((0, 0)), implied_constant).sign == "negative"


def test_a_strict_inequality_is_open_as_long_as_0_is_possible():
    """[0, 1] satisfies the weak one, and tells nothing on the strict one; nor does tightness."""
    half_open = np.array([flint.arb(0, 1).nonnegative_part()], dtype=object)
    interval = at_most(balls((0, 0)), half_open)
    assert read(interval).sign == "positive"
    assert read(interval, strict=True).sign == "unknown"
    assert read(compared((0, 1e-40), scale=1), strict=True).sign == "unknown"


def test_undecided_margins_show_the_worst_share():
    """A wide margin is neither tight nor decided."""
    decision = read(compared((2, 1), (-1, 2), scale=1))
    assert decision.sign == "unknown"
    share = decision.relative
    assert share == pytest.approx(-0.25)
    assert decision == Decision("unknown", 0.0, share, "none", decision.reason)
    assert decision.reason.startswith("the margin [+/- 3.01]")


@pytest.mark.parametrize(
    ("radius", "scale", "sign"),
    [
        (5e-31, 1, "tight"),
        (2e-30, 1, "unknown"),
        (1e-3, 1, "unknown"),
        (1e-25, 1e6, "tight"),
        (1e-31, 1e-6, "unknown"),
    ],
)
def test_tight_means_thirty_digits_of_the_scale(radius, scale, sign):
    """For inequalities and identities alike."""
    margin = compared((0, radius), scale=scale)
    assert read(margin, identity).sign == sign
    decision = read(margin)
    assert decision.sign == sign
    if sign == "tight":
        assert decision == read(margin, identity) == Decision("tight", 0.0, 0.0, "tight")


def noise(radius):
    """0 <= e and 0 = e for a ball around 0, of which nothing else is known."""
    return at_most(0, balls((radius / 4, radius)))


@pytest.mark.parametrize("kind", [inequality, identity])
@pytest.mark.parametrize(
    ("radius", "sign"), [(5e-86, "tight"), (1e-31, "tight"), (1e-29, "unknown")]
)
def test_noise_around_0_is_tight_where_it_is_small(kind, radius, sign):
    """0 <= e at e = 0 has no sides to compare with: the radius tells the size of what cancelled."""
    found = decide(made(lambda at: noise(radius), kind), CASE, (72,))
    assert (found.sign, found.relative) == (sign, 0.0)


def test_noise_at_few_digits_is_not_tight():
    """A radius of 1e-31 at 12 digits is the rest of terms of size 1e-19, and nothing is equal."""
    for digits in (12, 18, 30):
        assert decide(made(lambda at: noise(1e-31)), CASE, (digits,)).sign == "unknown"


def test_a_known_scale_is_not_replaced_by_the_radius():
    """A margin that is wide against terms that are clearly not 0 is not tight."""
    margin = at_most(balls((1e-40, 0)), balls((1e-40, 1e-45)))
    assert decide(made(lambda at: margin), CASE, (72,)).sign == "unknown"


def test_a_variance_at_equal_means_is_tight():
    """<x, v(x) - v(-x)> >= 0: 0 up to rounding, and no share of it is shown."""

    @inequality("weak", "x")
    def weak(at, x):
        change = at.responsibilities_at(x) - at.responsibilities_at(-x)
        return at_most(0, change @ at.means @ x)

    found = decide(weak, Case(Mixture(["1/3", "1/3"], [1, 2]), x=["2/7"]))
    assert found == Decision("tight", 0.0, 0.0, "tight")
    assert decide(weak, Case(Mixture(["1/3", "1/2"], [1, 2]), x=["2/7"])).sign == "positive"


def test_a_strict_inequality_does_not_hold_at_an_equality():
    """L = W/2 where all means agree: equal to 30 digits is no support, and looks violated."""
    claim = made(lambda at: at_most(at.loss, at.weighted_distance / 2), strict=True)
    found = decide(claim, Case(Mixture(["1/3", "1/3", "1/3"])))
    assert (found.sign, found.relative, found.looks_violated) == ("unknown", 0.0, True)
    assert found.reason.startswith("equal to 30 digits; a strict inequality cannot hold")
    assert decide(claim, CASE).sign == "positive"
    zero = made(lambda at: at_most(0, noise(5e-86).upper), existence)
    assert not decide(zero, CASE).looks_violated


def test_an_identity_of_zeros_is_tight():
    """0 = 0 has no scale, and needs none."""
    assert read(compared((0, 0)), identity).sign == "tight"


def test_identities_are_read_by_their_largest_residual():
    """A residual of either sign refutes; wide ones are told by the largest share."""
    for sign in (1, -1):
        decision = read(compared((0, 1), (2 * sign, 0.5), scale=1.5), identity)
        assert decision.margin == pytest.approx(-1.5)
        share = decision.relative
        assert share == pytest.approx(-0.5)
        assert decision == Decision("negative", decision.margin, share, "certified")
    decision = read(compared((1, 1), (-3, 3), (2, 2), scale=2), identity)
    assert decision.relative == pytest.approx(-3 / 8)
    reason = "the residual is not yet narrow"
    assert decision == Decision("unknown", 0.0, decision.relative, "none", reason)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_margin_is_a_bound_although_it_is_rounded(sign):
    """The double nearest to 1 + 2^-53 + 2^-60 is larger: the reported one must not be."""
    value = 1 + Fraction(1, 2**53) + Fraction(1, 2**60)
    with Ball(40).scope():
        margin = decide(margin_of(sign * value), CASE).margin
    assert sign * margin > 0
    assert 1 - Fraction(1, 2**49) < abs(Fraction(margin)) <= value


@pytest.mark.parametrize(("exponent", "margin"), [(400, 1.7e308), (-400, 5e-324)])
def test_a_margin_beyond_doubles_keeps_its_sign(exponent, margin):
    """It is told as the largest or the smallest double of that sign."""
    assert decide(margin_of(Fraction(10) ** exponent), CASE).margin == margin
    assert decide(margin_of(-(Fraction(10) ** exponent)), CASE).margin == -margin


def test_noise_is_no_violation() -> None:
    """Where both sides are 0 exactly, float64 sees a residual that is all of its own scale."""
    square = Mixture([[5, 0], [-5, 0], [0, 5], [0, -5]])

    @identity("noise", "x")
    def noise(at):
        rounding = at.number(Fraction(1, 10**16))
        return equal(rounding, 0 * rounding)

    assert decision.float64_view(noise, Case(square)).relative == 0
    tiny = Case(square.scaled(Fraction(1, 10**9)))
    assert abs(decision.float64_view(noise, tiny).relative) == 1


def test_a_verdict_outside_the_hypotheses_says_so():
    """Of the claim that is checked, in its attribute and in a notebook; equal all the same."""
    claim = tc.claims.get("likelihood-decrease")
    inside = claim.check(Case(Mixture([1]), step_size=1))
    outside = claim.check(Case(Mixture([1]), step_size="21/10"))
    assert (inside.in_domain, outside.in_domain) == (True, False)
    assert isinstance(outside, Refuted)
    assert "does not meet them" in outside._repr_html_()
    assert "hypotheses" not in inside._repr_html_()
    assert "in_domain" not in repr(inside)
