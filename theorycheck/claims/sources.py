"""BibTeX for the sources that claims name: only what the theory states, no page numbers."""

from __future__ import annotations

from theorycheck._version import __version__
from theorycheck.statements.bibliography import Reference
from theorycheck.statements.claim import Claim

PAPER = Reference(
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
)
DEMPSTER = Reference(
    "dempster1977",
    "misc",
    "Dempster, Laird and Rubin",
    {"author": "Dempster and Laird and Rubin", "year": "1977"},
)
DASKALAKIS = Reference(
    "daskalakis2017",
    "misc",
    "Daskalakis",
    {"author": "Daskalakis and Tzamos and Zampetakis", "year": "2017"},
)
DWIVEDI = Reference(
    "dwivedi2020", "misc", "Dwivedi", {"author": "Dwivedi and others", "year": "2020"}
)
JIN = Reference("jin2016", "misc", "Jin et al.", {"author": "Jin and others", "year": "2016"})
CHEN = Reference(
    "chen2021",
    "misc",
    "Chen, Chewi and Niles-Weed",
    {"author": "Chen and Chewi and Niles-Weed", "year": "2021"},
)
DONSKER = Reference(
    "donsker1975",
    "misc",
    "Donsker and Varadhan",
    {"author": "Donsker and Varadhan", "year": "1975"},
)
POLYAK_STEPS = Reference(
    "arxiv2605.30936",
    "misc",
    "arXiv 2605.30936",
    {"eprint": "2605.30936", "archiveprefix": "arXiv"},
)
TREFETHEN = Reference(
    "trefethen2014",
    "article",
    "Trefethen and Weideman",
    {"author": "Trefethen and Weideman", "journal": "SIAM Review", "year": "2014"},
)
REN = Reference(
    "ren2021",
    "misc",
    "Ren et al.",
    {"author": "Ren and others", "year": "2021"},
)
FINITE_MIXTURES = Reference(
    "arxiv2610.07551",
    "misc",
    "arXiv 2610.07551",
    {"eprint": "2610.07551", "archiveprefix": "arXiv"},
)
CHEWI = Reference(
    "chewi2026",
    "book",
    "Chewi",
    {"author": "Chewi, S.", "title": "Log-Concave Sampling", "year": "2026"},
)
KWON = Reference(
    "kwon2019",
    "misc",
    "Kwon et al.",
    {
        "author": "Kwon, J. and Qian, W. and Caramanis, C. and Chen, Y. and Davis, D. and Ho, N.",
        "title": "Global Optimality of the {EM} Algorithm for Mixtures of Two Component Linear "
        "Regressions",
    },
)
REFERENCES = (
    PAPER,
    DEMPSTER,
    DASKALAKIS,
    DWIVEDI,
    JIN,
    CHEN,
    DONSKER,
    POLYAK_STEPS,
    TREFETHEN,
    REN,
    FINITE_MIXTURES,
    CHEWI,
    KWON,
)
SOFTWARE = Reference(
    "theorycheck",
    "software",
    "",
    {"author": "{The theorycheck authors}", "title": "theorycheck", "version": __version__},
)
NOTICE = "% Only what the theory of this package states; complete an entry before you use it."


def references(claim: Claim) -> list[Reference]:
    """Return the works that a claim is from; this software, where the statement is its own.

    A claim of a user's file may name a work in the words of its source only.
    """
    if claim.references:
        return list(claim.references)
    found = [reference for reference in REFERENCES if reference.named in claim.source]
    is_own = claim.origin in ("own", "conjecture") or "own" in claim.source.split()
    return [*found, SOFTWARE] if is_own or not found else found


def bibliography(entries: list[Reference]) -> str:
    """Return the entries as one BibTeX file."""
    return "\n\n".join([NOTICE, *(entry.bibtex() for entry in entries)])
