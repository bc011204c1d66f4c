"""Proofs through the set on which all means agree."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import flint
import numpy as np
import pytest

import theorycheck as tc
from theorycheck.arithmetic.arithmetics import ball
from theorycheck.arithmetic.jets import Jet
from theorycheck.expectations.population import population
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.region import Region
from theorycheck.regions import equality
from theorycheck.regions.equality import lower_bounds_through, order_of_equality
from theorycheck.regions.frame import Frame
from theorycheck.regions.proof import digest, prove
from theorycheck.regions.replay import replay
from theorycheck.regions.tree import LEAF, TOUCHING, packed, unpacked
from theorycheck.statements.claim import Claim, inequality
from theorycheck.statements.comparison import at_most

NEAR = {"weights": ("2/5", "3/5"), "step_size": ("1/2", 1)}
LINE = Region(2, means=("1", "11/10"), **NEAR)
ANY = Region(2, dimension="any", radius_at_most=1, radius_at_least="9/10", **NEAR)


def claim(id: str) -> Claim:
    return tc.claims.get(id)


@pytest.mark.parametrize("region", [LINE, ANY])
@pytest.mark.parametrize(
    ("id", "order"),
    [
        ("loss-upper", 2),
        ("responsibility-floor", 2),
        ("em-decrease", 2),
        ("gradient-fisher", 4),
        ("loss-component-bound", None),
        ("energy-decrease", None),
        ("loss-sign", None),
        ("lojasiewicz-sharp", None),
    ],
)
def test_the_order_of_an_equality_is_found_exactly(region: Region, id: str, order: Any) -> None:
    assert order_of_equality(claim(id), Frame.of(region, claim(id))) == order


FIELDS = ("loss", "fisher_divergence", "responsibilities", "overlap", "gradient", "positions")


def jets_at(m: float, s: float, p: float, sizes: tuple[float, float, float]) -> Any:
    """The quantities that a claim sees, as jets over one box of (m, s, pi_1)."""
    seen: dict[str, list[Jet]] = {}

    @inequality("seen", "x")
    def look(at: Any) -> Any:
        first = (at.loss, at.fisher_divergence, at.responsibilities)
        found = (*first, at.overlap, at.gradient, at.positions)
        for name, value in zip(FIELDS, found, strict=True):
            seen[name] = list(np.atleast_1d(np.asarray(value, dtype=object)).ravel())
        return at.loss

    frame = Frame.of(Region(2, means=(-3, 3), weights=("1/10", "9/10")), look)
    pencil, _, _ = equality._pencil(frame, *frame.root)
    middle, half = np.array([[m], [s], [p]]), np.array(sizes)[:, None]
    equality._jets(look, pencil, middle - half, middle + half, 4, arb=False)
    return seen


def coefficients(m: Any, s: Any, p: Any) -> dict[str, list[list[float]]]:
    """Taylor coefficients by a polynomial through 9 points in balls of many digits."""
    step, count = Fraction(1, 1000), 9
    m, s, p = (Fraction(x) for x in (m, s, p))
    rows: dict[str, list[Any]] = {name: [] for name in FIELDS}
    for j in range(count):
        t = s + (j - count // 2) * step
        found = population(Mixture([m + (1 - p) * t, m - p * t], [p, 1 - p]), arithmetic=ball(60))
        for name in FIELDS:
            rows[name].append(np.atleast_1d(np.asarray(getattr(found, name), dtype=object)).ravel())
    nodes = [(j - count // 2) * step for j in range(count)]
    return {
        name: [_polynomial(nodes, [row[k] for row in values]) for k in range(len(values[0]))]
        for name, values in rows.items()
    }


def _polynomial(nodes: list[Fraction], values: list[flint.arb]) -> list[float]:
    matrix = flint.fmpq_mat(
        [[flint.fmpq(x.numerator, x.denominator) ** k for k in range(len(nodes))] for x in nodes]
    ).inv()
    with ball(60).scope():
        return [
            float(sum(flint.arb(matrix[k, j]) * value for j, value in enumerate(values)))
            for k in range(5)
        ]


@pytest.mark.parametrize("place", [(1.0, 0.0, 0.45), (-0.5, 0.0, 0.25), (0.25, 0.5, 0.75)])
def test_jets_of_populations_are_those_of_taylor(place: tuple[float, float, float]) -> None:
    """Thin boxes: also the exact coefficients, which are those at s = 0."""
    found, expected = jets_at(*place, (1e-9,) * 3), coefficients(*place)
    for name in FIELDS:
        for jet, values in zip(found[name], expected[name], strict=True):
            for k, value in enumerate(values):
                ends = jet.coefficient(k).span
                assert ends.lo[0] - 1e-6 <= value <= ends.hi[0] + 1e-6, (name, k)
                assert ends.hi[0] - ends.lo[0] < 1e-3
            assert jet.exact is not None
            if place[1] == 0:
                for k, value in enumerate(values[:4]):
                    entry = jet.exact[k] if k < len(jet.exact) else 0
                    assert math.isclose(evaluated(entry, place), value, abs_tol=1e-8), (name, k)


def evaluated(entry: Any, place: tuple[float, float, float]) -> float:
    if isinstance(entry, int):
        return entry
    values = []
    for part in (entry.above, entry.below):
        total = 0.0
        for powers, factor in part.to_dict().items():
            total += float(factor) * math.prod(
                x ** int(power) for x, power in zip(place, powers, strict=True)
            )
        values.append(total)
    return values[0] / values[1]


def test_jets_over_a_box_hold_those_at_its_points() -> None:
    sizes = (0.05, 0.05, 0.02)
    found = jets_at(0.8, 0.0, 0.4, sizes)
    random = np.random.default_rng(4)
    for _ in range(4):
        shares = random.choice([-1.0, 1.0, random.uniform(-1, 1)], 3)
        place = np.array([0.8, 0.0, 0.4]) + shares * sizes
        for name, rows in coefficients(*place.tolist()).items():
            for jet, values in zip(found[name], rows, strict=True):
                for k, value in enumerate(values):
                    ends = jet.coefficient(k).span
                    assert ends.lo[0] - 1e-6 <= value <= ends.hi[0] + 1e-6, (name, k)


@pytest.mark.long
@pytest.mark.parametrize(
    ("id", "end"),
    [("loss-upper", "21/20"), ("responsibility-floor", "21/20"), ("em-decrease", "101/100")],
)
def test_claims_are_proved_through_the_set_and_replayed(id: str, end: str, tmp_path: Path) -> None:
    region = Region(2, means=("1", end), weights=("49/100", "51/100"))
    proof = prove(claim(id), region, output=tmp_path, time_limit=100)
    assert proof.verdict == "proved"
    assert proof.bound == 0.0  # as both sides agree somewhere
    assert sum(int((level == TOUCHING).sum()) for level in proof.levels) > 0
    assert region.contains(Mixture([1, 1]))
    found = replay(tmp_path)
    assert (found.verdict, found.failed, found.bound) == ("proved", 0, 0.0)


@pytest.mark.long
def test_a_fourth_order_is_gone_through(tmp_path: Path) -> None:
    region = Region(2, means=("1", "201/200"), weights=("49/100", "51/100"))
    proof = prove(claim("gradient-fisher"), region, output=tmp_path, time_limit=100)
    assert proof.verdict == "proved"
    assert replay(tmp_path).verdict == "proved"


def test_in_every_dimension_too() -> None:
    region = Region(2, dimension="any", radius_at_most="1/20", weights=("9/20", "11/20"))
    assert region.contains(Mixture([[0, 0, 0], [0, 0, 0]]))  # even at the optimum
    assert prove(claim("loss-upper"), region, time_limit=100).verdict == "proved"


def test_what_is_false_near_the_set_is_not_proved() -> None:
    """Sides that agree there exactly, the wrong way round or in an odd order."""

    @inequality("reversed", "W / 2 <= L")
    def reversed_(at: Any) -> Any:
        return at_most(at.weighted_distance / 2, at.loss)

    @inequality("odd", "mu_2 <= mu_1")
    def odd(at: Any) -> Any:
        return at_most(at.means[1, 0], at.means[0, 0])

    @inequality("far", "W <= 2 L + s^2, less a millionth")
    def far(at: Any) -> Any:
        gap = at.means[0, 0] - at.means[1, 0]
        return at_most(at.weighted_distance + gap * gap * at.number("1/1000000"), 2 * at.loss)

    for false in (reversed_, odd, far):
        proof = prove(false, LINE, time_limit=5)
        assert proof.verdict == "refuted", false.id
    assert order_of_equality(odd, Frame.of(LINE, odd)) is None


@pytest.mark.long
def test_an_equality_within_rounding_is_none() -> None:
    """1e-40 between the sides: balls of float64 do not see it, exact algebra does."""

    @inequality("nearly-equal", "W <= W - 1e-40 + s^2")
    def nearly(at: Any) -> Any:
        gap = at.means[0, 0] - at.means[1, 0]
        size = at.weighted_distance
        return at_most(size, size + gap * gap - at.number(Fraction(1, 10**40)))

    assert order_of_equality(nearly, Frame.of(LINE, nearly)) is None
    assert prove(nearly, LINE, time_limit=2).verdict != "proved"


def test_a_strict_inequality_is_not_proved_through_the_set() -> None:
    @inequality("strict", "0 < s^2", strict=True)
    def strict(at: Any) -> Any:
        gap = at.means[0, 0] - at.means[1, 0]
        return at_most(0, gap * gap)

    assert order_of_equality(strict, Frame.of(LINE, strict)) is None
    assert prove(strict, LINE, time_limit=1).verdict != "proved"


def test_a_box_of_another_kind_is_not_confirmed(tmp_path: Path) -> None:
    """Leaves that are said to be proved through the set, and are not."""
    region = Region(2, means=((1, 2), (-2, -1)), weights=("2/5", "3/5"))
    for id in ("loss-upper", "loss-component-bound"):  # of the second the sides never agree
        saved = prove(claim(id), region).save(tmp_path)
        data = json.loads(saved.read_text())
        levels = [np.where(x == LEAF, TOUCHING, x) for x in unpacked(data["tree"])]
        data["tree"] = packed(levels)
        data["hash"] = digest(data)
        saved.write_text(json.dumps(data))
        found = replay(tmp_path)
        assert found.verdict == "undecided"
        assert found.failed > 0


def test_bounds_through_the_set_hold_at_points() -> None:
    """The coefficient times s^2 is a lower bound of what the sides differ by."""
    frame = Frame.of(LINE, claim("loss-upper"))
    lo = np.array([[1.0], [1.01], [0.4]])
    hi = lo + np.array([[0.03], [0.03], [0.02]])
    (lowest,) = lower_bounds_through(claim("loss-upper"), frame, lo, hi, 2)
    assert lowest[0] > 0
    random = np.random.default_rng(2)
    for _ in range(30):
        a, b, p = (lo + random.uniform(0, 1, (3, 1)) * (hi - lo))[:, 0].tolist()
        case = Case(Mixture([a, b], [Fraction(p), 1 - Fraction(p)]))
        found = population(case.mixture, arithmetic=ball(30))
        distance = Fraction(p) * Fraction(a) ** 2 + (1 - Fraction(p)) * Fraction(b) ** 2
        with ball(30).scope():
            gap = flint.arb(flint.fmpq(distance.numerator, distance.denominator)) / 2 - found.loss
            assert gap >= flint.arb(lowest[0]) * (flint.arb(a) - flint.arb(b)) ** 2


def test_the_pencil_holds_the_boxes_and_s_0() -> None:
    """On either side of the diagonal, and across it."""
    frame = Frame.of(LINE, claim("loss-upper"))
    random = np.random.default_rng(6)
    lo = np.vstack([random.uniform(-1, 1, (2, 50)), random.uniform(0.4, 0.5, (1, 50))])
    hi = lo + random.uniform(0, 0.3, (3, 50)) * [[1], [1], [0.3]]
    for arb in (False, True):
        _, low, high = equality._pencil(frame, lo, hi, arb=arb)
        assert (low[1] <= 0).all()
        assert (high[1] >= 0).all()
        for _ in range(20):
            a, b, p = lo + random.choice([0, 1, random.uniform()], (3, 1)) * (hi - lo)
            for row, value in ((0, p * a + (1 - p) * b), (1, a - b), (2, p)):
                assert (low[row] <= value + 1e-15).all()
                assert (high[row] >= value - 1e-15).all()
