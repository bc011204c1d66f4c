"""Campaigns: deterministic tasks, honest counts, one report."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

import theorycheck as tc
from theorycheck.campaign.tasks import Task, run_task
from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.search.generation import generated
from theorycheck.testing import assert_supported

CHEAP = ["loss-upper", "responsibility-floor", "weighted-distance-nonmonotone"]


def without_times(data):
    """The report without what may differ between equal runs."""
    kept = {key: value for key, value in data.items() if key not in ("started", "seconds")}
    kept["claims"] = [{k: v for k, v in c.items() if k != "seconds"} for c in data["claims"]]
    return json.dumps(kept, sort_keys=True)


@pytest.fixture(scope="module")
def serial():
    """A quick campaign in this process."""
    return tc.verify(CHEAP, profile="quick", seed=3)


def test_supported_claims_have_all_controls_refuted(serial):
    """The built-in claims hold and their controls do not."""
    for entry in serial.claims:
        assert_supported(entry)
    assert serial.exit_code == 0


def test_counts_add_up(serial):
    """Every case in the domain is certified, tight, floating or undecided."""
    for entry in serial.claims:
        cases = entry["cases"]
        decided = sum(cases[k] for k in ("certified", "tight", "floating", "undecided"))
        assert decided == cases["in_domain"] <= cases["generated"]
        assert cases["certified"] > 0


def test_workers_do_not_change_the_result(serial):
    """The same seed gives the same report from two worker processes."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        parallel = tc.verify(CHEAP, profile="quick", seed=3, executor=pool)
    assert without_times(parallel.data) == without_times(serial.data)


def test_another_seed_looks_at_other_cases(serial):
    """Seeds matter."""
    other = tc.verify(CHEAP, profile="quick", seed=4)
    assert without_times(other.data) != without_times(serial.data)


def test_the_report_files_are_written(tmp_path):
    """report.html, report.json and ledger.jsonl land in the output directory."""
    report = tc.verify("loss-upper", profile="quick", output=tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["ledger.jsonl", "report.html", "report.json"]
    assert json.loads((tmp_path / "report.json").read_text())["claims"][0]["id"] == "loss-upper"
    assert report.claims[0]["verdict"] == "supported"


def test_resuming_does_only_what_is_left(tmp_path):
    """A ledger that lost its last task gives the same report as the undisturbed run."""
    whole = tc.verify(CHEAP, profile="quick", output=tmp_path)
    ledger = tmp_path / "ledger.jsonl"
    lines = ledger.read_text().splitlines(keepends=True)
    ledger.write_text("".join(lines[:-1]) + lines[-1][:40])
    again = tc.verify(CHEAP, profile="quick", output=tmp_path, resume=True)
    assert without_times(again.data) == without_times(whole.data)
    assert len(ledger.read_text().splitlines()) == len(lines)


def test_a_ledger_of_another_run_is_refused(tmp_path):
    """Another seed is another run."""
    tc.verify("loss-upper", profile="quick", output=tmp_path)
    with pytest.raises(InvalidValue, match="belongs to another run"):
        tc.verify("loss-upper", profile="quick", output=tmp_path, seed=1, resume=True)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"claims": ["loss-uper"]}, "did you mean loss-upper"),
        ({"profile": "fast"}, "quick, standard, thorough"),
        ({"output": "/dev/null/x"}, "output directory"),
    ],
)
def test_bad_arguments_are_named(arguments, named):
    """One clear error each."""
    with pytest.raises(InvalidValue, match=named):
        tc.verify(**{"claims": ["loss-upper"], "profile": "quick", **arguments})


def test_a_batch_is_the_same_every_time():
    """An outcome depends on nothing but its task, apart from the time it took."""
    task = Task("batch", "loss-upper", 0, "quick", 7)
    first, second = run_task(task), run_task(task)
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


def test_generated_cases_are_distinct_and_in_the_domain():
    """Generation draws from the domain itself."""
    for claim in tc.claims.all():
        cases = generated(claim, 30, 1)
        assert len(set(cases)) == len(cases)
        inside = sum(claim.domain.contains(case) for case in cases)
        assert inside > len(cases) / 2, claim.id


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


