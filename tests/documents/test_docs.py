"""README and docs do what they say: the blocks of PAGES are run, in order, page by page.

`python` blocks are executed, or compared as doctests; one beginning with `# name.py` is that file.
`console` blocks are commands after `$` and the output they must give (`...` stands for anything).
`sh` blocks are commands that must run. `toml` and `json` blocks must parse; others are not run.
"""

from __future__ import annotations

import doctest
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import theorycheck as tc
from theorycheck.cli import main
from theorycheck.reference import reference

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", *(f"docs/{name}.md" for name in ("tutorial", "how-to", "explanation"))]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.S | re.M)
INSTALLS = re.compile(r"pip install|COMPLETE")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the commands are those of a shell")


def blocks(page: str) -> list[tuple[str, str]]:
    return BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new directory where `python` and `theorycheck` are those under test."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, command in (("python", ""), ("theorycheck", "-m theorycheck ")):
        path = programs / name
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" {command}"$@"\n')
        path.chmod(0o755)
    here = tmp_path / "here"
    here.mkdir()
    # What the entry point does where the package is installed.
    (here / "conftest.py").write_text(
        "from theorycheck.hypothesis_plugin import register\n\nregister()\n"
    )
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(here)
    return here


def run(command: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode in (0, 1, 3), f"{command}\n{done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.mark.parametrize("page", PAGES)
def test_blocks_of_a_page(page: str, shell: Path) -> None:
    """Each block runs after those before it and gives the output that is shown."""
    names: dict[str, Any] = {"__name__": "docs"}
    found = blocks(page)
    assert found
    for kind, text in found:
        if kind == "python":
            _run_python(page, text, names)
        elif kind == "console":
            for command, expected in commands(text):
                shown = run(command).stdout
                assert doctest.OutputChecker().check_output(expected, shown, FLAGS), (
                    f"{page}: {command}\nexpected:\n{expected}\ngot:\n{shown}"
                )
        elif kind == "sh" and not INSTALLS.search(text):
            run(text)
        elif kind == "toml":
            tomllib.loads(text)
        elif kind == "json":
            json.loads(text)


def _run_python(page: str, text: str, names: dict[str, Any]) -> None:
    if match := re.match(r"# ([\w.]+\.py)\n", text):
        Path(match[1]).write_text(text, encoding="utf-8")
        if match[1].startswith("test_"):
            return
    if text.startswith(">>>"):
        test = doctest.DocTestParser().get_doctest(text, names, page, page, 0)
        runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
        told: list[str] = []
        runner.run(test, out=told.append, clear_globs=False)
        names.update(test.globs)
        assert not told, "".join(told)
    else:
        exec(compile(text, page, "exec"), names)


def commands(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with its output."""
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _, expected = part.partition("\n")
        yield command, expected


def test_the_reference_has_every_name_and_every_verb() -> None:
    """docs/reference.md is made from docstrings; nothing public is missing from it."""
    text = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^### `(.*)`$", text, flags=re.M))
    public = {f"tc.{name}" for name in tc.__all__ if name != "__version__"}
    verbs = {f"theorycheck {name}" for name in main.commands}
    assert public | verbs <= headings, "python -m theorycheck.reference > docs/reference.md"
    assert set(re.findall(r"^### `(.*)`$", reference(), flags=re.M)) >= public | verbs


def test_the_reference_says_what_the_docstrings_say() -> None:
    """Signatures and options, which versions of Python and click print differently, left aside."""
    page = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
    kept, made = (re.sub(r"```text.*?```", "", text, flags=re.S) for text in (page, reference()))
    assert kept == made, "python -m theorycheck.reference > docs/reference.md"


@pytest.mark.parametrize("name", [name for name in tc.__all__ if name != "__version__"])
def test_every_public_name_says_what_it_is(name: str) -> None:
    """A docstring of its own, not one inherited from a built-in class."""
    value = getattr(tc, name)
    assert (value.__doc__ or "").strip()


def test_the_sample_of_a_report_in_the_readme_is_one_of_these_claims() -> None:
    """Names, controls and the number of claims are those of the registry."""
    (sample,) = (text for kind, text in blocks("README.md") if kind == "text")
    row = r"^(\S+) +(\w+) +\w+ +\d+ cases, .* controls refuted (\d+)/(\d+)$"
    rows = re.findall(row, sample, flags=re.M)
    assert len(rows) >= 3
    for id, verdict, refuted, of in rows:
        claim = tc.claims.get(id)
        assert verdict == ("proved" if claim.kind == "existence" else "supported")
        assert int(refuted) == int(of) == len(claim.controls)
    counts = re.search(r"^(\d+) supported, (\d+) proved, 0 refuted, 0 undecided$", sample, re.M)
    assert counts
    assert sum(map(int, counts.groups())) == len(tc.claims.all())


def test_the_theory_speaks_of_claims_that_exist() -> None:
    """Every id of the tables and of the corrections in docs/theory.md is in the registry."""
    text = (ROOT / "docs/theory.md").read_text(encoding="utf-8")
    named = re.findall(r"^(?:\| |- \*\*)([a-z]+(?:-[a-z]+)+)(?: \||\*\*)", text, re.M)
    known = {claim.id for claim in tc.claims.all()}
    assert len(set(named)) > 40
    assert set(named) <= known


def test_links_between_pages_lead_somewhere() -> None:
    """Every relative link names a file that exists, and a heading in it."""
    for path in [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *sorted((ROOT / "docs").glob("*.md")),
    ]:
        links = re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", path.read_text(encoding="utf-8"))
        for target, heading in links:
            if "://" in target:
                continue
            page = path.parent / target if target else path
            assert page.exists(), f"{path.name}: {target}"
            assert not heading or heading in _headings(page), f"{path.name}: {target}#{heading}"


def _headings(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
