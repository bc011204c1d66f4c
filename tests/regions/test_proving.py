"""Claims proved on regions: what is true is proved, what is false never is."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import theorycheck as tc
from theorycheck.arithmetic.arithmetics import FLOAT64
from theorycheck.errors import ClaimFailed, InvalidType, InvalidValue, NotOnRegions
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.region import Region
from theorycheck.regions.frame import Frame
from theorycheck.regions.proof import prove
from theorycheck.regions.proving import search
from theorycheck.regions.tree import LEAF, OPEN, OUTSIDE, halves
from theorycheck.statements.claim import Claim, implied_constant, inequality
from theorycheck.statements.comparison import at_most
from theorycheck.statements.decision import evaluate
from theorycheck.statements.verdicts import Refuted

PLANE = Region(
    2, means=(-2, 2), weights=("1/5", "4/5"), radius_at_least="1/2", spread_at_least="1/4"
)
"""The region of the acceptance test."""
_HALF = ("1/2", "1/2")
SMALL = Region(2, means=((1, 2), (-2, -1)), weights=("2/5", "3/5"))


def claim(id: str) -> Claim:
    return tc.claims.get(id)


def constant_at(proved: Claim, case: Case) -> float:
    """The constant, or the relative margin, of a claim at a case in float64."""
    margins = evaluate(proved, case, FLOAT64)
    if proved.kind == "constant":
        return float(margins.values.min() + float(proved.floor or 0))
    assert margins.sides is not None
    larger = (margins.sides.astype(float) + abs(margins.values.astype(float))) / 2
    return float((margins.values / larger).min())


def points(region: Region, count: int, seed: int = 0) -> list[Case]:
    """Random mixtures in a region, some of them on its edges."""
    random = np.random.default_rng(seed)
    assert region.means is not None
    assert region.weights is not None
    found: list[Case] = []
    while len(found) < count:
        shares = random.choice(
            [0.0, 1.0, random.uniform(), random.uniform()], 2 * region.components
        )
        ends = [*region.means, *region.weights]
        values = [
            low + Fraction(float(share)) * (high - low)
            for share, (low, high) in zip(shares, ends, strict=True)
        ]
        means, weights = values[: region.components], values[region.components :]
        weights[-1] = 1 - sum(weights[:-1])
        if weights[-1] <= 0:
            continue
        case = Case(Mixture(means, weights), step_size=1)
        if region.contains(Case(case.mixture)):
            found.append(case)
    return found


@pytest.mark.long
@pytest.mark.parametrize("id", ["log-sobolev", "loss-upper", "responsibility-floor"])
def test_true_inequalities_are_proved_and_no_point_is_below_the_bound(id: str) -> None:
    proof = prove(claim(id), SMALL)
    assert (proof.verdict, proof.undecided_share) == ("proved", 0)
    assert 0 < proof.bound <= proof.smallest
    assert proof.counterexample is None
    assert min(constant_at(claim(id), case) for case in points(SMALL, 300)) >= proof.bound


@pytest.mark.long
def test_an_implied_constant_is_proved_to_reach_what_is_asked() -> None:
    proof = prove(claim("lojasiewicz-sharp"), PLANE, at_least="1/100")
    assert (proof.verdict, proof.at_least) == ("proved", Fraction(1, 100))
    assert 0.01 <= proof.bound <= proof.smallest
    smallest = min(constant_at(claim("lojasiewicz-sharp"), case) for case in points(PLANE, 300))
    assert smallest >= proof.bound


def test_a_constant_without_a_floor_is_bounded_within_5_per_cent() -> None:
    @implied_constant("ratio", "L / W")
    def ratio(at: Any) -> Any:
        return at.loss / at.weighted_distance

    proof = prove(ratio, SMALL)
    assert proof.verdict == "proved"
    assert proof.at_least is None
    assert 0.94 * proof.smallest <= proof.bound <= proof.smallest
    assert min(constant_at(ratio, case) for case in points(SMALL, 300)) >= proof.bound


@pytest.mark.slow
def test_the_acceptance_region() -> None:
    """The three statements of the issue; the middle one has a third of a million boxes."""
    for id, at_least in (
        ("log-sobolev", None),
        ("stein-lower-bound", None),
        ("lojasiewicz-sharp", "1/100"),
    ):
        proof = prove(claim(id), PLANE, at_least)
        assert proof.verdict == "proved", id
        cases = points(PLANE, 2000, seed=5)
        assert min(constant_at(claim(id), case) for case in cases) >= proof.bound


def _dominated(factor: Fraction) -> Claim:
    @inequality(f"dominated-{factor.numerator}", r"L \le a F")
    def dominated(at: Any) -> Any:
        return at_most(at.loss, at.number(factor) * at.fisher_divergence)

    return dominated


@pytest.mark.long
def test_2_per_cent_above_the_supremum_is_proved_and_2_below_refuted() -> None:
    """L / F is largest at mu = (2, -2) and the lightest weight."""
    region = Region(2, means=((1, 2), (-2, -1)), weights=("1/5", "4/5"))
    best = max(
        float(p.loss / p.fisher_divergence)
        for p in (tc.population(case.mixture) for case in points(region, 3000))
    )
    assert prove(_dominated(Fraction(best * 1.02)), region).verdict == "proved"
    refuted = prove(_dominated(Fraction(best * 0.98)), region)
    assert refuted.verdict == "refuted"
    assert refuted.counterexample is not None
    assert region.contains(refuted.counterexample)
    found = _dominated(Fraction(best * 0.98)).check(refuted.counterexample)
    assert isinstance(found, Refuted)


def test_a_counterexample_is_simple() -> None:
    @inequality("false", r"L \le W / 50")
    def false(at: Any) -> Any:
        return at_most(at.loss, at.weighted_distance / 50)

    proof = prove(false, SMALL)
    assert proof.verdict == "refuted"
    assert proof.counterexample is not None
    assert max(q.denominator for (q,) in proof.counterexample.mixture.means) <= 10


@pytest.mark.parametrize("centre", [("1.2345", "-1.8765", "0.4567"), ("2", "-2", "0.6")])
@pytest.mark.parametrize("radius", ["1/100", "1/5000"])
def test_what_fails_in_a_millionth_of_the_volume_is_never_proved(
    centre: tuple[str, str, str], radius: str
) -> None:
    """A margin that is negative in a tiny ball only, at a corner or anywhere."""

    @inequality("nearly", "outside a ball")
    def nearly(at: Any) -> Any:
        a, b, c = map(at.number, centre)
        x, y, w = at.means[0, 0] - a, at.means[1, 0] - b, at.weights[0] - c
        return at_most(at.number(Fraction(radius) ** 2), x * x + y * y + w * w)

    proof = prove(nearly, SMALL, time_limit=20)
    assert proof.verdict == "refuted"


def test_what_fails_on_a_surface_alone_is_not_proved() -> None:
    """A strict inequality that is an equality somewhere stays open there."""

    @inequality("touching", "a square is positive", strict=True)
    def touching(at: Any) -> Any:
        x = at.means[0, 0] - at.number("4/3")
        return x * x

    proof = prove(touching, SMALL, time_limit=1)
    assert proof.verdict == "undecided"
    assert 0 < proof.undecided_share < 0.1


def test_all_margins_of_a_claim_are_proved() -> None:
    """Of a list of comparisons, or an array, the worst one counts, also if it has no value."""

    @inequality("two", "the second one is false")
    def two(at: Any) -> Any:
        return [
            at_most(at.loss, at.weighted_distance),
            at_most(at.weighted_distance, 2 * at.loss),
            at_most(at.loss, at.weighted_distance),
        ]

    @inequality("array", "one entry is false")
    def array(at: Any) -> Any:
        return at_most(at.weights * at.means[:, 0], at.number("1/2"))

    @inequality("unknown", "0/0 beside what is true")
    def unknown(at: Any) -> Any:
        nothing = at.number(0) / (at.loss - at.loss)
        return [at_most(at.loss, at.weighted_distance), nothing]

    assert prove(two, SMALL, time_limit=20).verdict == "refuted"
    assert prove(array, SMALL, time_limit=20).verdict == "refuted"
    assert prove(unknown, SMALL, time_limit=1).verdict == "undecided"


def test_sides_may_be_negative() -> None:
    @inequality("negative", "-W <= -L")
    def negative(at: Any) -> Any:
        return at_most(-at.weighted_distance, -at.loss)

    @inequality("wrong-way", "L <= -W")
    def wrong_way(at: Any) -> Any:
        return at_most(at.loss, -at.weighted_distance)

    @inequality("any-sign", "x <= x + 1/100")
    def any_sign(at: Any) -> Any:
        x = at.means[0, 0] - at.number("3/2")
        return at_most(x, x + at.number("1/100"))

    assert prove(negative, SMALL, time_limit=20).verdict == "proved"
    assert prove(wrong_way, SMALL, time_limit=20).verdict == "refuted"
    assert prove(any_sign, SMALL, time_limit=20).verdict == "proved"


def test_the_last_weight_stays_in_its_range() -> None:
    """Boxes reach beyond it; what holds within is proved, and only from centres that are within."""
    region = Region(
        3, means=((0, 1), (0, 1), (0, 1)), weights=[("1/5", "1/2")] * 2 + [("1/5", "3/10")]
    )

    @inequality("within", "pi_3 <= 0.301")
    def within(at: Any) -> Any:
        return at_most(at.weights[2], at.number("0.301"))

    assert prove(within, region, time_limit=20).verdict == "proved"
    frame = Frame.of(region, within)
    lo, hi = frame.root
    numbers = frame.numbers(lo, hi)  # the centre has pi_3 = 0.3 - 0.0, an end, or beyond it
    wide = frame.numbers(np.vstack([lo[:3], [[0.2], [0.2]]]), np.vstack([hi[:3], [[0.4], [0.4]]]))
    assert np.isfinite(numbers.batch.reach).all()
    assert np.isinf(wide.batch.reach).all()


@pytest.mark.long
def test_every_box_of_the_region_is_accounted_for() -> None:
    """The volumes of leaves, boxes outside and open ones make up the region's box."""
    region = Region(
        3, means=(-1, 2), weights=("1/5", "3/5"), radius_at_least=1, spread_at_least="3/2"
    )
    frame = Frame.of(region, claim("loss-upper"))
    found = search(claim("loss-upper"), frame, time_limit=2.0)
    lo, hi = frame.root
    whole = float((hi - lo).prod())
    shares = dict.fromkeys((LEAF, OUTSIDE, OPEN), 0.0)
    for level in found.levels:
        volumes = (hi - lo).prod(axis=0)
        for kind in shares:
            shares[kind] += float(volumes[level == kind].sum()) / whole
        lo, hi = halves(lo, hi, level)
    assert lo.shape[1] == 0
    assert math.isclose(sum(shares.values()), 1, rel_tol=1e-9)
    assert math.isclose(shares[OPEN], found.undecided_share, rel_tol=1e-9, abs_tol=1e-15)
    assert shares[OUTSIDE] > 0


