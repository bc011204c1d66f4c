"""`theorycheck attack`: search for the case at which one claim is closest to failing."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import click

from theorycheck import exit_codes
from theorycheck.cli.shared.claim_options import CLAIM, CLAIMS, GROUPS, chosen, prints_to_stderr
from theorycheck.cli.shared.common import JSON, SEED, echo_json
from theorycheck.errors import ClaimFailed, TooExpensive
from theorycheck.report.commands import check_command, command, piped
from theorycheck.search.generation import attacked, generated
from theorycheck.search.sensitivity import sensitivity, smallest_constant
from theorycheck.search.shrinking import shrink
from theorycheck.statements.claim import Claim
from theorycheck.statements.decision import check, decide


@click.command()
@CLAIM
@click.option("--budget", type=click.IntRange(1), default=2000, show_default=True, metavar="N")
@click.option("--n", "components", type=click.IntRange(1, 64), help="Number of components.")
@click.option("--dimension", type=click.IntRange(1, 64), metavar="D", help="Of the means.")
@SEED
@GROUPS
@CLAIMS
@JSON
def attack(
    claim: str,
    budget: int,
    components: int | None,
    dimension: int | None,
    seed: int,
    groups: tuple[str, ...],
    claims_file: str | None,
    as_json: bool,
) -> None:
    """Search for the case that is closest to refuting a claim, or refutes it.

    CLAIM may be a pattern, such as "loss-*": then each claim is attacked. The budget counts float64
    evaluations; the case that is found is decided with ball arithmetic.

    Example: theorycheck attack stein-lower-bound --budget 500 --n 2
    """
    with prints_to_stderr():
        claims = chosen([claim], groups, claims_file)
        found = [_outcome(each, budget, seed, components, dimension) for each in claims]
    if as_json:
        echo_json(found[0] if len(found) == 1 else found)
    else:
        words = ["--budget", str(budget), "--seed", str(seed)]
        words += ["--n", str(components)] if components is not None else []
        words += ["--dimension", str(dimension)] if dimension is not None else []
        for one in found:
            for line in _lines(one):
                click.echo(line)
            reader = check_command(one["claim"], claims_file)
            click.echo(f"check it: {piped(one['simplest'] or one['case'], reader)}")
            again = command("attack", one["claim"], *words, claims_file=claims_file)
            click.echo(f"again:    {again}")
    sys.exit(exit_codes.worst(exit_codes.of_verdict(one["verdict"]) for one in found))


def _outcome(
    claim: Claim, budget: int, seed: int, components: int | None, dimension: int | None
) -> dict[str, Any]:
    """Attack a claim; the outcome as plain data. Arguments as for `attacked`."""
    try:
        result = attacked(claim, budget, seed, components, dimension)
    except TooExpensive:
        _tell_failure(claim, seed)
        raise
    moves = sensitivity(claim, budget // 10, seed) if claim.kind == "constant" else []
    worst, decision = smallest_constant(claim, result, moves)
    verdict = check(claim, worst)
    name = type(verdict).__name__.lower()
    is_found = name == ("holds" if claim.kind == "existence" else "refuted")
    return {
        "claim": claim.id,
        "kind": claim.kind,
        "verdict": name,
        "evidence": getattr(verdict, "evidence", "none"),
        "margin": getattr(verdict, "margin", None),
        "reason": getattr(verdict, "reason", ""),
        "relative": decision.relative,
        "evaluations": result.evaluations,
        "case": worst.to_dict(),
        "simplest": shrink(claim, worst).to_dict() if is_found else None,
        "history": [list(entry) for entry in result.history],
        "moves": [move.to_dict() for move in moves],
    }


def _tell_failure(claim: Claim, seed: int) -> None:
    """Raise ClaimFailed, with the line of its file, if the claim's own function fails."""
    for case in generated(claim, 1, seed):
        if (decision := decide(claim, case)).failed:
            raise ClaimFailed(decision.reason) from None


def _lines(found: dict[str, Any]) -> Iterator[str]:
    """The outcome in words."""
    names = {"constant": "implied constant", "existence": "largest margin"}
    measure = names.get(found["kind"], "smallest relative margin")
    yield f"{found['claim']}: {_verdict(found)} after {found['evaluations']} evaluations"
    yield f"  {measure}: {found['relative']:.6g}"
    yield f"  worst case: {json.dumps(found['case'])}"
    if found["simplest"] is not None:
        yield f"  simplest:   {json.dumps(found['simplest'])}"
    for move in found["moves"]:
        yield f"  {move['quantity']:>6} = {move['value']:<6g}  c = {move['constant']:.6g}"


def _verdict(found: dict[str, Any]) -> str:
    """The verdict at the worst case, in words."""
    if found["verdict"] == "undecided":
        return f"undecided ({found['reason']})"
    if found["kind"] == "existence":
        return f"a witness ({found['evidence']})"
    if found["verdict"] == "refuted":
        return "refuted (certified)"
    return f"not refuted (worst case {found['evidence']})"
