"""The adversarial search: what it finds, that it repeats itself, that it keeps to the domain."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

import theorycheck as tc
from helpers.searched import nowhere_near, radius_constant
from theorycheck.arithmetic.functions import smallest
from theorycheck.errors import InvalidType, InvalidValue, TheoryCheckError
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.search.attack import attack, check_attack
from theorycheck.search.generation import generated
from theorycheck.statements.claim import existence, inequality
from theorycheck.statements.comparison import at_most
from theorycheck.statements.domain import Domain
from theorycheck.strategies import farthest


@inequality("rugged", "x", domain=Domain(components=(1, 1), dimension=(2, 2), radius=6.0))
def rugged(at):
    """False near the point (2, -1) only, which many shallow valleys surround."""
    a, b = at.means[0] - np.array([at.number(Fraction(2)), at.number(Fraction(-1))])
    height = (a * a + b * b) / 8 + 2 - np.cos(4 * a) - np.cos(4 * b)
    return at_most(at.number(Fraction(1, 50)), height)


def test_a_hidden_valley_is_found_and_certified():
    """A violation that generated cases miss is found by descent."""
    starts = [c for c in generated(nowhere_near, 40, 0) if nowhere_near.domain.contains(c)]
    result = attack(nowhere_near, 600, starts=starts)
    assert result.decision.sign == "negative"
    assert result.decision.evidence == "certified"
    assert result.relative < -0.5
    assert isinstance(nowhere_near.check(result.worst), tc.Refuted)


@pytest.mark.long
def test_a_search_loads_no_statistics():
    """They would take a second of every worker's time; who asks for them has them afterwards."""
    code = (
        "import sys; from theorycheck.search import descent; "
        "descent._cma_es(); assert 'scipy.stats' not in sys.modules; "
        "import scipy.stats; print(scipy.stats.norm.cdf(0))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0.5"


def test_shallow_valleys_do_not_hold_the_search():
    """A descent that only goes downhill ends in the valley it began in; the evolution does not."""
    result = attack(rugged, 1500, seed=2, starts=[Case(Mixture([[-1, 2]]))])
    assert result.decision.sign == "negative"
    assert np.array(result.worst.mixture.means, dtype=float) == pytest.approx(
        np.array([[2, -1]]), abs=0.1
    )


@inequality("window", "x", domain=Domain(components=(1, 3), dimension=(1, 2), open_above=True))
def window(at, step_size):
    """likelihood-decrease with a little more where the step size is near 1.17."""
    away = step_size - at.number(Fraction(117, 100))
    factor = 1 + at.number(Fraction(1, 2500)) - away * away
    gain = step_size * (1 - step_size / 2) * (at.gradient * at.gradient).sum() * factor
    return at_most(at.step(step_size).loss + gain, at.loss)


def test_a_window_of_step_sizes_is_not_passed_over():
    """Both sides tend to each other with the step size, where a descent alone ends."""
    starts = [Case(Mixture([mean]), step_size="1/1000000") for mean in ("1/1000", 1, 3)]
    result = attack(window, 400, starts=starts)
    assert result.decision.sign == "negative"
    assert abs(result.worst.step_size - Fraction(117, 100)) < Fraction(1, 50)


def test_the_same_seed_repeats_itself_and_another_does_not():
    """The result depends on claim, budget, starts and seed alone, whatever NumPy's own state."""
    np.random.seed(1)
    first = attack(nowhere_near, 200, seed=5)
    np.random.seed(2)
    assert attack(nowhere_near, 200, seed=5) == first
    assert attack(nowhere_near, 200, seed=6) != first


def test_numpys_global_random_state_is_left_alone():
    """The optimiser draws from its own generator."""
    np.random.seed(3)
    before = np.random.get_state()[1].copy()
    attack(nowhere_near, 100)
    assert (np.random.get_state()[1] == before).all()


def test_no_file_is_written(tmp_path, monkeypatch, capsys):
    """The optimiser is silent, on disk and on the terminal."""
    monkeypatch.chdir(tmp_path)
    attack(nowhere_near, 200)
    assert os.listdir(tmp_path) == []
    assert capsys.readouterr().out == ""


@inequality("steep", "x", domain=Domain(components=(3, 3), dimension=(1, 1)))
def steep(at):
    """False within 1/2 of the means 5, 3 and -2; five away the sides are as 1 to 10^32."""
    off = at.means[:, 0] - np.array([at.number(Fraction(a)) for a in (5, 3, -2)])
    return at_most(at.number(Fraction(2)), np.exp(3 * (off * off).sum()))


@pytest.mark.parametrize("seed", range(6))
def test_a_search_follows_ratios_that_no_margin_shows(seed):
    """The relative margin is 1 most of the way: 10^-32 is lost beside 1."""
    result = attack(steep, 400, seed=seed, starts=[Case(Mixture([1, 1, 1]))])
    assert result.decision.sign == "negative"


@inequality("in-order", "x", domain=Domain(components=(3, 3), dimension=(1, 1)))
def in_order(at):
    """False where the second of means and weights is the smallest, and the first the largest."""
    means, weights = at.means[:, 0], at.weights
    gaps = [v[i] - v[j] for v in (means, weights) for i, j in ((0, 2), (2, 1))]
    return at_most(smallest(gaps), at.number(Fraction(0)))


def test_a_search_sees_how_far_a_margin_is_from_changing_its_sign():
    """The relative margin of a number against 0 is 1, however small that is."""
    starts = [Case(Mixture([1, 3, 2], [1, 3, 2]))]
    found = [attack(in_order, 250, seed=seed, starts=starts).decision.sign for seed in range(6)]
    assert found.count("negative") >= 4


@pytest.mark.parametrize("budget", [1, 30, 300])
def test_the_budget_bounds_the_evaluations(budget):
    """Never much more than the budget: a generation of the optimiser at most."""
    result = attack(nowhere_near, budget)
    assert 1 <= result.evaluations <= budget + 30


def test_history_descends_to_the_result():
    """Each entry improves on the one before, the last is the best."""
    result = attack(nowhere_near, 300)
    values = [value for _, value in result.history]
    assert values == sorted(values, reverse=True)
    assert values[-1] <= result.relative


def test_a_size_can_be_asked_for():
    """--n and --dimension of the command line."""
    result = attack(nowhere_near, 60, components=3, dimension=2)
    assert (result.worst.mixture.components, result.worst.mixture.dimension) == (3, 2)


@pytest.mark.parametrize("size", [(1, 1), (6, 5)])
def test_a_size_outside_of_the_domain_or_above_rank_4_is_refused(size):
    """One clear error, before anything is computed."""
    with pytest.raises(InvalidValue, match="no cases of this size"):
        attack(nowhere_near, 60, *size)


@pytest.mark.parametrize(
    ("size", "told"),
    [
        ((100_000, None), "components is 100000; give at most 64"),
        ((None, 5000), "dimension is 5000; give at most 64"),
        ((0, None), "components is 0; it must be at least 1"),
        ((2.0, None), "components is a float; give a whole number"),
    ],
)
def test_a_size_out_of_reach_is_refused(size, told):
    """By name, and by what a campaign asks before it generates cases."""
    for refuse in (check_attack, lambda claim, n, d: attack(claim, 60, n, d)):
        with pytest.raises(TheoryCheckError, match=told):
            refuse(nowhere_near, *size)
    check_attack(nowhere_near, None, None)


@pytest.mark.parametrize("seed", [-4, 2**64, np.int64(-4)])
def test_any_whole_number_is_a_seed(seed):
    """As for `verify`; what is no whole number is refused."""
    assert attack(nowhere_near, 30, seed=seed) == attack(nowhere_near, 30, seed=int(seed) % 2**64)
    with pytest.raises(InvalidType, match=r"seed is 1\.5"):
        attack(nowhere_near, 30, seed=1.5)


def test_a_claim_that_only_balls_see_is_refused():
    """There is nothing for float64 to descend."""
    with pytest.raises(InvalidValue, match="cannot be attacked"):
        attack(tc.claims.get("ray-formula"), 10)


def test_an_existence_claim_is_attacked_for_its_best_witness():
    """The margin is maximised: the published witness is improved on."""
    claim = tc.claims.get("max-norm-nonmonotone")
    known = claim.examples[0]
    result = attack(claim, 300, starts=[known])
    assert result.decision.sign == "positive"
    assert result.relative > 2 * attack(claim, 1, starts=[known]).relative


def test_an_existence_claim_that_is_false_yields_no_witness():
    """The search never turns rounding into a witness."""

    @existence("never", "x", domain=Domain(components=(2, 2), dimension=(1, 1)))
    def never(at):
        return at.loss - at.weighted_distance / 2

    assert attack(never, 200).decision.sign != "positive"


def test_the_implied_constant_is_measured():
    """The smallest constant is at the largest radius, which is no hypothesis; it cannot be 0."""
    result = attack(radius_constant, 400)
    radius, most = radius_constant.domain.radius, float(farthest(radius_constant.domain))
    assert 0.99 / most**2 < result.relative < 1.01 / radius**2
    assert result.worst.mixture.components == 1
