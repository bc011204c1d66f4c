"""From the outcomes of tasks to the data of a report."""

from __future__ import annotations

import contextlib
import hashlib
import platform
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from theorycheck._version import __version__
from theorycheck.inputs.case import Case
from theorycheck.search.screening import HISTOGRAM_EDGES
from theorycheck.search.shrinking import complexity
from theorycheck.statements.claim import Claim
from theorycheck.statements.decision import FLOAT_TRUST

SCHEMA = 1
NOT_CHECKED = (
    "No claim is proved for all mixtures by this run: a supported claim has survived a search.",
    "Ball arithmetic certifies up to affine rank 3, and mostly ranks 1 and 2; the rest is float64.",
    "Along trajectories balls certify the steps that each claim names; the rest is float64.",
    "Asymptotic statements are checked through a constant, or a limit within a tolerance, "
    "on runs of finite length.",
    "Statements recalled from the paper are checked as this page words them, which may differ "
    "from the printed theorem.",
    "Finite samples, covariances other than the identity and unknown weights are outside the "
    "setting: everything here is about population gradient EM.",
)
_LIBRARIES = ("numpy", "scipy", "mpmath", "python-flint", "hypothesis")


@dataclass(frozen=True)
class Run:
    """What a run was asked to do, and when it began (seconds since 1970)."""

    profile: str
    seed: int
    claims_file: str | None
    started: float

    def header(self, claims: list[Claim]) -> dict[str, Any]:
        """What names a run in its ledger: whatever its outcomes depend on."""
        source = None if self.claims_file is None else Path(self.claims_file).read_bytes()
        return {
            "version": __version__,
            "profile": self.profile,
            "seed": self.seed,
            "claims": [claim.id for claim in claims],
            "claims_file": source and hashlib.sha256(source).hexdigest(),
        }


