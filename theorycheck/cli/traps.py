"""`theorycheck trap` and `theorycheck trajectory`: what gradient EM does from one start."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from theorycheck.arithmetic.budget import work_limit
from theorycheck.campaign.ledger import prepared
from theorycheck.cli.common import CASE, JSON, echo_json, effort_option, read_case, write_text
from theorycheck.errors import InvalidValue
from theorycheck.exit_codes import OK, UNDECIDED
from theorycheck.inputs.case import Case
from theorycheck.inputs.numbers import exact
from theorycheck.inputs.region import Region
from theorycheck.report import write_exhibit
from theorycheck.report.figures.traps import exhibit_of_case, exhibit_of_family
from theorycheck.traps.answers import (
    escape_of_family,
    trajectory_of_case,
    trap_of_case,
    trap_of_region,
)
from theorycheck.traps.atlas import atlas as map_of
from theorycheck.traps.atlas import pixel_as_data, side

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
    click.echo(found["sentence"])
    if case is not None and found["escape"] is not None:
        click.echo(found["escape"]["sentence"])
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
@JSON
def trajectory(
    case_file: str, steps: int | None, step_size: str | None, effort: float, as_json: bool
) -> None:
    """Run gradient EM from a case and print what is measured along it.

    Example: theorycheck trajectory --case case.json --steps 100
    """
    with work_limit(effort):
        found = trajectory_of_case(read_case(case_file), step_size, steps)
    if as_json:
        echo_json(found)
        return
    for line in _trajectory_lines(found):
        click.echo(line)


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
@_STEP_SIZE
@click.option("--output", metavar="DIR", help="Also write DIR/atlas.json.")
@JSON
@click.pass_context
def atlas(
    context: click.Context,
    case_file: str,
    sides: tuple[tuple[int, str, str], ...],
    pixels: int,
    step_size: str | None,
    output: str | None,
    as_json: bool,
) -> None:
    """Map how long starts are held: certified bounds of every pixel, and a simulation.

    The other means and the weights are the case's. Exit code 3 where a pixel has no upper bound.

    Example: theorycheck atlas --case case.json --vary 0 3 7 --vary 1 -7 -3
    """
    if len(sides) != 2:
        raise click.UsageError("give --vary MEAN LOW HIGH twice")
    case = read_case(case_file)
    first, second = (side(case.mixture, *given, pixels) for given in sides)
    if case.truth is not None:
        raise InvalidValue("truth is a mixture; maps are for the truth N(0, I)")
    eta = exact(step_size, "step_size") if step_size is not None else case.step_size or Fraction(1)
    with click.progressbar(
        map_of(case.mixture, eta, first, second), length=pixels**2, label="pixels", file=sys.stderr
    ) as progress:
        rows = [pixel_as_data(pixel) for pixel in progress]
    complete = all(row["steps_upper"] is not None for row in rows)
    found = {"step_size": str(eta), "complete": complete, "pixels": rows}
    if output is not None:
        write_text(str(prepared(output) / "atlas.json"), json.dumps(found, indent=1))
    if as_json:
        echo_json(found)
    else:
        click.echo(f"mean {first.mean}           mean {second.mean}           steps, simulated")
        for row in rows:
            ranges = "  ".join(f"[{low:.4g}, {high:.4g}]" for low, high in row["ranges"])
            upper = "?" if row["steps_upper"] is None else row["steps_upper"]
            click.echo(f"{ranges}  {row['steps_lower']} to {upper}, {row['simulated']}")
    context.exit(OK if complete else UNDECIDED)
