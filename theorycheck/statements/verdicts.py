"""Verdicts at one case (holds, refuted, undecided), and the words of reports for verdicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from theorycheck.inputs.case import Case
from theorycheck.notebook import HtmlVerdict


class Word(StrEnum):
    """A word of a fixed vocabulary; it equals, prints and serialises as the plain string."""

    def __repr__(self) -> str:
        return repr(self.value)  # a verdict reads evidence='certified', as it is written


class Sign(Word):
    """The sign of a claim's smallest margin at a case."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    TIGHT = "tight"
    UNKNOWN = "unknown"


class Evidence(Word):
    """The evidence for a verdict, the strongest first."""

    CERTIFIED = "certified"
    TIGHT = "tight"
    NONE = "none"


class CaseVerdict(Word):
    """The verdict of a report on one case."""

    CERTIFIED = "certified"
    TIGHT = "tight"
    UNDECIDED = "undecided"
    REFUTED = "refuted"
    NO_WITNESS = "no witness"


class ClaimVerdict(Word):
    """The verdict of a run on a claim, the worst first."""

    REFUTED = "refuted"
    UNDECIDED = "undecided"
    MEASURED = "measured"
    SUPPORTED = "supported"
    PROVED = "proved"


class Fate(Word):
    """The result of checking a control: it should be refuted."""

    REFUTED = "refuted"
    SURVIVED = "survived"
    UNDECIDED = "undecided"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Holds(HtmlVerdict):
    """The statement holds at the case.

    Attributes:
        margin: The distance from failing: a certified lower bound if the evidence is "certified",
            about 0 if it is "tight".
        evidence: "certified" by balls; "tight" for a margin that is 0 up to 30 digits, and whose
            sign no precision tried could decide.
        in_domain: False where the case is outside the hypotheses of the claim.
    """

    margin: float
    evidence: Evidence
    in_domain: bool = field(default=True, repr=False, compare=False, kw_only=True)

    def __bool__(self) -> bool:
        raise TypeError("a verdict has no truth value; use isinstance(verdict, Holds)")


@dataclass(frozen=True)
class Refuted(HtmlVerdict):
    """The statement fails at the case, and ball arithmetic proves it.

    Attributes:
        case: The counterexample.
        margin: A certified upper bound of the margin, below 0.
        in_domain: False where the case is outside the hypotheses, so that it contradicts nothing.
    """

    case: Case
    margin: float
    in_domain: bool = field(default=True, repr=False, compare=False, kw_only=True)

    @property
    def evidence(self) -> Evidence:
        """Always certified: nothing weaker refutes."""
        return Evidence.CERTIFIED

    def __bool__(self) -> bool:
        raise TypeError("a verdict has no truth value; use isinstance(verdict, Refuted)")


@dataclass(frozen=True)
class Undecided(HtmlVerdict):
    """Neither could be shown at the case.

    Attributes:
        reason: One line about the obstacle: cost, rank, precision, or an error in the claim.
        in_domain: False where the case is outside the hypotheses of the claim.
    """

    reason: str
    in_domain: bool = field(default=True, repr=False, compare=False, kw_only=True)

    def __bool__(self) -> bool:
        raise TypeError("a verdict has no truth value; use isinstance(verdict, Undecided)")


Verdict: TypeAlias = Holds | Refuted | Undecided
