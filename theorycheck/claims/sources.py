"""BibTeX for the sources that claims name: only what the theory states, no page numbers."""

from __future__ import annotations

from dataclasses import dataclass

from theorycheck._version import __version__
from theorycheck.statements.claim import Claim


@dataclass(frozen=True)
class Reference:
    """An entry of a bibliography, and the words by which a claim's source names it."""

    key: str
    kind: str
    named: str
    fields: dict[str, str]

    def bibtex(self) -> str:
        """The entry as BibTeX."""
        lines = [f"  {name} = {{{value}}}," for name, value in self.fields.items()]
        return "\n".join([f"@{self.kind}{{{self.key},", *lines, "}"])


REFERENCES = (
    Reference(
        "xu2024toward",
        "inproceedings",
        "Xu, Fazel and Du",
        {
            "author": "Xu, W. and Fazel, M. and Du, S. S.",
            "title": "Toward Global Convergence of Gradient {EM} for Over-Parameterized "
            "{Gaussian} Mixture Models",
            "booktitle": "NeurIPS",
            "year": "2024",
            "eprint": "2407.00490",
            "archiveprefix": "arXiv",
        },
    ),
    Reference(
        "dempster1977",
        "misc",
        "Dempster, Laird and Rubin",
        {"author": "Dempster and Laird and Rubin", "year": "1977"},
    ),
    Reference(
        "daskalakis2017",
        "misc",
        "Daskalakis",
        {"author": "Daskalakis and Tzamos and Zampetakis", "year": "2017"},
    ),
    Reference("dwivedi2020", "misc", "Dwivedi", {"author": "Dwivedi and others", "year": "2020"}),
    Reference("jin2016", "misc", "Jin et al.", {"author": "Jin and others", "year": "2016"}),
    Reference(
        "chen2021",
        "misc",
        "Chen, Chewi and Niles-Weed",
        {"author": "Chen and Chewi and Niles-Weed", "year": "2021"},
    ),
    Reference(
        "donsker1975",
        "misc",
        "Donsker and Varadhan",
        {"author": "Donsker and Varadhan", "year": "1975"},
    ),
    Reference(
        "arxiv2605.30936",
        "misc",
        "arXiv 2605.30936",
        {"eprint": "2605.30936", "archiveprefix": "arXiv"},
    ),
    Reference(
        "trefethen2014",
        "article",
        "Trefethen and Weideman",
        {"author": "Trefethen and Weideman", "journal": "SIAM Review", "year": "2014"},
    ),
)
SOFTWARE = Reference(
    "theorycheck",
    "software",
    "",
    {"author": "{The theorycheck authors}", "title": "theorycheck", "version": __version__},
)
NOTICE = "% Only what the theory of this package states; complete an entry before you use it."


def references(claim: Claim) -> list[Reference]:
    """The works that a claim's source names; this software, where the statement is its own."""
    found = [reference for reference in REFERENCES if reference.named in claim.source]
    is_own = claim.origin in ("own", "conjecture") or "own" in claim.source.split()
    return [*found, SOFTWARE] if is_own or not found else found


def bibliography(entries: list[Reference]) -> str:
    """The entries as one BibTeX file."""
    return "\n\n".join([NOTICE, *(entry.bibtex() for entry in entries)])
