"""Monte-Carlo estimates of a step of gradient EM, for comparison."""

from __future__ import annotations

import numpy as np

from theorycheck.inputs.numbers import Floats


def sampled_step(
    c: Floats, weights: Floats, rng: np.random.Generator, samples: int
) -> tuple[float, Floats]:
    """Estimates of loss and gradient from fresh samples."""
    x = rng.standard_normal((samples, c.shape[1]))
    logits = _logits(c, weights, x)
    peak = logits.max(axis=1, keepdims=True)
    psi = np.exp(logits - peak)
    total = psi.sum(axis=1, keepdims=True)
    psi /= total
    loss = -float((np.log(total) + peak).mean())
    return loss, psi.mean(axis=0)[:, None] * c - psi.T @ x / samples


def responsibilities(c: Floats, weights: Floats, x: Floats) -> Floats:
    """psi (N, n) at x (N, k)."""
    logits = _logits(c, weights, x)
    logits -= logits.max(axis=1, keepdims=True)
    psi: Floats = np.exp(logits, out=logits)
    psi /= psi.sum(axis=1, keepdims=True)
    return psi


def _logits(c: Floats, weights: Floats, x: Floats) -> Floats:
    logits: Floats = x @ c.T
    logits += np.log(weights) - (c * c).sum(axis=1) / 2
    return logits
