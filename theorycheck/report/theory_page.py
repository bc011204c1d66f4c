"""The page of a theory in Markdown: its claims by group as tables, and their sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from theorycheck.claims.sources import bibliography, references
from theorycheck.statements.claim import Claim


def theory_page(title: str, claims: list[Claim], titles: Mapping[str, str]) -> str:
    """A page with a table for each group of claims, what is compared, and the sources.

    titles: of the groups, in order; a claim of another group comes last.
    """
    groups = [*titles, *sorted({claim.group for claim in claims} - set(titles))]
    parts = [f"# {title}"]
    for group in groups:
        members = [claim for claim in claims if claim.group == group]
        if members:
            parts += [f"## {titles.get(group, group or 'Claims')}", table(members)]
    if any(claim.compared for claim in claims):
        parts += ["## Constants", constants(claims)]
    sources = {entry.key: entry for claim in claims for entry in references(claim)}
    parts += ["## Sources", f"```bibtex\n{bibliography(list(sources.values()))}\n```"]
    return "\n\n".join(parts) + "\n"


def constants(claims: Iterable[Claim]) -> str:
    """The claims whose constant is compared with the literature, as a Markdown table."""
    rows = [
        f"| {claim.id} | {' | '.join(_without_bars(words) for words in claim.compared)} |"
        for claim in claims
        if claim.compared
    ]
    return "\n".join(
        ["| id | literature | here | best possible |", "| --- |" + " --- |" * 3, *rows]
    )


def table(claims: Iterable[Claim]) -> str:
    """Claims as a Markdown table: id, statement, origin and controls."""
    rows = [
        f"| {claim.id} | {_words(claim.statement)} | {_origin(claim)} | {_controls(claim)} |"
        for claim in claims
    ]
    head = "| id | statement | origin | control |"
    return "\n".join([head, "| --- | --- | --- | --- |", *rows])


def _origin(claim: Claim) -> str:
    source = claim.source.replace("U(0)", "$U(0)$").replace("theta^2 <= 5/8", r"$\theta^2 \le 5/8$")
    return f"{claim.origin}: {source}" if source else claim.origin


def _controls(claim: Claim) -> str:
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
