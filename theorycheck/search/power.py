"""The power of the search: which changes of a claim would it notice?

Mutants and controls of a claim are searched as the claim itself is; what is refuted was noticed. A
mutant that is not refuted is compared with the claim, case by case: it may only be weaker there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from theorycheck.arithmetic.arithmetics import FLOAT64, Ball
from theorycheck.arithmetic.rounding import midpoint
from theorycheck.errors import TheoryCheckError, TooExpensive
from theorycheck.expectations.reduction import mixture_rank
from theorycheck.inputs.case import Case
from theorycheck.inputs.numbers import Floats
from theorycheck.search.attack import attack
from theorycheck.search.enumeration import enumerated
from theorycheck.search.generation import generated
from theorycheck.search.mutants import mutants
from theorycheck.search.records import Record
from theorycheck.search.screening import decided
from theorycheck.search.sharpening import Recorder, Sharpening
from theorycheck.statements.claim import Claim
from theorycheck.statements.decision import FLOAT_TRUST, evaluate
from theorycheck.statements.verdicts import Sign, Word

_FAILURES = (TheoryCheckError, ArithmeticError, ValueError)
_DECIDED = 8
"""Of a mutant's cases, those that look worst and are decided in balls."""
_SCREENING_DIGITS = 18
_NOTICEABLE = 1e-6
"""A relative change of a margin below this is rounding."""
_ROUNDING = 1e-15


class MutantFate(Word):
    """The result of searching a mutant."""

    REFUTED = "refuted"
    WEAKER = "weaker"
    UNNOTICED = "unnoticed"
    VOID = "void"


@dataclass(frozen=True)
class MutantRecord(Record):
    """A mutant and its fate.

    fate: "weaker" if no margin is smaller than the claim's, so that nothing can refute it at these
    cases; "refuted"; "unnoticed" if it is a strengthening, true or false, that the search does not
    refute; "void" if it has no margins.
    """

    change: str
    fate: MutantFate


@dataclass(frozen=True)
class Power(Record):
    """Everything that the search would notice, or not notice, about a claim.

    cases: how many were generated inside the domain. controls: ids, and true if refuted.
    """

    claim: str
    cases: int
    sharpening: Sharpening
    controls: dict[str, bool]
    mutants: tuple[MutantRecord, ...]

    def count(self, *fates: MutantFate) -> int:
        """The number of mutants with one of some fates."""
        return sum(mutant.fate in fates for mutant in self.mutants)

    @property
    def unnoticed(self) -> list[str]:
        """The strengthenings that were not refuted."""
        return [m.change for m in self.mutants if m.fate == MutantFate.UNNOTICED]


@dataclass(frozen=True)
class Effort:
    """The effort of a search: cases to generate, and evaluations of an attack."""

    cases: int
    attack: int
    seed: int


def power_of(claim: Claim, effort: Effort) -> Power:
    """Search a claim, its controls and its mutants, each with the same effort."""
    original = _Examined.of(claim, _inside(claim, effort))
    controls = {control.id: claim.as_claim(control) for control in claim.controls}
    return Power(
        claim.id,
        len(original.cases),
        _sharpening(claim, original.cases, effort),
        {id: _is_control_refuted(control, effort) for id, control in controls.items()},
        tuple(
            MutantRecord(mutant.change, _fate(mutant.claim, original, effort))
            for mutant in mutants(claim)
        ),
    )


def _inside(claim: Claim, effort: Effort) -> list[Case]:
    """Cases of a claim's domain; where only balls evaluate it, the few of the lowest rank."""
    cases = [*enumerated(claim, effort.cases), *generated(claim, effort.cases, effort.seed)]
    inside = [case for case in dict.fromkeys(cases) if claim.domain.contains(case)]
    if not claim.only_balls:
        return inside
    return sorted(inside, key=lambda case: mixture_rank(case.mixture))[:_DECIDED]


def _sharpening(claim: Claim, cases: list[Case], effort: Effort) -> Sharpening:
    """The sharpening of a claim at its generated cases, and where an attack finds it tightest."""
    recorder = Recorder(claim)
    if claim.is_attackable:
        cases = [*cases, attack(recorder.claim, effort.attack, seed=effort.seed).worst]
    held = (Sign.POSITIVE, Sign.TIGHT)
    return recorder.sharpening(
        [case for case in cases if decided(recorder.claim, case).sign in held]
    )


