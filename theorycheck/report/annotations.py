"""Annotations of a GitHub job: a line that marks what is wrong at its place in a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from theorycheck import claims as registry
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
        place = _place(claim["id"], claims_file)
        if claim["verdict"] == ClaimVerdict.REFUTED:
            yield annotation("error", f"{claim['id']} is refuted", told(claim, claims_file), place)
        elif claim["verdict"] == ClaimVerdict.UNDECIDED:
            title = f"{claim['id']} is undecided"
            yield annotation("warning", title, why_undecided(claim), place)
        for control in claim["controls"]:
            if control["verdict"] == Fate.SURVIVED:
                title = f"the control {control['id']} survived"
                text = f"the check of {claim['id']} has no power there"
                yield annotation("error", title, text, place)


def told(claim: dict[str, Any], claims_file: str | None) -> str:
    """The counterexample of a claim: the case, both sides, and the command that checks it."""
    found = claim["counterexample"]
    lines = [f"counterexample: {case_json(found['case'])}", f"margin at most {found['margin']:.6g}"]
    lines += why.lines(claim["why"]) if claim.get("why") else []
    reader = check_command(claim["id"], claims_file)
    return "\n".join([*lines, f"next: {piped(found['case'], reader)}"])


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


def _place(claim: str, claims_file: str | None) -> dict[str, str]:
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
