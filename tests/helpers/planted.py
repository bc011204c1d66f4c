"""Planted falsehoods: lemmas that are wrong by little, or only in a corner of their domain.

Each one imitates a slip that a proof can contain. The standard pipeline must refute every one.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from theorycheck import Domain, at_most, inequality, largest, root, squared_norms

SEVERAL = Domain(components=(2, 5), dimension=(1, 2))
LINE = Domain(components=(2, 5), dimension=(1, 1))


# --- constants that are off by one per cent -------------------------------------------------------


@inequality("stein-one-per-cent", r"F + 0.99 \sqrt{r F} \ge \sum_i p_i \|\mu_i\|^2", domain=SEVERAL)
def stein_one_per_cent(at):
    """Fails for small means that balance: F is of fourth order there, and the bound is sharp."""
    factor = at.number(Fraction(99, 100))
    weighted = at.responsibilities @ squared_norms(at.means)
    return at_most(weighted, at.fisher_divergence + factor * root(at.rank * at.fisher_divergence))


@inequality("loss-one-per-cent", r"L \le 0.99 \cdot \tfrac12 W", domain=SEVERAL)
def loss_one_per_cent(at):
    """Fails only where the means nearly agree."""
    return at_most(at.loss, at.number(Fraction(99, 200)) * at.weighted_distance)


@inequality(
    "component-one-per-cent", r"L \le \tfrac12 \|\mu_i\|^2 + 0.99 \log(1/\pi_i)", domain=SEVERAL
)
def component_one_per_cent(at):
    """Fails only for a component at the optimum and all others far away."""
    return at_most(
        at.loss, squared_norms(at.means) / 2 - at.number(Fraction(99, 100)) * np.log(at.weights)
    )


@inequality(
    "majorisation-one-per-cent",
    r"L(\mu') \le L + \langle \nabla L, \mu' - \mu \rangle + 0.495 \sum_i p_i \|\mu'_i - \mu_i\|^2",
    domain=SEVERAL,
)
def majorisation_one_per_cent(at, target):
    """Fails only where all means move alike."""
    move = target - at.means
    quadratic = at.number(Fraction(495, 1000)) * (at.responsibilities @ squared_norms(move))
    return at_most(at.moved(target).loss, at.loss + (at.gradient * move).sum() + quadratic)


@inequality(
    "decrease-one-per-cent",
    r"L(\mu^+) \le L - \eta \sum_i (1 - 0.495 \eta p_i) \|\nabla_i L\|^2",
    domain=Domain(components=(2, 5), dimension=(1, 2), open_above=True),
)
def decrease_one_per_cent(at, step_size):
    """Fails only for nearly equal means or weights that are nearly 0."""
    share = 1 - at.number(Fraction(495, 1000)) * step_size * at.responsibilities
    gain = (share * squared_norms(at.gradient)).sum()
    return at_most(at.step(step_size).loss + step_size * gain, at.loss)


@inequality(
    "budget-one-per-cent",
    r"\sum_t F(t) \le 0.99 \frac{U(0)}{\eta (2 - \eta)}",
    domain=Domain(components=(2, 3), dimension=(1, 1), open_above=True, steps=8),
)
def budget_one_per_cent(at, step_size, steps):
    """Fails only for nearly equal means and a step size near 1."""
    spent = at.path(step_size, steps).fisher_divergence.sum()
    return at_most(spent, at.number(Fraction(99, 100)) * at.energy / (step_size * (2 - step_size)))


# --- a missing factor, a wrong one ----------------------------------------------------------------


@inequality("energy-mean", r"U(\mu^+) \le U - \eta (2 - \tfrac{\eta}{n}) F", domain=SEVERAL)
def energy_mean(at, step_size):
    """The maximum of the responsibilities replaced by their mean."""
    rate = step_size * (2 - step_size / at.components)
    return at_most(at.step(step_size).energy + rate * at.fisher_divergence, at.energy)


@inequality(
    "surrogate-weights",
    r"L(\mu') \le L + \langle \nabla L, \mu' - \mu \rangle"
    r" + \tfrac12 \sum_i \pi_i \|\mu'_i - \mu_i\|^2",
    domain=SEVERAL,
)
def surrogate_weights(at, target):
    """The weights in place of the mean responsibilities."""
    move = target - at.means
    quadratic = at.weights @ squared_norms(move) / 2
    return at_most(at.moved(target).loss, at.loss + (at.gradient * move).sum() + quadratic)


@inequality(
    "floor-without-weight",
    r"p_i \ge \tfrac{1}{1000} e^{L - \|\mu_i\|^2/2} \text{ for every } i",
    domain=SEVERAL,
)
def floor_without_weight(at):
    """A constant in place of the factor pi_i: fails only for a weight below 1/1000."""
    floor = at.number(Fraction(1, 1000)) * np.exp(at.loss - squared_norms(at.means) / 2)
    return at_most(floor, at.responsibilities)


@inequality(
    "gradient-largest-weight",
    r"\|\nabla L\|^2 \le \tfrac12 (1 + \max_i \pi_i) F",
    domain=SEVERAL,
)
def gradient_largest_weight(at):
    """The weights in place of the mean responsibilities, and a slack that nearly hides it."""
    share = (1 + at.number(max(at.mixture.weights))) / 2
    return at_most(squared_norms(at.gradient).sum(), share * at.fisher_divergence)


# --- strict for weak ------------------------------------------------------------------------------


@inequality(
    "energy-strict", r"U(\mu^+) < U(\mu) \text{ for } 0 < \eta \le 2", strict=True, domain=Domain()
)
def energy_strict(at, step_size):
    """An equality for one component and a step size of exactly 2."""
    return at_most(at.step(step_size).energy, at.energy)


@inequality("loss-strict", r"L < \tfrac12 W", strict=True, domain=Domain())
def loss_strict(at):
    """An equality where all means agree."""
    return at_most(at.loss, at.weighted_distance / 2)


# --- false in a corner only -----------------------------------------------------------------------


@inequality(
    "four-components",
    r"\|\nabla L\|^2 \ge F^2 / (3 R^2)",
    domain=Domain(dimension=(1, 2), where=lambda case: any(map(any, case.mixture.means))),
)
def four_components(at):
    """U <= n R^2 with 3 in place of n: fails only for n >= 4, where all nearly agree."""
    square = at.radius * at.radius
    fisher = at.fisher_divergence
    return at_most(fisher * fisher, 3 * square * squared_norms(at.gradient).sum())


@inequality(
    "five-components",
    r"\|\nabla L\|^2 \ge 0.98 F^2 / (4 R^2)",
    domain=Domain(dimension=(1, 1), where=lambda case: any(map(any, case.mixture.means))),
)
def five_components(at):
    """Fails only for n = 5, with nearly equal means and weights."""
    square = at.radius * at.radius
    fisher = at.fisher_divergence
    factor = at.number(Fraction(98, 100))
    return at_most(factor * fisher * fisher, 4 * square * squared_norms(at.gradient).sum())


@inequality(
    "tiny-weight",
    r"p_i \le 1001\, \pi_i e^{\|\mu_i\|^2/2} \text{ for every } i",
    domain=Domain(components=(2, 4), dimension=(1, 1), radius=3.0),
)
def tiny_weight(at):
    """Fails only for a weight below 1/1000 of a component near the optimum, the others away."""
    ceiling = at.number(Fraction(1001)) * at.weights * np.exp(squared_norms(at.means) / 2)
    return at_most(at.responsibilities, ceiling)


@inequality(
    "far-means",
    r"p_i \ge e^{-4} \pi_i \text{ for every } i",
    domain=Domain(components=(2, 3), dimension=(1, 2)),
)
def far_means(at):
    """Fails only for a mean beyond 5."""
    return at_most(at.number(Fraction(183, 10000)) * at.weights, at.responsibilities)


@inequality(
    "second-dimension",
    r"F + \sqrt{(0.1 + 0.9\,r) F} \ge \sum_i p_i \|\mu_i\|^2",
    domain=Domain(components=(3, 4), dimension=(1, 2)),
)
def second_dimension(at):
    """Right on a line; in the plane it fails for small means that balance and point every way."""
    share = at.number(Fraction(1, 10) + Fraction(9, 10) * at.rank)
    weighted = at.responsibilities @ squared_norms(at.means)
    return at_most(weighted, at.fisher_divergence + root(share * at.fisher_divergence))


@inequality(
    "three-balanced",
    r"\pi_i = \tfrac13: \quad \max_i \|\mu_i^+\| \le 1.005 \max_i \|\mu_i\|",
    domain=Domain(
        components=(3, 3),
        dimension=(1, 1),
        equal_weights=True,
        step_size=(Fraction(0), Fraction(1)),
    ),
)
def three_balanced(at, step_size):
    """The contraction of two components does not carry over to three."""
    before, after = squared_norms(at.means), squared_norms(at.step(step_size).means)
    return at_most(largest(after), at.number(Fraction(101, 100)) * largest(before))


@inequality(
    "weighted-distance",
    r"W(\mu^+) \le W(\mu) \text{ for } \eta \le 1",
    domain=Domain(components=(3, 4), dimension=(1, 1), step_size=(Fraction(0), Fraction(1))),
)
def weighted_distance(at, step_size):
    """The parametric distance is not monotone; it grows by little, and seldom."""
    return at_most(at.step(step_size).weighted_distance, at.weighted_distance)


@inequality(
    "long-step",
    r"L(\mu^+) \le L(\mu) \text{ for } 0 < \eta \le 2.02",
    domain=Domain(components=(2, 5), dimension=(1, 2), step_size=(Fraction(0), Fraction(202, 100))),
)
def long_step(at, step_size):
    """Fails only for nearly equal means and a step size in the last per cent of its interval."""
    return at_most(at.step(step_size).loss, at.loss)


@inequality(
    "reach-at-a-point",
    r"\langle x, v(x) - v(-x) \rangle \le 1.98\, R \|x\|",
    domain=Domain(components=(2, 4), dimension=(1, 2), radius=6.0),
)
def reach_at_a_point(at, x):
    """Fails only where opposite means dominate at x and at -x."""
    change = at.responsibilities_at(x) - at.responsibilities_at(-x)
    reach = at.number(Fraction(198, 100)) * at.radius * root((x * x).sum())
    return at_most(change @ at.means @ x, reach)
