"""The command line: `theorycheck VERB`. Exit codes as in the design, section 5."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import click

from theorycheck._version import __version__
from theorycheck.errors import TheoryCheckError, printable

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from theorycheck.statements.claim import Claim

OK, REFUTED, BAD_INPUT, UNDECIDED, INTERRUPTED = 0, 1, 2, 3, 130
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_CLAIMS = click.option(
    "--claims",
    "claims_file",
    metavar="FILE",
    help="A Python file of claims. It is code, and runs as code: use only files you trust.",
)


def _effort(seconds: float) -> Callable[[Any], Any]:
    return click.option(
        "--effort",
        type=click.FloatRange(0, min_open=True),
        default=seconds,
        show_default=True,
        metavar="SECONDS",
        help="Work that the case may ask for; more is refused. Counted, not timed.",
    )


class _Group(click.Group):
    """Turns every expected error into one line and exit code 2."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # no text is beyond what a terminal can show
                stream.reconfigure(errors="backslashreplace")
        try:
            return super().make_context(*arguments, **options)
        except click.UsageError as error:
            _refuse(error)

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except (TheoryCheckError, click.UsageError) as error:
            _refuse(error)
        except KeyboardInterrupt:
            click.echo("theorycheck: interrupted", err=True)
            context.exit(INTERRUPTED)
        except OSError as error:
            # The reader of a pipe has gone, or the disk is full; say no more there, even at exit.
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if not isinstance(error, BrokenPipeError):
                where = f"{error.filename}: " if error.filename else ""
                click.echo(f"theorycheck: {printable(f'{where}{error.strerror}')}", err=True)
            context.exit(BAD_INPUT)


