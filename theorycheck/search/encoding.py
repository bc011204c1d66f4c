"""Cases as real vectors, for continuous search: every vector is a case near a claim's domain.

The means are a common power of ten times free rows, clipped smoothly at the radius, so that
all scales are equally near. What is decoded are short binary fractions: exact, and readable.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycheck.errors import InvalidValue
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats, Matrix, Vector
from theorycheck.statements.claim import Claim
from theorycheck.statements.cost import usual_rank
from theorycheck.strategies import farthest, most_rank_of

USUAL_RANK = 2
"""The affine rank up to which every size is searched, as float64 and balls are fast there."""
SMALLEST_SCALE = -13.0
SMALLEST_WEIGHT = 1e-20
_TRUTH_RADIUS = 20.0
_FREE_RADIUS = 40.0
"""The radius within which x, directions and targets are searched."""
_LARGEST_S = 40.0
_ROOM = 1.2
"""The radius of a search that starts beyond its domain's radius, in units of its start's."""
_MARGIN = Fraction(1, 2**20)
"""The share of a step-size interval that is kept from an end that is left out."""


@dataclass(frozen=True)
class Pinned:
    """A radius R or a smallest weight that a search holds fixed."""

    radius: float | None = None
    smallest_weight: float | None = None


@dataclass(frozen=True, eq=False)
class Encoding:
    """The coordinates of a claim's cases of one size.

    components, dimension: of the student. truth: components of the truth, 0 for N(0, I). beyond:
    a radius, where that of the domain is too small for the start of a search.
    """

    claim: Claim
    components: int
    dimension: int
    truth: int = 0
    pinned: Pinned = Pinned()
    beyond: float = 0.0

    @classmethod
    def of(cls, claim: Claim, case: Case) -> Encoding:
        """The encoding in which a case lies."""
        truth = 0 if case.truth is None else case.truth.components
        norm = math.sqrt(case.mixture.radius_squared)
        room = min(_ROOM * norm, max(norm, float(farthest(claim.domain))))
        beyond = room if norm >= claim.domain.radius else 0.0
        sizes = case.mixture.components, case.mixture.dimension
        return cls(claim, *sizes, truth, beyond=beyond)

    @property
    def _radius(self) -> float:
        return max(self.claim.domain.radius, self.beyond)

    @property
    def _truth_radius(self) -> float:
        return min(float(farthest(self.claim.domain)), _TRUTH_RADIUS)

    @property
    def rank(self) -> int:
        """The affine rank of almost all its cases."""
        return usual_rank(self.components, self.dimension)

    @property
    def size(self) -> int:
        """Length of a vector."""
        n, d, inputs = self.components, self.dimension, self.claim.inputs
        mixtures = self._mixture_size(n, self._has_free_weights)
        mixtures += self._mixture_size(self.truth, True) if self.truth else 0
        vectors = d * (("x" in inputs) + ("direction" in inputs) + n * ("target" in inputs))
        return mixtures + vectors + ("step_size" in inputs) + ("s" in inputs)

    @property
    def _has_free_weights(self) -> bool:
        return not self.claim.domain.equal_weights

    def _mixture_size(self, components: int, has_weights: bool) -> int:
        return 1 + components * self.dimension + components * has_weights

    def encode(self, case: Case) -> Floats:
        """The vector of a case, up to what clipping and rounding lose."""
        inputs = self.claim.inputs
        parts = [_mixture_vector(case.mixture, self._radius, self._has_free_weights)]
        if case.truth is not None:
            parts.append(_mixture_vector(case.truth, self._truth_radius, True))
        if "step_size" in inputs:
            parts.append(self._step_coordinate(case))
        parts += [_unclipped(_rows(case, name), _FREE_RADIUS).ravel() for name in self._free]
        if "s" in inputs:
            assert case.s is not None
            share = min(float(case.s) / _LARGEST_S, 0.999)
            parts.append(np.array([math.sqrt(_LARGEST_S * math.atanh(share))]))
        return np.concatenate(parts)

    def decode(self, vector: Floats) -> Case | None:
        """The case of a vector; None if it is outside the claim's hypotheses."""
        reader = _Reader(vector)
        domain, inputs = self.claim.domain, self.claim.inputs
        mixture = self._mixture(reader)
        given: dict[str, Any] = {}
        if self.truth:
            rows = self._means(reader, self.truth, self._truth_radius)
            given["truth"] = Mixture(_short_rows(rows), _weights(reader.take(self.truth)))
        if "step_size" in inputs:
            given["step_size"] = self._step_size(float(reader.take(1)[0]))
        for name in self._free:
            count = self.components if name == "target" else 1
            rows = _clipped(reader.take(count * self.dimension).reshape(count, -1), _FREE_RADIUS)
            given[name] = _short_rows(rows) if name == "target" else _short_rows(rows)[0]
        if "s" in inputs:
            square = float(reader.take(1)[0]) ** 2
            given["s"] = _short(_LARGEST_S * math.tanh(square / _LARGEST_S))
        if "steps" in inputs:
            given["steps"] = min(domain.steps, self.claim.certified_steps)
        case = Case(mixture, **given)
        return case if domain.contains(case) else None

    @property
    def _free(self) -> list[str]:
        return [name for name in ("x", "direction", "target") if name in self.claim.inputs]

    def _mixture(self, reader: _Reader) -> Mixture:
        means = self._means(reader, self.components, self._radius)
        if self.pinned.radius is not None:
            means = means * (self.pinned.radius / max(_norms(means).max(), 1e-300))
        if not self._has_free_weights:
            return Mixture(_short_rows(means))
        logits = reader.take(self.components)
        if self.pinned.smallest_weight is None:
            return Mixture(_short_rows(means), _weights(logits))
        return Mixture(_short_rows(means), _pinned_weights(logits, self.pinned.smallest_weight))

    def _means(self, reader: _Reader, components: int, radius: float) -> Floats:
        scale = 10.0 ** float(np.clip(reader.take(1)[0], SMALLEST_SCALE, 2.0))
        rows = reader.take(components * self.dimension).reshape(components, -1)
        return _clipped(scale * rows, radius)

    def _step_size(self, coordinate: float) -> Fraction:
        """A square of a sine: unlike a logistic map it reaches the end of a closed interval."""
        domain = self.claim.domain
        low, high = domain.step_size
        most = 1 - _MARGIN if domain.open_above else Fraction(1)
        share = min(max(_short(math.sin(coordinate) ** 2), _MARGIN), most)
        return low + (high - low) * share

    def _step_coordinate(self, case: Case) -> Floats:
        low, high = self.claim.domain.step_size
        assert case.step_size is not None
        share = float((case.step_size - low) / (high - low))
        return np.array([math.asin(math.sqrt(min(max(share, 0.0), 1.0)))])


