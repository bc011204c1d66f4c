"""The reference experiment: what is in it, that it repeats, and that its slopes are right."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import pytest
from click.testing import CliRunner
from matplotlib.backends import backend_pgf
from matplotlib.backends.backend_agg import RendererAgg

from theorycheck.cli import main
from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.studies.experiment import Options, fitted_slope, run
from theorycheck.studies.plots import Style, write

SMALL = Options(
    dimension=2,
    components=(2, 3),
    steps=60,
    shares=(0.5, 0.8),
    samples=500,
    sampled_steps=5,
    long_steps=200,
)


@cache
def small() -> dict[str, Any]:
    """One run for all that look at it."""
    return run(SMALL)


@pytest.mark.long
def test_panels_and_files_repeat(tmp_path: Path) -> None:
    """Same options, same bytes."""
    first, second = small(), run(SMALL)
    assert [panel["id"] for panel in first["panels"]] == [
        *("loss", "distance", "weights", "slopes", "limit", "monotone")
    ]
    one, two = write(first, str(tmp_path / "a")), write(second, str(tmp_path / "b"))
    assert len(one) == 5
    for a, b in zip(one, two, strict=True):
        assert Path(a).read_bytes() == Path(b).read_bytes()
    read = json.loads(Path(one[0]).read_text(encoding="utf-8"))
    assert read["options"]["samples"] == 500
    assert len(read["fits"]) == 2 + 2 + 2


def test_the_exact_curves_decrease_and_the_sampled_follow() -> None:
    loss = small()["panels"][0]["curves"]
    exact = [value for _, value in loss[0]["points"]]
    assert exact == sorted(exact, reverse=True)
    assert loss[2]["style"] == "sampled"
    assert loss[2]["points"][0][1] == pytest.approx(exact[0], rel=0.3)


def test_the_paper_s_bound_is_drawn_above_the_loss_and_touches_it() -> None:
    """With the constant that the run implies, of the form 1/sqrt(t)."""
    loss = small()["panels"][0]["curves"]
    exact = dict(loss[0]["points"])
    bound = dict(loss[1]["points"])
    assert loss[1]["style"] == "bound"
    assert loss[1]["fit"] is None
    assert all(bound[t] >= exact[t] for t in bound)
    scaled = [value * t**0.5 for t, value in bound.items()]
    assert scaled == pytest.approx([scaled[0]] * len(scaled), rel=1e-9)
    assert scaled[0] == pytest.approx(max(exact[t] * (t + 1) ** 0.5 for t in exact), rel=1e-9)


def test_progress_counts_every_run() -> None:
    """From none to all of them, in order."""
    told: list[tuple[int, int, str]] = []
    run(SMALL, lambda *what: told.append(what))
    total = told[0][1]
    assert [done for done, _, _ in told] == list(range(total + 1))
    assert {whole for _, whole, _ in told} == {total}
    assert told[-1][2] == "done"


@pytest.mark.long
def test_figures_as_pdf_in_the_style_of_a_paper(tmp_path: Path) -> None:
    """The same bytes each time, and other ones than without the style."""
    data = small()
    styles = [Style(("pdf", "svg"), paper) for paper in (True, True, False)]
    files = [write(data, str(tmp_path / str(k)), style) for k, style in enumerate(styles)]
    assert [Path(file).suffix for file in files[0]] == [".json", ".pdf", ".svg", ".pdf", ".svg"]
    read = [[Path(file).read_bytes() for file in group] for group in files]
    assert read[0] == read[1]
    assert read[0][1].startswith(b"%PDF")
    assert read[0][2] != read[2][2]


def test_pgf_without_latex_is_refused_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its text is measured by LaTeX."""
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(InvalidValue, match=r"pgf needs LaTeX .* is installed; give pdf"):
        Style(("svg", "pgf"))
    told = CliRunner().invoke(main, ["figures", "--format", "pgf"])
    assert told.exit_code == 2
    assert "LaTeX" in told.stderr
    monkeypatch.setattr("shutil.which", lambda name: "/bin/" + name)
    assert Style(("pgf",)).formats == ("pgf",)


@pytest.mark.long
def test_any_latex_measures_pgf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The one that is installed; its canvas takes no metadata; all text is in LaTeX's alphabet."""
    monkeypatch.setattr("shutil.which", lambda name: name if name == "pdflatex" else None)
    asked = []

    def printed(canvas: Any, stream: Any, *, bbox_inches_restore: Any = None) -> None:
        asked.append(matplotlib.rcParams["pgf.texsystem"])
        canvas.figure.draw(RendererAgg(900, 300, 100))  # the layout asks for a renderer

    def measured(_: Any, text: str, *__: Any) -> tuple[float, float, float]:
        return 7.0 * len(text), 10.0, 2.0  # as LaTeX would, which need not be installed

    monkeypatch.setattr(backend_pgf.FigureCanvasPgf, "_print_pgf_to_fh", printed)
    monkeypatch.setattr(backend_pgf.RendererPgf, "get_text_width_height_descent", measured)
    data = run(SMALL)
    files = write(data, str(tmp_path), Style(("pgf",), paper=True))
    assert [Path(file).suffix for file in files] == [".json", ".pgf", ".pgf"]
    assert set(asked) == {"pdflatex"}
    json.dumps(data, ensure_ascii=False).encode("latin-1")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs LaTeX")
def test_a_document_takes_the_pgf_in(tmp_path: Path) -> None:
    """With the preamble that the how-to gives."""
    write(run(SMALL), str(tmp_path), Style(("pgf",), paper=True))
    (tmp_path / "paper.tex").write_text(
        r"\documentclass{article}\usepackage{pgf}\def\mathdefault#1{#1}\begin{document}"
        r"\resizebox{\textwidth}{!}{\input{experiment.pgf}}\end{document}",
        encoding="utf-8",
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]


def test_fitted_slope_of_a_power() -> None:
    import numpy as np

    t = np.arange(1, 200)
    fit = fitted_slope(t, 3.0 * t**-2.0)
    assert fit is not None
    assert fit["slope"] == pytest.approx(-2, abs=1e-6)
    assert fit["uncertainty"] < 1e-5
    assert fitted_slope(t[:5], 1.0 / t[:5]) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("step_size", 2),
        ("step_size", float("nan")),
        ("steps", 0),
        ("steps", 10**9),
        ("shares", (0.5, 1.0)),
        ("shares", ()),
        ("components", ()),
        ("components", (2, 0)),
        ("components", (10**6,)),
        ("dimension", 10**9),
        ("samples", 0),
        ("samples", 10**12),
        ("sampled_steps", -1),
        ("long_steps", 99),
        ("seed", -1),
        *(("accuracy", value) for value in (float("nan"), 5, 0, -1)),
    ],
)
def test_options_out_of_range(name: str, value: object) -> None:
    """Before anything is computed, by name."""
    with pytest.raises(InvalidValue, match=name):
        Options(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [("steps", 1.5), ("components", 3), ("components", ("2",)), ("accuracy", None), ("seed", True)],
)
def test_options_of_the_wrong_type(name: str, value: object) -> None:
    """No number, or no tuple."""
    with pytest.raises(InvalidType, match=name):
        Options(**{name: value})  # type: ignore[arg-type]


def test_a_bad_accuracy_is_one_line_on_the_command_line() -> None:
    result = CliRunner().invoke(main, ["figures", "--accuracy", "nan"])
    assert result.exit_code == 2
    assert "accuracy is nan" in result.stderr
