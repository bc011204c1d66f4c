"""The tables of docs/theory.md, section 3, made from the registry of claims.

`python docs/hooks/theory_tables.py` writes them anew between their markers.
"""

from __future__ import annotations

import re
from pathlib import Path

import theorycheck as tc

THEORY = Path(__file__).parents[1] / "theory.md"
_TABLE = re.compile(r"(<!-- claims of group (\w) -->\n).*?(<!-- end -->)", re.S)


_CONSTANTS = re.compile(r"(<!-- constants -->\n).*?(<!-- end -->)", re.S)


def updated(text: str) -> str:
    """The page with every table as the registry has it now."""
    text = _CONSTANTS.sub(lambda match: f"{match[1]}\n{constants()}\n\n{match[2]}", text)
    return _TABLE.sub(lambda match: f"{match[1]}\n{table(match[2])}\n\n{match[3]}", text)


def constants() -> str:
    """The claims whose constant is compared with the literature, as a Markdown table."""
    rows = [
        f"| {claim.id} | {' | '.join(_without_bars(words) for words in claim.compared)} |"
        for claim in tc.claims.all()
        if claim.compared
    ]
    return "\n".join(
        ["| id | literature | here | best possible |", "| --- |" + " --- |" * 3, *rows]
    )


def table(group: str) -> str:
    """The claims of a group, in the order of the registry, as a Markdown table."""
    rows = [
        f"| {claim.id} | {_words(claim.statement)} | {_origin(claim)} | {_controls(claim)} |"
        for claim in tc.claims.all()
        if claim.group == group
    ]
    head = "| id | statement | origin | control |"
    return "\n".join([head, "| --- | --- | --- | --- |", *rows])


def _origin(claim: tc.Claim) -> str:
    source = claim.source.replace("U(0)", "$U(0)$").replace("theta^2 <= 5/8", r"$\theta^2 \le 5/8$")
    return f"{claim.origin}: {source}" if source else claim.origin


def _controls(claim: tc.Claim) -> str:
    return "; ".join(_without_bars(control.statement) for control in claim.controls)


def _words(statement: str) -> str:
    """A statement as inline formulae, one for each of its parts, so that lines can break."""
    parts = re.sub(r"([,:]) *\\quad *", r"$\1 $", statement)
    return _without_bars(statement if "$" in statement else f"${parts}$")


def _without_bars(text: str) -> str:
    """The same formulae without what Markdown reads first: bars of cells, escaped punctuation."""
    text = re.sub(r"\\\|(?=[A-Za-z])", r"\\Vert ", text).replace(r"\|", r"\Vert")
    text = re.sub(r"\|(?=[A-Za-z])", r"\\vert ", text).replace("|", r"\vert")
    text = text.replace(r"\{", r"\lbrace ").replace(r"\}", r" \rbrace")
    return re.sub(r" *\\, *", " ", text)


if __name__ == "__main__":
    THEORY.write_text(updated(THEORY.read_text(encoding="utf-8")), encoding="utf-8")
