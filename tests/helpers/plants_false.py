"""Planted falsehoods: claims that are false in one corner of their domain only.

`KINDS` gives the kind of corner of each, `WITNESSES` a case of the domain at which it is false.
A user's file like any other: `theorycheck verify --claims plants_false.py`.
"""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction as Q
from itertools import combinations, pairwise

import numpy as np

from theorycheck import (
    Case,
    Claim,
    Domain,
    Mixture,
    at_most,
    equal,
    existence,
    identity,
    implied_constant,
    inequality,
    largest,
    root,
    smallest,
    squared_norms,
)

KINDS: dict[str, str] = {}
WITNESSES: dict[str, Case] = {}
HAS_FLOOR = "floor" in {field.name for field in fields(Claim)}


def plant(kind, id, statement, witness, declare=inequality, **options):
    """Declare a plant of a kind, with a case at which it is false."""
    KINDS[id] = kind
    WITNESSES[id] = witness
    return declare(id, statement, **options)


def floored(id, statement, witness, floor, **options):
    """Declare a false "for some constant" with a floor; an inequality where there are no floors."""
    kind = "constant with a floor"
    if HAS_FLOOR:
        return plant(kind, id, statement, witness, implied_constant, floor=floor, **options)

    def build(function):
        def as_inequality(at):
            return at_most(at.number(floor), function(at))

        return plant(kind, id, statement, witness, **options)(as_inequality)

    return build


# --- exact conditions on cases --------------------------------------------------------------------


def off_optimum(case):
    return any(map(any, case.mixture.means))


def exact_mean(mixture):
    columns = zip(*mixture.means, strict=True)
    return [sum(w * a for w, a in zip(mixture.weights, c, strict=True)) for c in columns]


def mean_not_zero(case):
    return any(exact_mean(case.mixture))


def mean_large(case):
    """The weighted mean is at least a quarter of R, and not 0."""
    square = sum(a * a for a in exact_mean(case.mixture))
    return square > 0 and 16 * square >= case.mixture.radius_squared


def all_different(case):
    return len(set(case.mixture.means)) == case.mixture.components


def mean_zero_or_large(case):
    mean = exact_mean(case.mixture)
    return not any(mean) or sum(a * a for a in mean) >= Q(1, 100)


def opposite(case):
    first, second = case.mixture.means
    return any(first) and all(a == -b for a, b in zip(first, second, strict=True))


OFF = {"where": off_optimum, "also": "means not all 0"}
SEVERAL = Domain(components=(2, 5), dimension=(1, 2))
LINE = Domain(components=(2, 5), dimension=(1, 1))
PAIR = Domain(
    components=(2, 2),
    dimension=(1, 1),
    equal_weights=True,
    shapes=("symmetric",),
    where=opposite,
    also="opposite means",
)


# --- quantities -----------------------------------------------------------------------------------


def mean_of(at):
    return at.weights @ at.means


def square(vector):
    return (vector * vector).sum()


def loaded(at):
    """sum_i p_i |mu_i|^2."""
    return at.responsibilities @ squared_norms(at.means)


def scatter(at):
    """|sum_i pi_i mu_i mu_i^T|_F^2."""
    gram = at.means @ at.means.T
    return (np.outer(at.weights, at.weights) * gram * gram).sum()


def stein(at, rank):
    """F + sqrt(rank F) >= sum_i p_i |mu_i|^2."""
    fisher = at.fisher_divergence
    return at_most(loaded(at), fisher + root(at.number(rank) * fisher))


def slope(at):
    """|grad L|^2."""
    return squared_norms(at.gradient).sum()


def width(at):
    """D^2 of two means."""
    return square(at.means[0] - at.means[1])


def quartic_bound(at, rank):
    """L >= e^{-R^2/2} W^2 / (4 (R + sqrt rank)^2)."""
    size = at.radius + root(at.number(rank))
    w = at.weighted_distance
    return at_most(np.exp(-at.radius * at.radius / 2) * w * w / (4 * size * size), at.loss)


# --- a constant that is off by a thousandth -------------------------------------------------------

OFF_BY_LITTLE = "0.1 % off"
TINY_PAIR = Case(Mixture(["1/1000", "-1/1000"]))
CLOSE = Case(Mixture([3, "3.001"]))


@plant(
    OFF_BY_LITTLE,
    "off-stein",
    r"F + 0.999 \sqrt{r F} \ge \sum_i p_i \|\mu_i\|^2",
    TINY_PAIR,
    domain=SEVERAL,
)
def off_stein(at):
    fisher = at.fisher_divergence
    factor = at.number(Q(999, 1000))
    return at_most(loaded(at), fisher + factor * root(at.number(Q(at.rank)) * fisher))


@plant(OFF_BY_LITTLE, "off-loss", r"L \le 0.999 \cdot \tfrac12 W", CLOSE, domain=SEVERAL)
def off_loss(at):
    return at_most(at.loss, at.number(Q(999, 2000)) * at.weighted_distance)


@plant(
    OFF_BY_LITTLE,
    "off-overlap",
    r"G_{12}^2 (16.02 + 2 \pi \|\mu_1 - \mu_2\|^2) \le 1",
    TINY_PAIR,
    domain=Domain(components=(2, 2), dimension=(1, 2)),
)
def off_overlap(at):
    overlap = at.overlap[0, 1]
    size = at.number("16.02") + 2 * at.number("3.1415926535") * width(at)
    return at_most(overlap * overlap * size, at.number(1))


@plant(
    OFF_BY_LITTLE,
    "off-floor",
    r"p_i \ge \pi_i e^{-\|\mu_i\|^2 / 4.004}",
    Case(Mixture([[2], [1]], ["1e-9", 1])),
    domain=Domain(components=(2, 3), dimension=(1, 2)),
)
def off_floor(at):
    floor = at.weights * np.exp(-squared_norms(at.means) / at.number("4.004"))
    return at_most(floor, at.responsibilities)


@plant(
    OFF_BY_LITTLE,
    "off-decrease",
    r"L(\mu^+) \le L - \eta \sum_i (1 - 0.4995 \eta p_i) \|\nabla_i L\|^2",
    Case(Mixture([2, "2.001"]), "199/100"),
    domain=Domain(components=(2, 5), dimension=(1, 2), open_above=True),
)
def off_decrease(at, step_size):
    share = 1 - at.number("0.4995") * step_size * at.responsibilities
    gain = (share * squared_norms(at.gradient)).sum()
    return at_most(at.step(step_size).loss + step_size * gain, at.loss)


@plant(
    OFF_BY_LITTLE,
    "off-gradient",
    r"\sum_i \|\nabla_i L\|^2 / p_i \le 0.999\, F",
    CLOSE,
    domain=Domain(components=(2, 4), dimension=(1, 2), radius=4.0),
)
def off_gradient(at):
    parts = squared_norms(at.gradient) / at.responsibilities
    return at_most(parts.sum(), at.number(Q(999, 1000)) * at.fisher_divergence)


@plant(
    OFF_BY_LITTLE,
    "off-pair",
    r"M(\theta)^2 (1 + 1.998\, \theta^2) \ge \theta^2",
    Case(Mixture(["1/100", "-1/100"])),
    domain=PAIR,
)
def off_pair(at):
    moved = at.positions[0] / at.responsibilities[0]
    theta = square(at.means[0])
    return at_most(theta, square(moved) * (1 + at.number("1.998") * theta))


@plant(
    OFF_BY_LITTLE,
    "off-majorisation",
    r"L(\mu') \le L + \langle \nabla L, \mu' - \mu \rangle"
    r" + 0.4995 \sum_i p_i \|\mu'_i - \mu_i\|^2",
    Case(Mixture([1, 1]), target=[[2], [2]]),
    domain=SEVERAL,
)
def off_majorisation(at, target):
    move = target - at.means
    quadratic = at.number("0.4995") * (at.responsibilities @ squared_norms(move))
    return at_most(at.moved(target).loss, at.loss + (at.gradient * move).sum() + quadratic)


@plant(
    OFF_BY_LITTLE,
    "off-component",
    r"L \le \tfrac12 \|\mu_i\|^2 + 0.999 \log(1/\pi_i)",
    Case(Mixture([0, 16])),
    domain=SEVERAL,
)
def off_component(at):
    return at_most(at.loss, squared_norms(at.means) / 2 - at.number("0.999") * np.log(at.weights))


# --- six components or more -----------------------------------------------------------------------

MANY = "n >= 6"
ONES = [1] * 6


@plant(
    MANY,
    "many-gradient",
    r"\|\nabla L\|^2 \ge F^2 / (5 R^2)",
    Case(Mixture(ONES)),
    domain=Domain(dimension=(1, 2), **OFF),
)
def many_gradient(at):
    fisher = at.fisher_divergence
    return at_most(fisher * fisher, 5 * at.radius * at.radius * slope(at))


@plant(
    MANY,
    "many-gradient-seven",
    r"\|\nabla L\|^2 \ge F^2 / (6.3 R^2)",
    Case(Mixture([1] * 7)),
    domain=Domain(dimension=(1, 1), **OFF),
)
def many_gradient_seven(at):
    fisher = at.fisher_divergence
    return at_most(fisher * fisher, at.number("6.3") * at.radius * at.radius * slope(at))


@plant(
    MANY,
    "many-trace",
    r"\sum_i G_{ii} \ge 0.19",
    Case(Mixture(ONES)),
    domain=Domain(dimension=(1, 2)),
)
def many_trace(at):
    return at_most(at.number("0.19"), np.trace(at.overlap))


@plant(MANY, "many-largest", r"\max_i p_i \ge 0.18", Case(Mixture(ONES)), domain=Domain())
def many_largest(at):
    return at_most(at.number("0.18"), largest(at.responsibilities))


@plant(MANY, "many-eight", r"\max_i p_i \ge 0.13", Case(Mixture([1] * 8)), domain=Domain())
def many_eight(at):
    return at_most(at.number("0.13"), largest(at.responsibilities))


@plant(
    MANY,
    "many-energy",
    r"U \le 5.5\, R^2",
    Case(Mixture([1, -1, 1, -1, 1, -1])),
    domain=Domain(**OFF),
)
def many_energy(at):
    return at_most(at.energy, at.number("5.5") * at.radius * at.radius)


@plant(
    MANY,
    "many-lengths",
    r"(\sum_i \|\nabla_i L\|)^2 \le 5.2 \|\nabla L\|^2",
    Case(Mixture(ONES)),
    domain=Domain(dimension=(1, 2)),
)
def many_lengths(at):
    total = root(squared_norms(at.gradient)).sum()
    return at_most(total * total, at.number("5.2") * slope(at))


@plant(
    MANY,
    "many-step",
    r"\pi_i = \tfrac1n: \quad U(\mu^+) \le (1 - 0.19\, \eta)^2 U",
    Case(Mixture(ONES), "1/2"),
    domain=Domain(
        components=(2, 5),
        dimension=(1, 1),
        equal_weights=True,
        shapes=("clustered",),
        step_size=(Q(0), Q(1)),
        where=lambda case: len(set(case.mixture.means)) == 1,
        also="all means agree",
    ),
)
def many_step(at, step_size):
    factor = 1 - at.number("0.19") * step_size
    return at_most(at.step(step_size).energy, factor * factor * at.energy)


# --- light weights --------------------------------------------------------------------------------

LIGHT = "light weight"


@plant(
    LIGHT,
    "light-5",
    r"p_i \le 10^5 \pi_i",
    Case(Mixture([0, 12], ["1e-8", 1])),
    domain=Domain(components=(2, 4), dimension=(1, 2)),
)
def light_5(at):
    return at_most(at.responsibilities, at.number(Q(10**5)) * at.weights)


@plant(
    LIGHT,
    "light-12",
    r"p_i \le 10^{12} \pi_i",
    Case(Mixture([0, 12], ["1e-15", 1])),
    domain=Domain(components=(2, 4), dimension=(1, 2)),
)
def light_12(at):
    return at_most(at.responsibilities, at.number(Q(10**12)) * at.weights)


@plant(
    LIGHT,
    "light-floor-3",
    r"p_i \ge \tfrac{1}{1000} e^{-\|\mu_i\|^2}",
    Case(Mixture([1, 1], ["1/10000", 1])),
    domain=SEVERAL,
)
def light_floor_3(at):
    return at_most(np.exp(-squared_norms(at.means)) / 1000, at.responsibilities)


@plant(
    LIGHT,
    "light-floor-9",
    r"p_i \ge 10^{-9} e^{-\|\mu_i\|^2}",
    Case(Mixture([1, 1], ["1e-12", 1])),
    domain=SEVERAL,
)
def light_floor_9(at):
    return at_most(np.exp(-squared_norms(at.means)) / 10**9, at.responsibilities)


@plant(
    LIGHT,
    "light-floor-16",
    r"p_i \ge 10^{-16} e^{-\|\mu_i\|^2}",
    Case(Mixture(["1/2", "1/2"], ["1e-17", 1])),
    domain=SEVERAL,
)
def light_floor_16(at):
    return at_most(np.exp(-squared_norms(at.means)) / 10**16, at.responsibilities)


