"""Vectors that vary over boxes, of which a claim may use what no rotation changes.

In d > 1 dimensions means, gradients and the like are given to a claim as `BoxVectors`: an array of
vectors, of shape (n, d) for n of them and (d,) for one, whose last axis is closed. The frame in
which they have coordinates is chosen such that the means are simple in it, and its k axes are not
the d of a case. So a claim must not see coordinates, nor their number; it may use

- sums and differences of vectors, multiples by numbers and by columns `c[:, None]`;
- the axes before the last: `means[i]`, `means[:, None]`, `weights @ means`, `means.sum(axis=0)`;
- inner products: `a @ b` of vectors, `means @ a`, `means @ means.T`, and the entrywise product
  `a * b`, of which (as `Products`) nothing is open but what is linear in it and not in its last
  axis, until that is summed over: `(a * b).sum(axis=-1)`, `(a * b).sum()`.

**Proof that a claim so written has the same value in all frames.** By induction over the operations
a `BoxVectors` holds vectors v with v' = Q v in another orthonormal frame, Q an isometry from the
span of the means into R^d: true of the means, and kept by sums, multiples and whatever acts on the
axes before the last. A `Products` holds linear combinations of entrywise products of pairs of such
vectors; a sum over the last axis makes of it the same combination of their inner products, which Q
leaves. Numbers are made of vectors in no other way: everything else raises NotOnRegions. QED

All else is refused, also what NumPy would do by itself: ufuncs and functions but for those listed
here, conversion to an array, operations in place. Arrays that are multiplied with vectors must hold
numbers alone, as an array of vectors is no column.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NoReturn, Self

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array
from theorycheck.arithmetic.boxes import BoxNumber, Reflected, made, refuse
from theorycheck.arithmetic.functions import root
from theorycheck.arithmetic.intervals import Interval

_WORDS = "of vectors only sums, multiples and inner products"
_NUMBERS = (int, float, Fraction, np.number, flint.arb, flint.fmpq, BoxNumber)


class _Opaque(Reflected):
    """What refuses everything that its own methods do not allow."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # asked by NumPy and Python of everything
            raise AttributeError(name)
        refuse(f"{name!r} of a vector: {_WORDS}")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        name = _UFUNCS.get(ufunc)
        if name is None or method != "__call__" or options:
            refuse(f"np.{ufunc.__name__} of a vector: {_WORDS}")
        first, *others = inputs
        if isinstance(first, _Opaque):
            return getattr(first, f"__{name}__")(*others)
        return getattr(others[0], f"__r{name}__")(first)

    def __array_function__(self, function: Any, _: Any, given: Any, options: Any) -> Any:
        name = _FUNCTIONS.get(function)
        if name is None or not given or not isinstance(given[0], _Vectors):
            refuse(f"np.{function.__name__} of a vector: {_WORDS}")
        return getattr(given[0], name)(*given[1:], **options)


_UFUNCS = {
    np.add: "add",
    np.subtract: "sub",
    np.multiply: "mul",
    np.divide: "truediv",
    np.matmul: "matmul",
    np.negative: "neg",
}
_FUNCTIONS = {np.sum: "sum", np.mean: "mean", np.linalg.norm: "norms"}
"""Of NumPy those that are open, and the methods that they are here."""


def _refusing(what: str) -> Any:
    def method(*_: object, **__: object) -> NoReturn:
        refuse(f"{what} a vector: {_WORDS}")

    return method


_REFUSED = {
    **dict.fromkeys(("lt", "le", "gt", "ge", "eq", "ne", "bool", "contains"), "a comparison of"),
    **{name: f"{name}() of" for name in ("abs", "float", "int", "complex", "index", "hash")},
    **{name: f"{name}() of" for name in ("round", "iter", "len", "reversed", "format")},
    **dict.fromkeys(("pow", "rpow", "rtruediv"), "a power or quotient of"),
    **dict.fromkeys(("floordiv", "rfloordiv", "mod", "rmod", "divmod"), "a remainder of"),
    **dict.fromkeys(("neg", "add", "radd", "sub", "rsub", "mul", "rmul"), "this sum or product of"),
    **dict.fromkeys(("truediv", "matmul", "rmatmul"), "this quotient or product of"),
    **dict.fromkeys(("getitem", "setitem", "delitem"), "entries of"),
    **dict.fromkeys(("array", "copy", "deepcopy", "reduce_ex"), "a copy or an array made of"),
    **{
        f"i{name}": "a change in place of"
        for name in ("add", "sub", "mul", "truediv", "matmul", "pow")
    },
}
for _name, _what in _REFUSED.items():
    setattr(_Opaque, f"__{_name}__", _refusing(_what))


