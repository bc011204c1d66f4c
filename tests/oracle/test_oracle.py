"""The mpmath oracle: golden values, closed forms, invariances, and honest digits."""

import ast
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pytest

from theorycheck import oracle
from theorycheck.arithmetic.arithmetics import ball
from theorycheck.errors import InvalidType, InvalidValue, TooExpensive, UnsupportedRank
from theorycheck.expectations.population import population as float_population
from theorycheck.inputs.mixture import Mixture
from theorycheck.oracle import fixed_point, legendre, refinement

THREE = Mixture(["1.5", "-0.7", 2], ["0.2", "0.5", "0.3"])
TRIANGLE = Mixture([[1, "0.5"], ["-0.5", 1], [0, -1]], [1, 2, 2])
TETRAHEDRON = Mixture(
    [[1, 0, 0], [0, 1, "0.2"], [0, "-0.3", 1], [-1, "-0.5", "-0.7"]], [1, 2, 3, 4]
)
BUMPS = Mixture([-2, 2, 10])


@pytest.fixture(autouse=True)
def _enough_precision():
    """The comparisons are made with more digits than any result claims."""
    with mpmath.workdps(60):
        yield


def assert_close(actual, expected, digits):
    """`actual` is within 10^-digits of `expected`, relative to its largest entry."""
    actual, expected = np.atleast_1d(actual), np.atleast_1d(expected)
    error = max(abs(actual - expected).flat)
    assert error <= max(abs(expected).flat) * mpmath.mpf(10) ** -digits


def assert_same_population(one, other, digits):
    assert_close(one.loss, other.loss, digits)
    assert_close(one.fisher_divergence, other.fisher_divergence, digits)
    assert_close(one.gradient, other.gradient, digits)
    for a, b in zip(one.responsibilities, other.responsibilities, strict=True):
        assert_close(a, b, digits)
    for a, b in zip(one.overlap.flat, other.overlap.flat, strict=True):
        assert_close(a, b, digits)


def line_quadrature(f):
    """The integral of f over the line, by mpmath's adaptive tanh-sinh rule."""
    with mpmath.workdps(16):
        return mpmath.quad(f, mpmath.linspace(-12, 22, 18))


def plane_quadrature(f, nodes=100):
    """E f(x) for x ~ N(0, I_2), by Gauss-Hermite in floats; f takes an array (2, k)."""
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    x = np.stack(np.meshgrid(points, points)).reshape(2, -1)
    return f(x) @ np.outer(weights, weights).ravel() / (2 * np.pi)


# --- Known values ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("means", "p", "gradient"),
    [([12, -12, 0], "1.540273e-9", "9.241636e-9"), ([6, -6, 0], "2.07554e-3", "6.22662e-3")],
)
def test_far_components_have_the_recorded_responsibilities(means, p, gradient):
    """Tiny responsibilities and gradients, to the digits recorded elsewhere."""
    population = oracle.population(Mixture(means), digits=12)
    assert_close(population.responsibilities[0], mpmath.mpf(p), 5)
    assert_close(population.gradient[0, 0], mpmath.mpf(gradient), 5)


def test_recorded_losses():
    """Two losses recorded elsewhere in double precision."""
    assert_close(oracle.population(THREE).loss, mpmath.mpf("0.2752736633390"), 11)
    assert_close(oracle.population(Mixture([6, -6, 0])).loss, mpmath.mpf("1.090914"), 6)


def test_spurious_minimum_of_three_bumps():
    """The bad local minimum against a three-component truth is almost stationary, at its loss."""
    student = Mixture(["-0.00597", "9.77846", "10.19815"])
    population = oracle.population(student, digits=10, truth=BUMPS)
    assert_close(population.loss, mpmath.mpf("1.140494"), 6)
    assert max(abs(population.gradient).flat) < 1e-5


