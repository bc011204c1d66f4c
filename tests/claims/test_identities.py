"""The identities of group A can fail: their two sides are other sums, and digits are those said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest

from theorycheck import claims
from theorycheck.arithmetic.arithmetics import Array
from theorycheck.expectations import balls
from theorycheck.expectations.proven import moments
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements import point
from theorycheck.statements.decision import decide
from theorycheck.statements.verdicts import Holds, Refuted

CASE = Case(Mixture([1, "-1/2", "1/3"], [2, 3, 1]))
TRIANGLE = Mixture([[1, "1/4"], ["-1/2", "3/4"], [0, -1]], [3, 2, 2])
DERIVATIVES = ("em-is-gradient-descent", "ray-formula", "hessian-at-optimum")


@pytest.fixture
def forgetful() -> Iterator[Callable[[], None]]:
    """Forgets the populations that are known, when it is called and after the test."""
    forget: Callable[[], None] = point._known_population.cache_clear  # type: ignore[attr-defined]
    yield forget
    forget()


@pytest.mark.parametrize("claim_id", ["stein-gradient", "projection-identity"])
@pytest.mark.parametrize("digits", [12, 18, 36])
def test_a_wrong_overlap_matrix_is_seen(
    claim_id: str,
    digits: int,
    monkeypatch: pytest.MonkeyPatch,
    forgetful: Callable[[], None],
) -> None:
    """First moments are summed on their own: they do not follow a matrix that is nonsense."""
    claim = claims.get(claim_id)
    assert decide(claim, CASE, (36,)).sign == "tight"
    summed = balls._overlaps

    def nonsense(part: Any) -> Array:
        overlap = summed(part)
        entries = [flint.arb(1 + i * i) for i in range(overlap.size)]
        return np.array(entries).reshape(overlap.shape)

    enclosed = moments._enclosed

    def nonsense_in_float64(summed: Any, *rest: Any) -> Any:
        sums, marginals = summed
        n = len(sums.overlap)
        overlap = np.arange(1.0, 1 + n * n).reshape(n, n)
        return enclosed((sums._replace(overlap=overlap), marginals), *rest)

    monkeypatch.setattr(balls, "_overlaps", nonsense)
    monkeypatch.setattr(moments, "_enclosed", nonsense_in_float64)
    forgetful()
    assert decide(claim, CASE, (digits,)).sign == "negative"


@pytest.mark.parametrize("claim_id", DERIVATIVES)
@pytest.mark.parametrize("off", [Fraction(1, 10**8), Fraction(0)])
def test_a_derivative_is_known_to_ten_digits(
    claim_id: str, off: Fraction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loss that is wrong in the eighth digit refutes them, in a plane as well."""
    from theorycheck.statements.point import Point

    loss: Any = Point.loss.fget  # type: ignore[attr-defined]
    monkeypatch.setattr(Point, "loss", property(lambda at: loss(at) * (1 + at.number(off))))
    claim = claims.get(claim_id)
    for mixture in (CASE.mixture, TRIANGLE):
        target = [[1] * mixture.dimension] * mixture.components
        verdict = claim.check(Case(mixture, target=target))
        assert isinstance(verdict, Refuted if off else Holds)


@pytest.mark.parametrize("claim_id", DERIVATIVES)
def test_a_derivative_is_known_where_it_is_tiny(claim_id: str) -> None:
    """On the slow manifold, and in a trap: ten digits of a gradient of 1e-18 are certified."""
    for mixture in (Mixture(["1e-6", "-1e-6"]), Mixture([12, -12, 0])):
        target = [[1], *[[0]] * (mixture.components - 1)]
        verdict = claims.get(claim_id).check(Case(mixture, target=target))
        assert isinstance(verdict, Holds)
        assert verdict.evidence == "certified"


@pytest.mark.parametrize(
    ("means", "truth", "target"),
    [
        ([1, -2], None, [[0], [0]]),
        ([1, -2], [1, -2], [[1], [3]]),
        ([0, 0], None, [[1], [3]]),
        ([1, -2], None, [[1], [-2]]),
    ],
)
def test_the_gradient_of_q_is_decided_where_both_sides_are_zero(means, truth, target) -> None:
    """Along the direction 0, at the truth itself, at the optimum; and along the means."""
    case = Case(Mixture(means), truth=truth and Mixture(truth), target=target)
    assert isinstance(claims.get("em-is-gradient-descent").check(case), Holds)