@pytest.mark.long
@pytest.mark.parametrize(
    "region",
    [
        Region(3, means=(-1, 2), weights=("1/5", "3/5"), radius_at_least=1, spread_at_least="3/2"),
        Region(3, weights=("1/5", "3/5"), energy_at_most=2),
    ],
)
def test_boxes_outside_have_no_point_of_the_region(region: Region) -> None:
    frame = Frame.of(region, claim("loss-upper"))
    random = np.random.default_rng(1)
    (low, high), size = frame.root, random.uniform(0, 0.5, (5, 400))
    lo = low + random.uniform(0, 1, (5, 400)) * (high - low) * 0.8
    hi = np.minimum(lo + size * (high - low), high)
    outside = frame.is_outside(lo, hi)
    assert 0 < outside.sum() < 400
    for k in range(400):
        assert outside[k] <= frame.is_outside_exactly(lo[:, k], hi[:, k])
        for _ in range(20):
            point = lo[:, k] + random.choice([0, 1, random.uniform()], 5) * (hi - lo)[:, k]
            values = {name: Fraction(x) for name, x in zip(frame.free, point.tolist(), strict=True)}
            case = frame.case(values)
            assert not (outside[k] and case is not None and region.contains(case))


def test_weights_that_do_not_vary_or_depend_on_the_others() -> None:
    weights = [("1/5", "1/5"), ("1/10", "1/2"), ("1/5", "4/5")]
    frame = Frame.of(Region(3, means=(1, 2), weights=weights), claim("loss-upper"))
    assert frame.free == (("means", 0), ("means", 1), ("means", 2), ("weights", 1))
    lo, hi = frame.root
    numbers = frame.numbers(lo, hi)
    last = numbers.weights[2].span
    assert last.lo[0] <= 0.3 < 0.31
    assert 0.7 <= last.hi[0] < 0.70001
    assert (
        prove(
            claim("loss-upper"),
            Region(2, means=((1, 2), (-2, -1)), weights=(("1/3", "1/3"), ("2/3", "2/3"))),
        ).verdict
        == "proved"
    )


