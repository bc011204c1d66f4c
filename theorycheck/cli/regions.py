"""`theorycheck prove` and `theorycheck replay`: claims proved on regions."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import click

from theorycheck import claims as registry
from theorycheck import exit_codes
from theorycheck.campaign.executors import MEMORY
from theorycheck.cli.shared.claim_options import CLAIM, CLAIMS, prints_to_stderr
from theorycheck.cli.shared.common import JSON, echo_json, write_text
from theorycheck.cli.shared.workers import SCHEDULER, WORKERS, workers_of
from theorycheck.inputs.region import Region
from theorycheck.regions.proof import Proof
from theorycheck.regions.proof import prove as prove_claim
from theorycheck.regions.replay import replay as replay_proof
from theorycheck.report.svg.boxes import whole_drawing

_CODES = {
    "proved": exit_codes.OK,
    "refuted": exit_codes.REFUTED,
    "undecided": exit_codes.UNDECIDED,
}


@click.command()
@CLAIM
@click.option("--region", "region_file", required=True, metavar="FILE", help="A region file.")
@click.option("--at-least", metavar="C", help="What an implied constant is to reach.")
@click.option(
    "--time-limit",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="What is open after that stays undecided.",
)
@click.option(
    "--output", metavar="DIR", help="Write the certificate to DIR/proof.json, and DIR/boxes.svg."
)
@click.option("--resume", is_flag=True, help="Go on with the unfinished proof in --output.")
@WORKERS
@SCHEDULER
@CLAIMS
@JSON
def prove(
    claim: str,
    region_file: str,
    at_least: str | None,
    time_limit: float | None,
    output: str | None,
    resume: bool,
    workers: int | None,
    scheduler: str | None,
    claims_file: str | None,
    as_json: bool,
) -> None:
    """Prove one claim for all cases of a region, or refute it there.

    A region file has a range for every number, such as {"components": 2, "means": [1, 2],
    "weights": ["1/5", "4/5"]}. With --output, what is proved can be checked again by `replay`.

    Exit codes: 0 proved, 1 refuted, 2 bad input or not on regions yet, 3 undecided.

    Example: theorycheck prove loss-upper --region region.json --output proof
    """
    if resume and output is None:
        raise click.UsageError("--resume goes on with a proof in --output DIR")
    region = Region.from_file(region_file)
    with prints_to_stderr():
        found = registry.find(claim, claims_file)
        with _workers(workers, scheduler) as executor:
            proof = prove_claim(
                found,
                region,
                at_least,
                time_limit,
                output=output,
                resume=resume,
                progress=_told if _is_watched(as_json) else None,
                executor=executor,
            )
    if output is not None:
        _draw(proof, Path(output))
    if as_json:
        echo_json(proof.summary())
    else:
        _print_proof(proof)
    sys.exit(_CODES[proof.verdict])


def _draw(proof: Proof, folder: Path) -> None:
    """Write the picture of a proof of two parameters beside its certificate."""
    picture = proof.picture()
    if picture is not None:
        write_text(str(folder / "boxes.svg"), whole_drawing(picture))


def _workers(
    workers: int | None, scheduler: str | None
) -> contextlib.AbstractContextManager[Executor | None]:
    """Worker processes, or this process alone if one is enough."""
    if scheduler is None and (workers or os.cpu_count() or 1) == 1:
        return contextlib.nullcontext()
    return workers_of(workers, scheduler, threading.TIMEOUT_MAX, MEMORY)


def _is_watched(as_json: bool) -> bool:
    return not as_json and sys.stderr is not None and sys.stderr.isatty()


def _told(boxes: int, open_share: float) -> None:
    """Say on one line of the terminal how far the proof is."""
    click.echo(f"\r{boxes:>10} boxes, {open_share:8.3%} open", err=True, nl=False)


def _print_proof(proof: Proof) -> None:
    """The proof in words."""
    click.echo(f"{proof.claim}: {proof.verdict} on {proof.region.in_words()}")
    if proof.leaves:
        what = "the constant is" if proof.at_least is not None else "the margin is"
        where = "" if proof.verdict == "proved" else ", where it is proved"
        if proof.bound == 0:
            where = ", as both sides agree somewhere"
        click.echo(f"  {what} at least {proof.bound:.6g}{where}; least found {proof.smallest:.6g}")
    click.echo(f"  {proof.boxes} boxes, {proof.leaves} leaves, {proof.seconds:.1f} s")
    if proof.verdict == "undecided":
        click.echo(f"  open: {proof.undecided_share:.3g} of the volume")
    if proof.counterexample is not None:
        click.echo(f"  counterexample: {json.dumps(proof.counterexample.to_dict())}")


@click.command()
@click.argument("proof", metavar="PROOF")
@click.option(
    "--sample",
    type=click.IntRange(1),
    metavar="N",
    help="Examine only so many leaves; then the answer is undecided.",
)
@CLAIMS
@JSON
def replay(proof: str, sample: int | None, claims_file: str | None, as_json: bool) -> None:
    """Check a proof on a region again, in ball arithmetic alone.

    A proof of another version of the claim or of theorycheck, or one that was changed, is refused.

    Exit codes: 0 confirmed, 1 a counterexample is confirmed, 2 refused, 3 not confirmed.

    Example: theorycheck replay proof/proof.json
    """
    with prints_to_stderr():
        found = replay_proof(proof, claims_file, sample)
    answer: dict[str, Any] = {
        "verdict": str(found.verdict),
        "bound": found.bound if found.checked else None,
        "leaves": found.leaves,
        "checked": found.checked,
        "failed": found.failed,
    }
    if as_json:
        echo_json(answer)
    else:
        click.echo(
            f"{found.verdict}: {found.checked} of {found.leaves} leaves examined in balls, "
            f"{found.failed} not confirmed"
            + (f"; bound {found.bound:.6g}" if found.checked else "")
        )
    sys.exit(_CODES[found.verdict])
