"""Numbers that know how many roundings they have been through, and NumPy for arrays of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Counted:
    """A positive number of which only the roundings are known, in the worst case.

    Products with 1 and sums with 0 are exact.
    """

    units: int

    def __mul__(self, other: Any) -> Counted:
        if not isinstance(other, Counted):
            return self if other == 1 else Counted(self.units + 1)
        return Counted(self.units + other.units + 1)

    __rmul__ = __mul__

    def __truediv__(self, other: Counted) -> Counted:
        return self * other

    def __add__(self, other: Any) -> Counted:
        if not isinstance(other, Counted):
            return self if other == 0 else Counted(self.units + 1)
        return Counted(max(self.units, other.units) + 1)

    __radd__ = __add__

    def __abs__(self) -> Counted:
        return self

    def __neg__(self) -> Counted:
        return self


class CountingNumPy:
    """NumPy whose new arrays hold objects."""

    empty = staticmethod(lambda shape: np.empty(shape, dtype=object))
    ones = staticmethod(lambda shape: np.ones(shape, dtype=object))
    zeros = staticmethod(lambda shape: np.zeros(shape, dtype=object))

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


def all_counted(units: int, *shape: int) -> Any:
    """An array of numbers with so many roundings each."""
    found = np.empty(shape, dtype=object)
    found.ravel()[:] = [Counted(units)] * found.size
    return found


def most_units(entries: Any) -> int:
    """The largest number of roundings."""
    return max(entry.units for entry in np.asarray(entries, dtype=object).ravel())
