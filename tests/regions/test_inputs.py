"""Extra inputs of claims as coordinates of a region."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from theorycheck.arithmetic.arithmetics import FLOAT64
from theorycheck.errors import InvalidValue, NotOnRegions
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.region import Region
from theorycheck.regions.frame import Frame
from theorycheck.regions.margins import margins
from theorycheck.regions.proof import prove
from theorycheck.statements.claim import inequality
from theorycheck.statements.comparison import at_most
from theorycheck.statements.decision import evaluate

REGION = Region(
    2,
    means=((1, 2), (-2, -1)),
    weights=("2/5", "3/5"),
    step_size=("1/2", 1),
    x=(-1, 1),
    direction=(1, 2),
    target=((0, 1), (-1, 0)),
    s=(0, "1/2"),
)


@inequality("of-all", "a sum of all inputs")
def of_all(at: Any, x: Any, direction: Any, target: Any, s: Any, step_size: Any) -> Any:
    psi = at.responsibilities_at(x)
    moved = at.moved(at.means + s * (target - at.means)).loss
    return [
        psi[0] * (1 + direction[0] * s) - step_size * psi[1],
        moved - (target * at.gradient).sum() + x[0] * psi[1],
    ]


def test_what_is_computed_of_them_is_enclosed() -> None:
    frame = Frame.of(REGION, of_all)
    names = [name for name, _ in frame.free]
    assert names == [*["means"] * 2, "weights", "step_size", "s", "x", "direction", *["target"] * 2]
    low, high = frame.root
    random = np.random.default_rng(3)
    lo = low + random.uniform(0, 0.8, (len(low), 20)) * (high - low)
    hi = lo + 0.15 * (high - low)
    found = margins(of_all, frame, frame.numbers(lo, hi))
    for b in range(20):
        for _ in range(5):
            share = random.choice([0.0, 1.0, random.uniform()], len(lo))
            place = lo[:, b] + share * (hi - lo)[:, b]
            case = frame.case(dict(zip(frame.free, map(Fraction, place), strict=True)))
            assert case is not None
            values = evaluate(of_all, case, FLOAT64).values
            for number, value in zip(found, values, strict=True):
                assert number.span.lo[b] - 1e-12 <= value <= number.span.hi[b] + 1e-12


def test_a_counterexample_has_the_inputs() -> None:
    @inequality("false-of-all", "x + s + t + e <= 3")
    def false(at: Any, x: Any, direction: Any, target: Any, s: Any) -> Any:
        return at_most(x[0] + s + target[0, 0] + direction[0], at.number(3))

    proof = prove(false, REGION, time_limit=30)
    assert proof.verdict == "refuted"
    found = proof.counterexample
    assert found is not None
    assert REGION.contains(found)
    assert None not in (found.x, found.direction, found.target, found.s)
    true = Region(**(REGION.to_dict() | {"direction": (1, 1), "x": (-1, "1/4")}))
    assert prove(false, true, time_limit=30).verdict == "proved"


def test_inputs_that_a_region_does_not_give_or_boxes_do_not_have() -> None:
    with pytest.raises(InvalidValue, match='"x", which the region does not give'):
        prove(of_all, Region(2, means=(1, 2), weights=("2/5", "3/5")))
    plane = Region(2, dimension=2, radius_at_most=2, weights=("2/5", "3/5"), x=(0, 1))

    @inequality("of-x", "x")
    def of_x(at: Any, x: Any) -> Any:
        return at.responsibilities_at(x)

    with pytest.raises(NotOnRegions, match=r'"x".*beyond dimension 1'):
        prove(of_x, plane)


def test_students_made_of_another_mixture() -> None:
    """One mean replaced, one component added: as exact mixtures do it."""

    @inequality("made", "of other students")
    def made(at: Any) -> Any:
        one = at.other(at.mixture.with_mean(1, [Fraction(1, 2)]))
        more = at.other(at.mixture.with_component([0], at.mixture.weights[0]))
        return [one.loss, one.fisher_divergence, more.responsibilities[2], more.loss]

    frame = Frame.of(REGION, made)
    lo, hi = (end[:, :1] for end in frame.root)
    found = margins(made, frame, frame.numbers(lo, hi))
    for means in ([1, -1], ["3/2", -2], [2, "-3/2"]):
        case = Case(Mixture(means, [1, 1]))
        for number, value in zip(found, evaluate(made, case, FLOAT64).values, strict=True):
            assert number.span.lo[0] <= value <= number.span.hi[0]
