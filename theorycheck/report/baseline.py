"""Baselines: the verdicts and margins that a report had, to compare later reports with."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from theorycheck import claims as registry
from theorycheck.errors import InvalidValue, printable
from theorycheck.inputs.case import Case
from theorycheck.inputs.json_text import MAX_JSON_BYTES
from theorycheck.regions.proof import RegionVerdict
from theorycheck.statements.decision import FLOAT_TRUST, decide
from theorycheck.statements.verdicts import ClaimVerdict, Fate, Sign

TOLERANCE = 0.05
"""A measure that was searched for may move by this share of its size."""
REPLAYED = 5e-4
"""The scale-free margin at one and the same case may move by this share: 12 bits of it are known
(see `decision`), and which number of a ball is its midpoint depends on rounding."""
FLOOR = 1e-9
"""Margins below this are equality up to rounding; they do not move."""
_MEASURES = ("margin", "constant", "tightness")


@dataclass(frozen=True)
class Change:
    """One thing that differs between two reports.

    matters: it fails a regression check. better: it is an improvement, which fails none.
    """

    claim: str
    what: str
    old: Any
    new: Any
    matters: bool
    better: bool = False

    def __str__(self) -> str:
        text = f"{self.claim}: {self.what} {_shown(self.old)} -> {_shown(self.new)}"
        return printable(text)


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def extract(report: dict[str, Any]) -> dict[str, Any]:
    """The part of a report that a baseline keeps: verdicts, controls and tightness by claim.

    With the cases where they were found, so that they can be evaluated again without a search.
    """
    return {
        "schema": report["schema"],
        "profile": report["profile"],
        "seed": report["seed"],
        "claims": [
            {
                "id": entry["id"],
                "verdict": entry["verdict"],
                "evidence": entry["evidence"],
                "margin": entry["margin"],
                "constant": _number(entry.get("constant"), "value"),
                "tightness": _number(entry.get("tightness"), "ratio"),
                "worst": [
                    {"case": found["case"], "relative": found["relative"]}
                    for found in entry.get("worst", [])[:1]
                ],
                "controls": [
                    {
                        "id": control["id"],
                        "verdict": control["verdict"],
                        "case": control.get("case"),
                    }
                    for control in entry["controls"]
                ],
                "proved": _proved(entry),
            }
            for entry in report["claims"]
        ],
    }


def _proved(entry: dict[str, Any]) -> list[str]:
    """The regions, in words, on which a claim is proved; of a report or a baseline."""
    known: list[str] = entry.get("proved", [])
    found = [r["words"] for r in entry.get("regions", []) if r["verdict"] == RegionVerdict.PROVED]
    return [*known, *found]


def _number(entry: Any, key: str) -> float | None:
    value = entry.get(key) if isinstance(entry, dict) else entry
    return None if value is None else float(value)


def read_report(path: str | Path) -> dict[str, Any]:
    """Read a report.json or a baseline as a baseline. Raises InvalidValue if it is neither."""
    try:
        with open(path, "rb") as stream:
            text = stream.read(MAX_JSON_BYTES + 1)
        if len(text) > MAX_JSON_BYTES:
            raise InvalidValue(f"{path} has more than {MAX_JSON_BYTES} bytes; no more are read")
        return _checked(extract(json.loads(text)))
    except OSError as error:
        raise InvalidValue(f"{path}: {error.strerror}") from None
    except InvalidValue:
        raise
    except (ValueError, ArithmeticError, RecursionError, LookupError, TypeError, AttributeError):
        raise InvalidValue(f"{path} is no report.json or baseline of theorycheck") from None


def _checked(kept: dict[str, Any]) -> dict[str, Any]:
    """The baseline itself. Raises ValueError or TypeError if an entry has the wrong type."""
    for entry in kept["claims"]:
        words = [entry["id"], entry["verdict"], entry["evidence"]]
        words += entry["proved"]
        words += [control[what] for control in entry["controls"] for what in ("id", "verdict")]
        if not all(isinstance(word, str) for word in words):
            raise TypeError("a name or a verdict is no text")
        for what in _MEASURES:
            if entry[what] is not None and not math.isfinite(entry[what]):
                raise ValueError("a measure is not finite")
        for found in entry["worst"]:
            if not math.isfinite(found["relative"]):
                raise ValueError("a margin is not finite")
    return kept


def compare(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """The changes between two baselines, claim by claim; claims of one side alone included.

    A measure matters only between runs of one profile: another one searches harder, or less hard.
    """
    is_alike = old["profile"] == new["profile"]
    before = {entry["id"]: entry for entry in old["claims"]}
    after = {entry["id"]: entry for entry in new["claims"]}
    changes = [Change(id, "claim", "present", "absent", True) for id in before if id not in after]
    new_ones = [id for id in after if id not in before]
    changes += [Change(id, "claim", "absent", "present", False, True) for id in new_ones]
    for id in before:
        if id in after:
            changes += _claim_changes(before[id], after[id], is_alike)
    return changes


def _claim_changes(old: dict[str, Any], new: dict[str, Any], is_alike: bool) -> list[Change]:
    changes = []
    is_other = old["verdict"] != new["verdict"]
    is_better = is_other and not _is_worse(old, new)
    if is_other:
        verdicts = (old["verdict"], new["verdict"])
        changes.append(Change(old["id"], "verdict", *verdicts, not is_better, is_better))
    if old["evidence"] != new["evidence"]:
        changes.append(Change(old["id"], "evidence", old["evidence"], new["evidence"], False))
    fates = [{c["id"]: c["verdict"] for c in entry["controls"]} for entry in (old, new)]
    for control in {**fates[0], **fates[1]}:
        before, now = (fate.get(control, "absent") for fate in fates)
        if before != now:
            is_lost = now == Fate.SURVIVED or (now == "absent" and before == Fate.REFUTED)
            what = f"control {control}"
            changes.append(Change(old["id"], what, before, now, is_lost, now == Fate.REFUTED))
    changes += _proof_changes(old, new, is_alike)
    for what in _MEASURES:
        if has_moved(old.get(what), new.get(what)):
            # Of a claim that was false, or not decided, the old measure is none of the new one's.
            matters = is_alike and not is_better
            changes.append(Change(old["id"], what, old.get(what), new.get(what), matters))
    return changes


def _proof_changes(old: dict[str, Any], new: dict[str, Any], is_alike: bool) -> list[Change]:
    """Proofs on regions that are lost or won; a profile may leave out some, or all."""
    before, now = (dict.fromkeys(entry["proved"]) for entry in (old, new))
    lost = [words for words in before if words not in now]
    won = [words for words in now if words not in before]
    return [
        *(Change(old["id"], "proof for", words, "none", is_alike) for words in lost),
        *(Change(old["id"], "proof for", "none", words, False, True) for words in won),
    ]


def _is_worse(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """True unless the verdict became a better one; one that is not known is worse than all."""
    ranks = {verdict: rank for rank, verdict in enumerate(ClaimVerdict)}
    return ranks.get(new["verdict"], -1) <= ranks.get(old["verdict"], -1)


def has_moved(old: float | None, new: float | None) -> bool:
    """True if a measure of tightness differs by more than the tolerance."""
    if old is None or new is None:
        return old is not new
    if max(abs(old), abs(new)) < FLOOR:
        return False
    return not math.isclose(old, new, rel_tol=TOLERANCE)


def replayed(entry: dict[str, Any]) -> list[Change]:
    """The changes at the cases that a baseline keeps of one claim, evaluated anew.

    At the worst case the scale-free margin must be what it was; controls must be refuted at their
    counterexamples. Nothing is generated or searched, so this is exact on every machine. Raises
    InvalidValue if there is no such claim.
    """
    claim = registry.get(entry["id"])
    changes = []
    for found in entry["worst"]:
        relative = decide(claim, Case.from_dict(found["case"])).relative
        if abs(relative - found["relative"]) > REPLAYED * abs(found["relative"]) + FLOAT_TRUST:
            changes.append(Change(claim.id, "worst case", found["relative"], relative, True))
    fates = {control["id"]: control for control in entry["controls"] if control["case"]}
    for control in claim.controls:
        kept = fates.get(control.id)
        if kept is not None:
            sign = decide(claim.as_claim(control), Case.from_dict(kept["case"])).sign
            if sign != Sign.NEGATIVE:
                what = f"control {control.id}"
                changes.append(Change(claim.id, what, Fate.REFUTED, sign, True))
    return changes
