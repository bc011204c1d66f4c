"""`theorycheck list`, `show` and `cite`: what the claims say and where they come from."""

from __future__ import annotations

from typing import Any

import click

from theorycheck import claims as registry
from theorycheck.claims.loading import pack_groups
from theorycheck.claims.sources import REFERENCES, SOFTWARE, bibliography, references
from theorycheck.cli.shared.claim_options import (
    CLAIM,
    CLAIMS,
    GROUPS,
    chosen,
    complete_claim,
    prints_to_stderr,
)
from theorycheck.cli.shared.common import JSON, echo_json, echo_prose, echo_row
from theorycheck.report.commands import check_command
from theorycheck.report.plain_formulas import plain_statement, plain_words
from theorycheck.statements.claim import Claim


@click.command("list")
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...", shell_complete=complete_claim)
@GROUPS
@CLAIMS
@JSON
def list_claims(
    patterns: tuple[str, ...], groups: tuple[str, ...], claims_file: str | None, as_json: bool
) -> None:
    """List the claims: group, id, origin, and the reason in a line.

    With --json also their statements and controls; `theorycheck show CLAIM` has them in words.

    Example: theorycheck list "loss-*"
    """
    with prints_to_stderr():
        found = chosen(patterns, groups, claims_file)
    if as_json:
        echo_json([_described(claim) for claim in found])
        return
    width = max(len(claim.id) for claim in found)
    titles, group = registry.GROUPS if claims_file is None else pack_groups(claims_file), None
    for claim in found:
        if claim.group != group and claim.group in titles:
            click.echo(f"{claim.group}. {titles[claim.group]}")
        group = claim.group
        first = claim.description.partition("\n")[0] or claim.statement
        echo_row([claim.group or "-", claim.id, claim.origin, first], [1, width, 10])


@click.command()
@CLAIM
@CLAIMS
@JSON
def show(claim: str, claims_file: str | None, as_json: bool) -> None:
    """Show one claim: statement, hypotheses, origin, controls.

    With --json the formulae are in LaTeX.

    Example: theorycheck show likelihood-decrease
    """
    with prints_to_stderr():
        entry = _described(registry.find(claim, claims_file))
    if as_json:
        echo_json(entry)
        return
    click.echo(f"{entry['id']} ({entry['kind']}, {entry['origin']})")
    echo_prose(plain_statement(entry["statement"]), "  ")
    echo_prose(f"hypotheses: {entry['hypotheses']}", "  ")
    if entry["source"]:
        echo_prose(f"source: {entry['source']}", "  ")
    if entry["compared"]:
        elsewhere, here, limit = entry["compared"]
        words = f"in the literature: {elsewhere}; here: {here}; best possible: {limit}"
        echo_prose(plain_words(words), "  ")
    if entry["inputs"]:
        echo_prose(f"a case gives also: {', '.join(entry['inputs'])}", "  ")
    if entry["certificate"]:
        echo_prose(f"certified is: {entry['certificate']}", "  ")
    echo_prose(entry["description"], "  ")
    for control in entry["controls"]:
        echo_prose(f"control: {plain_words(control['statement'])}", "  ")
    click.echo(f"check it at a case: {check_command(entry['id'], claims_file, 'FILE')}")


def _described(claim: Claim) -> dict[str, Any]:
    """A claim as plain data, without its function."""
    return {
        "id": claim.id,
        "group": claim.group,
        "kind": claim.kind,
        "statement": claim.statement,
        "description": claim.description,
        "origin": claim.origin,
        "source": claim.source,
        "hypotheses": claim.domain.in_words(claim.inputs),
        "inputs": list(claim.inputs),
        "certificate": claim.certificate,
        "compared": list(claim.compared or ()),
        "controls": [{"id": c.id, "statement": c.statement} for c in claim.controls],
    }


@click.command()
@click.argument("claim", required=False, shell_complete=complete_claim)
@CLAIMS
@JSON
def cite(claim: str | None, claims_file: str | None, as_json: bool) -> None:
    """Print the sources of a claim, or of the whole theory, as BibTeX.

    Example: theorycheck cite likelihood-decrease
    """
    if claim is None:
        found = [*REFERENCES, SOFTWARE]
    else:
        found = references(registry.find(claim, claims_file))
    if as_json:
        echo_json([{"key": e.key, "kind": e.kind, **e.fields} for e in found])
    else:
        click.echo(bibliography(found))
