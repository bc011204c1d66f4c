"""`theorycheck check`: decide one claim at one case."""

from __future__ import annotations

import sys
from typing import Any

import click

from theorycheck import claims as registry
from theorycheck import exit_codes
from theorycheck.arithmetic.budget import work_limit
from theorycheck.cli.shared.claim_options import CLAIM, CLAIMS, prints_to_stderr
from theorycheck.cli.shared.common import (
    CASE,
    JSON,
    echo_json,
    echo_prose,
    effort_option,
    read_case,
)
from theorycheck.errors import TheoryCheckError
from theorycheck.inputs.case import Case
from theorycheck.report.figures.gallery import run_from
from theorycheck.report.why import lines, run_lines
from theorycheck.statements.claim import Claim
from theorycheck.statements.explanation import explain as explained
from theorycheck.statements.verdicts import Holds, Refuted, Verdict


@click.command()
@CLAIM
@CASE
@effort_option(5.0)
@click.option("--explain", is_flag=True, help="Show the two sides, where, and the case in numbers.")
@CLAIMS
@JSON
def check(
    claim: str,
    case_file: str,
    effort: float,
    explain: bool,
    claims_file: str | None,
    as_json: bool,
) -> None:
    """Decide one claim at one case, with ball arithmetic.

    The conclusion of the statement is decided; whether the case meets the hypotheses is said too.

    Example: theorycheck check loss-upper --case case.json --explain
    """
    with prints_to_stderr():
        found = registry.find(claim, claims_file)
    case = read_case(case_file)
    with prints_to_stderr(), work_limit(effort):
        verdict = found.check(case)
        is_inside = found.domain.contains(case)
        why = _why(found, case) if explain or as_json else None
    if as_json:
        echo_json({**_answer(found, verdict, is_inside), "why": why})
    else:
        _print_answer(found, verdict, is_inside)
        if explain:
            for line in lines(why, isinstance(verdict, Refuted)) if why else [_NOTHING]:
                echo_prose(line, "  ")
            if "step_size" in found.inputs and (run := run_from(case)) is not None:
                for line in run_lines(run):
                    click.echo(f"  {line}")
    sys.exit(exit_codes.of_verdict(_name(verdict)))


_NOTHING = "no ball arithmetic evaluated the claim here, so there are no sides to show"


def _why(claim: Claim, case: Case) -> dict[str, Any] | None:
    """The sides at a case; None where the work for them is more than the case is given."""
    try:
        found = explained(claim, case)
    except TheoryCheckError:
        return None
    return None if found is None else found.to_dict()


def _name(verdict: Verdict) -> str:
    return type(verdict).__name__.lower()


def _answer(claim: Claim, verdict: Verdict, is_inside: bool) -> dict[str, Any]:
    """The verdict as plain data."""
    decided = verdict if isinstance(verdict, (Holds, Refuted)) else None
    return {
        "verdict": _name(verdict),
        "evidence": "none" if decided is None else decided.evidence,
        "margin": None if decided is None else decided.margin,
        "reason": getattr(verdict, "reason", ""),
        "in_domain": is_inside,
        "claim": claim.id,
        "certificate": claim.certificate,
    }


def _print_answer(claim: Claim, verdict: Verdict, is_inside: bool) -> None:
    """The verdict in words."""
    name = _name(verdict)
    if isinstance(verdict, (Holds, Refuted)):
        click.echo(f"{claim.id}: {name} ({verdict.evidence}), margin {verdict.margin:.6g}")
        if verdict.evidence == "certified" and claim.certificate:
            echo_prose(f"certified is: {claim.certificate}")
    else:
        echo_prose(f"{claim.id}: {name}: {verdict.reason}")
    if not is_inside:
        hypotheses = claim.domain.in_words(claim.inputs)
        echo_prose(f"the case is outside the hypotheses of the claim ({hypotheses})")
