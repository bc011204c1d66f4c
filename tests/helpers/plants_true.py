"""True claims at the edge: bounds with equality cases, in every regime, each with its proof.

A user's file like any other: `theorycheck verify --claims plants_true.py`. No run may refute one.
"""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction as Q

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
    inner_products,
    largest,
    root,
    smallest,
    squared_norms,
)

HAS_FLOOR = "floor" in {field.name for field in fields(Claim)}


def floored(id, statement, floor, **options):
    """Declare an implied constant with a floor; an inequality where there are no floors."""
    if HAS_FLOOR:
        return implied_constant(id, statement, floor=floor, **options)

    def build(function):
        def as_inequality(at):
            return at_most(at.number(floor), function(at))

        as_inequality.__doc__ = function.__doc__
        return inequality(id, statement, **options)(as_inequality)

    return build


# --- exact conditions on cases --------------------------------------------------------------------


def off_optimum(case):
    return any(map(any, case.mixture.means))


def all_different(case):
    return len(set(case.mixture.means)) == case.mixture.components


def opposite(case):
    first, second = case.mixture.means
    return any(first) and all(a == -b for a, b in zip(first, second, strict=True))


def opposite_within(square):
    return lambda case: opposite(case) and case.mixture.radius_squared <= square


def first_beyond(square):
    return lambda case: sum(a * a for a in case.mixture.means[0]) >= square


OFF = {"where": off_optimum, "also": "means not all 0"}
ANY = Domain(dimension=(1, 2))
ANY_OFF = Domain(dimension=(1, 2), **OFF)
NEAR_OFF = Domain(dimension=(1, 2), radius=3.0, **OFF)
LINE = Domain(components=(2, 4), dimension=(1, 1))
DIFFERENT = Domain(
    components=(2, 3), dimension=(1, 1), radius=3.0, where=all_different, also="means differ"
)
PAIR_OPTIONS = {
    "components": (2, 2),
    "dimension": (1, 1),
    "equal_weights": True,
    "shapes": ("symmetric",),
}
PAIR = Domain(**PAIR_OPTIONS, where=opposite, also="opposite means")
UNIT_PAIR = Domain(
    **PAIR_OPTIONS, scales=(Q(1), Q(1, 10)), where=opposite_within(1), also="opposite, theta <= 1"
)
ANY_TRUTH = Domain(components=(1, 3), dimension=(1, 1), truth="any", radius=4.0)
MIXED = Domain(components=(1, 3), dimension=(1, 1), truth="mixture", radius=4.0)
PLANE_TRUTH = Domain(components=(1, 2), dimension=(2, 2), truth="mixture", radius=2.0)


# --- quantities -----------------------------------------------------------------------------------


def square(vector):
    return (vector * vector).sum()


def loaded(at):
    """sum_i p_i |mu_i|^2."""
    return at.responsibilities @ squared_norms(at.means)


def scatter(at):
    """|sum_i pi_i mu_i mu_i^T|_F^2."""
    gram = at.means @ at.means.T
    return (np.outer(at.weights, at.weights) * gram * gram).sum()


def slope(at):
    """|grad L|^2."""
    return squared_norms(at.gradient).sum()


def em_gain(at):
    """sum_i |grad_i|^2 / p_i."""
    return (squared_norms(at.gradient) / at.responsibilities).sum()


def stein(at):
    fisher = at.fisher_divergence
    return at_most(loaded(at), fisher + root(at.number(at.rank) * fisher))


def entropy(at):
    """KL of the mean responsibilities from the weights."""
    p = at.responsibilities
    return p @ np.log(p / at.weights)


def truth_means(at):
    return np.array([[at.number(a) for a in row] for row in at.truth.means])


def truth_weights(at):
    return np.array([at.number(w) for w in at.truth.weights])


def truth_gaps(at):
    """|mu_i - mu*_j|^2, shape (n, m)."""
    gaps = at.means[:, None, :] - truth_means(at)[None, :, :]
    return (gaps * gaps).sum(axis=2)


# --- geometry of the means ------------------------------------------------------------------------


@inequality("true-scatter", r"W^2 \le r \|\sum_i \pi_i \mu_i \mu_i^T\|_F^2", domain=Domain())
def true_scatter(at):
    """Cauchy-Schwarz on the r eigenvalues; equality where they agree."""
    w = at.weighted_distance
    return at_most(w * w, at.number(at.rank) * scatter(at))


@inequality(
    "true-scatter-four",
    r"W^2 \le r \|\sum_i \pi_i \mu_i \mu_i^T\|_F^2",
    domain=Domain(components=(5, 5), dimension=(4, 4)),
)
def true_scatter_four(at):
    """The same up to rank 4."""
    w = at.weighted_distance
    return at_most(w * w, at.number(at.rank) * scatter(at))


@inequality("true-scatter-upper", r"\|\sum_i \pi_i \mu_i \mu_i^T\|_F \le W", domain=Domain())
def true_scatter_upper(at):
    """The sum of squares of eigenvalues >= 0 is at most the square of their sum; rank 1: equal."""
    return at_most(scatter(at), at.weighted_distance * at.weighted_distance)


@inequality("true-energy-radius", r"U \le n R^2", domain=Domain())
def true_energy_radius(at):
    """Every |mu_i| is at most R; equality where all norms agree."""
    return at_most(at.energy, at.components * largest(squared_norms(at.means)))


@inequality("true-mean-distance", r"\|\sum_i \pi_i \mu_i\|^2 \le W", domain=Domain())
def true_mean_distance(at):
    """Jensen; equality where all means agree."""
    return at_most(square(at.weights @ at.means), at.weighted_distance)


@inequality("true-distance-radius", r"W \le R^2", domain=Domain())
def true_distance_radius(at):
    """A mean is at most the maximum."""
    return at_most(at.weighted_distance, largest(squared_norms(at.means)))


@inequality("true-lightest", r"\pi_{\min} U \le W", domain=Domain())
def true_lightest(at):
    """Every weight is at least pi_min; equality for equal weights."""
    return at_most(at.smallest_weight * at.energy, at.weighted_distance)


@inequality("true-rank", r"r \le n \text{ and affine rank} \le n - 1", domain=Domain())
def true_rank(at):
    """n vectors span at most n dimensions, their differences n - 1."""
    n = at.components
    return [
        at_most(at.number(at.rank), at.number(n)),
        at_most(at.number(at.affine_rank), at.number(n - 1)),
    ]


