"""The verdicts in short: the tally, the scope, the alarms, and a summary in Markdown."""

from __future__ import annotations

import re
from typing import Any

from theorycheck.regions.proof import RegionVerdict
from theorycheck.report import why
from theorycheck.report.commands import check_command, piped
from theorycheck.report.values import Report, case_json, completed, duration, number
from theorycheck.statements.verdicts import ClaimVerdict, Evidence, Fate, Sign

VERDICTS = tuple(ClaimVerdict)
EVIDENCE = (Evidence.CERTIFIED, Evidence.TIGHT, Evidence.NONE)
MEANINGS = {
    ClaimVerdict.PROVED: "an existence claim with a witness whose strict inequality is certified",
    ClaimVerdict.SUPPORTED: "no violation was found, and ball arithmetic decided at least 99 % of "
    "the cases inside the hypotheses",
    ClaimVerdict.MEASURED: "the smallest value of a constant, for which the claim states no floor",
    ClaimVerdict.UNDECIDED: "neither a violation nor enough support could be shown",
    ClaimVerdict.REFUTED: "ball arithmetic certifies a counterexample",
    Evidence.CERTIFIED: "decided by ball arithmetic, every rounding and truncation error enclosed",
    Evidence.TIGHT: "equality to 30 digits, whose sign no precision that was tried could tell",
    Evidence.NONE: "nothing was decided",
}


def tally(report: Report) -> dict[str, int]:
    """The number of claims with each verdict, the worst first."""
    verdicts = [claim["verdict"] for claim in report["claims"]]
    return {verdict: verdicts.count(verdict) for verdict in VERDICTS}


def killed(claim: dict[str, Any]) -> int:
    """The number of a claim's controls that were refuted."""
    return sum(control["verdict"] == Fate.REFUTED for control in claim["controls"])


def fate_of_controls(claim: dict[str, Any]) -> str:
    """What became of a claim's controls, in words; those that were not run are told apart."""
    controls = claim["controls"]
    if not controls:
        return "no control"
    run = [control for control in controls if control["verdict"] != Fate.NOT_RUN]
    if not run:
        return "controls not run"
    missing = f" ({len(controls) - len(run)} not run)" if len(run) < len(controls) else ""
    return f"controls refuted {killed(claim)}/{len(run)}{missing}"


