"""Draw the studies as files beside their data in JSON; the bytes depend on the data alone.

PGF is text for LaTeX, and its canvas asks LaTeX for the width of every word.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from theorycheck.errors import InvalidValue

_OPTIONS: dict[str, dict[str, Any]] = {
    "svg": {"metadata": {"Date": None, "Creator": "theorycheck"}},
    "png": {"metadata": {"Software": "theorycheck"}},
    "pdf": {
        "metadata": {"CreationDate": None, "Creator": "theorycheck", "Producer": "theorycheck"}
    },
    "pgf": {},  # its canvas takes no metadata
}
FORMATS = tuple(_OPTIONS)
_TWO_DECADES = 100
_LATEX = ("xelatex", "lualatex", "pdflatex")
"""The programs that Matplotlib can ask, in its own order of preference."""
_PLAIN = {"svg.hashsalt": "theorycheck", "font.size": 8, "pdf.fonttype": 42}
_PAPER = {
    "font.family": "serif",
    "mathtext.fontset": "cm",
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.0,
    "axes.titlesize": 8,
    "legend.framealpha": 0.85,
    "legend.edgecolor": "none",
    "pgf.rcfonts": False,
}


@dataclass(frozen=True)
class Style:
    """How figures are written. formats: of `FORMATS`. paper: serif, thin lines, narrow panels.

    Raises InvalidValue for PGF where there is no LaTeX.
    """

    formats: tuple[str, ...] = ("svg", "png")
    paper: bool = False

    def __post_init__(self) -> None:
        if "pgf" in self.formats and latex_program() is None:
            raise InvalidValue(
                f"format pgf needs LaTeX to measure its text, and none of {', '.join(_LATEX)} is "
                "installed; give pdf, or install one"
            )

    @property
    def parameters(self) -> Any:
        """Those of Matplotlib."""
        latex = {"pgf.texsystem": latex_program()} if "pgf" in self.formats else {}
        return _PLAIN | (_PAPER if self.paper else {}) | latex

    @property
    def panel(self) -> tuple[float, float]:
        """Width and height of a panel in inches: in a paper two fill a line of text."""
        return (3.1, 2.5) if self.paper else (4.2, 3.6)


def latex_program() -> str | None:
    """The LaTeX that PGF is measured with, or None where there is none."""
    return next((program for program in _LATEX if shutil.which(program)), None)


USUAL = Style()
OF_MAPS = Style(("svg", "png", "pdf"))


def write(data: dict[str, Any], output: str, style: Style = USUAL) -> list[str]:
    """Write experiment.json, and the figures experiment and predictions; returns the paths.

    Raises InvalidValue if the directory cannot be written.
    """
    panels = data["panels"]
    drawings = {
        "experiment": (_draw, panels[:3]),
        "predictions": (_draw, panels[3:]),
    }
    return _written(data, "experiment", drawings, output, style)


def write_phases(found: Sequence[dict[str, Any]], output: str, style: Style = USUAL) -> list[str]:
    """Write phase_diagram.json and its figure; returns the paths.

    Raises InvalidValue if the directory cannot be written.
    """
    components = sorted({phase["components"] for phase in found})
    panels = [[phase for phase in found if phase["components"] == n] for n in components]
    return _written(
        found, "phase_diagram", {"phase_diagram": (_draw_phases, panels)}, output, style
    )


def write_figures(
    figures: Sequence[dict[str, Any]], name: str, output: str, style: Style = USUAL
) -> list[str]:
    """Write figures side by side, and their data as name.json; returns the paths.

    figures: as `report.figures.data.Figure` has them. Raises InvalidValue where that cannot be.
    """
    return _written(figures, name, {name: (_draw_curves, figures)}, output, style)


def _draw_curves(axes: Any, figure: dict[str, Any]) -> None:
    styles = {"line": {"ls": "-"}, "dashed": {"ls": "--"}, "points": {"ls": "none", "marker": "."}}
    for curve in figure["series"]:
        axes.plot(curve["x"], curve["y"], label=curve["label"], **styles[curve["style"]])
    axes.set_xscale("log" if figure["x_log"] else "linear")
    axes.set_yscale("log" if figure["y_log"] else "linear")
    if figure["x_log"] and axes.get_xlim()[1] < _TWO_DECADES * axes.get_xlim()[0]:
        _mark_powers_of_two(axes.xaxis)
    axes.set(title=figure["title"], xlabel=figure["x_label"], ylabel=figure["y_label"])
    axes.legend(fontsize=6)


def _mark_powers_of_two(axis: Any) -> None:
    """Of less than two decades powers of ten are few, and what is between them overlaps."""
    axis.set_major_locator(LogLocator(base=2))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_locator(NullLocator())


def write_maps(
    data: dict[str, Any],
    maps: Sequence[dict[str, Any]],
    name: str,
    output: str,
    style: Style = OF_MAPS,
) -> list[str]:
    """Write the data of maps as name.json, and the maps side by side.

    maps: as `report.figures.data.Map` has them. Returns the paths; raises as `write_figures`.
    """
    return _written(data, name, {name: (_draw_map, maps)}, output, style)


def _draw_map(axes: Any, plot: dict[str, Any]) -> None:
    values = np.array(plot["values"], dtype=float)  # what is missing is left white
    x, y = plot["x"], plot["y"]
    low, high = plot["scale"]
    cells = axes.imshow(
        values,
        origin="lower",
        extent=(*_ends(x), *_ends(y)),
        aspect="auto",
        vmin=low,
        vmax=high,
        cmap="viridis",
        interpolation="nearest",
    )
    axes.figure.colorbar(cells, ax=axes, label=plot["value_label"])
    axes.set(title=plot["title"], xlabel=plot["x_label"], ylabel=plot["y_label"])


def _ends(centres: Sequence[float]) -> tuple[float, float]:
    """The ends of a side, from the centres of its cells."""
    half = (centres[-1] - centres[0]) / (2 * (len(centres) - 1)) if len(centres) > 1 else 0.5
    return centres[0] - half, centres[-1] + half


_Panels: TypeAlias = tuple[Callable[[Any, Any], None], Sequence[Any]]
"""What draws a panel on axes, and the data of all panels of a figure."""


def _written(
    data: Any, name: str, drawings: Mapping[str, _Panels], output: str, style: Style
) -> list[str]:
    """Write the data of a study as name.json, and its figures by their names."""
    folder = Path(output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.json"
        path.write_text(json.dumps(data, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        files = [
            _drawn(draw, panels, folder / stem, style) for stem, (draw, panels) in drawings.items()
        ]
        return [str(path), *chain.from_iterable(files)]
    except OSError as error:
        raise InvalidValue(f"{output}: {error.strerror}") from None


def _draw_phases(axes: Any, found: Sequence[dict[str, Any]]) -> None:
    """A square for every truth: filled where there is a bad minimum, hatched where it is open."""
    spreads = sorted({Fraction(phase["spread"]) for phase in found})
    distances = sorted({phase["distance"] for phase in found})
    for phase in found:
        x, y = distances.index(phase["distance"]), spreads.index(Fraction(phase["spread"]))
        colour = "white" if not phase["everywhere"] else _BAD if phase["bad"] else _GOOD
        hatch = "" if phase["everywhere"] else "///"
        axes.add_patch(Rectangle((x, y), 1, 1, facecolor=colour, edgecolor="grey", hatch=hatch))
        noun = "minimum" if phase["minima"] == 1 else "minima"
        words = f"{phase['points']} points\n{phase['minima']} {noun}"
        axes.text(x + 0.5, y + 0.5, words, ha="center", va="center", fontsize=6)
    axes.set_xticks([k + 0.5 for k in range(len(distances))], distances)
    axes.set_yticks([k + 0.5 for k in range(len(spreads))], [f"{float(r):g}" for r in spreads])
    axes.set(
        xlim=(0, len(distances)),
        ylim=(0, len(spreads)),
        title=f"{found[0]['components']} components",
        xlabel="D",
        ylabel="r",
    )


_BAD, _GOOD = "#e8a0a0", "#b8d8b8"


def _drawn(
    draw: Callable[[Any, Any], None], panels: Sequence[Any], stem: Path, style: Style
) -> list[str]:
    width, height = style.panel
    with matplotlib.rc_context(style.parameters):
        figure = Figure(figsize=(width * len(panels), height), layout="constrained")
        FigureCanvasAgg(figure)
        places = np.ravel(figure.subplots(1, len(panels)))
        for axes, panel in zip(places, panels, strict=True):
            draw(axes, panel)
        files = []
        for kind in style.formats:
            file = stem.with_suffix(f".{kind}")
            figure.savefig(file, dpi=150, **_OPTIONS[kind])
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
        sampled, bound = curve["style"] == "sampled", curve["style"] == "bound"
        axes.plot(
            *zip(*points, strict=True) if points else ([], []),
            color=colour,
            label=label,
            linestyle="none" if sampled else "--" if bound else "-",
            linewidth=0.8 if bound else None,
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
