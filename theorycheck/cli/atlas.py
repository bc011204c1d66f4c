"""`theorycheck atlas`: a map of how long starts are held."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from theorycheck import exit_codes
from theorycheck._version import __version__
from theorycheck.campaign.executors import MEMORY
from theorycheck.campaign.ledger import Ledger, prepared
from theorycheck.campaign.parts import answered
from theorycheck.cli.common import CASE, JSON, echo_json, read_case
from theorycheck.cli.workers import WORKERS, local_workers, progress_bar
from theorycheck.errors import InvalidValue
from theorycheck.inputs.case import Case
from theorycheck.inputs.numbers import exact
from theorycheck.report import write_exhibit
from theorycheck.report.commands import command, piped
from theorycheck.report.figures.atlas import atlas_maps, exhibit_of_atlas, hint
from theorycheck.traps.atlas import Atlas, pixel_of, side


@click.command()
@CASE
@click.option(
    "--vary",
    "sides",
    type=(int, str, str),
    multiple=True,
    metavar="MEAN LOW HIGH",
    help="A mean that varies, by index, and its range; give it twice.",
)
@click.option("--pixels", default=8, show_default=True, metavar="N", help="Along either side.")
@click.option("--step-size", metavar="ETA", help="Step size; else the case's, else 1.")
@click.option(
    "--output",
    metavar="DIR",
    help="Also write DIR/atlas.html, .json, .svg, .png and a ledger (.jsonl).",
)
@WORKERS
@click.option("--resume", is_flag=True, help="Go on with the map whose ledger is in the output.")
@JSON
def atlas(
    case_file: str,
    sides: tuple[tuple[int, str, str], ...],
    pixels: int,
    step_size: str | None,
    output: str | None,
    workers: int | None,
    resume: bool,
    as_json: bool,
) -> None:
    """Map how long starts are held: certified bounds of every pixel, and a simulation.

    The other means and the weights are the case's. Exit code 3 where a pixel has no upper bound.

    Example: theorycheck atlas --case case.json --vary 0 3 7 --vary 1 -7 -3
    """
    if len(sides) != 2:
        raise click.UsageError("give --vary MEAN LOW HIGH twice")
    if resume and output is None:
        raise click.UsageError("--resume goes on with a map in --output DIR")
    case = read_case(case_file)
    asked = _asked(case, sides, pixels, step_size)  # before anything is written
    found = asked.answer(_pixels(asked, workers, output, resume))
    if output is not None:
        _write(found, _again(case, sides, pixels, asked.step_size), Path(output))
    if as_json:
        echo_json(found)
    else:
        for row in found["pixels"]:
            click.echo(hint(row))
        if output is not None:
            click.echo(f"page: {Path(output) / 'atlas.html'}")
    sys.exit(exit_codes.OK if found["complete"] else exit_codes.UNDECIDED)


def _asked(
    case: Case, sides: tuple[tuple[int, str, str], ...], pixels: int, step_size: str | None
) -> Atlas:
    first, second = (side(case.mixture, *given, pixels) for given in sides)
    if case.truth is not None:
        raise InvalidValue("truth is a mixture; maps are for the truth N(0, I)")
    eta = exact(step_size, "step_size") if step_size is not None else case.step_size or Fraction(1)
    return Atlas(case.mixture, eta, first, second)


def _pixels(
    asked: Atlas, workers: int | None, output: str | None, resume: bool
) -> list[dict[str, Any]]:
    """All pixels, by worker processes; with an output its ledger keeps those that are done."""
    parts = {_key(place): (asked, *place) for place in asked.places()}
    with ExitStack() as stack:
        ledger = None
        if output is not None:
            path = prepared(output) / "atlas.jsonl"
            ledger = stack.enter_context(Ledger(path, _header(asked), resume))
            if ledger.notice:
                click.echo(ledger.notice, err=True)
        show = stack.enter_context(progress_bar())
        pool = stack.enter_context(local_workers(workers, threading.TIMEOUT_MAX, MEMORY))
        try:
            return list(answered(pixel_of, parts, pool, ledger, _counter(show)).values())
        except KeyboardInterrupt:
            if output is not None:
                click.echo(
                    "what is done is kept; go on with the same command and --resume", err=True
                )
            raise


def _key(place: tuple[Any, Any]) -> str:
    return json.dumps([list(map(str, ends)) for ends in place])


def _header(asked: Atlas) -> dict[str, Any]:
    """What the pixels of a map depend on, and their ranges do not tell."""
    vary = [[s.mean, str(s.low), str(s.high), s.pixels] for s in (asked.first, asked.second)]
    start = asked.mixture.to_dict()
    return {"version": __version__, **start, "step_size": str(asked.step_size), "vary": vary}


def _counter(show: Callable[[int, int, str], None] | None) -> Callable[[int, int], None]:
    def count(done: int, total: int) -> None:
        if show is not None:
            show(done, total, "pixels")

    return count


def _again(
    case: Case, sides: tuple[tuple[int, str, str], ...], pixels: int, step_size: Fraction
) -> str:
    """The command that gives the same map."""
    words = ["atlas", "--case", "-"]
    for mean, low, high in sides:
        words += ["--vary", str(mean), low, high]
    words += ["--pixels", str(pixels), "--step-size", str(step_size)]
    return piped(case.to_dict(), command(*words))


def _write(found: dict[str, Any], again: str, directory: Path) -> None:
    """Write the map as a page, as data and as a figure."""
    from theorycheck.studies import plots  # matplotlib takes half a second

    write_exhibit(exhibit_of_atlas(found, again), directory / "atlas.html")
    plots.write_maps(found, [plot.to_dict() for plot in atlas_maps(found)], "atlas", str(directory))
