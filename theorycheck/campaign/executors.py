"""Executing tasks: in this process, or by the worker processes of an executor, which may die."""

from __future__ import annotations

import contextlib
import gc
import io
import math
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from dataclasses import dataclass, field
from typing import Any

from theorycheck.campaign.outcomes import FailedOutcome, Outcome
from theorycheck.campaign.running import limit_tasks, run_task
from theorycheck.campaign.tasks import Task
from theorycheck.errors import InvalidValue, WorkersLost, in_words

ATTEMPTS = 2
"""Attempts per task. A worker may die through an earlier task, so one death is no verdict."""
MEMORY = 4096
"""Megabytes of address space of a worker process, where the system can limit it."""
_COLLECTED = 20_000
"""New objects after which a worker's garbage is collected: it is little, and caches are large."""


def execute(
    tasks: list[Task],
    executor: Executor | None,
    is_wanted: Callable[[Task], bool] = lambda task: True,
    deadline: float = math.inf,
    run: Callable[[Task], Outcome] = run_task,
) -> Iterator[Outcome]:
    """Yield outcomes as they are finished, in this process or by the executor's workers.

    A task that takes too long, or whose worker dies twice, has a FailedOutcome. Raises WorkersLost
    when the executor takes no more work.

    is_wanted: asked again after each outcome; a task that is no longer wanted is not begun, and one
    that runs is left, and ended where the executor can. deadline: of `time.monotonic`, after which
    nothing is wanted. run: does a task, in this process or in a worker.
    """
    if executor is None:
        for task in tasks:
            if time.monotonic() >= deadline:
                return
            if is_wanted(task):
                yield run(task)
        return
    begun: Counter[str] = Counter()
    while tasks and time.monotonic() < deadline:
        tasks = yield from _round(tasks, executor, begun, is_wanted, deadline, run)


def _round(
    tasks: list[Task],
    executor: Executor,
    begun: Counter[str],
    is_wanted: Callable[[Task], bool],
    deadline: float,
    run: Callable[[Task], Outcome],
) -> Generator[Outcome, None, list[Task]]:
    """Do all tasks once; returns those whose worker died, which are to be done again."""
    pending = _submitted([task for task in tasks if is_wanted(task)], executor, run)
    lost = []
    try:
        while pending:
            left = None if deadline == math.inf else max(deadline - time.monotonic(), 0)
            done, _ = wait(pending, left, FIRST_COMPLETED)
            if not done:
                return []
            for future in done:
                task = pending.pop(future)
                begun[task.key] += 1
                if not is_wanted(task):
                    continue
                try:
                    yield future.result()
                except TimeoutError:
                    yield FailedOutcome(task, "the task took longer than its time limit")
                except Exception as error:
                    if begun[task.key] < ATTEMPTS:
                        lost.append(task)
                    else:
                        yield FailedOutcome(task, f"the worker process died: {in_words(error)}")
            for future in [future for future, task in pending.items() if not is_wanted(task)]:
                del pending[future]
                _abandon(executor, future)
    finally:
        for future in pending:
            _abandon(executor, future)
    return [task for task in lost if is_wanted(task)]


def _submitted(
    tasks: list[Task], executor: Executor, run: Callable[[Task], Outcome]
) -> dict[Future[Outcome], Task]:
    try:
        return {executor.submit(run, task): task for task in tasks}
    except (BrokenExecutor, RuntimeError) as error:
        raise WorkersLost(
            f"the workers take no more tasks: {in_words(error)}; go on with --resume"
        ) from None


def _abandon(executor: Executor, future: Future[Outcome]) -> None:
    """Leave a task: it does not begin, or ends in the middle where the executor can do that."""
    if not future.cancel() and isinstance(executor, LimitedPool):
        executor.end(future)


