"""Statements: the part of a claim from which it is decided at one case."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Literal, Protocol, TypeAlias

from theorycheck.statements.domain import Domain

Kind: TypeAlias = Literal["inequality", "identity", "existence", "constant"]
Function: TypeAlias = Callable[..., Any]
EXTRA_INPUTS = ("step_size", "x", "direction", "target", "s", "steps")
"""The inputs of a case, besides its mixtures, that a function may name as parameters."""


class Statement(Protocol):
    """A function of a point and the rule by which its values are judged.

    The fields are those of `Claim`, which adds the words of the theory.
    """

    @property
    def id(self) -> str:
        """The name, for messages."""

    @property
    def kind(self) -> Kind:
        """The rule: margins >= 0, residuals 0, one margin > 0, or every value > 0."""

    @property
    def function(self) -> Function:
        """A function of a `Point` and the inputs."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """The extra inputs that the function takes."""

    @property
    def domain(self) -> Domain:
        """The hypotheses; deciding asks only whether they need a mixture truth."""

    @property
    def strict(self) -> bool:
        """True if margins of an inequality must be > 0."""

    @property
    def only_balls(self) -> bool:
        """True if float64 cannot resolve the margin."""

    @property
    def certified_steps(self) -> int:
        """The number of steps of a trajectory that balls follow."""

    @property
    def floor(self) -> Fraction | None:
        """The number that every value of an implied constant must reach, if one is stated."""
