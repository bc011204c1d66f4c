"""Verdicts at one case: holds, refuted, undecided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from theorycheck.inputs.case import Case
from theorycheck.notebook import HtmlVerdict

Evidence: TypeAlias = Literal["certified", "tight", "oracle", "floating"]


@dataclass(frozen=True)
class Holds(HtmlVerdict):
    """The statement holds at the case.

    Attributes:
        margin: The distance from failing: a certified lower bound if the evidence is "certified",
            about 0 if it is "tight".
        evidence: "certified" by balls; "tight" for a margin that is 0 up to 30 digits, and whose
            sign no precision tried could decide; "floating" where balls cannot reach.
    """

    margin: float
    evidence: Evidence

    def __bool__(self) -> bool:
        raise TypeError("a verdict has no truth value; use isinstance(verdict, Holds)")


@dataclass(frozen=True)
class Refuted(HtmlVerdict):
    """The statement fails at the case, and ball arithmetic proves it.

    Attributes:
        case: The counterexample.
        margin: A certified upper bound of the margin, below 0.
    """

    case: Case
    margin: float

    @property
    def evidence(self) -> Evidence:
        """Always certified: nothing weaker refutes."""
        return "certified"

    def __bool__(self) -> bool:
        raise TypeError("a verdict has no truth value; use isinstance(verdict, Refuted)")


@dataclass(frozen=True)
class Undecided(HtmlVerdict):
    """Neither could be shown at the case.

    Attributes:
        reason: One line about the obstacle: cost, rank, precision, or an error in the claim.
    """

    reason: str

    def __bool__(self) -> bool:
        raise TypeError("a verdict has no truth value; use isinstance(verdict, Undecided)")


Verdict: TypeAlias = Holds | Refuted | Undecided
