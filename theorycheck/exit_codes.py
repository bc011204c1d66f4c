"""Exit codes of `theorycheck`; `theorycheck --help` explains them."""

from __future__ import annotations

from collections.abc import Iterable

OK, REFUTED, BAD_INPUT, UNDECIDED, INTERRUPTED = 0, 1, 2, 3, 130


def worst(codes: Iterable[int]) -> int:
    """The exit code of several runs: stopped, else refuted, else undecided, else 0."""
    found = set(codes)
    return next((code for code in (INTERRUPTED, REFUTED, UNDECIDED) if code in found), OK)


def of_verdict(name: str) -> int:
    """The exit code for the verdict on one case: holds, refuted or undecided."""
    return {"holds": OK, "refuted": REFUTED}.get(name, UNDECIDED)
