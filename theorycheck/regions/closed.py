"""What the code of a claim may not name, as it belongs to the arithmetic of boxes alone.

Python closes nothing: a claim that reads the ends of a number over boxes, or the coordinates of a
vector in the frame that was chosen for it, could be "proved" while it is false. So the code of a
user's claim is read before it runs: its function and all that this calls by name. Refused are
attributes that begin with an underscore, those of numbers over boxes, the modules that make them,
class patterns, and functions that take the name of an attribute as text, whatever they are called.
The claims of this package are read by a test. Code that hides what it does from its reader is
beyond this, as for any certificate.
"""

from __future__ import annotations

import contextlib
import dataclasses
import dis
import functools
import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from theorycheck.arithmetic.boxes import refuse
from theorycheck.statements.rigour import is_guarded
from theorycheck.statements.statement import Statement

_ATTRIBUTES = {"LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR", "DELETE_ATTR", "LOAD_SUPER_ATTR"}
_GLOBALS = {"LOAD_GLOBAL", "LOAD_NAME"}
_OF_NUMBERS = {"batch", "centre", "slope", "span", "boxes", "jets", "vectors"}
_REFLECTION = {
    *("getattr", "setattr", "delattr", "vars", "eval", "exec", "globals", "locals"),
    *("__import__", "__builtins__", "attrgetter", "methodcaller", "dir", "format", "format_map"),
    *("getmembers", "getmembers_static", "getattr_static", "get_referents", "get_referrers"),
}
_MODULES = (
    "theorycheck.regions",
    "theorycheck.expectations.boxes",
    *(f"theorycheck.arithmetic.{name}" for name in ("boxes", "intervals", "jets", "vectors")),
)
_FOREIGN = {
    *(sys.stdlib_module_names - {"__main__"}),
    *("theorycheck", "numpy", "scipy", "flint", "mpmath", "hypothesis", "pytest"),
}
"""Packages whose code is not that of a claim."""


def check_names(claim: Statement) -> None:
    """Raise NotOnRegions, with the line, if a user's claim names what is closed to it."""
    if not is_guarded(claim.function):
        return
    for what, code, line in closed_names(claim.function):
        place = f"{Path(code.co_filename).name}, line {line}"
        refuse(f"{what}, which is not for claims (claim {claim.id}, {place})")


def closed_names(function: Any) -> Iterator[tuple[str, CodeType, int]]:
    """What a function, or one that it calls, names and may not: words, its code and the line."""
    seen: set[int] = set()
    waiting = [function]
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if not isinstance(value, FunctionType):
            waiting += _parts(value)
        elif value is function or _is_of_claims(value.__module__):
            given = _given(value)
            for part in _inside(given):
                if _is_closed(part):
                    yield _name(part), value.__code__, value.__code__.co_firstlineno
            codes = list(_codes(value.__code__))
            for code in codes:
                for step, line in _steps(code):
                    if (what := _closed(step, value.__globals__)) is not None:
                        yield what, code, line
                    given.append(_named(step, value.__globals__))
            waiting += _taken(given, {name for code in codes for name in code.co_names})


def _named(step: dis.Instruction, names: dict[str, Any]) -> Any:
    """The value that an instruction names, or the module that it imports; None otherwise."""
    if step.opname in _GLOBALS:
        return names.get(step.argval)
    if step.opname == "IMPORT_NAME" and _is_of_claims(step.argval):
        with contextlib.suppress(Exception):  # what is wrong with it is told when it runs
            return importlib.import_module(step.argval)
    return None


def _taken(values: list[Any], names: set[str]) -> Iterator[Any]:
    """The values; in the place of a module that is a claim's, what is taken from it by name."""
    waiting, seen = [*values], set[str]()
    while waiting:
        value = waiting.pop()
        if not isinstance(value, ModuleType):
            yield value
        elif value.__name__ not in seen and _is_of_claims(value.__name__):
            seen.add(value.__name__)  # modules may name each other
            waiting += [vars(value)[name] for name in names & vars(value).keys()]


