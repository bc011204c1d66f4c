"""The verdicts in short: the tally, the scope, the alarms, and a summary in Markdown."""

from __future__ import annotations

import re
from typing import Any

from theorycheck.report.values import Report, completed, duration, number
from theorycheck.statements.verdicts import CaseVerdict, ClaimVerdict, Evidence, Fate

VERDICTS = tuple(ClaimVerdict)
EVIDENCE = tuple(Evidence)
MEANINGS = {
    ClaimVerdict.PROVED: "an existence claim with a witness whose strict inequality is certified",
    ClaimVerdict.SUPPORTED: "no certified violation was found among the cases inside "
    "the hypotheses",
    ClaimVerdict.UNDECIDED: "neither a violation nor enough support could be shown",
    ClaimVerdict.REFUTED: "ball arithmetic certifies a counterexample",
    Evidence.CERTIFIED: "decided by ball arithmetic, every rounding and truncation error enclosed",
    Evidence.TIGHT: "equality to 30 digits, whose sign no precision that was tried could tell",
    Evidence.FLOATING: "seen in floating point only",
    Evidence.NONE: "nothing was decided",
}


def tally(report: Report) -> dict[str, int]:
    """The number of claims with each verdict, the worst first."""
    verdicts = [claim["verdict"] for claim in report["claims"]]
    return {verdict: verdicts.count(verdict) for verdict in VERDICTS}


def killed(claim: dict[str, Any]) -> int:
    """The number of a claim's controls that were refuted."""
    return sum(control["verdict"] == Fate.REFUTED for control in claim["controls"])


def plural(count: int, one: str, many: str = "") -> str:
    """A count and its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


EVALUATED = (
    *(CaseVerdict.CERTIFIED, CaseVerdict.TIGHT),
    *(CaseVerdict.FLOATING, CaseVerdict.UNDECIDED),
)


def looked_at(cases: dict[str, int]) -> int:
    """The number of cases that were evaluated: not all, where only balls see a margin."""
    return sum(cases[name] for name in EVALUATED)


def scope(report: Report) -> str:
    """One sentence on what the verdicts rest on."""
    supported = [claim for claim in report["claims"] if claim["verdict"] == ClaimVerdict.SUPPORTED]
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
    """Refuted claims, controls that were not refuted, and claims supported by no case at all."""
    claims = report["claims"]
    survivors = [
        (claim, control)
        for claim in claims
        for control in claim["controls"]
        if control["verdict"] != Fate.REFUTED
    ]
    return {
        "refuted": [claim for claim in claims if claim["verdict"] == ClaimVerdict.REFUTED],
        "survived": survivors,
        "vacuous": [
            claim
            for claim in claims
            if claim["verdict"] == ClaimVerdict.SUPPORTED and not claim["cases"]["in_domain"]
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
