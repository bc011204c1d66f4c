"""The conclusion of a report: what it says of the paper, computed from its results alone."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from theorycheck.campaign.ranges import Ranges
from theorycheck.claims.sources import PAPER
from theorycheck.regions.proof import RegionVerdict
from theorycheck.report.summary import plural
from theorycheck.report.values import Report
from theorycheck.statements.verdicts import ClaimVerdict

HOLDING = (ClaimVerdict.SUPPORTED, ClaimVerdict.PROVED, ClaimVerdict.MEASURED)
_DECADE = 10
"""The slope of a curve is taken over its last factor of so much."""
_SMALL_STEP = "exponentially small"
"""How the source of a claim says that the paper needs a tiny step size."""


def paper(report: Report) -> dict[str, str] | None:
    """The paper that a report is about, for its head; None for a report about other claims."""
    if not of_paper(report):
        return None
    fields = {name: re.sub("[{}]", "", value) for name, value in PAPER.fields.items()}
    doi = f"10.48550/arXiv.{fields['eprint']}"
    return {
        **fields,
        "named": str(PAPER),
        "authors": fields["author"].replace(" and ", "; "),
        "arxiv": f"https://arxiv.org/abs/{fields['eprint']}",
        "doi": doi,
        "doi_link": f"https://doi.org/{doi}",
    }


def of_paper(report: Report) -> list[dict[str, Any]]:
    """The claims that state what the paper states."""
    return [claim for claim in report["claims"] if claim["origin"] == "paper"]


def difference(claim: dict[str, Any]) -> str:
    """How a claim differs from the statement of the paper, in the words of its source."""
    rest = str(claim["source"]).removeprefix(str(PAPER)).lstrip(" ,;:")
    if not rest:
        return "none"
    if rest == "recalled":
        return "recalled: the wording may differ"
    return rest.replace("recalled; ", "recalled; ", 1)


def sentences(report: Report) -> list[str]:
    """The conclusion, a sentence each."""
    return [*_of_paper(report), *_of_all(report), *_rate(report)]


def _of_paper(report: Report) -> Iterator[str]:
    claims = of_paper(report)
    if not claims:
        return
    held = [claim for claim in claims if claim["verdict"] in HOLDING]
    proved = [claim for claim in claims if claim["verdict"] == ClaimVerdict.PROVED]
    cases = sum(claim["cases"]["certified"] + claim["cases"]["tight"] for claim in held)
    witnesses = f", {len(proved)} of them by a certified witness" if proved else ""
    told = f"Of the {plural(len(claims), 'statement')} of {PAPER} that this run checked"
    if len(held) == len(claims):
        yield (
            f"{told}, all hold{witnesses}: {cases:,} of their cases were decided in ball "
            "arithmetic, and none fails."
        )
    else:
        yield f"{told}, {len(held)} hold{witnesses}."
    yield from _beyond(claims)


def _beyond(claims: list[dict[str, Any]]) -> Iterator[str]:
    """How far beyond the hypotheses of the paper its statements were searched."""
    searched = Ranges.union(Ranges(**c["searched"]) for c in claims if c["searched"])
    parts = [
        f"{ends[1]:.3g} {what}"
        for ends, what in ((searched.n, "components"), (searched.d, "dimensions"))
        if ends is not None
    ]
    tiny = [claim for claim in claims if _SMALL_STEP in claim["source"] and claim["searched"]]
    steps = Ranges.union(Ranges(**claim["searched"]) for claim in tiny).step_size
    if steps is not None:
        names = " and ".join(claim["id"] for claim in tiny)
        parts.append(
            f"step size {math.floor(1000 * steps[1]) / 1000:g} ({names}), where the paper asks "
            "for one exponentially small in $U(0)$"
        )
    if parts:
        yield f"They were searched up to {', '.join(parts)}."


def _of_all(report: Report) -> Iterator[str]:
    claims = report["claims"]
    refuted = [claim["id"] for claim in claims if claim["verdict"] == ClaimVerdict.REFUTED]
    undecided = [claim["id"] for claim in claims if claim["verdict"] == ClaimVerdict.UNDECIDED]
    if claims:
        told = f"{len(refuted)} refuted ({', '.join(refuted)})" if refuted else "none is refuted"
        more = f", {len(undecided)} undecided ({', '.join(undecided)})" if undecided else ""
        yield f"Of all {plural(len(claims), 'claim')} of this report {told}{more}."
    proved = [
        claim["id"]
        for claim in claims
        if any(region["verdict"] == RegionVerdict.PROVED for region in claim["regions"])
    ]
    if proved:
        verb = "is" if len(proved) == 1 else "are"
        yield (
            f"{plural(len(proved), 'claim')} {verb} proved for all mixtures of a region; the other "
            "support is a search, and no proof."
        )


def _rate(report: Report) -> Iterator[str]:
    """The loss against the paper's bound on it, where a figure has both."""
    figure = key_figure(report)
    if figure is None:
        return
    loss, bound = (_curve(figure, word) for word in ("L(t)", "paper"))
    if loss is None or bound is None:
        return
    last = min(loss[-1][0], bound[-1][0])
    apart = dict(bound)[last] / dict(loss)[last]
    yield (
        "On the trajectory of the figure, over its last factor of ten, the paper's bound falls "
        f"like $t^{{{_slope(bound):.2f}}}$ and the loss like $t^{{{_slope(loss):.2f}}}$: at "
        f"$t = {last:,.0f}$ the bound is {_size(apart)} times the loss, so far is it from tight."
    )
    sharper = _curve(figure, "rate-t2")
    if sharper is not None and sharper[-1][0] == last:
        apart = sharper[-1][1] / dict(loss)[last]
        yield (
            "The explicit bound of the true order, rate-t2, in the end falls like $t^{-2}$; there "
            f"it is {_size(apart)} times the loss."
        )


