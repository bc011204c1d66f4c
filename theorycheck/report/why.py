"""Why a claim fails at its counterexample, or how it is decided at a case, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from theorycheck.report.figures.data import Figure
from theorycheck.report.svg.lines import thinned

_PLAIN = {r"\|": "|", r"\mu": "mu", r"\nabla": "grad"}
_BARS = "▁▂▃▄▅▆▇█"
_COLUMNS = 32
_SIGNS = {"<=": "≤", ">=": "≥", "=": "="}


def lines(why: dict[str, Any], refuted: bool = True) -> Iterator[str]:
    """The data of an `Explanation` as lines of plain text. refuted: False where the claim holds."""
    yield f"{'it fails' if refuted else 'the tightest'}{place(why)}: {compared(why, refuted)}"
    if why["numbers"]:
        yield "the case: " + "; ".join(
            f"{_plain(name)} = {value}" for name, value in why["numbers"]
        )


def sentence(why: dict[str, Any]) -> str:
    """The first of the lines, as a sentence."""
    first = next(lines(why))
    return f"{first[0].upper()}{first[1:]}."


def place(why: dict[str, Any]) -> str:
    """Which comparison, and which entry of it: " in comparison 2 of 3, a step …, at t = 3"."""
    words = ""
    if why["comparisons"] > 1:
        words += f" in comparison {why['comparison']} of {why['comparisons']}"
    if why["is_step"]:
        words += ", a step of the argument" if words else " in a step of the argument"
    return words + (f" at {why['entry']}" if why["entry"] else "")


def compared(why: dict[str, Any], refuted: bool = True) -> str:
    """The two sides and their difference, as "0.7 > 0.5, by 0.2"."""
    if why["lower"] is None:
        return f"margin {why['upper']}"
    return (
        f"{why['lower']} {sign(why, refuted)} {why['upper']} (difference {why['difference']}, "
        f"decided at {why['digits']} digits)"
    )


def sign(why: dict[str, Any], refuted: bool = True) -> str:
    """The relation of the two sides at the case: that of the claim, or what refutes it."""
    if not refuted:
        return _SIGNS[why["relation"]]
    return {"<=": ">", ">=": "<", "=": "≠"}[why["relation"]]


def run_lines(figure: Figure) -> Iterator[str]:
    """The curves of a run as lines of text, each with a bar for a part of the run."""
    yield f"along gradient EM, t = 0 to {figure.series[0].x[-1]:g}, relative to t = 0:"
    for curve in figure.series:
        values = [value for value in curve.y if value is not None]
        most = max(values)
        place = curve.x[values.index(most)]
        peak = f"; most {most:.4g} at t = {place:g}" if place else ""
        yield f"{curve.label} {_bars(values)} ends at {values[-1]:.4g}{peak}"


def _bars(values: Sequence[float]) -> str:
    """Up to `_COLUMNS` of the values as bars over 0."""
    most = max(values) or 1.0
    heights = (max(value, 0.0) / most for value in thinned(values, _COLUMNS))
    return "".join(_BARS[min(int(height * len(_BARS)), len(_BARS) - 1)] for height in heights)


def _plain(symbol: str) -> str:
    """A symbol of LaTeX as a terminal shows it: |grad_i L|^2."""
    for macro, text in _PLAIN.items():
        symbol = symbol.replace(macro, text)
    return symbol
