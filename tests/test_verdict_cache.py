"""The verdict cache: what it serves, and what it must not."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest

import theorycheck as tc
from helpers.command_line import run
from theorycheck import verdict_cache
from theorycheck.campaign.executors import LimitedPool
from theorycheck.campaign.outcomes import AttackOutcome, BatchOutcome, FailedOutcome
from theorycheck.campaign.profiles import PROFILES
from theorycheck.campaign.running import TIME_UP
from theorycheck.campaign.tasks import Task
from theorycheck.verdict_cache import is_sure, reads_more

LEMMAS = '''
from theorycheck import at_most, inequality

def right_side(at):
    return FACTOR * at.weighted_distance

FACTOR = 0.5

@inequality("own-upper", r"L \\le W/2", origin="own")
def own_upper(at):
    """Convexity."""
    return at_most(at.loss, right_side(at))
'''
QUICK = replace(PROFILES["quick"], name="own", batch_size=4, enumerated=8, attack=10)


@pytest.fixture
def lemmas(tmp_path: Path) -> Path:
    path = tmp_path / "lemmas.py"
    path.write_text(LEMMAS)
    return path


def checked(tmp_path: Path, file: Path | None, **options):
    """The entry of a claim of a run with a cache."""
    given = {"profile": QUICK, "seed": 0, "cache": tmp_path / "cache"} | options
    if file is None:
        return tc.verify("loss-sign", **given).claims[0]
    return tc.verify(claims_file=str(file), **given).claims[0]


def without_flag(entry):
    return {name: value for name, value in entry.items() if name != "cached"}


@pytest.mark.parametrize("of_file", [True, False])
def test_an_unchanged_claim_comes_from_the_cache(tmp_path, lemmas, of_file):
    """With everything that was found, of a file or of the package; nothing is computed."""
    file = lemmas if of_file else None
    first = checked(tmp_path, file)
    again = checked(tmp_path, file)
    assert (first["cached"], again["cached"]) == (False, True)
    assert without_flag(again) == without_flag(first)
    assert again["seconds"] == first["seconds"]


@pytest.mark.long
@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"profile": replace(QUICK, batch_size=5)},
        {"profile": replace(QUICK, name="other")},
        {"profile": "quick"},
    ],
)
def test_another_seed_or_profile_is_computed(tmp_path, lemmas, change):
    """Also a profile of the same name with other numbers."""
    checked(tmp_path, lemmas)
    assert not checked(tmp_path, lemmas, **change)["cached"]
    assert checked(tmp_path, lemmas)["cached"]


@pytest.mark.parametrize(
    ("old", "new"), [("at.loss, right", "0 * at.loss, right"), ("FACTOR = 0.5", "FACTOR = 0.4")]
)
def test_another_source_is_computed(tmp_path, lemmas, old, new):
    """Of the claim, or of a helper that it calls: a lemma that became false is refuted."""
    assert checked(tmp_path, lemmas)["verdict"] == "supported"
    lemmas.write_text(LEMMAS.replace(old, new))
    found = checked(tmp_path, lemmas)
    assert not found["cached"]
    assert found["verdict"] == ("refuted" if "0.4" in new else "supported")
    assert checked(tmp_path, lemmas)["cached"]


def test_a_claim_of_another_name_is_computed(tmp_path, lemmas):
    """Two claims of one file have entries of their own."""
    lemmas.write_text(
        LEMMAS
        + LEMMAS.partition("\n@")[1]
        + LEMMAS.partition("\n@")[2]
        .replace("own-upper", "own-second")
        .replace("def own_upper", "def second")
    )
    given = {"profile": QUICK, "cache": tmp_path / "cache", "claims_file": str(lemmas)}
    tc.verify("own-upper", **given)
    found = {entry["id"]: entry["cached"] for entry in tc.verify(**given).claims}
    assert found == {"own-upper": True, "own-second": False}


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("__version__", "0.0.0"),
        ("package_digest", lambda: "another"),
        ("environment", lambda: {"python": "3.0"}),
        ("version", lambda name: "0"),
        ("FORMAT", 0),
    ],
)
def test_another_package_is_computed(tmp_path, lemmas, monkeypatch, name, value):
    """Its version, its source, or the libraries."""
    checked(tmp_path, lemmas)
    with monkeypatch.context() as patch:
        patch.setattr(verdict_cache, name, value)
        assert not checked(tmp_path, lemmas)["cached"]
    assert checked(tmp_path, lemmas)["cached"]


def test_the_digest_is_of_every_source_file(tmp_path, monkeypatch):
    """Of its text and of its place."""
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/a.py").write_text("1")
    monkeypatch.setattr(verdict_cache, "_PACKAGE", tmp_path)
    seen = [verdict_cache.package_digest()]
    for place, text in (("inner/a.py", "2"), ("b.py", "1"), ("b.py", "")):
        (tmp_path / place).write_text(text)
        seen.append(verdict_cache.package_digest())
    (tmp_path / "b.py").rename(tmp_path / "c.py")
    seen.append(verdict_cache.package_digest())
    assert len(set(seen)) == 5


def test_a_source_that_changes_during_the_run_is_not_kept(tmp_path, lemmas):
    """Or what is kept would be of one text under the name of another."""

    def edit(done, total, claim):
        lemmas.write_text(LEMMAS + "# edited\n")

    checked(tmp_path, lemmas, progress=edit)
    lemmas.write_text(LEMMAS)
    assert not checked(tmp_path, lemmas)["cached"]


def test_what_a_ledger_brings_is_not_kept(tmp_path, lemmas):
    """Its header does not tell the source of the package that computed it."""
    output = tmp_path / "out"
    checked(tmp_path, lemmas, cache=None, output=output)
    ledger = output / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[:2]))  # its header and the first of two tasks
    assert len(lines) == 3
    checked(tmp_path, lemmas, output=output, resume=True)
    assert len(list((tmp_path / "cache").iterdir())) == 1  # of the second task
    assert not checked(tmp_path, lemmas)["cached"]
    assert checked(tmp_path, lemmas)["cached"]


def test_a_package_that_changed_after_it_was_imported_uses_no_cache(tmp_path, lemmas, monkeypatch):
    """The modules in memory may be the older ones."""
    checked(tmp_path, lemmas)
    monkeypatch.setattr(verdict_cache, "_IMPORTED", 0.0)
    told = []
    assert not checked(tmp_path, lemmas, notify=told.append)["cached"]
    assert told == [
        "the cache is not used: a source file of the package is newer than this process"
    ]
    assert os.path.getmtime(verdict_cache.__file__) < time.time()


@pytest.mark.long
@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("import helpers", "helpers"),
        ("from . import helpers", "a module beside it"),
        ("from numpy.random import default_rng", "numpy.random"),
        ("import numpy as np\nx = np.random.rand()", "random"),
        ("import os", "os"),
        ("import importlib", "importlib"),
        ("x = open('numbers.txt').read()", "open"),
        ("import numpy as np\nx = np.load('numbers.npy')", "load"),
        ("from theorycheck import Region\nr = Region.from_file('r.json')", "Region"),
        ("from theorycheck.verification import Path", "theorycheck.verification"),
        ("from theorycheck import verification", "verification"),
        ("from theorycheck import *", "*"),
        ("import theorycheck as tc\nx = tc.verification.Path('c')", "verification"),
        ("import theorycheck.verification", "theorycheck.verification"),
        ("import numpy as np\nx = np.datetime64('now')", "datetime64"),
        ("import numpy as np\nx = np.fromregex('c.txt', 'a', float)", "fromregex"),
        ("import numpy as np\nx = getattr(np, 'load' + 'txt')('c.txt')", "getattr"),
        ("import numpy as np\nf = lambda m=np: m.loadtxt('c.txt')", "np"),
        ("import dataclasses\nx = dataclasses.sys", "sys"),
        ("import typing\nx = typing.sys.modules", "sys"),
        ("import mpmath\nx = mpmath.rand()", "mpmath"),
        ("x = hash('a')", "hash"),
        ("from theorycheck import at_most\nx = at_most.__globals__", "__globals__"),
        ("from operator import attrgetter", "operator"),
        ("x = __builtins__", "__builtins__"),
        ("import numpy as np\ndef _half(x):\n    return np.sqrt(x).sum() / 2\ny = _half(2)", ""),
        ("x = eval('1')", "eval"),
        ("import numpy as np\nfrom fractions import Fraction\nimport theorycheck as tc", ""),
    ],
)
def test_a_file_that_may_read_another_is_not_cached(tmp_path, lemmas, line, what):
    """A helper's text is not in the key, so a claim that calls it is computed."""
    assert reads_more(line.encode()) == what
    (tmp_path / "helpers.py").write_text("")
    lemmas.write_text(f"if False:\n    {line.splitlines()[0]}\n{LEMMAS}")
    if what and line.count("\n") == 0:
        for _ in range(2):
            assert not checked(tmp_path, lemmas)["cached"]
        assert not (tmp_path / "cache").exists()


