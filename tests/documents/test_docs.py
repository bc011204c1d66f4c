"""README and docs do what they say: the blocks of PAGES are run, in order, page by page.

`python` blocks are executed, or compared as doctests; one beginning with `# name.py` is that file.
`console` blocks are commands after `$` and the output they must give (`...` stands for anything).
`sh` blocks are commands that must run. `toml` and `json` blocks must parse; others are not run.
"""

from __future__ import annotations

import doctest
import importlib
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
from helpers.command_line import answer
from theorycheck.cli import main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [
    "README.md",
    *(
        f"docs/{name}.md"
        for name in (
            "tutorial",
            "how-to",
            "bad-regions",
            "other-projects",
            "explanation",
            "speed",
            "architecture",
        )
    ),
]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.S | re.M)
INSTALLS = re.compile(r"pip install|COMPLETE")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the commands are those of a shell")


def blocks(page: str) -> list[tuple[str, str]]:
    return BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The modules that make pages of the site can be imported."""
    monkeypatch.syspath_prepend(DOCS / "hooks")


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


ONE_A_LINE = re.compile(r"((echo|theorycheck) .*[^\\\n]\n)*")
"""A block whose lines do not depend on each other but for files."""
OF_THE_SHELL = re.compile(r"[|&;<>$`\\*\n]|--claims|theorycheck (verify|power)")
"""In a command, by which it needs a shell, or a process of its own as it loads code of the page."""


def run(command: str) -> subprocess.CompletedProcess[str]:
    """A command, in this process where it is one of ours alone: that spares a start of Python."""
    if command.startswith("theorycheck ") and not OF_THE_SHELL.search(command):
        result = answer(command)
        assert isinstance(result.exception, (SystemExit, type(None))), result.exception
        done = subprocess.CompletedProcess(command, result.exit_code, result.stdout, result.stderr)
    else:
        done = subprocess.run(
            ["sh", "-c", command], capture_output=True, text=True, check=False, timeout=120
        )
    assert done.returncode in (0, 1, 3), f"{command}\n{done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.mark.long
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
            for command in text.splitlines() if ONE_A_LINE.fullmatch(text) else [text]:
                run(command)
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


def test_every_public_name_is_on_a_page_of_the_reference() -> None:
    """Once, and nothing is there that is not public."""
    pages = [path.read_text(encoding="utf-8") for path in (DOCS / "api").glob("*.md")]
    named = re.findall(r"^::: theorycheck\.(\w+)$", "".join(pages), flags=re.M)
    modules = {"testing", "strategies"}
    assert sorted(named) == sorted({*tc.__all__, *modules} - {"__version__"})


def test_the_members_that_the_reference_names_exist() -> None:
    """A page names what it shows of a module; what is gone would be left out in silence."""
    for path in (DOCS / "api").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        for module, names in re.findall(r"^::: ([\w.]+)\n.*\n +members: \[(.*)\]$", text, re.M):
            found = importlib.import_module(module)
            assert all(hasattr(found, name) for name in names.split(", ")), path.name


def test_the_page_of_the_command_line_has_every_verb(hooks: None) -> None:
    """It is made from their help when the site is built."""
    import command_line_page

    headings = re.findall(r"^## theorycheck (.*)$", command_line_page.page(), flags=re.M)
    assert set(headings) == set(main.commands)


def test_every_claim_has_a_page(hooks: None) -> None:
    """With its statement as MathML, its controls, and the verdict of the reference run."""
    import claim_pages

    pages = claim_pages.pages()
    reference = json.loads((ROOT / "reports" / "reference" / "report.json").read_text())
    for claim in tc.claims.all():
        page = pages[f"claims/{claim.id}.md"]
        assert "<math" in page
        assert all(f"`{control.id}`" in page for control in claim.controls)
        assert f"profile {reference['profile']}" in page
        assert f"[{claim.id}]({claim.id}.md)" in pages["claims/index.md"]


def test_every_statement_of_the_paper_is_in_its_table() -> None:
    """And every id in the table is that of a claim."""
    text = (ROOT / "docs" / "theory.md").read_text(encoding="utf-8")
    table = text.partition("### The paper's statements")[2].partition("\n### ")[0]
    rows = [row.split("|") for row in table.splitlines() if row.startswith("| ")][2:]
    told = {id for row in rows for id in re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)+", row[2])}
    assert told >= {claim.id for claim in tc.claims.all() if claim.origin == "paper"}
    beside = {id for row in rows for id in re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)+", row[3])}
    assert told | beside <= {claim.id for claim in tc.claims.all()}


def test_the_tables_of_the_theory_are_those_of_the_registry(hooks: None) -> None:
    """Run `python docs/hooks/theory_tables.py` after a change of a statement or a control."""
    import theory_tables

    text = theory_tables.THEORY.read_text(encoding="utf-8")
    assert theory_tables.updated(text) == text
    assert all(f"\n| {claim.id} | " in text for claim in tc.claims.all())


@pytest.mark.slow  # .ci/run builds the site as strictly
def test_the_site_builds_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    """Strictly: every link and anchor leads somewhere, every formula can be typeset."""
    pytest.importorskip("mkdocs")
    pytest.importorskip("material")
    pytest.importorskip("mkdocstrings")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > len(tc.claims.all())
    for page in pages:
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|link|iframe)\b[^>]*(?:src|href)=\"([^\"]*)", text)
        assert not [target for target in loaded if "//" in target], page.name


def test_every_changelog_fragment_has_a_type() -> None:
    """`changelog.d/NUMBER.TYPE.md`, with an optional counter; others would be lost."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    types = [entry["directory"] for entry in settings["tool"]["towncrier"]["type"]]
    name = re.compile(rf"\d+\.({'|'.join(types)})(\.\d+)?\.md|\.gitignore")
    for path in (ROOT / "changelog.d").iterdir():
        assert name.fullmatch(path.name), path.name
        assert path.name == ".gitignore" or path.read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("name", [name for name in tc.__all__ if name != "__version__"])
def test_every_public_name_says_what_it_is(name: str) -> None:
    """A docstring of its own, not one inherited from a built-in class."""
    value = getattr(tc, name)
    assert (value.__doc__ or "").strip()


def test_the_sample_of_a_report_in_the_readme_is_one_of_these_claims() -> None:
    """Names, controls and the number of claims are those of the registry."""
    (sample,) = (text for kind, text in blocks("README.md") if kind == "text")
    row = r"^(\S+) +(\w+) +\d+ cases: .* controls refuted (\d+)/(\d+)$"
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
    """Every id of the tables and of the corrections is in the registry."""
    pages = ("theory.md", "theory-history.md")
    text = "\n".join((DOCS / page).read_text(encoding="utf-8") for page in pages)
    named = re.findall(r"^(?:\| |- \*\*)([a-z]+(?:-[a-z]+)+)(?: \||\*\*)", text, re.M)
    known = {claim.id for claim in tc.claims.all()}
    assert len(set(named)) > 40
    assert set(named) <= known


def test_links_between_pages_lead_somewhere() -> None:
    """Every relative link names a file that exists, and a heading in it."""
    for path in [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *sorted(DOCS.rglob("*.md")),
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