def test_a_claim_about_equal_weights_is_proved_for_those() -> None:
    region = Region(2, means=((1, 2), (-2, -1)), step_size=("1/2", 1))
    frame = Frame.of(region, claim("equal-weights-distance-monotone"))
    assert frame.free == (("means", 0), ("means", 1), ("step_size", 0))
    assert prove(claim("equal-weights-distance-monotone"), region).verdict == "proved"


@pytest.mark.parametrize("id", ["balanced-pair-limit", "dwivedi-balanced"])
def test_a_claim_may_shift_the_mixture(id: str) -> None:
    """Those about a pair take the means about their midpoint."""
    region = Region(2, means=((1, "5/4"), ("-1/2", 0)), weights=_HALF, step_size=("1/2", "3/4"))
    proof = prove(claim(id), region, time_limit=60)
    assert proof.verdict == "proved"
    for case in points(region, 30):
        assert constant_at(claim(id), case) >= proof.bound


def test_a_mixture_that_was_changed_is_not_that_of_the_region() -> None:
    """Whether a shifted pair is at the optimum, its exact means after a step: refused."""
    region = Region(2, means=((1, "5/4"), ("-1/2", 0)), weights=_HALF, step_size=("1/2", "3/4"))

    @inequality("shifted", "not at the optimum")
    def shifted(at: Any) -> Any:
        return at.number(1 if at.other(at.mixture.shifted([-1])).mixture.is_at_optimum else 2)

    @inequality("ranked", "the rank of a shifted pair")
    def ranked(at: Any) -> Any:
        return at.number(at.other(at.mixture.shifted([-1])).rank)

    @inequality("stepped", "the means after a step", domain=tc.Domain())
    def stepped(at: Any) -> Any:
        return at.step(1).mixture.means[0][0]

    for refused in (shifted, ranked, stepped):
        with pytest.raises(NotOnRegions):
            prove(refused, region)


