"""Group C of theory.md, continued: sharper bounds at a point, for the truth N(0, I).

Each proof is the docstring's; exponentially small factors stand on the smaller side.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Scalar
from theorycheck.arithmetic.functions import inner_products, largest, root, squared_norms
from theorycheck.arithmetic.integrals import dawson, erfc, pi
from theorycheck.claims.constants import APART, PAIRS, diameter_squared
from theorycheck.claims.sources import CHEWI, FINITE_MIXTURES, SOFTWARE
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements import claim as declare
from theorycheck.statements.comparison import Comparison, at_most
from theorycheck.statements.domain import Domain
from theorycheck.statements.point import Point

inequality = partial(declare.inequality, group="C")

_PLANE = Domain(dimension=(1, 2), radius=4.0)
_SEVERAL = replace(_PLANE, components=(2, 5))
_OFF_OPTIMUM = replace(
    _PLANE, where=lambda case: any(map(any, case.mixture.means)), also="means not all 0"
)
_SMALL_PAIR = Case(Mixture(["1/1000", "-1/1000"]))
_LIGHT_PAIR = Case(Mixture(["1/1000", "-1/999000"], [1, 999]))
_FAR_PAIR = Case(Mixture([12, 0]))
_CLUSTER = Case(Mixture(["1.865", "1.615"], ["0.571", "0.429"]))


# --- overlaps -------------------------------------------------------------------------------------


@inequality(
    "overlap-bound",
    r"\mathbb{E} \psi_i \psi_j \le \frac{1}{\sqrt{16 + 2 \pi \|\mu_i - \mu_j\|^2}}, \quad i \ne j",
    source=f"own; {FINITE_MIXTURES} has $2 / (\\sqrt{{2 \\pi}}\\, r)$ at distance $r$",
    references=(FINITE_MIXTURES, SOFTWARE),
    sharp_when=r"as $\|\mu_i - \mu_j\| \to 0$ and $\to \infty$, both for $(m, -m)$",
    compared=(
        r"$2 / (\sqrt{2 \pi}\, r)$ (arXiv 2610.07551)",
        r"$1 / \sqrt{16 + 2 \pi r^2}$",
        r"this, as $r \to 0$ and as $r \to \infty$",
    ),
    domain=replace(_SEVERAL, truth="any"),
    examples=(_FAR_PAIR,),
    larger_regions=(PAIRS,),
)
def overlap_bound(at: Point) -> Comparison:
    """Also under any mixture truth, as the bound does not see where the truth is.

    psi_i psi_j <= psi_i psi_j / (psi_i + psi_j)^2 = sech^2(Z/2) / 4, Z Gaussian of variance r^2.
    sech^2 y = E e^{-T y^2} with T > 0 and E T^{-1/2} = 2 / sqrt(pi): 1 / (1 + c y^2) is the Laplace
    transform of an exponential variable, and cosh^2 a product of such. So E sech^2(Z/2) <=
    E (1 + r^2 T / 2)^{-1/2} <= (1 + pi r^2 / 8)^{-1/2} by Jensen: it is concave in T^{-1/2}.
    """
    return _overlaps(at, Fraction(16), Fraction(2))


@overlap_bound.control("$17$ in place of $16$", examples=(Case(Mixture(["1/100", "-1/100"])),))
def _smaller_overlap(at: Point) -> Comparison:
    return _overlaps(at, Fraction(17), Fraction(2))


@overlap_bound.control("$2.07 \\pi$ in place of $2 \\pi$", examples=(Case(Mixture([8, -8])),))
def _faster_decay(at: Point) -> Comparison:
    return _overlaps(at, Fraction(16), Fraction(207, 100))


def _overlaps(at: Point, constant: Fraction, factor: Fraction) -> Comparison:
    i, j = np.triu_indices(at.components, 1)
    squares = squared_norms(at.means[i] - at.means[j])
    growth = at.number(factor) * pi(at.arithmetic) * squares
    return at_most(at.overlap[i, j], 1 / root(at.number(constant) + growth))


@inequality(
    "overlap-lower-two",
    r"n = 2:\ \mathbb{E} \psi_1 \psi_2 \ge \frac{e^{-c^2 / (4 + 2 r^2)}}{4 \sqrt{1 + r^2 / 2}},"
    r" \quad r = \|\mu_1 - \mu_2\|,\ c = \log \tfrac{\pi_1}{\pi_2}"
    r" - \tfrac12 (\|\mu_1\|^2 - \|\mu_2\|^2)",
    sharp_when=r"as $r, c \to 0$; the exponent $a^2/8$ for $(a, 0)$ is exact",
    domain=replace(_PLANE, components=(2, 2)),
    examples=(_FAR_PAIR,),
    regions=(APART,),
)
def overlap_lower_two(at: Point) -> Comparison:
    """psi_1 psi_2 = sech^2(Z/2) / 4 >= e^{-Z^2/4} / 4, as log cosh y <= y^2 / 2; Z is Gaussian."""
    return _overlap_floor(at, Fraction(2))


@overlap_lower_two.control("$4 + 2.1\\, r^2$ in place of $4 + 2 r^2$", examples=(_FAR_PAIR,))
def _slower_decay(at: Point) -> Comparison:
    return _overlap_floor(at, Fraction(21, 10))


def _overlap_floor(at: Point, factor: Fraction) -> Comparison:
    square = squared_norms(at.means[:1] - at.means[1:])[0]
    sizes = squared_norms(at.means)
    c = np.log(at.weights[0] / at.weights[1]) - (sizes[0] - sizes[1]) / 2
    floor = np.exp(-c * c / (4 + at.number(factor) * square)) / (4 * root(1 + square / 2))
    return at_most(floor, at.overlap[0, 1])


@inequality(
    "responsibility-floor-sharp",
    r"p_i \ge \pi_i e^{-\|\mu_i\|^2 / 4}",
    sharp_when=r"in the limit $\pi_i \to 0$, $n = 2$, $\mu_2 = \mu_1 / 2$",
    compared=(
        r"$\tfrac12 \|\mu_i\|^2$ by Jensen's inequality",
        r"the exponent $\tfrac14 \|\mu_i\|^2$",
        r"$\tfrac14$",
    ),
    domain=_PLANE,
    examples=(_FAR_PAIR,),
    larger_regions=(PAIRS,),
)
def responsibility_floor_sharp(at: Point) -> Comparison:
    """Cauchy-Schwarz: (E e^{l_i/2})^2 <= E[e^{l_i} / S] E S, with E S = 1 and psi_i = pi_i e^l / S.

    l_i = <x, mu_i> - |mu_i|^2 / 2, so E e^{l_i/2} = e^{-|mu_i|^2 / 8}. Half of the exponent of
    responsibility-floor, without its factor e^L.
    """
    return _share_floor(at, Fraction(1, 4))


@responsibility_floor_sharp.control(
    "$\\|\\mu_i\\|^2 / 4.1$ in the exponent",
    examples=(Case(Mixture([[2, 1], [1, "1/2"]], ["0.000001", "0.999999"])),),
)
def _higher_share(at: Point) -> Comparison:
    return _share_floor(at, Fraction(10, 41))


def _share_floor(at: Point, decay: Fraction) -> Comparison:
    exponent = -at.number(decay) * squared_norms(at.means)
    return at_most(at.weights * np.exp(exponent), at.responsibilities)


# --- the Fisher divergence from below -------------------------------------------------------------


@inequality(
    "stein-direction",
    r"F + \sqrt F \ge \sum_i p_i \langle \mu_i, u \rangle^2 \text{ for every unit vector } u",
    sharp_when=r"as $\mu \to 0$ with $\sum_i \pi_i \mu_i = 0$",
    domain=replace(
        _PLANE, where=lambda case: case.direction is None or any(case.direction), also="u not 0"
    ),
    examples=(replace(_FAR_PAIR, direction=(Fraction(1),)),),
)
def stein_direction(at: Point, direction: Array) -> Comparison:
    """So F + sqrt F is at least the largest eigenvalue of sum_i p_i mu_i mu_i^T, whatever r.

    E <v, u> <x, u> = E Var_psi <mu, u> = sum_i p_i <mu_i, u>^2 - E <v, u>^2 by Stein, and it is at
    most sqrt(E <v, u>^2) <= sqrt F.
    """
    return _along(at, direction, Fraction(1))


@stein_direction.control(
    "$\\sqrt{0.95 F}$ in place of $\\sqrt F$",
    examples=(replace(_SMALL_PAIR, direction=(Fraction(1),)),),
)
def _smaller_root(at: Point, direction: Array) -> Comparison:
    return _along(at, direction, Fraction(95, 100))


@stein_direction.control(
    "$\\sum_i p_i \\|\\mu_i\\|^2$ in place of $\\sum_i p_i \\langle \\mu_i, u \\rangle^2$",
    examples=(
        Case(
            Mixture([["1/100", 0], ["-1/200", "1/115"], ["-1/200", "-1/115"]]),
            direction=(Fraction(1), Fraction(0)),
        ),
    ),
)
def _trace(at: Point, direction: Array) -> Comparison:
    fisher = at.fisher_divergence
    return at_most(at.responsibilities @ squared_norms(at.means), fisher + root(fisher))


def _along(at: Point, direction: Array, share: Fraction) -> Comparison:
    places = at.means @ direction
    spread = at.responsibilities @ (places * places) / (direction * direction).sum()
    fisher = at.fisher_divergence
    return at_most(spread, fisher + root(at.number(share) * fisher))


@inequality(
    "hermite-lower",
    r"F \ge \Bigl\| \sum_i p_i \mu_i \Bigr\|^2"
    r" + \Bigl\| \tfrac12 \sum_{ij} G_{ij} (\mu_i - \mu_j)(\mu_i - \mu_j)^T \Bigr\|_F^2",
    sharp_when=r"as $\mu \to 0$, always; equality where all means agree",
    domain=_PLANE,
    examples=(_FAR_PAIR,),
    regions=(APART,),
)
def hermite_lower(at: Point) -> Comparison:
    """Bessel's inequality for v against 1 and the coordinates of x.

    E v x^T = E Cov_psi(mu) by Stein, which is half the sum of G_ij (mu_i - mu_j)(mu_i - mu_j)^T.
    """
    return _two_squares(at, Fraction(1))


@hermite_lower.control("$1.02$ times the second square", examples=(_SMALL_PAIR,))
def _larger_square(at: Point) -> Comparison:
    return _two_squares(at, Fraction(102, 100))


def _two_squares(at: Point, factor: Fraction) -> Comparison:
    mean = at.responsibilities @ at.means
    i, j = np.triu_indices(at.components, 1)
    apart = at.means[i] - at.means[j]
    covariance = (apart * at.overlap[i, j][:, None]).T @ apart
    squares = at.number(factor) * (covariance * covariance).sum()
    return at_most((mean * mean).sum() + squares, at.fisher_divergence)


@inequality(
    "projection-lower-sharp",
    r"F \ge \pi_i^2 e^{-R^2/2} \frac{R^4}{(R + 1)^2} \text{ for every } i \text{ with }"
    r" \|\mu_i\| = R",
    sharp_when=r"as $R \to 0$ and $\pi_i \to 0$ with $\sum_i \pi_i \mu_i = 0$",
    compared=(
        r"$e^{-8U} / (n^2 d (1 + R \sqrt{dn})^2)$ (Xu, Fazel and Du)",
        "$e^{-R^2/2} / (R + 1)^2$",
        "the exponent $-R^2/8$ (fisher-floor)",
    ),
    domain=_OFF_OPTIMUM,
    examples=(_FAR_PAIR, _LIGHT_PAIR),
)
def projection_lower_sharp(at: Point) -> Comparison:
    """stein-direction with u = mu_i / R: sqrt F (sqrt F + 1) >= p_i R^2, and sqrt F <= R.

    With responsibility-floor-sharp; so with pi_min too.
    """
    return _projection(at, Fraction(1, 2), Fraction(1))


@projection_lower_sharp.control("the exponent $-R^2/9$", examples=(_FAR_PAIR,))
def _late_decay(at: Point) -> Comparison:
    return _projection(at, Fraction(1, 9), Fraction(1))


@projection_lower_sharp.control("$R + 0.98$ in place of $R + 1$", examples=(_LIGHT_PAIR,))
def _smaller_reach(at: Point) -> Comparison:
    return _projection(at, Fraction(1, 2), Fraction(98, 100))


def _projection(at: Point, decay: Fraction, share: Fraction) -> Comparison:
    sizes = [sum(entry * entry for entry in row) for row in at.mixture.means]
    square = at.number(max(sizes))
    farthest = [k for k, size in enumerate(sizes) if size == max(sizes)]
    ratio = at.weights[farthest] * square / (root(square) + at.number(share))
    floor = ratio * ratio * np.exp(-at.number(decay) * square)
    return at_most(floor, at.fisher_divergence)


@inequality(
    "fisher-floor-sharp",
    r"F \ge \|\mu_i\|^2 \Bigl[ \bar\Phi(s) + 2 (s - q) \varphi(s)"
    r" - \varphi(s)^2 \int_0^s \tfrac{dt}{\varphi(t)} \Bigr] \text{ for every } s \ge 0, \quad"
    r" q = \tfrac12 \|\mu_i\| + \tfrac{1}{\|\mu_i\|} \log \tfrac{P_i}{\pi_i},"
    r" \ P_i = \sum_k \pi_k e^{-\langle \mu_k, \mu_i \rangle^2 / (2 \|\mu_i\|^2)}",
    sharp_when=r"0.937, which is $(2/e)/(\pi/4)$, is reached for $(a, 0)$ as $a \to \infty$",
    domain=replace(_OFF_OPTIMUM, components=(2, 5)),
    examples=(_FAR_PAIR,),
    certificate="for every mean that is not 0, at s = 0, 1 and q + 1/q",
    cost=5,
)
def fisher_floor_sharp(at: Point) -> Comparison:
    """A floor of F of the order R e^{-R^2/8}: the exponent of trap-exponent-sharp, from below.

    Let s be x along mu_i / |mu_i| and f(s) = E log S over the rest. Then F >= E f'^2, f convex,
    f(s) >= log pi_i + R s - R^2/2 and f(0) <= log P_i, so k = f - f(0) >= R (s - q). And for any h,
    int f'^2 phi >= int (2 f' h - h^2 / phi): take h = R phi(s0) up to s0 and R phi beyond.
    """
    return _floors(at, Fraction(1))


@fisher_floor_sharp.control(
    "$1.1$ times the right side", examples=(Case(Mixture([30, 0], [1, 99])),)
)
def _higher_floor(at: Point) -> Comparison:
    return _floors(at, Fraction(11, 10))


def _floors(at: Point, factor: Fraction) -> Comparison:
    squares = squared_norms(at.means)
    floors = []
    for i in (i for i, row in enumerate(at.mixture.means) if any(row)):
        size = root(squares[i])
        along = at.means @ at.means[i] / size
        others = [k for k in range(at.components) if k != i]
        shares = at.weights[others] / at.weights[i]
        exponents = (squares[i] - along[others] * along[others]) / 2
        # log(P_i / pi_i) + |mu_i|^2 / 2, without cancellation
        q = np.log1p((shares * np.exp(exponents)).sum()) / size
        for s in (0 * q, 1 + 0 * q, q + 1 / q):
            floors.append(at.number(factor) * squares[i] * _bracket(s, q, at))
    return at_most(np.array(floors), at.fisher_divergence)


def _bracket(s: Scalar, q: Scalar, at: Point) -> Scalar:
    two = root(at.number(Fraction(2)))
    density = np.exp(-s * s / 2) / root(2 * pi(at.arithmetic))
    return erfc(s / two) / 2 + density * (2 * (s - q) - two * dawson(s / two))


@inequality(
    "fisher-floor",
    r"F \ge \|\mu_i\|^2\, \frac{\varphi(q + 1/q)}{q}, \quad"
    r" q = \tfrac12 \|\mu_i\| + \tfrac{1}{\|\mu_i\|} \log \tfrac{1}{\pi_i}",
    sharp_when="not: at most 0.53 of F was seen; the exponent $-R^2/8$ is exact",
    compared=(
        "the exponent $-8 U$ (Xu, Fazel and Du)",
        "the exponent $-R^2/8$",
        "$-R^2/8$ (trap-exponent-sharp)",
    ),
    domain=replace(_OFF_OPTIMUM, components=(2, 5)),
    examples=(_FAR_PAIR,),
)
def fisher_floor(at: Point) -> Comparison:
    """fisher-floor-sharp at s = q + 1/q, with P_i <= 1.

    phi(s) int_0^s dt/phi <= 2 s / (1 + s^2) and Phibar >= phi s / (1 + s^2) leave the bracket at
    least phi(s) (2/q - s / (1 + s^2)) >= phi(s) / q.
    """
    return _simple_floors(at, Fraction(1, 2))


@fisher_floor.control(
    "$0.95 \\cdot \\tfrac12 \\|\\mu_i\\|$ in $q$", examples=(Case(Mixture([20, 0])),)
)
def _nearer_place(at: Point) -> Comparison:
    return _simple_floors(at, Fraction(95, 200))


def _simple_floors(at: Point, share: Fraction) -> Comparison:
    squares = squared_norms(at.means)
    floors = []
    for i in (i for i, row in enumerate(at.mixture.means) if any(row)):
        size = root(squares[i])
        q = at.number(share) * size - np.log(at.weights[i]) / size
        place = q + 1 / q
        density = np.exp(-place * place / 2) / root(2 * pi(at.arithmetic))
        floors.append(squares[i] * density / q)
    return at_most(np.array(floors), at.fisher_divergence)


# --- the loss against the Fisher divergence -------------------------------------------------------


def _bend(at: Point) -> Scalar:
    """Lambda = delta (2 - delta / R^2), delta = D^2 / 4."""
    delta = diameter_squared(at) / 4
    return delta * (2 - delta / (at.radius * at.radius))


@inequality(
    "ray-fisher",
    r"F(s \mu) \le s^2 e^{\Lambda (1 - s^2)} F(\mu), \quad 0 \le s \le 1, \quad"
    r" \Lambda = \delta (2 - \delta / R^2), \ \delta = \tfrac14 D^2,"
    r" \ D = \max_{ij} \|\mu_i - \mu_j\|",
    sharp_when="equality where all means agree",
    domain=replace(_OFF_OPTIMUM, also="means not all 0; s / (1 + s) of a case is s here"),
    examples=(replace(_FAR_PAIR, s=Fraction(1)),),
)
def ray_fisher(at: Point, s: Scalar) -> Comparison:
    """Along a ray F grows at least like s^2, up to an exponential.

    S of s mu is a step of the Ornstein-Uhlenbeck flow, so with H = Cov_psi(mu) and Bochner's
    formula s F' = 2 F + 2 E |H|^2 - 4 E v^T H v. The eigenvalues h of H are at most delta
    (Popoviciu) and |v| <= R, so 2 h v^2 - h^2 <= Lambda v^2. At s mu Lambda is s^2 times as large.
    """
    return _along_a_ray(at, Fraction(1))


@ray_fisher.control(
    "$0.9\\, \\Lambda$ in place of $\\Lambda$", examples=(replace(_CLUSTER, s=Fraction(9)),)
)
def _smaller_bend(at: Point, s: Scalar) -> Comparison:
    return _along_a_ray(at, Fraction(9, 10))


def _along_a_ray(at: Point, factor: Fraction) -> Comparison:
    given = at.exact("s")
    share = given / (1 + given)
    nearer = at.other(at.mixture.scaled(share))
    square = at.number(share * share)
    growth = np.exp(-at.number(factor) * _bend(at) * (1 - square))
    return at_most(growth * nearer.fisher_divergence, square * at.fisher_divergence)


@inequality(
    "log-sobolev-ray",
    r"L \le \tfrac12 C F, \quad C = \frac{e^\Lambda - 1}{\Lambda} \text{ with } \Lambda"
    r" \text{ of ray-fisher, hence } C = \frac{e^{R^2} - 1}{R^2}",
    sharp_when="equality where all means agree",
    domain=_OFF_OPTIMUM,
    examples=(_FAR_PAIR,),
)
def log_sobolev_ray(at: Point) -> Comparison:
    """ray-fisher in the ray formula; the integral of s e^{Lambda (1 - s^2)} is C / 2.

    C = 1 where all means agree.
    """
    return _ray_sobolev(at, Fraction(1))


@log_sobolev_ray.control("$0.95\\, \\Lambda$ in place of $\\Lambda$", examples=(_CLUSTER,))
def _smaller_ray(at: Point) -> Comparison:
    return _ray_sobolev(at, Fraction(95, 100))


def _ray_sobolev(at: Point, factor: Fraction) -> Comparison:
    inverse = at.number(Fraction(1))
    if len(set(at.mixture.means)) > 1:
        bend = at.number(factor) * _bend(at)
        inverse = bend * np.exp(-bend) / -np.expm1(-bend)
    return at_most(inverse * at.loss, at.fisher_divergence / 2)


@inequality(
    "log-sobolev-diameter",
    r"L \le \tfrac12 e^{D^2/4} F, \quad D = \max_{ij} \|\mu_i - \mu_j\|",
    origin="classical",
    source=f"the heat flow map of Kim and Milman; {CHEWI}, exercise 3.9.3, has e^(D^2)",
    references=(CHEWI,),
    sharp_when=r"to first order as $D \to 0$: $2L/F = 1.01555$ is reached at $D = \tfrac14$, where "
    "it is 1.01575",
    compared=(
        "$6 (4 R^2 + 1) e^{4 R^2}$; $e^{D^2}$ (Chewi)",
        "$e^{D^2/4}$",
        "exact to first order in $D^2$; about $e^{0.11 D^2}$ is seen at $D = 8$",
    ),
    domain=_PLANE,
    examples=(_FAR_PAIR,),
    regions=(APART,),
)
def log_sobolev_diameter(at: Point) -> Comparison:
    """The constant of log-sobolev is 6 (4 R^2 + 1) e^{4 R^2}; here only the spread counts.

    The flow from N(0, I) to p has Lipschitz constant at most e^{D^2/8}, as the covariance of the
    posterior mean is at most e^{-2t} D^2/4 in every direction (Popoviciu); the log-Sobolev constant
    is at most its square, and does not change when p is shifted.
    """
    return _diameter_sobolev(at, Fraction(1, 4))


@log_sobolev_diameter.control("$e^{D^2/4.3}$", examples=(_CLUSTER,))
def _smaller_diameter(at: Point) -> Comparison:
    return _diameter_sobolev(at, Fraction(10, 43))


def _diameter_sobolev(at: Point, decay: Fraction) -> Comparison:
    inverse = np.exp(-at.number(decay) * diameter_squared(at))
    return at_most(inverse * at.loss, at.fisher_divergence / 2)


@inequality(
    "loss-lower-quartic",
    r"L \ge \frac{e^{-R^2/2}\, W^2}{4 (R + \sqrt r)^2}",
    sharp_when=r"as $\mu \to 0$ for $r = 1$ and $\sum_i \pi_i \mu_i = 0$",
    domain=_OFF_OPTIMUM,
    examples=(_FAR_PAIR, _SMALL_PAIR),
    larger_regions=(PAIRS,),
)
def loss_lower_quartic(at: Point) -> Comparison:
    """F(t mu) >= t^4 e^{-R^2/2} W^2 / (R + sqrt r)^2 in the ray formula.

    By stein-lower-bound and responsibility-floor-sharp, sqrt F (sqrt F + sqrt r) >= e^{-R^2/4} W.
    """
    return _quartic(at, Fraction(1))


@loss_lower_quartic.control("$1.02$ times the right side", examples=(_SMALL_PAIR,))
def _larger_quartic(at: Point) -> Comparison:
    return _quartic(at, Fraction(102, 100))


def _quartic(at: Point, factor: Fraction) -> Comparison:
    square = at.radius * at.radius
    ratio = at.weighted_distance / (at.radius + root(at.number(Fraction(at.rank))))
    return at_most(at.number(factor / 4) * np.exp(-square / 2) * ratio * ratio, at.loss)


# --- where a far mean is drawn to -----------------------------------------------------------------


@inequality(
    "far-mean-moves-inward",
    r"\langle \nabla_i L, \mu_i \rangle > 0 \text{ if } \|\mu_i\| > \tau_i, \quad \tau_i^2"
    r" \text{ any of } 4 \log \tfrac{1}{\pi_i}, \ 2 \log \tfrac{1}{\pi_i} + 2 r,"
    r" \ \max\bigl(1, 4 \log \tfrac{1}{\sqrt\pi\, \pi_i}\bigr)",
    sharp_when=r"not: outward moves were seen up to $\|\mu_i\|^2 = 1.3 \log(1/\pi_i)$",
    domain=_OFF_OPTIMUM,
    examples=(_FAR_PAIR,),
    larger_regions=(PAIRS,),
)
def far_mean_moves_inward(at: Point) -> list[Comparison]:
    """Every mean beyond tau_i comes closer to the optimum at once: a trap holds no mean still.

    Let M = |mu_i|, s be x along mu_i, rho = psi_i phi / p_i, and <grad_i, mu_i> <= 0, which says
    E_rho s >= M. Then M^2/2 <= KL(rho, phi) <= log(1/p_i) <= log(1/pi_i) + M^2/4. And log S is
    convex and at most 0 on average, so 0 >= E_rho (log S - <x, v>) >= log pi_i + M^2/2 - r. And
    Psi(s), the mean of psi_i given s, is between pi_i e^{-(s - M)^2/2} and 1, so that
    E (s - M)_+ >= pi_i E (M - s)_+ e^{-(s - M)^2/2}, which fails beyond the root t_0 of
    stationary-hull, at most the third. The margin is the larger of <grad_i, mu_i> / p_i and
    tau_i^2 - M^2.
    """
    logs = -np.log(at.weights)
    one = at.number(Fraction(1))
    third = [largest([one, 4 * log - 2 * np.log(pi(at.arithmetic))]) for log in logs]
    return [
        _inward(at, 4 * logs),
        _inward(at, 2 * logs + 2 * at.rank),
        _inward(at, np.array(third)),
    ]


def _inward(at: Point, limits: Array) -> Comparison:
    squares = squared_norms(at.means)
    places = inner_products(at.positions, at.means) / at.responsibilities
    pairs = zip(squares - places, limits - squares, strict=True)
    margins = np.array([largest(pair) for pair in pairs])
    return at_most(0, margins, scale=squares + limits)


@far_mean_moves_inward.control(
    "$\\tfrac54 \\log \\tfrac{1}{\\pi_i}$",
    examples=(Case(Mixture([6, "-0.461"], ["1/1000000000000", "999999999999/1000000000000"])),),
)
def _nearer_limit(at: Point) -> Comparison:
    return _inward(at, -5 * np.log(at.weights) / 4)


@far_mean_moves_inward.control(
    "$0.7\\, t_0(\\tfrac13)$ for equal weights, $n = 3$",
    domain=replace(_PLANE, components=(3, 3), equal_weights=True),
    examples=(Case(Mixture(["-0.84646", "0.62746", "-0.88408"])),),
)
def _nearer_root(at: Point) -> Comparison:
    limit = at.number(Fraction(7 * 863219, 10**7))
    return _inward(at, limit * limit + 0 * at.weights)
