"""What is taken to a paper: exact numbers, escaped words, a row per claim."""

from __future__ import annotations

import csv
import io

import theorycheck as tc
from helpers.reports import claim
from theorycheck.report.export import (
    csv_table,
    escaped,
    latex_case,
    latex_counterexamples,
    latex_table,
)
from theorycheck.report.values import completed


def rows():
    found = {"case": {"means": [[1], ["-1/3"]], "weights": ["1/4", "3/4"], "step_size": "3/2"}}
    why = {"lower": "2", "upper": "1", "relation": "<=", "entry": "t = 3"}
    claims = [
        claim("loss_upper", "C", r"L \\le W", verdict="refuted"),
        claim("words", "C", r"for some $x$"),
    ]
    claims[0] |= {"counterexample": found | {"margin": -1}, "why": why}
    return completed({"claims": claims})["claims"]


def test_the_latex_table_has_a_row_per_claim() -> None:
    """Names are escaped, formulae are not; words keep their own dollars."""
    text = latex_table(rows())
    assert r"\texttt{loss\_upper} & $L \\le W$ & refuted & " in text
    assert r"& for some $x$ &" in text
    assert text.count(r" \\") == 3 + 1  # the rows, the head, and the relation of the first


def test_csv_is_read_back() -> None:
    """With the names of its columns."""
    table = list(csv.DictReader(io.StringIO(csv_table(rows()))))
    assert [row["claim"] for row in table] == ["loss_upper", "words"]
    assert table[0]["verdict"] == "refuted"


def test_a_counterexample_is_exact() -> None:
    """Fractions, the step size, and the two sides."""
    text = latex_counterexamples(rows())
    assert r"$\mu = (1, -\tfrac{1}{3})$, $\pi = (\tfrac{1}{4}, \tfrac{3}{4})$" in text
    assert r"$\eta = \tfrac{3}{2}$, where $2 > 1$ (t = 3)." in text
    plane = tc.Case(tc.Mixture([[1, 2], [0, 0]]), truth=tc.Mixture([[1, 0]]), steps=4)
    assert r"\mu = ((1, 2), (0, 0))" in latex_case(plane)
    assert r"$\mu^* = ((1, 0))$" in latex_case(plane)


def test_nothing_escapes() -> None:
    """Of what LaTeX would act on."""
    assert escaped("a_b%\\x{}") == r"a\_b\%\textbackslash{}x\{\}"