def test_a_step_of_gradient_em_is_proved() -> None:
    region = Region(
        2, means=((1, "3/2"), (-2, "-3/2")), weights=("9/20", "11/20"), step_size=("1/2", 1)
    )
    proof = prove(claim("energy-decrease"), region)
    assert proof.verdict == "proved"
    assert ("step_size", 0) in Frame.of(region, claim("energy-decrease")).free


def test_the_time_limit_leaves_the_rest_open() -> None:
    proof = prove(claim("gradient-fisher"), PLANE, time_limit=0.5)
    assert proof.verdict == "undecided"
    assert 0 < proof.undecided_share <= 1


@pytest.mark.parametrize(
    ("id", "region", "words"),
    [
        ("stein-gradient", PLANE, "an identity"),
        ("spurious-minimum-mixture-truth", PLANE, "an existence"),
        ("fisher-budget", PLANE, '"steps"'),
        (
            "stein-lower-bound",
            SMALL.from_dict({**PLANE.to_dict(), "radius_at_least": None}),
            "rank",
        ),
        (
            "loss-upper",
            Region(3, dimension=2, means=(1, 2), weights=("1/5", "1/2")),
            "3 components in dimension 2",
        ),
        (
            "loss-upper",
            Region(2, dimension="any", means=(1, 2), weights=_HALF),
            "give radius_at_most",
        ),
        (
            "majorisation",
            Region(2, dimension=2, means=(1, 2), weights=_HALF, target=(1, 2)),
            "beyond dimension 1",
        ),
        ("loss-upper", Region(2, weights=("1/5", "4/5")), "means without a bound"),
        ("loss-upper", Region(2, means=(1, 2)), "weights without a range"),
        ("loss-upper", Region(2, means=(1, 200), weights=("1/5", "4/5")), "means beyond"),
        ("loss-upper", Region(7, means=(1, 2), weights=("1/9", "4/5")), "7 components"),
    ],
)
def test_what_boxes_do_not_have_is_refused(id: str, region: Region, words: str) -> None:
    with pytest.raises(NotOnRegions, match="not on regions yet") as caught:
        prove(claim(id), region)
    assert words in str(caught.value)


