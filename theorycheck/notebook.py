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
        if not rows.pop("in_domain", True):
            rows["hypotheses"] = "this case does not meet them"
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
    line = _line() if _is_notebook() else None
    if line is None:
        return None

    def show(done: int, total: int, claim: str) -> None:
        line("" if done == total else f"{done} of {total} tasks are done; the last: {claim}")

    return show


def steps_in_cell() -> Callable[[int, int], None] | None:
    """A line that tells the steps done; None where there is no notebook.

    It is made when first needed: most runs are over before.
    """
    if not _is_notebook():
        return None
    line: Callable[[str], None] | None = None

    def show(done: int, total: int) -> None:
        nonlocal line
        if line is None and done < total:
            line = _line()
        if line is not None:
            line("" if done == total else f"step {done:,} of {total:,}")

    return show


def _is_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def _line() -> Callable[[str], None]:
    """A line below the running cell, empty at first; call it with the text that it is to show."""
    tools = importlib.import_module("IPython.display")
    line = tools.display(tools.HTML(""), display_id=True)
    return lambda text: line.update(tools.HTML(f"<p>{escape(text)}</p>" if text else ""))


def claim_html(claim: Any) -> str:
    """A claim as HTML: what is known of it, its statement in LaTeX for the notebook to typeset."""
    rows = {"statement": latex(claim), "kind": claim.kind, "origin": claim.origin}
    words = {"source": claim.source, "why": claim.description.partition("\n")[0]}
    rows |= {name: text for name, text in words.items() if text}
    return table(claim.id, rows)


def latex(claim: Any) -> str:
    """The statement of a claim as LaTeX, between dollars."""
    return str(claim.statement) if "$" in claim.statement else f"${claim.statement}$"


def mixture_html(mixture: Any) -> str:
    """A mixture as a table: a row per component."""
    pairs = zip(mixture.weights, mixture.means, strict=True)
    rows = {
        f"{k}: weight {weight}": ", ".join(str(entry) for entry in mean)
        for k, (weight, mean) in enumerate(pairs, start=1)
    }
    return table(f"{mixture.components} components in dimension {mixture.dimension}", rows)


def mixture_latex(mixture: Any) -> str:
    """The density of a mixture as LaTeX: a sum of normal densities."""
    terms = (
        f"{_fraction(weight)} \\, N({_vector(mean)}, I)"
        for weight, mean in zip(mixture.weights, mixture.means, strict=True)
    )
    return f"${' + '.join(terms)}$"


def _vector(entries: Any) -> str:
    parts = ", ".join(map(_fraction, entries))
    return parts if len(entries) == 1 else f"({parts})"


def _fraction(value: Any) -> str:
    sign = "-" if value < 0 else ""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{sign}\\tfrac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def population_html(population: Any) -> str:
    """A population as a table: loss, Fisher divergence, and a row per component."""
    rows = {
        "loss": _ball(population.loss),
        "fisher_divergence": _ball(population.fisher_divergence),
    }
    parts = zip(
        population.weights,
        population.means,
        population.responsibilities,
        population.gradient,
        strict=True,
    )
    for k, (weight, mean, share, gradient) in enumerate(parts, start=1):
        rows[f"component {k}"] = (
            f"weight {_ball(weight)}, mean ({_balls(mean)}), responsibility {_ball(share)}, "
            f"gradient ({_balls(gradient)})"
        )
    return table(type(population).__name__, rows)


def report_html(data: dict[str, Any]) -> str:
    """A report as a table: a row per claim, with verdict, cases and controls."""
    rows = {
        entry["id"]: f"{entry['verdict']}, {entry['cases']['in_domain']} cases"
        + (f", counterexample {entry['counterexample']['case']}" if entry["counterexample"] else "")
        for entry in data["claims"]
    }
    return table(f"Report, profile {data['profile']}, seed {data['seed']}", rows)


def landscape_html(found: Any) -> str:
    """A landscape as a table: a row per stationary point, by increasing loss."""
    inside = "all of the box" if found.complete else "perhaps not all of the box"
    scope = "and there is no other" if found.everywhere else inside
    rows = {
        f"{k}: {point.kind}": f"loss {_ball(point.loss)}, means "
        + ", ".join(_ball(entry) for entry in point.means.ravel())
        for k, point in enumerate(found.points, start=1)
    }
    return table(f"{len(found.points)} stationary points, {scope}", rows)


def _ball(value: Any) -> str:
    return str(value.str(6, radius=False)) if hasattr(value, "str") else _shown(value)


def _balls(values: Any) -> str:
    return ", ".join(map(_ball, values))


def proof_html(proof: Any) -> str:
    """A proof as a table: claim, region and numbers."""
    rows = {"region": proof.region.in_words(), **proof.summary()}
    return table(f"{proof.claim}: {proof.verdict}", rows)
