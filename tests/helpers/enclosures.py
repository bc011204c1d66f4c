"""Enclosures against exact values."""

from __future__ import annotations

from typing import Any

import flint
import numpy as np

from theorycheck.expectations.moments import Moments, made

FIELDS = Moments._fields


def entries(value: Any) -> list[Any]:
    return list(np.asarray(made(value), dtype=object).ravel())


def all_made(found: Any) -> Any:
    """Moments or sums of which nothing is deferred."""
    return type(found)(*map(made, found))


def assert_honest(found: Any, exact: Any) -> None:
    """The true error is at most the reported radius: the ball meets the exact value."""
    found, exact = entries(found), entries(exact)
    assert len(found) == len(exact)
    for ball_entry, value in zip(found, exact, strict=True):
        assert ball_entry.overlaps(flint.arb(value)), (ball_entry, value)
