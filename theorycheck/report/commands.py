"""The commands that pages and terminals print for a reader to paste, quoted for a shell."""

from __future__ import annotations

import shlex
from typing import Any

from theorycheck.inputs.case import Case
from theorycheck.report.values import case_json


def command(verb: str, *arguments: str, claims_file: str | None = None) -> str:
    """A call of theorycheck on one line. claims_file: the file whose claims it is about."""
    option = ["--claims", claims_file] if claims_file else []
    return shlex.join(["theorycheck", verb, *arguments, *option])


def check_command(claim: str, claims_file: str | None = None, case_file: str = "-") -> str:
    """The command that decides a claim, or a control, at the case of a file or of its input."""
    return f"{command('check', claim, claims_file=claims_file)} --case {shlex.quote(case_file)}"


def check_here(claim: str, case: Case | dict[str, Any], claims_file: str | None = None) -> str:
    """The command that decides a claim, or a control, at a case written on the lines below it."""
    return f"{check_command(claim, claims_file)} <<'EOF'\n{case_json(case)}\nEOF"


def piped(case: Case | dict[str, Any], reader: str) -> str:
    """A case, piped into the command that reads it, on one line."""
    return f"echo {shlex.quote(case_json(case))} | {reader}"