def encodings_of(claim: Claim, components: int | None, dimension: int | None) -> list[Encoding]:
    """The encodings to search: one for every size of the domain, or for the size asked for.

    Raises InvalidValue if there is none.
    """
    domain = claim.domain
    sizes = range(domain.components[0], domain.components[1] + 1)
    dimensions = range(domain.dimension[0], domain.dimension[1] + 1)
    truths = {"gaussian": (0,), "any": (0, 2), "mixture": (2,)}[domain.truth]
    found = [
        Encoding(claim, n, d, truth)
        for n in ((components,) if components is not None else sizes)
        for d in ((dimension,) if dimension is not None else dimensions)
        for truth in truths
        if n >= sizes.start and d >= dimensions.start
    ]
    if components is not None and sizes.start == domain.components[1] != components:
        found = []
    most = most_rank_of(claim)
    fast = [e for e in found if e.rank <= USUAL_RANK] or [e for e in found if e.rank <= most]
    if not fast:
        raise InvalidValue(
            f"claim {claim.id} has no cases of this size to search: its domain has "
            f"n >= {sizes.start} and d >= {dimensions.start}, and the search is limited to "
            f"affine rank {most}"
        )
    return fast


class _Reader:
    """Hands out a vector piece by piece."""

    def __init__(self, vector: Floats) -> None:
        self._vector, self._position = vector, 0

    def take(self, count: int) -> Floats:
        piece = self._vector[self._position : self._position + count]
        self._position += count
        return piece


def _mixture_vector(mixture: Mixture, radius: float, has_weights: bool) -> Floats:
    rows = _unclipped(np.array(mixture.means, dtype=float), radius)
    largest = max(float(_norms(rows).max()), 10.0**SMALLEST_SCALE)
    parts = [np.array([math.log10(largest)]), (rows / largest).ravel()]
    if has_weights:
        parts.append(np.log(np.array(mixture.weights, dtype=float)))
    return np.concatenate(parts)


def _norms(rows: Floats) -> Floats:
    norms: Floats = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    return norms


def _clipped(rows: Floats, radius: float) -> Floats:
    """Rows shortened smoothly to less than a radius; short ones hardly change."""
    norms = np.maximum(_norms(rows), 1e-300)
    return rows * (radius * np.tanh(norms / radius) / norms)


def _unclipped(rows: Floats, radius: float) -> Floats:
    norms = np.maximum(_norms(rows), 1e-300)
    return rows * (radius * np.arctanh(np.minimum(norms / radius, 0.999)) / norms)


def _weights(logits: Floats) -> list[Fraction]:
    """Relative weights, none below 1e-20 of the largest."""
    shares = np.maximum(np.exp(logits - logits.max()), SMALLEST_WEIGHT)
    return [_short(share) for share in shares]


def _pinned_weights(logits: Floats, smallest: float) -> list[Fraction]:
    """Weights whose smallest is the given one."""
    shares = np.exp(logits - logits.max())
    shares = shares - shares.min()
    total = float(shares.sum()) or 1.0
    rest = 1 - len(shares) * smallest
    return [_short(smallest + rest * share / total) for share in shares]


def _short(value: float) -> Fraction:
    """A number rounded to 24 bits."""
    return Fraction(float(np.float32(value)))


def _short_rows(rows: Floats) -> Matrix:
    return tuple(tuple(_short(entry) for entry in row) for row in rows)


def _rows(case: Case, name: str) -> Floats:
    value: Vector | Matrix = getattr(case, name)
    return np.atleast_2d(np.array(value, dtype=float))
