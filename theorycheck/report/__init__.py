"""The report of a run: one HTML page, the same results as JSON, and a summary in Markdown.

The page needs no network and no script: scripts only sort, filter, copy and fold.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from theorycheck._version import __version__
from theorycheck.errors import InvalidValue
from theorycheck.inputs.case import Case
from theorycheck.report.explorer import own_cases
from theorycheck.report.figures.data import Exhibit
from theorycheck.report.figures.run import Run
from theorycheck.report.formulas import formula
from theorycheck.report.page import render, render_alone, render_exhibit, render_landscape
from theorycheck.report.summary import summary_markdown
from theorycheck.report.values import Report

__all__ = [
    "Report",
    "formula",
    "render",
    "summary_markdown",
    "write",
    "write_exhibit",
    "write_explorer",
    "write_landscape",
    "write_run",
]


def write(report: Report, directory: Path) -> None:
    """Write report.json and report.html into a directory, each replaced in one step.

    The JSON comes first, so that a statement that cannot be typeset loses no result. Raises
    InvalidValue for such a statement, ValueError if a number of the report is not finite.
    """
    directory.mkdir(parents=True, exist_ok=True)
    _replace(directory / "report.json", _dumped(report) + "\n")
    _replace(directory / "report.html", render(report))


def _dumped(report: Report) -> str:
    """The text of report.json. Raises ValueError if a number of the report is not finite."""
    return json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False, default=Case.to_dict)


def write_exhibit(exhibit: Exhibit, path: Path) -> None:
    """Write one exhibit of the gallery as a page. Raises InvalidValue where that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, render_exhibit(exhibit, __version__))
    except OSError as error:
        raise InvalidValue(f"output directory {path.parent}: {error.strerror}") from None


def write_run(run: Run, again: str, path: Path) -> None:
    """Write the page of a run of gradient EM. again: the command that repeats it.

    Raises InvalidValue where that cannot be.
    """
    _write_page("trajectory.html.j2", path, **run.context(), again=again)


def write_explorer(case: Case | None, path: Path) -> None:
    """Write the explorer as a page of its own, with a case loaded or with the examples alone.

    Raises InvalidValue where that cannot be, or the explorer cannot show the case.
    """
    _write_page("explore.html.j2", path, explorer_cases=own_cases(case))


def _write_page(template: str, path: Path, **context: Any) -> None:
    page = render_alone(template, alone=True, version=__version__, **context)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, page)
    except OSError as error:
        raise InvalidValue(f"output directory {path.parent}: {error.strerror}") from None


def write_landscape(answer: dict[str, Any], again: str, directory: Path) -> None:
    """Write landscape.json and landscape.html. Raises InvalidValue where that cannot be.

    answer: of `landscape_answer`. again: the command that repeats it.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _replace(directory / "landscape.json", json.dumps(answer, indent=1, allow_nan=False) + "\n")
        _replace(directory / "landscape.html", render_landscape(answer, again, __version__))
    except OSError as error:
        raise InvalidValue(f"output directory {directory}: {error.strerror}") from None


def _replace(path: Path, text: str) -> None:
    """Write a file so that a reader meets the old text or the new one, never a part."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