def test_a_refusal_names_the_line_of_the_claim() -> None:
    @inequality("mine", "L > 0")
    def mine(at: Any) -> Any:
        loss = at.loss
        return np.tanh(loss)

    @inequality("other", "L > 0")
    def other(at: Any) -> Any:
        return at.loss if at.loss > 1 else 1

    @inequality("broken", "L > 0")
    def broken(at: Any) -> Any:
        return at.loss / (at.components - 2)

    line = mine.function.__code__.co_firstlineno
    with pytest.raises(NotOnRegions, match=rf"tanh.*test_proving.py, line {line + 3}"):
        prove(mine, SMALL)
    with pytest.raises(NotOnRegions, match="comparison"):
        prove(other, SMALL)
    with pytest.raises(ClaimFailed, match="claim wrong"):
        prove(_wrong(), SMALL)
    assert prove(broken, SMALL, time_limit=1).verdict == "undecided"


def test_a_claim_without_margins_has_failed() -> None:
    @inequality("empty", "nothing")
    def empty(at: Any) -> Any:
        return []

    with pytest.raises(ClaimFailed, match="no margins"):
        prove(empty, SMALL)


def test_a_constant_that_is_just_what_is_asked_is_not_refuted() -> None:
    """1/3 is no double: the next one above is not what was asked for."""

    @implied_constant("third", "1/3")
    def third(at: Any) -> Any:
        return at.number("1/3")

    assert prove(third, SMALL, at_least="1/3", time_limit=0.5).verdict == "undecided"
    assert prove(third, SMALL, at_least="0.33").verdict == "proved"
    assert prove(third, SMALL, at_least="0.34").verdict == "refuted"


def _wrong() -> Claim:
    @inequality("wrong", "L > 0")
    def wrong(at: Any) -> Any:
        return [].pop()

    return wrong


@pytest.mark.parametrize(
    ("id", "region", "options", "error", "words"),
    [
        ("loss-upper", PLANE, {"at_least": 1}, InvalidValue, "at_least"),
        ("lojasiewicz-sharp", PLANE, {"at_least": 0}, InvalidValue, "at_least"),
        ("loss-upper", PLANE, {"time_limit": 0}, InvalidValue, "time_limit"),
        ("loss-upper", Mixture([1, 2]), {}, InvalidType, "region"),
        ("energy-decrease", PLANE, {}, InvalidValue, "step_size"),
        ("loss-lower-certificate", PLANE, {}, InvalidValue, "direction"),
        ("two-balanced-monotone", Region(3, means=(1, 2)), {}, InvalidValue, "3 components"),
        ("loss-upper", Region(2, means=(1, 1), weights=_HALF), {}, InvalidValue, "single point"),
        (
            "loss-upper",
            Region(2, means=(-1, 1), weights=_HALF, spread_at_least=3),
            {},
            InvalidValue,
            "no point",
        ),
    ],
)
def test_nonsense_is_refused(
    id: str, region: Any, options: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as caught:
        prove(claim(id), region, **options)
    assert words in str(caught.value)
