"""One thread for linear algebra where products are small: two only wait for each other.

OpenBLAS splits a product of 300,000 operations over its threads. That takes 30 microseconds in one
thread, and several milliseconds in two if another process is busy: a scheduler's time slice.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

_SMALL = 2000
"""Products of fewer entries are never split; to say so would take longer than they do."""


def one_thread(entries: float) -> AbstractContextManager[None]:
    """A scope in which BLAS has one thread, for arrays of about this many entries in all."""
    return _SCOPE if entries > _SMALL else nullcontext()


class _OneThread(AbstractContextManager[None]):
    """The outermost scope sets and restores the number, which is global to the process."""

    def __init__(self) -> None:
        self._lock, self._depth = Lock(), 0
        self._before: list[tuple[Any, int]] = []

    def __enter__(self) -> None:
        with self._lock:
            if self._depth == 0:
                counts = [(library, library.get_num_threads()) for library in _libraries()]
                self._before = [(library, count) for library, count in counts if count != 1]
                for library, _ in self._before:
                    library.set_num_threads(1)
            self._depth += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._depth -= 1
            if self._depth == 0:
                for library, count in self._before:
                    library.set_num_threads(count)


@lru_cache(maxsize=1)
def _libraries() -> list[Any]:
    """What NumPy multiplies with; looked for once, as that takes half a millisecond."""
    found: list[Any] = ThreadpoolController().select(user_api="blas").lib_controllers
    return found


_SCOPE = _OneThread()
