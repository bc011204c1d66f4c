"""Axes of trapezoidal grids prepared for float64 sums with a proven error, and kept.

The bounds of `trapezoid` cost more than the sums. The axes of `trapezoid.common_axis` recur: each
is prepared once, and a few serve all mixtures of a run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.arithmetic.rounding import ceil_float
from theorycheck.expectations.trapezoid import (
    Axis,
    bend,
    discretisation_error,
    edge,
    is_admissible,
    tail,
)
from theorycheck.inputs.numbers import Floats

_BALL = Ball(20)


@dataclass(frozen=True, eq=False)
class PreparedAxis:
    """One axis with its nodes and weights as doubles, and its error bounds as doubles rounded up.

    nodes: (N,), exact and symmetric. weights, root_weights: (N,), the doubles next to
    step * phi(node) and its root. columns: (N, 3), of 1, x and |x| at the nodes; root_columns: the
    same times the root weights, rounded once more.
    block: b, with which node m + b s is reached in one step of b and m of 1.
    relative: bound of the relative discretisation error of every overlap (Lemma Q, two cosines).
    plain: the same without a cosine; bend: aD/2 - log cos(aD/2) (both for Lemma Q').
    tail: P(|z| > reach). edge: E |z| 1(|z| > reach). strip: a, the half-width of Lemma Q.
    """

    step: float
    nodes: Floats
    weights: Floats
    root_weights: Floats
    columns: Floats
    root_columns: Floats
    block: int
    relative: float
    plain: float
    bend: float
    tail: float
    edge: float
    strip: float

    @property
    def size(self) -> int:
        """N, the number of nodes."""
        return len(self.nodes)

    @property
    def reach(self) -> float:
        """X, the last node."""
        return float(self.nodes[-1])

    @property
    def longest_walk(self) -> int:
        """The largest m + s of a node m + b s."""
        return self.block - 1 + (self.size - 1) // self.block


def block_length(size: int) -> int:
    """b for an axis of so many nodes: about their root, so that walks are short."""
    return math.ceil(math.sqrt(size))


@lru_cache(maxsize=1024)
def prepared_axis(axis: Axis) -> PreparedAxis:
    """The axis prepared, and kept. It has at most some 10^5 nodes.

    So its weights, by products at the precision of `_BALL`, are known to more than 60 bits.
    """
    assert is_admissible(axis)
    with _BALL.scope():
        nodes = axis.step * np.arange(-axis.half, axis.half + 1, dtype=float)
        columns = np.stack([np.ones_like(nodes), nodes, abs(nodes)], axis=1)
        roots = np.array([float(root) for root in axis.root_weights()])
        return PreparedAxis(
            step=axis.step,
            nodes=nodes,
            weights=np.array([float(weight) for weight in axis.weights()]),
            root_weights=roots,
            columns=columns,
            root_columns=columns * roots[:, None],
            block=block_length(axis.size),
            relative=ceil_float(discretisation_error(axis, cosines=2)),
            plain=ceil_float(discretisation_error(axis, cosines=0)),
            bend=ceil_float(bend(axis)),
            tail=ceil_float(tail(axis)),
            edge=ceil_float(edge(axis)),
            strip=axis.strip,
        )
