"""Automatic mutants: what is changed, and that nothing else is."""

from __future__ import annotations

import pytest

import theorycheck as tc
from theorycheck import claims
from theorycheck.search.mutants import mutants
from theorycheck.statements.decision import float64_view
from theorycheck.statements.point import Point

CASE = tc.Case(tc.Mixture([1, -2, "1/2"], [1, 2, 3]), 1)


def changes(claim: tc.Claim) -> list[str]:
    """The changes without their places."""
    return [mutant.change.rpartition(" (")[0] for mutant in mutants(claim)]


def declared(function: object) -> tc.Claim:
    """A claim that is not in the registry."""
    claim: tc.Claim = tc.inequality("own", "L \\le W")(function)  # type: ignore[arg-type]
    return claim


def test_every_kind_of_change_is_made() -> None:
    """Constants, quantities, terms, factors, signs, powers, extremes and the step size."""

    def function(at, step_size):  # type: ignore[no-untyped-def]
        bound = 2 * at.weighted_distance + at.radius**3
        return tc.at_most(-step_size * (at.weights @ at.responsibilities), bound)

    assert set(changes(declared(function))) == {
        "2 * at.weighted_distance + at.radius ** 3 -> 2 * at.weighted_distance",
        "2 * at.weighted_distance + at.radius ** 3 -> at.radius ** 3",
        "2 * at.weighted_distance + at.radius ** 3 -> 2 * at.weighted_distance - at.radius ** 3",
        "2 * at.weighted_distance -> 2 * at.weighted_distance * 49 / 50",
        "2 * at.weighted_distance -> 2 * at.weighted_distance * 51 / 50",
        "2 * at.weighted_distance -> 2",
        "2 * at.weighted_distance -> at.weighted_distance",
        "at.weighted_distance -> at.energy",
        "at.radius ** 3 -> at.radius ** 2",
        "at.radius ** 3 -> at.radius ** 4",
        "at.radius -> _root_mean_square(at)",
        "bound -> bound * 49 / 50",
        "bound -> bound * 51 / 50",
        "-step_size * (at.weights @ at.responsibilities) -> -step_size",
        "-step_size * (at.weights @ at.responsibilities) -> at.weights @ at.responsibilities",
        "-step_size -> step_size",
        "step_size -> step_size * step_size",
        "at.weights -> at.responsibilities",
        "at.responsibilities -> at.weights",
    }


def test_a_mutant_is_its_claim_but_for_one_change() -> None:
    """Domain, inputs and examples stay; the margin is that of the changed function."""
    claim = claims.get("loss-upper")
    found = {mutant.change: mutant.claim for mutant in mutants(claim)}
    (doubled,) = (c for change, c in found.items() if "/ 2 -> at.weighted_distance (" in change)
    assert (doubled.domain, doubled.inputs, doubled.examples) == (
        *(claim.domain, claim.inputs),
        claim.examples,
    )
    assert doubled.controls == []
    at = Point(CASE.mixture)
    assert float64_view(doubled, CASE).margin == at.weighted_distance - at.loss
    assert float64_view(claim, CASE).margin == at.weighted_distance / 2 - at.loss


def test_functions_that_a_claim_calls_are_changed_too() -> None:
    """Not those that are decorated, nor those of other modules; the place is told."""
    found = [mutant.change for mutant in mutants(claims.get("stein-lower-bound"))]
    assert any("at.responsibilities -> at.weights (_stein_bound, line" in text for text in found)
    assert any(text.startswith("at.rank -> at.affine_rank (line") for text in found)


def test_the_means_in_place_of_extremes_work_in_both_arithmetics() -> None:
    """sqrt(U/n), 1/n and the mean of an array."""

    def function(at):  # type: ignore[no-untyped-def]
        return tc.at_most(at.smallest_weight * at.radius, tc.largest(at.responsibilities))

    found = [m.claim for m in mutants(declared(function)) if "mean" in m.change]
    assert len(found) == 3
    for mutant in found:
        verdict = mutant.check(CASE)
        assert isinstance(verdict, (tc.Holds, tc.Refuted))
        assert verdict.margin == pytest.approx(float64_view(mutant, CASE).margin)


def test_the_scale_of_a_comparison_stays() -> None:
    """It says how well a margin is known, and is no part of the statement."""
    found = changes(claims.get("stein-gradient"))
    assert not any("at.radius" in text for text in found)
    assert any("at.overlap @ at.means" in text for text in found)


def test_a_function_without_source_has_no_mutants() -> None:
    """A lambda, a callable object, text that was executed."""
    scope: dict[str, object] = {"tc": tc}
    exec("def function(at):\n    return tc.at_most(at.loss, 2 * at.energy)\n", scope)
    assert mutants(declared(scope["function"])) == []
    assert mutants(declared(lambda at: tc.at_most(at.loss, 2 * at.energy))) == []


def test_closures_and_files_are_read() -> None:
    """What the function takes from around it is there."""
    factor = 3

    def function(at):  # type: ignore[no-untyped-def]
        return tc.at_most(at.loss, factor * at.energy)

    (changed,) = (m for m in mutants(declared(function)) if m.change.startswith("at.energy"))
    assert float64_view(changed.claim, CASE).margin > 0


@pytest.mark.long
def test_every_claim_of_the_package_has_mutants() -> None:
    """All are built and named differently; the same in every process."""
    for claim in claims.all():
        ids = [mutant.claim.id for mutant in mutants(claim)]
        assert len(set(ids)) == len(ids) > 0, claim.id
