"""`escape_bounds`: the figures that are known, certificates, and clear errors."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from fractions import Fraction

import flint
import numpy as np
import pytest

import theorycheck as tc
from helpers.simulation import steps_until
from theorycheck.arithmetic.arithmetics import Ball, as_fmpq
from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.region import Region
from theorycheck.traps.certified import PRECISION, TubeCertificate
from theorycheck.traps.closed_form import log_steps_above
from theorycheck.traps.escape_bounds import check_escape_bounds, escape_bounds


@pytest.mark.parametrize(("radius", "steps"), [(3, 4), (4, 8), (5, 24), (6, 88)])
def test_symmetric_starts_leave_when_they_are_known_to(radius, steps) -> None:
    found = escape_bounds(Mixture([radius, -radius, 0]), step_size=1)
    assert (found.steps_lower, found.steps_upper) == (steps, steps)
    assert (found.far, found.near, found.method) == ((0, 1), (2,), "tube")
    assert found.log_steps_lower <= math.log(steps) <= found.log_steps_upper


@pytest.mark.long
def test_longer_traps_are_enclosed_within_a_percent() -> None:
    seven = escape_bounds(Mixture([7, -7, 0]), step_size=1)
    assert 412 <= seven.steps_lower <= 414 <= seven.steps_upper <= 415
    twelve = escape_bounds(Mixture([12, -12, 0]), step_size=1)
    assert 0.99 * 3.7054e7 < twelve.steps_lower < 3.7054e7 < twelve.steps_upper < 1.01 * 3.7054e7


IN_THE_PLANE = [
    ([[5, 0], [0, 5], [0, 0]], None, 23, 23, 23),
    ([[5, 1], ["0.2", "-0.1"]], None, 26, 26, 26),
]
SLOW_IN_THE_PLANE = [
    ([["6.5", 0], [-3, 6], ["0.1", "0.05"]], ["0.3", "0.3", "0.4"], 213, 215, 217),
    ([[8, 1], [-2, 8], ["0.1", "-0.05"]], ["0.25", "0.35", "0.4"], 3560, 3575, 3590),
]


@pytest.mark.parametrize(
    ("means", "weights", "least", "true", "most"),
    [*IN_THE_PLANE, *(pytest.param(*row, marks=pytest.mark.slow) for row in SLOW_IN_THE_PLANE)],
)
def test_starts_in_the_plane_are_enclosed(means, weights, least, true, most) -> None:
    """The true times are those of a simulation by plain sums."""
    found = escape_bounds(Mixture(means, weights), step_size=1)
    assert found.method == "tube"
    assert least <= found.steps_lower <= true <= found.steps_upper <= most


@pytest.mark.slow
def test_two_near_means_and_a_radius() -> None:
    start = Mixture(["9", "-10", "0.05", "-0.03"], ["0.2", "0.3", "0.25", "0.25"])
    found = escape_bounds(start, 1, radius="8.89")
    assert found.steps_lower <= steps_until(start, 1.0, 8.89, (0, 1)) <= found.steps_upper
    assert (found.steps_lower, found.steps_upper) == (6668, 6669)


@pytest.mark.long
@pytest.mark.parametrize("eta", ["1", "0.7", "0.05"])
@pytest.mark.parametrize(
    ("means", "weights"),
    [
        (["4.2", "0.3"], ["0.35", "0.65"]),
        (["5", "-4.5", "0.2", "-0.4"], ["0.25", "0.25", "0.1", "0.4"]),
        (["3", "2.5", "-3.5", "0.2", "0", "0.1"], None),
        (["3", "-3.2"], None),
        (["1.5"], None),
    ],
)
def test_bounds_hold_for_simulated_starts(means, weights, eta) -> None:
    start = Mixture(means, weights)
    found = escape_bounds(start, eta)
    true = min(
        steps_until(start, float(eta), 5 / 6 * abs(float(start.means[i][0])), (i,))
        for i in found.far
    )
    assert found.steps_lower <= true <= found.steps_upper
    assert found.steps_upper <= 1.02 * found.steps_lower + 1


def test_a_region_is_enclosed_for_all_of_its_starts() -> None:
    region = Region(components=3, means=[(4, "4.25"), ("-5.25", -5), (0, 0)])
    found = escape_bounds(region, 1)
    for a in (4, 4.1, 4.25):
        for b in (5, 5.2, 5.25):
            start = Mixture([a, -b, 0])
            true = min(steps_until(start, 1.0, 5 / 6 * r, (i,)) for i, r in ((0, a), (1, b)))
            assert found.steps_lower <= true <= found.steps_upper
    assert found.steps_upper <= 2.5 * found.steps_lower


def test_it_does_not_matter_where_the_line_and_the_truth_are() -> None:
    here = escape_bounds(Mixture([5, -4, 0]), 1)
    axis = escape_bounds(Mixture([[0, 5], [0, -4], [0, 0]]), 1)
    moved = escape_bounds(Mixture([7, -2, 2]), 1, truth=Mixture([2]))
    turned = escape_bounds(Mixture([[3, 4], ["-2.4", "-3.2"], [0, 0]]), 1)
    root = escape_bounds(Mixture([[1, 2, 3], [-1, -2, -3], [0, 0, 0]]), 1)
    assert here.steps_lower == axis.steps_lower == moved.steps_lower == turned.steps_lower
    assert here.steps_upper == axis.steps_upper == moved.steps_upper == turned.steps_upper
    assert turned.certificate.question.dimension == root.certificate.question.dimension == 1
    assert root.certificate.question.low[0] ** 2 <= 14 <= root.certificate.question.high[0] ** 2


def test_it_does_not_matter_where_the_plane_and_the_truth_are() -> None:
    """By turns of 90 degrees about an axis, of any angle, and by a shift."""
    here = escape_bounds(Mixture([[3, 0], [0, 4], [0, 0]]), 1)
    others = [
        escape_bounds(Mixture([[0, 3, 0], [0, 0, 4], [0, 0, 0]]), 1),
        escape_bounds(Mixture([["1.8", "2.4"], ["-3.2", "2.4"], [0, 0]]), 1),
        escape_bounds(Mixture([[1, 1, 2], [3, -1, "0.5"], [0, 0, 0]]), 1),
        escape_bounds(Mixture([[4, -1], [1, 3], [1, -1]]), 1, truth=Mixture([[1, -1]])),
    ]
    for found in (here, *others):
        assert found.method == "tube"
        assert found.certificate.question.dimension == 2
    for k in (0, 1, 3):
        assert others[k].steps_lower == here.steps_lower
        assert others[k].steps_upper == here.steps_upper


def test_a_start_beyond_the_grids_of_the_plane_has_formulas() -> None:
    found = escape_bounds(Mixture([[18, 0], [0, 18], [0, 0]]), 1)
    assert found.method == "closed form"
    assert found.log_steps_lower < found.log_steps_upper


def test_a_radius_beyond_the_start_is_left_at_once() -> None:
    found = escape_bounds(Mixture([5, -5, 0]), 1, radius=6)
    assert (found.steps_lower, found.steps_upper) == (0, 0)
    assert found.log_steps_lower == found.log_steps_upper == -math.inf


@pytest.mark.parametrize(
    "m",
    [
        Mixture([[3, 4], [0, -6], [0, 0]]),
        Mixture([30, -5, 0]),
        Mixture([5, -6, 0, 0, 0, 0, 0]),
        Region(components=3, means=[(-30, -29), (-5, "-4.5"), (0, 0)]),
    ],
)
@pytest.mark.parametrize("radius", [5, "5.5", 10**9])
def test_formulas_know_a_start_within_the_radius(m, radius) -> None:
    """One far mean within it is enough, on the sphere itself too."""
    found = escape_bounds(m, 1, far=(0, 1), radius=radius)
    assert found.method == "closed form"
    assert (found.steps_lower, found.steps_upper) == (0, 0)
    assert found.log_steps_lower == found.log_steps_upper == -math.inf


def test_formulas_leave_open_where_some_starts_are_within_the_radius() -> None:
    region = Region(components=2, means=[(-30, -29), (0, 0)])
    assert escape_bounds(region, 1, radius="29.5").steps_lower == 0
    assert escape_bounds(region, 1, radius="29.5").steps_upper > 0
    assert escape_bounds(region, 1, radius="28.5").steps_lower == 1
    # Here the ball of the squared norm overlaps that of the squared radius
    third = Mixture([["1/3", 0], [0, 1]])
    assert escape_bounds(third, 1, far=(0,), radius="1/3").steps_lower == 0


def test_formulas_count_from_the_nearest_starts_of_a_region() -> None:
    """Some of its starts are slower to leave than those at either end of all ranges."""
    region = Region(components=2, means=[(-30, -24), (0, 0)])
    found = escape_bounds(region, 1)
    for radius in (24, 27, 30):
        true = escape_bounds(Mixture([-radius, 0]), 1)
        assert true.log_steps_upper <= found.log_steps_upper
    mirrored = escape_bounds(Region(components=2, means=[(24, 30), (0, 0)]), 1)
    assert mirrored.log_steps_upper == found.log_steps_upper
    # U of the far end, rho of the near one: by hand
    size, rho = 30.0, 20.0
    q = size / 2 + math.log(2) / rho
    log_count = math.log(size**2 * q / rho**2) + (q + 1 / q) ** 2 / 2 + math.log(2 * math.pi) / 2
    assert found.log_steps_upper == pytest.approx(log_count, rel=1e-12)


def test_formulas_reach_what_tubes_do_not() -> None:
    """The true time from 30 is known from the symmetric family; it is between the formulas."""
    found = escape_bounds(Mixture([30, -30, 0]), 1)
    true = tc.escape_time(1, 3, 1, start=30, end=25)
    assert found.method == "closed form"
    assert found.certificate is None
    assert found.log_steps_lower <= true.log_steps_lower
    assert true.log_steps_upper <= found.log_steps_upper
    assert found.steps_lower == math.floor(found.steps_lower)
    space = escape_bounds(Mixture([[9, 0, 0], [0, -9, 0], [0, 0, "0.1"]]), 1)
    assert space.method == "closed form"
    assert 1 < space.steps_lower < space.steps_upper


def test_starts_too_far_to_be_written_out_have_a_logarithm() -> None:
    found = escape_bounds(Mixture([400, -400, 0]), 1)
    assert found.steps_lower is None
    assert found.steps_upper is None
    assert 1e4 < found.log_steps_lower < found.log_steps_upper


@pytest.mark.long
def test_a_certificate_is_read_back_and_checked_in_arb_alone(tmp_path) -> None:
    found = escape_bounds(Mixture(["5.5", "0.2"], ["1/3", "2/3"]), 1)
    found.certificate.save(tmp_path / "tube.json")
    assert TubeCertificate.from_file(tmp_path / "tube.json") == found.certificate
    again = check_escape_bounds(tmp_path / "tube.json")
    assert (again.steps_lower, again.steps_upper) == (found.steps_lower, found.steps_upper)


@pytest.mark.long
@pytest.mark.parametrize("n", [4, pytest.param(6, marks=pytest.mark.slow)])
def test_a_certificate_with_weights_of_1000_digits_is_read_back(n, tmp_path) -> None:
    """The weights are kept exactly, and the frame has entries of its own, of few digits."""
    rng = np.random.default_rng(1)
    weights = [int("".join(map(str, rng.integers(1, 10, 1000)))) for _ in range(n)]
    mixture = tc.Mixture([4, -4, "0.1", "-0.05", "0.02", "0.3"][:n], weights)
    found = tc.escape_bounds(mixture, 1)
    found.certificate.save(tmp_path / "tube.json")
    again = tc.check_escape_bounds(tmp_path / "tube.json")
    assert (again.steps_lower, again.steps_upper) == (found.steps_lower, found.steps_upper)
    assert again.certificate.question.weights == mixture.weights
    assert max(len(str(entry)) for row in found.certificate.frame.rows for entry in row) < 500


def test_a_certificate_that_could_not_be_read_is_not_written(tmp_path) -> None:
    """Seen from the truth, a mean may have more digits than are read."""
    mean, truth = (Fraction(10**1500 + k, 10**1500 + k + 1) for k in (1, 3))
    found = escape_bounds(Mixture([4 + mean, 0]), 1, truth=Mixture([truth]))
    with pytest.raises(InvalidValue, match="the certificate cannot be stored"):
        found.certificate.save(tmp_path / "tube.json")
    assert list(tmp_path.iterdir()) == []


def test_a_certificate_in_the_plane_is_read_back_and_checked_in_arb_alone(tmp_path) -> None:
    found = escape_bounds(Mixture([["3.5", "0.2"], [0, "0.1"]], ["1/3", "2/3"]), 1)
    found.certificate.save(tmp_path / "tube.json")
    assert TubeCertificate.from_file(tmp_path / "tube.json") == found.certificate
    again = check_escape_bounds(tmp_path / "tube.json")
    assert (again.steps_lower, again.steps_upper) == (found.steps_lower, found.steps_upper)


@pytest.mark.slow
def test_macro_steps_in_the_plane_are_checked_in_arb_alone() -> None:
    found = escape_bounds(Mixture([["4.2", "0.5"], ["-0.2", "0.3"]], ["0.3", "0.7"]), "0.1")
    assert any(step.levels for step in found.certificate.steps)
    again = check_escape_bounds(found.certificate)
    assert (again.steps_lower, again.steps_upper) == (found.steps_lower, found.steps_upper)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dimension", 1),
        ("dimension", 3),
        ("weights", ["1/2", "1/4", "1/4"]),
        ("low", [4, 0, 0]),
        ("low", [-4, 0, 0, 0]),
        ("frame", [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]),
        ("frame", [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]),
        ("frame", [[-1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]),
    ],
)
def test_what_is_no_frame_of_the_plane_is_refused(name, value) -> None:
    """Far means have rows of length 1 of their own, the first of them in their direction."""
    found = escape_bounds(Mixture([[3, "0.1"], [0, "0.1"]]), 1).certificate.to_dict()
    assert found["dimension"] == 2
    text = json.dumps({**found, name: value})
    with pytest.raises((InvalidValue, InvalidType)):
        check_escape_bounds(TubeCertificate.from_dict(json.loads(text)))


def test_a_certificate_is_worth_what_its_steps_prove() -> None:
    """Whatever it says of first and last; and with its end cut off, no upper bound is left."""
    found = escape_bounds(Mixture([4, -4, 0]), 1).certificate
    boastful = replace(found, first=9, last=9)
    assert check_escape_bounds(boastful).steps_lower == 8
    assert check_escape_bounds(boastful).steps_upper == 8
    short = check_escape_bounds(replace(found, steps=found.steps[:3]))
    assert (short.steps_lower, short.steps_upper) == (4, None)


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("step_size", 2),
        ("frame", [[1, 0, 1], [0, -1, 0], [0, 0, 1]]),
        ("frame", [[2, 0, 0], [0, -1, 0], [0, 0, 1]]),
        ("frame", [[1, 0, 0], [0, -1, 0], [0, 0, 0]]),
        ("frame", [[1, 0, 0], [0, -1, 0], [0, 0, "1e-310"]]),
        ("frame", [[1, 0, 0], [0, -1, 0], [0, 0, "1e310"]]),
        ("weights", ["1/3", "1/3", "1/2"]),
        ("weights", ["1/3", "2/3", 0]),
        ("far", [0, 2]),
        ("far", []),
        ("far", [0, 1, 0, 1]),
        ("shrink", 1),
        ("shrink", -1),
        ("radius", 0),
        ("radius", -1),
        ("low", [5, -4, 0]),
        ("high", [21, -4, 0]),
        ("format", "something else"),
        ("steps", [{"count": 2}]),
        ("steps", [{"single": 60_000}] * 2),
    ],
)
def test_what_the_theorem_does_not_cover_is_refused(name, value) -> None:
    assert_refused({name: value})


def assert_refused(changed) -> None:
    found = escape_bounds(Mixture([4, -4, 0]), 1).certificate.to_dict()
    text = json.dumps({**found, **changed}, allow_nan=True)
    with pytest.raises((InvalidValue, InvalidType)):
        check_escape_bounds(TubeCertificate.from_dict(json.loads(text)))


@pytest.mark.parametrize("n", [0, 7])
def test_a_certificate_is_for_few_means(n) -> None:
    """The rounding of `field` is counted for at most 6."""
    rows = [[(-1) ** (i > 0) * int(i == k) for k in range(n)] for i in range(n)]
    means = [4, *([-4] * (n - 1))] if n else []
    weights = [f"1/{n}"] * n
    far = list(range(n))
    assert_refused({"low": means, "high": means, "weights": weights, "far": far, "frame": rows})


@pytest.mark.parametrize(
    "changed",
    [
        {"lower": [[-(10**400), 1]] * 3},
        {"upper": [[float("nan"), 1]] * 3},
        {"upper": [["-inf", 1]] * 3},
        {"levels": [[2, float("-inf"), 1]]},
        {"levels": [[float("inf"), -1, 1]]},
        {"levels": [[3, -1, 1]]},
        {"levels": [["2", -1, 1]]},
        {"count": 0},
    ],
)
def test_steps_that_cannot_be_read_are_refused(changed) -> None:
    step = {"count": 2, "lower": [[-1, 1]] * 3, "upper": [[-1, 1]] * 3, "levels": []}
    assert_refused({"steps": [{**step, **changed}]})


@pytest.mark.parametrize(
    "changed",
    [
        {"lower": [[-1e300, 1]] * 3},
        {"levels": [[2, -1e300, 1e300]]},
        {"levels": [[2, -2000, 2000]]},
        {"count": 10**400},
        {"lower": [[1, -1]] * 3},
    ],
)
def test_a_step_that_cannot_be_checked_proves_nothing(changed) -> None:
    """What was shown before it counts."""
    found = escape_bounds(Mixture([4, -4, 0]), 1).certificate.to_dict()
    step = {"count": 2, "lower": [[-1, 1]] * 3, "upper": [[-1, 1]] * 3, "levels": [], **changed}
    steps = [{"single": 2}, step, *found["steps"]]
    checked = check_escape_bounds(TubeCertificate.from_dict({**found, "steps": steps}))
    assert (checked.steps_lower, checked.steps_upper) == (3, None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"step_size": 0}, "step_size is 0"),
        ({"step_size": "1.5"}, "step_size is 1.5"),
        ({"shrink": 1}, "shrink is 1; it must be above 0 and below 1"),
        ({"radius": -1}, "radius is -1"),
        ({"far": []}, "at least one index"),
        ({"far": [3]}, "far is 3; give at most 2"),
        ({"far": [0, 0]}, "each once"),
        ({"far": [2]}, "far holds 2, a mean that may be at the truth"),
        ({"truth": Mixture([-1, 1])}, "truth has 2 components"),
        ({"truth": Mixture([[1, 1]])}, "truth has dimension 2"),
        ({"m": Mixture([0, 0])}, "m is at the truth"),
        ({"m": Region(components=2)}, "no ranges for its means"),
        ({"m": Region(components=2, means=(1, 2), weights=("0.2", "0.8"))}, "ranges of weights"),
        ({"m": Region(components=2, dimension=2, means=(1, 2))}, "dimension 2"),
    ],
)
def test_bad_values_are_named(arguments, message) -> None:
    given = {"m": Mixture([5, -5, 0]), "step_size": 1, **arguments}
    with pytest.raises(InvalidValue, match=message):
        escape_bounds(**given)


@pytest.mark.parametrize("arguments", [{"m": [5, -5]}, {"far": "01"}, {"far": 1}, {"truth": 0}])
def test_wrong_types_are_named(arguments) -> None:
    given = {"m": Mixture([5, -5, 0]), "step_size": 1, **arguments}
    with pytest.raises(InvalidType):
        escape_bounds(**given)


def test_weights_may_be_so_small_that_their_squares_are_not_doubles() -> None:
    tiny = Fraction(1, 10**200)
    found = escape_bounds(Mixture([5, -5, 0], ["1/2", Fraction(1, 2) - tiny, tiny]), 1)
    assert (found.steps_lower, found.steps_upper) == (1, 1)  # E tanh(5x) x is below 1


@pytest.mark.parametrize("size", [Fraction(1, 10**400), Fraction(10**400)], ids=["tiny", "huge"])
def test_the_largest_means_are_found_exactly(size) -> None:
    assert escape_bounds(Mixture([size, 0, -size, size / 2]), 1).far == (0, 2)


def test_weights_are_exact() -> None:
    found = escape_bounds(Mixture([4, 0], ["1/3", "2/3"]), "1/2")
    assert found.certificate.question.weights == (Fraction(1, 3), Fraction(2, 3))


@pytest.mark.parametrize("radius", ["0.5", 2, "4.999", 5])
def test_the_formula_from_above_is_rounded_up(radius) -> None:
    """Of U = 25 and a radius of at most 5; for others the theorem says nothing."""
    least, eta, rho = Fraction(1, 7), Fraction(1, 3), Fraction(radius)
    with PRECISION.scope():
        found = log_steps_above(flint.arb(25), least, eta, flint.arb(as_fmpq(rho)))
        assert log_steps_above(flint.arb(25), least, eta, flint.arb("5.001")) is None
    with Ball(40).scope():
        q = flint.arb(5) / 2 + flint.arb(7).log() * rho.denominator / rho.numerator
        count = 25 * q * 9 / 5 / flint.arb(as_fmpq(rho)) ** 2
        exact = count.log() + (q + 1 / q) ** 2 / 2 + (2 * flint.arb.pi()).log() / 2
        assert exact <= flint.arb(found)
        assert flint.arb(found) < exact + flint.arb("1e-12")