@plant(
    LIGHT,
    "light-entropy",
    r"\sum_i \pi_i \log(1/\pi_i) \ge 10^{-4}",
    Case(Mixture([1, -1], ["1e-7", 1])),
    domain=SEVERAL,
)
def light_entropy(at):
    return at_most(at.number("0.0001"), -at.weights @ np.log(at.weights))


@plant(
    LIGHT,
    "light-exponent",
    r"p_i \ge \pi_i e^{-\|\mu_i\|^2 / 4.1}",
    Case(Mixture([[2, 0], [1, 0]], ["1e-6", 1])),
    domain=SEVERAL,
)
def light_exponent(at):
    floor = at.weights * np.exp(-squared_norms(at.means) / at.number("4.1"))
    return at_most(floor, at.responsibilities)


@plant(
    LIGHT,
    "light-energy",
    r"U \le 10^8 W",
    Case(Mixture([3, 0], ["1e-10", 1])),
    domain=SEVERAL,
)
def light_energy(at):
    return at_most(at.energy, at.number(Q(10**8)) * at.weighted_distance)


@plant(
    LIGHT,
    "light-gradient",
    r"\|\nabla L\|^2 \le 0.9999\, F",
    Case(Mixture([1, 1], ["1e-6", 1])),
    domain=SEVERAL,
)
def light_gradient(at):
    return at_most(slope(at), at.number("0.9999") * at.fisher_divergence)


@plant(
    LIGHT,
    "light-below-float",
    r"\max_i \pi_i \le 1 - 10^{-16}",
    Case(Mixture([1, -1], ["1e-17", 1])),
    domain=Domain(components=(2, 3), dimension=(1, 1)),
)
def light_below_float(at):
    return at_most(at.number(Q(1, 10**16)), 1 - largest(at.weights))


@plant(
    LIGHT,
    "light-fisher",
    r"R \le 2: \quad F \ge 10^{-8} R^4 / (1 + R)^2",
    Case(Mixture([1, 0], ["1e-6", 1])),
    domain=Domain(
        components=(2, 4),
        dimension=(1, 1),
        radius=1.0,
        where=lambda case: off_optimum(case) and case.mixture.radius_squared <= 4,
        also="means not all 0, R <= 2",
    ),
)
def light_fisher(at):
    r = at.radius
    return at_most(r * r * r * r / 10**8, at.fisher_divergence * (1 + r) * (1 + r))


# --- rank 2 ---------------------------------------------------------------------------------------

TRIANGLE = Case(Mixture([["1/20", 0], ["-1/40", "0.0433"], ["-1/40", "-0.0433"]]))
SQUARE = Case(Mixture([[1, 0], [0, 1], [-1, 0], [0, -1]]))
RIGHT_ANGLE = Case(Mixture([[1, 0], [0, 1]]))


@plant(
    "rank 2",
    "rank-2-stein",
    r"F + \sqrt{1.9 F} \ge \sum_i p_i \|\mu_i\|^2",
    TRIANGLE,
    domain=SEVERAL,
)
def rank_2_stein(at):
    return stein(at, "1.9")


@plant(
    "rank 2",
    "rank-2-scatter",
    r"W^2 \le 1.95 \|\sum_i \pi_i \mu_i \mu_i^T\|_F^2",
    SQUARE,
    domain=SEVERAL,
)
def rank_2_scatter(at):
    w = at.weighted_distance
    return at_most(w * w, at.number("1.95") * scatter(at))


@plant(
    "rank 2",
    "rank-2-quartic",
    r"L \ge \tfrac14 e^{-R^2/2} W^2 / (R + \sqrt{1.6})^2",
    Case(TRIANGLE.mixture.scaled("1/10")),
    domain=SEVERAL,
)
def rank_2_quartic(at):
    return quartic_bound(at, "1.6")


@plant(
    "rank 2",
    "rank-2-angle",
    r"\langle \mu_1, \mu_2 \rangle^2 \ge 10^{-4} \|\mu_1\|^2 \|\mu_2\|^2",
    RIGHT_ANGLE,
    domain=Domain(components=(2, 2), dimension=(1, 2)),
)
def rank_2_angle(at):
    product = at.means[0] @ at.means[1]
    return at_most(square(at.means[0]) * square(at.means[1]) / 10**4, product * product)


@plant(
    "rank 2",
    "rank-2-alone",
    r"F + \sqrt{(0.05 + 0.95 r) F} \ge \sum_i p_i \|\mu_i\|^2",
    Case(TRIANGLE.mixture.scaled("1/10")),
    domain=Domain(components=(3, 3), dimension=(1, 2)),
)
def rank_2_alone(at):
    return stein(at, Q(1, 20) + Q(19, 20) * at.rank)


# --- rank 3 and 4 ---------------------------------------------------------------------------------

CORNERS = [[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]
TETRAHEDRON = Case(Mixture(CORNERS).scaled("1/20"))
AXES = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]]
OCTAHEDRON = Case(Mixture(AXES).scaled("1/20"))
SPACE = Domain(components=(1, 5), dimension=(1, 3))


@plant(
    "rank 3", "rank-3-stein", r"F + \sqrt{2F} \ge \sum_i p_i \|\mu_i\|^2", TETRAHEDRON, domain=SPACE
)
def rank_3_stein(at):
    return stein(at, 2)


@plant(
    "rank 3",
    "rank-3-stein-close",
    r"F + \sqrt{2.8 F} \ge \sum_i p_i \|\mu_i\|^2",
    TETRAHEDRON,
    domain=SPACE,
)
def rank_3_stein_close(at):
    return stein(at, "2.8")


@plant(
    "rank 3",
    "rank-3-scatter",
    r"W^2 \le 2 \|\sum_i \pi_i \mu_i \mu_i^T\|_F^2",
    TETRAHEDRON,
    domain=SPACE,
)
def rank_3_scatter(at):
    w = at.weighted_distance
    return at_most(w * w, 2 * scatter(at))


@plant(
    "rank 3",
    "rank-3-scatter-close",
    r"W^2 \le 2.9 \|\sum_i \pi_i \mu_i \mu_i^T\|_F^2",
    TETRAHEDRON,
    domain=Domain(),
)
def rank_3_scatter_close(at):
    w = at.weighted_distance
    return at_most(w * w, at.number("2.9") * scatter(at))


@plant(
    "rank 3",
    "rank-3-quartic",
    r"L \ge \tfrac14 e^{-R^2/2} W^2 / (R + \sqrt{2})^2",
    Case(Mixture(CORNERS).scaled("1/100")),
    domain=SPACE,
)
def rank_3_quartic(at):
    return quartic_bound(at, 2)


@plant(
    "rank 3",
    "rank-3-octahedron",
    r"n = 6: \quad F + \sqrt{2.5 F} \ge \sum_i p_i \|\mu_i\|^2",
    OCTAHEDRON,
    domain=Domain(components=(6, 6), dimension=(3, 3)),
)
def rank_3_octahedron(at):
    return stein(at, "2.5")


@plant(
    "rank 3",
    "rank-3-orthant",
    r"n = 3: \quad \sum_{i<j} \langle \mu_i, \mu_j \rangle^2 \ge 10^{-3} \min_i \|\mu_i\|^4",
    Case(Mixture([[1, 0, 0], [0, 1, 0], [0, 0, 1]])),
    domain=Domain(components=(3, 3), dimension=(1, 3)),
)
def rank_3_orthant(at):
    gram = at.means @ at.means.T
    products = (gram * gram).sum() - square(np.diag(gram))
    least = smallest(squared_norms(at.means))
    return at_most(least * least / 1000, products / 2)


SIMPLEX = [[*row, "-0.4472135955"] for row in CORNERS]
SIMPLEX = [*SIMPLEX, [0, 0, 0, "1.788854382"]]
CROSS = [[s if j == k else 0 for j in range(4)] for k in range(4) for s in (1, -1)]
FOUR = Domain(components=(1, 5), dimension=(1, 4))


@plant(
    "rank 4",
    "rank-4-stein",
    r"F + \sqrt{3F} \ge \sum_i p_i \|\mu_i\|^2",
    Case(Mixture(SIMPLEX).scaled("1/20")),
    domain=FOUR,
)
def rank_4_stein(at):
    return stein(at, 3)


@plant(
    "rank 4",
    "rank-4-stein-close",
    r"F + \sqrt{3.6 F} \ge \sum_i p_i \|\mu_i\|^2",
    Case(Mixture(SIMPLEX).scaled("1/20")),
    domain=FOUR,
)
def rank_4_stein_close(at):
    return stein(at, "3.6")


@plant(
    "rank 4",
    "rank-4-scatter",
    r"W^2 \le 3 \|\sum_i \pi_i \mu_i \mu_i^T\|_F^2",
    Case(Mixture(SIMPLEX)),
    domain=FOUR,
)
def rank_4_scatter(at):
    w = at.weighted_distance
    return at_most(w * w, 3 * scatter(at))


@plant(
    "rank 4",
    "rank-4-scatter-eight",
    r"n = 8: \quad W^2 \le 3.5 \|\sum_i \pi_i \mu_i \mu_i^T\|_F^2",
    Case(Mixture(CROSS)),
    domain=Domain(components=(8, 8), dimension=(4, 4)),
)
def rank_4_scatter_eight(at):
    w = at.weighted_distance
    return at_most(w * w, at.number("3.5") * scatter(at))


@plant(
    "rank 4",
    "rank-4-quartic",
    r"L \ge \tfrac14 e^{-R^2/2} W^2 / (R + \sqrt{3})^2",
    Case(Mixture(SIMPLEX).scaled("1/50")),
    domain=FOUR,
)
def rank_4_quartic(at):
    return quartic_bound(at, 3)


@plant("rank 4", "rank-4-number", r"\operatorname{rank} \le 3", Case(Mixture(SIMPLEX)), domain=FOUR)
def rank_4_number(at):
    return at_most(at.number(at.rank), at.number(3))


# --- windows of step sizes ------------------------------------------------------------------------

WINDOW = "step size window"
ONE = Domain(components=(1, 1), dimension=(1, 2), open_above=True, **OFF)
FEW = Domain(components=(1, 3), dimension=(1, 2), open_above=True, **OFF)


@plant(
    WINDOW,
    "window-one",
    r"n = 1: \quad \|\mu^+\| \ge 0.01 \|\mu\|",
    Case(Mixture([2]), 1),
    domain=ONE,
)
def window_one(at, step_size):
    return at_most(at.energy / 10**4, at.step(step_size).energy)


def drop(at, step_size, centre, half):
    """L+ <= L - eta (1 - eta/2) |grad L|^2 (1 + half^2 - (eta - centre)^2)."""
    away = step_size - at.number(centre)
    factor = 1 + at.number(half) * at.number(half) - away * away
    gain = step_size * (1 - step_size / 2) * slope(at) * factor
    return at_most(at.step(step_size).loss + gain, at.loss)


@plant(
    WINDOW,
    "window-073",
    r"L(\mu^+) \le L - \eta (1 - \tfrac\eta2) \|\nabla L\|^2 (1 + 0.015^2 - (\eta - 0.73)^2)",
    Case(Mixture([2]), "0.73"),
    domain=FEW,
)
def window_073(at, step_size):
    return drop(at, step_size, "0.73", "0.015")


@plant(
    WINDOW,
    "window-141",
    r"L(\mu^+) \le L - \eta (1 - \tfrac\eta2) \|\nabla L\|^2 (1 + 0.02^2 - (\eta - 1.41)^2)",
    Case(Mixture([2]), "1.41"),
    domain=FEW,
)
def window_141(at, step_size):
    return drop(at, step_size, "1.41", "0.02")


@plant(
    WINDOW,
    "window-033",
    r"U(\mu^+) \ge U ((1 - \eta)^2 + 0.015^2 - (\eta - 0.33)^2) \text{ for } n = 1",
    Case(Mixture([2]), "0.33"),
    domain=ONE,
)
def window_033(at, step_size):
    away = step_size - at.number("0.33")
    share = (1 - step_size) * (1 - step_size) + at.number("0.000225") - away * away
    return at_most(at.energy * share, at.step(step_size).energy)


@plant(
    WINDOW,
    "window-start",
    r"L - L(\mu^+) \ge \tfrac{1}{1000} \|\nabla L\|^2",
    Case(Mixture([2, -1]), "1/2000"),
    domain=Domain(components=(2, 4), dimension=(1, 1), step_size=(Q(0), Q(1)), radius=6.0),
)
def window_start(at, step_size):
    return at_most(slope(at) / 1000 + at.step(step_size).loss, at.loss)


@plant(
    WINDOW,
    "window-start-energy",
    r"U(\mu^+) \le U - 1.001\, \eta (2 - \eta) F",
    Case(Mixture([2, -1]), "1/2000"),
    domain=Domain(components=(2, 4), dimension=(1, 2), lightest=Q(1, 10), open_above=True),
)
def window_start_energy(at, step_size):
    rate = at.number("1.001") * step_size * (2 - step_size)
    return at_most(at.step(step_size).energy + rate * at.fisher_divergence, at.energy)