def _refuse(error: TheoryCheckError | click.UsageError) -> NoReturn:
    """Say in one line what is wrong, and where to read what would be right."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        raise error
    text = str(error)
    if isinstance(error, click.UsageError):
        verb = error.ctx.command_path if error.ctx is not None else "theorycheck"
        told = re.sub(r"(\w{40})\w+", r"\1…", error.format_message().rstrip("."))
        text = f"{told}; see {verb} --help"
    click.echo(f"theorycheck: {printable(text)}", err=True)
    raise click.exceptions.Exit(BAD_INPUT)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="theorycheck")
def main() -> None:
    """Test, attack, certify and report statements about gradient EM on Gaussian mixtures.

    Start with `theorycheck doctor`, then `theorycheck verify --profile quick`.

    Exit codes: 0 nothing refuted, 1 something refuted or a control survived, 2 bad usage or
    input, 3 undecided only, 130 stopped by Ctrl-C (the report of what is done is written).

    \b
    Completion, for bash (for zsh and fish likewise):
    eval "$(_THEORYCHECK_COMPLETE=bash_source theorycheck)"
    """


def _complete_claim(context: click.Context, parameter: click.Parameter, start: str) -> list[str]:
    """The ids that begin as the user has begun."""
    from theorycheck.claims import all as every_claim

    return [claim.id for claim in every_claim() if claim.id.startswith(start)]


@main.command()
@click.argument("claims", nargs=-1, metavar="[CLAIM]...", shell_complete=_complete_claim)
@click.option(
    "--profile",
    default="standard",
    show_default=True,
    metavar="quick|standard|thorough",
    help="How many cases are generated and certified.",
)
@click.option("--seed", default=0, show_default=True, help="Seed of all random choices.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes; all cores by default.")
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
@_CLAIMS
@_JSON
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
    from theorycheck.verification import Interrupted
    from theorycheck.verification import verify as run

    again = ""
    if summary is not None:
        _write(summary, "")  # what cannot be written is told before the work
    try:
        limits = (task_limit or _task_seconds(profile), memory_limit)
        with (
            _prints_aside(),
            _executor(workers, scheduler, *limits) as executor,
            _progress() as progress,
        ):
            report = run(
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
    except Interrupted as stop:
        report = stop.report
        words = ["theorycheck", "verify", *claims, "--profile", profile, "--seed", str(seed)]
        words += ["--claims", claims_file] if claims_file else []
        words += ["--workers", str(workers)] if workers else []
        words += ["--scheduler", scheduler] if scheduler else []
        again = shlex.join([*words, "--output", output, "--resume"])
    if summary is not None:
        _write(summary, _markdown(report.data))
    if as_json:
        with open(os.path.join(output, "report.json"), encoding="utf-8") as written:
            _echo_json(json.load(written))
    else:
        for line in _tally(report.claims):
            click.echo(line)
        click.echo(f"report: {os.path.join(output, 'report.html')}")
        for entry in report.claims:
            if entry["counterexample"]:
                case = shlex.quote(json.dumps(entry["counterexample"]["case"]))
                command = f"theorycheck check {entry['id']}{_option(claims_file)} --case -"
                click.echo(f"next: echo {case} | {command}")
                break
    if again:
        done = "{done} of {total} tasks are done".format(**report.data["interrupted"])
        click.echo(f"interrupted: {done}; go on with: {again}", err=True)
    sys.exit(report.exit_code)


def _option(claims_file: str | None) -> str:
    return f" --claims {shlex.quote(claims_file)}" if claims_file else ""


def _markdown(data: dict[str, Any]) -> str:
    from theorycheck.report import summary_markdown

    return summary_markdown(data)


def _write(path: str, text: str) -> None:
    from theorycheck.errors import InvalidValue

    try:
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise InvalidValue(f"{path}: {error.strerror}") from None


def _task_seconds(profile: str) -> float:
    from theorycheck.campaign.tasks import PROFILES

    return PROFILES[profile].seconds if profile in PROFILES else 1.0


@contextlib.contextmanager
def _executor(
    workers: int | None, scheduler: str | None, seconds: float, megabytes: int
) -> Iterator[Executor]:
    """Local worker processes with limits, or a Dask cluster."""
    from theorycheck.campaign.executors import LimitedPool, cluster

    if scheduler is not None:
        with cluster(scheduler) as executor:
            yield executor
        return
    pool = LimitedPool(workers or os.cpu_count() or 1, seconds, megabytes)
    try:
        yield pool
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


@contextlib.contextmanager
def _prints_aside() -> Iterator[None]:
    """What a claims file prints is no part of the answer, which may be JSON."""
    with contextlib.redirect_stdout(sys.stderr):
        yield


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[int, int, str], None] | None]:
    """A progress bar with the remaining time on a terminal; silence in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def show(done: int, total: int, claim: str) -> None:
            bar.update(task, completed=done, total=total, description=claim)

        yield show


def _tally(entries: list[dict[str, Any]]) -> Iterator[str]:
    """One line per claim, then the count of verdicts."""
    width = max((len(entry["id"]) for entry in entries), default=0)
    for entry in entries:
        cases = entry["cases"]
        killed = sum(control["verdict"] == "refuted" for control in entry["controls"])
        of = len(entry["controls"])
        fate = f"controls refuted {killed}/{of}" if of else "no control"
        yield (
            f"{entry['id']:<{width}}  {entry['verdict']:<9}  {entry['evidence']:<9}  "
            f"{cases['in_domain']} cases, {cases['certified'] + cases['tight']} in balls, {fate}"
        )
        if entry["counterexample"]:
            found = entry["counterexample"]
            case = json.dumps(found["case"])
            yield f"  counterexample: {case}, margin at most {found['margin']:.6g}"
        if entry["verdict"] == "undecided":
            nothing = "no witness" if entry["kind"] == "existence" else "no case was decided"
            yield f"  because: {next(iter(entry['undecided_reasons']), nothing)}"
        for control in entry["controls"]:
            if control["verdict"] == "survived":
                yield f"  CONTROL SURVIVED: {control['id']}: the check had no power there"
    verdicts = [entry["verdict"] for entry in entries]
    counts = (f"{verdicts.count(v)} {v}" for v in ("supported", "proved", "refuted", "undecided"))
    yield ", ".join(counts)