class _Vectors(_Opaque):
    """What BoxVectors and Products share: all but the last axis is open, and both are linear."""

    __slots__ = ("_entries",)

    def __init__(self, entries: Array) -> None:
        """Entries (..., k) in some orthonormal frame of k axes, which no claim is to see."""
        self._entries = entries

    @property
    def ndim(self) -> int:
        """The number of axes, that of the vectors included."""
        return self._entries.ndim

    @property
    def shape(self) -> _Shape:
        """The lengths of the axes, but for the dimension."""
        return _Shape(self._entries.shape[:-1])

    def __len__(self) -> int:
        return int(self.shape[0])

    def __iter__(self) -> Iterator[Self]:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, key: Any) -> Self:
        return type(self)(self._entries[_leading(key, self.ndim)])

    def __neg__(self) -> Self:
        return type(self)(-self._entries)

    def __add__(self, other: Any) -> Self:
        if isinstance(other, int) and other == 0:  # where a sum begins
            return self
        if type(other) is not type(self):
            refuse(f"a vector and something else in one sum: {_WORDS}")
        return type(self)(self._entries + other._entries)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Self:
        return self.__add__(-other)

    def __rsub__(self, other: Any) -> Self:
        return (-self).__add__(other)

    def __mul__(self, other: Any) -> Any:
        return type(self)(self._entries * _column(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Self:
        return type(self)(self._entries / _column(other))

    def __rmatmul__(self, other: Any) -> Self:
        """A sum over the axis before the last."""
        if self.ndim < 2 or not _is_plain(other):
            refuse(f"this product with a vector: {_WORDS}")
        return type(self)(other @ self._entries)

    def sum(self, axis: int | None = None, *, keepdims: bool = False) -> Any:
        """The sum over an axis before the last."""
        place = self._leading_axis(axis)
        if place is None:
            refuse(f"a sum of the coordinates of a vector: {_WORDS}")
        return type(self)(self._entries.sum(axis=place, keepdims=keepdims))

    def _leading_axis(self, axis: object) -> int | None:
        """An axis that is open, as a number from 0 on, or None."""
        if not isinstance(axis, int):
            return None
        place = axis + self.ndim if axis < 0 else axis
        return place if 0 <= place < self.ndim - 1 else None


class BoxVectors(_Vectors):
    """An array of vectors over every box of a batch; see above.

    Example:
        >>> means = BoxVectors(np.array([[3, 4], [0, 1]], dtype=object))
        >>> (means * means).sum(axis=1), means[0] @ means[1], (means @ means.T)[0, 1]
        (array([25, 1], dtype=object), 4, 4)
        >>> means[:, 0]
        Traceback (most recent call last):
            ...
        theorycheck.errors.NotOnRegions: not on regions yet: coordinates of a vector: of vectors only sums, multiples and inner products
    """  # noqa: E501

    __slots__ = ()

    @property
    def T(self) -> _Transposed:
        """The transpose of an array (n, d)."""
        return _Transposed(self)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, BoxVectors):
            return Products(self._entries * other._entries)
        return super().__mul__(other)

    __rmul__ = __mul__

    def __pow__(self, power: object) -> Products:
        if type(power) is not int or power != 2:
            refuse(f"a power of a vector: {_WORDS}")
        return Products(self._entries * self._entries)

    def __matmul__(self, other: Any) -> Any:
        if isinstance(other, _Transposed):
            return self._entries @ coordinates(other.T).T
        if isinstance(other, BoxVectors) and other.ndim == 1:
            return self._entries @ other._entries
        refuse(f"this product with a vector: {_WORDS}")

    def mean(self, axis: int | None = None) -> BoxVectors:
        """The mean over an axis before the last."""
        total = self.sum(axis)
        place = self._leading_axis(axis)
        assert place is not None
        found: BoxVectors = total / self._entries.shape[place]
        return found

    def norms(self, ord: None = None, axis: int | None = None) -> Any:
        """|v| of every vector for the last axis, or the root of the sum of all |v|^2."""
        if ord is not None:
            refuse(f"another norm of a vector: {_WORDS}")
        return root((self * self).sum(axis))


class Products(_Vectors):
    """Sums of entrywise products of vectors, to be summed over their last axis."""

    __slots__ = ()

    def sum(self, axis: int | None = None, *, keepdims: bool = False) -> Any:
        """The sum over an axis; a number, or numbers, where the last one is among them."""
        if self._leading_axis(axis) is not None:
            return super().sum(axis, keepdims=keepdims)
        if axis is not None and axis not in (-1, self.ndim - 1):
            refuse(f"a sum over axis {axis!r}: {_WORDS}")
        return self._entries.sum(axis=axis, keepdims=keepdims)


class _Transposed(_Opaque):
    """An array (d, n) of vectors: as a factor only."""

    __slots__ = ("_vectors",)

    def __init__(self, vectors: BoxVectors) -> None:
        if vectors.ndim != 2:
            refuse(f"the transpose of {vectors.ndim - 1} axes of vectors: {_WORDS}")
        self._vectors = vectors

    @property
    def T(self) -> BoxVectors:
        """The array itself."""
        return self._vectors

    def __matmul__(self, other: Any) -> BoxVectors:
        if not _is_plain(other) or other.ndim != 1:
            refuse(f"this product with the transpose of vectors: {_WORDS}")
        return BoxVectors(other @ coordinates(self._vectors))


class _Shape(_Opaque):
    """A shape (n, d) of which d is not to be seen."""

    __slots__ = ("_lengths",)

    def __init__(self, lengths: tuple[int, ...]) -> None:
        self._lengths = lengths

    def __len__(self) -> int:
        return len(self._lengths) + 1

    def __getitem__(self, index: Any) -> int:
        if not isinstance(index, int) or not -len(self) <= index < len(self):
            refuse("a part of the shape of vectors")
        if index % len(self) == len(self._lengths):
            refuse("the dimension in the shape of vectors: ask for at.dimension")
        return self._lengths[index % len(self)]


def coordinates(vectors: Any) -> Array:
    """The coordinates of `BoxVectors` in the frame, (..., k), which no claim is to see."""
    entries: Array = vectors._entries
    return entries


def norm(vector: BoxVectors) -> BoxNumber:
    """|v|, Lipschitz also where it is 0: its slope is that of <v, e>, e = v / |v| of norm 1."""
    entries: list[BoxNumber] = coordinates(vector).tolist()
    found: BoxNumber = (vector @ vector).sqrt()
    one = Interval.of(1, found.batch.reach)
    slope = None
    for entry in entries:
        if entry.slope is None:
            continue
        unit = (entry.span / found.span).meet(Interval(-one.lo, one.hi))
        part = entry.slope * unit
        slope = part if slope is None else slope + part
    return made(found.batch, found.centre, found.span, slope)


def _is_number(value: object) -> bool:
    if isinstance(value, Reflected):  # a jet
        return not isinstance(value, _Opaque)
    return isinstance(value, _NUMBERS)


def _is_plain(value: object) -> bool:
    """True for an array of numbers with at least one axis; of no class of its own."""
    return type(value) is np.ndarray and value.ndim > 0 and all(map(_is_number, value.flat))


def _column(factor: Any) -> Any:
    """A number, or an array whose last axis has length 1: the same factor for all coordinates."""
    if _is_number(factor):
        return factor
    if not _is_plain(factor) or factor.shape[-1] != 1:
        refuse(f"a product of a vector and an array that is no column c[:, None]: {_WORDS}")
    return factor


def _leading(key: Any, ndim: int) -> Any:
    """A key that leaves the last of ndim axes whole. Raises NotOnRegions for any other one."""
    if isinstance(key, list) or type(key) is np.ndarray:
        which = np.asarray(key)
        if ndim < 2 or which.ndim != 1 or which.dtype.kind != "i":
            refuse(f"coordinates of a vector: {_WORDS}")
        return which
    parts = key if isinstance(key, tuple) else (key,)
    if any(part is Ellipsis for part in parts):
        if len(parts) > 1:
            refuse(f"... among the axes of vectors: {_WORDS}")
        return key
    axis = 0
    for part in parts:
        is_one = isinstance(part, (int, np.integer)) and not isinstance(part, bool)
        if axis == ndim or not (part is None or is_one or isinstance(part, slice)):
            refuse(f"coordinates of a vector: {_WORDS}")
        if part is not None:
            axis += 1
        if axis == ndim and part != slice(None):
            refuse(f"coordinates of a vector: {_WORDS}")
    return key