@plant(
    WINDOW,
    "window-two",
    r"n = 1: \quad L(\mu^+) \le 0.99 L",
    Case(Mixture([2]), "1999/1000"),
    domain=ONE,
)
def window_two(at, step_size):
    return at_most(at.step(step_size).loss, at.number("0.99") * at.loss)


@plant(
    WINDOW,
    "window-beyond-two",
    r"L(\mu^+) \le L \text{ for } \eta \le 2.002",
    Case(Mixture([2]), "2.002"),
    domain=Domain(components=(1, 5), dimension=(1, 2), step_size=(Q(0), Q(2002, 1000))),
)
def window_beyond_two(at, step_size):
    return at_most(at.step(step_size).loss, at.loss)


@plant(
    WINDOW,
    "window-em",
    r"\|\mu^+ - \mathrm{EM}(\mu)\| \ge 0.005 \|\nabla L\|",
    Case(Mixture([1, -1]), "1999/1000"),
    domain=Domain(
        components=(2, 2),
        dimension=(1, 1),
        equal_weights=True,
        where=opposite,
        shapes=("symmetric",),
        also="opposite means",
        open_above=True,
    ),
)
def window_em(at, step_size):
    away = at.step(step_size).means - at.em_step().means
    return at_most(slope(at) * at.number("0.000025"), squared_norms(away).sum())


@plant(
    WINDOW,
    "window-mean",
    r"n = 2, \pi_i = \tfrac12: \quad \|\sum_i \mu_i^+\| \ge 0.01 \|\sum_i \mu_i\|",
    Case(Mixture([2, 2]), "1999/1000"),
    domain=Domain(
        components=(2, 2),
        dimension=(1, 1),
        equal_weights=True,
        open_above=True,
        shapes=("clustered",),
        where=mean_not_zero,
        also="mean not 0",
    ),
)
def window_mean(at, step_size):
    after = at.step(step_size).means.sum(axis=0)
    return at_most(square(at.means.sum(axis=0)) / 10**4, square(after))


@plant(
    WINDOW,
    "window-below-one",
    r"n = 1, \eta < 1: \quad \|\mu^+\| \ge \tfrac{1}{300} \|\mu\|",
    Case(Mixture([2]), "999/1000"),
    domain=Domain(
        components=(1, 1), dimension=(1, 2), step_size=(Q(0), Q(1)), open_above=True, **OFF
    ),
)
def window_below_one(at, step_size):
    return at_most(at.energy / 90000, at.step(step_size).energy)


# --- nearly equal means ---------------------------------------------------------------------------

NEAR = "nearly equal means"
TWO = Domain(components=(2, 2), dimension=(1, 2), radius=4.0)
TWO_APART = Domain(components=(2, 2), dimension=(1, 2), where=all_different, also="means differ")
SOBOLEV = Case(Mixture(["1.865", "1.615"], ["0.571", "0.429"]))


@plant(NEAR, "near-sobolev", r"L \le \tfrac12 e^{D^2 / 4.2} F", SOBOLEV, domain=TWO)
def near_sobolev(at):
    factor = np.exp(width(at) / at.number("4.2"))
    return at_most(at.loss, factor * at.fisher_divergence / 2)


@plant(
    NEAR,
    "near-overlap",
    r"\pi_i = \tfrac12: \quad G_{12} \le 0.24999",
    TINY_PAIR,
    domain=Domain(components=(2, 2), dimension=(1, 2), equal_weights=True),
)
def near_overlap(at):
    return at_most(at.overlap[0, 1], at.number("0.24999"))


@plant(
    NEAR,
    "near-variance",
    r"\tfrac12 W - L \le 0.499 \sum_i \pi_i \|\mu_i - \sum_j \pi_j \mu_j\|^2",
    Case(Mixture([1, "1.01"])),
    domain=Domain(components=(2, 4), dimension=(1, 2), radius=4.0),
)
def near_variance(at):
    variance = at.weights @ squared_norms(at.means - mean_of(at))
    return at_most(at.weighted_distance / 2 - at.loss, at.number("0.499") * variance)


@plant(
    NEAR,
    "near-trace",
    r"\pi_i = \tfrac1n: \quad \sum_i G_{ii} \ge 1/n + 10^{-9}",
    Case(Mixture([1, "1.00001"])),
    domain=Domain(
        components=(2, 4),
        dimension=(1, 2),
        equal_weights=True,
        where=all_different,
        also="means differ",
    ),
)
def near_trace(at):
    return at_most(at.number(Q(1, at.components) + Q(1, 10**9)), np.trace(at.overlap))


@plant(
    NEAR,
    "near-distance",
    r"\|\mu_1 - \mu_2\| \ge 10^{-7} R",
    Case(Mixture([1, "1.000000001"])),
    domain=TWO_APART,
)
def near_distance(at):
    return at_most(at.radius * at.radius / 10**14, width(at))


@plant(
    NEAR,
    "near-fisher",
    r"F \ge (1 + 10^{-10}) \|\sum_i p_i \mu_i\|^2",
    Case(Mixture([1, "1.00001"])),
    domain=TWO_APART,
)
def near_fisher(at):
    average = at.responsibilities @ at.means
    return at_most((1 + at.number(Q(1, 10**10))) * square(average), at.fisher_divergence)


@plant(
    NEAR,
    "near-loss",
    r"L \le (1 - 10^{-9}) \tfrac12 W",
    Case(Mixture([1, "1.00001"])),
    domain=TWO_APART,
)
def near_loss(at):
    return at_most(at.loss, (1 - at.number(Q(1, 10**9))) * at.weighted_distance / 2)


# --- a weighted mean that is nearly 0, and not 0 --------------------------------------------------

BALANCED = "weighted mean 1e-10"
UNBALANCED = Domain(
    components=(2, 4), dimension=(1, 2), radius=3.0, where=mean_not_zero, also="weighted mean not 0"
)
UNBALANCED_PAIR = Domain(
    components=(2, 2),
    dimension=(1, 1),
    radius=3.0,
    equal_weights=True,
    where=mean_not_zero,
    also="weighted mean not 0",
)
LOPSIDED = Case(Mixture([1, "-0.9999999998"]))


@plant(
    BALANCED, "balanced-fisher", r"F \le 10^8 \|\sum_i \pi_i \mu_i\|", LOPSIDED, domain=UNBALANCED
)
def balanced_fisher(at):
    fisher = at.fisher_divergence
    return at_most(fisher * fisher, at.number(Q(10**16)) * square(mean_of(at)))


@plant(
    BALANCED,
    "balanced-loss",
    r"L^2 \le 10^{16} \|\sum_i \pi_i \mu_i\|^2",
    LOPSIDED,
    domain=UNBALANCED,
)
def balanced_loss(at):
    return at_most(at.loss * at.loss, at.number(Q(10**16)) * square(mean_of(at)))


@plant(
    BALANCED,
    "balanced-distance",
    r"W \le 10^{18} \|\sum_i \pi_i \mu_i\|^2",
    LOPSIDED,
    domain=UNBALANCED,
)
def balanced_distance(at):
    return at_most(at.weighted_distance, at.number(Q(10**18)) * square(mean_of(at)))


@plant(
    BALANCED,
    "balanced-average",
    r"\|\sum_i p_i \mu_i\|^2 \ge 10^{-18} W",
    LOPSIDED,
    domain=UNBALANCED_PAIR,
)
def balanced_average(at):
    average = at.responsibilities @ at.means
    return at_most(at.weighted_distance / 10**18, square(average))


@plant(
    BALANCED,
    "balanced-gradients",
    r"\|\nabla_1 L + \nabla_2 L\|^2 \ge 10^{-17} \|\nabla L\|^2",
    LOPSIDED,
    domain=UNBALANCED_PAIR,
)
def balanced_gradients(at):
    return at_most(slope(at) / 10**17, square(at.gradient.sum(axis=0)))


@plant(
    BALANCED,
    "balanced-plane",
    r"R \le 10^9 \|\sum_i \pi_i \mu_i\|",
    Case(Mixture([[1, 0], [-1, 1], ["0.0000000001", -1]])),
    domain=Domain(
        components=(3, 3),
        dimension=(2, 2),
        equal_weights=True,
        where=mean_not_zero,
        also="weighted mean not 0",
    ),
)
def balanced_plane(at):
    size = at.radius * at.radius
    return at_most(size, at.number(Q(10**18)) * square(mean_of(at)))


# --- far means ------------------------------------------------------------------------------------

FAR = "far means"


@plant(
    FAR,
    "far-20",
    r"p_i \ge 10^{-30} \pi_i",
    Case(Mixture([26, 0])),
    domain=Domain(components=(2, 3), dimension=(1, 2)),
)
def far_20(at):
    return at_most(at.weights / 10**30, at.responsibilities)


@plant(
    FAR,
    "far-45",
    r"p_i \ge 10^{-110} \pi_i",
    Case(Mixture([48, 0])),
    domain=Domain(components=(2, 3), dimension=(1, 1)),
)
def far_45(at):
    return at_most(at.number(Q(1, 10**110)) * at.weights, at.responsibilities)


@plant(
    FAR,
    "far-loss",
    r"L \le 200",
    Case(Mixture([21, -22])),
    domain=Domain(components=(2, 3), dimension=(1, 2)),
)
def far_loss(at):
    return at_most(at.loss, at.number(200))


@plant(
    FAR,
    "far-loss-45",
    r"L \le 1000",
    Case(Mixture([46])),
    domain=Domain(components=(1, 3), dimension=(1, 2)),
)
def far_loss_45(at):
    return at_most(at.loss, at.number(1000))


@plant(
    FAR,
    "far-fisher",
    r"R \ge 1: \quad F \ge 10^{-20}",
    Case(Mixture([22, -22, 0])),
    domain=Domain(
        components=(2, 4),
        dimension=(1, 1),
        lightest=Q(1, 20),
        where=lambda case: case.mixture.radius_squared >= 1,
        also="R >= 1",
    ),
)
def far_fisher(at):
    return at_most(at.number(Q(1, 10**20)), at.fisher_divergence)


@plant(
    FAR,
    "far-gradient",
    r"R \ge 1: \quad \|\nabla L\| \ge 10^{-100}",
    Case(Mixture([48, 0])),
    domain=Domain(
        components=(2, 4),
        dimension=(1, 1),
        lightest=Q(1, 20),
        where=lambda case: case.mixture.radius_squared >= 1,
        also="R >= 1",
    ),
)
def far_gradient(at):
    return at_most(at.number(Q(1, 10**200)), slope(at))


@plant(
    FAR,
    "far-pair",
    r"M(\theta)^2 (1 + 1.59\, \theta^2) \le \theta^2",
    Case(Mixture([24, -24])),
    domain=PAIR,
)
def far_pair(at):
    moved = at.positions[0] / at.responsibilities[0]
    theta = square(at.means[0])
    return at_most(square(moved) * (1 + at.number("1.59") * theta), theta)


# --- tiny means -----------------------------------------------------------------------------------

TINY = "tiny R"
GROWN = Domain(
    components=(1, 3),
    dimension=(1, 1),
    equal_weights=True,
    where=mean_large,
    also="weighted mean at least R/4, not 0",
)


@plant(TINY, "tiny-loss", r"L \ge 10^{-20}", Case(Mixture(["1e-11"])), domain=GROWN)
def tiny_loss(at):
    return at_most(at.number(Q(1, 10**20)), at.loss)


@plant(TINY, "tiny-fisher", r"F \ge 10^{-25}", Case(Mixture(["1e-13", "2e-13"])), domain=GROWN)
def tiny_fisher(at):
    return at_most(at.number(Q(1, 10**25)), at.fisher_divergence)


@plant(
    TINY,
    "tiny-distance",
    r"W \ge 10^{-17}",
    Case(Mixture(["1e-9", "-1e-9"])),
    domain=Domain(components=(1, 4), dimension=(1, 2), equal_weights=True, **OFF),
)
def tiny_distance(at):
    return at_most(at.number(Q(1, 10**17)), at.weighted_distance)


@plant(
    TINY,
    "tiny-radius",
    r"R^2 \ge 10^{-25}",
    Case(Mixture(["1e-13"])),
    domain=Domain(components=(1, 4), dimension=(1, 2), **OFF),
)
def tiny_radius(at):
    return at_most(at.number(Q(1, 10**25)), at.radius * at.radius)


@plant(
    TINY,
    "tiny-stein",
    r"F + \sqrt{F} \ge (1 + 10^{-23}) \sum_i p_i \|\mu_i\|^2",
    Case(Mixture(["1e-9", "-1e-9"])),
    domain=PAIR,
)
def tiny_stein(at):
    fisher = at.fisher_divergence
    return at_most((1 + at.number(Q(1, 10**23))) * loaded(at), fisher + root(fisher))


@plant(
    TINY, "tiny-gradient", r"\|\nabla L\|^2 \ge 10^{-19}", Case(Mixture(["1e-10"])), domain=GROWN
)
def tiny_gradient(at):
    return at_most(at.number(Q(1, 10**19)), slope(at))


