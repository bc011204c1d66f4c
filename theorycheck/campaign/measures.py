"""The measures of a claim: its margin, how tight its bound is, and its implied constant."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any, TypeVar

from theorycheck.campaign.entries import ImpliedConstant, Tightness
from theorycheck.campaign.verdict import Gathered
from theorycheck.inputs.case import Case
from theorycheck.inputs.numbers import nearest_double
from theorycheck.search.findings import Finding, WorstCase
from theorycheck.search.sensitivity import Sensitivity
from theorycheck.statements.claim import Claim
from theorycheck.statements.verdicts import ClaimVerdict, Sign
from theorycheck.strategies import regimes

FALLING = 0.99
"""An implied constant still falls if the whole search goes below this share of its first half."""
SHARP = 0.9999
"""A bound of which this share was reached is called sharp in the regime where that happened."""
NEARLY = 0.999
"""The same where the claim itself names the limit in which it becomes an equality."""
_LEAST_DIFFERENCE = 2.0**-53
Found = TypeVar("Found", bound=Finding)
LEAST_STEP = Fraction(1, 10)
"""Below this step size one step changes next to nothing: equality there says nothing of a bound."""


def smallest_margin(claim: Claim, found: Gathered) -> float | None:
    """The smallest relative margin of a decided case; of an existence claim the best witness'."""
    if claim.kind == "existence":
        return max((float(f.relative) for f in found.witnesses), default=None)
    if claim.kind == "constant" and claim.floor is None:
        return None
    return min((o.margin for o in found.searched if o.margin is not None), default=None)


def unlike(findings: Iterable[Found], most: int) -> Iterator[Found]:
    """The first findings whose cases do not read alike, that is to three digits of each number.

    One case often comes back from several searches, or after a step too small to be of interest.
    """
    seen = set()
    for found in findings:
        if (rough := json.dumps(_rounded(found.case.to_dict()))) not in seen:
            seen.add(rough)
            yield found
        if len(seen) == most:
            return


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(entry) for entry in value]
    return f"{nearest_double(Fraction(value)):.3g}"


def reached_share(claim: Claim, worst: list[WorstCase], verdict: ClaimVerdict) -> Tightness | None:
    """The largest share of its bound that an inequality reached; None if it has no two sides."""
    reached = [(f.ratio, f.case) for f in worst if f.ratio is not None]
    if not reached:
        return None
    ratio, case = max(reached, key=lambda pair: float(pair[0]))
    if verdict == ClaimVerdict.REFUTED:
        return Tightness(ratio, case, "exceeded", "")
    if ratio >= NEARLY and _names_a_limit(claim.sharp_when):
        return Tightness(ratio, case, "yes", claim.sharp_when)
    telling = [(r, c) for r, c in reached if r >= SHARP and _is_telling(claim, c)]
    if claim.sharp_when or not telling:
        return Tightness(ratio, case, "unknown", claim.sharp_when)
    ratio, case = telling[0]
    return Tightness(ratio, case, "yes", ", ".join(regimes(case)))


def _names_a_limit(words: str) -> bool:
    """True if a claim says where it is sharp, and not that it is so trivially, or is not."""
    return bool(words) and not words.startswith(("trivially", "not"))


def _is_telling(claim: Claim, case: Case) -> bool:
    """False where near equality is no merit of the bound: at the start of a run, or a tiny step."""
    is_still = case.step_size is not None and case.step_size < LEAST_STEP
    return "steps" not in claim.inputs and not ("step_size" in claim.inputs and is_still)


def constant_found(claim: Claim, found: Gathered) -> ImpliedConstant | None:
    """The smallest implied constant of a decided case, and whether the search still lowers it."""
    if claim.kind != "constant" or not found.worst:
        return None
    decided = [f for f in found.worst if f.sign != Sign.UNKNOWN] or found.worst
    smallest = decided[0]
    floor = None if claim.floor is None else float(claim.floor)
    moves = tuple(_as_constant(move, floor) for attack in found.attacks for move in attack.moves)
    halves = [o.first_half for o in found.searched if o.first_half is not None]
    is_falling = bool(halves) and float(smallest.relative) < FALLING * min(halves)
    value = smallest.relative if floor is None else smallest.margin + floor
    return ImpliedConstant(value, smallest.case, "", floor, is_falling and floor is None, moves)


def _as_constant(move: Sensitivity, floor: float | None) -> Sensitivity:
    """A move with the constant itself, where the search saw r = (c - floor) / (c + floor)."""
    if floor is None:
        return move
    share = min(move.constant, 1 - _LEAST_DIFFERENCE)
    return replace(move, constant=floor * (1 + share) / (1 - share))