def test_single_component_has_closed_forms():
    """For n = 1: L = |mu|^2 / 2, grad = mu, F = |mu|^2, p = 1."""
    population = oracle.population(Mixture([[3, "0.1", -4]]))
    assert_close(population.loss, mpmath.mpf(2501) / 200, 30)
    assert_close(population.fisher_divergence, mpmath.mpf(2501) / 100, 30)
    assert_close(population.gradient, np.array([[3, mpmath.mpf("0.1"), -4]]), 15)
    assert_close(population.overlap, np.array([[1]]), 30)


def test_balanced_pair_at_tiny_scale():
    """L = theta^4/4 - theta^6/3 + O(theta^8) keeps its digits at theta = 1e-30, where it is
    120 orders of magnitude below the integrand's terms."""
    population = oracle.population(Mixture(["1e-30", "-1e-30"]))
    theta = mpmath.mpf("1e-30")
    assert_close(population.loss, theta**4 / 4 - theta**6 / 3, 30)
    assert_close(population.gradient, np.array([[theta**3 / 2], [-(theta**3) / 2]]), 30)


@pytest.mark.long
@pytest.mark.parametrize("truth", [None, BUMPS])
def test_line_agrees_with_adaptive_quadrature(truth):
    """Every quantity in one dimension, against mpmath.quad of its definition."""
    population = oracle.population(THREE, digits=15, truth=truth)
    means = [mpmath.mpf(3) / 2, mpmath.mpf(-7) / 10, mpmath.mpf(2)]
    weights = [mpmath.mpf(k) / 10 for k in (2, 5, 3)]
    bumps = [mpmath.mpf(int(row[0])) for row in (truth or Mixture([0])).means]

    def p(x):
        return sum(w * mpmath.npdf(x, m) for w, m in zip(weights, means, strict=True))

    def p_truth(x):
        return sum(mpmath.npdf(x, m) for m in bumps) / len(bumps)

    def psi(i, x):
        return weights[i] * mpmath.npdf(x, means[i]) / p(x)

    def score(x):
        pull = sum(psi(i, x) * means[i] for i in range(3))
        return sum(mpmath.npdf(x, m) * m for m in bumps) / len(bumps) / p_truth(x) - pull

    loss = line_quadrature(lambda x: p_truth(x) * mpmath.log(p_truth(x) / p(x)))
    fisher = line_quadrature(lambda x: p_truth(x) * score(x) ** 2)
    overlap = line_quadrature(lambda x: p_truth(x) * psi(0, x) * psi(1, x))
    gradient = line_quadrature(lambda x: p_truth(x) * psi(1, x) * (means[1] - x))
    assert_close(population.loss, loss, 12)
    assert_close(population.fisher_divergence, fisher, 12)
    assert_close(population.overlap[0, 1], overlap, 12)
    assert_close(population.gradient[1, 0], gradient, 12)


@pytest.mark.parametrize(
    ("student", "truth"),
    [
        (THREE, None),
        (THREE, BUMPS),
        (Mixture([[3, 1, 2], [1, -1, 2]], [1, 2]), None),
        (TRIANGLE, Mixture([[1, 2], [0, "0.3"]], [1, 2])),
        (Mixture([[5, 7]]), Mixture([[1, 2], [3, 2]])),
    ],
    ids=["line", "line and mixture", "off the origin", "plane and mixture", "one component"],
)
def test_positions_are_those_of_the_package(student, truth):
    """E psi_i x of the definition, which float64 has from other formulas."""
    found = oracle.population(student, digits=12, truth=truth).positions
    expected = float_population(student, truth=truth).positions
    np.testing.assert_allclose(found.astype(float), expected, rtol=1e-12, atol=1e-14)


def test_positions_keep_their_digits_near_the_optimum():
    """grad_i = p_i mu_i - E psi_i x, of third order where either term is of first."""
    found = oracle.population(Mixture(["1e-20", "-1e-20"]), digits=30)
    moved = found.responsibilities[:, None] * found.means - found.positions
    assert_close(found.positions, np.array([[mpmath.mpf("0.5e-20")], [mpmath.mpf("-0.5e-20")]]), 30)
    assert max(abs(moved - found.gradient).flat) < mpmath.mpf(10) ** -50


