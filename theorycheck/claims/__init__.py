"""The registry of claims: one module per group of theory.md, section 3."""

from __future__ import annotations

import difflib
import traceback
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from theorycheck.claims import bounds, descent, identities, monotone, pairs, rates, regions
from theorycheck.claims.model import DECLARED
from theorycheck.claims.model import Claim as Claim
from theorycheck.claims.point import Point
from theorycheck.errors import ClaimFailed, InvalidValue

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
    """The claims of a Python file, as they are declared. The file is code, and is run.

    A claim whose id is declared twice is undecided at every case, and says so; the others are
    unharmed. Raises InvalidValue, naming the file, if it can not be read or run, or has no claim.
    """
    name = f"theorycheck_claims_{Path(path).stem}"
    before = len(DECLARED)
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
    """Whether a claim was declared in a module, whatever became of its name there."""
    return getattr(claim.function, "__globals__", None) is vars(module)


def _ambiguous(claim: Claim, path: str) -> Claim:
    """A claim that stands for two of one id: which is meant can not be told."""

    def refuse(at: Point) -> NoReturn:
        raise ClaimFailed(f"claims file {path} declares the claim {claim.id} twice; rename one")

    return replace(claim, function=refuse, inputs=(), controls=[])


def _line_in(error: Exception, path: str) -> str:
    """Where in the file an error arose."""
    if isinstance(error, SyntaxError):
        return f", line {error.lineno}"
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    return f", line {lines[-1]}" if lines else ""
