"""The independent arbitrary-precision oracle of population gradient EM, in mpmath.

It works from the definition: p_i = E psi_i, grad_i = E psi_i (mu_i - x), F = E |score difference|^2
and so on, integrated by Gauss-Legendre rules in the coordinates of the principal axes of the means,
up to affine rank 3. Two rules of different order are compared, and the order is raised until they
agree.

It shares with the rest of the package the exact input (rational means and weights) and nothing
else: no formula, no reduction to the affine span, no rule of integration, no arithmetic. So where
the two agree a mistake or a misconception of one of them is unlikely. The digits of the oracle are
observed, by the agreement of two rules, not proven.

How it gets there. Locating the integrands and choosing the first order is done in floats, where a
wrong guess costs time only. The sums run over big integers in fixed point.
"""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np

from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import MAX_DIGITS, Number, exact, whole_number
from theorycheck.oracle.reduction import Objects, mpf, mpf_array, reduce
from theorycheck.oracle.refinement import OraclePopulation, evaluate
from theorycheck.oracle.region import GUARD

__all__ = ["OraclePopulation", "gradient_em", "population"]


def population(
    mixture: Mixture, digits: int = 30, truth: Mixture | None = None
) -> OraclePopulation:
    """Loss, responsibilities, overlap, gradient, positions, Fisher divergence, to `digits` digits.

    Setting: theory.md section 0. The truth is N(0, I_d), or a mixture with unit covariances.
    Responsibilities and overlaps are relatively accurate down to 10^-600, the gradient relative to
    its largest entry, the loss and the Fisher divergence relatively; positions absolutely, to
    10^-digits. Where the student is the truth loss, gradient and Fisher divergence vanish, as they
    may against a truth of several components: then they are accurate absolutely as well.

    Raises UnsupportedRank when the differences of the student means, and those of the truth means,
    together span more than three dimensions; TooExpensive when the grid is out of reach;
    InvalidValue or InvalidType on bad input.
    """
    case = Case(mixture, truth=truth)
    digits = whole_number(digits, "digits", least=1, most=MAX_DIGITS)
    target = case.truth or _standard_gaussian(mixture)
    problem = reduce(mixture.means, mixture.weights, target.means, target.weights)
    same = _merged(mixture) == _merged(target)
    return evaluate(problem, digits, vanishing=same)


def gradient_em(
    mixture: Mixture,
    step_size: Number,
    steps: int,
    digits: int = 30,
    truth: Mixture | None = None,
) -> Objects:
    """The iterates mu_i <- mu_i - step_size * grad_i, an object array (steps + 1, n, d) of mpf.

    Each gradient is taken to ten more digits than asked. Raises as `population` does. The rank is
    that of each iterate, where components of the differences below the rounding error count as 0;
    it can exceed that of the start, by one for a start off the origin.
    """
    case = Case(mixture, truth=truth, step_size=exact(step_size, "step_size"))
    digits = whole_number(digits, "digits", least=1, most=MAX_DIGITS) + 10
    target = case.truth or _standard_gaussian(mixture)
    with mpmath.workdps(digits + 2 * GUARD):
        eta = mpf(case.step_size)
        truth_means = list(mpf_array(target.means))
        path = [mpf_array(mixture.means)]
        for _ in range(whole_number(steps, "steps", least=0)):
            means = list(path[-1])
            rounding = abs(path[-1]).max() * mpmath.mpf(10) ** -(digits + GUARD)
            problem = reduce(means, mixture.weights, truth_means, target.weights, rounding)
            path.append(path[-1] - eta * evaluate(problem, digits).gradient)
    return np.array(path, dtype=object)


def _standard_gaussian(mixture: Mixture) -> Mixture:
    return Mixture([[0] * mixture.dimension])


def _merged(mixture: Mixture) -> dict[tuple[Fraction, ...], Fraction]:
    """Total weight at each distinct mean: equal exactly when the densities are."""
    total: dict[tuple[Fraction, ...], Fraction] = {}
    for mean, weight in zip(mixture.means, mixture.weights, strict=True):
        total[mean] = total.get(mean, Fraction(0)) + weight
    return total
