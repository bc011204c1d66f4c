"""Monte-Carlo estimates of a step of gradient EM, for comparison."""

from __future__ import annotations

import numpy as np

from theorycheck.inputs.numbers import Floats


def sampled_step(
    c: Floats, weights: Floats, rng: np.random.Generator, samples: int
) -> tuple[float, Floats]:
    """Estimates of loss and gradient from fresh samples."""
    x = rng.standard_normal((samples, c.shape[1]))
    psi, peak, total = _softmax(_logits(c, weights, x))
    return -float((np.log(total) + peak).mean()), _gradient(c, psi, x)


def sampled_gradient(c: Floats, weights: Floats, rng: np.random.Generator, samples: int) -> Floats:
    """The estimate of the gradient alone."""
    x = rng.standard_normal((samples, c.shape[1]))
    return _gradient(c, responsibilities(c, weights, x), x)


def responsibilities(c: Floats, weights: Floats, x: Floats) -> Floats:
    """psi (N, n) at x (N, k)."""
    return _softmax(_logits(c, weights, x))[0]


def _gradient(c: Floats, psi: Floats, x: Floats) -> Floats:
    """The average of psi_i (c_i - x)."""
    gradient: Floats = psi.mean(axis=0)[:, None] * c - psi.T @ x / len(x)
    return gradient


def _softmax(logits: Floats) -> tuple[Floats, Floats, Floats]:
    """The responsibilities, the largest logits and the sums of exp(logit - largest), in place."""
    peak = logits.max(axis=1, keepdims=True)
    logits -= peak
    psi: Floats = np.exp(logits, out=logits)
    total = psi.sum(axis=1, keepdims=True)
    psi /= total
    return psi, peak, total


def _logits(c: Floats, weights: Floats, x: Floats) -> Floats:
    logits: Floats = x @ c.T
    logits += np.log(weights) - (c * c).sum(axis=1) / 2
    return logits