class LimitedPool(Executor):
    """Worker processes with a limit of time and of memory for each task.

    A worker that dies is replaced, and only its own task is lost: each has a pool of its own, since
    the standard library's pool ends with any of its processes.

    Calls begin in the order in which they are submitted, but that a worker goes on with those of
    the kin of its last one (the attribute `kin` of the first argument, as tasks have it): what they
    share is then found once. A kin that no other worker has comes before the others.

    Args:
        workers: Number of processes.
        seconds: A task that takes longer is killed, and its future raises TimeoutError.
        megabytes: Address space of a worker; a task that asks for more meets a MemoryError. There
            is no limit on systems that cannot set one.
    """

    def __init__(self, workers: int, seconds: float, megabytes: int = MEMORY) -> None:
        self._workers = [_Worker(seconds, megabytes) for _ in range(workers)]
        self._idle = list(self._workers)
        self._threads = ThreadPoolExecutor(workers, initializer=_block_interrupts)
        self._waiting: list[_Job] = []
        self._running: list[_Job] = []
        self._lock = threading.Lock()

    def submit(  # type: ignore[override]
        self, function: Callable[..., Outcome], /, *arguments: Any
    ) -> Future[Outcome]:
        """Schedule function(*arguments)."""
        job = _Job(function, arguments)
        with self._lock:
            self._waiting.append(job)
        try:
            self._threads.submit(self._do_next)
        except RuntimeError:  # it is shut down
            job.future.cancel()
            raise
        return job.future

    def _do_next(self) -> None:
        """Do one of the waiting calls; there are as many workers as threads."""
        with self._lock:
            worker = self._idle.pop()
            job = self._chosen(worker)
            if job is not None:
                self._waiting.remove(job)
                job.worker, job.began, worker.kin = worker, time.monotonic(), job.kin
                self._running.append(job)
        try:
            if job is not None:
                job.do()
        finally:
            with self._lock:
                if job is not None:
                    self._running.remove(job)
                worker.end_if_killed()  # its call may have been done just before
                self._idle.append(worker)

    def _chosen(self, worker: _Worker) -> _Job | None:
        """The call that a worker does next; None if all that waited are cancelled."""
        self._leave_cancelled()
        others = [other.kin for other in self._workers if other is not worker]
        ranks = ((job.kin != worker.kin, job.kin in others) for job in self._waiting)
        ranked = zip(ranks, self._waiting, strict=True)
        return min(ranked, key=lambda pair: pair[0], default=(None, None))[1]

    def _leave_cancelled(self) -> None:
        """Forget the calls that were cancelled, and tell those who wait for them."""
        for job in [job for job in self._waiting if job.future.cancelled()]:
            self._waiting.remove(job)
            job.future.set_running_or_notify_cancel()

    def end(self, future: Future[Outcome]) -> None:
        """End a task in the middle; its worker is replaced when there is other work."""
        with self._lock:  # with it, the worker has no other call yet
            for job in self._running:
                if job.future is future:
                    job.worker.kill()

    def running(self) -> list[tuple[Any, float]]:
        """The first argument of every call that runs, and since how many seconds it does."""
        now = time.monotonic()
        with self._lock:
            return [(job.arguments[0], now - job.began) for job in self._running if job.arguments]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Finish what is scheduled, or with `cancel_futures` kill the workers at once."""
        if cancel_futures:
            self._threads.shutdown(wait=False, cancel_futures=True)
            with self._lock:
                waiting = list(self._waiting)
            for job in waiting:
                job.future.cancel()
            with self._lock:
                self._leave_cancelled()
            for worker in self._workers:
                worker.kill()
        self._threads.shutdown(wait=wait)
        for worker in self._workers:
            worker.end()


@dataclass(eq=False)
class _Job:
    """A call that was scheduled, and the worker that does it since a time of `time.monotonic`."""

    function: Callable[..., Outcome]
    arguments: tuple[Any, ...]
    future: Future[Outcome] = field(default_factory=Future)
    began: float = 0.0
    worker: _Worker = field(init=False)

    @property
    def kin(self) -> object:
        """Calls of one kin share work; None where nothing is said."""
        return getattr(self.arguments[0], "kin", None) if self.arguments else None

    def do(self) -> None:
        """Have the worker do the call; its future has the result, or what was raised."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self.worker.run(self.function, *self.arguments)
        except BaseException as error:
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
_ENVIRONMENT = threading.Lock()


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Processes that start here have one thread for linear algebra, unless the user says more.

    Products are tiny, and the threads of several workers fight for the cores. Libraries read the
    environment when they are loaded, so that it must be set before.
    """
    with _ENVIRONMENT:
        new = [name for name in _THREADS if name not in os.environ]
        os.environ.update(dict.fromkeys(new, "1"))
        try:
            yield
        finally:
            for name in new:
                del os.environ[name]


class _Worker:
    """One process, started when there is work for it and replaced when it has died."""

    def __init__(self, seconds: float, megabytes: int) -> None:
        self._seconds, self._megabytes = seconds, megabytes
        self.kin: object = None
        self._pool: ProcessPoolExecutor | None = None
        self._id = 0

    def run(self, function: Callable[..., Outcome], *arguments: Any) -> Outcome:
        """function(*arguments). Raises TimeoutError, or BrokenExecutor if the process dies."""
        if self._pool is None:
            self._pool = self._begun()
            with _one_thread():  # the process starts with its first task
                first = self._pool.submit(os.getpid)
            self._id = first.result()
        try:
            return self._pool.submit(function, *arguments).result(self._seconds)
        except (TimeoutError, BrokenExecutor):
            self.kill()
            self.end()
            raise

    def _begun(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(
            1, mp_context=context, initializer=_prepare, initargs=(self._megabytes, self._seconds)
        )

    def kill(self) -> None:
        """End the process in the middle of its task."""
        if self._id:
            with contextlib.suppress(OSError):  # it has died by itself
                os.kill(self._id, getattr(signal, "SIGKILL", signal.SIGTERM))
            self._id = 0

    def end_if_killed(self) -> None:
        """Make room for another process if this one was killed after its task."""
        if not self._id:
            self.end()

    def end(self) -> None:
        """Let the process finish, and wait for it."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool, self._id = None, 0


