"""Mixtures and cases of every kind, and what a clear error is."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture

POINT = Mixture([[1, 2]])

numbers = (
    st.integers() | st.fractions() | st.floats(allow_nan=False, allow_infinity=False).map(Fraction)
)

positive = numbers.map(abs).filter(bool)


def rows(components: int, dimension: int) -> st.SearchStrategy[list[list[Any]]]:
    row = st.lists(numbers, min_size=dimension, max_size=dimension)
    return st.lists(row, min_size=components, max_size=components)


@st.composite
def mixtures(draw: st.DrawFn, dimension: int | None = None) -> Mixture:
    n = draw(st.integers(1, 4))
    d = dimension or draw(st.integers(1, 3))
    weights = st.none() | st.lists(positive, min_size=n, max_size=n)
    return Mixture(draw(rows(n, d)), draw(weights))


FULL_CASE = Case(
    Mixture([[0.1, "1/3"], [2, -1]], [1, 2]),
    step_size="0.7",
    truth=Mixture([[0, 1e-300]]),
    x=[1, 2],
    direction=["-1", 0.5],
    target=[[0, 0], [1, 1]],
    s=0,
    steps=0,
)


def assert_clear(error: BaseException, mention: str) -> None:
    """One short line that names what is wrong."""
    message = str(error)
    assert mention in message
    assert message.isprintable()
    assert len(message) < 200