@main.command("list")
@_CLAIMS
@_JSON
def list_claims(claims_file: str | None, as_json: bool) -> None:
    """List the claims: group, id, origin, and the reason in a line.

    With --json also their statements and controls; `theorycheck show CLAIM` has them in words.

    Example: theorycheck list
    """
    from theorycheck import claims as registry

    with _prints_aside():
        found = registry.known(claims_file)
    if as_json:
        _echo_json([_described(claim) for claim in found])
        return
    width = max(len(claim.id) for claim in found)
    for claim in found:
        first = claim.description.partition("\n")[0] or claim.statement
        click.echo(f"{claim.group or '-'}  {claim.id:<{width}}  {claim.origin:<10}  {first}")


@main.command()
@click.argument("claim", shell_complete=_complete_claim)
@_CLAIMS
@_JSON
def show(claim: str, claims_file: str | None, as_json: bool) -> None:
    """Show one claim: statement, hypotheses, origin, controls.

    Example: theorycheck show likelihood-decrease
    """
    from theorycheck import claims as registry

    with _prints_aside():
        found = registry.find(claim, claims_file)
    if as_json:
        _echo_json(_described(found))
        return
    entry = _described(found)
    click.echo(f"{entry['id']} ({entry['kind']}, {entry['origin']})")
    click.echo(f"  {entry['statement']}")
    click.echo(f"  hypotheses: {entry['hypotheses']}")
    if entry["source"]:
        click.echo(f"  source: {entry['source']}")
    if entry["inputs"]:
        click.echo(f"  a case gives also: {', '.join(entry['inputs'])}")
    if entry["certificate"]:
        click.echo(f"  certified is: {entry['certificate']}")
    click.echo("\n".join(f"  {line}" for line in entry["description"].splitlines()))
    for control in entry["controls"]:
        click.echo(f"  control: {control['statement']}")
    words = f"theorycheck check {entry['id']}{_option(claims_file)} --case FILE"
    click.echo(f"check it at a case: {words}")


def _described(claim: Claim) -> dict[str, Any]:
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
        "controls": [{"id": c.id, "statement": c.statement} for c in claim.controls],
    }


@main.command()
@click.argument("claim", shell_complete=_complete_claim)
@click.option(
    "--case", "case_file", required=True, metavar="FILE", help="A case file, - for stdin."
)
@_effort(5.0)
@_CLAIMS
@_JSON
def check(
    claim: str, case_file: str, effort: float, claims_file: str | None, as_json: bool
) -> None:
    """Decide one claim at one case, with ball arithmetic.

    The case is judged by the statement's conclusion; whether it meets the hypotheses is told.

    Example: theorycheck check loss-upper --case case.json
    """
    from theorycheck import claims as registry
    from theorycheck.arithmetic.budget import work_limit
    from theorycheck.statements.verdicts import Holds, Refuted

    with _prints_aside():
        found = registry.find(claim, claims_file)
    case = _read_case(case_file)
    with _prints_aside(), work_limit(effort):
        verdict = found.check(case)
        is_inside = found.domain.contains(case)
    name = type(verdict).__name__.lower()
    decided = verdict if isinstance(verdict, (Holds, Refuted)) else None
    if as_json:
        _echo_json(
            {
                "verdict": name,
                "evidence": "none" if decided is None else decided.evidence,
                "margin": None if decided is None else decided.margin,
                "reason": getattr(verdict, "reason", ""),
                "in_domain": is_inside,
                "claim": found.id,
                "certificate": found.certificate,
            }
        )
    else:
        if decided is not None:
            click.echo(f"{found.id}: {name} ({decided.evidence}), margin {decided.margin:.6g}")
            if decided.evidence == "certified" and found.certificate:
                click.echo(f"certified is: {found.certificate}")
        else:
            click.echo(f"{found.id}: {name}: {getattr(verdict, 'reason', '')}")
        if not is_inside:
            hypotheses = found.domain.in_words(found.inputs)
            click.echo(f"the case is outside the hypotheses of the claim ({hypotheses})")
    sys.exit({"holds": OK, "refuted": REFUTED}.get(name, UNDECIDED))


