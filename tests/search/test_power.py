"""The power of the search: sharpening, and the fates of mutants."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

import theorycheck as tc
from helpers.command_line import run
from theorycheck import claims
from theorycheck.search.power import Effort, MutantFate, power_of
from theorycheck.search.sharpening import Recorder, combined, in_words
from theorycheck.statements.decision import decide
from theorycheck.statements.point import Point

EFFORT = Effort(16, 60, 0)
PAIR = tc.Case(tc.Mixture([1, -1]))


def sharpening(claim: tc.Claim, *cases: tc.Case) -> tuple[float | None, ...]:
    """Of a claim at some cases."""
    recorder = Recorder(claim)
    for case in cases:
        decide(recorder.claim, case)
    return recorder.sharpening(cases)


def test_the_sharpening_is_what_the_claim_would_survive() -> None:
    """A factor a little smaller holds at the case, one a little larger is refuted there."""
    (change,) = sharpening(claims.get("loss-upper"), PAIR)
    assert change is not None

    def scaled(share: float) -> tc.Claim:
        @tc.inequality("scaled", "L \\le cW")
        def claim(at):  # type: ignore[no-untyped-def]
            factor = at.number(Fraction(1 + share * change))
            return tc.at_most(factor * at.loss, at.weighted_distance / 2)

        made: tc.Claim = claim
        return made

    assert isinstance(scaled(0.99).check(PAIR), tc.Holds)
    assert isinstance(scaled(1.01).check(PAIR), tc.Refuted)


def test_each_comparison_has_its_own() -> None:
    """Entry by entry the smallest; none for a side that is not positive or a step of the proof."""

    @tc.inequality("several", "L \\le W")
    def several(at):  # type: ignore[no-untyped-def]
        two, three = at.number(2), at.number(3)
        return [
            tc.at_most(two, three),
            tc.at_most(-three, -two),
            tc.at_most(0 * two, three),
            tc.at_most(two * at.weights, three * at.weights + at.weights / 2),
            tc.at_most(three, three),
        ]

    assert sharpening(several, PAIR) == (
        *(pytest.approx(0.5), pytest.approx(0.5)),
        *(None, pytest.approx(0.75), 0),
    )


def test_of_an_identity_it_is_the_residual_that_passes() -> None:
    """About the digits of the precision that decides; of several cases the largest."""
    identity = claims.get("projection-identity")
    (one,) = sharpening(identity, PAIR)
    assert one is not None
    assert 0 < one < 1e-29
    assert combined("identity", [(1e-30,), (1e-20, None), ()]) == (1e-20,)
    assert combined("inequality", [(0.5, None), (0.2, 3.0), ()]) == (0.2, 3.0)


def test_of_a_constant_it_is_the_distance_from_the_floor() -> None:
    """Without a floor there is none."""

    def constant(at):  # type: ignore[no-untyped-def]
        return at.weighted_distance / at.loss

    options = {"origin": "own", "domain": tc.Domain(dimension=(1, 1))}
    floored = tc.implied_constant("floored", "W \\ge L", floor=Fraction(1), **options)(constant)
    (change,) = sharpening(floored, PAIR)
    at = Point(PAIR.mixture)
    assert change == pytest.approx(at.weighted_distance / at.loss - 1)
    assert sharpening(tc.implied_constant("free", "W \\ge cL", **options)(constant), PAIR) == ()


def test_sharpening_in_words() -> None:
    """With the digits that differ from 1."""
    assert in_words("inequality", (0.0003, None, 2.0)) == "1.0003, any, 3"
    assert in_words("inequality", (1e-9,)) == "1 + 1e-09"
    assert in_words("inequality", (1e-30,)) == "equality reached"
    assert in_words("inequality", (0.0,)) == "equality reached"
    assert in_words("identity", (3e-31,)) == "residual 3e-31"


def test_a_claim_that_raises_is_told_as_without_recorder() -> None:
    """Watching changes no decision."""

    @tc.inequality("broken", "L \\le W")
    def broken(at):  # type: ignore[no-untyped-def]
        return tc.at_most(at.loss, 1 / 0)

    assert decide(Recorder(broken).claim, PAIR) == decide(broken, PAIR)


def test_a_sharp_claim_has_no_unnoticed_mutant() -> None:
    """Equality where all means agree: 2 % less is refuted, more is weaker."""
    found = power_of(claims.get("loss-upper"), EFFORT)
    assert found.controls == {"loss-upper-control-1": True}
    assert found.unnoticed == []
    fates = {m.change.rpartition(" (")[0]: m.fate for m in found.mutants}
    half = "at.weighted_distance / 2"
    assert fates[f"{half} -> {half} * 49 / 50"] == MutantFate.REFUTED
    assert fates[f"{half} -> {half} * 51 / 50"] == MutantFate.WEAKER


def test_a_loose_claim_names_what_it_would_not_notice() -> None:
    """L <= W may be sharpened by 2 or a little less; a mutant that always raises is void."""

    @tc.inequality("loose", "L \\le W", domain=tc.Domain(components=(1, 2), dimension=(1, 1)))
    def loose(at):  # type: ignore[no-untyped-def]
        index = range(2 * at.components)
        return tc.at_most(at.loss * len(index), 2 * at.weighted_distance * at.components)

    found = power_of(loose, EFFORT)
    assert found.sharpening == (pytest.approx(1, abs=0.05),)
    assert any("49 / 50" in change for change in found.unnoticed)
    assert found.count(MutantFate.VOID) > 0
    assert found == power_of(loose, EFFORT)


@pytest.mark.long
def test_mutants_of_every_kind_are_judged() -> None:
    """An identity, an existence claim, a constant, and a claim of balls alone."""
    for id in (
        *("projection-identity", "max-norm-nonmonotone"),
        *("lojasiewicz-sharp", "responsibility-jacobian"),
    ):
        found = power_of(claims.get(id), Effort(8, 30, 1))
        assert sum(map(found.count, MutantFate)) == len(found.mutants) > 0
        assert all(found.controls.values()), id
    grown = power_of(claims.get("max-norm-nonmonotone"), Effort(8, 30, 1))
    assert grown.count(MutantFate.REFUTED) > 0


def test_the_verb_prints_a_line_a_claim() -> None:
    """Exit 0, whatever is found; a pattern chooses; data on request."""
    result = run("power", "loss-upper")
    assert result.exit_code == 0
    assert "loss-upper" in result.stdout
    assert "controls refuted 1/1, mutants refuted 1/1, 3 weaker" in result.stdout
    found = json.loads(run("power", "gradient-f*", "--json").stdout)
    assert [entry["claim"] for entry in found] == ["gradient-fisher"]
    assert set(found[0]) == {"claim", "cases", "sharpening", "controls", "mutants"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["loss-uper"], "did you mean loss-upper"),
        (["loss-upper", "--profile", "fast"], "give one of quick"),
        (["--claims", "/no/such/file.py"], "/no/such/file.py"),
    ],
)
def test_bad_usage_of_the_verb_is_one_line(arguments: list[str], message: str) -> None:
    """Exit 2."""
    result = run("power", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_report_says_what_its_run_would_not_notice() -> None:
    """In data and on the page; without a second evaluation of anything."""
    report = tc.verify(["loss-upper", "projection-identity"], profile="quick")
    upper, identity = report.claims
    assert len(upper["sharpening"]) == 1
    assert 0 <= upper["sharpening"][0] < 0.1
    assert identity["sharpening"][0] < 1e-29
