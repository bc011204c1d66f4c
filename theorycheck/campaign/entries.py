"""The entries of a report: the result of a run for each claim and each control, as records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from theorycheck.campaign.ranges import Ranges
from theorycheck.inputs.case import Case
from theorycheck.regions.proof import RegionVerdict
from theorycheck.search.findings import Finding
from theorycheck.search.records import Record
from theorycheck.search.sensitivity import Sensitivity
from theorycheck.search.sharpening import Sharpening
from theorycheck.statements.statement import Kind
from theorycheck.statements.verdicts import ClaimVerdict, Evidence, Fate


@dataclass(frozen=True)
class CaseCounts(Record):
    """The cases of a claim by what became of them.

    screened: small cases that float64 alone has seen, for the search. attacked: float64 evaluations
    of attacks.
    """

    generated: int
    in_domain: int
    certified: int
    tight: int
    undecided: int
    screened: int
    attacked: int


@dataclass(frozen=True)
class Tightness(Record):
    """The largest share of its bound that an inequality reached, and where.

    sharp: "yes" in a regime that note names, "exceeded" if the claim is refuted. No search can show
    that a bound is not sharp.
    """

    ratio: float
    case: Case
    sharp: Literal["yes", "unknown", "exceeded"]
    note: str


@dataclass(frozen=True)
class ImpliedConstant(Record):
    """The smallest implied constant found, where, and how it moves with n, rank, R and pi_min.

    floor: the constant c0 that the claim states; None if it states none, and is only measured.
    still_falling: True if the second half of the search found a smaller value than the first.
    """

    value: float
    case: Case
    note: str
    floor: float | None
    still_falling: bool
    moves: tuple[Sensitivity, ...]


@dataclass(frozen=True)
class Histogram(Record):
    """Counts of relative margins between powers of ten; `edges` are the exponents."""

    edges: tuple[int, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class ControlEntry(Record):
    """The fate of a control, with the case that decided it.

    looked: how many cases certainly are no witness, where a claim says that something exists.
    """

    id: str
    statement: str
    verdict: Fate
    evidence: Evidence
    case: Case | None = None
    margin: float | None = None
    looked: int | None = None

    OPTIONAL = frozenset({"looked"})


@dataclass(frozen=True)
class RegionEntry(Record):
    """A region on which a claim was to be proved, and what came of it.

    words: the region in words. bound: certified, of the relative margin or of the implied constant.
    picture: of the boxes, where the region has two parameters. reason: why there is no result.
    """

    region: dict[str, Any]
    words: str
    verdict: RegionVerdict
    bound: float | None
    boxes: int
    seconds: float
    picture: dict[str, Any] | None = None
    reason: str | None = None

    OPTIONAL = frozenset({"picture", "reason"})


@dataclass(frozen=True)
class ClaimEntry(Record):
    """Everything that a run found about a claim, and the claim's own words.

    reason: why the claim is undecided, in one line; "" otherwise. undecided_share: of the cases
    inside the hypotheses. margin: the smallest relative margin of a decided case; of an existence
    claim the largest of a witness. searched: the ranges of the cases inside the hypotheses.
    sharpening: by how much it could be stronger without a decided case noticing. compared: the
    constant in the literature, here, and the best possible one; empty where nothing is compared.
    why: the sides and numbers of the counterexample, as data of an `Explanation`. cached: all of it
    comes from the verdict cache, and `seconds` from the run that filled it.
    """

    id: str
    group: str
    statement: str
    description: str
    origin: str
    source: str
    kind: Kind
    hypotheses: str
    searched: Ranges
    verdict: ClaimVerdict
    evidence: Evidence
    reason: str
    undecided_share: float
    cases: CaseCounts
    margin: float | None
    tightness: Tightness | None
    constant: ImpliedConstant | None
    sharpening: Sharpening
    worst: tuple[Finding, ...]
    histogram: Histogram
    counterexample: Finding | None
    witness: Finding | None
    controls: tuple[ControlEntry, ...]
    regions: tuple[RegionEntry, ...]
    undecided_reasons: dict[str, int]
    certificate: str
    compared: tuple[str, ...]
    figures: tuple[()]
    seconds: float
    why: dict[str, Any] | None = None
    cached: bool = False


@dataclass(frozen=True)
class Health(Record):
    """The coverage of the regimes by the generation; each has its share of the in-domain cases."""

    generated: int
    duplicates: int
    in_domain: int
    regimes: dict[str, float]