def _read_case(path: str) -> Any:
    from theorycheck.inputs.case import Case
    from theorycheck.inputs.json_text import MAX_JSON_BYTES

    if path == "-" and sys.stdin is None:
        raise click.UsageError("--case - reads standard input, and there is none")
    if path == "-":
        return Case.from_json(sys.stdin.buffer.read(MAX_JSON_BYTES + 1))
    return Case.from_file(path)


@main.command()
@click.argument("claim", shell_complete=_complete_claim)
@click.option("--budget", type=click.IntRange(1), default=2000, show_default=True, metavar="N")
@click.option("--n", "components", type=click.IntRange(1, 64), help="Number of components.")
@click.option("--dimension", type=click.IntRange(1, 64), metavar="D", help="Of the means.")
@click.option("--seed", default=0, show_default=True, help="Seed of all random choices.")
@_CLAIMS
@_JSON
def attack(
    claim: str,
    budget: int,
    components: int | None,
    dimension: int | None,
    seed: int,
    claims_file: str | None,
    as_json: bool,
) -> None:
    """Search for the case that is closest to refuting a claim, or refutes it.

    The budget counts float64 evaluations; the case that is found is decided with ball arithmetic.

    Example: theorycheck attack stein-lower-bound --budget 500 --n 2
    """
    from theorycheck import claims as registry
    from theorycheck.cli.attack import hunt, in_words

    with _prints_aside():
        found = hunt(registry.find(claim, claims_file), budget, seed, components, dimension)
    if as_json:
        _echo_json(found)
    else:
        words = ["theorycheck", "attack", claim, "--budget", str(budget), "--seed", str(seed)]
        words += ["--n", str(components)] if components is not None else []
        words += ["--dimension", str(dimension)] if dimension is not None else []
        option = _option(claims_file)
        for line in in_words(found, shlex.join(words) + option, option):
            click.echo(line)
    sys.exit({"holds": OK, "refuted": REFUTED}.get(found["verdict"], UNDECIDED))


@main.command()
@click.argument("claim", required=False, shell_complete=_complete_claim)
@_CLAIMS
@_JSON
def cite(claim: str | None, claims_file: str | None, as_json: bool) -> None:
    """Print the sources of a claim, or of the whole theory, as BibTeX.

    Example: theorycheck cite likelihood-decrease
    """
    from theorycheck import claims as registry
    from theorycheck.claims.sources import REFERENCES, SOFTWARE, bibliography, references

    if claim is None:
        found = [*REFERENCES, SOFTWARE]
    else:
        found = references(registry.find(claim, claims_file))
    if as_json:
        _echo_json([{"key": e.key, "kind": e.kind, **e.fields} for e in found])
    else:
        click.echo(bibliography(found))


@main.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@_JSON
def diff(old: str, new: str, as_json: bool) -> None:
    """Tell what moved between two reports (report.json, or a baseline).

    What matters is marked with an exclamation mark, and the exit code is then 1: a claim that has
    gone, another verdict, a control that survives; between runs of one profile also a margin, a
    constant or a tightness that moved by more than 5 %.

    Example: theorycheck diff reports/baseline.json reports/latest/report.json
    """
    from dataclasses import asdict

    from theorycheck.report.baseline import compare, read_report

    before, after = read_report(old), read_report(new)
    changes = compare(before, after)
    if as_json:
        _echo_json([asdict(change) for change in changes])
    else:
        for change in changes:
            click.echo(f"{'!' if change.matters else ' '} {change}")
        click.echo(f"{len(changes)} changes, {sum(c.matters for c in changes)} of them matter")
        if before["profile"] != after["profile"]:
            profiles = f"{before['profile']} -> {after['profile']}"
            click.echo(f"the profiles differ ({profiles}), so tightness is not compared")
    sys.exit(REFUTED if any(change.matters for change in changes) else OK)


