"""Krawczyk's test: stationary points stay in the image, and one is isolated only where it is."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from theorycheck.expectations.hessian import Enclosure, Intervals
from theorycheck.inputs.numbers import Floats
from theorycheck.landscapes import exclusion
from theorycheck.landscapes.exclusion import Boxes

BOXES = 400


class Linear:
    """Gradients A_b (x - z_b), one per box, known only within bounds that they may touch.

    zeros, middle, radius: (B, n); matrices, spread: (B, n, n). Of a box b, A_b is a corner of the
    bounds of the Hessian, and the gradient anywhere within bounds `noise` wide.
    """

    def __init__(self, seed: int, noise: float, spread: float) -> None:
        self.random = np.random.default_rng(seed)
        n = int(self.random.integers(1, 5))
        self.matrices = self.random.standard_normal((BOXES, n, n)) + 2 * np.eye(n)
        self.middle = self.random.uniform(-5, 5, (BOXES, n))
        self.radius = 10 ** self.random.uniform(-6, 0, (BOXES, n))
        where = self.random.choice([-1.0, -0.3, 0.0, 0.7, 1.0], (BOXES, n))
        self.zeros = self.middle + where * self.radius
        self.noise, self.spread = noise, spread

    @property
    def boxes(self) -> Boxes:
        """All of them hold their zero, many on a face or in a corner."""
        lower = np.minimum(self.middle - self.radius, self.zeros)
        return Boxes(lower, np.maximum(self.middle + self.radius, self.zeros))

    def gradient(self, _problem: object, points: Floats, _radius: object) -> Intervals:
        exact = (self.matrices @ (points - self.zeros)[:, :, None])[:, :, 0]
        return self._around(exact, self.noise * self.radius.max(axis=1, keepdims=True))

    def hessian(self) -> Intervals:
        return self._around(self.matrices, self.spread * abs(self.matrices))

    def _around(self, exact: Floats, width: Floats) -> Intervals:
        """Bounds so wide, with the exact number at one end or in between."""
        share = self.random.choice([0.0, 0.5, 1.0], exact.shape)
        slack = 1e-15 * (1 + abs(exact))
        return Intervals(exact - share * width - slack, exact + (1 - share) * width + slack)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("noise", "spread"), [(0, 0), (1, 0), (0, 0.3), (1e-6, 1e-6), (0.5, 0.3)])
def test_a_zero_in_a_box_lies_in_its_image(seed, noise, spread, monkeypatch) -> None:
    """However the exact values lie within their bounds, and wherever the zero is in the box."""
    one = Linear(seed, noise, spread)
    monkeypatch.setattr(exclusion, "_gradient_at", one.gradient)
    image = exclusion._image(None, one.boxes, one.hessian())  # type: ignore[arg-type]
    assert image.may_hold.all()
    assert exclusion._meets(image, one.boxes).all()
    assert (image.box.lower <= one.zeros).all()
    assert (one.zeros <= image.box.upper).all()


def test_rounding_of_the_centre_is_covered(monkeypatch) -> None:
    """Far from 0, a number next to an exact zero is within the image of a box a few ulp wide."""
    one = Linear(3, 0.0, 0.0)
    one.middle *= 1e6
    one.radius = abs(one.middle) * 2.0**-50
    one.zeros = one.middle + one.radius * one.random.choice([-1.0, 0.0, 1.0], one.middle.shape)
    monkeypatch.setattr(exclusion, "_gradient_at", one.gradient)
    image = exclusion._image(None, one.boxes, one.hessian())  # type: ignore[arg-type]
    assert (image.box.lower < one.zeros).all()  # what is half an ulp away is no double
    assert (one.zeros < image.box.upper).all()


def test_an_image_that_touches_a_face_isolates_nothing() -> None:
    """The image is to lie in the interior: else two boxes may share a point, or hold a second."""
    box = Boxes(np.array([[0.0, 0.0]]), np.array([[1.0, 1.0]]))
    for lower, upper, is_inside in (
        ([0.1, 0.1], [0.9, 0.9], True),
        ([0.0, 0.1], [0.9, 0.9], False),
        ([0.1, 0.1], [0.9, 1.0], False),
    ):
        inner = Boxes(np.array([lower]), np.array([upper]))
        assert exclusion._is_inside(inner, box).tolist() == [is_inside]


def test_boxes_that_only_touch_their_image_are_kept() -> None:
    box = Boxes(np.array([[0.0]]), np.array([[1.0]]))
    for lower, upper, meets in ((1.0, 2.0, True), (-1.0, 0.0, True), (1.1, 2.0, False)):
        assert exclusion._meets(_image(lower, upper), box).tolist() == [meets]


def test_an_image_that_overflowed_excludes_nothing() -> None:
    box = Boxes(np.array([[0.0]]), np.array([[1.0]]))
    unknown = _image(np.nan, np.nan)
    assert exclusion._meets(unknown, box).all()
    assert exclusion._intersection(unknown, box) == box


def _image(lower: float, upper: float) -> exclusion._Image:
    box = Boxes(np.array([[lower]]), np.array([[upper]]))
    return exclusion._Image(box, np.zeros(1), np.ones(1, dtype=bool))


@pytest.mark.parametrize("shrink", [1.0, 0.5])
def test_what_is_isolated_holds_the_whole_of_the_given_box(shrink, monkeypatch) -> None:
    """A box around the zero alone would leave the rest of the given one unexamined."""
    one = Linear(5, 0.0, 0.0)

    def smaller(_problem: object, boxes: Boxes) -> Boxes:
        return Boxes(
            one.zeros - shrink * (one.zeros - boxes.lower) - 1e-9,
            one.zeros + shrink * (boxes.upper - one.zeros) + 1e-9,
        )

    one.zeros = one.middle + 0.3 * one.radius
    monkeypatch.setattr(exclusion, "_gradient_at", one.gradient)
    monkeypatch.setattr(exclusion, "_grown", smaller)
    monkeypatch.setattr(exclusion, "_ROUNDS", 1)
    monkeypatch.setattr(
        exclusion, "_enclosed", lambda *_: Enclosure(Intervals(*one.boxes), one.hessian())
    )
    found = exclusion.isolating(SimpleNamespace(), one.boxes)  # type: ignore[arg-type]
    isolated = ~np.isnan(found.lower[:, 0])
    assert isolated.all() if shrink == 1.0 else not isolated.any()


def test_a_grown_box_is_judged_by_its_own_hessian(monkeypatch) -> None:
    """Here the Hessian is known well over the given boxes only: no wider one can be shown to do."""
    one = Linear(5, 0.0, 0.0)
    one.zeros = one.middle + 0.3 * one.radius
    given = one.boxes

    def enclosed(_problem: object, boxes: Boxes) -> Enclosure:
        is_wider = (boxes.lower < given.lower).any() or (boxes.upper > given.upper).any()
        hessian = one._around(one.matrices, 50.0 * abs(one.matrices) if is_wider else 0.0)
        return Enclosure(Intervals(*boxes), hessian)

    monkeypatch.setattr(exclusion, "_gradient_at", one.gradient)
    monkeypatch.setattr(exclusion, "_enclosed", enclosed)
    grid = SimpleNamespace(low=np.array([-1e3]), high=np.array([1e3]))
    found = exclusion.isolating(
        SimpleNamespace(coarse=grid, weights=range(given.lower.shape[1])),  # type: ignore[arg-type]
        given,
    )  # type: ignore[arg-type]
    assert np.isnan(found.lower).all()


@pytest.mark.parametrize(
    ("low", "high", "may"),
    [
        (0.0, 1.0, True),
        (-1.0, 0.0, True),
        (-1e-300, 1.0, True),
        (1e-300, 1.0, False),
        (-1.0, -1e-300, False),
        (np.nan, 1.0, True),
    ],
)
def test_a_gradient_excludes_only_where_it_certainly_is_not_0(low, high, may) -> None:
    bounds = Intervals(np.array([[-1.0, low]]), np.array([[1.0, high]]))
    assert exclusion._may_vanish(bounds).tolist() == [may]
