"""One attack on one claim, told in words and as data: what `theorycheck attack` prints."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

from theorycheck.search.generation import attacked
from theorycheck.search.sensitivity import sensitivity, smallest_constant
from theorycheck.search.shrinking import shrink
from theorycheck.statements.claim import Claim
from theorycheck.statements.decision import check


def hunt(
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


def in_words(found: dict[str, Any], again: str, option: str = "") -> Iterator[str]:
    """The lines that tell an outcome. again: the command that repeats the attack."""
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
    if found["verdict"] == "undecided":
        return f"undecided ({found['reason']})"
    if found["kind"] == "existence":
        return f"a witness ({found['evidence']})"
    if found["verdict"] == "refuted":
        return "refuted (certified)"
    return f"not refuted (worst case {found['evidence']})"
