"""What is remembered costs what it cost at first, so that no case depends on those before it."""

from __future__ import annotations

import pytest

from theorycheck.arithmetic.budget import charge, remembered, work_limit
from theorycheck.errors import TooExpensive

_SECOND = 1e6


def _counting() -> tuple[list[int], object]:
    calls: list[int] = []

    @remembered(4)
    def worked(seconds: int) -> int:
        calls.append(seconds)
        charge(seconds * _SECOND, f"a job of {seconds} s")
        return -seconds

    return calls, worked


def test_a_result_is_found_once() -> None:
    calls, worked = _counting()
    assert [worked(1), worked(1), worked(2)] == [-1, -1, -2]
    assert calls == [1, 2]


def test_no_more_than_the_latest_are_kept() -> None:
    calls, worked = _counting()
    for seconds in (1, 2, 3, 4, 5, 1):
        worked(seconds)
    assert calls == [1, 2, 3, 4, 5, 1]


@pytest.mark.parametrize("is_known", [False, True])
def test_what_is_left_does_not_depend_on_what_was_known(is_known: bool) -> None:
    _, worked = _counting()
    if is_known:
        worked(3)
    with work_limit(5):
        worked(3)
        charge(2 * _SECOND, "the rest")
        with pytest.raises(TooExpensive, match="one more"):
            charge(1, "one more")


@pytest.mark.parametrize("is_known", [False, True])
def test_the_same_is_refused_in_the_same_words(is_known: bool) -> None:
    _, worked = _counting()
    if is_known:
        worked(3)
    with work_limit(2), pytest.raises(TooExpensive, match="a job of 3 s would take more"):
        worked(3)


def test_work_within_work_is_counted_once() -> None:
    @remembered(4)
    def inner() -> None:
        charge(_SECOND, "the inner job")

    @remembered(4)
    def outer() -> None:
        inner()
        charge(_SECOND, "the outer job")

    for _ in range(2):
        with work_limit(2.5):
            outer()
            with pytest.raises(TooExpensive):
                charge(0.6 * _SECOND, "the rest")


def test_a_refusal_is_not_remembered() -> None:
    calls, worked = _counting()
    with work_limit(2), pytest.raises(TooExpensive):
        worked(3)
    assert worked(3) == -3
    assert calls == [3, 3]
