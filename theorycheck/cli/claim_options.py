"""The argument CLAIM, with its completion, and the option --claims."""

from __future__ import annotations

import contextlib
import sys
from typing import TextIO

import click

from theorycheck import claims as registry

CLAIMS = click.option(
    "--claims",
    "claims_file",
    metavar="FILE",
    help="A Python file of claims, or an installed pack. It is code, and runs as code: use only "
    "files you trust.",
)


def complete_claim(context: click.Context, parameter: click.Parameter, start: str) -> list[str]:
    """The ids of the package's claims that begin with what is typed, for shell completion."""
    return [claim.id for claim in registry.all() if claim.id.startswith(start)]


CLAIM = click.argument("claim", shell_complete=complete_claim)


def prints_to_stderr() -> contextlib.redirect_stdout[TextIO]:
    """Send to standard error what a claims file prints: standard output has the answer only."""
    return contextlib.redirect_stdout(sys.stderr)
