"""Boxes examined by worker processes: they are told the claim and the region by name."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from theorycheck import claims as registry
from theorycheck.errors import InvalidValue, WorkersLost, in_words
from theorycheck.inputs.numbers import Floats
from theorycheck.inputs.region import Region
from theorycheck.regions.examination import Examined, Standard, examined
from theorycheck.regions.frame import Frame
from theorycheck.regions.proving import Examiner, asked
from theorycheck.regions.sources import source_hash
from theorycheck.statements.claim import Claim
from theorycheck.statements.decision import file_of

_FEW = 4
"""Batches of a level for which no process is begun."""


@dataclass(frozen=True)
class Job:
    """What a worker must know to examine boxes, besides their ends.

    claims_file: None for a claim of the package. source: the hash of the claim's text.
    """

    claim: str
    claims_file: str | None
    source: str
    at_least: Fraction | None
    region: str

    @classmethod
    def of(cls, claim: Claim, at_least: Fraction | None, region: Region) -> Job:
        """The job of a claim. Raises InvalidValue if a worker cannot find it."""
        source = source_hash(claim)
        for file in (None, file_of(claim)):
            if file is not None and not Path(file).is_file():
                continue
            try:
                if source_hash(registry.find(claim.id, file)) == source:
                    return cls(claim.id, file, source, at_least, region.to_json())
            except InvalidValue:
                continue
        raise InvalidValue(
            f"claim {claim.id} is in no file that worker processes could read; "
            "write it to a file of its own, or prove it without them"
        )


@lru_cache(maxsize=8)
def _prepared(job: Job) -> tuple[Claim, Frame]:
    claim = registry.find(job.claim, job.claims_file)
    if source_hash(claim) != job.source:
        raise InvalidValue(f"the text of claim {job.claim} has changed during its proof")
    claim = asked(claim, job.at_least) if claim.floor != job.at_least else claim
    return claim, Frame.of(Region.from_json(job.region), claim)


def examine(job: Job, lo: Floats, hi: Floats, standard: Standard) -> Examined:
    """Examine a batch of boxes, (P, B): what a worker does."""
    claim, frame = _prepared(job)
    return examined(claim, frame, lo, hi, standard)


def by_workers(job: Job, executor: Executor) -> Examiner:
    """An examiner that gives batches to the workers of an executor, unless they are few.

    It raises WorkersLost when they die.
    """

    def begun(part: tuple[Floats, Floats], standard: Standard) -> Future[Examined]:
        try:
            return executor.submit(examine, job, *part, standard)
        except (BrokenExecutor, RuntimeError) as error:
            raise WorkersLost(f"the workers take no more boxes: {in_words(error)}") from None

    def work(
        parts: list[tuple[Floats, Floats]], standard: Standard
    ) -> Generator[Examined, None, None]:
        if len(parts) < _FEW:
            yield from (examine(job, *part, standard) for part in parts)
            return
        futures: list[Future[Examined]] = []
        try:
            futures += [begun(part, standard) for part in parts]
            for k, part in enumerate(parts):
                try:
                    yield futures[k].result()
                except BrokenExecutor:  # once more: it may have died of another batch
                    yield _last_result(begun(part, standard))
        finally:
            for future in futures:
                future.cancel()

    return work


def _last_result(future: Future[Examined]) -> Examined:
    try:
        return future.result()
    except BrokenExecutor as error:
        raise WorkersLost(f"a worker process died: {in_words(error)}") from None
