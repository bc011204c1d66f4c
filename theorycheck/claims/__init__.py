"""The registry of claims: one module per group of theory.md, section 3."""

from __future__ import annotations

import difflib
import traceback
from functools import cache
from pathlib import Path
from types import ModuleType

from theorycheck.claims import bounds, descent, identities, monotone, pairs, rates, regions
from theorycheck.claims.model import Claim as Claim
from theorycheck.errors import InvalidValue

_MODULES = (identities, descent, bounds, rates, monotone, regions, pairs)


def in_module(module: ModuleType) -> list[Claim]:
    """The claims a module defines, in the order they are written."""
    return [value for value in vars(module).values() if isinstance(value, Claim)]


def all() -> list[Claim]:
    """Every claim of the package, in the order of theory.md."""
    return [claim for module in _MODULES for claim in in_module(module)]


def get(id: str) -> Claim:
    """The claim with this id. Raises InvalidValue, with the closest ids, if there is none."""
    return find(id, None)


def find(id: str, claims_file: str | None) -> Claim:
    """The claim, or control, with this id in a file of claims; in the package without a file."""
    claims = {claim.id: claim for claim in (load(claims_file) if claims_file else all())}
    for claim in [*claims.values()]:
        claims |= {control.id: claim.as_claim(control) for control in claim.controls}
    if id not in claims:
        close = difflib.get_close_matches(str(id), claims, n=1)
        hint = f"; did you mean {close[0]}?" if close else "; see `theorycheck list`"
        raise InvalidValue(f"there is no claim {str(id)[:60]!r}{hint}")
    return claims[id]


@cache
def load(path: str) -> list[Claim]:
    """The claims of a Python file. The file is code, and is run.

    Raises InvalidValue, naming the file, if it can not be read or run, or defines no claim, or one
    id twice.
    """
    name = f"theorycheck_claims_{Path(path).stem}"
    try:
        source = Path(path).read_text(encoding="utf-8")
        module = ModuleType(name)
        module.__file__ = path
        exec(compile(source, path, "exec"), module.__dict__)
    except OSError as error:
        raise InvalidValue(f"claims file {path}: {error.strerror}") from None
    except Exception as error:
        place = _line_in(error, path)
        raise InvalidValue(f"claims file {path}{place}: {type(error).__name__}: {error}") from None
    found = in_module(module)
    ids = [claim.id for claim in found]
    if not found:
        raise InvalidValue(f"claims file {path} defines no claim; decorate one with @inequality")
    for id in ids:
        if ids.count(id) > 1:
            raise InvalidValue(f"claims file {path} defines the claim {id} twice")
    return found


def _line_in(error: Exception, path: str) -> str:
    """Where in the file an error arose."""
    if isinstance(error, SyntaxError):
        return f", line {error.lineno}"
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    return f", line {lines[-1]}" if lines else ""