@inequality("true-rank-dimension", r"r \le d", domain=Domain(components=(4, 5), dimension=(3, 3)))
def true_rank_dimension(at):
    """Vectors of R^d."""
    return at_most(at.number(at.rank), at.number(at.dimension))


@inequality("true-rank-affine", r"r \le \text{affine rank} + 1", domain=Domain())
def true_rank_affine(at):
    """mu_1 and the differences span the means."""
    return at_most(at.number(at.rank), at.number(at.affine_rank + 1))


@inequality("true-weights-entropy", r"\sum_i \pi_i \log(1/\pi_i) \le \log n", domain=Domain())
def true_weights_entropy(at):
    """Jensen; equality for equal weights."""
    return at_most(-at.weights @ np.log(at.weights), np.log(at.number(at.components)))


@inequality(
    "true-vandermonde",
    r"\prod_{i<j} (\mu_i - \mu_j)^2 > 0",
    strict=True,
    domain=Domain(components=(3, 3), dimension=(1, 1), where=all_different, also="means differ"),
)
def true_vandermonde(at):
    """A product of squares of numbers that are not 0."""
    a, b, c = at.means[:, 0]
    product = (a - b) * (b - c) * (c - a)
    return at_most(0, product * product)


@inequality(
    "true-parallelogram",
    r"4 \langle \mu_1, \mu_2 \rangle \le \|\mu_1 + \mu_2\|^2",
    domain=Domain(components=(2, 2)),
)
def true_parallelogram(at):
    """The difference is |mu_1 - mu_2|^2; equality where they agree."""
    a, b = at.means
    return at_most(4 * (a @ b), square(a + b), scale=square(a) + square(b))


# --- overlaps and responsibilities ----------------------------------------------------------------


@identity("true-mass", r"\sum_i p_i = 1", domain=Domain(radius=4.0))
def true_mass(at):
    """The psi_i sum to 1."""
    return equal(at.responsibilities.sum(), at.number(1))


@identity("true-rows", r"p_i = \sum_j G_{ij}", domain=Domain(radius=4.0))
def true_rows(at):
    """psi_i = psi_i sum_j psi_j."""
    return equal(at.responsibilities, at.overlap.sum(axis=1))


@inequality("true-diagonal", r"p_i^2 \le G_{ii} \le p_i", domain=ANY)
def true_diagonal(at):
    """Jensen, and psi_i <= 1; equality for n = 1."""
    p, diagonal = at.responsibilities, np.diag(at.overlap)
    return [at_most(p * p, diagonal), at_most(diagonal, p)]


@inequality("true-trace", r"\tfrac1n \le \sum_i G_{ii} \le 1", domain=ANY)
def true_trace(at):
    """Cauchy-Schwarz on sum_i psi_i = 1; equality for equal weights where means agree."""
    trace = np.trace(at.overlap)
    return [at_most(at.number(Q(1, at.components)), trace), at_most(trace, at.number(1))]


@inequality(
    "true-overlap-quarter",
    r"G_{12} \le \tfrac14",
    domain=Domain(components=(2, 5), dimension=(1, 2)),
)
def true_overlap_quarter(at):
    """psi_1 psi_2 <= 1/4, as psi_1 + psi_2 <= 1; equality for two equal weights and means."""
    return at_most(at.overlap[0, 1], at.number(Q(1, 4)))


@inequality(
    "true-overlap",
    r"G_{12}^2 (16 + 2 \pi \|\mu_1 - \mu_2\|^2) \le 1",
    domain=Domain(components=(2, 3), dimension=(1, 2)),
)
def true_overlap(at):
    """theory2.md, overlap-bound; here with a number below pi. Sharp for small pairs."""
    overlap = at.overlap[0, 1]
    gap = square(at.means[0] - at.means[1])
    return at_most(overlap * overlap * (16 + 2 * at.number("3.1415926") * gap), at.number(1))


@inequality(
    "true-overlap-truth",
    r"G_{12}^2 (16 + 2 \pi \|\mu_1 - \mu_2\|^2) \le 1 \text{ for a mixture}",
    domain=Domain(components=(2, 3), dimension=(1, 1), truth="mixture", radius=4.0),
)
def true_overlap_truth(at):
    """overlap-bound holds for every N(m, I), so for mixtures of them."""
    overlap = at.overlap[0, 1]
    gap = square(at.means[0] - at.means[1])
    return at_most(overlap * overlap * (16 + 2 * at.number("3.1415926") * gap), at.number(1))


@inequality(
    "true-overlap-schwarz",
    r"G_{12}^2 \le G_{11} G_{22}",
    domain=Domain(components=(2, 4), dimension=(1, 2)),
)
def true_overlap_schwarz(at):
    """Cauchy-Schwarz; equality where the two means agree."""
    g = at.overlap
    return at_most(g[0, 1] * g[0, 1], g[0, 0] * g[1, 1])


@inequality("true-overlap-sign", r"G_{ij} > 0", strict=True, domain=ANY)
def true_overlap_sign(at):
    """An integral of positive functions, however small it is."""
    return at_most(0 * at.overlap, at.overlap)


@inequality(
    "true-mass-below-one",
    r"p_i < 1 \text{ for } n \ge 2",
    strict=True,
    domain=Domain(components=(2, 3), dimension=(1, 1), radius=5.0, lightest=Q(1, 1000)),
)
def true_mass_below_one(at):
    """The others are positive."""
    return at_most(at.responsibilities, at.number(1))


@inequality("true-floor", r"p_i \ge \pi_i e^{L - \|\mu_i\|^2 / 2}", domain=Domain(radius=4.0))
def true_floor(at):
    """Jensen on psi_i = pi_i exp(l_i - log S); equality where all means agree."""
    floor = at.weights * np.exp(at.loss - squared_norms(at.means) / 2)
    return at_most(floor, at.responsibilities)


@inequality("true-floor-quarter", r"p_i \ge \pi_i e^{-\|\mu_i\|^2 / 4}", domain=ANY)
def true_floor_quarter(at):
    """Cauchy-Schwarz with E S = 1 (theory2.md, responsibility-floor-sharp)."""
    floor = at.weights * np.exp(-squared_norms(at.means) / 4)
    return at_most(floor, at.responsibilities)


@inequality(
    "true-floor-truth",
    r"p_i \ge \pi_i \sum_j \pi^*_j e^{-\|\mu_i - \mu^*_j\|^2 / 4}",
    domain=MIXED,
)
def true_floor_truth(at):
    """The same under each N(mu*_j, 1)."""
    floor = at.weights * (np.exp(-truth_gaps(at) / 4) @ truth_weights(at))
    return at_most(floor, at.responsibilities)


