"""Proofs on regions: `prove`, what it finds, and the certificate that it can be saved as."""

from __future__ import annotations

import hashlib
import json
import math
import time
from concurrent.futures import Executor
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from theorycheck._version import __version__
from theorycheck.errors import InvalidType, InvalidValue, NotWritten
from theorycheck.inputs.case import Case
from theorycheck.inputs.json_text import json_object, parse_json, read_file
from theorycheck.inputs.numbers import Number, plain, positive, shown
from theorycheck.inputs.region import Region
from theorycheck.notebook import proof_html
from theorycheck.regions.frame import Frame, Name
from theorycheck.regions.proving import Progress, Search, asked, search
from theorycheck.regions.sources import source_hash
from theorycheck.regions.tree import Level, packed, pruned, unpacked
from theorycheck.regions.workers import Job, by_workers
from theorycheck.statements.claim import Claim
from theorycheck.statements.verdicts import Word

FORMAT = 1
FILE = "proof.json"
MOST_DRAWN = 150
"""Boxes of a picture."""
_NAMES = {"means": "mean", "weights": "weight", "target": "other mean"}
_KEPT_EVERY = 10.0
"""Seconds between two states of an unfinished proof that are kept."""
_KEYS = {
    *("format", "version", "claim", "source_hash", "region", "at_least", "verdict", "bound"),
    *(
        "smallest",
        "boxes",
        "leaves",
        "undecided_share",
        "seconds",
        "counterexample",
        "tree",
        "hash",
    ),
}


