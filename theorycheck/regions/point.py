"""Points that vary over boxes: what a claim is given where it is to be proved on a region."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Ball
from theorycheck.arithmetic.boxes import refuse
from theorycheck.arithmetic.functions import largest, root, smallest, squared_norms
from theorycheck.arithmetic.jets import Jet
from theorycheck.arithmetic.vectors import BoxVectors, coordinates
from theorycheck.expectations.boxes.jets import population_of_jets
from theorycheck.expectations.boxes.population import MomentsOnDemand, population_over_boxes
from theorycheck.expectations.boxes.vectors import (
    in_plane,
    population_beside_the_origin,
    population_of_pair,
)
from theorycheck.expectations.trapezoid import objects
from theorycheck.inputs.numbers import Number, exact
from theorycheck.inputs.region import Region
from theorycheck.regions.mixture import VaryingMixture, dimension_of, excludes_zero

_DIGITS = 20


@dataclass(frozen=True, eq=False)
class _Line:
    """Means that are known to lie on a line: their places c_i on it, and its distance from 0.

    offset: None in one dimension, where the line is all there is.
    """

    places: list[Any]
    offset: Any = None

    @property
    def means(self) -> Any:
        if self.offset is None:
            return objects(self.places)[:, None]
        along = objects(self.places)
        return in_plane(along, objects([self.offset] * len(along)))

    def population(self, weights: Array) -> MomentsOnDemand:
        is_jet = isinstance(self.places[0], Jet)
        population = population_of_jets if is_jet else population_over_boxes
        inner = population(self.places, weights.tolist())
        if self.offset is None:
            return inner
        return population_beside_the_origin(inner, self.offset)


@dataclass(eq=False)
class Ranks:
    """The rank at which a claim is looked at where the region has mixtures of several ranks.

    was_asked: True once the claim has asked for it: then it is to be proved at the others too.
    """

    rank: int = 1
    was_asked: bool = False


class BoxPoint:
    """A student under N(0, I) over a batch of boxes: what a `Point` offers, as box numbers.

    In one dimension means and gradients are arrays (n, 1) of numbers; in more they are
    `BoxVectors`, of which a claim has sums, multiples and inner products. What depends on a single
    case is refused, with NotOnRegions.
    """

    def __init__(
        self,
        region: Region,
        constant: Callable[[Any], Any],
        places: list[Any],
        weights: list[Any],
        offset: Any = None,
        ranks: Ranks | None = None,
    ) -> None:
        self._region, self._constant, self._ranks = region, constant, ranks or Ranks()
        self._line: _Line | None = _Line(places, offset)
        self._means: Any = self._line.means
        self._weights: Array = objects(weights)
        self._is_moved = self._is_made = False
        self._mixture: VaryingMixture | None = VaryingMixture(region, self.means, self.weights)

    # What a claim is given is its own, as in balls: it may change the arrays in place.

    @property
    def means(self) -> Any:
        """mu, (n, 1), or vectors."""
        return _own(self._means)

    @property
    def weights(self) -> Array:
        """pi, shape (n,)."""
        return self._weights.copy()

    @cached_property
    def _population(self) -> MomentsOnDemand:
        if self._line is not None:
            return self._line.population(self._weights)
        if any(isinstance(weight, Jet) for weight in self._weights):
            refuse("means that moved off their line, through a set on which both sides agree")
        return population_of_pair(self._means, self._weights)

    @property
    def loss(self) -> Any:
        """L."""
        return self._population.loss

    @property
    def responsibilities(self) -> Array:
        """p_i = E psi_i, shape (n,)."""
        found: Array = _own(self._population.responsibilities)
        return found

    @property
    def overlap(self) -> Array:
        """G_ij = E psi_i psi_j, shape (n, n)."""
        found: Array = _own(self._population.overlap)
        return found

    @property
    def gradient(self) -> Any:
        """grad_i L, an array as the means are."""
        return _own(self._population.gradient)

    @property
    def fisher_divergence(self) -> Any:
        """F."""
        return self._population.fisher_divergence

    @property
    def positions(self) -> Any:
        """E psi_i x, an array as the means are."""
        return _own(self._population.positions)

    @property
    def components(self) -> int:
        """n."""
        return len(self._means)

    @property
    def dimension(self) -> int:
        """d, where it is the same in all of the region."""
        return dimension_of(self._region)

    @property
    def rank(self) -> int:
        """r. Where it is 1 or 2 in the region the claim is looked at with both."""
        if self._is_made and (self._region.dimension != 1 or self.affine_rank == 0):
            refuse("the rank of means that are shifted")
        if not self._is_made and not excludes_zero(self._region):
            refuse("the rank of the means, which falls at 0: give radius_at_least")
        if self._region.dimension == 1 or self.components == 1:
            return 1
        self._ranks.was_asked = True
        return self._ranks.rank

    @property
    def affine_rank(self) -> int:
        """The rank of the differences of the means, where it is the same in all of the region."""
        if self.components == 1:
            return 0
        if self._mixture is not None and self._mixture.is_replaced:
            refuse("the rank of means of which one was replaced, maybe by another one of them")
        if self._is_moved and not excludes_zero(self._region):
            refuse("the affine rank of means that moved, which falls at 0: give radius_at_least")
        if not self._is_moved and self._region.spread_at_least is None:
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
        """U = sum_i |mu_i|^2."""
        return squared_norms(self.means).sum()

    @property
    def weighted_distance(self) -> Any:
        """W = sum_i pi_i |mu_i|^2."""
        return self.weights @ squared_norms(self.means)

    @property
    def radius(self) -> Any:
        """R = max_i |mu_i|."""
        if self._region.dimension == 1:
            return largest(abs(self.means))
        return root(largest(squared_norms(self.means)))

    @property
    def arithmetic(self) -> Ball:
        """That of constants such as pi, which are balls."""
        return Ball(_DIGITS)

    @property
    def truth_radius(self) -> Any:
        """0, of the truth N(0, I)."""
        return self.number(0)

    @property
    def smallest_weight(self) -> Any:
        """pi_min."""
        return smallest(self.weights)

    def number(self, value: Number | flint.fmpq) -> Any:
        """An exact number, which does not vary."""
        if not isinstance(value, flint.fmpq):
            value = exact(value, "number")
        return self._constant(value)

    def other(self, mixture: VaryingMixture) -> BoxPoint:
        """The point of another mixture made of this one, such as a shifted one."""
        if not isinstance(mixture, VaryingMixture):
            refuse("a mixture that is not made of at.mixture")
        point = self._with(mixture.varying_means, mixture)
        point._weights = mixture.varying_weights
        point._is_moved, point._is_made = False, mixture.is_shifted
        return point

    def moved(self, means: Any) -> BoxPoint:
        """The point with other means, (n, 1) or vectors; weights stay."""
        if not _is_like(means, self.means):
            refuse("a point with means of another shape or kind")
        return self._with(means, None)

    def _with(self, means: Any, mixture: VaryingMixture | None) -> BoxPoint:
        point = BoxPoint.__new__(BoxPoint)
        point.__dict__.update({name: self.__dict__[name] for name in _INHERITED})
        point._means, point._mixture = _own(means), mixture
        is_on_axis = self._region.dimension == 1
        point._line = _Line(means[:, 0].tolist()) if is_on_axis else None
        if point._line is None and self.components == 1:
            refuse("a single mean that moved in more than one dimension")
        point._is_moved, point._is_made = True, False
        return point

    def step(self, step_size: Any) -> BoxPoint:
        """The next iterate of gradient EM."""
        return self.moved(self.means - step_size * self.gradient)

    def em_step(self) -> BoxPoint:
        """The next iterate of EM: E psi_i x / p_i, on a line through 0."""
        if self._line is None or self._line.offset is None:
            return self.moved(self.means - self.gradient / self.responsibilities[:, None])
        along = coordinates(self._population.positions)[:, 0]
        line = _Line((along / self.responsibilities).tolist(), self._line.offset * 0)
        point = self.moved(line.means)
        point._line = line
        return point

    def line(self, direction: Any, distance: Fraction) -> BoxPoint:
        """The point with means mu + distance * direction, for a direction (n, 1)."""
        return self.moved(self.means + self.number(distance) * direction)

    def responsibilities_at(self, x: Array) -> Array:
        """psi(x), shape (n,), at one point x of shape (1,)."""
        logits = self.means @ x - squared_norms(self.means) / 2
        shares: Array = np.empty(self.components, dtype=object)
        for i, own in enumerate(logits):
            others = self.weights / self.weights[i] * np.exp(logits - own)
            shares[i] = 1 / (1 + sum(other for k, other in enumerate(others) if k != i))
        return shares

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        refuse(f"at.{name}")


def _own(array: Any) -> Any:
    """A copy of an array; arrays of vectors cannot be changed."""
    return array.copy() if isinstance(array, np.ndarray) else array


def _is_like(means: Any, others: Any) -> bool:
    """True for an array of the kind and the shape of another one."""
    if isinstance(others, np.ndarray):
        return isinstance(means, np.ndarray) and means.shape == others.shape
    return isinstance(means, BoxVectors) and means.ndim == 2 and len(means) == len(others)


_INHERITED = ("_region", "_constant", "_ranks", "_weights")