@inequality(
    "true-trap-responsibility",
    r"\pi_i = \tfrac12, \text{ means } \mu_1 \text{ and } 0: \quad p_1 \le e^{-\|\mu_1\|^2 / 8}",
    domain=Domain(components=(2, 2), dimension=(1, 1), equal_weights=True, radius=30.0),
)
def true_trap_responsibility(at):
    """theory.md, trap-responsibility, at the pair (mu_1, 0)."""
    moved = at.moved(np.array([at.means[0], 0 * at.means[1]]))
    return at_most(moved.responsibilities[0], np.exp(-square(at.means[0]) / 8))


@inequality("true-entropy", r"0 \le \sum_i p_i \log(p_i / \pi_i) \le L", domain=NEAR_OFF)
def true_entropy(at):
    """L is the KL divergence of x and its label; that of the label alone is at most as large."""
    return at_most(entropy(at), at.loss)


@inequality(
    "true-entropy-mean",
    r"L \ge \sum_i p_i \log(p_i/\pi_i) + \tfrac12 \sum_i \|\nabla_i L\|^2 / p_i",
    domain=NEAR_OFF,
)
def true_entropy_mean(at):
    """Chain rule, and KL from N(mu_i, I) is at least half the square of the shift of the mean."""
    return at_most(entropy(at) + em_gain(at) / 2, at.loss, scale=at.weighted_distance)


@inequality(
    "true-entropy-truth",
    r"L \ge \tfrac12 \sum_i \|\nabla_i L\|^2 / p_i \text{ for any truth}",
    domain=ANY_TRUTH,
)
def true_entropy_truth(at):
    """As true-entropy-mean, whose label part is >= 0; equality for one component each."""
    return at_most(em_gain(at) / 2, at.loss)


# --- the loss -------------------------------------------------------------------------------------


@inequality("true-loss-sign", r"L \ge 0", domain=ANY)
def true_loss_sign(at):
    """Gibbs' inequality; equality at mu = 0."""
    return at_most(0, at.loss, scale=at.weighted_distance)


@inequality("true-loss-strict", r"L > 0", strict=True, domain=ANY_OFF)
def true_loss_strict(at):
    """Mixtures of Gaussians of unit covariance are identifiable."""
    return at_most(0, at.loss)


@inequality("true-loss-upper", r"L \le \tfrac12 W", domain=Domain(radius=6.0))
def true_loss_upper(at):
    """Convexity of KL; equality where all means agree."""
    return at_most(at.loss, at.weighted_distance / 2)


@inequality(
    "true-loss-upper-space",
    r"L \le \tfrac12 W",
    domain=Domain(components=(4, 5), dimension=(3, 3), radius=3.0),
)
def true_loss_upper_space(at):
    """The same in space."""
    return at_most(at.loss, at.weighted_distance / 2)


@inequality("true-loss-upper-strict", r"L < \tfrac12 W", strict=True, domain=DIFFERENT)
def true_loss_upper_strict(at):
    """KL is strictly convex at different components."""
    return at_most(at.loss, at.weighted_distance / 2)


@inequality("true-loss-component", r"L \le \tfrac12 \|\mu_i\|^2 + \log(1/\pi_i)", domain=ANY)
def true_loss_component(at):
    """The density is at least pi_i times that of a component; equality for n = 1."""
    return at_most(at.loss, squared_norms(at.means) / 2 - np.log(at.weights))


@inequality("true-loss-radius", r"L \le \tfrac12 R^2", domain=ANY)
def true_loss_radius(at):
    """From loss-upper; equality where all means agree."""
    return at_most(at.loss, largest(squared_norms(at.means)) / 2)


@inequality(
    "true-loss-quartic", r"4 L (R + \sqrt r)^2 \ge e^{-R^2/2} W^2", domain=Domain(radius=4.0)
)
def true_loss_quartic(at):
    """theory2.md, loss-lower-quartic; sharp for small pairs."""
    size = at.radius + root(at.number(at.rank))
    w = at.weighted_distance
    return at_most(np.exp(-at.radius * at.radius / 2) * w * w, 4 * at.loss * size * size)


@inequality("true-loss-fisher", r"2 R^2 e^{-R^2} L \le (1 - e^{-R^2}) F", domain=NEAR_OFF)
def true_loss_fisher(at):
    """theory2.md, log-sobolev-ray."""
    size = at.radius * at.radius
    decay = np.exp(-size)
    return at_most(2 * size * decay * at.loss, (1 - decay) * at.fisher_divergence)


@inequality(
    "true-loss-diameter",
    r"2 e^{-D^2/4} L \le F",
    domain=Domain(components=(2, 2), dimension=(1, 2)),
)
def true_loss_diameter(at):
    """theory2.md, log-sobolev-diameter; equality where the means agree."""
    decay = np.exp(-square(at.means[0] - at.means[1]) / 4)
    return at_most(2 * decay * at.loss, at.fisher_divergence)


@inequality("true-loss-half", r"L(\mu/2) \le L(\mu)", domain=Domain(dimension=(1, 2), radius=4.0))
def true_loss_half(at):
    """dL(s mu)/ds = F(s mu)/s >= 0 (ray formula); equality at mu = 0."""
    return at_most(at.moved(at.means / 2).loss, at.loss)


@inequality(
    "true-loss-donsker",
    r"L \ge -\tfrac12 s^2 - \log \sum_i \pi_i e^{-s \mu_i}",
    domain=Domain(components=(1, 3), dimension=(1, 1), radius=3.0),
)
def true_loss_donsker(at, s):
    """Donsker-Varadhan with f = -s x; equality for mu_i = s."""
    places = at.means[:, 0]
    return at_most(-np.log(at.weights @ np.exp(-s * places)), at.loss + s * s / 2)


# --- Fisher divergence and gradient ---------------------------------------------------------------


@identity("true-fisher", r"F = \sum_i \langle \mu_i, \nabla_i L \rangle", domain=Domain(radius=4.0))
def true_fisher(at):
    """grad_i = E psi_i v, summed against mu_i."""
    return equal(at.fisher_divergence, (at.means * at.gradient).sum())


@identity("true-gradient", r"\nabla_i L = \sum_j G_{ij} \mu_j", domain=Domain(radius=4.0))
def true_gradient(at):
    """Stein's identity."""
    return equal(at.gradient, at.overlap @ at.means, scale=at.responsibilities[:, None])


