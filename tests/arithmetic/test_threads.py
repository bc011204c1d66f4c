"""One thread for linear algebra, and afterwards as many as before."""

from __future__ import annotations

import threading

import pytest

from theorycheck.arithmetic import threads


class Library:
    """A BLAS that counts what it is told."""

    def __init__(self, count: int) -> None:
        self.count = count

    def get_num_threads(self) -> int:
        return self.count

    def set_num_threads(self, count: int) -> None:
        self.count = count


@pytest.fixture(name="library")
def _library(monkeypatch: pytest.MonkeyPatch) -> Library:
    library = Library(8)
    monkeypatch.setattr(threads, "_libraries", lambda: [library])
    return library


def test_scopes_nest_and_restore(library: Library) -> None:
    outer, inner = threads.one_thread(1e6), threads.one_thread(1e6)
    with outer:
        with inner:
            assert library.count == 1
        assert library.count == 1
    assert library.count == 8


def test_an_error_restores_too(library: Library) -> None:
    with pytest.raises(ZeroDivisionError), threads.one_thread(1e6):
        _ = 1 / 0
    assert library.count == 8


def test_two_python_threads_restore_what_was_before(library: Library) -> None:
    """The scope that ends last restores, not the one that began last."""
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with threads.one_thread(1e6):
            inside.set()
            leave.wait()

    other = threading.Thread(target=hold)
    with threads.one_thread(1e6):
        other.start()
        inside.wait()
    assert library.count == 1
    leave.set()
    other.join()
    assert library.count == 8


def test_small_products_are_left_alone(library: Library) -> None:
    with threads.one_thread(100):
        assert library.count == 8


def test_the_real_library_is_found() -> None:
    before = [library.get_num_threads() for library in threads._libraries()]
    with threads.one_thread(1e6):
        assert all(library.get_num_threads() == 1 for library in threads._libraries())
    assert [library.get_num_threads() for library in threads._libraries()] == before
