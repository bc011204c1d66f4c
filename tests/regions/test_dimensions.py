"""Two components in every dimension: places on a line, and its distance from 0."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import Any

import flint
import numpy as np
import pytest

import theorycheck as tc
from theorycheck.arithmetic.arithmetics import FLOAT64, ball
from theorycheck.arithmetic.boxes import BoxNumber, constant
from theorycheck.arithmetic.functions import squared_norms
from theorycheck.arithmetic.vectors import norm
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.region import Region
from theorycheck.regions.frame import Frame
from theorycheck.regions.point import BoxPoint
from theorycheck.regions.proof import prove
from theorycheck.regions.replay import replay
from theorycheck.statements.claim import inequality
from theorycheck.statements.comparison import at_most
from theorycheck.statements.decision import evaluate
from theorycheck.statements.point import Point

EVERYWHERE = Region(
    2,
    dimension="any",
    weights=("1/2", "1/2"),
    radius_at_least=1,
    radius_at_most="5/4",
    spread_at_least="3/2",
)


def claim(id: str) -> Any:
    return tc.claims.get(id)


def boxes(size: float, count: int = 12) -> tuple[Frame, Any, Any]:
    region = Region(2, dimension="any", weights=("1/100", "99/100"), radius_at_most=3)
    frame = Frame.of(region, claim("loss-upper"))
    random = np.random.default_rng(7)
    low, high = np.array([0, -2, 0, 0.1]), np.array([2, 2, 1.5, 0.9])
    centre = low[:, None] + random.uniform(0, 1, (4, count)) * (high - low)[:, None]
    centre[1, :3] = centre[0, :3]  # some contain means that agree
    sizes = np.array([size, size, size, size / 4])[:, None]
    return frame, np.maximum(centre - sizes, 0.0 * centre - [[0], [3], [0], [0]]), centre + sizes


def point_of(frame: Frame, lo: Any, hi: Any, *, arb: bool = False) -> tuple[BoxPoint, Any]:
    numbers = frame.numbers(lo, hi, arb=arb)
    point = BoxPoint(
        frame.region,
        partial(constant, numbers.batch),
        numbers.means,
        numbers.weights,
        numbers.offset,
    )
    return point, numbers


def rotated(mixture: Mixture, dimension: int) -> Mixture:
    """The same means in another orthonormal frame of rationals, in more dimensions."""
    wide = [[*row, *[Fraction(0)] * (dimension - 2)] for row in mixture.means]
    for k in range(dimension - 1):
        for row in wide:
            a, b = row[k], row[k + 1]
            row[k], row[k + 1] = (3 * a - 4 * b) / 5, (4 * a + 3 * b) / 5
    return Mixture(wide, mixture.weights)


def scalars(at: Any, after: Any) -> list[Any]:
    """What rotations leave: of a point, and of one that moved."""
    found = []
    for point in (at, after):
        found += [point.loss, point.fisher_divergence, *point.responsibilities]
        found += [*squared_norms(point.gradient), *squared_norms(point.positions)]
        found += [*squared_norms(point.means), (point.gradient * point.means).sum()]
        found += [*point.overlap.ravel()]
    return [*found, (at.positions * after.means).sum()]


@pytest.mark.parametrize("move", ["step", "em_step"])
@pytest.mark.parametrize("size", [1e-9, 0.02, 0.2])
@pytest.mark.parametrize("arb", [False, True])
def test_populations_in_every_dimension_are_enclosed(move: str, size: float, arb: bool) -> None:
    def after(at: Any) -> Any:
        return at.em_step() if move == "em_step" else at.step(at.number("3/4"))

    frame, lo, hi = boxes(size, 4 if arb else 12)
    random = np.random.default_rng(5)
    with ball(20).scope():
        at, _ = point_of(frame, lo, hi, arb=arb)
        found = scalars(at, after(at))
        for b in range(0, lo.shape[1], 1 if arb else 2):
            share = random.choice([0.0, 1.0, random.uniform()], 4)
            place = np.clip(lo[:, b] + share * (hi - lo)[:, b], lo[:, b], hi[:, b])
            values = {name: Fraction(x) for name, x in zip(frame.free, place, strict=True)}
            case = frame.case(values)
            assert case is not None
            exact_at = Point(rotated(case.mixture, 2 + b % 2), None, ball(20))
            exact = scalars(exact_at, after(exact_at))
            for number, value in zip(found, exact, strict=True):
                k = min(b, len(number.span.lo) - 1)
                assert flint.arb(number.span.lo[k]) <= value.upper()
                assert flint.arb(number.span.hi[k]) >= value.lower()


def test_slopes_of_what_moved_hold_difference_quotients() -> None:
    frame, lo, hi = boxes(0.05)
    at, _ = point_of(frame, lo, hi)
    found = at.step(at.number("3/4")).loss
    for b in range(12):
        for k in range(4):
            ends = [(lo + hi)[:, b] / 2, (lo + hi)[:, b] / 2]
            ends[0][k], ends[1][k] = lo[k, b], hi[k, b]
            losses = []
            for end in ends:
                case = frame.case(dict(zip(frame.free, map(Fraction, end), strict=True)))
                assert case is not None
                losses.append(Point(case.mixture).step(0.75).loss)
            quotient = (losses[1] - losses[0]) / (hi - lo)[k, b]
            assert found.slope.lo[k, b] - 1e-10 <= quotient <= found.slope.hi[k, b] + 1e-10


def test_the_norm_of_a_vector_is_lipschitz_where_it_is_0() -> None:
    frame, lo, hi = boxes(0.3)
    at, numbers = point_of(frame, lo, hi)
    first, second = at.means
    size = norm(first - second)
    assert isinstance(size, BoxNumber)
    assert size.slope is not None
    assert (abs(size.slope.lo) <= 1.0001).all()
    assert (size.slope.hi <= 1.0001).all()
    has_0 = size.span.lo == 0
    assert has_0.sum() >= 3
    assert (size.slope.lo[0, has_0] <= -1).all()  # of either sign there
    assert (size.slope.hi[0, has_0] >= 1).all()
    assert (size.span.lo <= abs(numbers.means[0].span.lo - numbers.means[1].span.lo)).all()


def test_a_claim_is_proved_in_every_dimension_and_replayed(tmp_path: Any) -> None:
    for id in ("loss-component-bound", "stein-lower-bound"):
        proof = prove(claim(id), EVERYWHERE, output=tmp_path / id)
        assert proof.verdict == "proved", id
        for case in cases(EVERYWHERE, 40):
            assert relative(claim(id), case) >= proof.bound, id
    found = replay(tmp_path / "stein-lower-bound", sample=20)
    assert (found.failed, found.verdict) == (0, "undecided")


def cases(region: Region, count: int) -> list[Case]:
    """Random cases in dimensions 1, 2, 3 and 5."""
    random = np.random.default_rng(3)
    found: list[Case] = []
    while len(found) < count:
        d = [1, 2, 3, 5][len(found) % 4]
        rows = random.normal(size=(2, d))
        rows *= (random.uniform(0.3, 1.25, 2) / np.linalg.norm(rows, axis=1))[:, None]
        case = Case(Mixture(rows.tolist(), [1, 1]))
        if region.contains(case):
            found.append(case)
    return found


def relative(proved: Any, case: Case) -> float:
    margins = evaluate(proved, case, FLOAT64)
    assert margins.sides is not None
    larger = (margins.sides.astype(float) + abs(margins.values.astype(float))) / 2
    return float((margins.values / larger).min())


def test_where_the_rank_is_1_or_2_the_claim_holds_with_both() -> None:
    """A claim that is true of rank 2 alone is not proved: the line may go through 0."""

    @inequality("of-rank-2", "r >= 2")
    def of_rank_2(at: Any) -> Any:
        return at_most(at.number("3/2"), at.number(at.rank))

    @inequality("of-rank-1", "r <= 1")
    def of_rank_1(at: Any) -> Any:
        return at_most(at.number(at.rank), at.number("3/2"))

    assert prove(of_rank_2, EVERYWHERE, time_limit=1).verdict == "undecided"
    assert prove(of_rank_1, EVERYWHERE, time_limit=5).verdict == "refuted"


def test_a_false_claim_is_refuted_in_the_dimension_of_the_region() -> None:
    @inequality("small", "W <= 2/5 + R^2/2")
    def small(at: Any) -> Any:
        return at_most(at.weighted_distance, at.number("2/5") + at.radius * at.radius / 2)

    region = Region(2, dimension=5, radius_at_most=2, weights=("2/5", "3/5"))
    proof = prove(small, region, time_limit=20)
    assert proof.verdict == "refuted"
    assert proof.counterexample is not None
    assert proof.counterexample.mixture.dimension == 5
    assert region.contains(proof.counterexample)


def test_a_region_of_coordinates_is_covered() -> None:
    """Norms up to sqrt 2: what holds for 7/5 only is not proved of the square, but of a disc."""

    @inequality("within", "R <= 1.41")
    def within(at: Any) -> Any:
        return at_most(at.radius, at.number("1.41"))

    disc = {"components": 2, "dimension": 2, "weights": ["2/5", "3/5"]}
    assert prove(within, Region(**disc, radius_at_most="7/5")).verdict == "proved"
    assert prove(within, Region(**disc, means=(-1, 1)), time_limit=1).verdict != "proved"
    assert prove(within, Region(**disc, means=("-9/10", "9/10"))).verdict == "proved"
