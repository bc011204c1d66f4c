"""`theorycheck trap`, `trajectory` and `explore`: what gradient EM does from one start."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from theorycheck.arithmetic.budget import work_limit
from theorycheck.cli.common import CASE, JSON, echo_json, effort_option, read_case
from theorycheck.inputs.case import Case
from theorycheck.inputs.numbers import exact
from theorycheck.inputs.region import Region
from theorycheck.report import write_exhibit, write_explorer, write_run
from theorycheck.report.commands import command, piped
from theorycheck.report.figures.run import Run
from theorycheck.report.figures.traps import exhibit_of_case, exhibit_of_family
from theorycheck.traps.answers import (
    escape_of_family,
    trajectory_of_case,
    trap_of_case,
    trap_of_region,
)

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
