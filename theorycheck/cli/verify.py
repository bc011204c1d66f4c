"""`theorycheck verify`: check claims in parallel and write a report."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from theorycheck import exit_codes, verification
from theorycheck.campaign.profiles import PROFILES, Profile
from theorycheck.cli.shared.claim_options import (
    CLAIMS,
    GROUPS,
    chosen,
    complete_claim,
    complete_profile,
    prints_to_stderr,
)
from theorycheck.cli.shared.common import (
    JSON,
    echo_detail,
    echo_json,
    echo_prose,
    echo_row,
    write_text,
)
from theorycheck.cli.shared.workers import SCHEDULER, WORKERS, echo_notice, progress_bar, workers_of
from theorycheck.errors import InvalidValue
from theorycheck.project import Project, project
from theorycheck.report import summary_markdown, why
from theorycheck.report.annotations import marked
from theorycheck.report.commands import check_command, command, piped
from theorycheck.report.summary import counted, fate_of_controls, plural, why_undecided


@click.command()
@click.argument("claims", nargs=-1, metavar="[CLAIM]...", shell_complete=complete_claim)
@GROUPS
@click.option(
    "--profile",
    metavar="|".join(PROFILES),
    shell_complete=complete_profile,
    help="How many cases are generated and certified: one of these, or one of the project's own.  "
    "[default: the project's, else standard]",
)
@click.option("--seed", type=int, help="Of all random choices.  [default: the project's, else 0]")
@WORKERS
@SCHEDULER
@click.option(
    "--task-limit",
    type=click.FloatRange(min=1),
    metavar="SECONDS",
    help="Time of one task in a local worker; what is not done by then is undecided.",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Time of the whole run; the report of what is done is written, --resume goes on.",
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
    metavar="DIR",
    help="Where report.html, report.json and ledger.jsonl are written.  [default: the project's, "
    "else reports/latest; of a file of claims reports/ and its name]",
)
@click.option("--resume", is_flag=True, help="Continue the run whose ledger is in the output.")
@click.option(
    "--cache",
    metavar="DIR",
    help="Keep outcomes there, and take those of claims of which nothing has changed.  "
    "[default: the project's, else none]",
)
@click.option("--keep-going", is_flag=True, help="Go on with claims that are refuted.")
@click.option("--summary", metavar="FILE", help="Write the verdicts as Markdown, for a CI job.")
@CLAIMS
@JSON
def verify(
    claims: tuple[str, ...],
    groups: tuple[str, ...],
    profile: str | None,
    seed: int | None,
    summary: str | None,
    claims_file: str | None,
    as_json: bool,
    output: str | None,
    cache: str | None,
    **options: Any,
) -> None:
    """Check claims and write a report.

    CLAIM may be a pattern, such as "loss-*". A refutation is told at once, and ends the work on its
    claim. Ctrl-C writes the report of what is done; --resume goes on from there. Defaults are those
    of [tool.theorycheck] in pyproject.toml.

    Example: theorycheck verify loss-upper --profile quick
    """
    settings = project()
    files: list[str | None] = [claims_file]
    if claims_file is None and not claims and not groups and settings.claims:
        files = [os.path.relpath(file) for file in settings.files()]
    if summary is not None:
        write_text(summary, "")  # a path that cannot be written is refused before the work
    effort = settings.named(profile or settings.profile or "standard")
    reports, told, written = [], [], []
    if seed is None:
        seed = settings.seed or 0
    for file in files:
        where = _folder(output, settings, file, len(files))
        ask = Request(claims, groups, effort, seed, file, where)
        report = _verified(ask, cache=cache or settings.cache_folder, **options)
        reports.append(report)
        told.append(summary_markdown(report.data))
        if as_json:
            written.append(json.loads(Path(where, "report.json").read_text(encoding="utf-8")))
            continue
        for line in marked(report.claims, file):
            click.echo(line, err=True)
        _print(report.data, ask.output, file)
    if summary is not None:
        write_text(summary, "\n".join(told))
    if as_json:
        echo_json(written[0] if len(written) == 1 else written)
    sys.exit(exit_codes.worst(report.exit_code for report in reports))


@dataclass(frozen=True)
class Request:
    """What is to be verified, and where the report goes."""

    claims: tuple[str, ...]
    groups: tuple[str, ...]
    profile: Profile
    seed: int
    claims_file: str | None
    output: str

    @property
    def words(self) -> list[str]:
        """The words of a command that asks for the same."""
        words = [*self.claims, *(word for group in self.groups for word in ("--group", group))]
        words += ["--profile", self.profile.name, "--seed", str(self.seed)]
        return words + (["--claims", self.claims_file] if self.claims_file else [])


def _folder(output: str | None, settings: Project, file: str | None, files: int) -> str:
    """Where the report goes: a file of claims has a folder of its own, unless one is given."""
    own = Path(file).stem if file is not None else "latest"
    if output is None and settings.output is None:
        return str(Path("reports") / own)
    where = Path(output) if output is not None else settings.root / str(settings.output)
    return str(where / own if files > 1 else where)


def _task_seconds(limit: float | None, profile: Profile) -> float:
    """The time limit of a task."""
    if limit is not None and math.isnan(limit):
        raise InvalidValue("--task-limit is nan; give a number of seconds from 1 on")
    return limit or profile.seconds


def _verified(
    ask: Request,
    workers: int | None,
    scheduler: str | None,
    task_limit: float | None,
    time_limit: float | None,
    memory_limit: int,
    resume: bool,
    keep_going: bool,
    cache: str | None,
) -> verification.Report:
    """The report of what is asked for; what is left of it is told on standard error."""
    limits = (_task_seconds(task_limit, ask.profile), memory_limit)
    with prints_to_stderr():
        ids = [claim.id for claim in chosen(ask.claims, ask.groups, ask.claims_file)]
    try:
        with (
            prints_to_stderr(),
            workers_of(workers, scheduler, *limits) as executor,
            progress_bar(executor) as progress,
        ):
            report = verification.verify(
                ids,
                ask.profile,
                ask.seed,
                executor,
                claims_file=ask.claims_file,
                output=ask.output,
                resume=resume,
                keep_going=keep_going,
                time_limit=time_limit,
                cache=cache,
                progress=progress,
                notify=echo_notice,
            )
    except verification.Interrupted as stop:
        report = stop.report
    if halt := report.data.get("interrupted"):
        words = ask.words
        words += ["--workers", str(workers)] if workers else []
        words += ["--scheduler", scheduler] if scheduler else []
        words += ["--keep-going"] if keep_going else []
        words += ["--cache", cache] if cache else []
        again = command("verify", *words, "--output", ask.output, "--resume")
        why = "interrupted" if halt["reason"] == "Ctrl-C" else "the time is up"
        done = f"{halt['done']} of {halt['total']} tasks are done"
        click.echo(f"{why}: {done}; go on with: {again}", err=True)
    return report


def _print(report: dict[str, Any], output: str, claims_file: str | None) -> None:
    """The report in words: claims, counts, where the page is, and the next command."""
    entries = report["claims"]
    width = max((len(entry["id"]) for entry in entries), default=0)
    for entry in entries:
        echo_row([entry["id"], entry["verdict"], _decided(entry)], [width, 9])
        if found := entry["counterexample"]:
            case = json.dumps(found["case"])
            echo_detail(f"counterexample: {case}, margin at most {found['margin']:.6g}")
        for line in _details(entry):
            echo_prose(line, "  ")
    verdicts = [entry["verdict"] for entry in entries]
    always = ("supported", "proved", "refuted", "undecided")
    measured = ("measured",) if "measured" in verdicts else ()
    click.echo(", ".join(f"{verdicts.count(word)} {word}" for word in (*always, *measured)))
    for line in _disagreements(report["oracle"]):
        click.echo(line)
    click.echo(f"report: {os.path.join(output, 'report.html')}")
    refuted = next((entry for entry in entries if entry["counterexample"]), None)
    if refuted is not None:
        reader = check_command(refuted["id"], claims_file)
        click.echo(f"next: {piped(refuted['counterexample']['case'], reader)}")


def _decided(entry: dict[str, Any]) -> str:
    """How the cases of a claim were decided, and what became of its controls."""
    cases = entry["cases"]
    words = f"{plural(cases['in_domain'], 'case')}: {counted(cases)}, {fate_of_controls(entry)}"
    return words + (", from cache" if entry["cached"] else "")


def _details(entry: dict[str, Any]) -> Iterator[str]:
    """Why a claim fails, what is open, and the controls it kept."""
    if entry["counterexample"] and entry["why"]:
        yield next(why.lines(entry["why"]))
    if entry["verdict"] == "measured":
        constant = entry["constant"]
        falls = ", still falling as the search goes on" if constant["still_falling"] else ""
        yield f"smallest value found: {constant['value']:.6g}{falls}; no floor is stated"
    if reason := why_undecided(entry):
        words = "because" if entry["verdict"] == "undecided" else "the first undecided case"
        yield f"{words}: {reason}"
    for region in entry["regions"]:
        if region["verdict"] == "undecided":
            told = region.get("reason", "some boxes stayed open")
            yield f"NOT PROVED for all mixtures with {region['words']}: {told}"
    for control in entry["controls"]:
        if control["verdict"] == "survived":
            yield f"CONTROL SURVIVED: {control['id']}: the check had no power there"


def _disagreements(oracle: dict[str, Any]) -> Iterator[str]:
    """One line about each quantity on which balls and oracle do not agree."""
    for one in oracle["disagreements"]:
        yield f"ORACLE DISAGREES: {one['quantity']} at {json.dumps(one['case'])}"