@pytest.mark.long
def test_tiny_responsibility_agrees_with_adaptive_quadrature():
    """p_1 = E sigma(30 x - 450), about 1e-51, is relatively accurate although its mass lies 15
    standard deviations out."""
    population = oracle.population(Mixture([30, 0]), digits=20)
    with mpmath.workdps(80):
        expected = mpmath.quad(
            lambda x: mpmath.npdf(x) / (1 + mpmath.exp(450 - 30 * x)),
            mpmath.linspace(5, 25, 81),
        )
    assert expected < 1e-49
    assert_close(population.responsibilities[0], expected, 20)


def test_plane_agrees_with_gauss_hermite():
    """Every quantity in the plane, against float Gauss-Hermite quadrature of its definition."""
    population = oracle.population(TRIANGLE, digits=12)
    means, weights = np.array(TRIANGLE.means, float), np.array(TRIANGLE.weights, float)

    def tilts(x):
        return weights[:, None] * np.exp(means @ x - (means**2).sum(axis=1)[:, None] / 2)

    def psi(x):
        return tilts(x) / tilts(x).sum(axis=0)

    loss = plane_quadrature(lambda x: -np.log(tilts(x).sum(axis=0)))
    fisher = plane_quadrature(lambda x: ((means.T @ psi(x)) ** 2).sum(axis=0))
    gradient = plane_quadrature(lambda x: psi(x)[:, None] * (means[:, :, None] - x))
    overlap = plane_quadrature(lambda x: psi(x)[:, None] * psi(x)[None])
    assert_close(population.loss, loss, 10)
    assert_close(population.fisher_divergence, fisher, 10)
    assert_close(population.gradient, gradient, 10)
    assert_close(population.overlap, overlap, 10)
    assert_close(population.responsibilities, overlap.sum(axis=1), 10)


@pytest.mark.long
@pytest.mark.parametrize(
    ("student", "truth", "digits"),
    [
        (TETRAHEDRON, None, 8),
        pytest.param(TETRAHEDRON, None, 15, marks=pytest.mark.slow),
        (TETRAHEDRON.scaled("0.01"), None, 15),
        (
            Mixture([[*row, 0] for row in TRIANGLE.means]),
            Mixture([[0, 0, 0], [0, "0.5", 1]], [2, 1]),
            8,
        ),
    ],
    ids=["tetrahedron", "to 15 digits", "near the optimum", "mixture truth"],
)
def test_rank_three_meets_the_balls(student, truth, digits):
    """Every quantity in space, in the enclosures of other formulas."""
    found = oracle.population(student, digits=digits, truth=truth)
    sure = float_population(student, truth=truth, arithmetic=ball(16))
    for name in ("loss", "fisher_divergence", "gradient", "responsibilities", "overlap"):
        expected = np.atleast_1d(getattr(found, name)).ravel()
        largest = max(abs(expected))
        for value, exact in zip(np.atleast_1d(getattr(sure, name)).ravel(), expected, strict=True):
            middle, radius = mpmath.mpf(value.mid().str(40, radius=False)), float(value.rad())
            assert abs(middle - exact) <= radius + largest * mpmath.mpf(10) ** -digits, name


@pytest.mark.long
def test_space_agrees_with_the_plane():
    """A flat tetrahedron, three of whose corners are those of a triangle and one is far too light
    to matter, has the quantities of the triangle."""
    flat = oracle.population(TRIANGLE, digits=8)
    rows = [[*row, 0] for row in TRIANGLE.means]
    light = Mixture([*rows, [0, 0, 1]], [*TRIANGLE.weights, Fraction(1, 10**25)])
    raised = oracle.population(light, digits=8)
    assert_close(raised.loss, flat.loss, 8)
    assert_close(raised.overlap[:3, :3], flat.overlap, 8)
    assert_close(raised.gradient[:3, :2], flat.gradient, 8)


