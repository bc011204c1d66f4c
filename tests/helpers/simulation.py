"""Gradient EM on a line and in the plane by plain sums over nodes, independent of the package."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from theorycheck.inputs.mixture import Mixture

Floats = NDArray[np.float64]

NODES = np.linspace(-9, 9, 451)
NODE_WEIGHTS = np.exp(-(NODES**2) / 2) * (NODES[1] - NODES[0]) / math.sqrt(2 * math.pi)


def step(means: Floats, weights: Floats, eta: float) -> Floats:
    """One step of gradient EM in one dimension, for m starts at once: (m, n) means and weights."""
    logits = NODES[:, None, None] * means - means**2 / 2 + np.log(weights)
    psi = np.exp(logits - logits.max(axis=2, keepdims=True))
    psi /= psi.sum(axis=2, keepdims=True)
    v = (psi * means).sum(axis=2)
    return means - eta * np.einsum("x,xmi,xm->mi", NODE_WEIGHTS, psi, v)


def steps_until(mixture: Mixture, eta: float, inside: float, far: tuple[int, ...]) -> int:
    """The first t at which a far mean of a one-dimensional mixture is within a radius."""
    y = np.array([[float(row[0]) for row in mixture.means]])
    weights = np.array([[float(weight) for weight in mixture.weights]])
    t = 0
    while abs(y[0, list(far)]).min() > inside:
        y, t = step(y, weights, eta), t + 1
    return t


_ACROSS = np.linspace(-7.5, 7.5, 126)
_PLACES = np.stack(np.meshgrid(_ACROSS, _ACROSS, indexing="ij"), axis=-1).reshape(-1, 2)
_PLACES = _PLACES[(_PLACES**2).sum(axis=1) < 7.5**2]
_PLACE_WEIGHTS = np.exp(-(_PLACES**2).sum(axis=1) / 2) * 0.12**2 / (2 * math.pi)


def step_in_plane(means: Floats, weights: Floats, eta: float) -> Floats:
    """One step of gradient EM in the plane, for m starts: (m, n, 2), weights (m, n)."""
    logits = means @ _PLACES.T - (means**2).sum(axis=2)[..., None] / 2 + np.log(weights)[..., None]
    psi = np.exp(logits - logits.max(axis=1, keepdims=True))
    psi /= psi.sum(axis=1, keepdims=True)
    overlap = (psi * _PLACE_WEIGHTS) @ psi.transpose(0, 2, 1)
    moved: Floats = means - eta * overlap @ means
    return moved
