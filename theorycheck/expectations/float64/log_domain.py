"""Float64 sums for means at any distance, formed in the log domain (slower than `float_moments`).

Far means, weights of 1e-12 next to means near the optimum, and random points: nothing of size one
is allowed to cancel, and no exponential overflows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theorycheck.expectations.moments import Moments

NEAR = 8.0
"""Means up to here have their whole mass on the grid, so that E u = 0 holds in float64."""


def log_domain_moments(
    c: NDArray[np.float64],
    weights: NDArray[np.float64],
    mean: NDArray[np.float64],
    nodes: Iterable[tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> Moments:
    """Sums over nodes (N, k) with weights (N,), given in blocks; arguments as for `moments`."""
    n, rank = c.shape
    student = _FloatStudent(c, weights, mean)
    loss = fisher = 0.0
    masses, bends, overlap = np.zeros(n), np.zeros(n), np.zeros((n, n))
    # Columns: E psi_i v, E psi_i x, and the sizes E psi_i |v|, E psi_i |x| of what is summed;
    # then the same with psi_i - pi_i.
    direct, relative = np.zeros((n, 2 * rank + 2)), np.zeros((n, 2 * rank + 2))
    for x, node_weights in nodes:
        at = student.at(x)
        psi, excess = at.psi * node_weights[:, None], at.excess * node_weights[:, None]
        factors = np.column_stack([at.v, x, _norms(at.v), _norms(x)])
        loss += float(node_weights @ at.divergence)
        fisher += float(node_weights @ (at.v * at.v).sum(axis=1))
        overlap += at.psi.T @ psi
        masses += psi.sum(axis=0)
        bends -= at.u @ excess
        direct += psi.T @ factors
        relative[:, :-2] += excess.T @ factors[:, :-2]
        relative[:, -2:] += abs(excess).T @ factors[:, -2:]
    for_v, for_x = slice(0, rank), slice(rank, 2 * rank)
    is_relative = (relative[:, -1] < direct[:, -1])[:, None]
    positions = np.where(is_relative, relative[:, for_x], direct[:, for_x])  # E x = 0
    positions[masses.argmax()] = 0.0
    positions[masses.argmax()] = -positions.sum(axis=0)
    if not student.near.all():
        return Moments(loss, masses, overlap, direct[:, for_v], fisher, positions)
    masses = np.where(abs(bends) < weights / 2, weights + bends, masses)
    mean_v, size = student.posterior_mean(masses, bends)
    is_relative = (weights * size + relative[:, -2] < direct[:, -2])[:, None]
    gradient = np.where(
        is_relative, np.outer(weights, mean_v) + relative[:, for_v], direct[:, for_v]
    )
    return Moments(loss, masses, overlap, gradient, fisher, positions)


def _norms(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    norms: NDArray[np.float64] = np.sqrt((rows * rows).sum(axis=1))
    return norms


@dataclass(frozen=True)
class _FloatValues:
    """At N nodes: psi (N, n), excess = psi - pi (N, n), v (N, k), u = S - 1 restricted to near
    means (N,), and divergence (N,), an integrand whose mean is the loss.
    """

    psi: NDArray[np.float64]
    excess: NDArray[np.float64]
    v: NDArray[np.float64]
    u: NDArray[np.float64]
    divergence: NDArray[np.float64]


class _FloatStudent:
    """Pointwise quantities of a student, formed so that nothing of size one cancels.

    Many sums over psi_i are also sums over psi_i - pi_i. Whichever has the smaller terms loses
    less to rounding: psi - pi near the optimum, psi itself in a trap.
    """

    def __init__(
        self, c: NDArray[np.float64], weights: NDArray[np.float64], mean: NDArray[np.float64]
    ) -> None:
        self.c, self.weights, self.mean, self.norms = c, weights, mean, _norms(c)
        self.near = self.norms <= NEAR
        # Only differences of logits matter to psi; the reference keeps them small for far means.
        self.reference = np.zeros(c.shape[1]) if self.near.any() else c[self.norms.argmin()]
        near_weights = np.where(self.near, weights, 0.0)
        self.near_mean = mean if self.near.all() else near_weights @ c
        self.near_energy = float(near_weights @ self.norms**2) / 2
        self.near_weights = near_weights
        self.far_weights = np.where(self.near, 0.0, weights)

    def at(self, x: NDArray[np.float64]) -> _FloatValues:
        """The values at nodes of shape (N, k)."""
        c, m = self.c, self.reference
        logits = np.zeros((len(x), len(c)))
        for k in range(c.shape[1]):
            logits += (c[:, k] - m[k]) * (x[:, k : k + 1] - (c[:, k] + m[k]) / 2)
        logits = np.minimum(logits, 700.0) if self.near.any() else logits
        shift = logits.max(axis=1, keepdims=True)
        densities = np.exp(logits - shift) * self.weights
        total = densities.sum(axis=1, keepdims=True)
        psi = densities / total
        log_ratio = (np.log(total) + shift)[:, 0] + (x - m / 2) @ m
        excess = psi - self.weights
        if not self.near.any():
            v, _ = self.posterior_mean(psi, excess)
            return _FloatValues(psi, excess, v, log_ratio, -log_ratio)
        u = x @ self.near_mean + _exp_remainder(logits) @ self.near_weights - self.near_energy
        # Far means contribute their mass to S but not to u, since it is not all on the grid.
        far = np.exp(logits) @ self.far_weights - self.far_weights.sum()
        is_large = u + far > -0.5
        ratio = np.where(is_large, u + far, 0.0)[:, None]
        precise = self.weights * (np.expm1(logits) - ratio) / (1 + ratio)
        excess = np.where(is_large[:, None], precise, excess)
        v, _ = self.posterior_mean(psi, excess)
        return _FloatValues(psi, excess, v, u, _loss_integrand(u, far, log_ratio))

    def posterior_mean(
        self, psi: NDArray[np.float64], excess: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """sum_i psi_i c_i (..., k) and the size of the terms that it was summed from."""
        direct = psi @ self.norms
        relative = math.sqrt(self.mean @ self.mean) + abs(excess) @ self.norms
        is_relative = (relative < direct)[..., None]
        v = np.where(is_relative, self.mean + excess @ self.c, psi @ self.c)
        return v, np.minimum(relative, direct)


def _loss_integrand(
    u: NDArray[np.float64], far: NDArray[np.float64], log_ratio: NDArray[np.float64]
) -> NDArray[np.float64]:
    """u - log S with E u = 0, and u - log1p(u) where S is near 1 (theory.md, Cancellation)."""
    ratio = u + far
    is_small = abs(ratio) < 0.5
    small = _log_remainder(np.where(is_small, ratio, 0.0)) - far
    return np.where(is_small, small, u - log_ratio)


_LEGENDRE_NODES, _LEGENDRE_WEIGHTS = np.polynomial.legendre.leggauss(16)
_UNIT_NODES, _UNIT_WEIGHTS = (_LEGENDRE_NODES + 1) / 2, _LEGENDRE_WEIGHTS / 2


def _exp_remainder(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """e^y - 1 - y without cancellation: the Taylor series within 1/2."""
    small = np.where(abs(y) < 0.5, y, 0.0)
    series = np.zeros_like(y)
    for k in range(15, 1, -1):
        series = (series + 1.0) * small / k
    return np.where(abs(y) < 0.5, series * small, np.expm1(y) - y)


def _log_remainder(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """u - log(1 + u) for |u| < 1/2, as u^2 times the integral of s / (1 + u s) over [0, 1]."""
    kernel = np.zeros_like(u)
    for s, w in zip(_UNIT_NODES, _UNIT_WEIGHTS, strict=True):
        kernel += w * s / (1 + u * s)
    return u * u * kernel
