"""`theorycheck diff` and `theorycheck baseline`: compare reports, keep one for later."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from theorycheck.cli.common import JSON, echo_json, write_text
from theorycheck.exit_codes import OK, REFUTED
from theorycheck.report.baseline import compare, read_report
from theorycheck.report.commands import command


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
