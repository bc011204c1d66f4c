"""Baselines: what moved between two reports."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

import theorycheck as tc
from theorycheck.cli import main
from theorycheck.errors import InvalidValue
from theorycheck.report.baseline import compare, extract, has_moved, read_report, replayed


@pytest.fixture(scope="module")
def kept():
    """The baseline of a small report."""
    return extract(tc.verify(["stein-lower-bound", "loss-upper"], profile="quick").data)


def test_nothing_moves_between_equal_reports(kept):
    """A report compared with itself."""
    assert compare(kept, copy.deepcopy(kept)) == []


def test_a_verdict_that_changes_matters(kept):
    """Supported, then refuted."""
    other = copy.deepcopy(kept)
    other["claims"][0]["verdict"] = "refuted"
    (change,) = compare(kept, other)
    assert change.matters
    assert str(change) == "stein-lower-bound: verdict supported -> refuted"


def test_a_verdict_that_improves_does_not_matter(kept):
    """Refuted, then supported; an unknown word is no improvement."""
    other = copy.deepcopy(kept)
    for word in ("refuted", "undecided", "measured"):
        other["claims"][0]["verdict"] = word
        assert [change.matters for change in compare(other, kept)] == [False]
        assert [change.matters for change in compare(kept, other)] == [True]
    other["claims"][0]["verdict"] = "great"
    assert [change.matters for change in compare(kept, other)] == [True]


def test_a_control_that_survives_matters(kept):
    """The check lost its power."""
    other = copy.deepcopy(kept)
    other["claims"][1]["controls"][0]["verdict"] = "survived"
    (change,) = compare(kept, other)
    assert change.matters


def test_a_proof_on_a_region_that_is_lost_matters_and_a_new_one_does_not(kept):
    """Where the profile is the same: quick proves nothing on regions."""
    with_proof = copy.deepcopy(kept)
    with_proof["claims"][0]["proved"] = ["n = 2, R <= 2"]
    (lost,) = compare(with_proof, kept)
    assert lost.matters
    assert str(lost) == "stein-lower-bound: proof for n = 2, R <= 2 -> none"
    (won,) = compare(kept, with_proof)
    assert (won.matters, won.better) == (False, True)
    (elsewhere,) = compare({**with_proof, "profile": "standard"}, kept)
    assert not elsewhere.matters


def test_a_baseline_keeps_the_regions_on_which_a_report_proves(kept):
    """A baseline that is read again keeps them too."""
    report = tc.verify(["stein-lower-bound"], profile="quick").data
    words = {"n = 2": "proved", "n = 3": "undecided"}
    regions = [{"words": name, "verdict": verdict} for name, verdict in words.items()]
    report["claims"][0]["regions"] = regions
    first = extract(report)
    assert first["claims"][0]["proved"] == ["n = 2"]
    assert extract(first)["claims"] == first["claims"]


def test_a_claim_that_disappears_matters_and_a_new_one_does_not(kept):
    """Claims are added, not lost."""
    fewer = {**kept, "claims": kept["claims"][:1]}
    assert [change.matters for change in compare(kept, fewer)] == [True]
    assert [change.matters for change in compare(fewer, kept)] == [False]


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        (0.1, 0.1001, False),
        (0.1, 0.12, True),
        (1e-12, -1e-13, False),
        (None, None, False),
        (None, 0.1, True),
        (3e-8, 6e-8, True),
    ],
)
def test_tightness_moves_beyond_its_tolerance(old, new, moved):
    """Five per cent, and nothing below rounding."""
    assert has_moved(old, new) is moved


def test_diff_exits_1_when_something_matters(kept, tmp_path):
    """The command line's own answer."""
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(kept))
    changed = copy.deepcopy(kept)
    changed["claims"][0]["verdict"] = "undecided"
    new.write_text(json.dumps(changed))
    same = CliRunner().invoke(main, ["diff", str(old), str(old)])
    assert (same.exit_code, same.stdout) == (0, "0 changes, 0 of them matter\n")
    assert CliRunner().invoke(main, ["diff", str(old), str(new)]).exit_code == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"claims": 3}', "[" * 10000])
def test_what_is_no_report_is_named(text, tmp_path):
    """One clear line."""
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(InvalidValue, match=r"x\.json is no report"):
        read_report(path)


def test_doctor_finds_this_installation_fit():
    """Precision, golden case and verdicts."""
    result = CliRunner().invoke(main, ["doctor", "--json"])
    assert result.exit_code == 0
    assert all(check["ok"] for check in json.loads(result.stdout)["checks"])


def test_a_claim_that_was_changed_is_seen_at_the_kept_case(kept, monkeypatch):
    """A constant that is off by a millionth, or a control that has become true."""
    from theorycheck import claims as registry
    from theorycheck.statements.claim import Claim
    from theorycheck.statements.comparison import at_most

    entry = kept["claims"][1]
    assert replayed(entry) == []
    claim = registry.get(entry["id"])

    def changed(at):
        return at_most(at.loss, (1 + 1e-5) * at.weighted_distance / 2)

    other = replace(claim, function=changed, controls=[])
    monkeypatch.setattr(registry, "get", lambda id: other)
    assert [change.what for change in replayed(entry)] == ["worst case"]
    true_control = replace(claim.controls[0], function=claim.function)
    repaired = replace(claim, controls=[true_control])
    assert isinstance(repaired, Claim)
    monkeypatch.setattr(registry, "get", lambda id: repaired)
    assert [change.what for change in replayed(entry)] == [f"control {true_control.id}"]


def test_tightness_of_runs_of_different_profiles_does_not_matter(kept):
    """A thorough run comes closer to a bound than a quick one; its verdicts do matter."""
    other = copy.deepcopy(kept)
    other["profile"] = "thorough"
    other["claims"][0]["margin"] = 0.5
    other["claims"][1]["verdict"] = "refuted"
    assert [change.matters for change in compare(kept, other)] == [False, True]


def test_what_moves_with_a_better_verdict_does_not_matter(kept):
    """The old margin was one of a false claim; a control that has gone matters."""
    old, fewer = copy.deepcopy(kept), copy.deepcopy(kept)
    old["claims"][0] |= {"verdict": "refuted", "margin": -0.3}
    changes = compare(old, kept)
    assert {change.what: change.better for change in changes}["verdict"]
    assert not any(change.matters for change in changes)
    entry = next(entry for entry in fewer["claims"] if entry["controls"])
    gone = entry["controls"].pop()["id"]
    assert [(c.what, c.matters) for c in compare(kept, fewer)] == [(f"control {gone}", True)]
