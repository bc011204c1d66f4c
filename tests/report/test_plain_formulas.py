"""Formulae as plain text."""

from __future__ import annotations

import pytest

import theorycheck as tc
from theorycheck.report.plain_formulas import plain_statement, plain_words


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        (r"L \le \tfrac12 W", "L ≤ 1/2 W"),
        (r"\|\nabla_i L\|^2", "‖∇ᵢ L‖²"),
        (r"e^{-R^2/2}", "e^(−R²/2)"),
        (r"\frac{a+b}{\sqrt{x y}}", "(a + b)/(√(x y))"),
        (r"\bar x", "x\u0304"),
        (r"\mu'_i", "μᵢ′"),
        (r"\notamacro x", r"\notamacro x"),
    ],
)
def test_formulae_are_one_line(latex: str, plain: str) -> None:
    """Fractions with a stroke, scripts raised where there are letters for them."""
    assert plain_statement(latex) == plain


def test_words_are_left_alone() -> None:
    """But for what stands between dollars."""
    assert plain_words(r"for $n \ge 3$ means, not \le") == r"for n ≥ 3 means, not \le"
    assert plain_words("nine steps") == "nine steps"


def test_no_statement_of_the_theory_keeps_its_latex() -> None:
    for claim in tc.claims.all():
        shown = plain_statement(claim.statement) + "".join(
            plain_words(control.statement) for control in claim.controls
        )
        assert not set("\\{}$") & set(shown.replace("{μ", "").replace("{t", "").replace("}", ""))
        assert "\n" not in shown