@main.command()
@click.argument("report", metavar="REPORT")
@click.option("--output", default="reports/baseline.json", show_default=True, metavar="FILE")
@_JSON
def baseline(report: str, output: str, as_json: bool) -> None:
    """Keep what a report says as the baseline of the regression checks.

    Example: theorycheck baseline reports/latest/report.json
    """
    from theorycheck.report.baseline import read_report

    kept = read_report(report)
    _write(output, json.dumps(kept, indent=1, allow_nan=False) + "\n")
    if as_json:
        _echo_json({"baseline": output, "claims": [entry["id"] for entry in kept["claims"]]})
        return
    click.echo(f"baseline: {output}")
    click.echo(f"next: theorycheck diff {shlex.quote(output)} {shlex.quote(report)}")


@main.command()
@_JSON
def doctor(as_json: bool) -> None:
    """Check the installation: versions, precision, and one golden case computed two ways.

    Example: theorycheck doctor
    """
    from theorycheck.cli.doctor import diagnose

    findings = diagnose()
    if as_json:
        _echo_json(findings)
    else:
        for name, value in findings["environment"].items():
            click.echo(f"{name:<14} {value}")
        for check in findings["checks"]:
            click.echo(f"{'ok  ' if check['ok'] else 'FAIL'} {check['name']}: {check['detail']}")
        if all(check["ok"] for check in findings["checks"]):
            click.echo("next: theorycheck verify --profile quick")
    sys.exit(OK if all(check["ok"] for check in findings["checks"]) else REFUTED)


@main.command()
@click.option("--case", "case_file", metavar="FILE", help="A case file, - for stdin.")
@click.option("--dimension", type=int, metavar="D", help="The symmetric start in D dimensions.")
@click.option("--components", type=int, default=3, show_default=True, metavar="N")
@click.option("--step-size", metavar="ETA", help="Step size; else the case's, else 1.")
@_effort(5.0)
@click.option("--output", metavar="DIR", help="Also write DIR/trap.html: numbers and pictures.")
@_JSON
def trap(
    case_file: str | None,
    dimension: int | None,
    components: int,
    step_size: str | None,
    effort: float,
    output: str | None,
    as_json: bool,
) -> None:
    """Tell for how many steps gradient EM is certainly stuck at a start.

    Without a case: the start (12 sqrt(D), -12 sqrt(D), 0, ...) with equal weights.

    Example: theorycheck trap --dimension 1000 --components 3
    """
    from theorycheck.arithmetic.budget import work_limit
    from theorycheck.traps.answers import escape_of_family, trap_of_case

    if (case_file is None) == (dimension is None):
        raise click.UsageError("give either --case FILE or --dimension D")
    case = None if case_file is None else _read_case(case_file)
    if case is not None:
        with work_limit(effort):
            found = trap_of_case(case, step_size)
    else:
        found = escape_of_family(dimension, components, step_size)
    if output is not None:
        found["page"] = _write_trap(case, found, output)
    if as_json:
        _echo_json(found)
        return
    click.echo(found["sentence"])
    if output is not None:
        click.echo(f"page: {found['page']}")


def _write_trap(case: Any, found: dict[str, Any], output: str) -> str:
    """Write the page of an answer of `trap`; returns its path."""
    from pathlib import Path

    from theorycheck.report import write_exhibit
    from theorycheck.report.figures.traps import exhibit_of_case, exhibit_of_family

    path = Path(output) / "trap.html"
    if case is not None:
        item = exhibit_of_case(case, found, "Is this start trapped?")
    else:
        item = exhibit_of_family(found, f"The symmetric start, d = {found['dimension']}")
    write_exhibit(item, path)
    return str(path)


