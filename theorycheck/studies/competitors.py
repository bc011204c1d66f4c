"""The other ways to compute the expectations, each written as well as its library allows.

All take float64 means (n, k) in reduced coordinates and weights (n,), and return the gradient
(n, k), or, where the library integrates one entry at a time, the overlaps and the loss.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import flint
import mpmath as mp
import numpy as np
import scipy

from theorycheck.expectations.monte_carlo import responsibilities, sampled_gradient
from theorycheck.inputs.numbers import Floats

SAMPLES = 350_000


def monte_carlo(c: Floats, weights: Floats, seed: int = 0, samples: int = SAMPLES) -> Floats:
    """The gradient E psi_i (c_i - x) from samples, as in the paper's experiment."""
    return sampled_gradient(c, weights, np.random.default_rng(seed), samples)


def jax_monte_carlo(c: Floats, weights: Floats) -> Callable[[], Floats] | None:
    """A call that gives the same, compiled by JAX in single precision; None if it is not there.

    JAX is no dependency: who has it sees one rival more.
    """
    try:
        jax = import_module("jax")
    except ImportError:
        return None
    np_of_jax = jax.numpy
    means, shares = np_of_jax.asarray(c), np_of_jax.asarray(weights)

    @jax.jit  # type: ignore[untyped-decorator]
    def gradient(key: Any) -> Any:
        x = jax.random.normal(key, (SAMPLES, c.shape[1]))
        logits = x @ means.T - (means * means).sum(axis=1) / 2 + np_of_jax.log(shares)
        psi = jax.nn.softmax(logits, axis=1)
        return psi.mean(axis=0)[:, None] * means - psi.T @ x / SAMPLES

    return lambda: np.asarray(gradient(jax.random.key(0)), dtype=float)


def gauss_hermite(c: Floats, weights: Floats, order: int) -> Floats:
    """The gradient from the tensor Gauss-Hermite rule, the strongest simple competitor."""
    nodes, node_weights = np.polynomial.hermite_e.hermegauss(order)
    k = c.shape[1]
    x = np.stack(np.meshgrid(*[nodes] * k, indexing="ij"), axis=-1).reshape(-1, k)
    w = node_weights / node_weights.sum()
    for _ in range(k - 1):
        w = np.multiply.outer(w, node_weights / node_weights.sum()).ravel()
    psi = responsibilities(c, weights, x)
    gradient: Floats = (psi * w[:, None]).T @ (psi @ c)
    return gradient


def _integrands(c: Floats, weights: Floats) -> list[Callable[..., float]]:
    """psi_i psi_j phi for i <= j, then -log S phi; each a function of k numbers."""
    n, k = c.shape
    shifts = np.log(weights) - (c * c).sum(axis=1) / 2

    def at(x: tuple[float, ...]) -> tuple[Floats, float, float]:
        """The responsibilities, log S and the density; the nodes in the tails do not overflow."""
        point = np.array(x)
        logits = c @ point + shifts
        peak = logits.max()
        ratios = np.exp(logits - peak)
        total = ratios.sum()
        density = np.exp(-point @ point / 2) / (2 * np.pi) ** (k / 2)
        return ratios / total, float(np.log(total) + peak), float(density)

    def overlap(i: int, j: int) -> Callable[..., float]:
        def entry(*x: float) -> float:
            psi, _, density = at(x)
            return float(psi[i] * psi[j] * density)

        return entry

    def loss(*x: float) -> float:
        _, log_total, density = at(x)
        return -log_total * density

    return [overlap(i, j) for i in range(n) for j in range(i, n)] + [loss]


def scipy_quad(c: Floats, weights: Floats, tolerance: float) -> list[float]:
    """Every entry by scipy.integrate.quad."""
    return [
        scipy.integrate.quad(f, -np.inf, np.inf, epsabs=tolerance, epsrel=tolerance, limit=200)[0]
        for f in _integrands(c, weights)
    ]


def scipy_nquad(c: Floats, weights: Floats, tolerance: float) -> list[float]:
    """One entry, the first overlap, by scipy.integrate.nquad (all would take too long)."""
    options = {"epsabs": tolerance, "epsrel": tolerance}
    box = [[-9.0, 9.0]] * c.shape[1]
    return [scipy.integrate.nquad(_integrands(c, weights)[0], box, opts=options)[0]]


def scipy_cubature(c: Floats, weights: Floats, tolerance: float) -> Floats:
    """All overlaps and the loss at once by scipy.integrate.cubature, vectorised."""
    n, k = c.shape
    halves = (c * c).sum(axis=1) / 2
    i, j = np.triu_indices(n)

    def all_entries(x: Floats) -> Floats:
        ratios = weights * np.exp(x @ c.T - halves)
        total = ratios.sum(axis=1, keepdims=True)
        psi = ratios / total
        values = np.concatenate([psi[:, i] * psi[:, j], -np.log(total)], axis=1)
        density = np.exp(-(x * x).sum(axis=1, keepdims=True) / 2) / (2 * np.pi) ** (k / 2)
        result: Floats = values * density
        return result

    box = np.full(k, 9.0)
    found = scipy.integrate.cubature(all_entries, -box, box, atol=tolerance, rtol=tolerance)
    estimate: Floats = found.estimate
    return estimate


def mpmath_quad(c: Floats, weights: Floats, digits: int) -> list[Any]:
    """Every entry by mpmath.quad; rank 1."""
    with mp.workdps(digits):
        means, shares = [mp.mpf(v) for v in c[:, 0]], [mp.mpf(w) for w in weights]

        def ratios(x: Any) -> list[Any]:
            return [w * mp.exp(m * x - m * m / 2) for m, w in zip(means, shares, strict=True)]

        def overlap(i: int, j: int) -> Any:
            def entry(x: Any) -> Any:
                r = ratios(x)
                return r[i] * r[j] / mp.fsum(r) ** 2 * mp.npdf(x)

            return entry

        n = len(means)
        functions = [overlap(i, j) for i in range(n) for j in range(i, n)]
        functions.append(lambda x: -mp.log(mp.fsum(ratios(x))) * mp.npdf(x))
        return [mp.quad(f, [-mp.inf, 0, mp.inf]) for f in functions]


def acb_integral(c: Floats, weights: Floats, digits: int) -> list[Any]:
    """Every entry by flint's acb.integral, which is as rigorous as ours; rank 1."""
    before = flint.ctx.prec
    flint.ctx.dps = digits
    try:
        means, shares = [flint.acb(v) for v in c[:, 0]], [flint.acb(w) for w in weights]
        constants = [w * (-m * m / 2).exp() for m, w in zip(means, shares, strict=True)]
        scale = 1 / flint.acb(2 * flint.arb.pi()).sqrt()
        reach = float(np.sqrt(2 * np.log(10) * (digits + 2))) + 1

        def ratios(x: Any) -> list[Any]:
            return [a * (m * x).exp() for m, a in zip(means, constants, strict=True)]

        def overlap(i: int, j: int) -> Any:
            def entry(x: Any, _: bool) -> Any:
                r = ratios(x)
                total = sum(r, flint.acb(0))
                return r[i] * r[j] / (total * total) * (-x * x / 2).exp() * scale

            return entry

        def loss(x: Any, analytic: bool) -> Any:
            return -sum(ratios(x), flint.acb(0)).log(analytic) * (-x * x / 2).exp() * scale

        n = len(means)
        functions = [overlap(i, j) for i in range(n) for j in range(i, n)] + [loss]
        return [flint.acb.integral(f, -reach, reach) for f in functions]
    finally:
        flint.ctx.prec = before
