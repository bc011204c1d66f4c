"""The quality tier: planted falsehoods are found, and true claims raise no alarm."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

import theorycheck as tc
from theorycheck.search.generation import attacked, generated
from theorycheck.statements.claim import Claim
from theorycheck.statements.decision import decide

PLANTED = str(Path(__file__).parents[1] / "helpers" / "planted.py")
PLANTS = [claim.id for claim in tc.claims.load(PLANTED)]
QUICK = ["loss-one-per-cent", "five-components", "tiny-weight", "second-dimension", "loss-strict"]
MULTIPLIER = float(os.environ.get("THEORYCHECK_MULTIPLIER", "1"))
"""Times as many evaluations as the default."""


def assert_refuted(id: str, seed: int = 0) -> None:
    """The standard pipeline refutes a plant, and its counterexample checks anew."""
    entry = tc.verify([id], "standard", seed, claims_file=PLANTED).claims[0]
    assert (entry["verdict"], entry["evidence"]) == ("refuted", "certified")
    case = tc.Case.from_dict(entry["counterexample"]["case"])
    claim = tc.claims.find(id, PLANTED)
    assert claim.domain.contains(case)
    assert isinstance(claim.check(case), tc.Refuted)


def test_there_are_enough_plants():
    """At least fifteen."""
    assert len(PLANTS) >= 15


@pytest.mark.parametrize("id", QUICK)
def test_a_plant_is_refuted(id):
    """A few of each kind, in every run."""
    assert_refuted(id)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("id", PLANTS)
def test_every_plant_is_refuted(id, seed):
    """All of them, whatever the seed."""
    assert_refuted(id, seed)


# --- false alarms ---------------------------------------------------------------------------------


def looked_at(claim: Claim, count: int, seed: int) -> list[str]:
    """The signs that balls find at generated cases of a claim."""
    cases = generated(claim, count, seed)
    return [decide(claim, case).sign for case in cases if claim.domain.contains(case)]


def is_cheap(claim: Claim) -> bool:
    """True if balls decide a case in about a millisecond: no trajectory, no fine difference."""
    return not claim.only_balls and "steps" not in claim.inputs and "target" not in claim.inputs


UNIVERSAL = [claim for claim in tc.claims.all() if claim.kind != "existence"]
CHEAP = [claim for claim in UNIVERSAL if is_cheap(claim)]
ON_LINES = [
    replace(claim, domain=replace(claim.domain, dimension=(1, 1)))
    for claim in CHEAP
    if claim.domain.dimension[0] == 1
]


def assert_no_alarm(claims: list[Claim], count: int, seed: int) -> None:
    """No refutation of a true claim, and less than one per cent undecided."""
    signs = []
    for claim in claims:
        found = looked_at(claim, count, seed)
        assert "negative" not in found, claim.id
        signs += found
    print(f"{len(signs)} evaluations, {signs.count('unknown')} undecided")
    assert len(signs) > 0.5 * count * len(claims)
    assert signs.count("unknown") < 0.01 * len(signs)


@pytest.mark.long
def test_true_claims_raise_no_alarm():
    """A few cases of every claim that is cheap to decide."""
    assert_no_alarm(CHEAP, 4, seed=11)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_true_claims_raise_no_alarm_over_all_regimes(part):
    """Ten parts, most cases on lines; THEORYCHECK_MULTIPLIER=9 makes more than 10^5 evaluations."""
    count = max(1, round(4 * MULTIPLIER))
    assert_no_alarm(UNIVERSAL, count, seed=1000 + part)
    assert_no_alarm(ON_LINES, 8 * count, seed=2000 + part)


# --- conjectures ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("id", ["lojasiewicz-sharp", "two-balanced-monotone"])
def test_a_conjecture_survives_its_attack(id):
    """Searches of 40,000 evaluations; with THEORYCHECK_MULTIPLIER=26 there are more than 10^6."""
    claim, evaluations, seed = tc.claims.get(id), 0, 1000
    while evaluations < 40_000 * MULTIPLIER:
        found = attacked(claim, 40_000, seed)
        assert found.decision.sign != "negative", found.worst
        evaluations, seed = evaluations + found.evaluations, seed + 1
