"""Pictures of the boxes of a proof: the areas are those of the tree, and the page stays small."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import theorycheck as tc
from theorycheck.regions.proof import MOST_DRAWN, Proof
from theorycheck.regions.tree import FINER, LEAF, OPEN, OUTSIDE, TOUCHING, packed, pruned
from theorycheck.report.svg.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH
from theorycheck.report.svg.boxes import boxes, whole_drawing

AREA = (WIDTH - LEFT - RIGHT) * (HEIGHT - TOP - BOTTOM)
AXES = [["mean 1", 1.0, 2.0], ["mean 2", -2.0, -1.0]]


@pytest.fixture(scope="module")
def proof() -> Proof:
    claim = tc.claims.get("dwivedi-balanced")
    return tc.prove(claim, claim.regions[0], time_limit=60)


def levels(*rows: list[int]) -> list[Any]:
    return [np.array(row, dtype=np.int8) for row in rows]


def areas(drawn: str) -> dict[str, float]:
    """The share of the picture in every shade."""
    ((across, up),) = re.findall(r"scale\((\S+) (\S+)\)", drawn)
    cell, found = float(across) * float(up) / AREA, {}
    for name, path in re.findall(r'<path class="([lm][^"]*)" d="([^"]*)"', drawn):
        sizes = re.findall(r"M\d+ \d+h(\d+)v(\d+)h-\d+z", path)
        found[name] = sum(int(width) * int(height) for width, height in sizes) * cell
    return found


def test_a_tree_is_drawn_box_by_box() -> None:
    tree = levels([0], [LEAF, 1], [0, OUTSIDE], [TOUCHING, OPEN])
    found = areas(boxes({"axes": AXES, "tree": packed(tree)}))
    assert found == pytest.approx({"l3": 1 / 2, "mark s2": 1 / 8, "mark s1": 1 / 8}, abs=2e-3)


def test_a_pruned_tree_says_how_far_it_went_on() -> None:
    tree = levels([0], [LEAF, 1], [0, LEAF], [LEAF, 1], [LEAF, LEAF])
    assert [level.tolist() for level in pruned(tree, 3)] == [[0], [LEAF, 1], [FINER - 1, LEAF]]
    assert [level.tolist() for level in pruned(tree, 2)] == [[0], [LEAF, FINER - 2]]
    assert [level.tolist() for level in pruned(tree, 99)] == [level.tolist() for level in tree]
    assert [level.tolist() for level in pruned(levels([LEAF]), 9)] == [[LEAF]]
    found = areas(boxes({"axes": AXES, "tree": packed(pruned(tree, 3))}))
    assert found == pytest.approx({"l2": 1 / 2, "l9": 1 / 4, "l4": 1 / 4}, abs=2e-3)


@pytest.mark.long
def test_the_picture_of_a_proof_is_small_and_whole(proof: Proof) -> None:
    picture = proof.picture()
    assert picture is not None
    assert picture["axes"] == [["mean 1", -2.0, 2.0], ["mean 2", -2.0, 2.0]]
    drawn = whole_drawing(picture)
    assert len(drawn) < 5_000
    assert drawn.count("M") <= MOST_DRAWN + 40
    assert proof.boxes > MOST_DRAWN
    # but for the boxes in |mu| < 1/2: some of those within, as large boxes are left out alone
    assert 1 - 1 / 16 - 1e-3 <= sum(areas(drawn).values()) <= 1 + 1e-3


def test_a_proof_of_other_than_two_parameters_has_none() -> None:
    claim = tc.claims.get("loss-upper")
    region = tc.Region(2, means=((1, 2), (-2, -1)), weights=("2/5", "3/5"))
    assert tc.prove(claim, region).picture() is None
