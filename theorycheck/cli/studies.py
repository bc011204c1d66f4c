"""`theorycheck figures`: the reference experiment and other studies, drawn."""

from __future__ import annotations

from typing import Any

import click

from theorycheck.cli.shared.common import JSON, echo_json
from theorycheck.cli.shared.workers import progress_bar
from theorycheck.errors import InvalidValue
from theorycheck.studies import experiment, phase_diagram


@click.command()
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
@click.option("--landscapes", is_flag=True, help="Draw where bad minima exist instead (minutes).")
@click.option("--traps", is_flag=True, help="Draw what a bad local region is instead.")
@click.option(
    "--format",
    "formats",
    type=click.Choice(["svg", "png", "pdf", "pgf"]),
    multiple=True,
    help="Of the files, may be repeated; pgf needs LaTeX.  [default: svg and png]",
)
@click.option("--paper", is_flag=True, help="Serif type, thin lines and narrow panels.")
@JSON
def figures(
    output: str,
    components: str,
    shares: str,
    dirichlet: bool,
    landscapes: bool,
    traps: bool,
    formats: tuple[str, ...],
    paper: bool,
    as_json: bool,
    **numbers: Any,
) -> None:
    """Draw the reference experiment from exact expectations, with the Monte-Carlo curve on top.

    Example: theorycheck figures --output figures --steps 300
    """
    from theorycheck.studies import plots, trap_pictures  # matplotlib takes half a second

    if landscapes and traps:
        raise click.UsageError("give --landscapes or --traps")
    style = plots.Style(tuple(dict.fromkeys(formats)) or plots.USUAL.formats, paper)
    if landscapes or traps:
        found = phase_diagram.as_data(list(phase_diagram.phases())) if landscapes else []
        files = (
            plots.write_phases(found, output, style)
            if landscapes
            else trap_pictures.write(output, style)
        )
        if as_json:
            echo_json({"files": files, **({"phases": found} if landscapes else {})})
            return
        for file in files:
            click.echo(file)
        return
    try:
        counts = tuple(int(entry) for entry in components.split(","))
        parts = tuple(float(entry) for entry in shares.split(","))
    except ValueError:
        raise InvalidValue("--components and --shares are numbers separated by commas") from None
    options = experiment.Options(
        components=counts, shares=parts, equal_weights=not dirichlet, **numbers
    )
    with progress_bar() as progress:
        data = experiment.run(options, progress)
    files = plots.write(data, output, style)
    if as_json:
        echo_json({"files": files, "options": data["options"], "fits": data["fits"]})
        return
    for panel, curve, slope, uncertainty in data["fits"]:
        click.echo(f"{panel:<9} {curve:<22} slope {slope:.4f} ± {uncertainty:.4f}")
    for file in files:
        click.echo(file)
