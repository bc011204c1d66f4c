"""A Markdown extension: a doctest in a docstring becomes a block of code, not a quotation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

BEFORE_FENCES = 100


class Doctests(Preprocessor):
    """Fences what stands between `>>>` and the next blank line, if nothing fences it yet."""

    def run(self, lines: list[str]) -> list[str]:
        """Return the lines with the fences."""
        return list(_fenced(lines))


def _fenced(lines: list[str]) -> Iterator[str]:
    indent: str | None = None
    is_code = False
    for line in [*lines, ""]:
        if re.match(r"\s*(```|~~~)", line):
            is_code = not is_code
        if indent is None and not is_code and (match := re.match(r"(\s*)>>> ", line)):
            indent = match[1]
            yield from ("", f"{indent}```pycon")
        elif indent is not None and not line.strip():
            yield f"{indent}```"
            indent = None
        yield line


class DoctestFences(Extension):
    """Adds `Doctests` to the preprocessors."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Register the preprocessor."""
        md.preprocessors.register(Doctests(md), "doctests", BEFORE_FENCES)