@main.command()
@click.option(
    "--case", "case_file", required=True, metavar="FILE", help="A case file, - for stdin."
)
@click.option("--steps", type=int, metavar="N", help="Iterations; else the case's, else 1000.")
@click.option("--step-size", metavar="ETA", help="Step size; else the case's, else 1.")
@_effort(60.0)
@_JSON
def trajectory(
    case_file: str, steps: int | None, step_size: str | None, effort: float, as_json: bool
) -> None:
    """Run gradient EM from a case and print what is measured along it.

    Example: theorycheck trajectory --case case.json --steps 100
    """
    from theorycheck.arithmetic.budget import work_limit
    from theorycheck.traps.answers import trajectory_of_case

    with work_limit(effort):
        found = trajectory_of_case(_read_case(case_file), step_size, steps)
    if as_json:
        _echo_json(found)
        return
    click.echo("       t  loss           energy         weighted distance")
    columns = (found[name] for name in ("t", "loss", "energy", "weighted_distance"))
    for row in zip(*columns, strict=True):
        click.echo("{:8d}  {:<13.6e}  {:<13.6e}  {:<13.6e}".format(*row))


@main.command()
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1, 100))
@_JSON
def bench(rounds: int, as_json: bool) -> None:
    """Time population() against Monte Carlo, quadrature and cubature libraries, side by side.

    Example: theorycheck bench --rounds 3
    """
    from dataclasses import asdict

    from theorycheck.studies.benchmark import growth, lines, timings

    if as_json:
        timing_rows, growth_rows = list(timings(rounds)), list(growth())
        _echo_json(
            {
                "contests": [asdict(row) for row in timing_rows],
                "growth": [asdict(row) for row in growth_rows],
            }
        )
        return
    for line in lines(timings(rounds), growth()):
        click.echo(line)


@main.command()
@click.option("--output", default="figures", show_default=True, metavar="DIR")
@click.option("--dimension", default=5, show_default=True, type=click.IntRange(1))
@click.option("--components", default="2,5,10", show_default=True, metavar="N,...")
@click.option("--shares", default="0.5,0.6,0.7,0.8,0.9", show_default=True, metavar="P,...")
@click.option("--step-size", default=0.7, show_default=True)
@click.option("--steps", default=1000, show_default=True, type=click.IntRange(1))
@click.option("--dirichlet", is_flag=True, help="Draw the weights; else they are equal.")
@click.option("--samples", default=350_000, show_default=True, type=click.IntRange(1))
@click.option("--sampled-steps", default=150, show_default=True, type=click.IntRange(0))
@click.option("--accuracy", default=1e-6, show_default=True)
@click.option("--long-steps", default=20_000, show_default=True, type=click.IntRange(100))
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@_JSON
def figures(
    output: str, components: str, shares: str, dirichlet: bool, as_json: bool, **numbers: Any
) -> None:
    """Draw the reference experiment from exact expectations, with the Monte-Carlo curve on top.

    Example: theorycheck figures --output figures --steps 300
    """
    from theorycheck.errors import InvalidValue
    from theorycheck.studies.experiment import Options, run
    from theorycheck.studies.plots import write

    try:
        counts = tuple(int(entry) for entry in components.split(","))
        parts = tuple(float(entry) for entry in shares.split(","))
    except ValueError:
        raise InvalidValue("--components and --shares are numbers separated by commas") from None
    data = run(Options(components=counts, shares=parts, equal_weights=not dirichlet, **numbers))
    files = write(data, output)
    if as_json:
        _echo_json({"files": files, "options": data["options"], "fits": data["fits"]})
        return
    for panel, curve, slope, uncertainty in data["fits"]:
        click.echo(f"{panel:<9} {curve:<22} slope {slope:.4f} ± {uncertainty:.4f}")
    for file in files:
        click.echo(file)


def _echo_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=1, allow_nan=False))
