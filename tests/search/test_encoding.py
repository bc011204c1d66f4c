"""Cases as vectors and back."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import theorycheck as tc
from helpers.searched import nowhere_near
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.search.encoding import Encoding, Pinned
from theorycheck.search.generation import generated


@pytest.mark.long
@pytest.mark.parametrize("claim", [c for c in tc.claims.all() if not c.only_balls], ids=str)
def test_a_case_survives_encoding(claim):
    """Decoding undoes encoding up to rounding to 24 bits and clipping, and keeps to the domain."""
    close = 0
    cases = [case for case in generated(claim, 25, 2) if claim.domain.contains(case)]
    for case in cases:
        encoding = Encoding.of(claim, case)
        vector = encoding.encode(case)
        assert vector.shape == (encoding.size,)
        again = encoding.decode(vector)
        if again is None:
            continue
        assert claim.domain.contains(again)
        close += is_close(case, again)
    assert close > 0.8 * len(cases)


def is_close(first: Case, second: Case) -> bool:
    """Equal in every number to 1e-3 of the largest; the number of steps aside."""
    pairs = [
        (first.mixture.means, second.mixture.means),
        (first.mixture.weights, second.mixture.weights),
        *((getattr(first, k) or 0, getattr(second, k) or 0) for k in ("x", "direction", "target")),
        *((getattr(first, k) or 0, getattr(second, k) or 0) for k in ("step_size", "s")),
    ]
    arrays = [(np.array(a, dtype=float), np.array(b, dtype=float)) for a, b in pairs]
    return all(np.allclose(a, b, atol=1e-3 * max(1e-9, abs(a).max())) for a, b in arrays)


@pytest.mark.parametrize("claim", [c for c in tc.claims.all() if not c.only_balls], ids=str)
def test_wild_vectors_stay_within_the_domain(claim):
    """Whatever the vector, the case is within the radius, its step size within its interval."""
    rng = np.random.default_rng(0)
    domain = claim.domain
    encoding = Encoding(claim, *domain.components[:1], max(1, domain.dimension[0]), 0)
    if domain.truth == "mixture":
        encoding = replace(encoding, truth=2)
    for size in (1.0, 10.0, 1e3):
        for vector in size * rng.standard_normal((20, encoding.size)):
            case = encoding.decode(vector)
            if case is None:
                continue
            rows = np.array(case.mixture.means, dtype=float)
            assert np.sqrt((rows**2).sum(axis=1)).max() <= domain.radius * (1 + 1e-6)
            if "step_size" in claim.inputs:
                low, high = domain.step_size
                assert low < case.step_size <= high
                assert not domain.open_above or case.step_size < high


def test_numbers_that_are_decoded_are_short():
    """Means are binary fractions of at most 24 bits: a case can be read and written."""
    encoding = Encoding(nowhere_near, 2, 2)
    case = encoding.decode(np.random.default_rng(1).standard_normal(encoding.size))
    assert case is not None
    for entry in (entry for row in case.mixture.means for entry in row):
        assert abs(entry.numerator).bit_length() <= 24
    assert Case.from_json(case.to_json()) == case


def test_a_closed_end_of_the_step_size_is_reached():
    """The end of a closed interval is a case, not a limit."""
    claim = tc.claims.get("energy-decrease")
    at_the_end = Case(Mixture([1]), claim.domain.step_size[1])
    encoding = Encoding.of(claim, at_the_end)
    assert encoding.decode(encoding.encode(at_the_end)).step_size == 2


def test_an_open_end_of_the_step_size_is_approached():
    """The end of an open interval is no case, but what is next to it is."""
    claim = tc.claims.get("likelihood-decrease")
    encoding = Encoding.of(claim, Case(Mixture([1]), 1))
    vector = encoding.encode(Case(Mixture([1]), 2))
    case = encoding.decode(vector)
    assert case is not None
    assert Fraction(199999, 100000) < case.step_size < 2


def test_pins_hold():
    """A pinned radius and smallest weight are met by every vector."""
    pinned = Encoding(nowhere_near, 3, 2, pinned=Pinned(smallest_weight=0.01))
    for vector in np.random.default_rng(2).standard_normal((10, pinned.size)):
        assert float(min(pinned.decode(vector).mixture.weights)) == pytest.approx(0.01)
