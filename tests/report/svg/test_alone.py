"""Figures as files of their own."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from theorycheck.report.figures.data import Figure, Series
from theorycheck.report.figures.trajectories import rate_figures
from theorycheck.report.svg.alone import alone

ROOT = Path(__file__).parents[3]


def test_a_figure_has_its_words_and_is_well_formed() -> None:
    """Title, axes and legend as plain text, without a formula in LaTeX; text is escaped."""
    curves = [Series(r"$1/\sqrt{t}$", [1, 2], [1, 2]), Series("a < b", [1, 2], [2, 1], "dashed")]
    text = alone(Figure("A & B", "", "t", r"$\mu_1$", curves))
    tree = ElementTree.fromstring(text)
    words = [node.text for node in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert {"A & B", "t", "μ₁", "1/√t", "a < b"} <= set(words)
    assert "$" not in text


@pytest.mark.long
def test_the_picture_of_the_readme_is_what_the_package_draws() -> None:
    """Written by `alone(rate_figures()[0])`; it is small."""
    kept = (ROOT / "docs/images/rates.svg").read_text(encoding="utf-8")
    assert kept == alone(rate_figures()[0])
    assert len(kept) < 12_000
    assert "docs/images/rates.svg" in (ROOT / "README.md").read_text(encoding="utf-8")
