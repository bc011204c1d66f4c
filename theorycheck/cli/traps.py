"""`theorycheck trap`, `trajectory`, `explore`, `atlas`: what gradient EM does from starts."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from theorycheck import exit_codes
from theorycheck._version import __version__
from theorycheck.arithmetic.budget import work_limit
from theorycheck.campaign.executors import MEMORY
from theorycheck.campaign.ledger import Ledger, prepared
from theorycheck.campaign.parts import answered
from theorycheck.cli.shared.common import (
    CASE,
    JSON,
    echo_json,
    echo_prose,
    effort_option,
    read_case,
)
from theorycheck.cli.shared.workers import WORKERS, local_workers, progress_bar
from theorycheck.errors import InvalidValue
from theorycheck.inputs.case import Case
from theorycheck.inputs.numbers import exact
from theorycheck.inputs.region import Region
from theorycheck.report import write_exhibit, write_explorer, write_run
from theorycheck.report.commands import command, piped
from theorycheck.report.figures.atlas import atlas_maps, exhibit_of_atlas, hint
from theorycheck.report.figures.run import Run
from theorycheck.report.figures.traps import exhibit_of_case, exhibit_of_family
from theorycheck.traps.answers import (
    escape_of_family,
    trajectory_of_case,
    trap_of_case,
    trap_of_region,
)
from theorycheck.traps.atlas import Atlas, Side, pixel_of, side

_STEP_SIZE = click.option("--step-size", metavar="ETA", help="Step size; else the case's, else 1.")


@click.command()
@click.option("--case", "case_file", metavar="FILE", help="A case file, - for stdin.")
@click.option("--region", "region_file", metavar="FILE", help="A region of starts on a line.")
@click.option("--dimension", type=int, metavar="D", help="The symmetric start in D dimensions.")
@click.option("--components", type=int, default=3, show_default=True, metavar="N")
@_STEP_SIZE
@effort_option(30.0)
@click.option("--output", metavar="DIR", help="Also write DIR/trap.html: numbers and pictures.")
@JSON
def trap(
    case_file: str | None,
    region_file: str | None,
    dimension: int | None,
    components: int,
    step_size: str | None,
    effort: float,
    output: str | None,
    as_json: bool,
) -> None:
    """Tell for how many steps gradient EM is certainly stuck at a start, from both sides.

    A region gives bounds that hold for all of its starts. Without either: the start
    (12 sqrt(D), -12 sqrt(D), 0, ...) with equal weights.

    Example: theorycheck trap --dimension 1000 --components 3
    """
    if [case_file, region_file, dimension].count(None) != 2:
        raise click.UsageError("give either --case FILE or --dimension D, or --region FILE")
    if region_file is not None and output is not None:
        raise click.UsageError("--output is for a case or a dimension, not for a region")
    case = None if case_file is None else read_case(case_file)
    if case is not None:
        with work_limit(effort):
            found = trap_of_case(case, step_size)
    elif region_file is not None:
        with work_limit(effort):
            found = trap_of_region(Region.from_file(region_file), step_size)
    else:
        found = escape_of_family(dimension, components, step_size)
    if output is not None:
        found["page"] = _write_page(case, found, output)
    if as_json:
        echo_json(found)
        return
    echo_prose(found["sentence"])
    if case is not None and found["escape"] is not None:
        echo_prose(found["escape"]["sentence"])
    if output is not None:
        click.echo(f"page: {found['page']}")


def _write_page(case: Case | None, found: dict[str, Any], output: str) -> str:
    """Write the page of an answer of `trap`; returns its path."""
    path = Path(output) / "trap.html"
    if case is not None:
        item = exhibit_of_case(case, found, "Is this start trapped?")
    else:
        item = exhibit_of_family(found, f"The symmetric start, d = {found['dimension']}")
    write_exhibit(item, path)
    return str(path)


@click.command()
@CASE
@click.option("--steps", type=int, metavar="N", help="Iterations; else the case's, else 1000.")
@_STEP_SIZE
@effort_option(60.0)
@click.option(
    "--output", metavar="DIR", help="Also write DIR/trajectory.html: the run in pictures."
)
@JSON
def trajectory(
    case_file: str,
    steps: int | None,
    step_size: str | None,
    effort: float,
    output: str | None,
    as_json: bool,
) -> None:
    """Run gradient EM from a case and print what is measured along it.

    Example: theorycheck trajectory --case case.json --steps 100
    """
    case = read_case(case_file)
    with work_limit(effort):
        found = trajectory_of_case(case, step_size, steps)
    if output is not None:
        found["page"] = _write_run(case, found["t"][-1], step_size, output)
    if as_json:
        echo_json(found)
        return
    for line in _trajectory_lines(found):
        click.echo(line)
    if output is not None:
        click.echo(f"page: {found['page']}")


def _write_run(case: Case, steps: int, step_size: str | None, output: str) -> str:
    """Write the page of a run; returns its path."""
    path = Path(output) / "trajectory.html"
    given = exact(step_size, "step_size") if step_size is not None else case.step_size
    start = Case(case.mixture, given or Fraction(1), truth=case.truth)
    again = piped(start.to_dict(), command("trajectory", "--case", "-", "--steps", str(steps)))
    write_run(Run.of(start, steps), again, path)
    return str(path)


def _trajectory_lines(found: dict[str, Any]) -> Iterator[str]:
    """The measures of a run as a table; then the norm of every mean at the first and last time."""
    names = ("loss", "fisher_divergence", "energy", "weighted_distance")
    yield "       t  " + "  ".join(f"{word:<13}" for word in ("L", "F", "U", "W")).rstrip()
    for t, *row in zip(found["t"], *(found[name] for name in names), strict=True):
        yield f"{t:8d}  " + "  ".join(f"{value:<13.6e}" for value in row).rstrip()
    yield "L loss, F Fisher divergence, U energy, W weighted distance"
    first, last = (", ".join(f"{norm:.6g}" for norm in found["norms"][k]) for k in (0, -1))
    yield f"distances of the means from 0 at t = {found['t'][0]}: {first}"
    yield f"distances of the means from 0 at t = {found['t'][-1]}: {last}"


@click.command()
@click.option("--case", "case_file", metavar="FILE", help="A case file, - for stdin.")
@click.option("--output", default=".", metavar="DIR", help="Where explorer.html goes; here else.")
@click.option("--open", "opens", is_flag=True, help="Also open it in a browser.")
@JSON
def explore(case_file: str | None, output: str, opens: bool, as_json: bool) -> None:
    """Write a page on which means can be dragged and gradient EM followed, offline.

    It starts with your case, of at most 2 dimensions and 6 components, and gives its state back as
    a case, as a command and as a link.

    Example: theorycheck explore --case case.json --open
    """
    path = Path(output) / "explorer.html"
    write_explorer(None if case_file is None else read_case(case_file), path)
    if as_json:
        echo_json({"page": str(path)})
    else:
        click.echo(f"page: {path}")
    if opens:
        click.launch(path.resolve().as_uri())


@click.command()
@CASE
@click.option(
    "--vary",
    "sides",
    type=(str, str, str),
    multiple=True,
    metavar="MEAN LOW HIGH",
    help="A mean that varies, by index (in the plane MEAN,COORDINATE), and its range; twice.",
)
@click.option("--pixels", default=8, show_default=True, metavar="N", help="Along either side.")
@click.option("--centres", is_flag=True, help="Bounds for the centres of pixels alone: faster.")
@_STEP_SIZE
@click.option(
    "--output",
    metavar="DIR",
    help="Also write DIR/atlas.html, .json, .svg, .png, .pdf and a ledger (.jsonl).",
)
@WORKERS
@click.option("--resume", is_flag=True, help="Go on with the map whose ledger is in the output.")
@JSON
def atlas(
    case_file: str,
    sides: tuple[tuple[str, str, str], ...],
    pixels: int,
    centres: bool,
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
    asked = _atlas_of(case, sides, pixels, step_size, centres)  # before anything is written
    found = asked.answer(_pixels(asked, workers, output, resume))
    if output is not None:
        _write_map(found, _map_again(case, asked), Path(output))
    if as_json:
        echo_json(found)
    else:
        for row in found["pixels"]:
            click.echo(hint(row))
        if output is not None:
            click.echo(f"page: {Path(output) / 'atlas.html'}")
    sys.exit(exit_codes.OK if found["complete"] else exit_codes.UNDECIDED)


def _atlas_of(
    case: Case,
    sides: tuple[tuple[str, str, str], ...],
    pixels: int,
    step_size: str | None,
    centres: bool,
) -> Atlas:
    first, second = (_side(case, given, pixels) for given in sides)
    if case.truth is not None:
        raise InvalidValue("truth is a mixture; maps are for the truth N(0, I)")
    eta = exact(step_size, "step_size") if step_size is not None else case.step_size or Fraction(1)
    return Atlas(case.mixture, eta, first, second, centres)


def _side(case: Case, given: tuple[str, str, str], pixels: int) -> Side:
    """A side from MEAN or MEAN,COORDINATE, and the ends of its range."""
    place, low, high = given
    try:
        mean, *rest = map(int, place.split(","))
        (coordinate,) = rest or [0]
    except ValueError:
        raise click.UsageError(
            f"--vary {place}: give the index of a mean, or in the plane MEAN,COORDINATE"
        ) from None
    return side(case.mixture, mean, low, high, pixels, coordinate)


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
    return {"version": __version__, **asked.answer([]), "at_centres": asked.at_centres}


def _counter(show: Callable[[int, int, str], None] | None) -> Callable[[int, int], None]:
    def count(done: int, total: int) -> None:
        if show is not None:
            show(done, total, "pixels")

    return count


def _map_again(case: Case, asked: Atlas) -> str:
    """The command that gives the same map."""
    words = ["atlas", "--case", "-"]
    for of in (asked.first, asked.second):
        place = f"{of.mean},{of.coordinate}" if case.mixture.dimension == 2 else str(of.mean)
        words += ["--vary", place, str(of.low), str(of.high)]
    words += ["--pixels", str(asked.first.pixels), "--step-size", str(asked.step_size)]
    return piped(case.to_dict(), command(*words, *(["--centres"] if asked.at_centres else [])))


def _write_map(found: dict[str, Any], again: str, directory: Path) -> None:
    """Write the map as a page, as data and as a figure."""
    from theorycheck.studies import plots  # matplotlib takes half a second

    write_exhibit(exhibit_of_atlas(found, again), directory / "atlas.html")
    plots.write_maps(found, [plot.to_dict() for plot in atlas_maps(found)], "atlas", str(directory))