def _is_control_refuted(control: Claim, effort: Effort) -> bool:
    return _is_refuted(_Examined.of(control, _inside(control, effort)), effort)


def _fate(mutant: Claim, original: _Examined, effort: Effort) -> MutantFate:
    own = _Examined.of(mutant, original.cases)
    if all(margins is None for margins in own.margins):
        return MutantFate.VOID
    pairs = zip(own.margins, original.margins, strict=True)
    if not any(_is_smaller(mutant, a, b) for a, b in pairs if a is not None and b is not None):
        return MutantFate.WEAKER
    return MutantFate.REFUTED if _is_refuted(own, effort) else MutantFate.UNNOTICED


# --- margins --------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Examined:
    """A claim's relative margins at some cases; None where it cannot be evaluated."""

    claim: Claim
    cases: list[Case]
    margins: list[Floats | None]

    @classmethod
    def of(cls, claim: Claim, cases: list[Case]) -> _Examined:
        return cls(claim, cases, [_margins(claim, case) for case in cases])

    def ordered(self) -> list[tuple[float, Case]]:
        """Smallest margin and case, those that are closest to failing first."""
        pairs = zip(self.margins, self.cases, strict=True)
        found = [(float(margins.min()), case) for margins, case in pairs if margins is not None]
        return sorted(found, key=lambda pair: pair[0])


def _margins(claim: Claim, case: Case) -> Floats | None:
    """The relative margins at a case, of an identity minus its residuals."""
    arithmetic = Ball(_SCREENING_DIGITS) if claim.only_balls else FLOAT64
    try:
        found = evaluate(claim, case, arithmetic)
    except _FAILURES:
        return None
    values, scales = (np.array([midpoint(x) for x in xs]) for xs in (found.values, found.scales))
    relative: Floats = values / np.where(scales > 0, scales, 1.0)
    if not np.isfinite(relative).all():
        return None
    return -abs(relative) if claim.kind == "identity" else relative


def _is_smaller(claim: Claim, own: Floats, original: Floats) -> bool:
    """True if some margin of a mutant is noticeably smaller than the claim's at the same case."""
    if own.shape != original.shape:
        own, original = own.min(keepdims=True), original.min(keepdims=True)
    if claim.kind == "identity":
        return bool((own < -FLOAT_TRUST).any())
    if claim.kind == "constant" and claim.floor is None:
        return bool((own < original * (1 - _NOTICEABLE)).any())
    return bool((1 - own > (1 - original) * (1 + _NOTICEABLE) + _ROUNDING).any())


# --- refutation -----------------------------------------------------------------------------------


def _is_refuted(examined: _Examined, effort: Effort) -> bool:
    """True if balls refute a claim at a suspicious case, or at one that an attack finds.

    A statement of existence counts as refuted if certainly no case looked at is a witness.
    """
    signs = _signs(examined, effort)
    if examined.claim.kind == "existence":
        found = set(signs)
        return Sign.NEGATIVE in found and Sign.POSITIVE not in found
    return Sign.NEGATIVE in signs


def _signs(examined: _Examined, effort: Effort) -> Iterator[Sign]:
    """The signs that balls give the cases closest to failing (of existence: to a witness)."""
    claim, ordered = examined.claim, examined.ordered()
    chosen = ordered[::-1][:_DECIDED] if claim.kind == "existence" else _suspicious(claim, ordered)
    for _, case in chosen:
        yield decided(claim, case).sign
    if claim.is_attackable and effort.attack:
        starts = [case for _, case in ordered]
        try:
            yield attack(claim, effort.attack, seed=effort.seed, starts=starts).decision.sign
        except TooExpensive:  # no case could be evaluated
            return


def _suspicious(claim: Claim, ordered: list[tuple[float, Case]]) -> list[tuple[float, Case]]:
    """The worst cases that may fail, cheap ones first; of an identity where float64 sees none, one.

    Rounding leaves a residual at every case of a true identity, and to decide them all is costly.
    """
    threshold = -FLOAT_TRUST if claim.kind == "identity" else FLOAT_TRUST
    low = [pair for pair in ordered if pair[0] < threshold][:_DECIDED]
    return sorted(low or ordered[:1], key=lambda pair: mixture_rank(pair[1].mixture))
