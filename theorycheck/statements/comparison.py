"""Comparisons of two sides, which a claim's function returns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from theorycheck.arithmetic.arithmetics import Array
from theorycheck.arithmetic.functions import magnitudes
from theorycheck.errors import InvalidValue


@dataclass(frozen=True, eq=False)
class Comparison:
    """lower <= upper, or lower = upper for an identity; scalars or arrays of one shape.

    Attributes:
        lower: The left side.
        upper: The right side.
        scale: The size of terms that cancel within a side, where a side can be 0 because they do.
        is_step: True for a step of the argument: its distance from an equality is no measure of
            how tight the bound itself is.

    Raises:
        InvalidValue: Two arrays of different shapes. NumPy would pair every entry of (n,) with
            every entry of (n, 1), which is another statement.
    """

    lower: Any
    upper: Any
    scale: Any = 0
    is_step: bool = False

    def __post_init__(self) -> None:
        left, right = _shape(self.lower), _shape(self.upper)
        if left and right and left != right:
            raise InvalidValue(
                f"the sides have shapes {left} and {right}; compare numbers, or arrays of one shape"
            )

    @cached_property
    def margins(self) -> Array:
        """upper - lower, flattened."""
        margins: Array = np.atleast_1d(np.asarray(self.upper - self.lower)).ravel()
        margins.setflags(write=False)  # they are kept
        return margins

    @property
    def sides(self) -> Array:
        """|lower| + |upper|, flattened like the margins; 0 for a step of the argument."""
        return self._flattened(0 * self._sizes if self.is_step else self._sizes)

    @property
    def scales(self) -> Array:
        """The sizes by which margins are divided: the sides and the terms that cancel in them."""
        return self._flattened(self._sizes + self.scale)

    @cached_property
    def _sizes(self) -> Any:
        """|lower| + |upper|: like the margins found once, as they are asked for several times."""
        return magnitudes(self.upper) + magnitudes(self.lower)

    def _flattened(self, sizes: Any) -> Array:
        flat: Array = np.atleast_1d(sizes).ravel()
        flat.setflags(write=False)
        shape = self.margins.shape
        return flat if flat.shape == shape else np.broadcast_to(flat, shape)


def _shape(side: Any) -> tuple[int, ...]:
    """The shape of a side; numbers over boxes are not asked, as they have none to tell."""
    entries: Array = side if isinstance(side, np.ndarray) else np.asarray(side, dtype=object)
    return entries.shape


def at_most(lower: Any, upper: Any, scale: Any = 0) -> Comparison:
    """Return the statement lower <= upper, entry by entry.

    Args:
        lower: A number or an array, float64 or balls.
        upper: Another of the same shape.
        scale: The size of terms that cancel within a side, where a side can be 0 because they do.

    Returns:
        A comparison whose margins are upper - lower, for the function of a claim to return.

    Example:
        >>> at_most(1.0, 1.5).margins
        array([0.5])
    """
    return Comparison(lower, upper, scale)


def proof_step(lower: Any, upper: Any) -> Comparison:
    """Return the statement lower <= upper as a step of the argument, not as the bound itself."""
    return Comparison(lower, upper, is_step=True)


def equal(left: Any, right: Any, scale: Any = 0) -> Comparison:
    """Return the statement left = right, entry by entry.

    Args:
        left: A number or an array, float64 or balls.
        right: Another of the same shape.
        scale: The size of terms that cancel within a side, where a side can be 0 because they do.

    Returns:
        A comparison whose residuals are right - left, for the function of an identity to return.

    Example:
        >>> equal(2.0, 2.0).margins
        array([0.])
    """
    return Comparison(left, right, scale)
