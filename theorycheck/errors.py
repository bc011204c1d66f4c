"""The errors a caller can meet. Every one is a `TheoryCheckError`."""

from __future__ import annotations


def printable(text: str) -> str:
    """Text in one line, with whatever a terminal would act on escaped."""
    line = " ".join(text.split())
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def in_words(error: BaseException) -> str:
    """The message of any error, in one line of a bearable length; its type where it has none."""
    return printable(str(error))[:200] or type(error).__name__


def with_type(error: BaseException) -> str:
    """The type of any error, and its message where it has one."""
    name, words = type(error).__name__, in_words(error)
    return name if words == name else f"{name}: {words}"


class TheoryCheckError(Exception):
    """Root of every error this package raises on purpose."""


class InvalidValue(TheoryCheckError, ValueError):
    """An argument has the right type but a value that makes no sense."""


class InvalidType(TheoryCheckError, TypeError):
    """An argument has a type that cannot be read."""


class UnsupportedRank(TheoryCheckError, ValueError):
    """The affine rank is above what the asked arithmetic can integrate over."""


class TooExpensive(TheoryCheckError, ValueError):
    """The quadrature grid needed for the asked accuracy is out of reach."""


class TooCoarse(TooExpensive):
    """The precision is too low: a ball has grown until nothing is known of its number."""


class NotOnRegions(TheoryCheckError, ValueError):
    """A claim or a region needs something that has no enclosures over boxes."""


class ClaimFailed(TheoryCheckError, RuntimeError):
    """A claim's function raised an error of its own, or returned no margins."""


class RunInProgress(TheoryCheckError, RuntimeError):
    """Another run is writing into the same directory."""


class NotWritten(TheoryCheckError, OSError):
    """A result could not be written: a full disk, a directory without permission."""


class WorkersLost(TheoryCheckError, RuntimeError):
    """The worker processes have died and no more work can be given to them."""
