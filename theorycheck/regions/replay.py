"""The replay of a certificate: every box of it examined again, in ball arithmetic alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flint
import numpy as np

from theorycheck import claims as registry
from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.arithmetic.rounding import floor_float
from theorycheck.errors import InvalidValue
from theorycheck.inputs.case import Case
from theorycheck.inputs.numbers import Floats, whole_number
from theorycheck.inputs.region import Region
from theorycheck.regions.equality import lower_bounds_through
from theorycheck.regions.examination import Standard, batches
from theorycheck.regions.frame import Frame
from theorycheck.regions.margins import margins
from theorycheck.regions.proof import RegionVerdict, check_origin, read_certificate
from theorycheck.regions.proving import asked
from theorycheck.regions.tree import LEAF, OPEN, OUTSIDE, TOUCHING, halves, is_proved, unpacked
from theorycheck.statements.claim import Claim
from theorycheck.statements.verdicts import Refuted

_DIGITS = 20
_BATCH = 64


@dataclass(frozen=True)
class Replay:
    """What a replay confirms of a proof.

    Attributes:
        verdict: "proved" or "refuted" if everything was confirmed, "undecided" otherwise.
        bound: The lower bound that balls certify on the leaves that were examined.
        leaves: The number of leaves of the proof.
        checked: The number of them that were examined.
        failed: The number of them that balls do not confirm.
    """

    verdict: RegionVerdict
    bound: float
    leaves: int
    checked: int
    failed: int


def replay(path: str | Path, claims: str | Path | None = None, sample: int | None = None) -> Replay:
    """Check a saved proof again, in ball arithmetic alone.

    The boxes follow from the region and the tree of splits. Every box that is said to be outside
    is compared with the region in rationals; on every leaf the claim is evaluated anew.

    Args:
        path: The folder of a proof, or its proof.json.
        claims: The Python file of the claim, if it is none of the package's. It is code, and run.
        sample: Examine only so many leaves, spread evenly; then nothing more than those is
            confirmed, and the verdict is "undecided". None for all of them.

    Returns:
        What was confirmed.

    Raises:
        InvalidValue: the file is no proof, was changed, or is one of another claim or version.

    Example:
        >>> replay("no-folder")
        Traceback (most recent call last):
            ...
        theorycheck.errors.InvalidValue: proof no-folder: No such file or directory
    """
    entries = read_certificate(path)
    claim = registry.find(entries["claim"], None if claims is None else str(claims))
    check_origin(entries, claim)
    region = Region.from_dict(entries["region"])
    at_least = entries["at_least"]
    claim = asked(claim, at_least)
    frame = Frame.of(region, claim)
    standard = Standard.of(claim, frame)
    if entries["counterexample"] is not None:
        return _refutation(claim, frame, entries)
    if sample is not None:
        sample = whole_number(sample, "sample", least=1)
    return _walk(claim, frame, entries, standard, sample)


def _refutation(claim: Claim, frame: Frame, entries: dict[str, Any]) -> Replay:
    """The replay of a proof that found a counterexample: balls decide it anew."""
    case = Case.from_dict(entries["counterexample"])
    is_inside = frame.region.contains(case) and claim.domain.contains(case)
    is_refuted = is_inside and isinstance(claim.check(case), Refuted)
    verdict = RegionVerdict.REFUTED if is_refuted else RegionVerdict.UNDECIDED
    return Replay(verdict, math.nan, int(entries["leaves"]), 0, 0)


def _walk(
    claim: Claim, frame: Frame, entries: dict[str, Any], standard: Standard, sample: int | None
) -> Replay:
    levels = unpacked(entries["tree"])
    leaves = sum(int(is_proved(level).sum()) for level in levels)
    stride = 1 if sample is None else max(1, leaves // sample)
    lo, hi = frame.root
    bound, checked, failed, seen, is_whole = math.inf, 0, 0, 0, True
    for level in levels:
        if (level >= len(frame.free)).any() or (level < TOUCHING).any():
            raise InvalidValue("the tree of the proof splits what the region does not have")
        is_whole = is_whole and not (level == OPEN).any()
        for k in np.flatnonzero(level == OUTSIDE):
            if not frame.is_outside_exactly(lo[:, k], hi[:, k]):
                raise InvalidValue("the proof leaves out a box that is in the region")
        which = np.flatnonzero(is_proved(level))
        chosen = which[(np.arange(len(which)) + seen) % stride == 0]
        seen += len(which)
        for kind, examine in ((LEAF, _lowest), (TOUCHING, _lowest_through)):
            for part in batches(frame, lo, hi, chosen[level[chosen] == kind], _BATCH):
                lowest = examine(claim, frame, lo[:, part], hi[:, part], standard)
                checked += len(part)
                failed += sum(not _reaches(low, standard.threshold) for low in lowest)
                bound = min([bound, *lowest] if kind == LEAF else [bound, 0.0])
        lo, hi = halves(lo, hi, level)
    is_certain = is_whole and failed == 0 and checked == leaves
    verdict = RegionVerdict.PROVED if is_certain else RegionVerdict.UNDECIDED
    return Replay(verdict, bound if checked else math.nan, leaves, checked, failed)


def _lowest(claim: Claim, frame: Frame, lo: Floats, hi: Floats, standard: Standard) -> list[float]:
    """The least lower bounds of all margins on some boxes, as doubles rounded down.

    A box that fails beside others is examined alone too, on a grid of its own.
    """
    with Ball(_DIGITS).scope():
        found = margins(claim, frame, frame.numbers(lo, hi, arb=True))
        rows = [np.broadcast_to(number.span.lo, lo.shape[1]) for number in found]
        lowest = [min(map(_lower, column)) for column in zip(*rows, strict=True)]
    return _each_again(_lowest, lowest, claim, frame, lo, hi, standard)


def _lowest_through(
    claim: Claim, frame: Frame, lo: Floats, hi: Floats, standard: Standard
) -> list[float]:
    """Lower bounds of leading coefficients, likewise: -inf where the sides do not agree."""
    if standard.equality is None:
        return [-math.inf] * lo.shape[1]
    with Ball(_DIGITS).scope():
        rows = lower_bounds_through(claim, frame, lo, hi, standard.equality, arb=True)
        lowest = [min(map(_lower, column)) for column in rows.T]
    return _each_again(_lowest_through, lowest, claim, frame, lo, hi, standard)


def _each_again(
    examine: Callable[..., list[float]],
    lowest: list[float],
    claim: Claim,
    frame: Frame,
    lo: Floats,
    hi: Floats,
    standard: Standard,
) -> list[float]:
    if len(lowest) > 1:
        for k, low in enumerate(lowest):
            if not _reaches(low, standard.threshold):
                one = slice(k, k + 1)
                lowest[k] = examine(claim, frame, lo[:, one], hi[:, one], standard)[0]
    return lowest


def _reaches(low: float, threshold: float) -> bool:
    return low > 0 and low >= threshold


def _lower(end: flint.arb) -> float:
    return -math.inf if end.is_nan() else floor_float(end)
