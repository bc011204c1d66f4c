"""Slopes of moments M_a = E psi_1^a_1 ... psi_n^a_n of responsibilities, as sums of moments.

d psi_i / d c_k = psi_i (delta_ik - psi_k)(x - c_k). Stein's identity is E f x = E f',
and psi_i' = psi_i (c_i - v), v = sum_l psi_l c_l. So for f of order m

    dM_a/dc_k = a_k ((<a, c> - c_k) M_a - m sum_l c_l M_{a + e_l})
                - m (<a, c> M_{a + e_k} - (m + 1) sum_l c_l M_{a + e_k + e_l}),
    dM_a/dpi_k = (a_k M_a - m M_{a + e_k}) / pi_k,

the weights taken as n numbers on their own: psi does not change when all are multiplied. As the
psi_l sum to 1, M_a = sum_l M_{a + e_l}; so these are sums of moments of order m + 2, in which
nothing is left to cancel, with coefficients that are linear in c.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import TypeAlias

Index: TypeAlias = tuple[int, ...]
"""(a_1, ..., a_n)."""
Whole: TypeAlias = dict[Index, int]
Linear: TypeAlias = dict[Index, list[int]]
"""Coefficients of moments: whole numbers, or linear forms in the means."""


@lru_cache(maxsize=256)
def indices(n: int, order: int) -> tuple[Index, ...]:
    """All (a_1, ..., a_n) of an order, a sum of n whole numbers."""
    return tuple(
        index for index in itertools.product(range(order + 1), repeat=n) if sum(index) == order
    )


def unit(n: int, i: int) -> Index:
    """The index of psi_i."""
    return tuple(int(j == i) for j in range(n))


def plus(index: Index, i: int) -> Index:
    """The index with one more psi_i."""
    return (*index[:i], index[i] + 1, *index[i + 1 :])


def raised(index: Index, by: int) -> Whole:
    """M_a as a sum of moments whose order is higher by so much."""
    found: Whole = {index: 1}
    for _ in range(by):
        higher: Whole = {}
        for entry, count in found.items():
            for i in range(len(index)):
                key = plus(entry, i)
                higher[key] = higher.get(key, 0) + count
        found = higher
    return found


@lru_cache(maxsize=4096)
def slope_in_mean(index: Index, k: int) -> Linear:
    """dM_a/dc_k as a sum of moments of order |a| + 2, with coefficients that are linear in c."""
    n, m = len(index), sum(index)
    found: Linear = {}

    def add(moment: Index, by: int, form: list[int], factor: int) -> None:
        for key, count in raised(moment, by).items():
            row = found.setdefault(key, [0] * n)
            for i, entry in enumerate(form):
                row[i] += factor * count * entry

    units = [list(unit(n, i)) for i in range(n)]
    along = list(index)
    add(index, 2, [a - e for a, e in zip(along, units[k], strict=True)], index[k])
    add(plus(index, k), 1, along, -m)
    for i in range(n):
        add(plus(index, i), 1, units[i], -m * index[k])
        add(plus(plus(index, k), i), 0, units[i], m * (m + 1))
    return {key: row for key, row in found.items() if any(row)}


@lru_cache(maxsize=4096)
def slope_in_weight(index: Index, k: int) -> Whole:
    """pi_k dM_a/dpi_k as a sum of moments of order |a| + 2."""
    found: Whole = {}
    for moment, by, factor in ((index, 2, index[k]), (plus(index, k), 1, -sum(index))):
        for key, count in raised(moment, by).items():
            found[key] = found.get(key, 0) + factor * count
    return {key: count for key, count in found.items() if count}