@identity(
    "true-positions",
    r"E \psi_i x = p_i \mu_i - \nabla_i L",
    domain=Domain(dimension=(1, 2), radius=4.0),
)
def true_positions(at):
    """The definition of the gradient."""
    masses = at.responsibilities[:, None] * at.means
    return equal(at.positions, masses - at.gradient, scale=abs(masses))


@identity(
    "true-energy-identity",
    r"U(\mu^+) = U - 2 \eta F + \eta^2 \|\nabla L\|^2",
    domain=Domain(dimension=(1, 2), radius=4.0),
)
def true_energy_identity(at, step_size):
    """The square of mu - eta grad, and true-fisher."""
    change = step_size * step_size * slope(at) - 2 * step_size * at.fisher_divergence
    return equal(at.step(step_size).energy, at.energy + change, scale=at.energy)


@inequality(
    "true-stein",
    r"F + \sqrt{r F} \ge \sum_i p_i \|\mu_i\|^2",
    domain=Domain(components=(4, 5), dimension=(3, 3), radius=3.0),
)
def true_stein(at):
    """theory.md, stein-lower-bound, up to rank 3."""
    return stein(at)


@inequality(
    "true-stein-plane",
    r"F + \sqrt{r F} \ge \sum_i p_i \|\mu_i\|^2",
    domain=Domain(components=(3, 5), dimension=(2, 2)),
)
def true_stein_plane(at):
    """The same in the plane; sharp for small triangles."""
    return stein(at)


@inequality(
    "true-stein-direction",
    r"F + \sqrt F \ge \sum_i p_i \langle \mu_i, e_k \rangle^2 \text{ for every } k",
    domain=Domain(components=(2, 4), dimension=(1, 2)),
)
def true_stein_direction(at):
    """theory2.md, stein-direction; sharp for small pairs."""
    fisher = at.fisher_divergence
    lower = at.responsibilities @ (at.means * at.means)
    return at_most(lower, fisher + root(fisher) + 0 * lower)


@inequality(
    "true-hermite",
    r"F \ge \|\sum_i p_i \mu_i\|^2 + \tfrac14 \|\sum_{ij} G_{ij}"
    r" (\mu_i - \mu_j)(\mu_i - \mu_j)^T\|_F^2",
    domain=Domain(components=(1, 4), dimension=(1, 1)),
)
def true_hermite(at):
    """Bessel's inequality for v against 1 and x; sharp as mu -> 0."""
    places = at.means[:, 0]
    gaps = places[:, None] - places[None, :]
    spread = (at.overlap * gaps * gaps).sum() / 2
    average = at.responsibilities @ places
    return at_most(average * average + spread * spread, at.fisher_divergence)


@inequality("true-gradient-fisher", r"\sum_i \|\nabla_i L\|^2 / p_i \le F", domain=ANY)
def true_gradient_fisher(at):
    """Cauchy-Schwarz under psi_i; equality where all means agree."""
    return at_most(em_gain(at), at.fisher_divergence)


@inequality(
    "true-gradient-fisher-strict",
    r"\sum_i \|\nabla_i L\|^2 / p_i < F",
    strict=True,
    domain=DIFFERENT,
)
def true_gradient_fisher_strict(at):
    """Equality would need a constant v."""
    return at_most(em_gain(at), at.fisher_divergence)


@inequality(
    "true-gradient-truth",
    r"\sum_i \|\nabla_i L\|^2 / p_i \le F \text{ for any truth}",
    domain=ANY_TRUTH,
)
def true_gradient_truth(at):
    """grad_i = E psi_i (v - v*), and Cauchy-Schwarz; equality for one component each."""
    return at_most(em_gain(at), at.fisher_divergence)


@inequality("true-gradient-largest", r"\|\nabla L\|^2 \le \max_i p_i \, F", domain=ANY)
def true_gradient_largest(at):
    """From true-gradient-fisher."""
    return at_most(slope(at), largest(at.responsibilities) * at.fisher_divergence)


@inequality("true-gradient-sum", r"\|\sum_i \nabla_i L\|^2 \le F", domain=Domain(radius=4.0))
def true_gradient_sum(at):
    """Jensen: the sum is E v; equality where all means agree."""
    return at_most(square(at.gradient.sum(axis=0)), at.fisher_divergence)


@inequality("true-gradient-below", r"F^2 \le U \|\nabla L\|^2", domain=ANY)
def true_gradient_below(at):
    """F = <mu, grad>, and Cauchy-Schwarz; equality where all means and weights agree."""
    fisher = at.fisher_divergence
    return at_most(fisher * fisher, at.energy * slope(at))


@inequality(
    "true-gradient-radius",
    r"F^2 \le n R^2 \|\nabla L\|^2",
    domain=Domain(components=(5, 8), dimension=(1, 1), radius=4.0),
)
def true_gradient_radius(at):
    """With U <= n R^2, for five to eight components."""
    fisher = at.fisher_divergence
    size = at.components * largest(squared_norms(at.means))
    return at_most(fisher * fisher, size * slope(at))


@inequality("true-fisher-radius", r"F \le \sum_i p_i \|\mu_i\|^2 \le R^2", domain=ANY)
def true_fisher_radius(at):
    """|v|^2 <= sum_i psi_i |mu_i|^2 by Jensen."""
    return [
        at_most(at.fisher_divergence, loaded(at)),
        at_most(loaded(at), largest(squared_norms(at.means))),
    ]


@inequality("true-fisher-strict", r"F > 0", strict=True, domain=ANY_OFF)
def true_fisher_strict(at):
    """F = 0 forces v = 0, p = phi, mu = 0."""
    return at_most(0, at.fisher_divergence)


@inequality("true-stationary", r"\|\nabla L\| > 0", strict=True, domain=ANY_OFF)
def true_stationary(at):
    """theory.md, unique-stationary-point; far traps have a gradient of 1e-50."""
    return at_most(0, slope(at))


@inequality(
    "true-projection",
    r"F (R + 1)^2 \ge \pi_{\min}^2 e^{-R^2/2} R^4",
    domain=Domain(dimension=(1, 2)),
)
def true_projection(at):
    """theory2.md, projection-lower-sharp."""
    r = at.radius
    small = at.smallest_weight * r * r
    size = r + 1
    return at_most(np.exp(-r * r / 2) * small * small, at.fisher_divergence * size * size)


