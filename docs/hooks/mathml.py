"""A Markdown extension: `$formulae$`, and `$$formulae$$` on a line of their own, become MathML.

That is done when the site is built, so a page that is read loads nothing.
"""

from __future__ import annotations

import re

from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.util import AtomicString

from theorycheck.report.formulas import formula

# Before backslashes are read as escapes (180), after `code` (190), which is left as it is.
PRIORITY = 185


class Formula(InlineProcessor):
    """One formula; InvalidValue, which fails the build, if it cannot be typeset."""

    def __init__(self, pattern: str, md: Markdown, display: bool) -> None:
        super().__init__(pattern, md)
        self.display = display

    def handleMatch(  # type: ignore[override]
        self, match: re.Match[str], data: str
    ) -> tuple[AtomicString, int, int]:
        """Return the formula as raw HTML, which no other pattern touches."""
        mathml = str(formula(" ".join(match[1].split()), display=self.display))
        if self.display:
            mathml = f'<span class="display">{mathml}</span>'
        return AtomicString(self.md.htmlStash.store(mathml)), match.start(), match.end()


class MathML(Extension):
    """Adds `Formula` to the inline patterns."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Register the patterns, that of displayed formulae first."""
        display, inline = r"\$\$([^$]+)\$\$", r"(?<!\\)\$(?=\S)([^$]+?)\$"
        md.inlinePatterns.register(Formula(display, md, True), "display", PRIORITY + 1)
        md.inlinePatterns.register(Formula(inline, md, False), "inline", PRIORITY)