@pytest.mark.long
def test_an_entry_that_was_changed_is_not_served(tmp_path, lemmas):
    """Neither a damaged one, nor one whose outcomes were edited, nor one of another key."""
    checked(tmp_path, lemmas)
    (entry,) = (tmp_path / "cache").iterdir()
    whole = entry.read_text()
    data = json.loads(whole)
    data["outcomes"][0]["in_domain"] += 1
    other = json.loads(whole)
    other["key"]["seed"] = 7
    for text in ("", whole[:100], "[]", "{}", "null", json.dumps(data), json.dumps(other)):
        entry.write_text(text)
        assert not checked(tmp_path, lemmas)["cached"]
        assert checked(tmp_path, lemmas)["cached"]


def test_a_claim_of_a_cell_and_a_cluster_use_no_cache(tmp_path, lemmas):
    """Nobody can tell what they are made of."""

    @tc.inequality("own-cell", r"L \le W")
    def own_cell(at):
        return tc.at_most(at.loss, at.weighted_distance)

    for _ in range(2):
        report = tc.verify([own_cell], QUICK, cache=tmp_path / "cache")
        assert not report.claims[0]["cached"]
    assert not (tmp_path / "cache").exists()

    class Elsewhere(LimitedPool.__base__):
        def submit(self, function, *arguments):
            done = Future()
            done.set_result(function(*arguments))
            return done

    told = []
    for _ in range(2):
        found = checked(tmp_path, lemmas, executor=Elsewhere(), notify=told.append)
        assert not found["cached"]
    assert told == ["the cache is not used: the workers may have other sources"] * 2