@inequality(
    "true-lojasiewicz",
    r"\|\nabla L\|^2 (R + \sqrt r) \ge 2 \pi_{\min} e^{-R^2/4 - D^2/2} L^{3/2}",
    domain=Domain(components=(2, 2), dimension=(1, 2), **OFF),
)
def true_lojasiewicz(at):
    """theory2.md, lojasiewicz-sharp."""
    gap = square(at.means[0] - at.means[1])
    decay = np.exp(-at.radius * at.radius / 4 - gap / 2)
    small = 2 * at.smallest_weight * decay * at.loss * root(at.loss)
    return at_most(small, slope(at) * (at.radius + root(at.number(at.rank))))


@inequality(
    "true-inward",
    r"\pi_i = \tfrac12, |\mu_1| \ge 0.665: \quad \mu_1 \nabla_1 L > 0",
    strict=True,
    domain=Domain(
        components=(2, 2),
        dimension=(1, 1),
        equal_weights=True,
        where=first_beyond(Q(665, 1000) ** 2),
        also="mu_1 at least 0.665 from 0",
    ),
)
def true_inward(at):
    """theory2.md, far-mean-moves-inward: t0(1/2) = 0.66475..."""
    return at_most(0, at.means[0, 0] * at.gradient[0, 0])


@inequality(
    "true-inward-three",
    r"\pi_i = \tfrac13, |\mu_1| \ge 0.8633: \quad \mu_1 \nabla_1 L > 0",
    strict=True,
    domain=Domain(
        components=(3, 3),
        dimension=(1, 1),
        equal_weights=True,
        where=first_beyond(Q(8633, 10000) ** 2),
        also="mu_1 at least 0.8633 from 0",
    ),
)
def true_inward_three(at):
    """The same: t0(1/3) = 0.86321..."""
    return at_most(0, at.means[0, 0] * at.gradient[0, 0])


@inequality(
    "true-inward-plane",
    r"\pi_i = \tfrac12, \|\mu_1\|^2 \ge 2.8: \quad \langle \mu_1, \nabla_1 L \rangle > 0",
    strict=True,
    domain=Domain(
        components=(2, 2),
        dimension=(2, 2),
        equal_weights=True,
        where=first_beyond(Q(28, 10)),
        also="|mu_1|^2 >= 2.8",
    ),
)
def true_inward_plane(at):
    """The same with tau^2 = 4 log 2 = 2.7725..."""
    return at_most(0, at.means[0] @ at.gradient[0])


# --- one step -------------------------------------------------------------------------------------


@inequality("true-step-energy", r"U(\mu^+) \le U \text{ for } \eta \le 2", domain=ANY)
def true_step_energy(at, step_size):
    """|grad L|^2 <= F; equality for n = 1 and eta = 2."""
    return at_most(at.step(step_size).energy, at.energy)


@inequality("true-step-energy-rate", r"U(\mu^+) \le U - \eta (2 - \eta \max_i p_i) F", domain=ANY)
def true_step_energy_rate(at, step_size):
    """|grad L|^2 <= max p_i F; equality for n = 1."""
    rate = step_size * (2 - step_size * largest(at.responsibilities))
    return at_most(at.step(step_size).energy + rate * at.fisher_divergence, at.energy)


@inequality(
    "true-step-energy-strict",
    r"U(\mu^+) < U \text{ for } \eta < 2",
    strict=True,
    domain=Domain(dimension=(1, 2), radius=6.0, open_above=True, **OFF),
)
def true_step_energy_strict(at, step_size):
    """F > 0 off the optimum."""
    return at_most(at.step(step_size).energy, at.energy)


@inequality("true-step-loss", r"L(\mu^+) \le L \text{ for } \eta \le 2", domain=ANY_TRUTH)
def true_step_loss(at, step_size):
    """The surrogate of EM lies above L; any truth. Equality for n = 1 and eta = 2."""
    return at_most(at.step(step_size).loss, at.loss)


@inequality(
    "true-step-decrease",
    r"L(\mu^+) \le L - \eta \sum_i (1 - \tfrac12 \eta p_i) \|\nabla_i L\|^2",
    domain=ANY_TRUTH,
)
def true_step_decrease(at, step_size):
    """The surrogate's own decrease; equality for n = 1."""
    share = 1 - step_size * at.responsibilities / 2
    gain = step_size * (share * squared_norms(at.gradient)).sum()
    return at_most(at.step(step_size).loss + gain, at.loss)


@inequality(
    "true-step-majorisation",
    r"L(\mu') \le L + \langle \nabla L, \mu' - \mu \rangle"
    r" + \tfrac12 \sum_i p_i \|\mu'_i - \mu_i\|^2",
    domain=ANY_TRUTH,
)
def true_step_majorisation(at, target):
    """The surrogate of EM; equality where means agree and move alike."""
    move = target - at.means
    quadratic = at.responsibilities @ squared_norms(move) / 2
    first = (at.gradient * move).sum()
    return at_most(at.moved(target).loss, at.loss + first + quadratic, scale=abs(first))


@inequality(
    "true-step-em",
    r"L(\mathrm{EM}(\mu)) \le L - \tfrac12 \sum_i \|\nabla_i L\|^2 / p_i",
    domain=ANY_TRUTH,
)
def true_step_em(at):
    """The minimum of the surrogate; equality for n = 1."""
    return at_most(at.em_step().loss + em_gain(at) / 2, at.loss)


@inequality(
    "true-step-em-plane",
    r"L(\mathrm{EM}(\mu)) \le L",
    domain=PLANE_TRUTH,
)
def true_step_em_plane(at):
    """The same in the plane."""
    return at_most(at.em_step().loss, at.loss)


@inequality(
    "true-step-distance",
    r"\pi_i = \tfrac1n: \quad W(\mu^+) \le W",
    domain=Domain(components=(1, 5), dimension=(1, 2), equal_weights=True),
)
def true_step_distance(at, step_size):
    """W = U / n."""
    return at_most(at.step(step_size).weighted_distance, at.weighted_distance)


@inequality(
    "true-step-two",
    r"n = 2, \pi_i = \tfrac12: \quad \max_i \|\mu_i^+\| \le \max_i \|\mu_i\|",
    domain=Domain(components=(2, 2), dimension=(1, 2), equal_weights=True),
)
def true_step_two(at, step_size):
    """The package's two-balanced-monotone."""
    after = at.step(step_size)
    return at_most(largest(squared_norms(after.means)), largest(squared_norms(at.means)))


