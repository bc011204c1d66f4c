"""Claims of a user's Python file."""

from __future__ import annotations

import sys
import traceback
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from theorycheck.errors import ClaimFailed, InvalidValue, with_type
from theorycheck.statements.claim import DECLARED
from theorycheck.statements.claim import Claim as Claim
from theorycheck.statements.point import Point

LOADED = "theorycheck_claims_"
"""How the name of the module of a file of claims begins."""


def in_module(module: ModuleType) -> list[Claim]:
    """Return the claims that a module defines, in the order they are written."""
    return [value for value in vars(module).values() if isinstance(value, Claim)]


def load(path: str) -> list[Claim]:
    """Return the claims of a Python file, in the order they are declared.

    The file is code, and is run. A claim whose id is declared twice is undecided at every case,
    with a reason that says so; this does not affect the others.

    Args:
        path: The path of the file.

    Raises:
        InvalidValue: The file cannot be read or run, or has no claim; the message names it.
    """
    try:
        source = Path(path).read_bytes()
        return _loaded(str(path), str(Path(path).resolve()), source)
    except OSError as error:
        raise InvalidValue(f"claims file {path}: {error.strerror}") from None
    except (TypeError, ValueError) as error:
        if isinstance(error, InvalidValue):
            raise
        raise InvalidValue(f"claims file {str(path)[:60]!r} is no path: {error}") from None


@cache
def _loaded(path: str, place: str, source: bytes) -> list[Claim]:
    """Run a file once as long as neither its place nor its text changes."""
    module = ModuleType(f"{LOADED}{Path(path).stem}")
    module.__file__ = path
    sys.modules[module.__name__] = module  # where dataclasses look for names
    before = len(DECLARED)
    try:
        exec(compile(source, path, "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        line = _line_in(error, path)
        raise InvalidValue(f"claims file {path}{line}: {with_type(error)}") from None
    found = [claim for claim in DECLARED[before:] if _is_of(module, claim)]
    found += [claim for claim in in_module(module) if claim not in found]
    if not found:
        raise InvalidValue(f"claims file {path} defines no claim; decorate one with @inequality")
    ids = [claim.id for claim in found]
    first = {claim.id: claim for claim in reversed(found)}
    return [
        claim if ids.count(id) == 1 else _ambiguous(claim, path)
        for id, claim in ((id, first[id]) for id in dict.fromkeys(ids))
    ]


def _is_of(module: ModuleType, claim: Claim) -> bool:
    """True if a claim was declared in a module, even if its name there was taken by another."""
    return getattr(claim.function, "__globals__", None) is vars(module)


def _ambiguous(claim: Claim, path: str) -> Claim:
    """A claim that stands for two of one id, and is undecided everywhere."""

    def refuse(at: Point) -> NoReturn:
        raise ClaimFailed(f"claims file {path} declares the claim {claim.id} twice; rename one")

    return replace(claim, function=refuse, inputs=(), controls=[])


def _line_in(error: BaseException, path: str) -> str:
    """The line of the file at which an error arose, as ", line 3"; empty if unknown."""
    if isinstance(error, SyntaxError):
        return f", line {error.lineno}"
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    return f", line {lines[-1]}" if lines else ""
