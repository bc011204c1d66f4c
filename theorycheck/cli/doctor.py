"""`theorycheck doctor`: is this installation fit to give verdicts?"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import mpmath

from theorycheck import oracle
from theorycheck.arithmetic.arithmetics import ball
from theorycheck.campaign.aggregate import environment
from theorycheck.expectations.population import population
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements.verdicts import Holds, Refuted

GOLDEN = Mixture([Fraction(3, 2), Fraction(-7, 10), 2], [2, 5, 3])
GOLDEN_LOSS = "0.27527366333870091215"


def diagnose() -> dict[str, Any]:
    """Versions, and checks as {"name", "ok", "detail"}."""
    checks = [_precision(), _golden_case(), _verdicts()]
    return {"environment": environment(), "checks": checks}


def _check(name: str, ok: bool, detail: str) -> dict[str, Any]:
    return {"name": name, "ok": bool(ok), "detail": detail}


def _precision() -> dict[str, Any]:
    """The working precision is set in a scope, restored, and really used."""
    before = flint.ctx.prec
    with ball(60).scope():
        third = flint.arb(1) / 3
        radius = float(third.rad())
    restored = flint.ctx.prec == before
    ok = restored and radius < 1e-60 and third.overlaps(flint.arb(1) / 3)
    return _check("precision", ok, f"1/3 to a radius of {radius:.1e}, restored: {restored}")


def _golden_case() -> dict[str, Any]:
    """Float64, balls and oracle agree on the loss of a known mixture."""
    sure = population(GOLDEN, arithmetic=ball(40)).loss
    independent = mpmath.nstr(oracle.population(GOLDEN, digits=30).loss, 29)
    with ball(40).scope():
        known = flint.arb(GOLDEN_LOSS) + flint.arb(0, flint.arb("1e-20"))
        told = flint.arb(independent) + flint.arb(0, flint.arb("1e-28"))
        agree = sure.overlaps(told) and known.overlaps(sure)
    close = abs(population(GOLDEN).loss - float(GOLDEN_LOSS)) < 1e-15
    return _check("golden case", agree and close, f"balls {sure.str(20)}, oracle {independent}")


def _verdicts() -> dict[str, Any]:
    """A true statement holds and a false one is refuted."""
    from theorycheck import claims

    claim = claims.get("likelihood-decrease")
    held = claim.check(Case(GOLDEN, Fraction(19, 10)))
    failed = claim.check(Case(Mixture([1]), Fraction(21, 10)))
    ok = isinstance(held, Holds) and isinstance(failed, Refuted)
    return _check("verdicts", ok, f"{type(held).__name__} at 1.9, {type(failed).__name__} at 2.1")
