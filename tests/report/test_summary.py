"""The summary in Markdown."""

from __future__ import annotations

from helpers.reports import example
from theorycheck.report import summary_markdown


def test_summary_is_a_table_that_no_text_breaks() -> None:
    """The job summary lists each claim in a row, the refuted first; names are only text."""
    report = example()
    report["claims"][0]["id"] = "a|b](javascript:x)<b>_*`"
    text = summary_markdown(report)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == len(report["claims"]) + 2
    assert all(row.count("|") == 9 for row in rows)
    assert "| likelihood&#45;decrease | refuted |" in text.replace("-", "&#45;")
    assert "<b>" not in text
    assert "](" not in text
    assert "> **Refuted:** likelihood-decrease" in text
    assert "- majorisation: rank 3 is beyond ball arithmetic" in text
    assert text.splitlines()[0].endswith(
        "1 refuted, 1 undecided, 1 measured, 7 supported, 1 proved"
    )
