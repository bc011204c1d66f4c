"""`theorycheck bench`: what expectations cost, here and elsewhere."""

from __future__ import annotations

from dataclasses import asdict

import click

from theorycheck.cli.shared.common import JSON, echo_json
from theorycheck.inputs.json_text import parse_json, read_file
from theorycheck.studies import costs, plots
from theorycheck.studies.benchmark import growth, lines, timings


@click.command()
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1, 100))
@click.option("--grid", is_flag=True, help="The cost on a grid of sizes, scales, ranks and digits.")
@click.option(
    "--baseline", metavar="FILE", help="With --grid: tell what is slower than in this JSON."
)
@click.option("--output", metavar="DIR", help="With --grid: draw the costs into a directory.")
@JSON
def bench(rounds: int, grid: bool, baseline: str | None, output: str | None, as_json: bool) -> None:
    """Time population() against Monte Carlo, quadrature and cubature libraries, side by side.

    Example: theorycheck bench --rounds 3
    """
    if not grid and (baseline is not None or output is not None):
        raise click.UsageError("--baseline and --output go with --grid")
    if grid:
        _bench_grid(rounds, baseline, output, as_json)
        return
    if as_json:
        timing_rows, growth_rows = list(timings(rounds)), list(growth())
        echo_json(
            {
                "contests": [asdict(row) for row in timing_rows],
                "growth": [asdict(row) for row in growth_rows],
            }
        )
        return
    for line in lines(timings(rounds), growth()):
        click.echo(line)


def _bench_grid(rounds: int, baseline: str | None, output: str | None, as_json: bool) -> None:
    """Print the costs; the baseline is read first, as measuring takes a minute."""
    before: dict[str, float] = {}
    if baseline is not None:
        before = costs.relative_costs(parse_json(read_file(baseline, "baseline")))
    found = costs.costs(rounds=rounds)
    slower = costs.slower(found, before)
    if output is not None:
        plots.write_figures([one.to_dict() for one in costs.figures(found)], "costs", output)
    if as_json:
        echo_json({"costs": costs.as_data(found), "slower": slower})
        return
    for line in costs.lines(found):
        click.echo(line)
    for cost in found:
        for quantity in cost.cliffs:
            click.echo(f"cliff: {cost.place.name}, from half its {quantity}")
    for line in slower:
        click.echo(f"slower than the baseline: {line}")