# --- Rules and arithmetic -------------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, 2, 5, 12, 37])
def test_a_rule_is_exact_for_polynomials(order):
    """Order n integrates x^k exactly up to k = 2 n - 1, on panels too."""
    points, weights = legendre.Panels(-1.5, 2.25, 3, order).rule(200)
    x, w = ([mpmath.ldexp(int(value), -200) for value in part] for part in (points, weights))
    for k in (0, 1, 2 * order - 1):
        found = mpmath.fsum(b * a**k for a, b in zip(x, w, strict=True))
        exact = (mpmath.mpf("2.25") ** (k + 1) - mpmath.mpf("-1.5") ** (k + 1)) / (k + 1)
        assert abs(found - exact) <= abs(exact) * mpmath.mpf(10) ** -52 * 2.25**k


@pytest.mark.parametrize("log_bits", [40, 120, 300])
def test_logarithms_in_fixed_point(log_bits):
    """Absolutely to the bits asked for, from far below 1 to far above."""
    arithmetic = fixed_point.FixedPoint(330, log_bits)
    values = np.array([1, 12345, *(3 << k for k in range(1, 700, 13)), (1 << 330) - 1], object)
    with mpmath.workdps(120):
        for x, log in zip(values, arithmetic.log(values), strict=True):
            exact = mpmath.log(mpmath.ldexp(x, -330))
            assert abs(mpmath.ldexp(log, -330) - exact) <= mpmath.ldexp(2000, -log_bits)


# --- Identities -----------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("mixture", [THREE, TRIANGLE, Mixture([[2, 1], [3, 1]])])
def test_stein_identities(mixture):
    """The definition agrees with Stein's form: grad = G mu, p = G 1, F = sum G_ij <mu_i, mu_j>."""
    population = oracle.population(mixture)
    overlap, means = population.overlap, population.means
    assert_close(population.gradient, overlap @ means, 30)
    assert_close(population.responsibilities, overlap.sum(axis=1), 30)
    assert_close(population.fisher_divergence, ((means @ means.T) * overlap).sum(), 30)


@pytest.mark.long
@pytest.mark.parametrize("mixture", [THREE, TRIANGLE])
def test_loss_grows_along_a_ray_as_the_fisher_divergence(mixture):
    """d/dt L(t mu) = F(t mu) / t, by a central difference at t = 1."""
    step = Fraction(1, 10**6)
    ahead = oracle.population(mixture.scaled(1 + step), digits=20)
    behind = oracle.population(mixture.scaled(1 - step), digits=20)
    slope = (ahead.loss - behind.loss) * 10**6 / 2
    assert_close(slope, oracle.population(mixture, digits=20).fisher_divergence, 11)


@pytest.mark.parametrize("truth", [BUMPS, Mixture([[1, 0], [0, 1], [2, "0.5"]], [1, 2, 3])])
def test_all_vanishes_at_the_truth(truth):
    """Against itself a mixture has L = 0, F = 0, grad = 0, and p_i = pi_i; in any order."""
    student = Mixture(truth.means[::-1], truth.weights[::-1])
    population = oracle.population(student, digits=20, truth=truth)
    assert abs(population.loss) < 1e-20
    assert abs(population.fisher_divergence) < 1e-20
    assert max(abs(population.gradient).flat) < 1e-20
    assert_close(population.responsibilities, population.weights, 20)


# --- Invariances ----------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("mixture", [THREE, TRIANGLE])
def test_translating_student_and_truth_together_changes_nothing(mixture):
    """A truth N(m, I) equals the standard one after a shift by m."""
    offset = ["0.3", -5][: mixture.dimension]
    moved = oracle.population(mixture.shifted(offset), truth=Mixture([offset]))
    assert_same_population(moved, oracle.population(mixture), 30)


def test_translating_a_mixture_truth_changes_nothing():
    """The origin plays no role: BUMPS + 7, in another order."""
    moved = oracle.population(THREE.shifted([7]), digits=20, truth=Mixture([17, 5, 9]))
    assert_same_population(moved, oracle.population(THREE, digits=20, truth=BUMPS), 20)


