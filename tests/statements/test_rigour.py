"""What leaves ball arithmetic in a user's claim is refused, with its line; nothing else is."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from theorycheck import claims
from theorycheck.arithmetic.arithmetics import FLOAT64, Ball
from theorycheck.claims.loading import load
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements.decision import decide, evaluate
from theorycheck.statements.rigour import GuardedBall

CASE = Case(
    Mixture(["3/2", "-7/10", 2], [2, 5, 3]), 1, x=["1/3"], target=[[0], ["1/2"], [2]], steps=2
)
HEAD = """\
import copy, math, statistics
from contextlib import suppress
from fractions import Fraction
from math import sqrt as square_root
import numpy as np
import theorycheck as tc

def half(ball):
    return float(ball) / 2  # line 9

@tc.inequality("planted", "x")
def planted(at, step_size, x, target, steps):
"""
FIRST = HEAD.count("\n") + 1


def planted(tmp_path: Path, body: str):
    """The claim of a file with this body, which begins in line FIRST."""
    path = tmp_path / "lemmas.py"
    path.write_text(HEAD + textwrap.indent(textwrap.dedent(body), "    ") + "\n")
    return load(str(path))[0]


LEAKS = {
    "return float(at.loss)": "float() takes the midpoint",
    "return at_most_loss(at) if int(at.loss) else at.loss": "int() takes the midpoint",
    "return complex(at.loss).real * at.loss": "complex() takes the midpoint",
    "return round(at.loss, 3) + at.loss": "round() takes the midpoint",
    "return tc.at_most(float(at.loss), at.weighted_distance)": "float() takes",
    "return tc.at_most(math.exp(-at.radius), 1 + at.loss)": "float() takes",
    "return tc.at_most(square_root(at.energy), 9 + at.loss)": "float() takes",
    "return math.ceil(at.loss) - at.loss": "math.ceil() takes",
    "return math.floor(at.energy) + at.loss": "math.floor() takes",
    "return math.hypot(at.loss, at.energy) + at.loss": "float() takes",
    "return statistics.fmean(list(at.weights)) + at.loss": "float() takes",
    "return np.float64(at.loss) + at.energy": "float() takes",
    "return at.loss + at.means.astype(float).sum()": "float() takes",
    "return at.loss + np.array(at.means, dtype=float).sum()": "float() takes",
    "return at.loss.mid() + at.energy": ".mid() leaves",
    "return at.energy - at.loss.lower()": ".lower() leaves",
    "return at.energy - at.loss.rad()": ".rad() leaves",
    "return at.energy - float(at.loss.str(10, radius=False))": ".str() leaves",
    "return at.energy - at.loss.abs_upper()": ".abs_upper() leaves",
    "return at.energy if at.loss < 1 else at.loss": "a comparison",
    "return at.energy if 1 >= step_size else at.loss": "a comparison",
    "return at.energy if at.loss == 0 else at.loss": "a comparison",
    "return at.energy if at.loss != at.energy else at.loss": "a comparison",
    "return at.energy if at.loss else at.loss": "a ball has no truth value",
    "return at.energy if not x[0] else at.loss": "a ball has no truth value",
    "return at.loss or at.energy": "a ball has no truth value",
    "return max(at.loss, at.energy)": "a comparison",
    "return min(at.weights)": "a comparison",
    "return sorted(at.weights)[0]": "a comparison",
    "values = list(at.weights)\nvalues.sort()\nreturn values[0]": "a comparison",
    "return np.max(at.weights) * at.loss": "a comparison",
    "return at.weights.min() * at.loss": "a comparison",
    "return np.maximum(at.weights, 0)": "a comparison",
    "return at.weights[at.weights > 0]": "a comparison",
    "return np.where(at.weights > 0, at.weights, 1)": "a comparison",
    "return at.weights[np.argsort(at.weights)]": "a comparison",
    "return at.loss if at.loss in [at.energy] else at.energy": "a comparison",
    "return {at.loss: at.energy}[at.loss]": "a comparison",
    "return at.loss if any(at.weights) else at.energy": "a ball has no truth value",
    "return sum(w for w in at.weights if w)": "a ball has no truth value",
    "f = lambda ball: float(ball)\nreturn f(at.loss)": "float() takes",
    "def inner():\n    return float(at.loss)\nreturn inner()": "float() takes",
    "return half(at.loss)": "float() takes",
    "return at.step(float(step_size)).loss": "float() takes",
    "return at.loss - float(at.step(step_size).loss)": "float() takes",
    "return at.loss - float(at.em_step().em_step().energy)": "float() takes",
    "return at.loss - float(at.moved(target).loss)": "float() takes",
    "return at.loss - float(at.path(step_size, steps).loss[1])": "float() takes",
    "return at.loss - float(at.other(at.mixture.scaled(2)).loss)": "float() takes",
    "return at.loss + float(at.iterates(step_size, [2])[0].loss)": "float() takes",
    "return at.loss + float(at.responsibilities_at(x)[0])": "float() takes",
    "return at.loss + float(at.number(Fraction(1, 3)))": "float() takes",
    "return at.loss + float(tc.root(at.loss))": "float() takes",
    "return at.loss + float(tc.largest(at.weights))": "float() takes",
    "return at.loss + float(tc.squared_norms(at.means)[0])": "float() takes",
    "return at.loss + float(np.exp(-at.means).sum())": "float() takes",
    "return at.loss + float(1 - at.loss)": "float() takes",
    "return tc.at_most(at.loss, at.energy, scale=float(at.energy))": "float() takes",
    "try:\n    return float(at.loss) + at.energy\nexcept Exception:\n    return at.loss": "float()",
    "with suppress(Exception):\n    return float(at.loss)\nreturn at.loss": "float() takes",
    "return copy.deepcopy(at.loss)": "a copy leaves",
}
HARMLESS = [
    "return tc.at_most(at.loss, at.weighted_distance)",
    "return [tc.at_most(0, at.loss), tc.at_most(0, at.energy)]",
    "return at.loss",
    "return at.loss + 0.5 if at.components > 2 else at.loss",
    "return at.loss * max(at.rank, 2) + len(at.weights)",
    "return sum(w * w for w in at.weights)",
    "return at.loss * max(at.mixture.weights).numerator",
    "return at.loss if max(at.case.mixture.weights) > 0 else at.energy",
    "return at.loss * math.sqrt(at.dimension) + float(at.exact('step_size'))",
    "return at.loss if at.truth is None and at.arithmetic.is_rigorous else at.energy",
    "message = f'{at.loss} {at.weights!r} {at!r}'\nreturn at.loss + len(message) * 0",
    "return tc.at_most(0, tc.root(tc.squared_norms(at.means)))",
    "return tc.largest(at.weights) - tc.smallest(at.weights)",
    "return np.exp(at.loss) + np.log(at.energy) + np.expm1(at.loss) + np.tanh(at.loss)",
    "return at.loss + np.linalg.norm(at.means)",
    "return np.sqrt(at.energy) + abs(at.means).sum() + (-at.loss + 2 * at.loss) - +at.loss",
    "return np.einsum('ij,ij->i', at.means, at.means)",
    "return np.outer(at.weights, at.weights).ravel() + np.trace(at.overlap)",
    "return np.diff(np.cumsum(at.weights)) / at.energy",
    "return at.loss**2 + 2**at.loss + 1 / at.energy + np.float64(2) * at.loss",
    "return np.stack([at.weights, at.weights]).mean(axis=0)",
    "return at.step(step_size).loss + at.em_step().loss + at.moved(target).energy",
    "return at.path(step_size, steps).loss",
    "before, after = at.moves(step_size, steps, (1, 2))\nreturn before.loss - after.loss",
    "return at.line(target, Fraction(1, 3)).loss",
    "return [p.loss for p in at.iterates(step_size, [1, 2])]",
    "return tc.equal(at.loss, at.loss + 1).margins",
]


@pytest.mark.parametrize(("body", "words"), LEAKS.items())
def test_a_leak_is_refused_with_its_line(tmp_path, body, words):
    """However it is written, also where the error is caught; the sign is then unknown."""
    found = decide(planted(tmp_path, body), CASE, (12,))
    assert (found.sign, found.evidence, found.failed) == ("unknown", "none", True)
    place, what = found.reason.split("): ", 1)
    assert place.startswith("claim planted (lemmas.py, line ")
    assert what.startswith(words)
    line = int(place.rpartition(" ")[2])
    assert line == 9 or FIRST <= line <= FIRST + body.count("\n")


def test_the_line_is_that_of_the_leak(tmp_path):
    """The innermost one of the file, in a helper too."""
    for body, line in (("\n\nreturn float(at.loss)", FIRST + 2), ("return half(at.loss)", 9)):
        reason = decide(planted(tmp_path, body), CASE, (12,)).reason
        assert reason == (
            f"claim planted (lemmas.py, line {line}): float() takes the midpoint of a ball and "
            "drops its radius: what comes out is no proof"
        )


@pytest.mark.parametrize("body", HARMLESS)
def test_what_stays_in_the_balls_is_not_refused(tmp_path, body):
    """And has the same balls as without the guard."""
    claim = planted(tmp_path, body)
    own = replace(claim, function=_as_own(claim.function))
    found, plain = (evaluate(c, CASE, Ball(12)) for c in (claim, own))
    assert [v.str(40) for v in found.values] == [v.str(40) for v in plain.values]
    assert [v.str(40) for v in found.scales] == [v.str(40) for v in plain.scales]
    assert not any(isinstance(v, GuardedBall) for v in (*found.values, *found.scales))
    evaluate(claim, CASE, FLOAT64)


def _as_own(function):
    """The function as one of this package, whose claims are not guarded."""

    def inner(*args, **named):
        return function(*args, **named)

    inner.__module__ = "theorycheck.claims"
    return inner


def test_a_leak_in_float64_is_none(tmp_path):
    """There is no radius to lose."""
    claim = planted(tmp_path, "return float(at.loss)")
    assert evaluate(claim, CASE, FLOAT64).values[0] > 0


def test_rounding_is_no_proof(tmp_path):
    """L <= W/2 is an equality here, and the double nearest to L lies on the wrong side."""
    claim = planted(tmp_path, "return tc.at_most(float(at.loss), at.weighted_distance / 2)")
    case = replace(CASE, mixture=Mixture(["1/10"]), target=[[0]])
    assert decide(claim, case).sign == "unknown"
    body = "return tc.at_most(at.loss, at.weighted_distance / 2)"
    assert decide(planted(tmp_path, body), case).sign == "tight"


CHOOSING = {
    *("em-is-gradient-descent", "responsibility-jacobian", "ray-formula", "hessian-at-optimum"),
    *("asymptotic-constant", "asymptotic-constant-uniform"),
}
"""Claims that choose a distance, or a number of steps, by a midpoint: any choice is a proof."""


@pytest.mark.long
@pytest.mark.parametrize("id", [c.id for c in claims.all() if c.id not in CHOOSING])
def test_the_claims_of_this_package_pass_the_guard(id):
    """All but those that choose something by a midpoint."""
    claim = claims.get(id)

    def as_written_by_a_user(*args, **named):
        return claim.function(*args, **named)

    for case in (EVEN, LIGHT, replace(LIGHT, truth=Mixture([0, 1])), *claim.examples[:1]):
        if claim.domain.contains(case):
            evaluate(replace(claim, function=as_written_by_a_user), case, Ball(12))


LIGHT = Case(
    Mixture(["1/2", "-3/2"], [1, 2]),
    1,
    x=["1/2"],
    direction=[1],
    target=[[1], ["2/3"]],
    s=Fraction(1, 2),
    steps=2,
)
EVEN = replace(LIGHT, mixture=Mixture(["1/2", "-3/2"]))
