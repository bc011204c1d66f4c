"""Exit codes of `theorycheck`; `theorycheck --help` explains them."""

from __future__ import annotations

OK, REFUTED, BAD_INPUT, UNDECIDED, INTERRUPTED = 0, 1, 2, 3, 130


def of_verdict(name: str) -> int:
    """The exit code for the verdict on one case: holds, refuted or undecided."""
    return {"holds": OK, "refuted": REFUTED}.get(name, UNDECIDED)
