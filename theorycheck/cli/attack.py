"""`theorycheck attack`: search for the case at which one claim is closest to failing."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from typing import Any

import click

from theorycheck import claims as registry
from theorycheck.cli import exit_codes
from theorycheck.cli.claim_options import CLAIM, CLAIMS, claims_option, prints_to_stderr
from theorycheck.cli.common import JSON, SEED, echo_json
from theorycheck.search.generation import attacked
from theorycheck.search.sensitivity import sensitivity, smallest_constant
from theorycheck.search.shrinking import shrink
from theorycheck.statements.claim import Claim
from theorycheck.statements.decision import check


@click.command()
@CLAIM
@click.option("--budget", type=click.IntRange(1), default=2000, show_default=True, metavar="N")
@click.option("--n", "components", type=click.IntRange(1, 64), help="Number of components.")
@click.option("--dimension", type=click.IntRange(1, 64), metavar="D", help="Of the means.")
@SEED
@CLAIMS
@JSON
def attack(
    claim: str,
    budget: int,
    components: int | None,
    dimension: int | None,
    seed: int,
    claims_file: str | None,
    as_json: bool,
) -> None:
    """Search for the case that is closest to refuting a claim, or refutes it.

    The budget counts float64 evaluations; the case that is found is decided with ball arithmetic.

    Example: theorycheck attack stein-lower-bound --budget 500 --n 2
    """
    with prints_to_stderr():
        found = _outcome(registry.find(claim, claims_file), budget, seed, components, dimension)
    if as_json:
        echo_json(found)
    else:
        words = ["theorycheck", "attack", claim, "--budget", str(budget), "--seed", str(seed)]
        words += ["--n", str(components)] if components is not None else []
        words += ["--dimension", str(dimension)] if dimension is not None else []
        option = claims_option(claims_file)
        for line in _lines(found, shlex.join(words) + option, option):
            click.echo(line)
    sys.exit(exit_codes.of_verdict(found["verdict"]))


def _outcome(
    claim: Claim, budget: int, seed: int, components: int | None, dimension: int | None
) -> dict[str, Any]:
    """Attack a claim; the outcome as plain data. Arguments as for `attacked`."""
    result = attacked(claim, budget, seed, components, dimension)
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


def _lines(found: dict[str, Any], again: str, option: str) -> Iterator[str]:
    """The outcome in words. again: the command that repeats the attack."""
    names = {"constant": "implied constant", "existence": "largest margin"}
    measure = names.get(found["kind"], "smallest relative margin")
    yield f"{found['claim']}: {_verdict(found)} after {found['evaluations']} evaluations"
    yield f"  {measure}: {found['relative']:.6g}"
    yield f"  worst case: {json.dumps(found['case'])}"
    if found["simplest"] is not None:
        yield f"  simplest:   {json.dumps(found['simplest'])}"
    for move in found["moves"]:
        yield f"  {move['quantity']:>6} = {move['value']:<6g}  c = {move['constant']:.6g}"
    shown = shlex.quote(json.dumps(found["simplest"] or found["case"]))
    yield f"check it: echo {shown} | theorycheck check {found['claim']} --case -{option}"
    yield f"again:    {again}"


def _verdict(found: dict[str, Any]) -> str:
    """The verdict at the worst case, in words."""
    if found["verdict"] == "undecided":
        return f"undecided ({found['reason']})"
    if found["kind"] == "existence":
        return f"a witness ({found['evidence']})"
    if found["verdict"] == "refuted":
        return "refuted (certified)"
    return f"not refuted (worst case {found['evidence']})"
