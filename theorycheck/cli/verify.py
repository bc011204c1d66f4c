"""`theorycheck verify`: check claims in parallel and write a report."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Any

import click

from theorycheck import verification
from theorycheck.campaign.executors import cluster
from theorycheck.campaign.profiles import PROFILES
from theorycheck.cli.claim_options import CLAIMS, complete_claim, prints_to_stderr
from theorycheck.cli.common import JSON, SEED, echo_json, write_text
from theorycheck.cli.workers import WORKERS, local_workers, progress_bar
from theorycheck.report import summary_markdown, why
from theorycheck.report.commands import check_command, command, piped
from theorycheck.report.summary import counted, plural, why_undecided


@click.command()
@click.argument("claims", nargs=-1, metavar="[CLAIM]...", shell_complete=complete_claim)
@click.option(
    "--profile",
    default="standard",
    show_default=True,
    metavar="|".join(PROFILES),
    help="How many cases are generated and certified.",
)
@SEED
@WORKERS
@click.option("--scheduler", metavar="ADDRESS", help="Run on a Dask cluster instead.")
@click.option(
    "--task-limit",
    type=click.FloatRange(min=1),
    metavar="SECONDS",
    help="Time of one task in a local worker; what takes longer is undecided.",
)
@click.option(
    "--memory-limit",
    type=click.IntRange(512),
    default=4096,
    show_default=True,
    metavar="MB",
    help="Address space of one local worker.",
)
@click.option(
    "--output",
    default="reports/latest",
    show_default=True,
    metavar="DIR",
    help="Where report.html, report.json and ledger.jsonl are written.",
)
@click.option("--resume", is_flag=True, help="Continue the run whose ledger is in the output.")
@click.option("--summary", metavar="FILE", help="Write the verdicts as Markdown, for a CI job.")
@CLAIMS
@JSON
def verify(
    claims: tuple[str, ...],
    profile: str,
    seed: int,
    workers: int | None,
    scheduler: str | None,
    task_limit: float | None,
    memory_limit: int,
    output: str,
    resume: bool,
    summary: str | None,
    claims_file: str | None,
    as_json: bool,
) -> None:
    """Check claims and write a report.

    Ctrl-C writes the report of what is done; --resume goes on from there.

    Example: theorycheck verify loss-upper --profile quick
    """
    again = ""
    if summary is not None:
        write_text(summary, "")  # a path that cannot be written is refused before the work
    try:
        limits = (task_limit or _task_seconds(profile), memory_limit)
        with (
            prints_to_stderr(),
            _executor(workers, scheduler, *limits) as executor,
            progress_bar() as progress,
        ):
            report = verification.verify(
                claims or None,
                profile,
                seed,
                executor,
                claims_file=claims_file,
                output=output,
                resume=resume,
                progress=progress,
                notify=lambda notice: click.echo(notice, err=True),
            )
    except verification.Interrupted as stop:
        report = stop.report
        words = [*claims, "--profile", profile, "--seed", str(seed)]
        words += ["--claims", claims_file] if claims_file else []
        words += ["--workers", str(workers)] if workers else []
        words += ["--scheduler", scheduler] if scheduler else []
        again = command("verify", *words, "--output", output, "--resume")
    if summary is not None:
        write_text(summary, summary_markdown(report.data))
    if as_json:
        with open(os.path.join(output, "report.json"), encoding="utf-8") as written:
            echo_json(json.load(written))
    else:
        for line in _lines(report.data, output, claims_file):
            click.echo(line)
    if again:
        done = "{done} of {total} tasks are done".format(**report.data["interrupted"])
        click.echo(f"interrupted: {done}; go on with: {again}", err=True)
    sys.exit(report.exit_code)


def _task_seconds(profile: str) -> float:
    """The time of one task in a profile; any number for a profile that `verify` will refuse."""
    return PROFILES[profile].seconds if profile in PROFILES else 1.0


@contextlib.contextmanager
def _executor(
    workers: int | None, scheduler: str | None, seconds: float, megabytes: int
) -> Iterator[Executor]:
    """Local worker processes with limits, or a Dask cluster."""
    if scheduler is not None:
        with cluster(scheduler) as executor:
            yield executor
        return
    with local_workers(workers, seconds, megabytes) as pool:
        yield pool


def _lines(report: dict[str, Any], output: str, claims_file: str | None) -> Iterator[str]:
    """The report in words: claims, counts, where the page is, and the next command."""
    entries = report["claims"]
    width = max((len(entry["id"]) for entry in entries), default=0)
    for entry in entries:
        yield from _claim_lines(entry, width)
    verdicts = [entry["verdict"] for entry in entries]
    always = ("supported", "proved", "refuted", "undecided")
    measured = ("measured",) if "measured" in verdicts else ()
    yield ", ".join(f"{verdicts.count(word)} {word}" for word in (*always, *measured))
    yield from _disagreements(report["oracle"])
    yield f"report: {os.path.join(output, 'report.html')}"
    refuted = next((entry for entry in entries if entry["counterexample"]), None)
    if refuted is not None:
        reader = check_command(refuted["id"], claims_file)
        yield f"next: {piped(refuted['counterexample']['case'], reader)}"


def _claim_lines(entry: dict[str, Any], width: int) -> Iterator[str]:
    """One line about a claim; then its counterexample, what is open and the controls it kept."""
    cases = entry["cases"]
    killed = sum(control["verdict"] == "refuted" for control in entry["controls"])
    of = len(entry["controls"])
    fate = f"controls refuted {killed}/{of}" if of else "no control"
    yield (
        f"{entry['id']:<{width}}  {entry['verdict']:<9}  "
        f"{plural(cases['in_domain'], 'case')}: {counted(cases)}, {fate}"
    )
    if entry["counterexample"]:
        found = entry["counterexample"]
        yield f"  counterexample: {json.dumps(found['case'])}, margin at most {found['margin']:.6g}"
        if entry["why"]:
            yield f"  {next(why.lines(entry['why']))}"
    if entry["verdict"] == "measured":
        constant = entry["constant"]
        falls = ", still falling as the search goes on" if constant["still_falling"] else ""
        yield f"  smallest value found: {constant['value']:.6g}{falls}; no floor is stated"
    if reason := why_undecided(entry):
        words = "because" if entry["verdict"] == "undecided" else "the first undecided case"
        yield f"  {words}: {reason}"
    for control in entry["controls"]:
        if control["verdict"] == "survived":
            yield f"  CONTROL SURVIVED: {control['id']}: the check had no power there"


def _disagreements(oracle: dict[str, Any]) -> Iterator[str]:
    """One line about each quantity on which balls and oracle do not agree."""
    for one in oracle["disagreements"]:
        yield f"ORACLE DISAGREES: {one['quantity']} at {json.dumps(one['case'])}"
