"""Gradient and Hessian of the loss in the plane from their definition, in balls."""

from __future__ import annotations

import math
from fractions import Fraction

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array, as_fmpq, ball
from theorycheck.expectations.trapezoid import choose_axis
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats

TOLERANCE = 1e-15


def plane_derivatives(
    means: Floats, weights: tuple[Fraction, ...], truth: Mixture
) -> tuple[Array, Array]:
    """g (2n,) and H (2n, 2n) of means (n, 2): E psi_i u_i, E psi_i psi_j u_i u_j^T and
    delta_ij (p_i I - E psi_i u_i u_i^T), u_i = c_i - x, to 12 digits of the largest term.
    """
    n = len(means)
    centres = np.array(truth.means, dtype=float)
    axes = []
    for k in range(2):
        step = choose_axis(float(np.ptp(means[:, k])) + 1.0, math.log(TOLERANCE), 9.0).step
        first = math.floor((centres[:, k].min() - 9) / step)
        last = math.ceil((centres[:, k].max() + 9) / step)
        axes.append([flint.arb(step) * m for m in range(first, last + 1)])
    with ball(18).scope():
        c = [[flint.arb(float(entry)) for entry in mean] for mean in means]
        shares = [flint.arb(as_fmpq(weight)) for weight in weights]
        own = [_squares(axes, mean) for mean in c]
        true = [_squares(axes, [as_fmpq(entry) for entry in mean]) for mean in truth.means]
        scale = axes[0][1] - axes[0][0]
        scale = scale * (axes[1][1] - axes[1][0]) / (2 * flint.arb.pi())
        gradient = np.array([flint.arb(0)] * (2 * n), dtype=object)
        hessian = np.array([[flint.arb(0)] * (2 * n)] * (2 * n), dtype=object)
        for a, x in enumerate(axes[0]):
            for b, y in enumerate(axes[1]):
                density = scale * sum(
                    (as_fmpq(w) * first[a] * second[b])
                    for w, (first, second) in zip(truth.weights, true, strict=True)
                )
                if not density > 1e-17:
                    continue
                t = [w * p[a] * q[b] for w, (p, q) in zip(shares, own, strict=True)]
                total = sum(t, flint.arb(0))
                psi = [value / total for value in t]
                u = [entry - z for mean in c for entry, z in zip(mean, (x, y), strict=True)]
                terms = np.array([psi[i // 2] * v for i, v in enumerate(u)], dtype=object)
                gradient += terms * density
                hessian += np.outer(terms * density, terms)
                for i in range(n):
                    for k in (2 * i, 2 * i + 1):
                        hessian[k, k] += density * psi[i]
                        for m in (2 * i, 2 * i + 1):
                            hessian[k, m] -= density * terms[k] * u[m]
    return gradient, hessian


def _squares(axes: list[list[flint.arb]], mean: list[flint.arb]) -> list[list[flint.arb]]:
    """e^{-(x - c)^2 / 2} along both axes."""
    return [[(-((x - c) ** 2) / 2).exp() for x in axis] for axis, c in zip(axes, mean, strict=True)]
