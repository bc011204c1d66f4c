"""The verdicts, counts and margins that outcomes add up to."""

from __future__ import annotations

import pytest

import theorycheck as tc


def test_a_false_claim_is_refuted_and_a_surviving_control_is_told(tmp_path):
    """A user's file with a false lemma, and with a control that is in fact true."""
    path = tmp_path / "lemmas.py"
    path.write_text(
        "from theorycheck import inequality, at_most\n"
        "@inequality('too-strong', 'L \\\\le W/4')\n"
        "def too_strong(at):\n"
        "    return at_most(at.loss, at.weighted_distance / 4)\n"
        "@inequality('weak', 'L \\\\le W')\n"
        "def weak(at):\n"
        "    return at_most(at.loss, at.weighted_distance)\n"
        "@weak.control('still true')\n"
        "def _(at):\n"
        "    return at_most(at.loss, 2 * at.weighted_distance)\n"
    )
    report = tc.verify(profile="quick", claims_file=str(path))
    strong, weak = report.claims
    assert strong["verdict"] == "refuted"
    assert tc.Case.from_dict(strong["counterexample"]["case"]).mixture.components >= 1
    assert weak["verdict"] == "supported"
    assert weak["controls"][0]["verdict"] == "survived"
    assert report.exit_code == 1


LATE = """
from fractions import Fraction
from theorycheck import Domain, at_most, inequality

SMALL = Domain((1, 1), step_size=(Fraction(0), Fraction(1, 10)))

@inequality("late", "U(t) > 10^{-25} U(0)", domain=SMALL)
def late(at, step_size, steps):
    energy = at.path(step_size, steps).energy
    return at_most(1e-25 * energy[0], energy)
"""


def test_a_violation_beyond_the_steps_that_balls_take_is_no_support(tmp_path):
    """True for 256 steps and false after 273: float64 sees it, and nothing is certified."""
    path = tmp_path / "lemmas.py"
    path.write_text(LATE)
    claim = tc.claims.load(str(path))[0]
    assert claim.certificate.startswith("the first 8 steps")
    for steps, kind in ((8, tc.Holds), (300, tc.Undecided)):
        assert isinstance(
            claim.check(tc.Case(tc.Mixture([1]), step_size="1/10", steps=steps)), kind
        )
    report = tc.verify(claims_file=str(path))
    assert report.claims[0]["verdict"] == "undecided"
    assert report.exit_code == 3


@pytest.mark.long
def test_the_smallest_implied_constant_counts_wherever_it_was_found():
    """Also where it was found with one quantity held fixed."""
    entry = tc.verify("lojasiewicz-sharp").claims[0]
    lowest = min(move["constant"] for move in entry["constant"]["moves"])
    assert entry["constant"]["value"] <= lowest * (1 + 1e-9)
    worst = entry["worst"][0]
    assert entry["constant"]["value"] == worst["margin"] + entry["constant"]["floor"]
    assert entry["constant"]["case"] == worst["case"]


def test_no_control_is_refuted_by_an_equality():
    """A false statement is false by some margin; of existence claims, many cases are no witness."""
    for entry in tc.verify(["loss-sign", "max-norm-nonmonotone"], profile="quick").claims:
        for control in entry["controls"]:
            assert control["verdict"] == "refuted"
            assert control["margin"] < 0
            assert control.get("looked", 2) > 1
