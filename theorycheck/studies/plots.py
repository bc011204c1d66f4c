"""Draw the reference experiment: SVG, PNG and JSON files whose bytes depend on the data alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from theorycheck.errors import InvalidValue

_METADATA = {"svg": {"Date": None, "Creator": "theorycheck"}, "png": {"Software": "theorycheck"}}


def write(data: dict[str, Any], output: str) -> list[str]:
    """Write experiment.json, and experiment and predictions as SVG and PNG; returns the paths.

    Raises InvalidValue if the directory cannot be written.
    """
    folder = Path(output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "experiment.json"
        path.write_text(json.dumps(data, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        panels = data["panels"]
        return [
            str(path),
            *_drawn(panels[:3], folder / "experiment"),
            *_drawn(panels[3:], folder / "predictions"),
        ]
    except OSError as error:
        raise InvalidValue(f"{output}: {error.strerror}") from None


def _drawn(panels: list[dict[str, Any]], stem: Path) -> list[str]:
    with matplotlib.rc_context({"svg.hashsalt": "theorycheck", "font.size": 8}):
        figure = Figure(figsize=(4.2 * len(panels), 3.6), layout="constrained")
        FigureCanvasAgg(figure)
        for axes, panel in zip(figure.subplots(1, len(panels)), panels, strict=True):
            _draw(axes, panel)
        files = []
        for kind, metadata in _METADATA.items():
            file = stem.with_suffix(f".{kind}")
            figure.savefig(file, metadata=metadata, dpi=150)
            files.append(str(file))
        return files


def _draw(axes: Any, panel: dict[str, Any]) -> None:
    colours: dict[str, str] = {}
    for curve in panel["curves"]:
        family = curve["label"].partition(", ")[0]
        colour = colours.setdefault(family, f"C{len(colours)}")
        points = [(t, v) for t, v in curve["points"] if t > 0 and (v > 0 or not panel["y_log"])]
        label = curve["label"]
        if curve["fit"]:
            label += f": slope {curve['fit']['slope']:.3f} ± {curve['fit']['uncertainty']:.3f}"
        sampled = curve["style"] == "sampled"
        axes.plot(
            *zip(*points, strict=True) if points else ([], []),
            color=colour,
            label=label,
            linestyle="none" if sampled else "-",
            marker="." if sampled else None,
            markersize=3,
            markeredgecolor="black",
            markeredgewidth=0.3,
        )
    axes.set_xscale("log")
    if panel["y_log"]:
        axes.set_yscale("log")
    axes.set(title=panel["title"], xlabel=panel["x_label"], ylabel=panel["y_label"])
    axes.legend(fontsize=6)
