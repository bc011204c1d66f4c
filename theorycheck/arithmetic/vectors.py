"""Vectors that vary over boxes, of which a claim may use what no rotation changes.

Means in d > 1 dimensions are given to a claim as an array (n, 1) of `BoxVector`: a vector is one
entry, `a * b` is the inner product <a, b>, and a vector can be added to another and multiplied by a
number. So `(v * v).sum(axis=1)`, `a @ b` and `weights @ means` mean what they do for arrays of
coordinates. Entries, columns, shapes and transposes do not, and cannot be told apart here: so only
claims whose code was read are run on vectors (`regions.scope.is_read`). Their numbers are functions
of inner products, which are the same in all orthonormal coordinates. That is why coordinates may be
chosen in which the means are simple.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any, NoReturn

from theorycheck.arithmetic.boxes import BoxNumber, Reflected, made, refuse
from theorycheck.arithmetic.intervals import Interval

_WORDS = "of vectors only sums, multiples and inner products"


class BoxVector(Reflected):
    """A vector over every box of a batch, by its coordinates in some orthonormal frame."""

    __slots__ = ("_entries",)

    def __init__(self, entries: list[Any]) -> None:
        self._entries = entries

    def __neg__(self) -> BoxVector:
        return BoxVector([-entry for entry in self._entries])

    def __add__(self, other: Any) -> BoxVector:
        if isinstance(other, int) and other == 0:  # where a sum begins
            return self
        if not isinstance(other, BoxVector):
            refuse(f"a vector and a number in one sum: {_WORDS}")
        return BoxVector([a + b for a, b in zip(self._entries, other._entries, strict=True)])

    __radd__ = __add__

    def __sub__(self, other: Any) -> BoxVector:
        return self.__add__(-other)

    def __rsub__(self, other: Any) -> BoxVector:
        return (-self).__add__(other)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, BoxVector):
            pairs = zip(self._entries, other._entries, strict=True)
            return reduce(add, (a * b for a, b in pairs))
        return BoxVector([entry * other for entry in self._entries])

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> BoxVector:
        if isinstance(other, BoxVector):
            refuse(f"a quotient of vectors: {_WORDS}")
        return BoxVector([entry / other for entry in self._entries])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # asked by NumPy and Python of everything
            raise AttributeError(name)
        refuse(f"{name!r} of a vector: {_WORDS}")


def coordinates(vector: BoxVector) -> list[Any]:
    """The coordinates in the frame, which no claim is to see."""
    return vector._entries


def norm(vector: BoxVector) -> BoxNumber:
    """|v|, Lipschitz also where it is 0: its slope is that of <v, e>, e = v / |v| of norm 1."""
    entries: list[BoxNumber] = coordinates(vector)
    squares = [entry * entry for entry in entries]
    found = reduce(add, squares).sqrt()
    one = Interval.of(1, found.batch.reach)
    slope = None
    for entry in entries:
        if entry.slope is None:
            continue
        unit = (entry.span / found.span).meet(Interval(-one.lo, one.hi))
        part = entry.slope * unit
        slope = part if slope is None else slope + part
    return made(found.batch, found.centre, found.span, slope)


def _refusing(what: str) -> Any:
    def method(*_: object) -> NoReturn:
        refuse(f"{what} a vector: {_WORDS}")

    return method


_REFUSED = {
    **dict.fromkeys(("lt", "le", "gt", "ge", "eq", "ne", "bool"), "a comparison of"),
    **{name: f"{name}() of" for name in ("abs", "float", "int", "complex", "round", "hash")},
    **dict.fromkeys(("pow", "rpow", "rtruediv", "floordiv", "mod"), "a power or quotient of"),
}
for _name, _what in _REFUSED.items():
    setattr(BoxVector, f"__{_name}__", _refusing(_what))
