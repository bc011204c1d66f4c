"""Annotations of a GitHub job: a line that marks what is wrong at its place in a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from theorycheck import claims as registry
from theorycheck._version import __version__
from theorycheck.errors import TheoryCheckError
from theorycheck.report import why
from theorycheck.report.commands import check_command, piped
from theorycheck.report.summary import why_undecided
from theorycheck.report.values import case_json
from theorycheck.statements.verdicts import ClaimVerdict, Fate


def is_asked() -> bool:
    """True in a job of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def marked(claims: Iterable[dict[str, Any]], claims_file: str | None) -> Iterator[str]:
    """The annotations of the claims of a report; none outside of a job."""
    for claim in claims if is_asked() else ():
        place = declared(claim["id"], claims_file)
        for _, level, text in _wrong(claim, claims_file):
            title, _, rest = text.partition("\n") if "\n" in text else text.partition(": ")
            yield annotation(level, title, rest, place)


def told(claim: dict[str, Any], claims_file: str | None) -> str:
    """The counterexample of a claim: the case, both sides, and the command that checks it."""
    found = claim["counterexample"]
    lines = [f"counterexample: {case_json(found['case'])}", f"margin at most {found['margin']:.6g}"]
    lines += why.lines(claim["why"]) if claim.get("why") else []
    reader = check_command(claim["id"], claims_file)
    return "\n".join([*lines, f"next: {piped(found['case'], reader)}"])


_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(claims: Iterable[dict[str, Any]], claims_file: str | None) -> dict[str, Any]:
    """The same as a log in SARIF 2.1.0, which code hosts and editors read."""
    results = [
        {
            "ruleId": rule,
            "level": level,
            "message": {"text": text},
            "locations": [_located(declared(claim["id"], claims_file))],
        }
        for claim in claims
        for rule, level, text in _wrong(claim, claims_file)
    ]
    rules = [{"id": rule} for rule in dict.fromkeys(result["ruleId"] for result in results)]
    driver = {"name": "theorycheck", "version": __version__, "rules": rules}
    return {
        "$schema": _SARIF,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }


def _wrong(claim: dict[str, Any], claims_file: str | None) -> Iterator[tuple[str, str, str]]:
    """What is wrong with a claim: id, level and text, whose first part is a title."""
    name = claim["id"]
    if claim["verdict"] == ClaimVerdict.REFUTED:
        yield name, "error", f"{name} is refuted\n{told(claim, claims_file)}"
    elif claim["verdict"] == ClaimVerdict.UNDECIDED:
        yield name, "warning", f"{name} is undecided: {why_undecided(claim)}"
    for control in claim["controls"]:
        if control["verdict"] == Fate.SURVIVED:
            text = f"the control {control['id']} survived: the check of {name} has no power there"
            yield control["id"], "error", text


def _located(place: dict[str, str]) -> dict[str, Any]:
    """A place as SARIF has it; a claim of the package is in no file of the user's."""
    where: dict[str, Any] = {"artifactLocation": {"uri": place.get("file", "pyproject.toml")}}
    where["region"] = {"startLine": int(place.get("line", "1"))}
    return {"physicalLocation": where}


def annotation(
    level: str,
    title: str,
    text: str,
    place: dict[str, str] | None = None,
) -> str:
    """One annotation. level: "error" or "warning". place: file and line, where they are known."""
    place = place or {}
    marks = ",".join(
        f"{name}={_escaped(value)}" for name, value in {**place, "title": title}.items()
    )
    body = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::{level} {marks}::{body}"


def declared(claim: str, claims_file: str | None) -> dict[str, str]:
    """The file and the line that declare a claim, if it is in a file of claims."""
    if claims_file is None:
        return {}
    try:
        function = registry.find(claim, claims_file).function
    except TheoryCheckError:
        return {}
    code = getattr(function, "__code__", None)
    line = {"line": str(code.co_firstlineno)} if code is not None else {}
    return {"file": os.path.relpath(claims_file), **line}


def _escaped(text: str) -> str:
    for character, code in (("%", "%25"), ("\n", "%0A"), (":", "%3A"), (",", "%2C")):
        text = text.replace(character, code)
    return text
