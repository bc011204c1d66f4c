"""Statements: what deciding a claim at one case needs to know of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["inequality", "identity", "existence", "constant"]
EXTRA_INPUTS = ("step_size", "x", "direction", "target", "s", "steps")


Function: TypeAlias = Callable[..., Any]