@inequality(
    "true-step-one",
    r"n = 1: \quad L(\mu^+) = (1 - \eta)^2 L",
    domain=Domain(components=(1, 1), dimension=(1, 3)),
)
def true_step_one(at, step_size):
    """The gradient is mu; at eta = 1 both sides are 0."""
    share = (1 - step_size) * (1 - step_size)
    return at_most(at.step(step_size).loss, share * at.loss, scale=at.loss)


@inequality("true-step-length", r"\|\mu^+ - \mu\|^2 \le \eta^2 F", domain=Domain(radius=3.0))
def true_step_length(at, step_size):
    """|grad L|^2 <= F."""
    move = at.step(step_size).means - at.means
    return at_most(squared_norms(move).sum(), step_size * step_size * at.fisher_divergence)


# --- runs -----------------------------------------------------------------------------------------

SHORT = Domain(components=(1, 3), dimension=(1, 1), radius=4.0, steps=8)


@inequality("true-run-energy", r"U(t + 1) \le U(t)", domain=SHORT)
def true_run_energy(at, step_size, steps):
    """true-step-energy at every time."""
    energy = at.path(step_size, steps).energy
    return at_most(energy[1:], energy[:-1])


@inequality("true-run-loss", r"L(t) \le L(0)", domain=SHORT)
def true_run_loss(at, step_size, steps):
    """true-step-loss."""
    loss = at.path(step_size, steps).loss
    return at_most(loss, loss[0] + 0 * loss)


@inequality("true-run-budget", r"\eta (2 - \eta) \sum_{s < t} F(s) \le U(0)", domain=SHORT)
def true_run_budget(at, step_size, steps):
    """U falls by eta (2 - eta) F or more in every step; sharp for n = 1 and eta = 1."""
    path = at.path(step_size, steps)
    spent = step_size * (2 - step_size) * path.fisher_divergence.sum()
    return at_most(spent, path.energy[0])


@inequality(
    "true-run-pair",
    r"\theta_t^2 (1 + \eta t \theta_0^2) \ge \theta_0^2",
    domain=Domain(**PAIR_OPTIONS, radius=4.0, where=opposite, also="opposite means", steps=8),
)
def true_run_pair(at, step_size, steps):
    """theory2.md, pair-rate; U = 2 theta^2. Sharp as theta_0 -> 0."""
    energy = at.path(step_size, steps).energy
    times = np.array([at.number(t) for t in range(len(energy))])
    return at_most(energy[0] + 0 * energy, energy * (1 + step_size * times * energy[0] / 2))


@inequality(
    "true-run-rate",
    r"U(t) (1 + \kappa U_0 t) \le U_0, \quad \kappa = \eta (2 - \eta) \pi_{\min}^2 e^{-U_0/2}"
    r" / (\sqrt{U_0} + \sqrt r)^2",
    domain=Domain(components=(1, 3), dimension=(1, 1), radius=3.0, steps=8, **OFF),
)
def true_run_rate(at, step_size, steps):
    """theory2.md, energy-rate-sharp; equality at t = 0."""
    energy = at.path(step_size, steps).energy
    times = np.array([at.number(t) for t in range(len(energy))])
    size = root(energy[0]) + root(at.number(at.rank))
    small = at.smallest_weight * at.smallest_weight * np.exp(-energy[0] / 2)
    kappa = step_size * (2 - step_size) * small / (size * size)
    return at_most(energy * (1 + kappa * energy[0] * times), energy[0] + 0 * energy)


@inequality(
    "true-run-em",
    r"L(\text{12 EM steps}) \le L",
    domain=Domain(components=(2, 3), dimension=(1, 1), radius=3.0),
)
def true_run_em(at):
    """EM never increases L; the first rung of the ladder may blow up, a later one decides."""
    point = at
    for _ in range(12):
        point = point.em_step()
    return at_most(point.loss, at.loss)


@inequality(
    "true-run-truth",
    r"L(t + 1) \le L(t) \text{ under a mixture}",
    domain=Domain(components=(1, 2), dimension=(1, 1), truth="mixture", radius=3.0, steps=6),
)
def true_run_truth(at, step_size, steps):
    """true-step-loss at every time."""
    loss = at.path(step_size, steps).loss
    return at_most(loss[1:], loss[:-1], scale=loss[0])


# --- the balanced pair ----------------------------------------------------------------------------


def pair_map(at):
    """theta^2 and M(theta)^2."""
    moved = at.positions[0] / at.responsibilities[0]
    return square(at.means[0]), square(moved)


@inequality("true-pair-lower", r"M(\theta)^2 (1 + 2 \theta^2) \ge \theta^2", domain=PAIR)
def true_pair_lower(at):
    """theory2.md, pair-map: Jensen in T; sharp as theta -> 0."""
    theta, moved = pair_map(at)
    return at_most(theta, moved * (1 + 2 * theta))


@inequality("true-pair-upper", r"M(\theta)^2 (1 + \tfrac\pi2 \theta^2) \le \theta^2", domain=PAIR)
def true_pair_upper(at):
    """theory2.md, pair-map, with a number below pi / 2; sharp far away."""
    theta, moved = pair_map(at)
    return at_most(moved * (1 + at.number("1.5707963") * theta), theta)


def pair_bound(at, c):
    """(sqrt(1 + c theta^2) - 1)^2 / (2 c)."""
    size = root(1 + c * square(at.means[0])) - 1
    return size * size / (2 * c)


@inequality(
    "true-pair-loss",
    r"L \le \tfrac14 (\sqrt{1 + 2 \theta^2} - 1)^2 \le \tfrac14 \theta^4",
    domain=PAIR,
)
def true_pair_loss(at):
    """theory2.md, pair-loss; sharp at both ends."""
    theta = square(at.means[0])
    bound = pair_bound(at, at.number(2))
    return [at_most(at.loss, bound), at_most(bound, theta * theta / 4)]


@inequality(
    "true-pair-loss-lower",
    r"L \ge \tfrac{9}{64} (\sqrt{1 + \tfrac83 \theta^2} - 1)^2",
    domain=PAIR,
)
def true_pair_loss_lower(at):
    """theory2.md, pair-loss; exact to theta^6."""
    return at_most(pair_bound(at, at.number(Q(8, 3))) * at.number(Q(3, 4)), at.loss)


@inequality(
    "true-pair-loss-far", r"L \ge \tfrac1\pi (\sqrt{1 + \tfrac\pi2 \theta^2} - 1)^2", domain=PAIR
)
def true_pair_loss_far(at):
    """theory2.md, pair-loss; it grows with the number in place of pi / 2, here one below it."""
    return at_most(pair_bound(at, at.number("1.5707963")), at.loss)


