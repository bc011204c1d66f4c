"""What all tests share: assertions of helpers that say what they compare, and one thread each."""

from __future__ import annotations

import os
from functools import cache

import pytest

# Before NumPy is loaded: the tests run in a process for each core.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

pytest.register_assert_rewrite("helpers")

collect_ignore = ["typing"]  # read by type checkers only


@pytest.fixture(scope="session", autouse=True)
def answers_about_traps() -> None:
    """The command line's answers about a start are computed once: seconds, and asked often."""
    from theorycheck.report.figures import run
    from theorycheck.traps import answers

    kept = cache(answers.escape_bounds)
    answers.escape_bounds = run.escape_bounds = kept  # type: ignore[assignment]
