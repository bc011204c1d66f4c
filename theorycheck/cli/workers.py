"""Worker processes and a progress bar, for the verbs that take long."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from theorycheck.campaign.executors import LimitedPool, cluster

WORKERS = click.option(
    "--workers", type=click.IntRange(1, 256), help="Processes; all cores by default."
)

SCHEDULER = click.option("--scheduler", metavar="ADDRESS", help="Run on a Dask cluster instead.")


@contextlib.contextmanager
def local_workers(workers: int | None, seconds: float, megabytes: int) -> Iterator[Executor]:
    """Processes with limits for each task; all cores by default. They are killed by an error."""
    pool = LimitedPool(workers or os.cpu_count() or 1, seconds, megabytes)
    try:
        yield pool
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


@contextlib.contextmanager
def workers_of(
    workers: int | None, scheduler: str | None, seconds: float, megabytes: int
) -> Iterator[Executor]:
    """Local worker processes with limits, or a Dask cluster."""
    if scheduler is not None:
        with cluster(scheduler) as executor:
            yield executor
        return
    with local_workers(workers, seconds, megabytes) as pool:
        yield pool


@contextlib.contextmanager
def progress_bar() -> Iterator[Callable[[int, int, str], None] | None]:
    """A progress bar with the remaining time on a terminal; None in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def show(done: int, total: int, claim: str) -> None:
            bar.update(task, completed=done, total=total, description=claim)

        yield show
