"""Types of the public names, for mypy alone: tests/test_public_names.py checks this file.

A line that must be refused has `type: ignore`, which mypy in strict mode wants to be needed.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from types import ModuleType
from typing import Any, assert_type

import theorycheck as tc
from theorycheck import testing

mixture = tc.Mixture([1, "-1/2", Fraction(1, 3)], [1, 1, 2])
case = tc.Case(mixture, Fraction(19, 10), steps=3)

assert_type(tc.Region(2, means=(-2, 2)).to_json(), str)
region = tc.Region(2, means=(-2, 2))
assert_type(tc.prove(tc.claims.get("loss-upper"), region), tc.Proof)
assert_type(tc.replay("folder"), tc.Replay)
assert_type(tc.__version__, str)
assert_type(tc.claims.get("loss-upper"), tc.Claim)
assert_type(tc.claims.all(), list[tc.Claim])
module: ModuleType = tc.oracle

assert_type(tc.population(mixture), tc.Population)
assert_type(tc.population(mixture, arithmetic=tc.ball(30)), tc.Population)
assert_type(tc.population(mixture, arithmetic=tc.float64(absolute_accuracy=1e-8)), tc.Population)
assert_type(tc.population_many([mixture]), list[tc.Population])
tc.population([1, 2])  # type: ignore[arg-type]

assert_type(tc.gradient_em(mixture, 1, 10), tc.Trajectory)
assert_type(tc.em(mixture, 10), tc.Trajectory)
assert_type(tc.gradient_em_many([mixture], 1, 10), list[tc.Trajectory])
assert_type(tc.gradient_flow(mixture, [0.0, 1.0]), tc.Flow)

assert_type(tc.trap_certificate(mixture, 1), tc.TrapCertificate | None)
assert_type(tc.escape_time(10, 3, 1), tc.EscapeTime)


@tc.inequality("a", r"L \le W", strict=True)
def declared(at: Any) -> Any:
    """A lemma."""
    return tc.at_most(at.loss, at.weighted_distance)


@declared.control("a quarter", id="a-quarter")
def control(at: Any) -> Any:
    """A false strengthening."""
    return tc.at_most(at.loss, at.weighted_distance / 4)


@tc.identity("b", "L = L")
def equality(at: Any) -> Any:
    """An identity."""
    return tc.equal(at.loss, at.loss)


@tc.existence("c", "L > 1")
def witness(at: Any) -> Any:
    """An existence claim."""
    return at.loss - 1


@tc.implied_constant("d", r"L \ge c W")
def constant(at: Any) -> Any:
    """An implied constant."""
    return at.loss / at.weighted_distance


assert_type(declared, tc.Claim)
assert_type(control, tc.Control)
assert_type(equality, tc.Claim)
assert_type(witness, tc.Claim)
assert_type(constant, tc.Claim)
assert_type(declared.check(case), tc.Holds | tc.Refuted | tc.Undecided)
assert_type(declared.domain, tc.Domain)
tc.inequality("e")  # type: ignore[call-arg]


def margin_of(verdict: tc.Holds | tc.Refuted | tc.Undecided) -> float | None:
    """The verdicts are told apart by isinstance."""
    if isinstance(verdict, tc.Undecided):
        assert_type(verdict.reason, str)
        return None
    assert_type(verdict, tc.Holds | tc.Refuted)
    return verdict.margin


report = tc.verify("loss-upper", "quick", output=None)
assert_type(report, tc.Report)
assert_type(report.exit_code, int)
assert_type(testing.claim_tests("lemmas.py"), Callable[..., None])

errors: list[type[tc.TheoryCheckError]] = [
    tc.ClaimFailed,
    tc.InvalidType,
    tc.InvalidValue,
    tc.NotOnRegions,
    tc.NotWritten,
    tc.RunInProgress,
    tc.TooExpensive,
    tc.UnsupportedRank,
    tc.WorkersLost,
]
tc.no_such_name  # type: ignore[attr-defined]  # noqa: B018