@inequality("true-pair-theta", r"2 \sqrt L + 2 L \le \theta^2", domain=PAIR)
def true_pair_theta(at):
    """theory2.md, pair-theta-loss; sharp as theta -> 0."""
    return at_most(2 * root(at.loss) + 2 * at.loss, square(at.means[0]))


@inequality("true-pair-theta-upper", r"\theta^2 \le 2 \sqrt L + \tfrac83 L", domain=PAIR)
def true_pair_theta_upper(at):
    """theory2.md, pair-theta-loss."""
    upper = 2 * root(at.loss) + at.number(Q(8, 3)) * at.loss
    return at_most(square(at.means[0]), upper)


@inequality(
    "true-pair-cubic",
    r"\|\nabla L\|^2 \ge \tfrac18 \theta^6 \text{ for } \theta \le 0.786",
    domain=Domain(
        **PAIR_OPTIONS,
        scales=(Q(3, 4), Q(1, 10)),
        where=opposite_within(Q(786, 1000) ** 2),
        also="opposite, theta <= 0.786",
    ),
)
def true_pair_cubic(at):
    """theory2.md, pair-gradient-cubic, with |grad L| = L'/sqrt 2; true up to 0.786107."""
    theta = square(at.means[0])
    return at_most(theta * theta * theta / 8, slope(at))


@inequality(
    "true-pair-quartic", r"L \ge 0.12543\, \theta^4 \text{ for } \theta \le 1", domain=UNIT_PAIR
)
def true_pair_quartic(at):
    """theory2.md, pair-quartic: L / theta^4 falls to 0.125432... at 1."""
    theta = square(at.means[0])
    return at_most(at.number("0.12543") * theta * theta, at.loss)


@inequality(
    "true-pair-step",
    r"\theta_+^2 (1 + \eta \theta^2) \ge \theta^2 \text{ for } \eta \le 2",
    domain=PAIR,
)
def true_pair_step(at, step_size):
    """theory2.md, pair-rate, one step."""
    theta, after = square(at.means[0]), square(at.step(step_size).means[0])
    return at_most(theta, after * (1 + step_size * theta))


@inequality(
    "true-pair-em-two",
    r"\theta_2^2 (1 + \pi \theta_0^2) \le \theta_0^2 \text{ after two EM steps}",
    domain=Domain(**PAIR_OPTIONS, radius=6.0, where=opposite, also="opposite means"),
)
def true_pair_em_two(at):
    """theory2.md, pair-em-rate, with a number below pi."""
    theta = square(at.means[0])
    after = square(at.em_step().em_step().means[0])
    return at_most(after * (1 + at.number("3.1415926") * theta), theta)


# --- at a point x, and s --------------------------------------------------------------------------


@identity("true-x-mass", r"\sum_i \psi_i(x) = 1", domain=ANY)
def true_x_mass(at, x):
    """By definition."""
    return equal(at.responsibilities_at(x).sum(), at.number(1))


@inequality("true-x-radius", r"\|v(x)\| \le R", domain=ANY)
def true_x_radius(at, x):
    """A mean of the means; equality for n = 1, and far away."""
    posterior = at.responsibilities_at(x) @ at.means
    return at_most(square(posterior), largest(squared_norms(at.means)))


@inequality("true-x-monotone", r"\langle x, v(x) - v(-x) \rangle \ge 0", domain=LINE)
def true_x_monotone(at, x):
    """v is the gradient of a convex function; equality where means agree, and at x = 0."""
    ahead = at.responsibilities_at(x) @ at.means @ x
    behind = at.responsibilities_at(-x) @ at.means @ x
    return at_most(behind, ahead)


@inequality(
    "true-x-floor",
    r"\psi_i(x) \ge \pi_i e^{-2 R \|x\| - R^2/2}",
    domain=Domain(components=(2, 4), dimension=(1, 2), radius=4.0),
)
def true_x_floor(at, x):
    """l_i >= -R |x| - R^2/2, and S <= e^{R |x|}."""
    size = 2 * at.radius * root(square(x)) + at.radius * at.radius / 2
    return at_most(at.weights * np.exp(-size), at.responsibilities_at(x))


@inequality("true-x-square", r"2 \langle x, v(x) \rangle \le \|x\|^2 + R^2", domain=ANY)
def true_x_square(at, x):
    """Young's inequality; equality for n = 1 and x = mu."""
    posterior = at.responsibilities_at(x) @ at.means
    size = square(x) + largest(squared_norms(at.means))
    return at_most(2 * (posterior @ x), size)


@inequality(
    "true-s-logarithm",
    r"\log(1 + s) \le s",
    domain=Domain(components=(1, 2), dimension=(1, 1)),
)
def true_s_logarithm(at, s):
    """Concavity; equality at s = 0."""
    return at_most(np.log(1 + s), s)


# --- a mixture as the truth -----------------------------------------------------------------------


@inequality(
    "true-truth-convex",
    r"L \le \tfrac12 \sum_{ij} \pi_i \pi^*_j \|\mu_i - \mu^*_j\|^2",
    domain=MIXED,
)
def true_truth_convex(at):
    """Convexity of KL in both arguments; equality for one component each."""
    return at_most(at.loss, at.weights @ truth_gaps(at) @ truth_weights(at) / 2)


@inequality(
    "true-truth-sign",
    r"L \ge 0",
    domain=MIXED,
    examples=(Case(Mixture([1, -2]), truth=Mixture([-2, 1])),),
)
def true_truth_sign(at):
    """Gibbs' inequality; equality where the student is the truth, whatever the order."""
    return at_most(0, at.loss, scale=at.number(1))


@identity(
    "true-truth-sum",
    r"\sum_i \nabla_i L = \sum_i p_i \mu_i - \sum_j \pi^*_j \mu^*_j",
    domain=MIXED,
)
def true_truth_sum(at):
    """sum_i E psi_i (mu_i - x)."""
    left = at.responsibilities @ at.means - truth_weights(at) @ truth_means(at)
    return equal(at.gradient.sum(axis=0), left, scale=1 + at.radius + at.truth_radius)


@inequality("true-truth-gradient-sum", r"\|\sum_i \nabla_i L\|^2 \le F", domain=MIXED)
def true_truth_gradient_sum(at):
    """The sum is E (v - v*)."""
    return at_most(square(at.gradient.sum(axis=0)), at.fisher_divergence)


