"""`theorycheck doctor`: check that this installation is fit to give verdicts."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from fractions import Fraction
from typing import Any

import click
import flint
import mpmath
from matplotlib import figure

from theorycheck import claims, oracle
from theorycheck.arithmetic.arithmetics import ball
from theorycheck.campaign.aggregate import environment
from theorycheck.cli.shared.common import JSON, echo_json, echo_prose
from theorycheck.exit_codes import OK, REFUTED
from theorycheck.expectations.population import population
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements.verdicts import Holds, Refuted
from theorycheck.studies.plots import latex_program

GOLDEN = Mixture([Fraction(3, 2), Fraction(-7, 10), 2], [2, 5, 3])
GOLDEN_LOSS = "0.27527366333870091215"


@click.command()
@JSON
def doctor(as_json: bool) -> None:
    """Check the installation: versions, precision, and one golden case computed two ways.

    Also what a long run needs: cores, memory, a folder to write into, and pictures.

    Example: theorycheck doctor
    """
    findings = diagnose()
    is_fit = all(check["ok"] for check in findings["checks"])
    if as_json:
        echo_json(findings)
    else:
        for name, value in findings["environment"].items():
            click.echo(f"{name:<14} {value}")
        for check in findings["checks"]:
            echo_prose(f"{'ok  ' if check['ok'] else 'FAIL'} {check['name']}: {check['detail']}")
        if is_fit:
            click.echo("next: theorycheck verify --profile quick")
    sys.exit(OK if is_fit else REFUTED)


def diagnose() -> dict[str, Any]:
    """Versions, and checks as {"name", "ok", "detail"}."""
    checks = [_precision(), _golden_case(), _verdicts(), _drawing(), _folder(), _machine()]
    return {"environment": environment(), "checks": checks}


def _check(name: str, ok: bool, detail: str) -> dict[str, Any]:
    return {"name": name, "ok": bool(ok), "detail": detail}


def _precision() -> dict[str, Any]:
    """Check that the working precision is set in a scope, restored, and really used."""
    before = flint.ctx.prec
    with ball(60).scope():
        third = flint.arb(1) / 3
        radius = float(third.rad())
    restored = flint.ctx.prec == before
    ok = restored and radius < 1e-60 and third.overlaps(flint.arb(1) / 3)
    return _check("precision", ok, f"1/3 to a radius of {radius:.1e}, restored: {restored}")


def _golden_case() -> dict[str, Any]:
    """Check that float64, balls and oracle agree on the loss of a known mixture."""
    enclosure = population(GOLDEN, arithmetic=ball(40)).loss
    independent = mpmath.nstr(oracle.population(GOLDEN, digits=30).loss, 29)
    with ball(40).scope():
        known = flint.arb(GOLDEN_LOSS) + flint.arb(0, flint.arb("1e-20"))
        other = flint.arb(independent) + flint.arb(0, flint.arb("1e-28"))
        agree = enclosure.overlaps(other) and known.overlaps(enclosure)
    close = abs(population(GOLDEN).loss - float(GOLDEN_LOSS)) < 1e-15
    detail = f"balls {enclosure.str(20)}, oracle {independent}"
    return _check("golden case", agree and close, detail)


def _verdicts() -> dict[str, Any]:
    """Check that a true statement holds and a false one is refuted."""
    claim = claims.get("likelihood-decrease")
    held = claim.check(Case(GOLDEN, Fraction(19, 10)))
    failed = claim.check(Case(Mixture([1]), Fraction(21, 10)))
    ok = isinstance(held, Holds) and isinstance(failed, Refuted)
    return _check("verdicts", ok, f"{type(held).__name__} at 1.9, {type(failed).__name__} at 2.1")


def _drawing() -> dict[str, Any]:
    """Check that Matplotlib draws, and tell whether there is LaTeX for `figures --format pgf`."""
    canvas = io.BytesIO()
    figure.Figure().savefig(canvas, format="svg")
    latex = latex_program()
    detail = f"an SVG of {canvas.tell()} bytes; PGF {f'by {latex}' if latex else 'needs LaTeX'}"
    return _check("drawing", canvas.tell() > 0, detail)


def _folder() -> dict[str, Any]:
    """Check that a report can be written into the present folder."""
    try:
        with tempfile.TemporaryFile(dir=".") as stream:
            stream.write(b"a report")
    except OSError as error:
        return _check("output", False, f"this folder: {error.strerror}; give --output elsewhere")
    return _check("output", True, "a report can be written here")


def _machine() -> dict[str, Any]:
    """The processor cores, and the memory where the system tells: each worker may take 4 GB."""
    cores = os.cpu_count() or 1
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, ValueError, OSError):  # not on Windows
        return _check("machine", True, f"{cores} cores")
    return _check("machine", True, f"{cores} cores, {size:.1f} GB of memory")
