"""The one primitive: expectations under N(0, I_k) for means in reduced coordinates.

`population` turns any mixture and any truth into calls of `moments`. Each field is a sum over a
grid of `quadrature`; in ball arithmetic the grid's proven error is added to every sum.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic import FLOAT64, Arithmetic, Array, Ball, Scalar, midpoint, widened
from theorycheck.errors import TooExpensive, UnsupportedRank
from theorycheck.quadrature import FLOAT_FLOOR, Axis, choose_grid, grid_error, grid_size

MAX_FLOAT_RANK = 3
MAX_BALL_RANK = 2
MAX_FLOAT_NODES = 20_000_000
MAX_BALL_NODES = 2_000_000
_CHUNK_ENTRIES = 1_000_000
_LOG_EPSILON = math.log(1e-17)
_NEAR = 8.0
"""Means up to here have their whole mass on the grid, so that E u = 0 holds in float64."""


@dataclass(frozen=True)
class Moments:
    """Sums over one grid, in reduced coordinates.

    loss, fisher_divergence: scalars. responsibilities (n,), overlap (n, n), gradient (n, k),
    positions (n, k): E psi_i x.
    """

    loss: Scalar
    responsibilities: Array
    overlap: Array
    gradient: Array
    fisher_divergence: Scalar
    positions: Array


def moments(coordinates: Array, weights: Array, mean: Array, arithmetic: Arithmetic) -> Moments:
    """Population quantities of a student in reduced coordinates, truth N(0, I_k).

    coordinates: (n, k) means. weights: (n,). mean: (k,) sum_i pi_i c_i, to full relative accuracy.
    Balls are computed at the precision in force, which the caller sets (`Ball.scope`).
    Raises UnsupportedRank or TooExpensive. Source: theory.md, sections 0 and 2.
    """
    if coordinates.shape[1] == 0:
        return _point_moments(weights, arithmetic)
    check_rank(coordinates.shape[1], arithmetic)
    if isinstance(arithmetic, Ball):
        return _ball_moments(coordinates, weights, arithmetic)
    return _float_moments(coordinates, weights, mean)


def _point_moments(weights: Array, arithmetic: Arithmetic) -> Moments:
    """All means equal: responsibilities are the weights."""
    zero = arithmetic.scalar(flint.fmpq(0))
    no_axes = np.empty((len(weights), 0), dtype=weights.dtype)
    return Moments(zero, weights, np.outer(weights, weights), no_axes, zero, no_axes)


def check_rank(rank: int, arithmetic: Arithmetic) -> None:
    """Raise UnsupportedRank if the arithmetic does not integrate over so many dimensions."""
    rigorous = arithmetic.is_rigorous
    largest, name = (MAX_BALL_RANK, "ball arithmetic") if rigorous else (MAX_FLOAT_RANK, "float64")
    if rank > largest:
        raise UnsupportedRank(
            f"the affine rank of the means is {rank}; {name} integrates up to rank {largest}"
        )


def _check_size(axes: list[Axis], most: int) -> None:
    if grid_size(axes) > most:
        raise TooExpensive(
            f"the grid would have {grid_size(axes)} nodes for {most} at most; "
            "ask for fewer digits or bring the means closer together"
        )


# ---------------------------------------------------------------------------- float64


def _float_moments(
    c: NDArray[np.float64], weights: NDArray[np.float64], mean: NDArray[np.float64]
) -> Moments:
    n, rank = c.shape
    axes = choose_grid(
        c,
        np.log(np.maximum(weights, 5e-324)),
        _LOG_EPSILON,
        FLOAT_FLOOR,
        min(float(abs(c).max()), _NEAR) + 8.7,
    )
    _check_size(axes, MAX_FLOAT_NODES)
    student = _FloatStudent(c, weights, mean)
    loss = fisher = 0.0
    masses, bends, overlap = np.zeros(n), np.zeros(n), np.zeros((n, n))
    # Columns: E psi_i v, E psi_i x, and the sizes E psi_i |v|, E psi_i |x| of what is summed;
    # then the same with psi_i - pi_i.
    direct, relative = np.zeros((n, 2 * rank + 2)), np.zeros((n, 2 * rank + 2))
    for x, node_weights in _float_nodes(axes, max(1, _CHUNK_ENTRIES // n)):
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


def _float_nodes(
    axes: list[Axis], most: int
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """The tensor grid in chunks of about `most` nodes: (N, k) nodes and (N,) weights."""
    first, rest = axes[0], axes[1:]
    x, w = first.nodes(FLOAT64), first.weights(FLOAT64)
    tail_nodes = (
        np.stack(
            np.meshgrid(*(axis.nodes(FLOAT64) for axis in rest), indexing="ij"), axis=-1
        ).reshape(-1, len(rest))
        if rest
        else np.zeros((1, 0))
    )
    tail_weights = reduce(np.multiply.outer, (a.weights(FLOAT64) for a in rest), np.ones(()))
    rows = max(1, most // len(tail_nodes))
    for start in range(0, len(x), rows):
        part = x[start : start + rows]
        lead = np.repeat(part, len(tail_nodes))[:, None]
        nodes = np.concatenate([lead, np.tile(tail_nodes, (len(part), 1))], axis=1)
        yield nodes, np.multiply.outer(w[start : start + rows], tail_weights).ravel()


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
        self.near = self.norms <= _NEAR
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


# ---------------------------------------------------------------------------- balls


def _ball_moments(c: Array, weights: Array, arithmetic: Ball) -> Moments:
    log_weights = np.array([midpoint(weight.log()) for weight in weights])
    c_float = np.array([[midpoint(entry) for entry in row] for row in c])
    log_tolerance = -(arithmetic.digits + 1) * math.log(10)
    axes = choose_grid(c_float, log_weights, log_tolerance, -math.inf, 0.0)
    _check_size(axes, MAX_BALL_NODES)
    return _enclosed(_ball_sums(axes, c, weights, arithmetic), axes, c)


def cancellation_digits(coordinates: Array, weights: Array, mean: Array) -> int:
    """Digits that the loss loses to cancellation: L is about |mean|^2/2 + tr(C^2)/4 near 0.

    Arguments as balls, as for `moments`.
    """
    covariance = (coordinates * weights[:, None]).T @ coordinates
    size = (mean * mean).sum() / 2 + (covariance * covariance).sum() / 4
    digits = -midpoint(size.log()) / math.log(10)
    return math.ceil(digits) + 2 if digits > 2 else 0


def _ball_sums(axes: list[Axis], c: Array, weights: Array, ball: Ball) -> Moments:
    """The sums over the grid alone: rounding is enclosed, the grid's error is not yet.

    Flint's matrix product does the sums over nodes, of psi_i sqrt(w) with itself and with x.
    """
    x = [axis.nodes(ball) for axis in axes]
    factors = [
        np.exp(np.multiply.outer(x[k], c[:, k]) - c[:, k] * c[:, k] / 2) for k in range(len(x))
    ]
    factors[0] = factors[0] * weights
    ratios = _outer_rows(factors)
    axis_weights = [axis.weights(ball) for axis in axes]
    node_weights = _outer(axis_weights)
    root_weights = _outer([np.sqrt(w) for w in axis_weights])
    total = ratios.sum(axis=1)
    psi = _matrix(ratios * (root_weights / total)[:, None])
    nodes = np.stack([mesh.ravel() for mesh in np.meshgrid(*x, indexing="ij")], axis=1)
    places = _matrix(nodes * root_weights[:, None])
    overlap = _entries(psi.transpose() * psi)
    return Moments(
        loss=-(node_weights @ np.log(total)),
        responsibilities=overlap.sum(axis=1),
        overlap=overlap,
        gradient=overlap @ c,
        fisher_divergence=(c * (overlap @ c)).sum(),
        positions=_entries(psi.transpose() * places),
    )


def _outer(vectors: list[Array]) -> Array:
    """The outer product of vectors, flattened."""
    return np.asarray(reduce(np.multiply.outer, vectors)).ravel()


def _matrix(rows: Array) -> Any:
    return flint.arb_mat(rows.shape[0], rows.shape[1], list(rows.ravel()))


def _entries(matrix: Any) -> Array:
    entries = np.empty(matrix.nrows() * matrix.ncols(), dtype=object)
    entries[:] = matrix.entries()
    return entries.reshape(matrix.nrows(), matrix.ncols())


def _outer_rows(factors: list[Array]) -> Array:
    """Products over a tensor grid of one (N_k, n) table per axis: (prod N_k, n)."""
    result = factors[0]
    for factor in factors[1:]:
        result = (result[:, None, :] * factor[None, :, :]).reshape(-1, factor.shape[1])
    return result


def _enclosed(sums: Moments, axes: list[Axis], c: Array) -> Moments:
    """Add the grid's proven error to every sum (Lemmas Q and Q')."""
    error = grid_error(axes, c)
    relative, tail = error.relative, error.tail

    def radius(value: Any) -> Any:
        return (relative * abs(value) + tail) / (1 - relative)

    norms = np.sqrt((c * c).sum(axis=1))
    radii = radius(sums.overlap)
    # The sums are sum_j G_ij c_j and sum_ij G_ij <c_i, c_j>, so the errors of G carry over.
    gradient_radii = np.broadcast_to((radii @ norms)[:, None], sums.gradient.shape)
    return Moments(
        loss=widened(sums.loss, error.loss),
        responsibilities=widened(sums.responsibilities, radius(sums.responsibilities)),
        overlap=widened(sums.overlap, radii),
        gradient=widened(sums.gradient, gradient_radii),
        fisher_divergence=widened(sums.fisher_divergence, norms @ radii @ norms),
        positions=widened(sums.positions, error.moment),
    )