# --- late in a run --------------------------------------------------------------------------------

LATE = "late in a run"


def runs(steps, low, high, shapes=("symmetric",)):
    """Balanced pairs theta between two values, step sizes from 1/4 to 1/2."""
    return Domain(
        components=(2, 2),
        dimension=(1, 1),
        equal_weights=True,
        shapes=shapes,
        scales=(Q(low), Q(high)),
        step_size=(Q(1, 4), Q(1, 2)),
        steps=steps,
        where=lambda case: opposite(case) and Q(low) <= abs(case.mixture.means[0][0]) <= Q(high),
        also=f"means opposite, theta from {low} to {high}",
    )


def run(theta, steps, step_size="1/2"):
    return Case(Mixture([[theta], [-Q(theta)]]), step_size, steps=steps)


@plant(
    LATE,
    "late-loss",
    r"L(t) \ge 2 \cdot 10^{-4} \text{ for } t \le 120",
    run(1, 120),
    domain=runs(120, Q(1, 2), 2),
)
def late_loss(at, step_size, steps):
    return at_most(at.number("0.0002"), at.path(step_size, steps).loss)


@plant(
    LATE,
    "late-energy",
    r"U(t) \ge 0.1 \text{ for } t \le 48",
    run(1, 48),
    domain=runs(48, Q(1, 2), 2),
)
def late_energy(at, step_size, steps):
    return at_most(at.number("0.1"), at.path(step_size, steps).energy)


@plant(
    LATE,
    "late-growth",
    r"\eta t\, U(t) \le 1.8 \text{ for } t \le 150",
    run(Q(1, 2), 150),
    domain=runs(150, Q(1, 4), Q(1, 2)),
)
def late_growth(at, step_size, steps):
    energies = at.path(step_size, steps).energy
    times = np.array([at.number(t) for t in range(len(energies))])
    return at_most(step_size * times * energies, at.number("1.8"))


@plant(
    LATE,
    "late-budget",
    r"\sum_{s \le t} F(s) \le 0.45\, U(0) / \eta \text{ for } t \le 150",
    run(Q(1, 2), 150),
    domain=runs(150, Q(1, 4), Q(1, 2)),
)
def late_budget(at, step_size, steps):
    path = at.path(step_size, steps)
    return at_most(
        np.cumsum(path.fisher_divergence) * step_size, at.number("0.45") * path.energy[0]
    )


@plant(
    LATE,
    "late-fisher",
    r"F(t) \ge 10^{-5} \text{ for } t \le 1000",
    run(1, 1000),
    domain=runs(1000, Q(1, 2), 2),
)
def late_fisher(at, step_size, steps):
    return at_most(at.number(Q(1, 10**5)), at.path(step_size, steps).fisher_divergence)


def near_trap(case):
    first, second = (row[0] for row in case.mixture.means)
    return 4 <= first <= 5 and 10 * abs(second) <= first


@plant(
    LATE,
    "late-escape",
    r"L(t) \ge \tfrac12 L(0) \text{ for } t \le 400",
    Case(Mixture([4, 0]), 1, steps=400),
    domain=Domain(
        components=(2, 2),
        dimension=(1, 1),
        equal_weights=True,
        steps=400,
        shapes=("one far",),
        scales=(Q(5),),
        step_size=(Q(1, 2), Q(1)),
        where=near_trap,
        also="4 <= mu_1 <= 5, mu_2 within a tenth of it",
    ),
)
def late_escape(at, step_size, steps):
    loss = at.path(step_size, steps).loss
    return at_most(loss[0] / 2, loss)


# --- a mixture as the truth -----------------------------------------------------------------------

TRUTH = "mixture truth"
MIXED = Domain(components=(1, 3), dimension=(1, 1), truth="mixture", radius=4.0)
ANY_TRUTH = Domain(components=(1, 3), dimension=(1, 1), truth="any", radius=4.0)


def truth_means(at):
    return np.array([[at.number(a) for a in row] for row in at.truth.means])


def truth_weights(at):
    return np.array([at.number(w) for w in at.truth.weights])


@plant(
    TRUTH,
    "truth-overlap",
    r"G_{12}^2 (16.2 + 6 \|\mu_1 - \mu_2\|^2) \le 1",
    Case(Mixture(["1.001", "0.999"]), truth=Mixture([1])),
    domain=Domain(components=(2, 2), dimension=(1, 1), truth="mixture", radius=4.0),
)
def truth_overlap(at):
    overlap = at.overlap[0, 1]
    return at_most(overlap * overlap * (at.number("16.2") + 6 * width(at)), at.number(1))


@plant(
    TRUTH,
    "truth-gradient",
    r"\sum_i \|\nabla_i L\|^2 / p_i \le 0.995\, F",
    Case(Mixture([2]), truth=Mixture([0])),
    domain=MIXED,
)
def truth_gradient(at):
    parts = squared_norms(at.gradient) / at.responsibilities
    return at_most(parts.sum(), at.number("0.995") * at.fisher_divergence)


@plant(
    TRUTH,
    "truth-convex",
    r"L \le 0.495 \sum_{ij} \pi_i \pi^*_j \|\mu_i - \mu^*_j\|^2",
    Case(Mixture([2]), truth=Mixture([1])),
    domain=MIXED,
)
def truth_convex(at):
    gaps = at.means[:, None, :] - truth_means(at)[None, :, :]
    spread = at.weights @ (gaps * gaps).sum(axis=2) @ truth_weights(at)
    return at_most(at.loss, at.number("0.495") * spread)


@plant(
    TRUTH,
    "truth-energy",
    r"U(\mu^+) \le U \text{ for } \eta \le 1, \text{ any truth}",
    Case(Mixture([1]), "1/2", truth=Mixture([3])),
    domain=Domain(
        components=(1, 3), dimension=(1, 1), truth="any", step_size=(Q(0), Q(1)), radius=4.0
    ),
)
def truth_energy(at, step_size):
    return at_most(at.step(step_size).energy, at.energy)


@plant(
    TRUTH,
    "truth-floor",
    r"p_i \ge \pi_i e^{-\|\mu_i - \bar x\|^2 / 4}, \quad \bar x = \sum_j \pi^*_j \mu^*_j",
    Case(Mixture([0, 3, -3]), truth=Mixture([3, -3])),
    domain=MIXED,
)
def truth_floor(at):
    centre = truth_weights(at) @ truth_means(at)
    floor = at.weights * np.exp(-squared_norms(at.means - centre) / 4)
    return at_most(floor, at.responsibilities)


@plant(
    TRUTH,
    "truth-half-distance",
    r"L \le \tfrac12 W + 2 \text{ for any truth}",
    Case(Mixture([0]), truth=Mixture([4])),
    domain=ANY_TRUTH,
)
def truth_half_distance(at):
    return at_most(at.loss, at.weighted_distance / 2 + 2)


# --- a truth that is the student, or a permutation of it, or far ----------------------------------

SAME = "truth equal or far"


def two_and_two(case):
    return case.truth is not None and case.truth.components == 2


TWO_BY_TWO = Domain(
    components=(2, 2),
    dimension=(1, 1),
    truth="mixture",
    radius=3.0,
    where=two_and_two,
    also="a truth of two components",
)
TWIN = Mixture([1, -2])


@plant(SAME, "same-loss", r"L \ge 10^{-12}", Case(TWIN, truth=TWIN), domain=MIXED)
def same_loss(at):
    return at_most(at.number(Q(1, 10**12)), at.loss)


@plant(SAME, "same-fisher", r"F \ge 10^{-15}", Case(TWIN, truth=TWIN), domain=MIXED)
def same_fisher(at):
    return at_most(at.number(Q(1, 10**15)), at.fisher_divergence)


@plant(
    SAME,
    "same-em",
    r"\|\mathrm{EM}(\mu) - \mu\|^2 \ge 10^{-20}",
    Case(TWIN, truth=TWIN),
    domain=MIXED,
)
def same_em(at):
    away = at.gradient / at.responsibilities[:, None]
    return at_most(at.number(Q(1, 10**20)), squared_norms(away).sum())


def matched(at):
    """min(1, |mu_1 - mu*_1|^2 + |mu_2 - mu*_2|^2)."""
    return smallest([at.number(1), squared_norms(at.means - truth_means(at)).sum()])


@plant(
    SAME,
    "same-permuted",
    r"L \ge 10^{-4} \min(1, \sum_i \|\mu_i - \mu^*_i\|^4)",
    Case(Mixture([-2, 1]), truth=TWIN),
    domain=Domain(
        components=(2, 2),
        dimension=(1, 1),
        truth="mixture",
        radius=3.0,
        where=lambda case: two_and_two(case) and case.mixture.weights == case.truth.weights,
        equal_weights=True,
        also="a truth of two components of equal weight",
    ),
)
def same_permuted(at):
    away = matched(at)
    return at_most(away * away / 10**4, at.loss)


@plant(
    SAME,
    "same-permuted-weights",
    r"L \ge 10^{-6} (\pi_1 - \pi^*_1)^2 \min(1, \|\mu_1 - \mu_2\|^4)",
    Case(Mixture([-2, 1], [1, 2]), truth=Mixture([1, -2], [2, 1])),
    domain=TWO_BY_TWO,
)
def same_permuted_weights(at):
    away = at.weights[0] - truth_weights(at)[0]
    d = smallest([at.number(1), width(at)])
    return at_most(away * away * d * d / 10**6, at.loss)


@plant(
    SAME,
    "same-split",
    r"n = 3, m = 2: \quad L \ge 10^{-12}",
    Case(Mixture([1, 1, -2], [1, 1, 2]), truth=TWIN),
    domain=Domain(
        components=(3, 3),
        dimension=(1, 1),
        truth="mixture",
        radius=3.0,
        where=two_and_two,
        also="a truth of two components",
    ),
)
def same_split(at):
    return at_most(at.number(Q(1, 10**12)), at.loss)


@plant(
    SAME,
    "same-far-loss",
    r"L \le \tfrac12 W + 300 \text{ for any truth}",
    Case(Mixture([0, 1]), truth=Mixture([40])),
    domain=ANY_TRUTH,
)
def same_far_loss(at):
    return at_most(at.loss, at.weighted_distance / 2 + 300)


@plant(
    SAME,
    "same-far-responsibility",
    r"R \le 5: \quad p_i \ge 10^{-40} \pi_i",
    Case(Mixture([0, 5]), truth=Mixture([40])),
    domain=Domain(
        components=(2, 3),
        dimension=(1, 1),
        truth="mixture",
        radius=1.5,
        where=lambda case: case.mixture.radius_squared <= 25,
        also="R <= 5",
    ),
)
def same_far_responsibility(at):
    return at_most(at.number(Q(1, 10**40)) * at.weights, at.responsibilities)


@plant(
    SAME,
    "same-gradient",
    r"\|\nabla L\|^2 \ge 10^{-20}, \quad R, R^* \le 3",
    Case(Mixture([1, -2], [1, 3]), truth=Mixture([1, -2], [1, 3])),
    domain=Domain(
        components=(2, 2),
        dimension=(1, 1),
        truth="mixture",
        radius=1.0,
        where=lambda case: (
            case.mixture.radius_squared <= 9
            and case.truth is not None
            and case.truth.radius_squared <= 9
            and 2 * abs(exact_mean(case.mixture)[0]) >= 1
        ),
        also="R and R* at most 3, the weighted mean at least 1/2",
    ),
)
def same_gradient(at):
    return at_most(at.number(Q(1, 10**20)), slope(at))


# --- the order of the components ------------------------------------------------------------------

ORDER = "order of components"


def not_in_order(values, order):
    """Not every value is above the one before it, in an order of the components."""
    gaps = [values[b] - values[a] for a, b in pairwise(order)]
    return smallest(gaps)


@plant(
    ORDER,
    "order-means",
    r"\text{not } \mu_3 < \mu_1 < \mu_4 < \mu_2",
    Case(Mixture([2, 4, 1, 3])),
    domain=Domain(components=(4, 4), dimension=(1, 1)),
)
def order_means(at):
    return at_most(not_in_order(at.means[:, 0], (2, 0, 3, 1)), 0)


@plant(
    ORDER,
    "order-five",
    r"\text{not } \mu_3 < \mu_5 < \mu_1 < \mu_4 < \mu_2",
    Case(Mixture([3, 5, 1, 4, 2])),
    domain=Domain(components=(5, 5), dimension=(1, 1)),
)
def order_five(at):
    return at_most(not_in_order(at.means[:, 0], (2, 4, 0, 3, 1)), 0)


@plant(
    ORDER,
    "order-norms",
    r"\text{not both } \pi_1 < \pi_2 < \pi_3 \text{ and } \|\mu_2\| < \|\mu_3\| < \|\mu_1\|",
    Case(Mixture([3, 1, 2], [1, 2, 3])),
    domain=Domain(components=(3, 3), dimension=(1, 2)),
)
def order_norms(at):
    norms = not_in_order(squared_norms(at.means), (1, 2, 0))
    return at_most(smallest([norms, not_in_order(at.weights, (0, 1, 2))]), 0)