def plural(count: int, one: str, many: str = "") -> str:
    """A count and its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def counted(cases: dict[str, int]) -> str:
    """How the cases of a claim were decided, as "96 certified, 2 tight"."""
    names = ("certified", "tight", "undecided")
    parts = [f"{cases[name]:,} {name}" for name in names if cases.get(name)]
    return ", ".join(parts) or "none decided"


def why_undecided(claim: dict[str, Any]) -> str:
    """The reason why a claim, or the first of its undecided cases, is undecided; "" if none is."""
    reason: str = claim.get("reason") or ""
    if claim["cases"].get("undecided") and not reason:
        reason = next(iter(claim["undecided_reasons"]), "")
    return reason


def grade(found: dict[str, Any]) -> str:
    """The decision about one case: undecided, or the evidence for its sign."""
    is_open = found.get("sign") == Sign.UNKNOWN
    return str(ClaimVerdict.UNDECIDED if is_open else found.get("evidence", Evidence.NONE))


def scope(report: Report) -> str:
    """One sentence on what the verdicts rest on."""
    supported = [claim for claim in report["claims"] if claim["verdict"] == ClaimVerdict.SUPPORTED]
    if not supported:
        return "No claim is supported by this run."
    names = ("in_domain", "certified", "tight", "undecided")
    inside, certified, tight, undecided = (
        sum(claim["cases"][name] for claim in supported) for name in names
    )
    return (
        f"“Supported” means that no violation was found: for the "
        f"{plural(len(supported), 'claim')} so marked, {plural(inside, 'case')} inside the "
        f"hypotheses were put to ball arithmetic, which certified {certified:,} of them, found "
        f"{tight:,} to be equalities to 30 digits and left {undecided:,} undecided. This is "
        f"support and not a proof.{_proofs(supported)}{_agreement(report.get('oracle'))}"
    )


def _proofs(claims: list[dict[str, Any]]) -> str:
    """One more sentence on the claims that are proved on regions; "" if there are none."""
    proved = [
        claim
        for claim in claims
        if any(region["verdict"] == RegionVerdict.PROVED for region in claim["regions"])
    ]
    if not proved:
        return ""
    return (
        f" But {plural(len(proved), 'claim')} of these {'is' if len(proved) == 1 else 'are'} also "
        f"proved for all mixtures of a region, which is named with the claim."
    )


def _agreement(oracle: dict[str, Any] | None) -> str:
    """One more sentence on the oracle, with a space before it; "" if it was not asked."""
    if not oracle or not oracle["cases"]:
        return ""
    cases = plural(oracle["cases"], "case")
    if oracle["disagreements"]:
        return f" The oracle disagrees with it in {cases} that both computed."
    return (
        f" The independent oracle computed {cases} of this run a second time and agrees; the "
        f"largest distance is {oracle['worst']:.2g} of what both may err."
    )


def alarms(report: Report) -> dict[str, list[Any]]:
    """Refuted claims, surviving controls, claims without a case, disagreements of the oracle."""
    claims = report["claims"]
    survivors = [
        (claim, control)
        for claim in claims
        for control in claim["controls"]
        if control["verdict"] not in (Fate.REFUTED, Fate.NOT_RUN)
    ]
    return {
        "refuted": [claim for claim in claims if claim["verdict"] == ClaimVerdict.REFUTED],
        "survived": survivors,
        "vacuous": [
            claim
            for claim in claims
            if claim["verdict"] == ClaimVerdict.SUPPORTED and not claim["cases"]["in_domain"]
        ],
        "apart": (report.get("oracle") or {}).get("disagreements", []),
    }


def summary_markdown(report: Report) -> str:
    """The verdicts as Markdown, for the summary page of a continuous integration job."""
    report = completed(report)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in tally(report).items() if count)
    lines = [f"## theorycheck: {counts or 'no claim checked'}", "", scope(report), ""]
    lines += [*_warnings(report), *_table(report)]
    run = f"Profile {_cell(report['profile'])}, seed {_cell(report['seed'])}"
    lines += _open_claims(report)
    lines += ["", f"{run}, {duration(report['seconds'])}, version {_cell(report['version'])}."]
    return "\n".join(lines) + "\n"


def _warnings(report: Report) -> list[str]:
    found = alarms(report)
    lines = []
    if halt := report["interrupted"]:
        lines.append(f"> **Interrupted:** {halt['done']} of {halt['total']} tasks were done")
    lines += [
        f"> **Oracle and balls disagree** about {_cell(one['quantity'])} at "
        f"{_cell(case_json(one['case']))}"
        for one in found["apart"]
    ]
    lines += [_refuted(claim, report["claims_file"]) for claim in found["refuted"]]
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


def _refuted(claim: Report, claims_file: str | None) -> str:
    """A refuted claim with its counterexample, the two sides, and the command that checks it."""
    line = f"> **Refuted:** {_cell(claim['id'])}"
    if not (found := claim["counterexample"]):
        return line
    line += f" at {_cell(case_json(found['case']))}"
    if claim["why"]:
        line += f": {_cell(next(why.lines(claim['why'])))}"
    again = piped(found["case"], check_command(claim["id"], claims_file))
    return f"{line}. Again: {_cell(again)}"


def _table(report: Report) -> list[str]:
    rows = [
        "| Claim | Verdict | Worst margin | In domain | Certified | Tight | Undecided "
        "| Controls killed |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for claim in sorted(report["claims"], key=lambda claim: _rank(claim["verdict"])):
        cases, controls = claim["cases"], claim["controls"]
        cells = (
            _cell(claim["id"]),
            _cell(claim["verdict"]) + (" (from cache)" if claim["cached"] else ""),
            number(claim["margin"]) if claim["margin"] is not None else "–",
            *(f"{cases[name]:,}" for name in ("in_domain", "certified", "tight", "undecided")),
            fate_of_controls(claim).removeprefix("controls ").removeprefix("refuted ")
            if controls
            else "none",
        )
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return rows


def _open_claims(report: Report) -> list[str]:
    """The reasons of claims with undecided cases, as a list."""
    reasons = [(claim["id"], why_undecided(claim)) for claim in report["claims"]]
    items = [f"- {_cell(name)}: {_cell(reason)}" for name, reason in reasons if reason]
    return ["", "Undecided:", "", *items] if items else []


def _rank(verdict: str) -> int:
    return VERDICTS.index(verdict) if verdict in VERDICTS else len(VERDICTS)


def _cell(text: object) -> str:
    """Any text as text: every character that Markdown or HTML could read becomes an entity."""
    return re.sub(r"[^A-Za-z0-9 -]", lambda match: f"&#{ord(match[0])};", str(text))
