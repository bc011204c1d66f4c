"""The oracle is asked in every run, and a disagreement is not overlooked."""

from __future__ import annotations

import sys
from dataclasses import replace

import flint
import pytest

import theorycheck as tc
from theorycheck.campaign import cross_check
from theorycheck.campaign.cross_check import CrossCheck, cross_checked
from theorycheck.campaign.running import run_task
from theorycheck.campaign.tasks import Task
from theorycheck.errors import TooExpensive

CASES = [tc.Case(tc.Mixture([[1, 2], [-1, 0]])), tc.Case(tc.Mixture([1, -2], [1, 3]))]


@pytest.mark.parametrize("truth", [None, tc.Mixture([0, 1])])
def test_balls_and_oracle_agree(truth):
    """At one case, closer than both may err."""
    found = cross_checked([tc.Case(CASES[1].mixture, truth=truth)])
    assert found.cases == 1
    assert found.worst < 1
    assert not found.disagreements


def test_claims_with_the_same_cases_check_different_ones(monkeypatch):
    """As many as there are cheap ones; the number of the claim says which."""
    asked = []
    right = cross_check.oracle.population

    def noted(mixture, *arguments, **options):
        asked.append(mixture)
        return right(mixture, *arguments, **options)

    monkeypatch.setattr(cross_check.oracle, "population", noted)
    near = tc.Case(tc.Mixture([1, -1]))
    assert all(cross_checked([*CASES, near], number).cases == 1 for number in range(4))
    assert asked == [near.mixture, CASES[1].mixture] * 2


def test_far_cases_are_not_chosen():
    """The oracle would take long for them: without a limit a batch could lose its verdicts."""
    far = tc.Case(tc.Mixture([1000, -900]))
    many = tc.Case(tc.Mixture(list(range(-6, 6))))
    for number in range(3):
        chosen = cross_check._one_of_the_cheapest([far, CASES[1], many], number)
        assert chosen == CASES[1]


def test_no_case_and_no_answer_are_no_agreement(monkeypatch):
    """Nothing is counted then."""
    assert cross_checked([]) == CrossCheck()

    def refuse(*_, **__):
        raise TooExpensive("too many nodes")

    monkeypatch.setattr(cross_check.oracle, "population", refuse)
    assert cross_checked(CASES) == CrossCheck()


@pytest.mark.parametrize("shift", ["1e-11", "1", "nan"])
def test_a_wrong_number_is_seen(monkeypatch, shift):
    """Whichever of the two is wrong."""
    right = cross_check.population

    def wrong(*arguments, **options):
        found = right(*arguments, **options)
        return replace(found, loss=found.loss + flint.arb(shift))

    monkeypatch.setattr(cross_check, "population", wrong)
    found = cross_checked(CASES)
    names = [one.quantity for one in found.disagreements]
    assert names == ([] if shift == "nan" else ["loss"])
    assert found.worst <= sys.float_info.max


def test_a_disagreement_fails_the_run(monkeypatch):
    """Exit 1, in the data, whatever the verdicts are."""
    right = cross_check.oracle.population

    def wrong(*arguments, **options):
        found = right(*arguments, **options)
        return replace(found, fisher_divergence=found.fisher_divergence * 2)

    monkeypatch.setattr(cross_check.oracle, "population", wrong)
    report = tc.verify("loss-upper", profile="quick")
    (apart,) = report.data["oracle"]["disagreements"]
    assert apart["quantity"] == "fisher_divergence"
    assert report.claims[0]["verdict"] == "supported"
    assert report.exit_code == 1


def test_every_batch_asks_the_oracle():
    """Of the claims in float64's reach and of the others."""
    for claim in ("loss-upper", "hessian-at-optimum"):
        assert run_task(Task("batch", claim, 0, "quick", 0)).oracle.cases == 1
