"""One page per claim: statement, reason, hypotheses, controls, source, and its last verdicts."""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

import theorycheck as tc
from theorycheck.claims.sources import references
from theorycheck.report.formulas import prose, statement

REPORTS = Path(__file__).parents[2] / "reports"
GROUPS = {
    "A": "Identities",
    "B": "Descent",
    "C": "Bounds at a point",
    "D": "Rates and limits",
    "E": "What is and is not monotone",
    "F": "Bad local regions",
    "G": "Two components",
    "H": "Landscapes",
}
KINDS = {
    "inequality": "the margin is never negative",
    "identity": "the residual is zero",
    "existence": "some case has a positive margin; one certified witness proves it",
    "constant": "some constant above zero serves all cases; the smallest that a case implies "
    "is recorded",
}


def pages() -> dict[str, str]:
    """Every generated page: its path in the site, and its Markdown."""
    claims = tc.claims.all()
    return {"claims/index.md": _index(claims)} | {
        f"claims/{claim.id}.md": "\n\n".join(_page(claim)) + "\n" for claim in claims
    }


def navigation() -> list[Any]:
    """The pages of the claims for the site's navigation, by group."""
    claims = tc.claims.all()
    groups: list[Any] = [
        {f"{letter}. {title}": [f"claims/{c.id}.md" for c in claims if c.group == letter]}
        for letter, title in GROUPS.items()
    ]
    return ["claims/index.md", *groups]


def _index(claims: list[tc.Claim]) -> str:
    parts = [
        "# Claims",
        f"The {len(claims)} statements that this package checks, by the groups of the "
        "[theory](../theory.md). Verdict and evidence are those of the "
        "reference run; what they mean is in the [glossary](../glossary.md).",
    ]
    for letter, title in GROUPS.items():
        rows = [
            f"| [{claim.id}]({claim.id}.md) | {claim.origin} | {_verdict(_last(claim.id))} |"
            for claim in claims
            if claim.group == letter
        ]
        table = ["| claim | origin | last verdict |", "| --- | --- | --- |", *rows]
        parts += [f"## {letter}. {title}", "\n".join(table)]
    return "\n\n".join(parts) + "\n"


def _page(claim: tc.Claim) -> Iterator[str]:
    """The parts of one claim's page."""
    yield f"# {claim.id}"
    yield f'<div class="statement">{statement(claim.statement)}</div>'
    yield from _paragraphs(claim.description)
    yield "## What is claimed"
    yield "\n".join(_facts(claim))
    yield "## Controls"
    yield (
        "False neighbours of the claim. A run that does not refute them had no power here."
        if claim.controls
        else "This claim has no control."
    )
    yield "\n".join(f"- `{c.id}`: {prose(c.statement)}" for c in claim.controls)
    yield "## Last verdicts"
    yield "\n".join(_verdicts(claim))
    yield "## As it is checked"
    yield f"```python\n{textwrap.dedent(inspect.getsource(claim.function)).strip()}\n```"
    yield (
        "The names that `at` offers are in [Write a lemma](../how-to.md#-write-a-lemma). "
        "At a case of your own:"
    )
    yield f"```sh\ntheorycheck show {claim.id}\ntheorycheck check {claim.id} --case case.json\n```"
    yield "## Source"
    yield f"{_prose(claim.source)}." if claim.source else "None beside the theory of this package."
    yield "\n\n".join(f"```bibtex\n{entry.bibtex()}\n```" for entry in references(claim))


def _paragraphs(text: str) -> Iterator[str]:
    """The paragraphs of a docstring; its formulae are plain text and stay so."""
    for paragraph in text.split("\n\n"):
        if paragraph.startswith("    "):
            yield f"<pre>{escape(textwrap.dedent(paragraph))}</pre>"
        else:
            yield f"<p>{_prose(paragraph)}</p>"


def _prose(text: str) -> Markup:
    return prose(" ".join(text.split()))


def _facts(claim: tc.Claim) -> Iterator[str]:
    group = f"{claim.group}. {GROUPS[claim.group]}"
    yield f"- **Kind:** {claim.kind}: {KINDS[claim.kind]}."
    yield f"- **Hypotheses:** {prose(claim.domain.in_words(claim.inputs))}."
    yield f"- **Origin:** {claim.origin}, group {group} of the [theory](../theory.md#3-claims)."
    if claim.sharp_when:
        yield f"- **Sharp:** {prose(claim.sharp_when)}."
    if claim.compared:
        elsewhere, here, limit = (prose(words) for words in claim.compared)
        yield f"- **In the literature:** {elsewhere}; **here:** {here}; **best possible:** {limit}."
    if claim.certificate:
        yield f"- **What a certificate covers:** {prose(claim.certificate)}."


def _verdicts(claim: tc.Claim) -> Iterator[str]:
    """The verdict of the reference report in detail, and that of the baseline."""
    report, entry = _report("reference/report.json"), _last(claim.id)
    if not entry:
        yield "The reference run did not have this claim."
        return
    cases = entry["cases"]
    killed = sum(control["verdict"] == "refuted" for control in entry["controls"])
    yield f"- **Verdict:** {_verdict(entry)}."
    yield (
        f"- **Cases:** {cases['in_domain']:,} inside the hypotheses, {cases['certified']:,} "
        f"certified, {cases['tight']:,} tight, {cases['undecided']:,} undecided; "
        f"{cases['attacked']:,} evaluations of the attack."
    )
    if entry["margin"] is not None:
        yield f"- **Smallest margin:** {entry['margin']:.6g}."
    if constant := (entry["constant"] or {}).get("value"):
        yield f"- **Smallest implied constant:** {constant:.6g}."
    yield f"- **Controls refuted:** {killed} of {len(entry['controls'])}."
    yield (
        f"- **Run:** profile {report['profile']}, seed {report['seed']}, version "
        f"{report['version']}, {report['started'][:10]} (`reports/reference/report.html`)."
    )
    held = _entries("baseline.json").get(claim.id)
    if held:
        profile = _report("baseline.json")["profile"]
        yield f"- **Baseline:** {_verdict(held)}, profile {profile} (`reports/baseline.json`)."


def _verdict(entry: dict[str, Any] | None) -> str:
    return f"{entry['verdict']}, {entry['evidence']}" if entry else "not in the reference run"


def _last(id: str) -> dict[str, Any] | None:
    return _entries("reference/report.json").get(id)


@cache
def _report(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((REPORTS / name).read_text(encoding="utf-8"))
    return found


@cache
def _entries(name: str) -> dict[str, dict[str, Any]]:
    return {entry["id"]: entry for entry in _report(name)["claims"]}