def report_data(run: Run, claims: list[Claim], outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    """The data of report.json, without figures: what is done, in the order of the claims."""
    entries = [
        claim_entry(claim, [o for o in outcomes if o["claim"] == claim.id]) for claim in claims
    ]
    stamp = datetime.fromtimestamp(run.started, UTC).isoformat(timespec="seconds")
    return {
        "schema": SCHEMA,
        "version": __version__,
        "profile": run.profile,
        "seed": run.seed,
        "claims_file": run.claims_file,
        "environment": environment(),
        "started": stamp,
        "seconds": round(time.time() - run.started, 1),
        "claims": entries,
        "figures": [],
        "gallery": [],
        "health": _health(outcomes),
        "not_checked": list(NOT_CHECKED),
    }


def environment() -> dict[str, str]:
    """Versions of everything that takes part in a number."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in _LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def claim_entry(claim: Claim, outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    """The report's entry of a claim, from the outcomes of its tasks."""
    failures = [o for o in outcomes if "failure" in o]
    outcomes = [o for o in outcomes if "failure" not in o]
    batches = [o for o in outcomes if o["kind"] == "batch"]
    verdicts: Counter[str] = Counter()
    for outcome in batches:
        verdicts.update(outcome["verdicts"])
    attacks = [o for o in outcomes if o["kind"] == "attack"]
    searched = [*batches, *attacks]
    worst = sorted((e for o in searched for e in o["worst"]), key=lambda e: float(e["relative"]))
    violations = sorted((e for o in searched for e in o["violations"]), key=_complexity)
    witnesses = sorted((e for o in searched for e in o["witnesses"]), key=_complexity)
    verdict, evidence = _verdict(claim, verdicts, violations, witnesses)
    is_broken = any(o["errors"] for o in batches) or any(o["kind"] != "control" for o in failures)
    is_suspect = any(e["sign"] == "unknown" and _fails_in_float64(e) for e in worst)
    if (is_broken or is_suspect) and verdict == "supported":
        verdict, evidence = "undecided", "none"
    return {
        "id": claim.id,
        "group": claim.group,
        "statement": claim.statement,
        "description": claim.description,
        "origin": claim.origin,
        "source": claim.source,
        "kind": claim.kind,
        "hypotheses": claim.domain.in_words(claim.inputs),
        "verdict": verdict,
        "evidence": evidence,
        "cases": {
            "generated": sum(o["generated"] for o in batches),
            "in_domain": sum(o["in_domain"] for o in batches),
            "certified": verdicts["certified"] + verdicts["no witness"] + verdicts["refuted"],
            "tight": verdicts["tight"],
            "floating": verdicts["floating"],
            "undecided": verdicts["undecided"],
            "attacked": sum(o["evaluations"] for o in attacks),
        },
        "margin": _shown_margin(claim, worst, witnesses),
        "tightness": _tightness(claim, worst),
        "constant": _constant(worst, attacks) if worst and claim.kind == "constant" else None,
        "worst": worst[:3] if claim.kind != "existence" else witnesses[:3],
        "histogram": {
            "edges": HISTOGRAM_EDGES,
            "counts": [
                sum(o["histogram"][k] for o in batches) for k in range(len(HISTOGRAM_EDGES) - 1)
            ],
        },
        "counterexample": violations[0] if violations else None,
        "witness": witnesses[0] if witnesses else None,
        "controls": [
            *(_control_entry(o) for o in outcomes if o["kind"] == "control"),
            *(_failed_control(claim, o) for o in failures if o["kind"] == "control"),
        ],
        "undecided_reasons": dict(
            sum((Counter(o["reasons"]) for o in batches), Counter(o["failure"] for o in failures))
        ),
        "certificate": claim.certificate,
        "figures": [],
        "seconds": round(sum(o["seconds"] for o in (*outcomes, *failures)), 2),
    }


def _fails_in_float64(entry: dict[str, Any]) -> bool:
    """Whether float64 sees a violation, where balls do not reach."""
    return entry["evidence"] == "floating" and float(entry["relative"]) < -FLOAT_TRUST


def _complexity(entry: dict[str, Any]) -> tuple[int, ...]:
    return complexity(Case.from_dict(entry["case"]))


def _shown_margin(
    claim: Claim, worst: list[dict[str, Any]], witnesses: list[dict[str, Any]]
) -> float | None:
    """The smallest relative margin found; of an existence claim, the largest of a witness."""
    if claim.kind == "existence":
        return max((float(e["relative"]) for e in witnesses), default=None)
    return worst[0]["relative"] if worst and claim.kind != "constant" else None


SHARP = 0.999
"""An inequality whose smaller side reached this share of the larger one is called sharp."""


def _tightness(claim: Claim, worst: list[dict[str, Any]]) -> dict[str, Any] | None:
    """How much of its bound an inequality reached, and where; no search shows that it cannot."""
    closest = max(
        (e for e in worst if e["ratio"] is not None), key=lambda e: float(e["ratio"]), default=None
    )
    if closest is None:
        return None
    return {
        "ratio": closest["ratio"],
        "case": closest["case"],
        "sharp": "yes" if closest["ratio"] > SHARP else "unknown",
        "note": claim.sharp_when,
    }


def _constant(worst: list[dict[str, Any]], attacks: list[dict[str, Any]]) -> dict[str, Any]:
    """The smallest implied constant found, and how it moves with n, rank, R and pi_min."""
    moves = [move for attack in attacks for move in attack["moves"]]
    return {"value": worst[0]["relative"], "case": worst[0]["case"], "note": "", "moves": moves}


def _verdict(
    claim: Claim,
    verdicts: Counter[str],
    violations: list[dict[str, Any]],
    witnesses: list[dict[str, Any]],
) -> tuple[str, str]:
    """A claim's verdict and the strongest evidence for it."""
    if violations:
        return "refuted", "certified"
    if claim.kind == "existence":
        return ("proved", "certified") if witnesses else ("undecided", "none")
    for evidence in ("certified", "tight", "floating"):
        if verdicts[evidence]:
            return "supported", evidence
    return "undecided", "none"


def _control_entry(outcome: dict[str, Any]) -> dict[str, Any]:
    found = outcome["found"] or {}
    return {
        "id": outcome["control"],
        "statement": outcome["statement"],
        "verdict": outcome["verdict"],
        "evidence": outcome["evidence"],
        "case": found.get("case"),
        "margin": found.get("margin"),
        **({"looked": outcome["looked"]} if "looked" in outcome else {}),
    }


def _failed_control(claim: Claim, outcome: dict[str, Any]) -> dict[str, Any]:
    """A control that could not be looked at is no sign of power, and none of its absence."""
    control = claim.controls[outcome["number"]]
    unknown = {"verdict": "undecided", "evidence": "none", "case": None, "margin": None}
    return {"id": control.id, "statement": control.statement, **unknown}


def _health(outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    """How well the generation covered the regimes."""
    batches = [o for o in outcomes if o["kind"] == "batch" and "failure" not in o]
    inside = sum(o["in_domain"] for o in batches)
    counts: Counter[str] = sum((Counter(o["regimes"]) for o in batches), Counter())
    return {
        "generated": sum(o["generated"] for o in batches),
        "duplicates": sum(o["duplicates"] for o in batches),
        "in_domain": inside,
        "regimes": {name: round(counts[name] / max(inside, 1), 4) for name in sorted(counts)},
    }
