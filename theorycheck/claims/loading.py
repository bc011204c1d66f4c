"""Claims of a user's Python file, or of an installed pack: a theory as a package of its own."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
import traceback
from dataclasses import replace
from functools import cache
from importlib.metadata import entry_points
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


PACKS = "theorycheck.claims"
"""The group of entry points by which packages offer packs: a name, and a module or package."""
_PACK_NAME = re.compile(r"[A-Za-z][\w-]*")


def packs() -> dict[str, str]:
    """Return the installed packs: the module of each, by name."""
    return {entry.name: entry.value for entry in entry_points(group=PACKS)}


def pack_groups(path: str | None) -> dict[str, str]:
    """Return the titles of a pack's groups, by letter or name; {} for a file of claims."""
    name = _module_of(path)
    return {} if name is None else dict(getattr(importlib.import_module(name), "GROUPS", {}))


def source_of(path: str) -> bytes:
    """Return the text of a file of claims, or of all modules of a pack, in order."""
    name = _module_of(path)
    if name is None:
        return Path(path).read_bytes()
    files = [module.__file__ for module in _modules(name)]
    return b"".join(Path(file).read_bytes() for file in files if file)


def _module_of(path: str | None) -> str | None:
    """The module of the pack that is meant; None where a file is."""
    if not isinstance(path, str) or not _PACK_NAME.fullmatch(path) or Path(path).is_file():
        return None
    return packs().get(path)


def _modules(name: str) -> list[ModuleType]:
    """A module, and those in it, if it is a package, by name."""
    found = [importlib.import_module(name)]
    inside = getattr(found[0], "__path__", ())
    inner = sorted(module.name for module in pkgutil.walk_packages(inside, f"{name}."))
    return found + [importlib.import_module(module) for module in inner]


def _of_pack(pack: str, name: str) -> list[Claim]:
    try:
        found = [claim for module in _modules(name) for claim in in_module(module)]
    except (Exception, SystemExit) as error:
        raise InvalidValue(f"pack {pack} (module {name}): {with_type(error)}") from None
    found = list(dict.fromkeys(found))  # one that is imported elsewhere is still one
    if not found:
        raise InvalidValue(f"pack {pack} (module {name}) has no claim")
    return _with_unique_ids(found, f"pack {pack}")


def load(path: str) -> list[Claim]:
    """Return the claims of a Python file, in the order they are declared, or of a pack.

    The file is code, and is run. A claim whose id is declared twice is undecided at every case,
    with a reason that says so; this does not affect the others.

    Args:
        path: The path of the file; or the name of an installed pack, if there is no such file.

    Raises:
        InvalidValue: The file cannot be read or run, or has no claim; the message names it.
    """
    name = _module_of(path)
    if name is not None:
        return _of_pack(path, name)
    try:
        source = Path(path).read_bytes()
        return _loaded(str(path), str(Path(path).resolve()), source)
    except OSError as error:
        named = f"; installed packs: {', '.join(sorted(packs()))}" if packs() else ""
        raise InvalidValue(f"claims file {path}: {error.strerror}{named}") from None
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
    return _with_unique_ids(found, f"claims file {path}")


def _with_unique_ids(found: list[Claim], place: str) -> list[Claim]:
    """The claims, of those with one id only a stand-in that is undecided."""
    ids = [claim.id for claim in found]
    first = {claim.id: claim for claim in reversed(found)}
    return [
        claim if ids.count(id) == 1 else _ambiguous(claim, place)
        for id, claim in ((id, first[id]) for id in dict.fromkeys(ids))
    ]


def _is_of(module: ModuleType, claim: Claim) -> bool:
    """True if a claim was declared in a module, even if its name there was taken by another."""
    return getattr(claim.function, "__globals__", None) is vars(module)


def _ambiguous(claim: Claim, place: str) -> Claim:
    """A claim that stands for two of one id, and is undecided everywhere."""

    def refuse(at: Point) -> NoReturn:
        raise ClaimFailed(f"{place} declares the claim {claim.id} twice; rename one")

    return replace(claim, function=refuse, inputs=(), controls=[])


def _line_in(error: BaseException, path: str) -> str:
    """The line of the file at which an error arose, as ", line 3"; empty if unknown."""
    if isinstance(error, SyntaxError):
        return f", line {error.lineno}"
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    return f", line {lines[-1]}" if lines else ""
