"""The precision ladder: float64 suspects, balls convict."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest

import theorycheck as tc
from theorycheck.certify import decide, suspect
from theorycheck.claims.model import Holds, Refuted, Undecided, at_most, equal, inequality
from theorycheck.errors import InvalidValue
from theorycheck.mixture import Case, Mixture

CASE = Case(Mixture([1.5, "-0.7", 2], [2, 5, 3]), Fraction(1))


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
    assert suspect(rounding, CASE).sign == "unknown"
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


def test_a_rank_that_balls_can_not_reach_keeps_its_float_view():
    """Rank 4 is seen in float64 only, and never refuted by it."""
    case = Case(Mixture(np.eye(5, 4).tolist()))
    verdict = tc.claims.get("loss-upper").check(case)
    assert isinstance(verdict, Holds)
    assert verdict.evidence == "floating"


def test_an_existence_claim_is_not_refuted_by_a_case_that_is_no_witness():
    """A case can prove an existence claim; it can not refute it."""
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
    assert verdict.reason.startswith("claim broken (test_certify.py) returned")


def test_a_claim_that_raises_is_undecided_and_its_line_is_named():
    """Whatever it raises; the reason leads to the line."""

    @inequality("dividing", "x")
    def dividing(at):
        return at.loss + 1 // (at.components - 3)

    verdict = dividing.check(CASE)
    assert isinstance(verdict, Undecided)
    assert re.match(
        r"claim dividing \(test_certify.py, line \d+\) raised ZeroDivisionError: ", verdict.reason
    )


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
