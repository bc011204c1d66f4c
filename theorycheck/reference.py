"""The reference in docs, made from docstrings by `python -m theorycheck.reference`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import click

import theorycheck
from theorycheck import strategies, testing
from theorycheck.cli import main

INTRODUCTION = """# Reference

Made from docstrings by `python -m theorycheck.reference > docs/reference.md`; do not edit.
The names of `theorycheck` are stable; so are the fields of a case file and of report.json.
"""


def reference() -> str:
    """The whole page, in Markdown."""
    parts = [INTRODUCTION, "## `import theorycheck as tc`\n"]
    for name in dir(theorycheck):
        value = getattr(theorycheck, name)
        if not isinstance(value, str):
            parts += _described(f"tc.{name}", value)
    for module, names in (
        (testing, ("assert_holds", "holds", "claim_tests")),
        (strategies, ("mixtures", "cases", "cases_of", "regimes")),
    ):
        parts.append(f"## `{module.__name__}`\n\n{_text(module)}\n")
        for name in names:
            parts += _described(name, getattr(module, name))
    parts.append("## Command line\n")
    parts += _verbs(main)
    return "\n".join(parts)


def _described(name: str, value: Any) -> Iterator[str]:
    """Heading, signature and docstring of one name, then the members of a class."""
    yield f"### `{name}`\n"
    if isinstance(value, ModuleType):
        yield f"{_text(value)}\n"
        return
    if callable(value) and not _is_error(value):
        yield f"```text\n{name.split('.')[-1]}{_signature(value)}\n```\n"
    yield f"{_text(value)}\n"
    if inspect.isclass(value) and not _is_error(value):
        for member, found in vars(value).items():
            text = _text(found.__func__ if isinstance(found, classmethod) else found)
            if not member.startswith("_") and text and (callable(found) or _is_descriptor(found)):
                yield f"- `.{member}`: {' '.join(text.split())}"
        yield ""


def _is_descriptor(value: Any) -> bool:
    return isinstance(value, (property, classmethod))


def _is_error(value: Any) -> bool:
    return inspect.isclass(value) and issubclass(value, BaseException)


def _signature(value: Any) -> str:
    try:
        return re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(value)))
    except ValueError:
        return "(...)"


def _text(value: Any) -> str:
    """A docstring; the example of a doctest becomes a block of code."""
    lines = (inspect.getdoc(value) or "").splitlines()
    start = next((k for k, line in enumerate(lines) if line.startswith(">>>")), len(lines))
    example = "\n".join(lines[start:])
    text = "\n".join(lines[:start]).strip()
    return f"{text}\n\n```text\n{example}\n```" if example else text


def _verbs(group: click.Group) -> Iterator[str]:
    program = click.Context(group, info_name="theorycheck", **group.context_settings)
    for name, verb in sorted(group.commands.items()):
        context = verb.make_context(name, [], program, resilient_parsing=True, max_content_width=96)
        yield f"### `theorycheck {name}`\n\n```text\n{context.get_help()}\n```\n"


if __name__ == "__main__":
    print(reference(), end="")
