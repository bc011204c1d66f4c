"""The power of a run: claims that are false in one corner are found, true ones raise no alarm."""

from __future__ import annotations

from pathlib import Path

import pytest

import theorycheck as tc
from helpers.plants_false import KINDS, WITNESSES
from theorycheck.statements.decision import screen
from theorycheck.statements.verdicts import Sign

HELPERS = Path(__file__).parents[1] / "helpers"
FALSE, TRUE = str(HELPERS / "plants_false.py"), str(HELPERS / "plants_true.py")
PLANTS = {claim.id: claim for claim in tc.claims.load(FALSE)}
EDGES = {claim.id: claim for claim in tc.claims.load(TRUE)}
BEYOND_BALLS = {"not a number", "equality of a strict claim"}
"""Kinds whose witness may stay undecided: a margin of 0 that no ball separates from 0, or 0/0."""
RUNS = [("standard", 0), ("standard", 1), ("standard", 2), ("thorough", 0)]
MISSES = 0.02
"""The largest share of the plants that a run may call supported."""
SAMPLE = [
    "off-loss",
    "many-largest",
    "light-floor-3",
    "rank-2-scatter",
    "rank-3-scatter",
    "window-two",
    "near-overlap",
    "strict-loss",
    "exact-zero",
    "truth-energy",
    "identity-fisher",
    "none-pair",
]


def is_missed(entry: dict) -> bool:
    """A false claim passes: supported, proved, or a constant that is not seen to fall."""
    if entry["verdict"] == "measured":
        return not (entry["constant"] or {}).get("still_falling")
    return entry["verdict"] in ("supported", "proved")


def missed(ids: list[str], profile: str, seed: int) -> list[str]:
    """The plants that a run does not find, with kind and verdict."""
    entries = tc.verify(ids, profile, seed, claims_file=FALSE).claims
    return [f"{e['id']} ({KINDS[e['id']]}): {e['verdict']}" for e in entries if is_missed(e)]


# --- the plants are false -------------------------------------------------------------------------


def test_there_are_enough_plants():
    """A hundred and more of each side, ten and more of every kind, and a witness for each."""
    kinds = list(KINDS.values())
    assert list(PLANTS) == list(KINDS) == list(WITNESSES)
    assert len(PLANTS) >= 220
    assert min(kinds.count(kind) for kind in kinds) >= 10
    assert len(set(kinds)) >= 20
    assert len(EDGES) >= 100
    assert all(claim.description for claim in EDGES.values())


@pytest.mark.parametrize("id", PLANTS)
def test_a_plant_is_false_at_its_witness(id):
    """Balls refute it there; a run that balls cannot follow fails by far in float64."""
    claim, witness = PLANTS[id], WITNESSES[id]
    assert claim.domain.contains(witness)
    verdict = claim.check(witness)
    if claim.kind == "existence":
        assert isinstance(verdict, tc.Undecided)
        assert "no witness" in verdict.reason
    elif KINDS[id] == "late in a run" and not isinstance(verdict, tc.Refuted):
        seen = screen(claim, witness)
        assert isinstance(verdict, tc.Undecided)
        assert seen.sign == Sign.NEGATIVE
        assert seen.relative < -0.01
    elif KINDS[id] in BEYOND_BALLS:
        assert isinstance(verdict, (tc.Refuted, tc.Undecided))
    else:
        assert isinstance(verdict, tc.Refuted), verdict


# --- and a run finds them -------------------------------------------------------------------------


@pytest.mark.long
def test_a_quick_run_finds_a_sample():
    """One of many kinds each."""
    assert missed(SAMPLE, "quick", 0) == []


@pytest.mark.slow
@pytest.mark.parametrize(("profile", "seed"), RUNS)
def test_a_run_finds_the_plants(profile, seed):
    """All but two per cent, whatever the seed."""
    passed = missed(list(PLANTS), profile, seed)
    assert len(passed) <= MISSES * len(PLANTS), "\n".join([str(len(passed)), *passed])


# --- no alarm at what is true ---------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("profile", "seed"), RUNS)
def test_a_run_raises_no_alarm_at_the_edge(profile, seed):
    """No true claim is refuted, and at most one is undecided."""
    entries = tc.verify(list(EDGES), profile, seed, claims_file=TRUE).claims
    verdicts = {entry["id"]: entry["verdict"] for entry in entries}
    refuted = [id for id, verdict in verdicts.items() if verdict == "refuted"]
    undecided = {e["id"]: e["undecided_reasons"] for e in entries if e["verdict"] == "undecided"}
    assert refuted == []
    assert len(undecided) <= 1, undecided