def test_merged_components_share_their_responsibility():
    """Splitting a component splits its responsibility in proportion and keeps the rest."""
    split = oracle.population(Mixture([1, 1, -1], [1, 3, 4]))
    merged = oracle.population(Mixture([1, -1]))
    assert_close(split.loss, merged.loss, 30)
    assert_close(split.responsibilities[:2].sum(), merged.responsibilities[0], 30)
    assert_close(3 * split.responsibilities[0], split.responsibilities[1], 30)
    assert_close(split.gradient[:2].sum(), merged.gradient[0, 0], 30)


def test_equal_means_are_one_gaussian():
    """All means equal is rank 0: p = pi, L = |mu|^2 / 2."""
    population = oracle.population(Mixture([[3, 1], [3, 1]], [1, 2]))
    assert_close(population.loss, mpmath.mpf(5), 30)
    assert_close(population.responsibilities, population.weights, 30)


@pytest.mark.parametrize("plane", [[(3, 4, 0), (0, 0, 5)], [(3, 0, 4), (-4, 0, 3)]])
def test_embedding_and_rotation_change_nothing(plane):
    """The triangle laid into three dimensions: the same scalars, the gradient laid along."""
    embedding = [[Fraction(entry, 5) for entry in row] for row in plane]
    rows = [[x * u + y * v for u, v in zip(*embedding, strict=True)] for x, y in TRIANGLE.means]
    flat = oracle.population(TRIANGLE, digits=20)
    laid = oracle.population(Mixture(rows, TRIANGLE.weights), digits=20)
    expected = flat.gradient @ (np.array(plane, dtype=object) * mpmath.mpf(1)) / 5
    assert_close(laid.gradient, expected, 20)
    assert_close(laid.loss, flat.loss, 20)
    assert_close(laid.overlap, flat.overlap, 20)


def test_line_off_the_origin_is_exact_orthogonally():
    """Means on a line at distance 5 from the origin: the common offset adds |b|^2 / 2 to L, |b|^2
    to F and p_i b to grad_i, and leaves the rest alone."""
    flat = oracle.population(THREE)
    lifted = oracle.population(Mixture([[*row, 3, 4] for row in THREE.means], THREE.weights))
    assert_close(lifted.loss, flat.loss + mpmath.mpf(25) / 2, 30)
    assert_close(lifted.fisher_divergence, flat.fisher_divergence + 25, 30)
    assert_close(lifted.gradient[:, 0], flat.gradient[:, 0], 30)
    assert_close(lifted.gradient[:, 2], 4 * flat.responsibilities, 30)


def test_two_components_are_a_line_in_any_dimension():
    """n = 2 in fifty dimensions costs one dimension and matches the reduced pair."""
    wide = oracle.population(Mixture([[1] * 50, [-1] * 50]), digits=15)
    narrow = oracle.population(Mixture([[5, 5], [-5, -5]]), digits=15)
    assert_close(wide.loss, narrow.loss, 15)


# --- Digits ---------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize(
    ("mixture", "truth"),
    [
        (THREE, None),
        (THREE, BUMPS),
        (TRIANGLE, None),
        (TRIANGLE, Mixture([[0, 0], [1, 2]])),
        (Mixture([20, 0, 1]), None),
        (Mixture(["1e-9", "-2e-9", "3e-9"]), None),
        (Mixture([[4, 0], [0, 3], [-1, -1]]), None),
        (Mixture([1, -1], ["1e-40", 1]), None),
        pytest.param(Mixture([[-12, 35], [0, 37], [12, 35]]), None, marks=pytest.mark.slow),
    ],
    ids=["line", "bumps", "triangle", "pair", "far", "tiny", "wide", "light", "arc"],
)
def test_digits_are_honest(mixture, truth):
    """What 10 digits say, 20 digits confirm, in every entry."""
    coarse = oracle.population(mixture, digits=10, truth=truth)
    fine = oracle.population(mixture, digits=20, truth=truth)
    assert_same_population(coarse, fine, 10)


