"""The notebooks of the documentation: executed, and still true."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

FOLDER = Path(__file__).parents[2] / "docs/notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def cells(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return found


def code(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in cells(path) if cell["cell_type"] == "code"]


def test_there_are_three() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["bad_region", "conjecture", "landscape"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_was_executed_from_its_start(path: Path) -> None:
    """In order, without an error, with a picture; it is small, and names no file of a machine."""
    assert [cell["execution_count"] for cell in code(path)] == [*range(1, len(code(path)) + 1)]
    outputs = [output for cell in code(path) for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    text = path.read_text(encoding="utf-8")
    assert len(text) < 120_000
    assert not [word for word in ("/home/", "/tmp/", "/work/", "/root/") if word in text]
    source = "".join("".join(cell["source"]) for cell in code(path))
    assert "assert " in source


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_still_runs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it asserts holds."""
    monkeypatch.setattr(mpl, "use", lambda *_, **__: None)
    monkeypatch.setenv("MPLBACKEND", "agg")
    names: dict[str, Any] = {"__name__": "notebook"}
    for cell in code(path):
        exec(compile("".join(cell["source"]), str(path), "exec"), names)
