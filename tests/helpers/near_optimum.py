"""The sums of Lemma N for exact means, and what they are beside many digits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.expectations.moments import Moments
from theorycheck.expectations.proven import near_optimum as near
from theorycheck.expectations.trapezoid import Axis, choose_axis


def near_of(means: Sequence[Sequence[Any]], weights: Sequence[Any]) -> Moments | None:
    """The sums for exact means (n, k) and shares, which are made to be 1 in all."""
    places = [list(map(Fraction, mean)) for mean in means]
    shares = [Fraction(weight) / sum(map(Fraction, weights)) for weight in weights]
    centres = [
        sum((w * entry for w, entry in zip(shares, column, strict=True)), Fraction(0))
        for column in zip(*places, strict=True)
    ]
    with Ball(12).scope():
        return near.near_moments(_balls(places), _balls(shares), lambda: _balls(centres))


def _balls(entries: Any) -> Any:
    lifted = np.frompyfunc(lambda x: flint.arb(x.numerator) / x.denominator, 1, 1)
    return lifted(np.array(entries, dtype=object))


def axis_of(rung: int) -> Axis:
    """The axis of a grid near the optimum."""
    rho = near._REACHES[rung]
    return choose_axis(2 * rho, near._LOG_TOLERANCE, near._FARTHEST + 4 * rho + 0.5)


def kept_nodes(rank: int, rung: int) -> list[tuple[float, ...]]:
    """The nodes of a grid, in the order of its blocks."""
    line = [axis_of(rung).step * m for m in range(-axis_of(rung).half, axis_of(rung).half + 1)]
    first = list(product(line, repeat=rank - 1))
    return [
        (*first[k], x)
        for block in near._prepared(rank, rung).blocks
        for k in block.lead
        for x in line[block.stretch]
    ]


def all_nodes(step: Any, half: int, rank: int) -> Iterator[tuple[Any, ...]]:
    """The nodes of a tensor grid."""
    return product([step * m for m in range(-half, half + 1)], repeat=rank)


def exact_sums(
    c: list[list[Any]], w: list[Any], step: Any, nodes: Any
) -> tuple[list[list[Any]], Any]:
    """The sums of products of d_1, ..., d_n and u, and of the loss, at the precision in force."""
    n, rank = len(c), len(c[0])
    halves = [sum((x * x for x in mean), flint.arb(0)) / 2 for mean in c]
    scale = (step / (2 * flint.arb.pi()).sqrt()) ** rank
    products = [[flint.arb(0)] * (n + 1) for _ in range(n + 1)]
    loss = flint.arb(0)
    for x in nodes:
        place = list(map(flint.arb, x))
        e = [(_dot(mean, place) - half).expm1() for mean, half in zip(c, halves, strict=True)]
        u = _dot(w, e)
        rows = [(one - u) / (1 + u) for one in e] + [u]
        weight = scale * (-_dot(place, place) / 2).exp()
        weighted = [weight * row for row in rows]
        for i, one in enumerate(weighted):
            products[i] = [old + one * row for old, row in zip(products[i], rows, strict=True)]
        loss += weight * (u - u.log1p())
    return products, loss


def sizes(c: list[list[Any]], w: list[Any]) -> tuple[list[Any], Any]:
    """The theta_i, that of u the last, and sigma."""
    squares = [_dot(mean, mean) for mean in c]
    centre = [_dot(w, list(column)) for column in zip(*c, strict=True)]
    sigma = _dot(centre, centre).abs_upper().sqrt().max(_dot(w, squares))
    return [square.sqrt() + sigma for square in squares] + [sigma], sigma


def _dot(left: Sequence[Any], right: Sequence[Any]) -> Any:
    return sum((a * b for a, b in zip(left, right, strict=True)), flint.arb(0))