class RegionVerdict(Word):
    """The verdict on a claim on a region."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclass(frozen=True, eq=False)
class Proof:
    """What was found of a claim on a region.

    Attributes:
        claim: The id of the claim.
        region: The region.
        verdict: "proved" for all of the region, "refuted" with a counterexample, or "undecided".
        bound: A certified lower bound on the boxes that are proved: of the implied constant, or of
            the relative margin, the distance of the two sides divided by the larger one; 0 if they
            agree somewhere. NaN if there are none.
        smallest: The smallest value of the same found on the way; inf if there is none.
        at_least: What an implied constant was to reach, or None.
        boxes: The number of boxes that were examined.
        leaves: The number of boxes on which the claim is proved.
        undecided_share: The share of the region's box, by volume, on which it is not.
        counterexample: A case in the region at which balls refute the claim, or None.
        seconds: The time that it took.
    """

    claim: str
    region: Region
    verdict: RegionVerdict
    bound: float
    smallest: float
    at_least: Fraction | None
    boxes: int
    leaves: int
    undecided_share: float
    counterexample: Case | None
    seconds: float
    source_hash: str = field(repr=False)
    levels: tuple[Level, ...] = field(repr=False)
    frame: Frame = field(repr=False)

    def _repr_html_(self) -> str:
        return proof_html(self)

    def summary(self) -> dict[str, Any]:
        """Return the numbers of the proof as plain data, without its boxes."""
        return {
            "verdict": str(self.verdict),
            "bound": self.bound if math.isfinite(self.bound) else None,
            "smallest": self.smallest if math.isfinite(self.smallest) else None,
            "boxes": self.boxes,
            "leaves": self.leaves,
            "undecided_share": self.undecided_share,
            "seconds": round(self.seconds, 3),
            "counterexample": None
            if self.counterexample is None
            else self.counterexample.to_dict(),
        }

    def picture(self) -> dict[str, Any] | None:
        """Return the larger boxes of a proof with two parameters as plain data, None for others.

        "axes" has name and ends of either parameter, "tree" the boxes, as in a certificate.
        """
        if len(self.frame.free) != 2:
            return None
        places = zip(self.frame.free, self.frame.ranges, strict=True)
        axes = [[_words(name), float(low), float(high)] for name, (low, high) in places]
        return {"axes": axes, "tree": packed(pruned(self.levels, MOST_DRAWN))}

    def to_dict(self) -> dict[str, Any]:
        """Return the certificate, ready to be JSON: all that `replay` needs, and a hash of it."""
        entries = {
            "format": FORMAT,
            "version": __version__,
            "claim": self.claim,
            "source_hash": self.source_hash,
            "region": self.region.to_dict(),
            "at_least": None if self.at_least is None else plain(self.at_least),
            **self.summary(),
            "tree": packed(self.levels),
        }
        return {**entries, "hash": digest(entries)}

    def save(self, folder: str | Path) -> Path:
        """Write the certificate into a folder, as proof.json, and return its path.

        Args:
            folder: The folder; it is made if there is none.

        Raises:
            NotWritten: The file cannot be written.
        """
        path = Path(folder) / FILE
        draft = path.with_suffix(".new")  # so that the file is whole whenever a run is stopped
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(self.to_dict(), indent=1) + "\n", encoding="utf-8")
            draft.replace(path)
        except OSError as error:
            raise NotWritten(f"{path}: {error.strerror}") from None
        return path


def _words(name: Name) -> str:
    """A parameter in words, such as "mean 1"."""
    kind, index = name
    return f"{_NAMES[kind]} {index + 1}" if kind in _NAMES else kind.replace("_", " ")


def digest(entries: dict[str, Any]) -> str:
    """The hash of the entries of a certificate, but for the hash itself."""
    rest = {name: value for name, value in entries.items() if name != "hash"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def read_certificate(path: str | Path) -> dict[str, Any]:
    """The entries of a certificate. Raises InvalidValue unless they are as they were written."""
    file = Path(path)
    file = file / FILE if file.is_dir() else file
    data = parse_json(read_file(file, "proof"))
    entries = json_object(data, "proof", _KEYS)
    missing = sorted(_KEYS - set(entries))
    if missing:
        raise InvalidValue(f'the proof has no "{missing[0]}"')
    if entries["hash"] != digest(entries):
        raise InvalidValue("the proof was changed after it was written: its hash does not fit")
    if entries["format"] != FORMAT or entries["version"] != __version__:
        raise InvalidValue(
            f"the proof is of version {shown(entries['version'])}, and this is {__version__}; "
            "prove it again"
        )
    return entries


def check_origin(entries: dict[str, Any], claim: Claim) -> None:
    """Raise InvalidValue unless the certificate is of the claim as it is written now."""
    if entries["source_hash"] != source_hash(claim):
        raise InvalidValue(
            f"the proof is of another claim {claim.id}: the text of its file has changed since"
        )


def prove(
    claim: Claim,
    region: Region,
    at_least: Number | None = None,
    time_limit: float | None = None,
    *,
    output: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Proof:
    """Prove a claim for all cases of a region, or refute it there.

    Branch and bound over boxes in float64 with rigorous rounding. Of an implied constant it is
    proved that it reaches `at_least`, or the floor that the claim states; without either, the best
    constant is found within 5 %. Of an inequality the relative margin is proved to reach a tenth of
    the smallest one found.

    Args:
        claim: The claim: an inequality or an implied constant, truth N(0, I).
        region: The region: up to four components in one dimension, or two in any.
        at_least: What an implied constant is to reach, above 0.
        time_limit: Seconds after which what is open stays undecided; None for no limit.
        output: A folder for the certificate, which is kept up to date on the way. None: no file.
        resume: Go on with the unfinished proof in that folder, if there is one.
        progress: Called with the number of boxes and the open share of the region, now and then.
        executor: Worker processes that examine the boxes; None for this process. What is found does
            not depend on them.

    Returns:
        A proof, whose verdict is "proved", "refuted" or "undecided".

    Raises:
        NotOnRegions: the claim, or the region, needs something that boxes do not have; the message
            names the line of the claim.
        InvalidValue: a number makes no sense, the claim is not about such a region, or the proof to
            go on with is of another claim, region or version.
        InvalidType: an argument is of the wrong type.
        ClaimFailed: the claim's function raised an error of its own.
        NotWritten: the certificate cannot be written.
        WorkersLost: worker processes died; with `output` the proof can be gone on with.

    Example:
        >>> from theorycheck.claims import get
        >>> region = Region(2, means=((1, 2), (-2, -1)), weights=("2/5", "3/5"))
        >>> prove(get("loss-upper"), region).verdict
        'proved'
    """
    if not isinstance(claim, Claim):
        raise InvalidType(f"claim is {shown(claim)}; give a Claim, such as claims.get(id)")
    if not isinstance(region, Region):
        raise InvalidType(f"region is {shown(region)}; give a Region")
    limit = None if time_limit is None else float(positive(time_limit, "time_limit"))
    wanted = asked(claim, at_least)
    frame = Frame.of(region, claim)
    begun = time.monotonic()
    earlier = _unfinished(output, claim, region, wanted.floor) if resume else None
    before, start = earlier or (0.0, None)
    kept = begun

    def proof(found: Search) -> Proof:
        return _proof(claim, frame, wanted.floor, found, before + time.monotonic() - begun)

    def keep(found: Search) -> None:
        nonlocal kept
        if output is not None and time.monotonic() - kept > _KEPT_EVERY:
            proof(found).save(output)
            kept = time.monotonic()

    workers = None
    if executor is not None:
        workers = by_workers(Job.of(claim, wanted.floor, region), executor)
    found = search(wanted, frame, limit, progress, start, keep, workers)
    if found.leaves == 0 and found.undecided_share == 0 and found.counterexample is None:
        raise InvalidValue(
            "the region has no point: no mixture in its ranges has its norms and spread"
        )
    whole = proof(found)
    if output is not None:
        whole.save(output)
    return whole


def _proof(
    claim: Claim, frame: Frame, at_least: Fraction | None, found: Search, seconds: float
) -> Proof:
    return Proof(
        claim=claim.id,
        region=frame.region,
        verdict=_verdict(found),
        bound=found.bound,
        smallest=found.smallest,
        at_least=at_least,
        boxes=found.boxes,
        leaves=found.leaves,
        undecided_share=found.undecided_share,
        counterexample=found.counterexample,
        seconds=seconds,
        source_hash=source_hash(claim),
        levels=tuple(found.levels),
        frame=frame,
    )


def _unfinished(
    output: str | Path | None, claim: Claim, region: Region, at_least: Fraction | None
) -> tuple[float, Search] | None:
    """The seconds and the search of the proof in a folder, or None if there is none."""
    if output is None:
        raise InvalidValue("resume needs output, the folder of the proof to go on with")
    if not (Path(output) / FILE).exists():
        return None
    entries = read_certificate(output)
    check_origin(entries, claim)
    same = {"region": region.to_dict(), "at_least": None if at_least is None else plain(at_least)}
    for name, value in same.items():
        if entries[name] != value:
            raise InvalidValue(f"the proof in {output} is of another {name}; give another folder")
    found = Search(
        levels=unpacked(entries["tree"]),
        bound=math.nan if entries["bound"] is None else entries["bound"],
        smallest=math.inf if entries["smallest"] is None else entries["smallest"],
        boxes=entries["boxes"],
        leaves=entries["leaves"],
        undecided_share=entries["undecided_share"],
        counterexample=None,
    )
    return float(entries["seconds"]), found


def _verdict(found: Search) -> RegionVerdict:
    if found.counterexample is not None:
        return RegionVerdict.REFUTED
    return RegionVerdict.UNDECIDED if found.undecided_share > 0 else RegionVerdict.PROVED