@plant(
    ORDER,
    "order-responsibilities",
    r"\text{not } p_2 < p_4 < p_1 < p_3",
    Case(Mixture([1, 5, 0, 3])),
    domain=Domain(components=(4, 4), dimension=(1, 1), equal_weights=True),
)
def order_responsibilities(at):
    return at_most(not_in_order(at.responsibilities, (1, 3, 0, 2)), 0)


@plant(
    ORDER,
    "order-weights",
    r"\text{not both } \mu_3 < \mu_1 < \mu_4 < \mu_2 \text{ and }"
    r" \pi_2 < \pi_1 < \pi_3 < \pi_4",
    Case(Mixture([2, 4, 1, 3], [2, 1, 3, 4])),
    domain=Domain(components=(4, 4), dimension=(1, 1)),
)
def order_weights(at):
    means = not_in_order(at.means[:, 0], (2, 0, 3, 1))
    return at_most(smallest([means, not_in_order(at.weights, (1, 0, 2, 3))]), 0)


@plant(
    ORDER,
    "order-last",
    r"\|\mu_1\| \ge 0.9\, R \text{ or } \|\mu_2\| \ge 0.9\, R \text{ or } \|\mu_3\| \ge 0.9\, R",
    Case(Mixture([1, 1, 1, 2])),
    domain=Domain(components=(4, 4), dimension=(1, 1)),
)
def order_last(at):
    norms = squared_norms(at.means)
    return at_most(at.number("0.81") * largest(norms), largest(norms[:3]))


# --- not a number ---------------------------------------------------------------------------------

NAN = "not a number"
THREE = Domain(
    components=(3, 3),
    dimension=(1, 2),
    radius=2.0,
    equal_weights=True,
    where=mean_zero_or_large,
    also="the weighted mean 0, or at least 1/10",
)
ZERO_MEAN = Case(Mixture([1, 1, -2]))


@plant(NAN, "nan-root", r"L \le 30 \|\sum_i \pi_i \mu_i\|", ZERO_MEAN, domain=THREE)
def nan_root(at):
    mean = mean_of(at)
    return at_most(at.loss, 30 * np.sqrt((mean * mean).sum()))


@plant(NAN, "nan-fisher", r"F \le 30 \|\sum_i \pi_i \mu_i\|", ZERO_MEAN, domain=THREE)
def nan_fisher(at):
    mean = mean_of(at)
    return at_most(at.fisher_divergence, 30 * np.sqrt((mean * mean).sum()))


@plant(
    NAN, "nan-ratio", r"1 \ge \tfrac{1}{1000} L / \|\sum_i \pi_i \mu_i\|^2", ZERO_MEAN, domain=THREE
)
def nan_ratio(at):
    return at_most(at.loss / square(mean_of(at)), at.number(1000))


@plant(
    NAN,
    "nan-gaps",
    r"(\mu_1 - \mu_2)^2 / (\|\nabla_1 L - \nabla_2 L\|^2) \le 10^6",
    Case(Mixture(["1/3", "1/3", 1])),
    domain=Domain(components=(3, 3), dimension=(1, 1), radius=2.0, equal_weights=True),
)
def nan_gaps(at):
    return at_most(width(at) / square(at.gradient[0] - at.gradient[1]), at.number(Q(10**6)))


@plant(NAN, "nan-log", r"\log \|\sum_i \pi_i \mu_i\|^2 \ge -20", ZERO_MEAN, domain=THREE)
def nan_log(at):
    return at_most(at.number(-20), np.log(square(mean_of(at))))


# --- equality of a strict claim -------------------------------------------------------------------

STRICT = "equality of a strict claim"
THIRDS = Domain(components=(3, 3), equal_weights=True)


@plant(
    STRICT, "strict-loss", r"L < \tfrac12 W", Case(Mixture([1, 1, 1])), strict=True, domain=THIRDS
)
def strict_loss(at):
    return at_most(at.loss, at.weighted_distance / 2)


@plant(
    STRICT,
    "strict-gradient",
    r"\sum_i \|\nabla_i L\|^2 / p_i < F",
    Case(Mixture([1, 1, 1])),
    strict=True,
    domain=Domain(components=(3, 3), dimension=(1, 2), **OFF),
)
def strict_gradient(at):
    parts = squared_norms(at.gradient) / at.responsibilities
    return at_most(parts.sum(), at.fisher_divergence)


@plant(
    STRICT,
    "strict-energy",
    r"U(\mu^+) < U \text{ for } \eta \le 2",
    Case(Mixture([2]), 2),
    strict=True,
    domain=Domain(components=(1, 3), dimension=(1, 2), **OFF),
)
def strict_energy(at, step_size):
    return at_most(at.step(step_size).energy, at.energy)


@plant(
    STRICT,
    "strict-component",
    r"L < \tfrac12 \|\mu_i\|^2 + \log(1/\pi_i)",
    Case(Mixture(["1/3"])),
    strict=True,
    domain=Domain(components=(1, 3), dimension=(1, 2)),
)
def strict_component(at):
    return at_most(at.loss, squared_norms(at.means) / 2 - np.log(at.weights))


@plant(
    STRICT,
    "strict-overlap",
    r"G_{12} < \tfrac14 \text{ for } \pi_i = \tfrac12",
    Case(Mixture([1, 1])),
    strict=True,
    domain=Domain(components=(2, 2), dimension=(1, 2), equal_weights=True),
)
def strict_overlap(at):
    return at_most(at.overlap[0, 1], at.number(Q(1, 4)))


# --- exact coincidences ---------------------------------------------------------------------------

EXACT = "exact coincidence"


@plant(EXACT, "exact-zero", r"L + r \ge 10^{-3}", Case(Mixture([0, 0])), domain=Domain())
def exact_zero(at):
    return at_most(at.number(Q(1, 1000)), at.loss + at.number(at.rank))


@plant(EXACT, "exact-zero-strict", r"L > 0", Case(Mixture([[0, 0]])), strict=True, domain=Domain())
def exact_zero_strict(at):
    return at_most(0, at.loss)


@plant(
    EXACT,
    "exact-tie-three",
    r"\prod_{i<j} (\mu_i - \mu_j)^2 > 0",
    Case(Mixture([1, 2, 1])),
    strict=True,
    domain=Domain(components=(3, 3), dimension=(1, 1)),
)
def exact_tie_three(at):
    a, b, c = at.means[:, 0]
    product = (a - b) * (b - c) * (c - a)
    return at_most(0, product * product)


@plant(
    EXACT,
    "exact-tie-four",
    r"\mu_2 \ne \mu_4",
    Case(Mixture([1, 2, 3, 2])),
    strict=True,
    domain=Domain(components=(4, 4), dimension=(1, 1)),
)
def exact_tie_four(at):
    return at_most(0, square(at.means[1] - at.means[3]))


@plant(
    EXACT,
    "exact-plane-tie",
    r"\mu_1 \ne \mu_2",
    Case(Mixture([[1, 0], [1, 0], [0, 1]])),
    strict=True,
    domain=Domain(components=(3, 3), dimension=(2, 2)),
)
def exact_plane_tie(at):
    return at_most(0, width(at))


@plant(
    EXACT,
    "exact-x",
    r"\langle x, v(x) - v(-x) \rangle > 0",
    Case(Mixture([1, -1]), x=[0]),
    strict=True,
    domain=Domain(
        components=(2, 2),
        dimension=(1, 1),
        equal_weights=True,
        shapes=("symmetric",),
        where=opposite,
        also="opposite means",
    ),
)
def exact_x(at, x):
    change = at.responsibilities_at(x) - at.responsibilities_at(-x)
    return at_most(0, change @ at.means @ x)


@plant(
    EXACT,
    "exact-x-zero",
    r"\langle x, x \rangle > 0",
    Case(Mixture([[1, 2]]), x=[0, 0]),
    strict=True,
    domain=Domain(components=(1, 3), dimension=(1, 2)),
)
def exact_x_zero(at, x):
    return at_most(0, square(x))


@plant(
    EXACT,
    "exact-right-angle",
    r"\langle \mu_1, \mu_2 \rangle \ne 0",
    RIGHT_ANGLE,
    strict=True,
    domain=Domain(components=(2, 2), dimension=(2, 2)),
)
def exact_right_angle(at):
    product = at.means[0] @ at.means[1]
    return at_most(0, product * product)


@plant(
    EXACT,
    "exact-line",
    r"\text{the affine rank of four means in the plane is 2}",
    Case(Mixture([[0, 0], [1, 1], [2, 2], [3, 3]])),
    domain=Domain(components=(4, 4), dimension=(2, 2)),
)
def exact_line(at):
    return at_most(at.number(2), at.number(at.affine_rank))


@plant(
    EXACT,
    "exact-norms",
    r"\|\mu_1\| \ne \|\mu_2\|",
    Case(Mixture([[1, 2], [2, -1]])),
    strict=True,
    domain=Domain(components=(2, 2), dimension=(2, 2)),
)
def exact_norms(at):
    gap = square(at.means[0]) - square(at.means[1])
    return at_most(0, gap * gap)


@plant(
    EXACT,
    "exact-centre",
    r"\sum_i \mu_i \ne 0",
    Case(Mixture([1, 2, -3])),
    strict=True,
    domain=Domain(components=(3, 3), dimension=(1, 1), **OFF),
)
def exact_centre(at):
    return at_most(0, square(at.means.sum(axis=0)))


# --- x or s far away ------------------------------------------------------------------------------

X_FAR = "x far"
NEAR_MEANS = Domain(
    components=(2, 3),
    dimension=(1, 1),
    radius=1.0,
    where=lambda case: case.mixture.radius_squared <= 9,
    also="R <= 3",
)


@plant(
    X_FAR,
    "x-responsibility",
    r"R \le 3: \quad \psi_i(x) \ge 10^{-40} \pi_i",
    Case(Mixture([3, -3]), x=[30]),
    domain=NEAR_MEANS,
)
def x_responsibility(at, x):
    return at_most(at.weights / 10**40, at.responsibilities_at(x))


@plant(
    X_FAR,
    "x-posterior",
    r"v(x)^2 \le (1 - 10^{-9}) R^2",
    Case(Mixture([1, -1]), x=[30]),
    domain=PAIR,
)
def x_posterior(at, x):
    posterior = at.responsibilities_at(x) @ at.means
    return at_most(square(posterior), (1 - at.number(Q(1, 10**9))) * at.radius * at.radius)


@plant(
    X_FAR,
    "x-density",
    r"R \le 3: \quad \langle x, v(x) \rangle \le 60",
    Case(Mixture([3, -3]), x=[30]),
    domain=NEAR_MEANS,
)
def x_density(at, x):
    return at_most(at.responsibilities_at(x) @ at.means @ x, at.number(60))


@plant(
    X_FAR,
    "s-logarithm",
    r"\log(1 + s) \le 4",
    Case(Mixture([1]), s=100),
    domain=Domain(components=(1, 2), dimension=(1, 1)),
)
def s_logarithm(at, s):
    return at_most(np.log(1 + s), at.number(4))


@plant(
    X_FAR,
    "x-reach",
    r"\langle x, v(x) - v(-x) \rangle \le 1.9999\, R \|x\|",
    Case(Mixture([1, -1]), x=[20]),
    domain=Domain(components=(2, 3), dimension=(1, 1), radius=2.0),
)
def x_reach(at, x):
    change = at.responsibilities_at(x) - at.responsibilities_at(-x)
    reach = at.number("1.9999") * at.radius * root(square(x))
    return at_most(change @ at.means @ x, reach)


@plant(
    X_FAR,
    "x-plane",
    r"R \le 3: \quad \psi_i(x) \ge 10^{-60} \pi_i",
    Case(Mixture([[3, 0], [-3, 0]]), x=[50, 0]),
    domain=Domain(
        components=(2, 3),
        dimension=(2, 2),
        radius=1.0,
        where=lambda case: case.mixture.radius_squared <= 9,
        also="R <= 3",
    ),
)
def x_plane(at, x):
    return at_most(at.weights / 10**60, at.responsibilities_at(x))


# --- "for some constant", with a floor ------------------------------------------------------------

NOT_ZERO = Domain(components=(2, 4), dimension=(1, 2), radius=6.0, **OFF)


@floored(
    "floor-linear",
    r"\|\nabla L\|^2 \ge c L",
    Case(Mixture(["1/10000", "-1/10000"])),
    Q(1, 10**6),
    domain=NOT_ZERO,
)
def floor_linear(at):
    return slope(at) / at.loss


@floored(
    "floor-distance", r"F \ge c W", Case(Mixture(["1e-6", "-1e-6"])), Q(1, 10**9), domain=NOT_ZERO
)
def floor_distance(at):
    return at.fisher_divergence / at.weighted_distance


@floored(
    "floor-responsibility",
    r"p_i \ge c \pi_i",
    Case(Mixture([24, 0])),
    Q(1, 10**20),
    domain=NOT_ZERO,
)
def floor_responsibility(at):
    return at.responsibilities / at.weights


