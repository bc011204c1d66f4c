"""Formulae become MathML, or an error."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from theorycheck.errors import InvalidValue
from theorycheck.report import formula
from theorycheck.report.formulas import prose


@pytest.mark.parametrize(
    "latex",
    [
        *(r"L \foo W", r"\label{x}", r"\href{javascript:alert(1)}{x}", r"\class{a}{b}"),
        *(r"\style{color:red}{b}", r"\color{red}x", r"\frac{1}", "a } b", "{ a", "50 % c", "a_b_c"),
        *(r"\left( a", "$x$", "x & y", ""),
    ],
)
def test_what_can_not_be_typeset_is_an_error(latex: str) -> None:
    """Unknown macros, addresses, missing arguments and stray characters never pass in silence."""
    with pytest.raises(InvalidValue, match="formula"):
        formula(latex)


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"\text{<script>alert(1)</script>}", "<script>alert(1)</script>"),
        (r"a &lt; b", None),
        (r"\bigl\|x\bigr\|", "‖x‖"),
        (r"\langle x, y \rangle", "⟨x,y⟩"),
        (r"\mathcal{N}\mathbf{x}\boldsymbol{\mu}\mathbb{E}", "𝒩𝐱𝝁𝔼"),
        (r"\mathrm{KL}(a\|b)", "KL(a‖b)"),
        (r"\tfrac12 \log \max_i x", "12logmaxix"),
    ],
)
def test_formulae_show_what_was_meant(latex: str, shown: str | None) -> None:
    """The characters of a formula, read back from well-formed MathML, are those intended."""
    if shown is None:
        with pytest.raises(InvalidValue):
            formula(latex)
    else:
        tree = ElementTree.fromstring(formula(latex))
        assert "".join(tree.itertext()).replace("\u00a0", " ") == shown


def test_function_names_are_spaced() -> None:
    """A thin space parts log from its argument, none parts exp from its bracket."""
    assert '<mo lspace="0.167em" rspace="0.167em">log</mo>' in formula(r"c \log n")
    assert '<mo lspace="0" rspace="0">exp</mo>' in formula(r"\exp(x)")


def test_prose_knows_inequalities() -> None:
    """In text, not in code."""
    assert str(prose("a <= b >= c, `a <= b`")) == "a ≤ b ≥ c, <code>a &lt;= b</code>"


def test_prose_typesets_formulae_and_code_only() -> None:
    """Dollars and backquotes mark formulae and code; one dollar alone is a dollar."""
    shown = "a &lt; {} <code>b&lt;c</code>"
    assert prose("a < $x$ `b<c`") == shown.format(formula("x"))
    assert prose("costs 5 $") == "costs 5 $"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pi_min e^{-U(0)}", "π<sub>min</sub> e<sup>−U(0)</sup>"),
        ("|grad_i L|^2 <= x_i^2", "|∇<sub>i</sub> L|<sup>2</sup> ≤ x<sub>i</sub><sup>2</sup>"),
        ("my_lemmas.py, step_size, beta", "my_lemmas.py, step_size, beta"),
        ("`mu_i^2` x", "<code>mu_i^2</code> x"),
        ("R^{<b>}", "R<sup>&lt;b&gt;</sup>"),
        ("pair-theta-loss and theta-1", "pair-theta-loss and θ-1"),
    ],
)
def test_plain_formulae_in_words_are_typeset(text: str, shown: str) -> None:
    """Greek letters, scripts; names of files and of arguments stay as they are."""
    assert prose(text) == shown
