"""Randomised quasi-Monte-Carlo for ranks that no grid reaches: an estimate and its standard error.

Scrambled Sobol points (Owen 1997, through scipy.stats.qmc), mapped to normals, in antithetic pairs
and whitened so that their mean is 0 and their covariance the identity: at the optimum every error
vanishes. Independent scrambles give the standard error. The scrambles are the same for all means,
so that results are reproducible and differences of nearby means are smooth.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy

from theorycheck.arithmetic.budget import charge
from theorycheck.expectations.float64.log_domain import log_domain_moments
from theorycheck.expectations.moments import Moments, weighted_sum
from theorycheck.inputs.numbers import Floats

SCRAMBLES = 8
_LOG2_POINTS = 13
_BLOCK_ENTRIES = 1 << 18


def sobol_moments(c: Floats, weights: Floats, mean: Floats) -> Moments:
    """The mean over all scrambles; arguments as for `moments`."""
    parts = (scrambled_moments(c, weights, mean, k) for k in range(SCRAMBLES))
    return weighted_sum([1 / SCRAMBLES] * SCRAMBLES, parts)


def scrambled_moments(c: Floats, weights: Floats, mean: Floats, scramble: int) -> Moments:
    """The estimate of one scramble."""
    n, rank = c.shape
    work = 1250 * n * (1 + rank / 10 + n / 1000) + rank**3 / 400
    charge(work, f"random points for {n} components at rank {rank}")
    points = _points(rank, scramble)
    step = max(1, _BLOCK_ENTRIES // len(c))
    blocks = (points[start : start + step] for start in range(0, len(points), step))
    share = 1.0 / len(points)
    return log_domain_moments(c, weights, mean, ((x, np.full(len(x), share)) for x in blocks))


@lru_cache(maxsize=2 * SCRAMBLES)
def _points(rank: int, scramble: int) -> Floats:
    sobol = scipy.stats.qmc.Sobol(rank, scramble=True, rng=np.random.default_rng([rank, scramble]))
    uniform = np.clip(sobol.random_base2(_LOG2_POINTS - 1), 2.0**-54, 1 - 2.0**-54)
    half = scipy.special.ndtri(uniform)
    covariance = half.T @ half / len(half)
    values, vectors = np.linalg.eigh(covariance)
    half = half @ (vectors / np.sqrt(values)) @ vectors.T
    return np.concatenate([half, -half])