def key_figure(report: Report) -> dict[str, Any] | None:
    """The figure of the loss with the paper's bound; None if the report has none."""
    for figure in report["figures"]:
        if _curve(figure, "L(t)") and _curve(figure, "paper"):
            found: dict[str, Any] = figure
            return found
    return None


def _curve(figure: dict[str, Any], word: str) -> list[tuple[float, float]] | None:
    """The positive points of the curve whose label begins with a word."""
    for series in figure.get("series", []):
        if str(series["label"]).startswith(word):
            pairs = zip(series["x"], series["y"], strict=True)
            points = [(float(x), float(y)) for x, y in pairs if x > 0 and y is not None and y > 0]
            return points if len(points) > 1 and points[-1][0] > points[0][0] else None
    return None


def _slope(points: list[tuple[float, float]]) -> float:
    """The slope of a curve in logarithms over the last decade."""
    (end, last), start = points[-1], points[-1][0] / _DECADE
    begin, first = next((x, y) for x, y in points if x >= start and x < end)
    return math.log(last / first) / math.log(end / begin)


def _size(ratio: float) -> str:
    """A large ratio, rounded down to a leading digit and a power of ten."""
    power = math.floor(math.log10(ratio))
    if power < 3:
        return f"{ratio:.3g}"
    return rf"${math.floor(10 * ratio / 10**power) / 10:g} \times 10^{{{power}}}$"


def search_words(claim: dict[str, Any], title: str) -> str:
    """The text in which a reader's words are looked for, besides its row and its section."""
    formulae = re.sub(r"\\[td]?frac\s*\{?([^{}]+)\}?\s*\{([^{}]*)\}", r"\1/\2", claim["statement"])
    plain = re.sub(r"\\[a-zA-Z]+|[{}$\\]", " ", formulae)
    kinds = {"paper": "theorem lemma", "classical": "theorem"}.get(claim["origin"], "lemma")
    loss = "KL divergence" if re.search(r"(?<![A-Za-z\\])L(?![A-Za-z])", claim["statement"]) else ""
    name = claim["id"].replace("-over-", "/").replace("one", "1")
    parts = (name, claim["evidence"], claim["kind"], title, plain, kinds, loss)
    return " ".join(" ".join(parts).split())
