"""Mixtures of Gaussians with unit covariance, held exactly."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from theorycheck.errors import InvalidValue
from theorycheck.inputs.json_text import json_object, parse_json
from theorycheck.inputs.numbers import (
    Floats,
    Matrix,
    Number,
    Vector,
    bounded,
    exact,
    exact_matrix,
    exact_vector,
    nearest_doubles,
    plain,
    plain_rows,
    shown,
)
from theorycheck.notebook import mixture_html, mixture_latex
from theorycheck.pictures import plot_mixture


def _exact_weights(value: object, components: int) -> Vector:
    if value is None:
        return (Fraction(1, components),) * components
    weights = exact_vector(value, "weights")
    if len(weights) != components:
        raise InvalidValue(
            f"weights has {len(weights)} entries for {components} means; one each is needed"
        )
    for i, weight in enumerate(weights):
        if weight.numerator <= 0:
            raise InvalidValue(f"weights[{i}] is {shown(str(weight))}; it must be positive")
    if weights.count(weights[0]) == components:
        return (Fraction(1, components),) * components
    total = Fraction(0)
    for weight in weights:  # bounded at every step: a sum of many denominators grows without end
        total = bounded(total + weight, "weights: the sum of the weights")
    if total == 1:
        return weights
    return tuple(bounded(weight / total, f"weights[{i}]") for i, weight in enumerate(weights))


@dataclass(frozen=True, init=False, repr=False)
class Mixture:
    """A mixture of n Gaussians with unit covariance in d dimensions, held exactly.

    Args:
        means: (n, d), rows of numbers, or a flat list of n numbers when d = 1. A number is an int,
            a float (taken at its binary value), a Fraction, or a string such as "0.1" or "1/3".
        weights: (n,), positive relative weights, normalised exactly to sum 1; equal when omitted.

    Raises:
        InvalidValue: a ValueError, naming the argument whose value makes no sense.
        InvalidType: a TypeError, naming the argument that cannot be read.

    Example:
        >>> Mixture([[0, "0.1"], [1, 2]], weights=[1, 3])
        Mixture(means=[[0, '1/10'], [1, 2]], weights=['1/4', '3/4'])
    """

    means: Matrix
    weights: Vector

    def __init__(self, means: object, weights: object = None) -> None:
        rows = exact_matrix(means, "means")
        object.__setattr__(self, "means", rows)
        object.__setattr__(self, "weights", _exact_weights(weights, len(rows)))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Found once: fractions take long, and searches keep cases in sets."""
        return hash((self.means, self.weights))

    @property
    def components(self) -> int:
        """n, the number of components."""
        return len(self.means)

    @property
    def dimension(self) -> int:
        """d, the dimension of the data."""
        return len(self.means[0])

    @cached_property
    def doubles(self) -> tuple[Floats, Floats]:
        """The nearest float64 numbers to the means (n, d) and the weights (n,), found once.

        Raises InvalidValue if a mean is beyond the range of float64.
        """
        return nearest_doubles(self.means), nearest_doubles((self.weights,))[0]

    @cached_property
    def centre(self) -> Floats:
        """sum_i pi_i mu_i, (d,), summed exactly: the nearest float64 numbers, found once."""
        columns = zip(*self.means, strict=True)
        sums = [
            sum((w * m for w, m in zip(self.weights, column, strict=True)), Fraction(0))
            for column in columns
        ]
        nearest: Floats = nearest_doubles((tuple(sums),))[0]
        return nearest

    @property
    def has_equal_weights(self) -> bool:
        """True if every component weighs 1/n, decided exactly."""
        return len(set(self.weights)) == 1

    @cached_property
    def radius_squared(self) -> Fraction:
        """max_i |mu_i|^2, exactly."""
        return max(sum((entry * entry for entry in row), Fraction(0)) for row in self.means)

    @property
    def is_at_optimum(self) -> bool:
        """True if every mean is 0, so that the mixture is N(0, I) itself."""
        return not any(map(any, self.means))

    def scaled(self, factor: Number) -> Mixture:
        """The mixture with every mean multiplied by an exact factor."""
        t = exact(factor, "factor")
        return Mixture([[t * entry for entry in row] for row in self.means], self.weights)

    def shifted(self, offset: object) -> Mixture:
        """The mixture with an exact vector of length d added to every mean."""
        vector = exact_vector(offset, "offset")
        if len(vector) != self.dimension:
            raise InvalidValue(f"offset has {len(vector)} entries; {self.dimension} are needed")
        moved = [[entry + s for entry, s in zip(row, vector, strict=True)] for row in self.means]
        return Mixture(moved, self.weights)

    def with_mean(self, index: int, mean: Sequence[object]) -> Mixture:
        """The mixture with another mean (d,) in place of one of its own."""
        rows: list[object] = list(self.means)
        rows[index] = mean
        return Mixture(rows, self.weights)

    def with_component(self, mean: Sequence[object], weight: Number) -> Mixture:
        """The mixture with one more component: its mean (d,), and its weight beside the others.

        Example:
            >>> Mixture([1, 2]).with_component([0], "1/2").weights[2]
            Fraction(1, 3)
        """
        return Mixture([*self.means, mean], [*self.weights, weight])

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dictionary that `from_dict` reads back exactly."""
        return {
            "means": plain_rows(self.means),
            "weights": [plain(weight) for weight in self.weights],
        }

    @classmethod
    def from_dict(cls, data: object) -> Mixture:
        """Read {"means": …, "weights": …}; weights may be left out."""
        return cls(*means_and_weights(data, "mixture"))

    def to_json(self) -> str:
        """The mixture as JSON text."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, text: str | bytes) -> Mixture:
        """Read JSON text written by `to_json` or by hand."""
        return cls.from_dict(parse_json(text))

    def plot(self, axes: Any = None) -> Any:
        """Draw the density on a line, or its contours in the plane.

        axes: of Matplotlib; those of a new figure by default. Returns them. Raises InvalidValue
        above dimension 2.
        """
        return plot_mixture(self, axes)

    def _repr_html_(self) -> str:
        return mixture_html(self)

    def _repr_latex_(self) -> str:
        return mixture_latex(self)

    def __repr__(self) -> str:
        entries = self.to_dict()
        return f"Mixture(means={entries['means']!r}, weights={entries['weights']!r})"


def means_and_weights(data: object, name: str) -> tuple[Any, Any]:
    """The entries "means" and "weights" (or None) of a JSON object."""
    entries = json_object(data, name, {"means", "weights"})
    if "means" not in entries:
        raise InvalidValue(f'{name} has no "means"')
    return entries["means"], entries.get("weights")
