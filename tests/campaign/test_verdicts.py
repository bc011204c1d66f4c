"""The verdict on a claim from the decisions at its cases: reasons, shares, constants, sharpness."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from theorycheck.campaign.aggregate import claim_entry
from theorycheck.campaign.cross_check import CrossCheck
from theorycheck.campaign.outcomes import AttackOutcome, BatchOutcome, FailedOutcome
from theorycheck.campaign.ranges import Ranges
from theorycheck.campaign.tasks import Task
from theorycheck.claims import get
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.search.findings import Finding, WorstCase
from theorycheck.search.sensitivity import Sensitivity

CASE = Case(Mixture([1, -2]))
CLAIM = replace(get("loss-upper"), sharp_when="")
CONSTANT = get("lojasiewicz-sharp")


def worst(relative=0.1, ratio=None, sign="positive", case=CASE):
    return WorstCase(case, sign, relative, relative, "certified", ratio)


def batch(certified=100, tight=0, undecided=0, **changes):
    count = certified + tight + undecided
    verdicts = {"certified": certified, "tight": tight, "undecided": undecided}
    return BatchOutcome(
        Task("batch", "loss-upper", 0, "quick", 0),
        **{
            "generated": count,
            "screened": 0,
            "duplicates": 0,
            "in_domain": count,
            "verdicts": verdicts,
            "worst": (worst(),),
            "violations": (),
            "witnesses": (),
            "histogram": (0,) * 17,
            "margin": 0.1,
            "suspects": 0,
            "reasons": {"too narrow": undecided} if undecided else {},
            "errors": 0,
            "regimes": {},
            "first_half": None,
            "searched": Ranges(),
            "oracle": CrossCheck(),
            "sharpening": (),
        }
        | changes,
    )


def attack(**changes):
    values = {"evaluations": 9, "worst": (), "violations": (), "witnesses": (), "margin": None}
    values |= {"suspects": 0, "reasons": {}, "first_half": None, "moves": (), "sharpening": ()}
    return AttackOutcome(Task("attack", "loss-upper", 0, "quick", 0), **values | changes)


@pytest.mark.parametrize(
    ("outcome", "evidence"),
    [
        (batch(), "certified"),
        (batch(99, 0, 1), "certified"),
        (batch(1, 99), "certified"),
        (batch(0, 100), "tight"),
    ],
)
def test_up_to_one_per_cent_may_stay_undecided(outcome, evidence):
    """Supported, with the evidence of the decided cases together."""
    entry = claim_entry(CLAIM, [outcome])
    assert (entry.verdict, entry.evidence, entry.reason) == ("supported", evidence, "")


@pytest.mark.parametrize(
    ("outcomes", "reason"),
    [
        ([batch(98, 0, 2)], "2 of 100 cases undecided (2.0 %): too narrow"),
        (
            [batch(199, 0, 1, suspects=1)],
            "1 of 200 cases undecided; it looks violated at 1 case: too narrow",
        ),
        (
            [batch(), attack(suspects=1, reasons={"too wide": 1})],
            "0 of 100 cases undecided; it looks violated at 1 case: too wide",
        ),
        ([batch(99, 0, 1, errors=1)], "the claim's function failed at 1 case: too narrow"),
        (
            [batch(), FailedOutcome(Task("attack", "a", 0, "quick", 0), failure="out of memory")],
            "1 task gave no result: out of memory",
        ),
        ([batch(0)], "no case met the hypotheses"),
    ],
)
def test_what_is_undecided_has_a_reason(outcomes, reason):
    """No evidence is claimed then."""
    entry = claim_entry(CLAIM, outcomes)
    assert (entry.verdict, entry.evidence, entry.reason) == ("undecided", "none", reason)


def test_a_counterexample_goes_before_everything():
    """Also where most cases are undecided."""
    found = Finding(CASE, "negative", -1.0, -0.5, "certified")
    entry = claim_entry(CLAIM, [batch(1, 0, 9, violations=(found,))])
    assert (entry.verdict, entry.reason, entry.undecided_share) == ("refuted", "", 0.9)


def test_an_existence_claim_without_a_witness_is_undecided():
    """However many cases certainly are none."""
    entry = claim_entry(get("max-norm-nonmonotone"), [batch(0, verdicts={"no witness": 5})])
    assert entry.verdict == "undecided"
    found = batch(5, verdicts={"no witness": 5})
    entry = claim_entry(get("max-norm-nonmonotone"), [found])
    assert entry.reason == "no witness among 5 cases"


@pytest.mark.parametrize(
    ("half", "falling"), [(0.2, True), (0.1, False), (0.1005, False), (None, False)]
)
def test_a_constant_without_a_floor_is_measured(half, falling):
    """With the smallest value, and whether the second half of the search lowered it."""
    bare = replace(CONSTANT, floor=None)
    entry = claim_entry(bare, [batch(first_half=half)])
    assert entry.verdict == "measured"
    assert (entry.constant.value, entry.constant.still_falling) == (0.1, falling)
    stated = claim_entry(replace(CONSTANT, floor=Fraction(1, 20)), [batch(first_half=half)])
    assert (stated.verdict, stated.constant.floor) == ("supported", 0.05)
    assert not stated.constant.still_falling


def test_the_moves_of_a_constant_with_a_floor_are_constants():
    """The search sees their relative distance from the floor."""
    move = Sensitivity("n", 2, 1 / 3, CASE)
    outcomes = [batch(), attack(moves=(move,))]
    bare, stated = (
        claim_entry(replace(CONSTANT, floor=floor), outcomes) for floor in (None, Fraction(1, 20))
    )
    assert bare.constant.moves[0].constant == 1 / 3
    assert stated.constant.moves[0].constant == pytest.approx(0.1)
    assert (bare.margin, stated.margin) == (None, 0.1)


def test_an_undecided_case_gives_no_margin_and_no_constant():
    """What is noise over noise is not shown."""
    noise = worst(-0.08, sign="unknown")
    outcome = batch(99, 0, 1, worst=(noise, worst()))
    assert claim_entry(CLAIM, [outcome]).margin == 0.1
    assert claim_entry(replace(CONSTANT, floor=None), [outcome]).constant.value == 0.1


STEP = replace(get("likelihood-decrease"), sharp_when="")
TINY = Case(CASE.mixture, step_size="1/1000")
LARGE = Case(CASE.mixture, step_size="3/2")


@pytest.mark.parametrize(
    ("claim", "ratio", "case", "sharp"),
    [
        (CLAIM, 0.9995, CASE, "unknown"),
        (CLAIM, 0.99995, CASE, "yes"),
        (STEP, 0.99995, TINY, "unknown"),
        (STEP, 0.99995, LARGE, "yes"),
        (replace(CLAIM, sharp_when="for $n = 1$"), 0.9995, CASE, "yes"),
        (replace(CLAIM, sharp_when="for $n = 1$"), 0.9, CASE, "unknown"),
        (replace(CLAIM, sharp_when="trivially as $t = 0$"), 1.0, CASE, "unknown"),
        (replace(CLAIM, sharp_when="not: 2 is left"), 1.0, CASE, "unknown"),
    ],
)
def test_sharp_is_said_of_a_limit_or_of_a_regime(claim, ratio, case, sharp):
    """Not of a step that does nothing; a regime is named."""
    found = claim_entry(claim, [batch(worst=(worst(0.1, ratio, case=case),))]).tightness
    assert (found.sharp, found.ratio) == (sharp, ratio)
    if sharp == "yes" and not claim.sharp_when:
        assert "n = 2" in found.note


def test_a_refuted_bound_is_exceeded_and_not_sharp():
    """Whatever the claim says of its limit."""
    refuting = Finding(CASE, "negative", -1.0, -0.5, "certified")
    outcome = batch(worst=(worst(-0.5, 1.0),), violations=(refuting,))
    assert claim_entry(get("loss-upper"), [outcome]).tightness.sharp == "exceeded"
