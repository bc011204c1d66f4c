"""Group H of theory.md, continued: identities and bounds under any mixture truth."""

from __future__ import annotations

import numpy as np
import pytest

import theorycheck as tc
from theorycheck.testing import holds

test_the_gradient_is_the_mean_of_what_student_and_truth_expect = holds(
    "mixture-gradient", max_examples=8
)
test_the_gradient_projects_onto_any_point = holds("mixture-projection", max_examples=8)
test_a_stationary_point_has_at_most_the_moments_of_the_truth = holds(
    "stationary-moments", max_examples=8
)
test_a_mean_far_from_the_hull_is_drawn_back = holds("stationary-box", max_examples=8)


def test_the_moments_of_a_saddle_exceed_those_of_the_truth_by_less_than_the_rank() -> None:
    """(-2.3225366, 0, 2.3225366) under (-2, 2): without + r the bound would fail."""
    land = tc.landscape(tc.Mixture([-2, 2]), components=3)
    saddle = next(p for p in land.points if p.index == 1 and abs(float(p.loss) - 0.06501992) < 1e-7)
    means = np.array([[float(entry) for entry in row] for row in saddle.means])
    shares = tc.population(tc.Mixture(means.tolist()), truth=tc.Mixture([-2, 2])).responsibilities
    moments = shares @ (means**2)[:, 0]
    assert shares @ means[:, 0] == pytest.approx(0, abs=1e-9)
    assert moments / 4 == pytest.approx(1.0174, abs=1e-4)
    assert moments <= 5
