"""Calls that a worker process can find: it does not import the module of a test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Numbered:
    """An argument with a kin that has no hash."""

    kin: list[int]
    number: int


def number_of(call: Numbered) -> int:
    """Its number."""
    return call.number
