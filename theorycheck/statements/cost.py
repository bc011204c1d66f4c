"""The cost of evaluating a claim: more from affine rank 2 on, where grids are no longer lines.

One model for every budget; the units differ because the searches spend differently.
"""

from __future__ import annotations

from theorycheck.inputs.mixture import Mixture

EXPENSIVE_RANK = 2
"""From this affine rank on a case is expensive."""
FLOAT64_COSTS = (1, 1, 3, 15, 60)
"""Cost of an evaluation in float64 by affine rank, in units of one on a line."""
SHRINKING_COST = 5
"""Cost of an expensive candidate of the shrinker, which floats and a short ladder evaluate."""
BALL_COST = 8
"""Cost of an expensive case in ball arithmetic, in units of one on a line."""
STEP_COST = 16
"""Cost of an expensive step of gradient EM in ball arithmetic, in units of one on a line."""


def usual_rank(components: int, dimension: int) -> int:
    """The affine rank of almost all mixtures of a size, which no mixture of it exceeds."""
    return min(components - 1, dimension)


def is_expensive(mixture: Mixture) -> bool:
    """True if mixtures of this size are expensive to evaluate."""
    return usual_rank(mixture.components, mixture.dimension) >= EXPENSIVE_RANK


def float64_cost(rank: int) -> int:
    """The cost of one float64 evaluation at an affine rank."""
    return FLOAT64_COSTS[min(rank, len(FLOAT64_COSTS) - 1)]
