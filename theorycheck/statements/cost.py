"""The cost of evaluating a claim: more from affine rank 2 on, where grids are no longer lines.

One model for every budget; the units differ because the searches spend differently.
"""

from __future__ import annotations

import math

import numpy as np

from theorycheck.arithmetic.arithmetics import FLOAT64
from theorycheck.errors import TheoryCheckError
from theorycheck.expectations.proven.terms import PROVEN_DIGITS
from theorycheck.expectations.reduction import (
    Reduction,
    affine_reduction,
    mixture_rank,
    rational_matrix,
)
from theorycheck.expectations.trapezoid import common_grid, grid_size
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements.statement import Statement

EXPENSIVE_RANK = 2
"""From this affine rank on a case is expensive."""
FLOAT64_COSTS = (1, 1, 3, 15, 60)
"""Cost of an evaluation in float64 by affine rank, in units of one on a line."""
SHRINKING_COST = 5
"""Cost of an expensive candidate of the shrinker, which floats and a short ladder evaluate."""
STEP_COST = 16
"""Cost of an expensive step of gradient EM in ball arithmetic, in units of one on a line."""
FAIR_WORK = 0.1
"""Seconds that balls may take for a case of a search: a few dear ones cost more than all others."""
_QUICK_NODE, _NODE = 3e-8, 1.2e-6
"""Seconds for a node and a component: of sums in float64 with a proven error, and of balls."""
_SEEN_EQUAL = 36
"""The digits at which an equality is seen."""
_BEYOND, _QUICK_SQUARE = 18, 200
"""The digits of the first sums that serve means beyond a square of their norm."""
_SHORT = 6
"""The digits that settle most cases with many axes, unless the truth is a mixture."""
_LEAST_WEIGHT = 1e-300
_SHORT_RUN = 8
"""Steps of a trajectory that cost as much as a single evaluation."""
_FAST = 2
"""The cost of a case that balls decide fast, in units of one with means near 0 on a line."""


def usual_rank(components: int, dimension: int) -> int:
    """The affine rank of almost all mixtures of a size, which no mixture of it exceeds."""
    return min(components - 1, dimension)


def is_expensive(mixture: Mixture) -> bool:
    """True if mixtures of this size are expensive to evaluate."""
    return usual_rank(mixture.components, mixture.dimension) >= EXPENSIVE_RANK


def float64_cost(rank: int) -> int:
    """The cost of one float64 evaluation at an affine rank."""
    return FLOAT64_COSTS[min(rank, len(FLOAT64_COSTS) - 1)]


def evaluation_cost(case: Case) -> int:
    """The cost of an evaluation of a search, by the size of its case.

    Under a truth that is a mixture every component of it has a population of its own.
    """
    components = 1 if case.truth is None else case.truth.components
    size = usual_rank(case.mixture.components, case.mixture.dimension)
    return components * float64_cost(size)


def cost_of(case: Case) -> float:
    """The rough cost of a case in float64, in units of one with means near 0 on a line."""
    rank = mixture_rank(case.mixture)
    radius = math.sqrt(case.mixture.radius_squared)
    steps = 1 + (case.steps or 0) // _SHORT_RUN
    return float(float64_cost(rank) * (1 + radius / 4) ** rank * steps)


def is_fast(claim: Statement, case: Case) -> bool:
    """True if balls decide a case about as fast as float64 sees it."""
    is_alone = case.truth is None or case.truth.components <= 2
    return is_alone and not claim.only_balls and case.steps is None and cost_of(case) <= _FAST


def is_fair(claim: Statement, case: Case, is_equal: bool = False) -> bool:
    """True if balls decide a case of a claim in fair time, by a rough estimate.

    is_equal: True if both sides look equal, which takes many digits to see.
    """
    try:
        return _ball_work(claim, case, is_equal) <= FAIR_WORK
    except TheoryCheckError:  # no grid, or no doubles
        return False


def _ball_work(claim: Statement, case: Case, is_equal: bool) -> float:
    """The rough time, in seconds, that balls take for a case at the digits it is likely to need.

    Most inequalities are decided by sums in float64, unless means are so far out that no double
    holds the factors of these.
    """
    student, truth = case.mixture, case.truth
    means = student.means if truth is None else student.means + truth.means
    reduction = affine_reduction(rational_matrix(means))
    is_mixed = truth is not None and truth.components > 1
    is_residual = claim.kind == "identity" or claim.only_balls
    if is_equal or is_residual or _may_be_equal(case):
        digits = _SEEN_EQUAL
    elif reduction.rank > EXPENSIVE_RANK and not is_mixed:
        digits = _SHORT
    else:
        digits = PROVEN_DIGITS if student.radius_squared <= _QUICK_SQUARE else _BEYOND
    node = _QUICK_NODE if digits <= PROVEN_DIGITS else _NODE * (1 + digits / 24)
    populations = 1 + min(case.steps or 0, claim.certified_steps)
    if truth is not None:
        populations += 2 * truth.components
    if reduction.rank >= EXPENSIVE_RANK and case.steps is not None:
        populations = 1 + populations // STEP_COST
    return populations * _nodes(reduction, student, digits) * student.components * node


def _may_be_equal(case: Case) -> bool:
    """True if a truth has the student's means, or a target is them: both sides may be equal."""
    means, truth = case.mixture.means, case.truth
    return case.target == means or (truth is not None and set(truth.means) == set(means))


def _nodes(reduction: Reduction, student: Mixture, digits: int) -> int:
    """The number of nodes of a grid for so many digits, under a truth near one of the means."""
    coordinates = reduction.coordinates(FLOAT64)
    if not reduction.rank:
        return 1
    if len(coordinates) > student.components:  # the last is a mean of the truth
        coordinates = coordinates - coordinates[-1]
    smallest = math.log(max(float(min(student.weights)), _LEAST_WEIGHT))
    weights = np.full(len(coordinates), smallest)
    return grid_size(common_grid(coordinates, weights, -digits * math.log(10)))
