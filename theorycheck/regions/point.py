"""Points that vary over boxes: what a claim is given where it is to be proved on a region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array
from theorycheck.arithmetic.boxes import Batch, BoxNumber, constant, refuse
from theorycheck.arithmetic.functions import largest, smallest, squared_norms
from theorycheck.expectations.boxes import population_over_boxes
from theorycheck.expectations.moments import Moments
from theorycheck.inputs.numbers import Number, exact
from theorycheck.inputs.region import Region


class BoxPoint:
    """A student under N(0, 1) over a batch of boxes: what a `Point` offers, as box numbers.

    What depends on a single case (its exact inputs, its rank where that changes in the region) is
    refused, with NotOnRegions.
    """

    def __init__(
        self, region: Region, batch: Batch, means: list[BoxNumber], weights: list[BoxNumber]
    ) -> None:
        self._region, self._batch = region, batch
        self.means: Array = _entries(means)[:, None]
        self.weights: Array = _entries(weights)
        self._is_moved = self._is_made = False
        self._mixture: VaryingMixture | None = VaryingMixture(region, self.means, self.weights)

    @cached_property
    def _population(self) -> Moments:
        return population_over_boxes(self.means[:, 0].tolist(), self.weights.tolist())

    @property
    def loss(self) -> Any:
        """L."""
        return self._population.loss

    @property
    def responsibilities(self) -> Array:
        """p_i = E psi_i, shape (n,)."""
        return self._population.responsibilities

    @property
    def overlap(self) -> Array:
        """G_ij = E psi_i psi_j, shape (n, n)."""
        return self._population.overlap

    @property
    def gradient(self) -> Array:
        """grad_i L, shape (n, 1)."""
        return self._population.gradient

    @property
    def fisher_divergence(self) -> Any:
        """F."""
        return self._population.fisher_divergence

    @property
    def positions(self) -> Array:
        """E psi_i x, shape (n, 1)."""
        return self._population.positions

    @property
    def components(self) -> int:
        """n."""
        return self._region.components

    @property
    def dimension(self) -> int:
        """d."""
        return self._region.dimension

    @property
    def rank(self) -> int:
        """r, where it is the same in all of the region."""
        if self._is_moved:  # of a point that moved an upper bound will do, as for `Point`
            return 1
        if self._is_made and self.affine_rank == 0:
            refuse("the rank of a single mean that is shifted")
        if not self._is_made and not _excludes_zero(self._region):
            refuse("the rank of the means, which falls at 0: give radius_at_least")
        return 1

    @property
    def affine_rank(self) -> int:
        """The rank of the differences of the means, where it is the same in all of the region."""
        if self.components == 1:
            return 0
        if self._is_moved:
            return 1
        if self._region.spread_at_least is None:
            refuse("the affine rank, which falls where means agree: give spread_at_least")
        return 1

    @property
    def mixture(self) -> VaryingMixture:
        """The mixture: numbers that vary, and what is the same in all of the region."""
        if self._mixture is None:
            refuse("the exact mixture of a point that moved")
        return self._mixture

    @property
    def energy(self) -> Any:
        """U = sum_i mu_i^2."""
        return squared_norms(self.means).sum()

    @property
    def weighted_distance(self) -> Any:
        """W = sum_i pi_i mu_i^2."""
        return self.weights @ squared_norms(self.means)

    @property
    def radius(self) -> Any:
        """R = max_i |mu_i|."""
        return largest(abs(self.means))

    @property
    def truth_radius(self) -> Any:
        """0, of the truth N(0, 1)."""
        return self.number(0)

    @property
    def smallest_weight(self) -> Any:
        """pi_min."""
        return smallest(self.weights)

    def number(self, value: Number | flint.fmpq) -> BoxNumber:
        """An exact number, which does not vary."""
        if not isinstance(value, flint.fmpq):
            value = exact(value, "number")
        return constant(self._batch, value)

    def other(self, mixture: VaryingMixture) -> BoxPoint:
        """The point of another mixture made of this one, such as a shifted one."""
        if not isinstance(mixture, VaryingMixture):
            refuse("a mixture that is not made of at.mixture")
        means, weights = mixture.varying_means, mixture.varying_weights
        point = BoxPoint(self._region, self._batch, means[:, 0].tolist(), weights.tolist())
        point._mixture, point._is_made = mixture, mixture.is_shifted
        return point

    def moved(self, means: Array) -> BoxPoint:
        """The point with other means (n, 1); weights stay."""
        point = BoxPoint(self._region, self._batch, means[:, 0].tolist(), self.weights.tolist())
        point._is_moved, point._mixture = True, None
        return point

    def step(self, step_size: Any) -> BoxPoint:
        """The next iterate of gradient EM."""
        return self.moved(self.means - step_size * self.gradient)

    def em_step(self) -> BoxPoint:
        """The next iterate of EM."""
        return self.moved(self.means - self.gradient / self.responsibilities[:, None])

    def line(self, direction: Array, distance: Fraction) -> BoxPoint:
        """The point with means mu + distance * direction, for a direction (n, 1)."""
        return self.moved(self.means + self.number(distance) * direction)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        refuse(f"at.{name}")


@dataclass(frozen=True, eq=False)
class VaryingMixture:
    """A mixture over a batch of boxes: what a claim may ask of the exact one on a region.

    varying_means: (n, 1) and varying_weights: (n,), of box numbers. is_shifted: its means are not
    those of the region.
    """

    _region: Region
    varying_means: Array
    varying_weights: Array
    is_shifted: bool = False

    @property
    def means(self) -> tuple[tuple[Any, ...], ...]:
        """The rows of the means."""
        return tuple(map(tuple, self.varying_means))

    @property
    def weights(self) -> tuple[Any, ...]:
        """The weights."""
        return tuple(self.varying_weights)

    def shifted(self, offset: Sequence[Any]) -> VaryingMixture:
        """The mixture with a vector added to every mean."""
        moved = self.varying_means + _entries(list(offset))
        return VaryingMixture(self._region, moved, self.varying_weights, True)

    @property
    def components(self) -> int:
        """n."""
        return self._region.components

    @property
    def dimension(self) -> int:
        """d."""
        return self._region.dimension

    @property
    def is_at_optimum(self) -> bool:
        """False where 0 is not in the region."""
        if self.is_shifted:
            refuse("a question whether the means of a shifted mixture are 0")
        if not _excludes_zero(self._region):
            refuse(
                "a question whether all means are 0, which is so in the region: "
                "give radius_at_least"
            )
        return False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        refuse(f"at.mixture.{name}")


def _excludes_zero(region: Region) -> bool:
    if region.radius_at_least is not None:
        return True
    return region.means is not None and any(not low <= 0 <= high for low, high in region.means)


def _entries(numbers: list[BoxNumber]) -> Array:
    entries = np.empty(len(numbers), dtype=object)
    entries[:] = numbers
    return entries
