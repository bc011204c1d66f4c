"""Regions {U <= U0}: what boxes prove there, and that nothing of the set is left to nobody."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import flint
import numpy as np
import pytest

import theorycheck as tc
from theorycheck.arithmetic.arithmetics import as_fmpq
from theorycheck.claims.sharper import energy
from theorycheck.dynamics.trajectory import gradient_em
from theorycheck.errors import InvalidValue
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.region import Region, energy_of
from theorycheck.regions.frame import Frame
from theorycheck.regions.proof import prove
from theorycheck.regions.scope import reach_of_means, root_above
from theorycheck.statements.claim import inequality
from theorycheck.statements.comparison import at_most

CLAIM = tc.claims.get("lojasiewicz-energy")
DISC = Region(2, dimension="any", weights=("1/2", "1/2"), energy_at_most=1, radius_at_least="3/4")


def test_the_bound_of_norms_is_the_root_of_that_of_the_energy() -> None:
    assert root_above(Fraction(9, 4)) == Fraction(3, 2)
    assert 0 <= root_above(2) ** 2 - 2 < Fraction(1, 10**12)
    assert reach_of_means(replace_energy(DISC, 4)) == [2, 2]
    assert reach_of_means(Region(2, radius_at_most=1, energy_at_most=4)) == [1, 1]
    assert reach_of_means(Region(2, means=((0, 3), (-1, 1)), energy_at_most=4)) == [2, 1]


def replace_energy(region: Region, most: object) -> Region:
    return Region(**(region.to_dict() | {"energy_at_most": most}))


@pytest.mark.long
def test_true_on_the_set_and_false_on_its_box_is_proved() -> None:
    """U <= 1 is what the region says; of norms up to 1 it is false."""

    @inequality("within", "U <= 101/100")
    def within(at: Any) -> Any:
        return at_most(at.energy, at.number("101/100"))

    proof = prove(within, DISC, time_limit=20)
    assert proof.verdict == "proved"
    norms = Region(**(DISC.to_dict() | {"energy_at_most": None, "radius_at_most": 1}))
    assert prove(within, norms).verdict == "refuted"


def test_nothing_is_proved_of_no_mixture() -> None:
    """Of U <= 2 no two means are farther apart than 2, which the box of the whole does not show."""

    @inequality("false", "1 + U <= 0")
    def false(at: Any) -> Any:
        return at_most(1 + at.energy, at.number(0))

    empty = Region(2, weights=("1/2", "1/2"), energy_at_most=2, spread_at_least="21/10")
    with pytest.raises(InvalidValue, match="the region has no point"):
        prove(false, empty)


def test_a_counterexample_is_in_the_set() -> None:
    @inequality("smaller", "U <= 99/100")
    def smaller(at: Any) -> Any:
        return at_most(at.energy, at.number("99/100"))

    proof = prove(smaller, DISC, time_limit=20)
    assert proof.verdict == "refuted"
    assert proof.counterexample is not None
    assert Fraction(99, 100) < energy_of(proof.counterexample.mixture) <= 1


def test_a_proof_is_replayed(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from theorycheck.statements.claim import inequality\n"
        "from theorycheck.statements.comparison import at_most\n"
        '@inequality("within", "U <= 11/10")\n'
        "def within(at):\n"
        '    return at_most(at.energy, at.number("11/10"))\n'
    )
    claim = tc.claims.find("within", str(file))
    proof = prove(claim, DISC)
    assert tc.replay(proof.save(tmp_path), claims=str(file)).verdict == "proved"


# --- lojasiewicz-energy, and the rate that follows -----------------------------------------------


def test_boxes_and_lojasiewicz_sharp_cover_the_whole_set() -> None:
    """Every dimension, every weight up to the order, and every radius: see the module."""
    balanced, unbalanced = CLAIM.all_regions
    for region in (balanced, unbalanced):
        assert region.dimension == "any"
        assert region.energy_at_most == energy.MOST_ENERGY
        others = (region.means, region.radius_at_most, region.spread_at_least)
        assert others == (None, None, None)
        assert region.radius_at_least == energy.NEAREST
    assert unbalanced.weights == (
        (Fraction(1, 5), Fraction(1, 2)),
        (Fraction(1, 2), Fraction(4, 5)),
    )
    least = energy.LIGHTEST
    assert (
        CLAIM.domain.lightest == least == unbalanced.weights[0][0] == 1 - unbalanced.weights[1][1]
    )
    assert CLAIM.domain.components == (2, 2)


def test_lojasiewicz_sharp_is_enough_near_the_optimum() -> None:
    """With D <= 2R and r <= 2; its constant falls with R."""
    sharp = tc.claims.get("lojasiewicz-sharp").floor
    assert sharp is not None
    nearest = flint.arb(as_fmpq(energy.NEAREST))
    exponent = nearest**2 / 4 + 3 * (2 * nearest) ** 2 / 8
    constant = (
        as_fmpq(sharp * energy.LIGHTEST) * (-exponent).exp() / (nearest + flint.arb(2).sqrt())
    )
    assert constant > as_fmpq(energy.DOMINATION)


def test_the_constant_is_proved_for_equal_weights_in_every_dimension() -> None:
    (region,) = CLAIM.regions
    proof = prove(CLAIM, region)
    assert proof.verdict == "proved"
    assert proof.bound >= 0.3
    assert prove(CLAIM, region, at_least="2/5").verdict == "refuted"


def test_random_points_of_the_whole_set_have_the_constant() -> None:
    """In dimensions 1 to 4, also within the neighbourhood that boxes leave out."""
    random, smallest = np.random.default_rng(4), np.inf
    for _ in range(400):
        rows = random.normal(size=(2, int(random.integers(1, 5))))
        rows *= 2 * random.uniform(0.01, 1) ** random.choice([0.1, 1, 2]) / np.linalg.norm(rows)
        share = random.uniform(0.2, 0.8)
        found = tc.population(Mixture(rows.tolist(), [share, 1 - share]))
        smallest = min(smallest, float((found.gradient**2).sum() / found.loss**1.5))
    assert 0.3 < smallest < 1


@pytest.mark.parametrize("step_size", [0.05, 1.0, 1.9])
def test_runs_stay_in_the_set_and_fall_as_fast_as_the_rate_says(step_size: float) -> None:
    """From the worst mixture known, in float64."""
    run = gradient_em(energy._FAR, step_size, 200)
    assert (np.diff(run.energy) <= 0).all()
    gamma = float(energy.DOMINATION) / 2 * step_size * (1 - step_size / 2)
    times = np.arange(201)
    assert (run.loss <= (1 + 1e-9) / (run.loss[0] ** -0.5 + gamma * times) ** 2).all()


def test_frames_leave_out_what_is_beyond_the_energy() -> None:
    frame = Frame.of(DISC, CLAIM)
    lo = np.array([[0.75, 0.75], [0.6, 0.7], [0.2, 0.25]])
    assert frame.free == (("means", 0), ("means", 1), ("offset", 0))
    outside = frame.is_outside(lo, lo)  # U = 1.0025 and 1.1775 there
    assert outside.tolist() == [True, True]
    inside = np.array([[0.75], [0.6], [0.1]])
    assert not frame.is_outside(inside, inside).any()


def test_the_energy_is_exact() -> None:
    assert energy_of(Mixture([[1, "1/3"], [0, 2]])) == Fraction(46, 9)