@floored(
    "floor-any-weights",
    r"\|\nabla L\|^2 \ge c L^{3/2}, \quad R \le 2",
    Case(Mixture([1, "-1e-6"], ["1e-6", 1])),
    Q(1, 1000),
    domain=Domain(
        components=(2, 3),
        dimension=(1, 1),
        radius=1.0,
        where=lambda case: off_optimum(case) and case.mixture.radius_squared <= 4,
        also="means not all 0, R <= 2",
    ),
)
def floor_any_weights(at):
    return slope(at) / (at.loss * root(at.loss))


@floored(
    "floor-loss-squared",
    r"L \ge c W",
    Case(Mixture(["1/1000", "-1/1000"])),
    Q(1, 10**4),
    domain=NOT_ZERO,
)
def floor_loss_squared(at):
    return at.loss / at.weighted_distance


@floored(
    "floor-lightest",
    r"\min_i p_i \ge c",
    Case(Mixture([1, 1], ["1e-7", 1])),
    Q(1, 10**6),
    domain=Domain(components=(2, 3), dimension=(1, 1), radius=1.0),
)
def floor_lightest(at):
    return smallest(at.responsibilities)


@floored(
    "floor-sharp",
    r"\|\nabla L\|^2 \ge c L^{3/2}, \quad \pi_i = \tfrac12",
    Case(Mixture([12, 0])),
    Q(1, 10**6),
    domain=Domain(components=(2, 2), dimension=(1, 1), equal_weights=True, **OFF),
)
def floor_sharp(at):
    return slope(at) / (at.loss * root(at.loss))


@floored(
    "floor-just-too-high",
    r"L / W^2 \ge c \text{ for opposite means, } \theta \le 1",
    Case(Mixture([1, -1])),
    Q(126, 1000),
    domain=Domain(
        components=(2, 2),
        dimension=(1, 1),
        equal_weights=True,
        shapes=("symmetric",),
        scales=(Q(1),),
        where=lambda case: opposite(case) and case.mixture.radius_squared <= 1,
        also="opposite means, theta <= 1",
    ),
)
def floor_just_too_high(at):
    return at.loss / (at.weighted_distance * at.weighted_distance)


@floored(
    "floor-overlap",
    r"G_{12} \ge c",
    Case(Mixture([14, 0])),
    Q(1, 10**8),
    domain=Domain(components=(2, 2), dimension=(1, 1), equal_weights=True),
)
def floor_overlap(at):
    return at.overlap[0, 1]


@floored(
    "floor-ratio",
    r"F \ge 2 c L",
    Case(SOBOLEV.mixture),
    Q(99, 100),
    domain=Domain(components=(2, 2), dimension=(1, 1), radius=0.5),
)
def floor_ratio(at):
    return at.fisher_divergence / (2 * at.loss)


# --- identities that are off by little ------------------------------------------------------------

IDENTITY = "identity off by 1e-8"
GENERIC = Case(Mixture([1, -2], [1, 2]))
MOVED = Case(Mixture([1, -2], [1, 2]), "1/2")


def nearly(at, exponent):
    return 1 + at.number(Q(1, 10**exponent))


@plant(
    IDENTITY,
    "identity-fisher",
    r"F = (1 + 10^{-8}) \sum_i \langle \mu_i, \nabla_i L \rangle",
    GENERIC,
    identity,
    domain=Domain(dimension=(1, 2), **OFF),
)
def identity_fisher(at):
    return equal(at.fisher_divergence, nearly(at, 8) * (at.means * at.gradient).sum())


@plant(
    IDENTITY,
    "identity-positions",
    r"E \psi_i x = (1 + 10^{-9}) p_i \mu_i - \nabla_i L",
    GENERIC,
    identity,
    domain=Domain(dimension=(1, 2), **OFF),
)
def identity_positions(at):
    masses = nearly(at, 9) * at.responsibilities[:, None] * at.means
    return equal(at.positions, masses - at.gradient)


@plant(
    IDENTITY,
    "identity-mass",
    r"\sum_i p_i = 1 + 10^{-10}",
    GENERIC,
    identity,
    domain=Domain(dimension=(1, 2)),
)
def identity_mass(at):
    return equal(at.responsibilities.sum(), nearly(at, 10))


@plant(
    IDENTITY,
    "identity-energy",
    r"U(\mu^+) = U - 2 (1 + 10^{-9}) \eta F + \eta^2 \|\nabla L\|^2",
    MOVED,
    identity,
    domain=Domain(dimension=(1, 2), **OFF),
)
def identity_energy(at, step_size):
    change = step_size * step_size * slope(at)
    change = change - 2 * nearly(at, 9) * step_size * at.fisher_divergence
    return equal(at.step(step_size).energy, at.energy + change)


@plant(
    IDENTITY,
    "identity-overlap",
    r"\nabla_i L = (1 + 10^{-11}) \sum_j G_{ij} \mu_j",
    GENERIC,
    identity,
    domain=Domain(dimension=(1, 2), **OFF),
)
def identity_overlap(at):
    return equal(at.gradient, nearly(at, 11) * (at.overlap @ at.means))


@plant(
    IDENTITY,
    "identity-rows",
    r"p_i = (1 + 10^{-12}) \sum_j G_{ij}",
    GENERIC,
    identity,
    domain=Domain(dimension=(1, 2)),
)
def identity_rows(at):
    return equal(at.responsibilities, nearly(at, 12) * at.overlap.sum(axis=1))


# --- existence claims that are false --------------------------------------------------------------

NONE = "false existence"
EQUAL_WEIGHTS = Domain(
    components=(3, 5), dimension=(1, 2), step_size=(Q(0), Q(1)), equal_weights=True, radius=4.0
)


@plant(
    NONE,
    "none-energy",
    r"U(\mu^+) > U \text{ for some } \eta \le 2",
    MOVED,
    existence,
    domain=Domain(dimension=(1, 2), radius=4.0),
)
def none_energy(at, step_size):
    return at.step(step_size).energy - at.energy


@plant(
    NONE,
    "none-distance",
    r"\pi_i = \tfrac1n: \quad W(\mu^+) > W",
    Case(Mixture([1, -2, 0]), "1/2"),
    existence,
    domain=EQUAL_WEIGHTS,
)
def none_distance(at, step_size):
    return at.step(step_size).weighted_distance - at.weighted_distance


@plant(NONE, "none-loss", r"L > \tfrac12 W", GENERIC, existence, domain=Domain(dimension=(1, 2)))
def none_loss(at):
    return at.loss - at.weighted_distance / 2


@plant(
    NONE,
    "none-pair",
    r"n = 2, \pi_i = \tfrac12: \quad \max_i \|\mu^+_i\| > \max_i \|\mu_i\|",
    Case(Mixture([1, -2]), "1/2"),
    existence,
    domain=Domain(components=(2, 2), dimension=(1, 2), equal_weights=True),
)
def none_pair(at, step_size):
    after = at.step(step_size)
    return largest(squared_norms(after.means)) - largest(squared_norms(at.means))


@plant(
    NONE,
    "none-overlap",
    r"G_{12} > \tfrac14",
    GENERIC,
    existence,
    domain=Domain(components=(2, 5), dimension=(1, 2)),
)
def none_overlap(at):
    return at.overlap[0, 1] - at.number(Q(1, 4))


@plant(
    NONE,
    "none-all-grow",
    r"\|\mu_i^+\| > \|\mu_i\| \text{ for every } i",
    MOVED,
    existence,
    domain=Domain(components=(1, 4), dimension=(1, 2), radius=4.0),
)
def none_all_grow(at, step_size):
    return smallest(squared_norms(at.step(step_size).means) - squared_norms(at.means))


# --- more of the kinds that random cases seldom reach ---------------------------------------------


@plant(
    MANY,
    "many-overlap",
    r"\max_{ij} G_{ij} \ge 0.03",
    Case(Mixture(ONES)),
    domain=Domain(dimension=(1, 2)),
)
def many_overlap(at):
    return at_most(at.number("0.03"), largest(at.overlap))


@plant(
    MANY,
    "many-gradient-eight",
    r"\|\nabla L\|^2 \ge F^2 / (7.5 R^2)",
    Case(Mixture([2] * 8)),
    domain=Domain(dimension=(1, 2), **OFF),
)
def many_gradient_eight(at):
    fisher = at.fisher_divergence
    return at_most(fisher * fisher, at.number("7.5") * at.radius * at.radius * slope(at))


@plant(
    BALANCED,
    "balanced-step",
    r"\eta \le 1: \quad \|\sum_i \mu_i^+\|^2 \ge 10^{-18} U",
    Case(LOPSIDED.mixture, "1/2"),
    domain=Domain(
        components=(2, 2),
        dimension=(1, 1),
        radius=3.0,
        equal_weights=True,
        step_size=(Q(0), Q(1)),
        where=mean_not_zero,
        also="weighted mean not 0",
    ),
)
def balanced_step(at, step_size):
    return at_most(at.energy / 10**18, square(at.step(step_size).means.sum(axis=0)))


@plant(
    BALANCED,
    "balanced-three",
    r"L^2 \le 10^{16} \|\sum_i \pi_i \mu_i\|^2",
    Case(Mixture([1, 1, "-1.9999999997"])),
    domain=Domain(
        components=(3, 3),
        dimension=(1, 1),
        radius=3.0,
        equal_weights=True,
        where=mean_not_zero,
        also="weighted mean not 0",
    ),
)
def balanced_three(at):
    return at_most(at.loss * at.loss, at.number(Q(10**16)) * square(mean_of(at)))


@plant(
    BALANCED,
    "balanced-unequal",
    r"\pi_1 \ne \pi_2: \quad W \le 10^{18} \|\sum_i \pi_i \mu_i\|^2",
    Case(Mixture([2, "-0.9999999998"], [1, 2])),
    domain=Domain(
        components=(2, 2),
        dimension=(1, 1),
        radius=3.0,
        where=lambda case: mean_not_zero(case) and not case.mixture.has_equal_weights,
        also="weighted mean not 0, weights differ",
    ),
)
def balanced_unequal(at):
    return at_most(at.weighted_distance, at.number(Q(10**18)) * square(mean_of(at)))


@plant(
    BALANCED,
    "balanced-four",
    r"\sum_i p_i \|\mu_i\|^2 \le 10^{17} \|\sum_i \pi_i \mu_i\|^2",
    Case(Mixture([1, -1, 2, "-1.9999999996"])),
    domain=Domain(
        components=(4, 4),
        dimension=(1, 1),
        radius=3.0,
        equal_weights=True,
        where=mean_not_zero,
        also="weighted mean not 0",
    ),
)
def balanced_four(at):
    return at_most(loaded(at), at.number(Q(10**17)) * square(mean_of(at)))


@plant(
    FAR,
    "far-overlap",
    r"G_{12} \ge 10^{-100}",
    Case(Mixture([46, 0])),
    domain=Domain(components=(2, 2), dimension=(1, 2), lightest=Q(1, 20)),
)
def far_overlap(at):
    return at_most(at.number(Q(1, 10**100)), at.overlap[0, 1])


@plant(
    FAR,
    "far-fisher-34",
    r"R \ge 1: \quad F \ge 10^{-55}",
    Case(Mixture([36, -36, 0])),
    domain=Domain(
        components=(3, 3),
        dimension=(1, 1),
        equal_weights=True,
        where=lambda case: case.mixture.radius_squared >= 1,
        also="R >= 1",
    ),
)
def far_fisher_34(at):
    return at_most(at.number(Q(1, 10**55)), at.fisher_divergence)


@plant(
    FAR,
    "far-share",
    r"\|\nabla L\|^2 \ge 10^{-100} F",
    Case(Mixture([48, 0])),
    domain=Domain(components=(2, 2), dimension=(1, 1), lightest=Q(1, 20), **OFF),
)
def far_share(at):
    return at_most(at.fisher_divergence / 10**100, slope(at))


@plant(TINY, "tiny-loss-15", r"L \ge 10^{-28}", Case(Mixture(["1e-15"])), domain=GROWN)
def tiny_loss_15(at):
    return at_most(at.number(Q(1, 10**28)), at.loss)


@plant(
    TINY,
    "tiny-step",
    r"\eta \le \tfrac12: \quad U(\mu^+) \ge 10^{-21}",
    Case(Mixture(["1e-12"]), "1/2"),
    domain=Domain(components=(1, 3), dimension=(1, 1), step_size=(Q(0), Q(1, 2)), **OFF),
)
def tiny_step(at, step_size):
    return at_most(at.number(Q(1, 10**21)), at.step(step_size).energy)


@plant(
    TINY,
    "tiny-plane",
    r"\sum_i p_i \|\mu_i\|^2 \ge 10^{-19}",
    Case(Mixture([["1e-11", 0], [0, "1e-11"]])),
    domain=Domain(components=(2, 3), dimension=(2, 2), equal_weights=True, **OFF),
)
def tiny_plane(at):
    return at_most(at.number(Q(1, 10**19)), loaded(at))


