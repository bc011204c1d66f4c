"""Assertions of shared helpers say what they compare, as those of the tests do."""

from __future__ import annotations

from functools import cache

import pytest

from theorycheck.report.figures import run
from theorycheck.traps import answers

pytest.register_assert_rewrite("helpers")

collect_ignore = ["typing"]  # read by type checkers only


@pytest.fixture(scope="session", autouse=True)
def answers_about_traps() -> None:
    """The command line's answers about a start are computed once: seconds, and asked often."""
    kept = cache(answers.escape_bounds)
    answers.escape_bounds = run.escape_bounds = kept  # type: ignore[assignment]
