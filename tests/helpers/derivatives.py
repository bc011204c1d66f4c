"""Gradient and Hessian of the loss on a line from their definition, in balls."""

from __future__ import annotations

import math
from fractions import Fraction

import flint

from theorycheck.arithmetic.arithmetics import as_fmpq, ball
from theorycheck.expectations.trapezoid import choose_axis
from theorycheck.inputs.mixture import Mixture

DIGITS = 25


def derivatives(
    means: list[float], weights: tuple[Fraction, ...], truth: Mixture
) -> tuple[list[flint.arb], list[list[flint.arb]]]:
    """g_i = E psi_i (c_i - x) and H_ij = E psi_i psi_j (c_i - x)(c_j - x) + delta_ij (p_i - E psi_i
    (c_i - x)^2), to 20 digits of the largest term.
    """
    n, spread = len(means), max(means) - min(means)
    centres = [mean for (mean,) in truth.means]
    step = choose_axis(spread + 1.0, -DIGITS * math.log(10), 13.0).step
    first = math.floor((float(min(centres)) - 13) / step)
    last = math.ceil((float(max(centres)) + 13) / step)
    with ball(DIGITS + 15).scope():
        c = [flint.arb(mean) for mean in means]
        shares = [flint.arb(as_fmpq(weight)) for weight in weights]
        scale = step / (2 * flint.arb.pi()).sqrt()
        truths = [
            (flint.arb(as_fmpq(w)) * scale, flint.arb(as_fmpq(centre)))
            for w, centre in zip(truth.weights, centres, strict=True)
        ]
        gradient = [flint.arb(0)] * n
        hessian = [[flint.arb(0)] * n for _ in range(n)]
        for m in range(first, last + 1):
            x = flint.arb(step) * m
            density = sum((w * (-((x - o) ** 2) / 2).exp() for w, o in truths), flint.arb(0))
            u = [a - x for a in c]
            logs = [-(a * a) / 2 for a in u]
            middle = max(float(a.mid()) for a in logs)
            t = [w * (a - middle).exp() for w, a in zip(shares, logs, strict=True)]
            total = sum(t, flint.arb(0))
            psi = [a / total for a in t]
            for i in range(n):
                gradient[i] += density * psi[i] * u[i]
                hessian[i][i] += density * psi[i] * (1 - u[i] * u[i])
                for j in range(n):
                    hessian[i][j] += density * psi[i] * psi[j] * u[i] * u[j]
    return gradient, hessian