def test_twenty_digits_agree_with_forty():
    """The same at higher precision, on the line."""
    assert_same_population(
        oracle.population(THREE, digits=20), oracle.population(THREE, digits=40), 20
    )


@pytest.mark.parametrize("mixture", [THREE, TRIANGLE])
def test_agreement_decides_not_the_first_order(mixture, monkeypatch):
    """From far too coarse a rule the refinement still reaches every digit."""
    expected = oracle.population(mixture, digits=15)
    monkeypatch.setattr(refinement, "_order", lambda *_: 8.0)
    assert_same_population(oracle.population(mixture, digits=15), expected, 15)


def test_precision_of_mpmath_is_restored():
    """The process-wide precision is what it was, whatever the oracle needed inside."""
    before = mpmath.mp.prec
    oracle.population(THREE, digits=50)
    oracle.gradient_em(THREE, 1, steps=1)
    assert mpmath.mp.prec == before


def test_shapes():
    """The fields have the documented shapes and hold mpf numbers."""
    population = oracle.population(TRIANGLE, digits=5)
    assert population.overlap.shape == (3, 3)
    assert population.gradient.shape == population.means.shape == (3, 2)
    assert population.responsibilities.shape == population.weights.shape == (3,)
    for array in (population.overlap, population.gradient, population.means, population.weights):
        assert all(isinstance(entry, mpmath.mpf) for entry in array.flat)
    assert isinstance(population.loss, mpmath.mpf)


# --- Trajectories ---------------------------------------------------------------------------------


def test_single_component_contracts_geometrically():
    """n = 1: mu(t) = (1 - eta)^t mu(0)."""
    path = oracle.gradient_em(Mixture([[2, -1]]), "1/4", steps=5)
    assert path.shape == (6, 1, 2)
    ratio = mpmath.mpf(3) / 4
    assert_close(path[5, 0], np.array([2, -1]) * ratio**5, 30)


def test_a_step_follows_the_gradient():
    """Each iterate is the one before minus the step size times its gradient."""
    path = oracle.gradient_em(THREE, Fraction(7, 10), steps=3)
    eta = mpmath.mpf(7) / 10
    gradient = oracle.population(THREE).gradient
    assert_close(path[1], path[0] - eta * gradient, 29)
    second = Mixture([_exactly(row[0]) for row in path[1]], THREE.weights)
    assert_close(path[2], path[1] - eta * oracle.population(second).gradient, 29)


@pytest.mark.long
def test_collinear_start_off_the_origin_turns():
    """Three means on a line off the origin leave that line, within the plane through the origin,
    exactly as in that plane's own coordinates."""
    start = Mixture([[-1, 1], [0, 1], [2, 1]])
    embedded = Mixture([[3 * x / 5, y, 4 * x / 5] for x, y in start.means])
    path = oracle.gradient_em(start, 1, steps=3, digits=12)
    laid = oracle.gradient_em(embedded, 1, steps=3, digits=12)
    edges = path[3][1:] - path[3][0]
    assert abs(edges[0, 0] * edges[1, 1] - edges[0, 1] * edges[1, 0]) > 1e-3
    assert_close(laid[3][:, 0], path[3][:, 0] * 3 / 5, 12)
    assert_close(laid[3][:, 1], path[3][:, 1], 12)


def test_truth_is_a_fixed_point():
    """Started at a mixture truth, gradient EM stays."""
    pair = Mixture([-1, 2])
    path = oracle.gradient_em(pair, 1, steps=2, digits=10, truth=pair)
    assert_close(path[2], path[0], 10)


def _exactly(value):
    sign, mantissa, exponent, _ = value._mpf_
    return Fraction(-int(mantissa) if sign else int(mantissa)) * Fraction(2) ** exponent


# --- Limits and bad input -------------------------------------------------------------------------