@plant(TINY, "tiny-pair", r"L \ge 10^{-32}", Case(Mixture(["1e-9", "-1e-9"])), domain=PAIR)
def tiny_pair(at):
    return at_most(at.number(Q(1, 10**32)), at.loss)


@plant(
    LATE,
    "late-weighted",
    r"W(t) \ge 0.01 \text{ for } t \le 300",
    run(1, 300),
    domain=runs(300, Q(1, 2), 2),
)
def late_weighted(at, step_size, steps):
    return at_most(at.number("0.01"), at.path(step_size, steps).weighted_distance)


@plant(
    LATE,
    "late-loss-60",
    r"L(t) \ge 5 \cdot 10^{-4} \text{ for } t \le 70",
    run(1, 70),
    domain=runs(70, Q(1, 2), 2),
)
def late_loss_60(at, step_size, steps):
    return at_most(at.number("0.0005"), at.path(step_size, steps).loss)


@plant(
    LATE,
    "late-escape-energy",
    r"U(t) \ge \tfrac12 U(0) \text{ for } t \le 400",
    Case(Mixture([4, 0]), 1, steps=400),
    domain=Domain(
        components=(2, 2),
        dimension=(1, 1),
        equal_weights=True,
        steps=400,
        shapes=("one far",),
        scales=(Q(5),),
        step_size=(Q(1, 2), Q(1)),
        where=near_trap,
        also="4 <= mu_1 <= 5, mu_2 within a tenth of it",
    ),
)
def late_escape_energy(at, step_size, steps):
    energy = at.path(step_size, steps).energy
    return at_most(energy[0] / 2, energy)


@plant(
    LATE,
    "late-share",
    r"L(t) \ge \tfrac{1}{1000} L(0) \text{ for } t \le 200",
    run(2, 200),
    domain=runs(200, 1, 2),
)
def late_share(at, step_size, steps):
    loss = at.path(step_size, steps).loss
    return at_most(loss[0] / 1000, loss)


@plant(
    X_FAR,
    "s-share",
    r"s / (1 + s) \le 0.98",
    Case(Mixture([1]), s=100),
    domain=Domain(components=(1, 2), dimension=(1, 1)),
)
def s_share(at, s):
    return at_most(s / (1 + s), at.number("0.98"))


@plant(
    X_FAR,
    "x-squares",
    r"\sum_i \psi_i(x)^2 \le 1 - 10^{-12}",
    Case(Mixture([1, -1]), x=[20]),
    domain=PAIR,
)
def x_squares(at, x):
    return at_most(square(at.responsibilities_at(x)), 1 - at.number(Q(1, 10**12)))


@plant(
    X_FAR,
    "x-product",
    r"R \le 3: \quad \langle x, v(x) \rangle \le 50",
    Case(Mixture([[3, 0], [-3, 0]]), x=[30, 0]),
    domain=Domain(
        components=(2, 3),
        dimension=(2, 2),
        radius=1.0,
        where=lambda case: case.mixture.radius_squared <= 9,
        also="R <= 3",
    ),
)
def x_product(at, x):
    return at_most(at.responsibilities_at(x) @ at.means @ x, at.number(50))


@plant(
    X_FAR,
    "x-change",
    r"R \le 3: \quad \|x\| \|v(x) - v(-x)\| \le 100",
    Case(Mixture([3, -3]), x=[30]),
    domain=NEAR_MEANS,
)
def x_change(at, x):
    change = (at.responsibilities_at(x) - at.responsibilities_at(-x)) @ at.means
    return at_most(square(change) * square(x), at.number(10**4))


@plant(
    SAME,
    "same-three",
    r"n = m = 3: \quad L \ge 10^{-14}",
    Case(Mixture([0, 1, -2]), truth=Mixture([1, -2, 0])),
    domain=Domain(
        components=(3, 3),
        dimension=(1, 1),
        truth="mixture",
        radius=3.0,
        where=lambda case: case.truth is not None and case.truth.components == 3,
        also="a truth of three components",
    ),
)
def same_three(at):
    return at_most(at.number(Q(1, 10**14)), at.loss)


# --- ten of every kind ----------------------------------------------------------------------------


def beyond_one(case):
    return all(sum(a * a for a in row) >= 1 for row in case.mixture.means)


def no_mean_zero(case):
    return all(map(any, case.mixture.means))


def spread_tensor(at):
    """1/2 sum_ij G_ij (mu_i - mu_j) (mu_i - mu_j)^T."""
    weighted = at.means.T * at.overlap.sum(axis=1)
    return weighted @ at.means - at.means.T @ at.overlap @ at.means


def pairs_of(at):
    return list(combinations(range(at.components), 2))


def products(at):
    """<mu_i, mu_j> of all pairs."""
    return [at.means[i] @ at.means[j] for i, j in pairs_of(at)]


def gaps(at):
    """|mu_i - mu_j|^2 of all pairs."""
    return [square(at.means[i] - at.means[j]) for i, j in pairs_of(at)]


def damped(at):
    """e^{-8 R^2} W."""
    return np.exp(-8 * at.radius * at.radius) * at.weighted_distance


@plant(
    OFF_BY_LITTLE,
    "off-hermite",
    r"F \ge \|\sum_i p_i \mu_i\|^2"
    r" + 1.001 \|\tfrac12 \sum_{ij} G_{ij} (\mu_i - \mu_j) (\mu_i - \mu_j)^T\|_F^2",
    TINY_PAIR,
    domain=SEVERAL,
)
def off_hermite(at):
    spread = spread_tensor(at)
    low = square(at.responsibilities @ at.means)
    return at_most(low + at.number("1.001") * (spread * spread).sum(), at.fisher_divergence)


@plant(
    OFF_BY_LITTLE,
    "off-pair-loss",
    r"L \le \tfrac14 (\sqrt{1 + 1.998\, \theta^2} - 1)^2",
    Case(Mixture(["1/100", "-1/100"])),
    domain=PAIR,
)
def off_pair_loss(at):
    less = root(1 + at.number("1.998") * square(at.means[0])) - 1
    return at_most(at.loss, less * less / 4)


# --- rank 2


@plant(
    "rank 2",
    "rank-2-hermite",
    r"F \ge \|\sum_i p_i \mu_i\|^2"
    r" + 0.9\, (\tfrac12 \sum_{ij} G_{ij} \|\mu_i - \mu_j\|^2)^2",
    TRIANGLE,
    domain=SEVERAL,
)
def rank_2_hermite(at):
    trace = np.trace(spread_tensor(at))
    low = square(at.responsibilities @ at.means)
    return at_most(low + at.number("0.9") * trace * trace, at.fisher_divergence)


@plant(
    "rank 2",
    "rank-2-parallel",
    r"\|\mu_1\|^2 \|\nabla_1 L\|^2 \le 1.001 \langle \mu_1, \nabla_1 L \rangle^2",
    RIGHT_ANGLE,
    domain=Domain(components=(2, 2), dimension=(1, 2)),
)
def rank_2_parallel(at):
    mean, gradient = at.means[0], at.gradient[0]
    product = mean @ gradient
    return at_most(square(mean) * square(gradient), at.number("1.001") * product * product)


@plant(
    "rank 2",
    "rank-2-obtuse",
    r"n = 3: \quad \max_{i < j} \langle \mu_i, \mu_j \rangle \ge -\tfrac13 \min_i \|\mu_i\|^2",
    TRIANGLE,
    domain=Domain(components=(3, 3), dimension=(1, 2), where=no_mean_zero, also="no mean is 0"),
)
def rank_2_obtuse(at):
    return at_most(-smallest(squared_norms(at.means)) / 3, largest(products(at)))


@plant(
    "rank 2",
    "rank-2-told-apart",
    r"n = 4, \pi_i = \tfrac14, R \le 2: \quad \min_i \psi_i(\mu_i) \le 0.9",
    Case(SQUARE.mixture.scaled(2)),
    domain=Domain(
        components=(4, 4),
        dimension=(1, 2),
        radius=1.0,
        equal_weights=True,
        where=lambda case: case.mixture.radius_squared <= 4,
        also="R <= 2",
    ),
)
def rank_2_told_apart(at):
    own = [at.responsibilities_at(mean)[i] for i, mean in enumerate(at.means)]
    return at_most(smallest(own), at.number("0.9"))


@plant(
    "rank 2",
    "rank-2-middle",
    r"n = 3: \quad \min_{i < j} \|\mu_i - \mu_j\|^2 \le 0.4 \max_{i < j} \|\mu_i - \mu_j\|^2",
    TRIANGLE,
    domain=Domain(components=(3, 3), dimension=(1, 2)),
)
def rank_2_middle(at):
    return at_most(smallest(gaps(at)), at.number("0.4") * largest(gaps(at)))


# --- rank 3


@plant(
    "rank 3",
    "rank-3-volume",
    r"n = 3: \quad \det(\mu_1, \mu_2, \mu_3)^2 \le 0.3 \|\mu_1\|^2 \|\mu_2\|^2 \|\mu_3\|^2",
    Case(Mixture([[1, 0, 0], [0, 1, 0], [0, 0, 1]])),
    domain=Domain(components=(3, 3), dimension=(3, 3)),
)
def rank_3_volume(at):
    a, b, c = at.means
    volume = sum(a[k] * (b[k - 2] * c[k - 1] - b[k - 1] * c[k - 2]) for k in range(3))
    return at_most(volume * volume, at.number("0.3") * square(a) * square(b) * square(c))


@plant(
    "rank 3",
    "rank-3-four",
    r"n = 4: \quad \min_{i < j} \|\mu_i - \mu_j\| \le 0.8 \max_{i < j} \|\mu_i - \mu_j\|",
    TETRAHEDRON,
    domain=Domain(components=(4, 4), dimension=(1, 3)),
)
def rank_3_four(at):
    return at_most(smallest(gaps(at)), at.number("0.64") * largest(gaps(at)))


@plant(
    "rank 3",
    "rank-3-step",
    r"U(\mu^+) \le U - 0.45\, \eta (2 - \eta) e^{-8 R^2} W^2",
    Case(Mixture(CORNERS).scaled("1/40"), "1/100"),
    domain=Domain(
        components=(2, 5), dimension=(1, 3), equal_weights=True, radius=1.0, open_above=True
    ),
)
def rank_3_step(at, step_size):
    rate = at.number("0.45") * step_size * (2 - step_size)
    gain = rate * damped(at) * at.weighted_distance
    return at_most(at.step(step_size).energy + gain, at.energy)


# --- rank 4


@plant(
    "rank 4",
    "rank-4-five",
    r"n = 5: \quad \min_{i < j} \|\mu_i - \mu_j\| \le 0.85 \max_{i < j} \|\mu_i - \mu_j\|",
    Case(Mixture(SIMPLEX)),
    domain=Domain(components=(5, 5), dimension=(1, 4)),
)
def rank_4_five(at):
    return at_most(smallest(gaps(at)), at.number("0.7225") * largest(gaps(at)))


@plant(
    "rank 4",
    "rank-4-eight",
    r"n = 8: \quad \max_{i < j} \langle \mu_i, \mu_j \rangle \ge \tfrac15 \min_i \|\mu_i\|^2",
    Case(Mixture(CROSS)),
    domain=Domain(components=(8, 8), dimension=(1, 4), where=no_mean_zero, also="no mean is 0"),
)
def rank_4_eight(at):
    return at_most(smallest(squared_norms(at.means)) / 5, largest(products(at)))


@plant(
    "rank 4",
    "rank-4-gradient",
    r"\pi_i = \tfrac1n: \quad n \|\nabla L\|^2 \ge \tfrac{1}{11} e^{-8 R^2} W^3",
    Case(Mixture(SIMPLEX).scaled("1/50")),
    domain=Domain(components=(1, 5), dimension=(1, 4), equal_weights=True, radius=1.0),
)
def rank_4_gradient(at):
    w = at.weighted_distance
    return at_most(damped(at) * w * w / 11, at.number(at.components) * slope(at))


@plant(
    "rank 4",
    "rank-4-em",
    r"W(\mathrm{EM}(\mu)) \le W - 0.6\, e^{-8 R^2} W^2",
    Case(Mixture(SIMPLEX).scaled("1/50")),
    domain=Domain(components=(1, 5), dimension=(1, 4), equal_weights=True, radius=1.0),
)
def rank_4_em(at):
    w = at.weighted_distance
    return at_most(at.em_step().weighted_distance + at.number("0.6") * damped(at) * w, w)


# --- nearly equal means

EVEN_APART = Domain(
    components=(2, 2),
    dimension=(1, 2),
    radius=4.0,
    equal_weights=True,
    where=all_different,
    also="means differ",
)


@plant(
    NEAR,
    "near-gradients",
    r"\|\mu_i\| \ge 1, \pi_i = \tfrac12: \quad \|\nabla_1 L - \nabla_2 L\| \ge 10^{-10} R",
    Case(Mixture([1, "1.00000000001"])),
    domain=Domain(
        components=(2, 2),
        dimension=(1, 2),
        radius=4.0,
        equal_weights=True,
        where=lambda case: all_different(case) and beyond_one(case),
        also="means differ and have norms of 1 at least",
    ),
)
def near_gradients(at):
    away = square(at.gradient[0] - at.gradient[1])
    return at_most(at.radius * at.radius / 10**20, away)


