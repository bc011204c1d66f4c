"""Gradient flow over long times: against gradient EM, the escape integral and the limit laws."""

from __future__ import annotations

import math
from fractions import Fraction

import flint
import numpy as np
import pytest

from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.dynamics import gradient_flow as flow
from theorycheck.dynamics.gradient_flow import gradient_flow
from theorycheck.dynamics.trajectory import gradient_em
from theorycheck.errors import InvalidType, InvalidValue, TooExpensive
from theorycheck.inputs.mixture import Mixture
from theorycheck.traps.escape_time import _Drift

LONG = np.array([0.0, *np.logspace(-1, 12, 27)])


@pytest.mark.parametrize(
    ("mixture", "truth"),
    [
        (Mixture([2, -1, 0.5], [1, 2, 3]), None),
        (Mixture([[2, 1], [-1, 1], [0, -1]]), None),
        (Mixture([-0.5, 3]), Mixture([-2, 2])),
    ],
)
def test_limit_of_small_steps(mixture: Mixture, truth: Mixture | None) -> None:
    """Gradient EM with step h is the flow to first order: halving h halves the difference."""
    there = gradient_flow(mixture, [1, 2], truth=truth)

    def differences(steps: int) -> float:
        walked = gradient_em(mixture, Fraction(1, steps), 2 * steps, truth=truth)
        return float(abs(walked.means[[steps, 2 * steps]] - there.means).max())

    coarse, fine = differences(20), differences(40)
    assert coarse < 0.05
    assert fine == pytest.approx(coarse / 2, rel=0.06)


def test_single_component_is_exact() -> None:
    """n = 1: mu(t) = e^{-t} mu(0), L = |mu|^2 / 2."""
    found = gradient_flow(Mixture([[3, -4]]), [0, 0.5, 3, 20])
    scale = np.exp(-found.times)
    assert found.means[:, 0] == pytest.approx(scale[:, None] * [3, -4], rel=1e-7)
    assert found.loss == pytest.approx(12.5 * scale**2, rel=1e-7)
    assert found.energy == pytest.approx(25 * scale**2, rel=1e-7)


def test_plateau_and_escape() -> None:
    """The symmetric start reaches a1 at the time that is the certified integral of 1/g."""
    with Ball(20).scope():
        integral = _Drift(1, Fraction(1)).integral(flint.arb(8), flint.arb(7))
        time = float(integral.mid())
    found = gradient_flow(Mixture([8, -8, 0]), [time])
    assert found.means[0, 0, 0] == pytest.approx(7, abs=1e-6)
    assert abs(found.means[0, 2, 0]) < 1e-10


@pytest.mark.parametrize(("means", "rank"), [([10, -10, 0], 1), ([1.5, -0.7, 2, 0.3, -1.1], 1)])
def test_from_trap_to_optimum(means: list[float], rank: int) -> None:
    """Over 10^12 units of time: loss and energy fall, and t^2 L -> r' n^2 / 16 on the tail."""
    found = gradient_flow(Mixture(means), LONG)
    assert found.means.shape == (len(LONG), len(means), 1)
    assert (np.diff(found.loss) < 0).all()
    assert (np.diff(found.energy) < 0).all()
    assert abs(found.means[-1]).max() < 1e-5
    assert (found.times**2 * found.loss)[-1] == pytest.approx(rank * len(means) ** 2 / 16, rel=1e-3)
    tail = np.diff(np.log(found.loss[-6:])) / np.diff(np.log(found.times[-6:]))
    assert tail == pytest.approx(-2, abs=0.01)


def test_tail_with_unequal_weights() -> None:
    """t^2 L -> 1/(16 lambda^2), lambda the least eigenvalue of diag(pi) off the direction pi."""
    weights = np.array([0.3, 0.7])
    found = gradient_flow(Mixture([1.0, -0.3], ["0.3", "0.7"]), [1e10, 1e12])
    across = np.array([0.7, -0.3]) / math.hypot(0.7, 0.3)
    least = across @ np.diag(weights) @ across
    assert found.times**2 * found.loss * 16 * least**2 == pytest.approx(1, rel=1e-4)
    assert found.weighted_distance == pytest.approx((found.means[:, :, 0] ** 2) @ weights)


def test_stays_in_a_spurious_minimum() -> None:
    """With a three-component truth the flow ends in the bad minimum, not at the truth."""
    found = gradient_flow(Mixture([-0.5, 9, 11]), [1e12], truth=Mixture([-2, 2, 10]))
    assert found.means.ravel() == pytest.approx([-0.00597, 9.77846, 10.19815], abs=1e-5)
    assert found.loss[0] == pytest.approx(1.140494, abs=1e-6)


def test_overfitted_single_truth() -> None:
    """A Gaussian off the origin, given as a mixture truth, attracts all means at the same rate."""
    found = gradient_flow(Mixture([3, -1, 2]), [1e8], truth=Mixture([1]))
    centred = gradient_flow(Mixture([2, -2, 1]), [1e8])
    assert found.means == pytest.approx(centred.means + 1, abs=1e-6)


def test_finer_tolerance_agrees() -> None:
    """The asked tolerance is kept: a hundred times finer changes no more than that."""
    mixture = Mixture([4, -3, 0.5])
    rough = gradient_flow(mixture, [1, 100, 1e4], tolerance="1e-7")
    fine = gradient_flow(mixture, [1, 100, 1e4], tolerance=1e-11)
    assert rough.loss == pytest.approx(fine.loss, rel=1e-4)


def test_start_and_degenerate_starts() -> None:
    """t = 0 returns the start; the optimum stays; rank zero has no coordinates."""
    assert gradient_flow(Mixture([2, -1.5, 0], [2, 1, 1]), [0, 1]).means[0, 2, 0] == 0
    assert gradient_flow(Mixture([1, 2]), [0]).means.tolist() == [[[1.0], [2.0]]]
    still = gradient_flow(Mixture([[0, 0], [0, 0]]), [0, 1, 1e12])
    assert still.means.shape == (3, 2, 2)
    assert not still.means.any()
    assert not still.loss.any()


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([], "times is empty"),
        ([-1, 2], "times[0] is -1.0; it must not be negative"),
        ([1, 1], "times[1] is 1.0; it must be above times[0]"),
        ([1, 3, 2], "times[2] is 2.0; it must be above times[1]"),
        ([math.inf], "times[0] is inf"),
        (["1e400"], "beyond the range of float64"),
    ],
)
def test_times_are_refused(times: list[object], message: str) -> None:
    """Each with one line that names the entry."""
    with pytest.raises(InvalidValue) as raised:
        gradient_flow(Mixture([1, 2]), times)
    assert message in str(raised.value)


@pytest.mark.parametrize("tolerance", [0, -1, 1, "1e-14"])
def test_tolerance_is_refused(tolerance: object) -> None:
    """Zero, negative, coarse, or finer than float64 can keep."""
    with pytest.raises(InvalidValue, match="tolerance is"):
        gradient_flow(Mixture([1, 2]), [1], tolerance=tolerance)


def test_wrong_types_are_refused() -> None:
    """No mixture, no list."""
    with pytest.raises(InvalidType, match="mixture is"):
        gradient_flow([1, 2], [1])  # type: ignore[arg-type]
    with pytest.raises(InvalidType, match="times is 3"):
        gradient_flow(Mixture([1, 2]), 3)


def test_endless_flow_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many gradients there is an error, with the time that was reached."""
    monkeypatch.setattr(flow, "MAX_EVALUATIONS", 50)
    with pytest.raises(TooExpensive, match="over 50 gradients by t ="):
        gradient_flow(Mixture([1, 2]), [1e6])