def test_rank_above_three_is_refused():
    """Five points in general position span four dimensions."""
    corners = np.eye(5, dtype=int).tolist()
    with pytest.raises(UnsupportedRank, match="at most 3"):
        oracle.population(Mixture(corners))
    with pytest.raises(UnsupportedRank):
        oracle.population(Mixture(corners[:4]), truth=Mixture([[0] * 5, [1] * 5]))


def test_rank_is_decided_exactly():
    """A bend of 1e-300 is a dimension, a straight line is a line."""
    line = Mixture([[0, 0], ["0.1", "0.1"], ["0.3", "0.3"]])
    bends = ["1e-300" if k == axis else 0 for axis in range(3) for k in range(3)]
    bent = [[0] * 4, *([k + 1, *bends[3 * k : 3 * k + 3]] for k in range(3)), [9, 0, 0, 0]]
    oracle.population(line, digits=3)
    with pytest.raises(UnsupportedRank):
        oracle.population(Mixture(bent))


def test_a_tiny_bend_changes_nothing():
    """Means 1e-300 off a line have the quantities of the line."""
    flat = oracle.population(Mixture([[0], [1], [2]]), digits=15)
    bent = oracle.population(Mixture([[0, 0], [1, "1e-300"], [2, 0]]), digits=15)
    assert_close(bent.loss, flat.loss, 15)
    assert_close(bent.overlap, flat.overlap, 15)
    assert_close(bent.gradient[:, 0], flat.gradient[:, 0], 15)


@pytest.mark.parametrize("means", [[1e5, 0], [[60, 0], [0, 60], [0, 0]], [1e200, 0]])
def test_grids_out_of_reach_are_refused_at_once(means):
    """Too large a spread says so instead of running for hours."""
    with pytest.raises(TooExpensive, match="oracle"):
        oracle.population(Mixture(means))


def test_a_loss_below_the_resolution_is_refused(monkeypatch):
    """The search for lost digits ends: means of 1e-60 have a loss of about 1e-121."""
    monkeypatch.setattr(refinement, "_MAX_LOST_DIGITS", 100)
    with pytest.raises(TooExpensive, match="too small"):
        oracle.population(Mixture(["1e-60", 0]))


@pytest.mark.parametrize(
    ("digits", "error"),
    [
        (0, InvalidValue),
        (-3, InvalidValue),
        (10**6, InvalidValue),
        pytest.param(10**5000, InvalidValue, id="huge"),
        (True, InvalidType),
        ("9", InvalidType),
        (1.5, InvalidType),
    ],
)
def test_digits_are_checked(digits, error):
    """A message names the argument."""
    with pytest.raises(error, match="digits"):
        oracle.population(THREE, digits=digits)
    with pytest.raises(error, match="digits"):
        oracle.gradient_em(THREE, 1, steps=1, digits=digits)


def test_other_input_is_checked():
    """So do the messages about the other arguments."""
    with pytest.raises(InvalidType, match="mixture"):
        oracle.population([1, 2])
    with pytest.raises(InvalidValue, match="truth"):
        oracle.population(THREE, truth=TRIANGLE)
    with pytest.raises(InvalidValue, match="step_size"):
        oracle.gradient_em(THREE, 0, steps=1)
    with pytest.raises(InvalidValue, match="steps"):
        oracle.gradient_em(THREE, 1, steps=-1)
    with pytest.raises(InvalidType, match="steps"):
        oracle.gradient_em(THREE, 1, steps=1.5)


def test_oracle_shares_no_numeric_code():
    """It imports nothing of the package but exact input and errors, and no flint."""
    files = Path(oracle.__file__).parent.glob("*.py")
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    modules |= {
        alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names
    }
    ours = {name for name in modules if name.startswith("theorycheck.")}
    assert {".".join(name.split(".")[:2]) for name in ours} == {
        "theorycheck.errors",
        "theorycheck.inputs",
        "theorycheck.oracle",
    }
    assert not any(name.startswith(("flint", "scipy")) for name in modules)
