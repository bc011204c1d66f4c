"""Mixtures that vary over boxes: what a claim may ask of the exact one on a region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycheck.arithmetic.arithmetics import Array
from theorycheck.arithmetic.boxes import refuse
from theorycheck.expectations.trapezoid import objects
from theorycheck.inputs.region import ANY, Region


@dataclass(frozen=True, eq=False)
class VaryingMixture:
    """A mixture over a batch of boxes.

    varying_means: (n, 1) of box numbers, or vectors. varying_weights: (n,).
    is_shifted: its means are not those of the region. is_replaced: nor are their differences.
    """

    _region: Region
    varying_means: Any
    varying_weights: Array
    is_shifted: bool = False
    is_replaced: bool = False

    def __post_init__(self) -> None:
        for name in ("varying_means", "varying_weights"):
            array = getattr(self, name)
            if isinstance(array, np.ndarray):
                array = array.copy()
                array.setflags(write=False)
                object.__setattr__(self, name, array)

    @property
    def means(self) -> tuple[tuple[Any, ...], ...]:
        """The rows of the means."""
        if self._region.dimension != 1:
            refuse("the coordinates of at.mixture.means, beyond dimension 1: use at.means")
        return tuple(map(tuple, self.varying_means))

    @property
    def weights(self) -> tuple[Any, ...]:
        """The weights."""
        return tuple(self.varying_weights)

    def shifted(self, offset: Sequence[Any]) -> VaryingMixture:
        """The mixture with a vector added to every mean."""
        if self._region.dimension != 1:
            refuse("a mixture that is shifted by coordinates, beyond dimension 1")
        vector = np.empty(len(offset), dtype=object)
        vector[:] = list(offset)  # not `objects`, which would take rows for numbers
        moved = self.varying_means + vector
        return VaryingMixture(self._region, moved, self.varying_weights, True, self.is_replaced)

    def with_mean(self, index: int, mean: Sequence[Any]) -> VaryingMixture:
        """The mixture with another mean, of exact numbers, in place of one of its own."""
        row = self._row(mean)
        means = self.varying_means.copy()
        means[index] = row
        return VaryingMixture(self._region, means, self.varying_weights, True, True)

    def with_component(self, mean: Sequence[Any], weight: Any) -> VaryingMixture:
        """The mixture with one more component: its mean, and its weight beside the others."""
        row = self._row(mean)
        means = np.vstack([self.varying_means, row])
        weights = np.append(self.varying_weights, weight) / (1 + weight)
        return VaryingMixture(self._region, means, weights, True, self.is_replaced)

    def _row(self, mean: Sequence[Any]) -> Array:
        if self._region.dimension != 1:
            refuse("a mean of exact numbers, beyond dimension 1")
        return objects([self.varying_means[0, 0].constant(value) for value in mean])

    @property
    def components(self) -> int:
        """n."""
        return len(self.varying_means)

    @property
    def dimension(self) -> int:
        """d, where it is the same in all of the region."""
        return dimension_of(self._region)

    @property
    def is_at_optimum(self) -> bool:
        """False where 0 is not in the region."""
        if self.is_shifted:
            refuse("a question whether the means of a shifted mixture are 0")
        if not excludes_zero(self._region):
            refuse(
                "a question whether all means are 0, which is so in the region: "
                "give radius_at_least"
            )
        return False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        refuse(f"at.mixture.{name}")


def dimension_of(region: Region) -> int:
    """d. Raises NotOnRegions where the region has mixtures of any dimension."""
    if region.dimension == ANY:
        refuse("the dimension, which differs in the region: give one")
    return region.dimension


def excludes_zero(region: Region) -> bool:
    """True if all means of a mixture of the region cannot be 0."""
    if region.radius_at_least is not None:
        return True
    return region.means is not None and any(not low <= 0 <= high for low, high in region.means)
