"""Population expectations over boxes in any dimension, of one or two components, truth N(0, I).

Two means lie on a line, at (c_i, h) in the plane of the line and the origin, h the distance of the
origin from it. psi depends on x along the line alone, so G and p are those of the c_i; v has the
part h beside the line, which adds h^2 / 2 to L, p_i h to grad_i and h^2 to F, and nothing to
E psi_i x. So all mixtures of two components in every dimension are given by c_1, c_2, h and the
weights.

**Means that moved** are on a line again, but on another one, which has no direction where they
agree. Let delta = mu_1 - mu_2, D = |delta|, m the middle. The log-odds of psi_1 are
log(pi_1 / pi_2) - (|mu_1|^2 - |mu_2|^2) / 2 + <delta, x>, and <delta, x> is D z with z ~ N(0, 1).
So they are those of the means (D/2, -D/2) with weights w_i = pi_i e^{-|mu_i|^2 / 2} / Z, Z the sum
of these. G and p follow; then grad_i = sum_j G_ij mu_j, F = sum_i <grad_i, mu_i>,
E psi_i x = sum_j G_ij (mu_i - mu_j). And with L' the loss of (D/2, -D/2), as E <x, m> = 0,

    L = -E log sum_i pi_i e^{<x, mu_i> - |mu_i|^2 / 2}
      = -log Z - E log(w_1 e^{D z/2} + w_2 e^{-D z/2}) = -log Z + L' - D^2 / 8. QED
"""

from __future__ import annotations

from typing import Any

import numpy as np

from theorycheck.arithmetic.arithmetics import Array
from theorycheck.arithmetic.boxes import BoxNumber, made
from theorycheck.arithmetic.functions import squared_norms
from theorycheck.arithmetic.vectors import BoxVectors, coordinates, norm
from theorycheck.expectations.boxes.population import (
    MomentsOnDemand,
    population_over_boxes,
    slope_of_loss,
)


def population_beside_the_origin(inner: MomentsOnDemand, offset: Any) -> MomentsOnDemand:
    """The moments of means at a distance from the line through 0 on which `inner` has them.

    gradient and positions are `BoxVectors`.
    """

    def beside() -> Array:
        found: Array = inner.responsibilities * offset
        return found

    return MomentsOnDemand(
        loss=lambda: inner.loss + offset * offset / 2,
        responsibilities=lambda: inner.responsibilities,
        overlap=lambda: inner.overlap,
        gradient=lambda: in_plane(inner.gradient[:, 0], beside()),
        fisher_divergence=lambda: inner.fisher_divergence + offset * offset,
        positions=lambda: in_plane(inner.positions[:, 0], 0 * beside()),
    )


def population_of_pair(means: Any, weights: Array) -> MomentsOnDemand:
    """The moments of two vectors, and of their weights (2,)."""
    size = norm(means[0] - means[1]) / 2
    halves = squared_norms(means) / 2
    inner = population_over_boxes(
        [size, -size],
        [  # w_i, in a form that stays between 0 and 1
            1 / (1 + weights[1 - i] / weights[i] * (halves[i] - halves[1 - i]).exp())
            for i in (0, 1)
        ],
    )

    def loss() -> BoxNumber:
        found: BoxNumber = inner.loss - size * size / 2 - np.log(weights @ np.exp(-halves))
        slope = slope_of_loss(
            coordinates(means).tolist(),
            weights.tolist(),
            coordinates(moments.gradient),
            inner.responsibilities,
        )
        return made(found.batch, found.centre, found.span, slope)

    moments = MomentsOnDemand(
        loss=loss,
        responsibilities=lambda: inner.responsibilities,
        overlap=lambda: inner.overlap,
        gradient=lambda: inner.overlap @ means,
        fisher_divergence=lambda: (moments.gradient * means).sum(),
        positions=lambda: (inner.overlap[:, :, None] * (means[:, None] - means)).sum(axis=1),
    )
    return moments


def in_plane(along: Array, beside: Array) -> Any:
    """Vectors by their parts along the line of the means and beside it, (n,) each."""
    return BoxVectors(np.stack([along, beside], axis=1))