def test_a_claim_declared_twice_harms_no_other(tmp_path):
    """Nor does one hide behind another that took its name in the file."""
    path = tmp_path / "lemmas.py"
    path.write_text(
        "from theorycheck import inequality, at_most\n"
        + "".join(
            f"@inequality('{id}', 'L \\\\le W')\n"
            "def lemma(at):\n"
            "    return at_most(at.loss, at.weighted_distance)\n"
            for id in ("first", "twice", "twice", "last")
        )
    )
    report = tc.verify(profile="quick", claims_file=str(path))
    verdicts = {entry["id"]: entry["verdict"] for entry in report.claims}
    assert verdicts == {"first": "supported", "twice": "undecided", "last": "supported"}
    (reason,) = report.claims[1]["undecided_reasons"]
    assert reason == f"claims file {path} declares the claim twice twice; rename one"
    assert report.exit_code == 3


# --- what is asked for ----------------------------------------------------------------------------

FILE = """
from theorycheck import at_most, inequality

@inequality("mine", "L \\\\le {0} W")
def mine(at):
    return at_most(at.loss, {0} * at.weighted_distance)
"""


def test_a_claims_file_that_changes_is_read_again(tmp_path, monkeypatch):
    """Under the same name, in one process, and in another directory."""
    options = {"profile": "quick", "claims_file": "lemmas.py"}
    verdicts = []
    for directory, factor in (("a", 1), ("a", 0.1), ("b", 1)):
        (tmp_path / directory).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / directory)
        (tmp_path / directory / "lemmas.py").write_text(FILE.format(factor))
        verdicts.append(tc.verify(**options).claims[0]["verdict"])
    assert verdicts == ["supported", "refuted", "supported"]


def test_a_claim_is_never_taken_for_another():
    """One that only this process knows cannot be checked by workers, and is refused."""

    @tc.inequality("loss-upper", "L \\le W/100")
    def false(at):
        return at.weighted_distance / 100 - at.loss

    with pytest.raises(InvalidValue, match="loss-upper is another one in the package"):
        tc.verify([false], profile="quick")
    registered = tc.claims.get("loss-upper")
    for claims in (registered, [registered], "loss-upper"):
        report = tc.verify(claims, profile="quick")
        assert [entry["id"] for entry in report.claims] == ["loss-upper"]


def test_what_can_not_be_run_is_refused():
    """Nothing to check is no success; threads would share the precision; types are named."""
    with pytest.raises(InvalidValue, match="claims is empty"):
        tc.verify([])
    with ThreadPoolExecutor(2) as threads, pytest.raises(InvalidValue, match="threads"):
        tc.verify(CHEAP, executor=threads)
    for options in ({"claims": 5}, {"claims": [[]]}, {"executor": 3}, {"seed": 1.5}):
        with pytest.raises(InvalidType):
            tc.verify(**options)
    with pytest.raises(InvalidValue, match="profile"):
        tc.verify(CHEAP, profile=["quick"])


LATE = """
from fractions import Fraction
from theorycheck import Domain, at_most, inequality

SMALL = Domain((1, 1), step_size=(Fraction(0), Fraction(1, 10)))

@inequality("late", "U(t) > U(0)/100", domain=SMALL)
def late(at, step_size, steps):
    energy = at.path(step_size, steps).energy
    return at_most(energy[0] / 100, energy)
"""


def test_a_violation_beyond_the_steps_that_balls_take_is_no_support(tmp_path):
    """True for eight steps and false after fifty: float64 sees it, and nothing is certified."""
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


def test_the_smallest_implied_constant_counts_wherever_it_was_found():
    """Also where it was found with one quantity held fixed."""
    entry = tc.verify("lojasiewicz-sharp").claims[0]
    lowest = min(move["constant"] for move in entry["constant"]["moves"])
    assert entry["constant"]["value"] <= lowest * (1 + 1e-9)
    assert entry["constant"]["value"] == entry["worst"][0]["relative"]


def test_no_control_is_refuted_by_an_equality():
    """A false statement is false by some margin; of existence claims, many cases are no witness."""
    for entry in tc.verify(["loss-sign", "max-norm-nonmonotone"], profile="quick").claims:
        for control in entry["controls"]:
            assert control["verdict"] == "refuted"
            assert control["margin"] < 0
            assert control.get("looked", 2) > 1
