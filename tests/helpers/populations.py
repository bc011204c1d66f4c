"""Populations against each other, and means of several sizes."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction
from typing import Any

from helpers.enclosures import entries
from theorycheck.expectations.population import Population

FIELDS = [field.name for field in fields(Population) if field.name not in ("means", "weights")]


def assert_overlap(one: Population, other: Population) -> None:
    """Enclosures of the same numbers meet, field by field."""
    for field in fields(Population):
        pairs = zip(
            entries(getattr(one, field.name)), entries(getattr(other, field.name)), strict=True
        )
        for a, b in pairs:
            assert a.is_finite()
            assert a.overlaps(b), (field.name, a, b)


SLOW = [-3, 1, 2]  # with equal weights the mean vanishes: the loss is of fourth order


def scaled(values: list[Any], factor: str) -> list[Any]:
    return [Fraction(v) * Fraction(factor) for v in values]
