"""The options, input and output that several verbs share."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from theorycheck.errors import InvalidValue
from theorycheck.inputs.case import Case
from theorycheck.inputs.json_text import MAX_JSON_BYTES, read_file

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
CASE = click.option(
    "--case", "case_file", required=True, metavar="FILE", help="A case file, - for stdin."
)
SEED = click.option("--seed", default=0, show_default=True, help="Seed of all random choices.")


def effort_option(seconds: float) -> Callable[[Any], Any]:
    """The option --effort, with its default."""
    return click.option(
        "--effort",
        type=click.FloatRange(0, min_open=True),
        default=seconds,
        show_default=True,
        metavar="SECONDS",
        help="Work that the case may ask for; more is refused. Counted, not timed.",
    )


def read_case(path: str) -> Case:
    """The case in a file, or on standard input for "-"."""
    return Case.from_json(read_input(path, "--case", "case file"))


def read_input(path: str, option: str, kind: str) -> bytes:
    """The bytes of the file that an option names, or of standard input for "-"."""
    if path != "-":
        return read_file(path, kind)
    if sys.stdin is None:
        raise click.UsageError(f"{option} - reads standard input, and there is none")
    return sys.stdin.buffer.read(MAX_JSON_BYTES + 1)


def echo_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=1, allow_nan=False))


def write_text(path: str, text: str) -> None:
    """Write a text file. Raises InvalidValue where that is not possible."""
    try:
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise InvalidValue(f"{path}: {error.strerror}") from None


COLOURS = {
    "refuted": "bold red",
    "undecided": "yellow",
    "measured": "bright_black",
    "supported": "blue",
    "proved": "green",
}
"""The colours of the report's marks, as a terminal has them; NO_COLOR is obeyed."""


def echo_row(cells: Sequence[str], widths: Sequence[int]) -> None:
    """Print a row. widths: of all cells but the last, which is wrapped where it does not fit.

    A cell that is a verdict has its colour.
    """
    if not sys.stdout.isatty():
        padded = [f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=False)]
        click.echo("  ".join([*padded, *cells[len(widths) :]]).rstrip())
        return
    table = Table.grid(padding=(0, 2))
    for width in widths:
        table.add_column(min_width=width, no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(
        *(f"[{COLOURS[cell]}]{cell}" if cell in COLOURS else _text(cell) for cell in cells)
    )
    Console(highlight=False).print(table)


def echo_detail(line: str) -> None:
    """Print a line below a row as it is, so that what is in it can be copied."""
    click.echo(f"  {line}")


def echo_prose(text: str, indent: str = "") -> None:
    """Print words: in a terminal wrapped at its width, in a pipe as they are."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns
        text = click.wrap_text(text, width, indent, indent, preserve_paragraphs=True)
        click.echo(text)
        return
    click.echo("\n".join(f"{indent}{line}" for line in text.splitlines()))


def _text(cell: str) -> str:
    return cell.replace("[", r"\[")
