"""`theorycheck landscape`: all stationary points of a student's loss, with proof."""

from __future__ import annotations

import contextlib
import math
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import click

from theorycheck import exit_codes
from theorycheck._version import __version__
from theorycheck.campaign.executors import MEMORY
from theorycheck.campaign.ledger import Ledger, prepared
from theorycheck.campaign.parts import PartsExecutor
from theorycheck.cli.shared.common import JSON, echo_json, read_input
from theorycheck.cli.shared.workers import WORKERS, local_workers, progress_bar
from theorycheck.inputs.mixture import Mixture
from theorycheck.landscapes.answers import (
    landscape_answer,
    loss_text,
    means_text,
    scope_in_words,
    unresolved_in_words,
)
from theorycheck.landscapes.landscape import answered
from theorycheck.landscapes.question import Question
from theorycheck.report import write_landscape
from theorycheck.report.commands import command

SHOWN_BOXES = 5


@click.command()
@click.option(
    "--truth", "truth_file", required=True, metavar="FILE", help="A mixture file, - for stdin."
)
@click.option("--components", type=int, metavar="N", help="Components of the student.")
@click.option(
    "--weights",
    multiple=True,
    metavar="W ...",
    help="Relative weights of the student, one for each component; equal by default.",
)
@click.argument("more_weights", nargs=-1, metavar="")
@click.option(
    "--box",
    nargs=2,
    metavar="LOW HIGH",
    help="Bounds of every coordinate of every mean. By default those outside of which there is "
    "provably no point.",
)
@click.option(
    "--output", metavar="DIR", help="Also write DIR/landscape.html, .json and a ledger (.jsonl)."
)
@WORKERS
@click.option(
    "--time-limit",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="Time of the search; what is not decided by then stays open.",
)
@click.option("--resume", is_flag=True, help="Go on with the search whose ledger is in the output.")
@JSON
def landscape(
    truth_file: str,
    components: int | None,
    weights: tuple[str, ...],
    more_weights: tuple[str, ...],
    box: tuple[str, str] | None,
    output: str | None,
    workers: int | None,
    time_limit: float | None,
    resume: bool,
    as_json: bool,
) -> None:
    """Find all stationary points of a student's loss, each with proof.

    FILE holds a mixture on a line, such as {"means": [-2, 2, 10]}, or in the plane. Exit code 3
    says that the answer is not complete.

    Example: theorycheck landscape --truth truth.json --components 3
    """
    shares = _weights(weights, more_weights)
    if components is None and shares is None:
        raise click.UsageError("give --components, or --weights for unequal ones")
    if resume and output is None:
        raise click.UsageError("--resume goes on with a search in --output DIR")
    if time_limit is not None and not math.isfinite(time_limit):
        raise click.UsageError(f"--time-limit is {time_limit}; give a number of seconds")
    truth = Mixture.from_json(read_input(truth_file, "--truth", "truth file"))
    problem = (truth, components, shares, *(box or (None, None)))
    question = Question.of(*problem)  # before anything is written
    began = time.time()
    try:
        with _executor(problem, workers, output, resume) as executor:
            found = answered(question, time_limit, executor)
    except KeyboardInterrupt:
        if output is not None:
            click.echo("what is done is kept; go on with the same command and --resume", err=True)
        raise
    answer = landscape_answer(found, time.time() - began)
    if output is not None:
        write_landscape(answer, _again(truth_file, components, shares, box), Path(output))
    if as_json:
        echo_json(answer)
    else:
        for line in _lines(answer, output):
            click.echo(line)
    sys.exit(exit_codes.OK if answer["complete"] else exit_codes.UNDECIDED)


def _weights(first: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...] | None:
    """The weights: an option takes one word, and those after it come as arguments."""
    if more and len(first) != 1:
        raise click.UsageError(f"got an unexpected argument ({more[0]})")
    return first + more or None


@contextlib.contextmanager
def _executor(
    problem: tuple[Any, ...], workers: int | None, output: str | None, resume: bool
) -> Iterator[Executor]:
    """Worker processes that keep what they find in the ledger of the output, and show progress."""
    with contextlib.ExitStack() as stack:
        ledger = None
        if output is not None:
            path = prepared(output) / "landscape.jsonl"
            ledger = stack.enter_context(Ledger(path, _header(*problem), resume))
            if ledger.notice:
                click.echo(ledger.notice, err=True)
        pool = stack.enter_context(local_workers(workers, threading.TIMEOUT_MAX, MEMORY))
        show = stack.enter_context(progress_bar())
        yield PartsExecutor(pool, ledger, _counter(show))


def _counter(show: Callable[[int, int, str], None] | None) -> Callable[[int, int], None]:
    def count(done: int, total: int) -> None:
        if show is not None:
            show(done, total, "parts of the box and points")

    return count


def _header(
    truth: Mixture,
    components: int | None,
    weights: tuple[str, ...] | None,
    low: str | None,
    high: str | None,
) -> dict[str, Any]:
    """What the parts of a search depend on, and their bounds do not tell."""
    student = Mixture([0] * len(weights), weights) if weights else None
    return {
        "version": __version__,
        "truth": truth.to_dict(),
        "components": len(weights) if weights else components,
        "weights": None if student is None else student.to_dict()["weights"],
        "box": None if low is None else [low, high],
    }


def _again(
    truth_file: str,
    components: int | None,
    weights: tuple[str, ...] | None,
    box: tuple[str, str] | None,
) -> str:
    """The command that gives the same answer."""
    words = ["--truth", truth_file]
    words += ["--components", str(components)] if components is not None else []
    words += ["--weights", *weights] if weights else []
    words += ["--box", *box] if box else []
    return command("landscape", *words)


def _lines(answer: dict[str, Any], output: str | None) -> Iterator[str]:
    """The answer in words, and its points as a table."""
    yield answer["sentence"]
    yield from _table(answer["points"])
    yield scope_in_words(answer)
    if answer["index_sum"] is not None:
        yield f"index sum: {answer['index_sum']} (1 if these are all)"
    if answer["note"]:
        yield f"note: {answer['note']}"
    boxes = unresolved_in_words(answer)
    if boxes:
        yield f"open boxes, neighbours united: {len(boxes)}"
        yield from (f"  {box}" for box in boxes[:SHOWN_BOXES])
    if len(boxes) > SHOWN_BOXES:
        yield f"  ... and {len(boxes) - SHOWN_BOXES} smaller ones"
    yield f"{answer['boxes']} boxes examined in {answer['seconds']:.1f} s"
    if output is not None:
        yield f"page: {Path(output) / 'landscape.html'}"


def _table(points: list[dict[str, Any]]) -> Iterator[str]:
    """One line for each point, by increasing loss."""
    rows = [("", "means", "loss", "kind", "index", "least eigenvalue")]
    for number, point in enumerate(points, start=1):
        least = f"{point['eigenvalues'][0]:.5g}"
        shown = (means_text(point), loss_text(point), point["kind"], str(point["index"]), least)
        rows.append((str(number), *shown))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows if points else []:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
