"""The verdicts in a few words: the tally, the scope, what must not be overlooked, a job summary."""

from __future__ import annotations

import re
from typing import Any

from theorycheck.report.values import Report, completed, duration, number

VERDICTS = ("refuted", "undecided", "supported", "proved")
EVIDENCE = ("certified", "tight", "oracle", "floating", "none")
MEANINGS = {
    "proved": "an existence claim with a witness whose strict inequality is certified",
    "supported": "no certified violation was found among the cases inside the hypotheses",
    "undecided": "neither a violation nor enough support could be shown",
    "refuted": "ball arithmetic certifies a counterexample",
    "certified": "decided by ball arithmetic, every rounding and truncation error enclosed",
    "tight": "equality to 30 digits, whose sign no precision that was tried could tell",
    "oracle": "agrees with an independent computation of the definition",
    "floating": "seen in floating point only",
    "none": "nothing was decided",
}


def tally(report: Report) -> dict[str, int]:
    """How many claims have each verdict, the worst first."""
    verdicts = [claim["verdict"] for claim in report["claims"]]
    return {verdict: verdicts.count(verdict) for verdict in VERDICTS}


def killed(claim: dict[str, Any]) -> int:
    """How many of a claim's controls were refuted."""
    return sum(control["verdict"] == "refuted" for control in claim["controls"])


def plural(count: int, one: str, many: str = "") -> str:
    """A count and its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def looked_at(cases: dict[str, int]) -> int:
    """How many cases were evaluated at all: where only balls see a margin, not every one is."""
    return sum(cases[name] for name in ("certified", "tight", "floating", "undecided"))


def scope(report: Report) -> str:
    """What the verdicts rest on, in one honest sentence."""
    supported = [claim for claim in report["claims"] if claim["verdict"] == "supported"]
    if not supported:
        return "No claim is supported by this run."
    inside = sum(looked_at(claim["cases"]) for claim in supported)
    certified = sum(claim["cases"]["certified"] for claim in supported)
    return (
        f"“Supported” means that no certified violation was found: for the "
        f"{plural(len(supported), 'claim')} so marked, {plural(inside, 'check')} inside the "
        f"hypotheses were evaluated, ball arithmetic certified {certified:,} of them, and the "
        "others are weaker evidence, so this is support and not a proof."
    )


def alarms(report: Report) -> dict[str, list[Any]]:
    """What a reader must not overlook: refuted claims, surviving controls, vacuous passes."""
    claims = report["claims"]
    survivors = [
        (claim, control)
        for claim in claims
        for control in claim["controls"]
        if control["verdict"] != "refuted"
    ]
    return {
        "refuted": [claim for claim in claims if claim["verdict"] == "refuted"],
        "survived": survivors,
        "vacuous": [
            claim
            for claim in claims
            if claim["verdict"] == "supported" and not claim["cases"]["in_domain"]
        ],
    }


def summary_markdown(report: Report) -> str:
    """The verdicts as Markdown, for the summary page of a continuous integration job."""
    report = completed(report)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in tally(report).items() if count)
    lines = [f"## theorycheck: {counts or 'no claim checked'}", "", scope(report), ""]
    lines += [*_warnings(report), *_table(report)]
    run = f"Profile {_cell(report['profile'])}, seed {_cell(report['seed'])}"
    lines += ["", f"{run}, {duration(report['seconds'])}, version {_cell(report['version'])}."]
    return "\n".join(lines) + "\n"


def _warnings(report: Report) -> list[str]:
    found = alarms(report)
    lines = []
    if halt := report["interrupted"]:
        lines.append(f"> **Interrupted:** {halt['done']} of {halt['total']} tasks were done")
    lines += [f"> **Refuted:** {_cell(claim['id'])}" for claim in found["refuted"]]
    lines += [
        f"> **The check had no power here:** the control {_cell(control['id'])} of "
        f"{_cell(claim['id'])} survived"
        for claim, control in found["survived"]
    ]
    lines += [
        f"> **Vacuous:** no case met the hypotheses of {_cell(claim['id'])}"
        for claim in found["vacuous"]
    ]
    return [part for line in lines for part in (line, "")]


def _table(report: Report) -> list[str]:
    rows = [
        "| Claim | Verdict | Evidence | Worst margin | In domain | Certified | Controls killed |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for claim in sorted(report["claims"], key=lambda claim: _rank(claim["verdict"])):
        cases, controls = claim["cases"], claim["controls"]
        cells = (
            _cell(claim["id"]),
            _cell(claim["verdict"]),
            _cell(claim["evidence"]),
            number(claim["margin"]) if claim["margin"] is not None else "–",
            f"{cases['in_domain']:,}",
            f"{cases['certified']:,}",
            f"{killed(claim)}/{len(controls)}" if controls else "none",
        )
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return rows


def _rank(verdict: str) -> int:
    return VERDICTS.index(verdict) if verdict in VERDICTS else len(VERDICTS)


def _cell(text: object) -> str:
    """Any text as text: every character that Markdown or HTML could read becomes an entity."""
    return re.sub(r"[^A-Za-z0-9 -]", lambda match: f"&#{ord(match[0])};", str(text))