@inequality(
    "true-truth-inward",
    r"\pi_i = \tfrac12, \mu_1 \ge \max_j \mu^*_j + 0.665: \quad \nabla_1 L > 0",
    strict=True,
    domain=Domain(
        components=(2, 2),
        dimension=(1, 1),
        truth="mixture",
        equal_weights=True,
        radius=6.0,
        where=lambda case: (
            case.truth is not None
            and case.mixture.means[0][0] >= max(row[0] for row in case.truth.means) + Q(665, 1000)
        ),
        also="mu_1 beyond the truth by 0.665",
    ),
)
def true_truth_inward(at):
    """theory2.md, stationary-hull."""
    return at_most(0, at.gradient[0, 0])


@inequality("true-truth-entropy", r"\sum_i p_i \log(p_i / \pi_i) \le L", domain=MIXED)
def true_truth_entropy(at):
    """The label's part of the KL divergence."""
    return at_most(entropy(at), at.loss, scale=at.number(1))


# --- "for some constant", with a floor ------------------------------------------------------------


@floored(
    "true-floor-constant",
    r"p_i \ge c\, \pi_i e^{-\|\mu_i\|^2/4}",
    1,
    domain=Domain(dimension=(1, 2), radius=6.0),
)
def true_floor_constant(at):
    """c = 1; equality at mu = 0."""
    return at.responsibilities * np.exp(squared_norms(at.means) / 4) / at.weights


@floored("true-floor-loss", r"\tfrac12 W \ge c L", 1, domain=NEAR_OFF)
def true_floor_loss(at):
    """loss-upper: c = 1."""
    return at.weighted_distance / (2 * at.loss)


@floored("true-floor-energy", r"n R^2 \ge c U", 1, domain=Domain(**OFF))
def true_floor_energy(at):
    """c = 1."""
    return at.components * largest(squared_norms(at.means)) / at.energy


@floored("true-floor-gradient", r"U \|\nabla L\|^2 \ge c F^2", 1, domain=NEAR_OFF)
def true_floor_gradient(at):
    """Cauchy-Schwarz: c = 1."""
    return at.energy * slope(at) / (at.fisher_divergence * at.fisher_divergence)


@floored("true-floor-fisher", r"F \ge c \sum_i \|\nabla_i L\|^2 / p_i", 1, domain=NEAR_OFF)
def true_floor_fisher(at):
    """Cauchy-Schwarz: c = 1."""
    return at.fisher_divergence / em_gain(at)


@floored("true-floor-entropy", r"L \ge c \sum_i \|\nabla_i L\|^2 / p_i", Q(1, 2), domain=NEAR_OFF)
def true_floor_entropy(at):
    """true-entropy-mean: c = 1/2."""
    return at.loss / em_gain(at)


@floored(
    "true-floor-pair",
    r"L \ge c\, \theta^4 \text{ for } \theta \le 1",
    Q(12543, 10**5),
    domain=UNIT_PAIR,
)
def true_floor_pair(at):
    """pair-quartic: 0.125432... at theta = 1."""
    theta = square(at.means[0])
    return at.loss / (theta * theta)


@floored(
    "true-floor-lojasiewicz",
    r"\|\nabla L\|^2 \ge c L^{3/2} \text{ for } \theta \le 1",
    Q(17, 10),
    domain=UNIT_PAIR,
)
def true_floor_lojasiewicz(at):
    """pair-lojasiewicz: |grad|^2 = L'^2/2 >= 1.868^2/2 L^{3/2}."""
    return slope(at) / (at.loss * root(at.loss))


@floored("true-floor-trace", r"n \sum_i G_{ii} \ge c", 1, domain=ANY)
def true_floor_trace(at):
    """Cauchy-Schwarz: c = 1."""
    return at.components * np.trace(at.overlap)


# --- existence ------------------------------------------------------------------------------------

GROWS = Case(Mixture(["0.0785", "-0.0242", "0.1824"], ["0.098", "0.757", "0.146"]), 1)
HALF = Domain(components=(1, 3), dimension=(1, 1), step_size=(Q(0), Q(1)), radius=4.0)


@existence("true-some-distance", r"W(\mu^+) > W", domain=HALF, examples=(GROWS,))
def true_some_distance(at, step_size):
    """theory.md, weighted-distance-nonmonotone, with its witness."""
    return at.step(step_size).weighted_distance - at.weighted_distance


@existence("true-some-fisher", r"F(\mu^+) > F", domain=HALF, examples=(Case(Mixture([0, 3]), 1),))
def true_some_fisher(at, step_size):
    """At means 0 and 3, equal weights, step size 1."""
    return at.step(step_size).fisher_divergence - at.fisher_divergence


@existence(
    "true-some-long",
    r"L(\mu^+) > L \text{ for some } \eta \le 2.1",
    domain=Domain(components=(1, 2), dimension=(1, 1), step_size=(Q(2), Q(21, 10))),
)
def true_some_long(at, step_size):
    """n = 1: the factor is (1 - eta)^2 > 1."""
    return at.step(step_size).loss - at.loss


@existence("true-some-heavy", r"p_i > \tfrac12 \text{ and } n \ge 2", domain=LINE)
def true_some_heavy(at):
    """Unequal weights and equal means."""
    return largest(at.responsibilities) - at.number(Q(1, 2))


# --- in disguise ----------------------------------------------------------------------------------


@inequality(
    "true-cosines",
    r"\langle \mu_i, \nabla_i L \rangle^2 \le \|\mu_i\|^2 \|\nabla_i L\|^2",
    domain=ANY,
)
def true_cosines(at):
    """Cauchy-Schwarz; equality on a line."""
    products = inner_products(at.means, at.gradient)
    return at_most(products * products, squared_norms(at.means) * squared_norms(at.gradient))


@inequality("true-lightest-mass", r"\min_i p_i \le \tfrac1n", domain=ANY)
def true_lightest_mass(at):
    """They sum to 1; equality for equal weights where means agree."""
    return at_most(smallest(at.responsibilities), at.number(Q(1, at.components)))


@inequality(
    "true-stein-four",
    r"F + \sqrt{r F} \ge \sum_i p_i \|\mu_i\|^2",
    domain=Domain(
        components=(5, 5),
        dimension=(4, 4),
        radius=2.0,
        where=lambda case: case.mixture.radius_squared >= Q(1, 16),
        also="R >= 1/4",
    ),
)
def true_stein_four(at):
    """stein-lower-bound, up to rank 4; nearer to 0 it is too sharp for the 12 digits there."""
    return stein(at)