@contextlib.contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of a Dask cluster. Raises InvalidValue without Dask, or without an answer.

    Limits of memory are the cluster's own. Workers need one thread each: precision is global to a
    process.
    """
    try:
        from distributed import Client
    except ImportError:
        raise InvalidValue("--scheduler needs Dask: pip install 'theorycheck[dask]'") from None
    try:
        client = Client(address, timeout=10)
    except (OSError, ValueError, TypeError) as error:
        raise InvalidValue(f"--scheduler {address}: {in_words(error)}") from None
    with client:
        threaded = [w for w in client.nthreads().values() if w > 1]
        if threaded:
            raise InvalidValue(
                f"--scheduler {address}: a worker has {threaded[0]} threads; start workers with "
                "--nthreads 1"
            )
        yield client.get_executor(pure=False)


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Delay Ctrl-C until the block is done. Only the main thread ever receives it."""
    usual = signal.getsignal(signal.SIGINT)
    if not callable(usual) or threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        if came:
            signal.raise_signal(signal.SIGINT)


def _block_interrupts() -> None:
    """Block Ctrl-C, which a terminal sends to every process, so that only the parent reacts.

    Processes inherit what their thread blocks, from their first moment.
    """
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _prepare(megabytes: int, seconds: float) -> None:
    """Set up a worker process before its first task.

    Its standard output becomes standard error: claims may print, but the output is for the answer.
    """
    os.dup2(2, 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # a worker that is ended has nothing in store
    gc.freeze()  # what is loaded stays: the collector need not look through it again and again
    gc.set_threshold(_COLLECTED)
    limit_tasks(seconds)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    size = megabytes * 2**20
    if hard == resource.RLIM_INFINITY or size < hard:
        resource.setrlimit(resource.RLIMIT_AS, (size, hard))


def _end_with_parent() -> None:
    """End this worker when its parent has died; otherwise it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
