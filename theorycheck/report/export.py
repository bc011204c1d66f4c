"""A report for a paper: tables of verdicts in LaTeX and CSV, and counterexamples in LaTeX.

The formulae are those of the claims; every other text is escaped.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from theorycheck.inputs.case import Case
from theorycheck.report.summary import fate_of_controls
from theorycheck.report.values import case_of

COLUMNS = (
    *("claim", "origin", "verdict", "evidence", "cases", "certified", "tight", "undecided"),
    *("margin", "tightness", "constant", "controls"),
)
_SPECIAL = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def csv_table(claims: Iterable[dict[str, Any]]) -> str:
    """The verdicts as CSV, a row per claim; an empty cell where there is no number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for claim in claims:
        cases = claim["cases"]
        writer.writerow(
            [
                *(claim[name] for name in ("id", "origin", "verdict", "evidence")),
                *(cases[name] for name in ("in_domain", "certified", "tight", "undecided")),
                claim["margin"],
                (claim["tightness"] or {}).get("ratio"),
                (claim["constant"] or {}).get("value"),
                fate_of_controls(claim),
            ]
        )
    return text.getvalue()


def latex_table(claims: Iterable[dict[str, Any]]) -> str:
    """The verdicts as a LaTeX table (packages booktabs, amsmath and amssymb)."""
    rows = [
        " & ".join(
            (
                rf"\texttt{{{escaped(claim['id'])}}}",
                _statement(claim["statement"]),
                escaped(claim["verdict"]),
                f"{claim['cases']['in_domain']:,}".replace(",", r"\,"),
            )
        )
        + r" \\"
        for claim in claims
    ]
    head = r"Claim & Statement & Verdict & Cases \\"
    lines = [r"\begin{tabular}{llll}", r"\toprule", head, r"\midrule", *rows]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def latex_counterexamples(claims: Iterable[dict[str, Any]]) -> str:
    """The counterexample of every refuted claim, a sentence in LaTeX each."""
    lines = []
    for claim in claims:
        if found := claim["counterexample"]:
            sides = _sides(claim.get("why"))
            lines.append(
                rf"The claim \texttt{{{escaped(claim['id'])}}}, {_statement(claim['statement'])}, "
                f"fails at {latex_case(case_of(found['case']))}{sides}."
            )
    return "\n\n".join(lines) + ("\n" if lines else "")


def latex_case(case: Case) -> str:
    """A case in LaTeX, exactly."""
    mixture = case.mixture
    parts = [
        rf"\mu = ({', '.join(_vector(mean) for mean in mixture.means)})",
        rf"\pi = ({', '.join(map(_number, mixture.weights))})",
    ]
    if case.truth is not None:
        parts.append(rf"\mu^* = ({', '.join(_vector(mean) for mean in case.truth.means)})")
        parts.append(rf"\pi^* = ({', '.join(map(_number, case.truth.weights))})")
    named = {"step_size": r"\eta", "s": "s", "steps": "T"}
    parts += [
        f"{symbol} = {_number(Fraction(value))}"
        for name, symbol in named.items()
        if (value := getattr(case, name)) is not None
    ]
    for name, symbol in (("x", "x"), ("direction", "u")):
        if (value := getattr(case, name)) is not None:
            parts.append(f"{symbol} = {_vector(value)}")
    return ", ".join(f"${part}$" for part in parts)


def _sides(why: dict[str, Any] | None) -> str:
    if why is None or why["lower"] is None:
        return ""
    place = f" ({escaped(why['entry'])})" if why["entry"] else ""
    signs = {"<=": ">", ">=": "<", "=": r"\ne"}
    return f", where ${why['lower']} {signs[why['relation']]} {why['upper']}${place}"


def _statement(text: str) -> str:
    """A statement in LaTeX: a formula, or words that hold formulae between dollars."""
    return text if "$" in text else f"${text}$"


def _vector(entries: Sequence[Any]) -> str:
    shown = ", ".join(_number(Fraction(entry)) for entry in entries)
    return shown if len(entries) == 1 else f"({shown})"


def _number(value: Fraction) -> str:
    sign = "-" if value < 0 else ""
    if value.denominator == 1:
        return str(value.numerator)
    return rf"{sign}\tfrac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def escaped(text: str) -> str:
    """Text for LaTeX, with every special character escaped."""
    return "".join(_SPECIAL.get(character, character) for character in text)
