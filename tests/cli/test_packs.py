"""A pack: a theory as a package of its own, from the template to its page."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import theorycheck as tc
from theorycheck.claims.loading import packs, source_of
from theorycheck.cli import main

PACK = Path("tiny-theory")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pack of the template as an installer leaves it: on the path, with its entry point."""
    monkeypatch.chdir(tmp_path)
    assert run("new-pack", "tiny-theory").exit_code == 0
    source = tmp_path / PACK / "src"
    told = source / "tiny_theory-0.1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-theory\nVersion: 0.1.0\n")
    (told / "entry_points.txt").write_text("[theorycheck.claims]\ntiny-theory = tiny_theory\n")
    monkeypatch.syspath_prepend(source)
    yield source / "tiny_theory"
    for name in [name for name in sys.modules if name.partition(".")[0] == "tiny_theory"]:
        del sys.modules[name]


def test_a_new_pack_is_verified_at_once(installed: Path) -> None:
    assert packs() == {"tiny-theory": "tiny_theory"}
    report = tc.verify(profile="quick", claims_file="tiny-theory")
    (entry,) = report.claims
    assert (entry["id"], entry["verdict"]) == ("tiny-theory-first", "supported")
    assert [control["verdict"] for control in entry["controls"]] == ["refuted"]
    assert report.data["groups"] == {"A": "First statements"}
    report.write("out")
    assert "First statements" in Path("out/report.html").read_text(encoding="utf-8")


def test_a_pack_has_a_page_with_its_sources(installed: Path) -> None:
    page = run("document", "--claims", "tiny-theory", "--title", "Mine").stdout
    assert page.startswith("# Mine\n\n## First statements\n\n| id |")
    assert "| tiny-theory-first | $L \\le \\tfrac12 W$ | classical: Me (2026), Lemma 1 |" in page
    assert "@misc{me2026," in page


def test_claims_of_every_module_of_a_pack_count_once(installed: Path) -> None:
    """One that is imported into another module is the same; the text of both is its source."""
    (installed / "more.py").write_text(
        "from theorycheck import at_most, inequality\n"
        "from tiny_theory import first\n"
        "@inequality('further', 'L \\\\le W')\n"
        "def further(at):\n"
        "    return at_most(at.loss, at.weighted_distance)\n"
    )
    ids = [
        claim["id"] for claim in json.loads(run("list", "--claims", "tiny-theory", "--json").stdout)
    ]
    assert ids == ["tiny-theory-first", "further"]
    assert b"further" in source_of("tiny-theory")


def test_a_file_of_that_name_comes_first_and_a_folder_does_not(installed: Path) -> None:
    assert PACK.is_dir()
    assert run("list", "--claims", "tiny-theory").exit_code == 0
    PACK.rename("elsewhere")
    PACK.write_text("x = 1\n")
    result = run("list", "--claims", "tiny-theory")
    assert result.exit_code == 2
    assert "defines no claim" in result.stderr


@pytest.mark.parametrize("body", ["", "1 / 0\n"])
def test_a_pack_without_claims_or_that_fails_is_told(installed: Path, body: str) -> None:
    (installed / "__init__.py").write_text(body)
    result = run("list", "--claims", "tiny-theory")
    assert result.exit_code == 2
    assert result.stderr.startswith("theorycheck: pack tiny-theory (module tiny_theory)")
    assert len(result.stderr.splitlines()) == 1


def test_a_pack_that_is_not_installed_names_those_that_are(installed: Path) -> None:
    result = run("list", "--claims", "tinny")
    assert result.exit_code == 2
    assert "installed packs: tiny-theory" in result.stderr


@pytest.mark.parametrize(
    "name", ["Mine", "my theory", "../up", "9lives", "a--b", "import", "json", "theorycheck"]
)
def test_names_that_no_package_can_have_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("new-pack", name)
    assert result.exit_code == 2
    assert not list(tmp_path.iterdir())


def test_a_new_pack_overwrites_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    PACK.mkdir()
    (PACK / "mine.txt").write_text("keep")
    assert run("new-pack", "tiny-theory").exit_code == 2
    assert [path.name for path in PACK.iterdir()] == ["mine.txt"]


def test_the_page_of_the_shipped_theory_has_every_claim_and_the_constants(tmp_path: Path) -> None:
    place = tmp_path / "docs" / "THEORY.md"
    assert run("document", "--output", str(place)).exit_code == 0
    page = place.read_text(encoding="utf-8")
    assert all(f"\n| {claim.id} | " in page for claim in tc.claims.all())
    assert "| rate-t2 | $1 / \\sqrt{\\gamma t}$" in page