def _steps(code: CodeType) -> Iterator[tuple[dis.Instruction, int]]:
    """The instructions of a code, and their lines; but for those that pytest put into an assert."""
    line, before = code.co_firstlineno, ""
    for step in dis.get_instructions(code):
        line = getattr(step.positions, "lineno", None) or line
        name = str(step.argval)
        if not (before.startswith("@py") or name.startswith("@py")):  # no name in Python does
            yield step, line
        before = name


def _is_of_claims(module: str | None) -> bool:
    """True for modules whose code is that of claims: not of this package, nor of a library."""
    return (module or "").partition(".")[0] not in _FOREIGN


def _closed(step: dis.Instruction, names: dict[str, Any]) -> str | None:
    """What an instruction names and may not, in words."""
    name = step.argval
    if step.opname in _ATTRIBUTES:
        is_closed = name.startswith("_") or name in _OF_NUMBERS | _REFLECTION
        return f".{name}" if is_closed else None
    if step.opname == "IMPORT_NAME":
        return f"the module {name}" if name.startswith(_MODULES) else None
    if step.opname == "IMPORT_FROM":
        return str(name) if name in _OF_NUMBERS | _REFLECTION else None
    if step.opname in _GLOBALS:
        is_closed = name in _REFLECTION or any(map(_is_closed, _inside([names.get(name)])))
        return str(name) if is_closed else None
    return "a class pattern" if step.opname == "MATCH_CLASS" else None


def _is_closed(value: Any) -> bool:
    """True for what the modules have, and for functions of Python that take an attribute's name."""
    home = _home(value)
    is_python = home.partition(".")[0].lstrip("_") in sys.stdlib_module_names | {"builtins"}
    return home.startswith(_MODULES) or (is_python and _name(value) in _REFLECTION)


def _name(value: Any) -> str:
    return str(getattr(value, "__name__", type(value).__name__))


def _inside(values: list[Any]) -> Iterator[Any]:
    """The values, and those in tables and partial functions among them."""
    for value in values:
        yield value
        if isinstance(value, (list, tuple, set, dict, functools.partial)):
            yield from _parts(value)


def _home(value: Any) -> str:
    """The module of a function or a class, or the name of a module."""
    if isinstance(value, ModuleType):
        return value.__name__
    return str(getattr(value, "__module__", None) or "") if callable(value) else ""


def _parts(value: Any) -> list[Any]:
    """The functions that belong to something that is none itself, if its code is a claim's."""
    if isinstance(value, (list, tuple, set)):
        return list(value)
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    if inspect.ismethod(value):
        return [value.__func__]
    home = value if isinstance(value, type) else type(value)
    if not _is_of_claims(home.__module__):
        return [value.__wrapped__] if hasattr(value, "__wrapped__") else []
    own = [] if home is value else list(getattr(value, "__dict__", {}).values())
    return own + [part for kind in home.__mro__ for part in _methods(kind)]


def _methods(kind: type) -> list[FunctionType]:
    """The functions in a class of a claim, but for those that `dataclass` wrote."""
    if not _is_of_claims(kind.__module__):
        return []
    found = [
        part.__func__ if isinstance(part, (classmethod, staticmethod)) else part
        for part in vars(kind).values()
    ]
    found += [part.fget for part in found if isinstance(part, property)]
    return [
        part for part in found if isinstance(part, FunctionType) and not _is_written(kind, part)
    ]


def _is_written(kind: type, function: FunctionType) -> bool:
    if not dataclasses.is_dataclass(kind):
        return False
    code = getattr(inspect.unwrap(function), "__code__", None)
    return code is not None and code.co_filename == "<string>"


def _given(function: FunctionType) -> list[Any]:
    """What a function was given by others: the cells of its closure, its defaults, the wrapped."""
    cells = [cell.cell_contents for cell in function.__closure__ or () if _is_full(cell)]
    keywords = (function.__kwdefaults__ or {}).values()
    wrapped = [function.__wrapped__] if hasattr(function, "__wrapped__") else []
    return [*cells, *(function.__defaults__ or ()), *keywords, *wrapped]


def _is_full(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A code and those inside it."""
    yield code
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield from _codes(value)