@plant(
    NEAR,
    "near-cauchy",
    r"G_{12}^2 \le (1 - 10^{-6}) G_{11} G_{22}",
    Case(Mixture([1, "1.0001"])),
    domain=TWO_APART,
)
def near_cauchy(at):
    g = at.overlap
    return at_most(g[0, 1] * g[0, 1], (1 - at.number(Q(1, 10**6))) * g[0, 0] * g[1, 1])


@plant(
    NEAR,
    "near-em",
    r"\|\mathrm{EM}(\mu)_1 - \mathrm{EM}(\mu)_2\| \le (1 - 10^{-7}) \|\mu_1 - \mu_2\|",
    Case(Mixture([1, "1.0001"])),
    domain=EVEN_APART,
)
def near_em(at):
    after = at.em_step().means
    factor = 1 - at.number(Q(1, 10**7))
    return at_most(square(after[0] - after[1]), factor * factor * width(at))


# --- a mixture as the truth


def bounded_truth(case):
    return case.truth is not None and case.truth.radius_squared <= 16


@plant(
    TRUTH,
    "truth-hull",
    r"\mu_1 \ge \max_j \mu^*_j \Rightarrow \nabla_1 L \ge 0",
    Case(Mixture(["2.1", "1.2", -2]), truth=Mixture([2, -2])),
    domain=MIXED,
)
def truth_hull(at):
    beyond = at.means[0, 0] - largest(truth_means(at))
    return at_most(smallest([beyond, -at.gradient[0, 0]]), 0)


@plant(
    TRUTH,
    "truth-saddle",
    r"L(\mathrm{EM}(\mu)) \le 0.999\, L + 10^{-4}",
    Case(Mixture([0, 0]), truth=Mixture([2, -2])),
    domain=Domain(components=(2, 3), dimension=(1, 1), truth="mixture", radius=4.0),
)
def truth_saddle(at):
    return at_most(at.em_step().loss, at.number("0.999") * at.loss + at.number("0.0001"))


@plant(
    TRUTH,
    "truth-mean",
    r"L \ge \tfrac{1}{100} \|\sum_i \pi_i \mu_i - \sum_j \pi^*_j \mu^*_j\|^2",
    Case(Mixture([8, -8]), truth=Mixture([8, -8], [2, 3])),
    domain=Domain(components=(1, 3), dimension=(1, 1), truth="any", radius=4.0),
)
def truth_mean(at):
    mean = mean_of(at)
    if at.truth is not None:
        mean = mean - truth_weights(at) @ truth_means(at)
    return at_most(square(mean) / 100, at.loss)


@plant(
    TRUTH,
    "truth-em-radius",
    r"R(\mathrm{EM}(\mu)) \le R^* + 3, \quad R^* \le 4",
    Case(Mixture([12, 0]), truth=Mixture([1])),
    domain=Domain(
        components=(1, 3),
        dimension=(1, 1),
        truth="mixture",
        radius=4.0,
        where=bounded_truth,
        also="R* <= 4",
    ),
)
def truth_em_radius(at):
    return at_most(at.em_step().radius, at.truth_radius + 3)


# --- the order of the components


@plant(
    ORDER,
    "order-gradients",
    r"\text{not } \|\nabla_4 L\| < \|\nabla_2 L\| < \|\nabla_1 L\| < \|\nabla_3 L\|",
    Case(Mixture([1, 2, 0, 3])),
    domain=Domain(components=(4, 4), dimension=(1, 1)),
)
def order_gradients(at):
    return at_most(not_in_order(squared_norms(at.gradient), (3, 1, 0, 2)), 0)


@plant(
    ORDER,
    "order-signs",
    r"n = 6: \quad \text{the signs of the means are not } +, -, -, +, -, +",
    Case(Mixture([1, -1, -2, 2, -1, 3])),
    domain=Domain(components=(6, 6), dimension=(1, 1)),
)
def order_signs(at):
    signs = (1, -1, -1, 1, -1, 1)
    return at_most(smallest([s * a for s, a in zip(signs, at.means[:, 0], strict=True)]), 0)


@plant(
    ORDER,
    "order-heavy",
    r"\text{not both } \pi_4 \ge 2 \pi_i \text{ and } \|\mu_4\| \ge 2 \|\mu_i\| > 0"
    r" \text{ for every } i < 4",
    Case(Mixture([1, 1, 1, 3], [1, 1, 1, 3])),
    domain=Domain(components=(4, 4), dimension=(1, 2), where=no_mean_zero, also="no mean is 0"),
)
def order_heavy(at):
    norms = squared_norms(at.means)
    heavier = at.weights[3] - 2 * largest(at.weights[:3])
    return at_most(smallest([heavier, norms[3] - 4 * largest(norms[:3])]), 0)


@plant(
    ORDER,
    "order-plane",
    r"n = 4, d = 2: \quad \text{the first coordinates do not increase while the second decrease}",
    Case(Mixture([[0, 3], [1, 2], [2, 1], [3, 0]])),
    domain=Domain(components=(4, 4), dimension=(2, 2)),
)
def order_plane(at):
    order = (0, 1, 2, 3)
    up = not_in_order(at.means[:, 0], order)
    return at_most(smallest([up, not_in_order(-at.means[:, 1], order)]), 0)


# --- not a number


@plant(
    NAN,
    "nan-cosine",
    r"\langle \mu_1, \nabla_1 L \rangle / (\|\mu_1\| \|\nabla_1 L\|) \le 1.001",
    Case(Mixture([0, 1])),
    domain=Domain(components=(2, 3), dimension=(1, 2), radius=3.0),
)
def nan_cosine(at):
    mean, gradient = at.means[0], at.gradient[0]
    lengths = root(square(mean)) * root(square(gradient))
    return at_most((mean @ gradient) / lengths, at.number("1.001"))


@plant(
    NAN,
    "nan-share",
    r"\|\nabla L\|^2 / F \le 1.001",
    Case(Mixture([0, 0])),
    domain=Domain(components=(2, 4), dimension=(1, 2), radius=3.0),
)
def nan_share(at):
    return at_most(slope(at) / at.fisher_divergence, at.number("1.001"))


@plant(
    NAN,
    "nan-entropy",
    r"L \log L \ge -0.37",
    Case(Mixture([[0]])),
    domain=Domain(components=(1, 3), dimension=(1, 2), radius=3.0),
)
def nan_entropy(at):
    return at_most(at.number("-0.37"), at.loss * np.log(at.loss))


@plant(
    NAN,
    "nan-quotient",
    r"(L - L(\mu^+)) / \|\mu^+ - \mu\|^2 \ge 0.999 / \eta - \tfrac12",
    Case(Mixture([0, 0]), "1/2"),
    domain=Domain(
        components=(2, 3), dimension=(1, 1), radius=3.0, step_size=(Q(0), Q(1)), equal_weights=True
    ),
)
def nan_quotient(at, step_size):
    after = at.step(step_size)
    away = squared_norms(after.means - at.means).sum()
    return at_most(
        at.number("0.999") / step_size - at.number(Q(1, 2)), (at.loss - after.loss) / away
    )


@plant(
    NAN,
    "nan-overlap",
    r"\pi_i = \tfrac12: \quad \log(1 - 4 G_{12}) \ge -80",
    Case(Mixture([1, 1])),
    domain=Domain(components=(2, 2), dimension=(1, 2), radius=3.0, equal_weights=True),
)
def nan_overlap(at):
    return at_most(at.number(-80), np.log(1 - 4 * at.overlap[0, 1]))


# --- equality of a strict claim


@plant(
    STRICT,
    "strict-floor",
    r"p_i > \pi_i e^{-\|\mu_i\|^2 / 4}",
    Case(Mixture([0, 0])),
    strict=True,
    domain=Domain(components=(2, 4), dimension=(1, 2), radius=3.0),
)
def strict_floor(at):
    return at_most(at.weights * np.exp(-squared_norms(at.means) / 4), at.responsibilities)


@plant(
    STRICT,
    "strict-posterior",
    r"F < R^2",
    Case(Mixture([[1, 2], [1, 2]])),
    strict=True,
    domain=Domain(components=(2, 4), dimension=(1, 2), radius=3.0, **OFF),
)
def strict_posterior(at):
    return at_most(at.fisher_divergence, at.radius * at.radius)


@plant(
    STRICT,
    "strict-covariance",
    r"G_{12} < p_1 p_2",
    Case(Mixture([2, 2], [1, 3])),
    strict=True,
    domain=TWO,
)
def strict_covariance(at):
    return at_most(at.overlap[0, 1], at.responsibilities[0] * at.responsibilities[1])


@plant(
    STRICT,
    "strict-majorisation",
    r"L(\mu') < L + \langle \nabla L, \mu' - \mu \rangle"
    r" + \tfrac12 \sum_i p_i \|\mu'_i - \mu_i\|^2",
    Case(Mixture([1, -2]), target=[[1], [-2]]),
    strict=True,
    domain=Domain(components=(2, 3), dimension=(1, 1), radius=3.0),
)
def strict_majorisation(at, target):
    move = target - at.means
    quadratic = at.responsibilities @ squared_norms(move) / 2
    return at_most(at.moved(target).loss, at.loss + (at.gradient * move).sum() + quadratic)


@plant(
    STRICT,
    "strict-descent",
    r"L(\mu^+) < L",
    Case(Mixture([0, 0]), 1),
    strict=True,
    domain=Domain(components=(2, 3), dimension=(1, 2), radius=3.0, open_above=True),
)
def strict_descent(at, step_size):
    return at_most(at.step(step_size).loss, at.loss)


# --- identities that are off by little


@plant(
    IDENTITY,
    "identity-sum",
    r"\sum_i \nabla_i L = (1 + 10^{-9}) \sum_i p_i \mu_i",
    GENERIC,
    identity,
    domain=Domain(dimension=(1, 2), **OFF),
)
def identity_sum(at):
    return equal(at.gradient.sum(axis=0), nearly(at, 9) * (at.responsibilities @ at.means))


@plant(
    IDENTITY,
    "identity-em",
    r"E \psi_i x = (1 + 10^{-10}) p_i \mathrm{EM}(\mu)_i",
    GENERIC,
    identity,
    domain=Domain(dimension=(1, 2), radius=4.0, **OFF),
)
def identity_em(at):
    masses = nearly(at, 10) * at.responsibilities[:, None]
    return equal(at.positions, masses * at.em_step().means)


@plant(
    IDENTITY,
    "identity-gap",
    r"p_1 p_2 (\mathrm{EM}(\mu)_1 - \mathrm{EM}(\mu)_2) = (1 + 10^{-9}) G_{12} (\mu_1 - \mu_2)",
    GENERIC,
    identity,
    domain=Domain(components=(2, 2), dimension=(1, 2), radius=4.0),
)
def identity_gap(at):
    p, after = at.responsibilities, at.em_step().means
    overlap = nearly(at, 9) * at.overlap[0, 1]
    return equal(p[0] * p[1] * (after[0] - after[1]), overlap * (at.means[0] - at.means[1]))


@plant(
    IDENTITY,
    "identity-centre",
    r"\sum_i E \psi_i x = 10^{-11} \sum_i p_i \mu_i",
    GENERIC,
    identity,
    domain=Domain(dimension=(1, 2), radius=4.0, **OFF),
)
def identity_centre(at):
    average = at.responsibilities @ at.means
    return equal(at.positions.sum(axis=0), at.number(Q(1, 10**11)) * average)


# --- existence claims that are false


@plant(
    NONE,
    "none-loss-step",
    r"L(\mu^+) > L \text{ for some } \eta \le 2",
    MOVED,
    existence,
    domain=Domain(components=(1, 4), dimension=(1, 2), radius=4.0),
)
def none_loss_step(at, step_size):
    return at.step(step_size).loss - at.loss


@plant(
    NONE,
    "none-gradient",
    r"\sum_i \|\nabla_i L\|^2 / p_i > F",
    GENERIC,
    existence,
    domain=Domain(dimension=(1, 2), radius=4.0),
)
def none_gradient(at):
    return (squared_norms(at.gradient) / at.responsibilities).sum() - at.fisher_divergence


@plant(
    NONE,
    "none-floor",
    r"p_i < \pi_i e^{-\|\mu_i\|^2 / 4} \text{ for some } i",
    GENERIC,
    existence,
    domain=Domain(dimension=(1, 2), radius=6.0),
)
def none_floor(at):
    return largest(at.weights * np.exp(-squared_norms(at.means) / 4) - at.responsibilities)


@plant(
    NONE,
    "none-covariance",
    r"G_{12} > p_1 p_2, \quad n = 2",
    GENERIC,
    existence,
    domain=Domain(components=(2, 2), dimension=(1, 2)),
)
def none_covariance(at):
    return at.overlap[0, 1] - at.responsibilities[0] * at.responsibilities[1]
