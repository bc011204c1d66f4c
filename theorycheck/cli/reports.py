"""`theorycheck diff`, `baseline` and `export`: compare reports, keep one, take one to a paper."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from theorycheck.cli.shared.common import JSON, echo_json, write_text
from theorycheck.errors import InvalidValue
from theorycheck.exit_codes import OK, REFUTED
from theorycheck.report.annotations import sarif
from theorycheck.report.baseline import compare, read_report
from theorycheck.report.commands import command
from theorycheck.report.export import csv_table, latex_counterexamples, latex_table
from theorycheck.report.values import completed


@click.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@JSON
def diff(old: str, new: str, as_json: bool) -> None:
    """Tell what moved between two reports (report.json, or a baseline).

    What matters is marked with an exclamation mark, and the exit code is then 1: a claim or a
    control that has gone, a worse verdict, a control that survives; between runs of one profile
    also a margin, a constant or a tightness that moved by more than 5 %. An improvement is marked
    with a plus, and matters to nobody.

    Example: theorycheck diff reports/baseline.json reports/latest/report.json
    """
    before, after = read_report(old), read_report(new)
    changes = compare(before, after)
    if as_json:
        echo_json([asdict(change) for change in changes])
    else:
        for change in changes:
            click.echo(f"{'!' if change.matters else '+' if change.better else ' '} {change}")
        better = sum(change.better for change in changes)
        improved = f", {better} of them improvements" if better else ""
        matter = sum(change.matters for change in changes)
        click.echo(f"{len(changes)} changes, {matter} of them matter{improved}")
        if before["profile"] != after["profile"]:
            profiles = f"{before['profile']} -> {after['profile']}"
            click.echo(f"the profiles differ ({profiles}), so tightness is not compared")
    sys.exit(REFUTED if any(change.matters for change in changes) else OK)


@click.command()
@click.argument("report", metavar="REPORT")
@click.option("--output", default="reports/baseline.json", show_default=True, metavar="FILE")
@JSON
def baseline(report: str, output: str, as_json: bool) -> None:
    """Keep what a report says as the baseline of the regression checks.

    Example: theorycheck baseline reports/latest/report.json
    """
    kept = read_report(report)
    write_text(output, json.dumps(kept, indent=1, allow_nan=False) + "\n")
    if as_json:
        echo_json({"baseline": output, "claims": [entry["id"] for entry in kept["claims"]]})
        return
    click.echo(f"baseline: {output}")
    click.echo(f"next: {command('diff', output, report)}")


@click.command("export")
@click.argument("report", metavar="REPORT")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["latex", "counterexamples", "csv", "sarif"]),
    default="latex",
    show_default=True,
    help="A table in LaTeX, the counterexamples in LaTeX, a table as CSV; or, for a code host, "
    "what is wrong as SARIF.",
)
@click.option("--origin", metavar="ORIGIN", help="Only claims of an origin, such as paper.")
@click.option("--output", metavar="FILE", help="Write a file instead of printing.")
@JSON
def export(report: str, kind: str, origin: str | None, output: str | None, as_json: bool) -> None:
    """Print the verdicts of a report for a paper: a LaTeX table, counterexamples, or CSV.

    SARIF has the refuted and undecided claims and the surviving controls, each at its place.

    Example: theorycheck export reports/latest/report.json --origin paper
    """
    read_report(report)  # refuses what is no report
    data = completed(read_json(report))
    claims = data["claims"]
    chosen = [claim for claim in claims if origin is None or claim["origin"] == origin]
    if not chosen:
        raise InvalidValue(f"{report} has no claim of origin {origin!r}")
    written: dict[str, Callable[[list[dict[str, Any]]], str]] = {
        "latex": latex_table,
        "counterexamples": latex_counterexamples,
        "csv": csv_table,
        "sarif": lambda found: json.dumps(sarif(found, data["claims_file"]), indent=1) + "\n",
    }
    text = written[kind](chosen)
    if output is not None:
        write_text(output, text)
    if as_json:
        echo_json({"format": kind, "claims": [claim["id"] for claim in chosen], "text": text})
    elif output is None:
        click.echo(text, nl=False)
    else:
        click.echo(f"written: {output}")


def read_json(path: str) -> dict[str, Any]:
    """The data of a report.json. Raises InvalidValue for a baseline, which has too little."""
    with open(path, encoding="utf-8") as stream:
        data: dict[str, Any] = json.load(stream)
    if not all({"statement", "origin", "cases"} <= set(claim) for claim in data["claims"]):
        raise InvalidValue(f"{path} is a baseline; give the report.json that it was made from")
    return data
