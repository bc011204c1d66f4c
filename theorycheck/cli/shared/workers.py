"""Worker processes and a progress bar, for the verbs that take long."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from theorycheck.campaign.executors import LimitedPool, cluster

WORKERS = click.option(
    "--workers", type=click.IntRange(1, 256), help="Processes; all cores by default."
)

SCHEDULER = click.option("--scheduler", metavar="ADDRESS", help="Run on a Dask cluster instead.")


@contextlib.contextmanager
def local_workers(workers: int | None, seconds: float, megabytes: int) -> Iterator[Executor]:
    """Processes with limits for each task; all cores by default. What still runs is ended."""
    pool = LimitedPool(workers or os.cpu_count() or 1, seconds, megabytes)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


HEARTBEAT = 30.0
"""Seconds between the lines that tell a log, or whoever reads a pipe, that work goes on."""


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
def progress_bar(pool: Executor | None = None) -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar on a terminal; in a pipe a line now and then.

    It shows the elapsed and the remaining time, and what the workers of the pool are doing.
    """
    if not sys.stderr.isatty():
        with _heartbeat(pool) as show:
            yield show
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        _Open(pool),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def show_bar(done: int, total: int, claim: str) -> None:
            bar.update(task, completed=done, total=total, description=claim)

        yield show_bar


def echo_notice(text: str) -> None:
    """Print a notice on standard error, above the bar if there is one.

    click.echo would write below the wrapper that moves the bar, and the bar over the notice.
    """
    print(text, file=sys.stderr)


class _Open(ProgressColumn):
    """The tasks that run, and for how long."""

    def __init__(self, pool: Executor | None) -> None:
        super().__init__(table_column=Column(no_wrap=True))  # a bar that grows leaves lines behind
        self._pool = pool

    def render(self, task: object) -> Text:
        """The longest of them, as of now."""
        return Text(_running(self._pool), style="bright_black", overflow="ellipsis")


def _running(pool: Executor | None) -> str:
    """The tasks that a pool does, the longest first, in words."""
    if not isinstance(pool, LimitedPool):
        return ""
    jobs = sorted(pool.running(), key=lambda job: -job[1])
    named = [(getattr(job, "key", ""), seconds) for job, seconds in jobs]
    return ", ".join(f"{name} ({seconds:.0f} s)" for name, seconds in named if name)


@contextlib.contextmanager
def _heartbeat(pool: Executor | None) -> Iterator[Callable[[int, int, str], None]]:
    """A line in standard error every HEARTBEAT seconds."""
    began, stopped = time.monotonic(), threading.Event()
    state = {"done": 0, "total": 0}

    def show(done: int, total: int, claim: str) -> None:
        state.update(done=done, total=total)

    def beat() -> None:
        while not stopped.wait(HEARTBEAT):
            open_tasks = _running(pool)
            tail = f"; running: {open_tasks}" if open_tasks else ""
            seconds = time.monotonic() - began
            told = f"{seconds:.0f} s, {state['done']} of {state['total']} tasks done{tail}"
            click.echo(told, err=True)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield show
    finally:
        stopped.set()
        thread.join()
