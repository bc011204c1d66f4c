"""The HTML of verdicts, certificates and trajectories in a notebook; all text is escaped."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from html import escape
from typing import Any

_SHAPES = {"Holds": "●", "Refuted": "■", "Undecided": "◐"}


class HtmlVerdict:
    """Gives a verdict the representation that notebooks look for."""

    def _repr_html_(self) -> str:
        name = type(self).__name__
        rows = {key: value for key, value in vars(self).items() if key != "case"}
        if (case := getattr(self, "case", None)) is not None:
            rows["case"] = case.to_json()
        return table(f"{_SHAPES.get(name, '')} {name}", rows)


def table(title: str, rows: dict[str, Any]) -> str:
    """An HTML table with a caption and one row per entry."""
    cells = "".join(
        f"<tr><th scope='row' style='text-align: left'>{escape(str(name))}</th>"
        f"<td style='text-align: left'>{escape(_shown(value))}</td></tr>"
        for name, value in rows.items()
    )
    return f"<table><caption>{escape(title)}</caption><tbody>{cells}</tbody></table>"


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def trajectory_html(trajectory: Any) -> str:
    """A table of loss and distances at the first, middle and last iterate of a trajectory."""
    last = len(trajectory.times) - 1
    rows = {
        f"t = {_shown(trajectory.times[k])}": f"loss {trajectory.loss[k]:.6g}, "
        f"energy {trajectory.energy[k]:.6g}, "
        f"weighted distance {trajectory.weighted_distance[k]:.6g}"
        for k in sorted({0, last // 2, last})
    }
    title = f"{type(trajectory).__name__} to t = {_shown(trajectory.times[last])}"
    n, d = trajectory.start.shape
    return table(f"{title}, {n} components in dimension {d}", rows)


class HtmlRecord:
    """Gives a frozen dataclass the representation that notebooks look for: a row per field."""

    def _repr_html_(self) -> str:
        return table(type(self).__name__, vars(self))


def in_cell() -> Callable[[int, int, str], None] | None:
    """A progress line below the running cell of a notebook; None where there is no notebook."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return None
    tools = importlib.import_module("IPython.display")
    line = tools.display(tools.HTML(""), display_id=True)

    def show(done: int, total: int, claim: str) -> None:
        text = "" if done == total else f"{done} of {total} tasks are done; the last: {claim}"
        line.update(tools.HTML(f"<p>{escape(text)}</p>" if text else ""))

    return show
