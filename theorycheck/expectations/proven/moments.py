"""Enclosures of all fields, or of the gradient alone, from float64 sums with a proven error.

Terms are prepared and summed, and each sum becomes a ball by its bound of Lemma P; gradient and F
follow from the overlaps.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array
from theorycheck.arithmetic.rounding import around
from theorycheck.arithmetic.threads import one_thread
from theorycheck.expectations.moments import Moments, deferred, mirrored, pairs
from theorycheck.expectations.proven.bounds import (
    MORE,
    UNDERFLOW,
    Bounds,
    bounds_of,
    loss_error,
    relative_error,
)
from theorycheck.expectations.proven.sums import Sums, grid_sums, overlap_sums
from theorycheck.expectations.proven.terms import (
    PROVEN_DIGITS,
    Grid,
    Means,
    Terms,
    fewest_bits,
    prepared_terms,
)
from theorycheck.expectations.trapezoid import objects
from theorycheck.inputs.numbers import Floats

MAX_PROVEN_RANK = 5
_LEAST_LOSS, _FEWEST_BITS = 1e-5, 37
"""Below that loss fewer than 11 digits would remain of it or of F."""


def proven_moments(
    c: Array, weights: Array, digits: int = PROVEN_DIGITS, may_be_coarser: bool = True
) -> Moments | None:
    """Enclosures of all fields for means (n, k) and weights (n,), known as balls, of rank 1 to 5.

    digits: decimal digits aimed at, `PROVEN_DIGITS` at most. may_be_coarser: where those are not
    affordable, fewer will do. None where these sums cannot do it: the input is not known to
    `ENOUGH_BITS`, terms leave the range of float64, or there would be too many of them. Raises
    TooExpensive when no grid can be formed. The precision in force is that of the results.
    Source: Lemma P of this package.
    """
    return _moments(c, weights, prepared_terms(c, weights, digits, may_be_coarser))


def small_moments(c: Array, weights: Array, loss: float) -> Moments | None:
    """The same for a mixture whose loss cancels; loss and F keep 11 digits or more.

    The rank is 3 at most, and the weights are 1 in all. loss: an estimate, which the grid is
    chosen for. None where fewer digits remain, as below a loss of 1e-5, or terms leave the range of
    float64, as above.
    """
    if not loss >= _LEAST_LOSS:
        return None
    digits = PROVEN_DIGITS - math.ceil(math.log10(loss))
    prepared = prepared_terms(c, weights, digits, may_be_coarser=False, cancels=True)
    found = _moments(c, weights, prepared)
    return found if found is not None and keeps_digits(found) else None


def keeps_digits(found: Moments) -> bool:
    """True if loss and F have 11 digits: where fewer remain, more costly sums give more."""
    return fewest_bits([found.loss, found.fisher_divergence]) >= _FEWEST_BITS


def _moments(c: Array, weights: Array, prepared: tuple[Terms, Means] | None) -> Moments | None:
    if prepared is None:
        return None
    terms, means = prepared
    with one_thread(terms.grid.size * len(c)):
        summed = grid_sums(terms)
    return _enclosed(summed, terms.grid, means)


def proven_gradient(c: Array, weights: Array, digits: int = PROVEN_DIGITS) -> Array | None:
    """The gradient alone, (n, k) balls, in about half the time.

    Arguments, results and errors as of `proven_moments` with no fewer digits.
    """
    prepared = prepared_terms(c, weights, digits, may_be_coarser=False)
    if prepared is None:
        return None
    terms, means = prepared
    with one_thread(terms.grid.size * len(c)):
        overlap = overlap_sums(terms)
    return _times_means(overlap, terms.grid, means).enclosed()


def _enclosed(summed: tuple[Sums, list[Floats]], grid: Grid, means: Means) -> Moments:
    """The sums as balls; gradient and F follow from the overlaps by Stein's identity."""
    sums, columns = summed
    bounds = bounds_of(grid)
    left_out = flint.arb(0, MORE * bounds.left_out)
    factor = flint.arb(1, MORE * bounds.share)
    shares = [share * factor + left_out for share in columns[0][:, 0].tolist()]
    product = _times_means(sums.overlap, grid, means)
    loss = flint.arb(sums.loss, loss_error(grid, means, sums.rounding))
    for r in means.middles:
        loss += flint.arb(r) * r / 2
    return Moments(
        loss=loss,
        responsibilities=objects(shares),
        overlap=deferred(_enclosed_overlap, sums.overlap, bounds),
        gradient=product.enclosed(),
        fisher_divergence=_divergence(product),
        positions=deferred(_enclosed_positions, columns, bounds),
    )


def _enclosed_positions(columns: list[Floats], bounds: Bounds) -> Array:
    """E psi_i x as balls, (n, k), from the sums (n, 3) of each axis."""
    _, places, sizes = np.stack(columns, axis=1).transpose(2, 0, 1)
    radii = sizes * (MORE * bounds.rounding) + MORE * bounds.moment
    return around(places, radii)


def _enclosed_overlap(overlap: Floats, bounds: Bounds) -> Array:
    """G as balls, (n, n); it is symmetric."""
    n = len(overlap)
    middles = overlap[pairs(n)]
    radii = middles * (MORE * bounds.overlap) + MORE * bounds.left_out
    balls = list(map(flint.arb, middles.tolist(), radii.tolist()))
    return objects(map(balls.__getitem__, mirrored(n))).reshape(n, n)


class _Product(NamedTuple):
    """G c in float64 for means c, both (n, k), and upper bounds of what it is off by."""

    means: Floats
    values: Floats
    radii: Floats

    def enclosed(self) -> Array:
        """G c as balls."""
        return around(self.values, self.radii)


def _times_means(overlap: Floats, grid: Grid, means: Means) -> _Product:
    """G c from the sums (n, n): in units, means have 3, a product 1 and its sums n - 1."""
    c, bounds, n = np.array(means.columns).T, bounds_of(grid), grid.components
    sizes = abs(c)
    relative = MORE * (bounds.overlap + relative_error(n + 3))
    left_out = MORE * bounds.left_out * np.add.reduce(sizes, axis=0) + UNDERFLOW
    return _Product(c, overlap.dot(c), overlap.dot(sizes) * relative + left_out)


def _divergence(product: _Product) -> flint.arb:
    """F = sum_i <c_i, (G c)_i>: again 3 units of the means, a product and its sums."""
    c, values = product.means.ravel(), product.values.ravel()
    rounding = relative_error(c.size + 3) * abs(values) + product.radii.ravel()
    return flint.arb(float(c.dot(values)), MORE * float(abs(c).dot(rounding)) + UNDERFLOW)