def test_only_outcomes_that_any_machine_would_have_are_sure():
    """No failure, no time that was up, no error of the claim, no undecided attack."""
    report = []
    lasting = tc.verify("loss-sign", QUICK, notify=report.append)
    assert lasting.claims[0]["verdict"] == "supported"
    task = Task("batch", "loss-sign", 0, "own", 0, None, QUICK)
    batch = verdict_cache.read_outcome(task, _batch(task))
    assert isinstance(batch, BatchOutcome)
    assert is_sure(batch)
    assert not is_sure(replace(batch, reasons={TIME_UP: 1}))
    assert not is_sure(replace(batch, errors=1))
    assert not is_sure(FailedOutcome(task, "it took more than 1 s"))
    attack = AttackOutcome(
        replace(task, kind="attack"),
        evaluations=1,
        worst=(),
        violations=(),
        witnesses=(),
        margin=None,
        suspects=0,
        reasons={},
        first_half=None,
        moves=(),
        sharpening=batch.sharpening,
    )
    assert is_sure(attack)
    assert not is_sure(replace(attack, reasons={"the work is too much": 1}))


def _batch(task):
    from theorycheck.campaign.running import run_task

    return json.loads(json.dumps(run_task(task).to_dict()))


@pytest.mark.long
def test_the_command_line_and_the_project_use_it(tmp_path, monkeypatch):
    """The line, the summary, the page and the data say what comes from the cache."""
    monkeypatch.chdir(tmp_path)
    Path("lemmas.py").write_text(LEMMAS)
    Path("pyproject.toml").write_text('[tool.theorycheck]\nprofile = "quick"\ncache = "kept"\n')
    words = ("verify", "--claims", "lemmas.py", "--output", "out", "--workers", "1")
    assert "from cache" not in run(*words).stdout
    assert len(list(Path("kept").iterdir())) == 1
    told = run(*words, "--summary", "summary.md")
    assert "from cache" in told.stdout
    assert "from cache" in Path("summary.md").read_text().replace("&#40;", "").replace("&#41;", "")
    assert "(from cache)" in Path("out/report.html").read_text()
    assert json.loads(Path("out/report.json").read_text())["claims"][0]["cached"] is True
    assert "from cache" not in run(*words, "--cache", "another").stdout
    Path("file").write_text("")
    failed = run(*words, "--cache", "file")
    assert failed.exit_code == 2
    assert "no folder" in failed.stderr
