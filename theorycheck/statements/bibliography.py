"""Entries of a bibliography, by which a claim names the works that it is from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """An entry of a bibliography, and the authors by which a claim's source names it.

    Attributes:
        key: Its key in BibTeX.
        kind: The kind of entry, such as "article".
        named: The authors, as a sentence names them.
        fields: The fields of the entry.

    Example:
        >>> str(Reference("me2026", "misc", "Me", {"year": "2026"}))
        'Me (2026)'
    """

    key: str
    kind: str
    named: str
    fields: dict[str, str]

    def __str__(self) -> str:
        year = self.fields.get("year")
        return f"{self.named} ({year})" if year else self.named

    def bibtex(self) -> str:
        """Return the entry as BibTeX."""
        lines = [f"  {name} = {{{value}}}," for name, value in self.fields.items()]
        return "\n".join([f"@{self.kind}{{{self.key},", *lines, "}"])
