"""Numbers, shares and cases as a reader sees them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from theorycheck.report.commands import check_here as command
from theorycheck.report.values import case_text, number, percent, rounded_down


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        *((0, "0"), (0.5, "0.5"), (-0.0123, "−0.0123"), (12345.6, "12,300"), (2, "2")),
        *(("1/3", "0.333"), ("-7/10", "−0.7"), (1e5, "1\u202f×\u202f10<sup>5</sup>")),
        (1.3e-4, "1.3\u202f×\u202f10<sup>−4</sup>"),
        ("1/" + "1" + "0" * 400, "1\u202f×\u202f10<sup>−400</sup>"),
        ("<b>", "&lt;b&gt;"),
        (0.9999, "1"),
    ],
)
def test_numbers_are_short_and_right(value: Any, shown: str) -> None:
    """Three digits, a real minus sign, powers of ten beyond easy sizes, no overflow."""
    assert number(value) == shown


@pytest.mark.parametrize(
    ("bound", "shown"),
    [(0.016657, "0.0166"), (0.9999, "0.999"), (2.8019, "2.8"), (-0.016651, "−0.0167")],
)
def test_certified_lower_bounds_are_never_shown_larger_than_they_are(bound, shown) -> None:
    assert rounded_down(bound) == shown


def test_shares_are_never_rounded_to_all_or_nothing() -> None:
    """3 of 12,000 is not 0 %, 11,999 of 12,000 is not 100 %."""
    shares = [percent(3, 12000), percent(11999, 12000), percent(0, 5), percent(5, 5)]
    assert [share.replace("\u202f", "") for share in shares] == ["<1%", "99%", "0%", "100%"]


def test_cases_are_shortened_for_reading_only() -> None:
    """A long case is cut in the text, while the command keeps every digit."""
    case = {"means": [[k, "1/3"] for k in range(50)], "weights": [1] * 50}
    assert "… (50 in all)" in case_text(case)
    line = command("a b; rm", case, "my lemmas.py").splitlines()
    assert line[0] == "theorycheck check 'a b; rm' --claims 'my lemmas.py' --case - <<'EOF'"
    assert json.loads(line[1]) == case
