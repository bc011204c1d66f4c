"""The arguments CLAIM and PATTERN, with their completion, and the options --claims and --group."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from glob import has_magic
from typing import TextIO

import click

from theorycheck import claims as registry
from theorycheck.campaign.profiles import PROFILES
from theorycheck.errors import InvalidValue, TheoryCheckError
from theorycheck.project import project
from theorycheck.statements.claim import Claim

CLAIMS = click.option(
    "--claims",
    "claims_file",
    metavar="FILE",
    help="A Python file of claims, or an installed pack. It is code, and runs as code: use only "
    "files you trust.",
)
GROUPS = click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="G",
    help="Only the claims of a group, as `list` names it; may be repeated.",
)


def complete_claim(context: click.Context, parameter: click.Parameter, start: str) -> list[str]:
    """The ids that begin with what is typed, of the file of --claims if it is given."""
    try:
        known = registry.known(context.params.get("claims_file"))
    except TheoryCheckError:
        return []
    return [claim.id for claim in known if claim.id.startswith(start)]


CLAIM = click.argument("claim", shell_complete=complete_claim)


def complete_profile(context: click.Context, parameter: click.Parameter, start: str) -> list[str]:
    """The profiles that begin with what is typed: the package's and the project's own."""
    try:
        known = [*PROFILES, *project().profiles]
    except TheoryCheckError:
        return []
    return [name for name in known if name.startswith(start)]


def chosen(patterns: Iterable[str], groups: Sequence[str], claims_file: str | None) -> list[Claim]:
    """The claims that a pattern fits and that are in one of some groups, in their order.

    Without a pattern, or without a group, all. A plain id names its claim, or a control. Raises
    InvalidValue for a pattern or a group that no claim fits.
    """
    known = registry.known(claims_file)
    found = [claim for pattern in patterns for claim in _fitting(pattern, known, claims_file)]
    found = list({claim.id: claim for claim in (found or known)}.values())
    letters = sorted({claim.group for claim in known})
    for group in groups:
        if group not in letters:
            raise InvalidValue(f"--group {group}: there is none; known are {', '.join(letters)}")
    inside = [claim for claim in found if not groups or claim.group in groups]
    if not inside:
        raise InvalidValue(f"no claim of these is in group {', '.join(groups)}")
    return inside


def _fitting(pattern: str, known: list[Claim], claims_file: str | None) -> list[Claim]:
    if not has_magic(pattern):
        return [registry.find(pattern, claims_file)]
    found = [claim for claim in known if fnmatchcase(claim.id, pattern)]
    if not found:
        raise InvalidValue(f"no claim fits {pattern!r}; see `theorycheck list`")
    return found


def prints_to_stderr() -> contextlib.redirect_stdout[TextIO]:
    """Send to standard error what a claims file prints: standard output has the answer only."""
    return contextlib.redirect_stdout(sys.stderr)
