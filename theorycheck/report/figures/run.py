"""One run of gradient EM from a start: figures against time, and what the page's slider shows.

All is float64 but the tube, which is certified.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycheck.dynamics.span import SpanPopulation
from theorycheck.dynamics.trajectory import Trajectory, gradient_em, recorded_times
from theorycheck.errors import TheoryCheckError
from theorycheck.inputs.case import Case
from theorycheck.inputs.numbers import Floats
from theorycheck.report.explorer import explorer_case, json_block
from theorycheck.report.figures.data import Figure, Series, rounded, series
from theorycheck.report.svg.lines import places, thinned
from theorycheck.traps.certified import distances_within
from theorycheck.traps.escape_bounds import EscapeBounds, escape_bounds

MOST_LINES = 12
FEW_STEPS = 50
"""Up to these time is drawn on a linear axis, beyond them on a logarithmic one."""
MOST_OF_A_TUBE = 80


@dataclass(frozen=True)
class Run:
    """A run from a case with a step size.

    trajectory: the recorded iterates. responsibilities: (T, n), of them. escape: bounds of the time
    to leave, None where there are none.
    """

    case: Case
    trajectory: Trajectory
    responsibilities: Floats
    escape: EscapeBounds | None

    @classmethod
    def of(cls, case: Case, steps: int) -> Run:
        """Run gradient EM from a case that has a step size. Raises as `gradient_em`."""
        assert case.step_size is not None
        times = recorded_times("all" if steps <= 200 else "log", steps)
        found = gradient_em(case.mixture, case.step_size, steps, truth=case.truth, record=times)
        span = SpanPopulation(case.mixture, case.truth)
        shares = np.array([span.at(y).responsibilities for y in found.coordinates])
        return cls(case, found, shares, _escape(case))

    @property
    def distances(self) -> Floats:
        """(T, n): from the nearest mean of the truth."""
        means, truth = self.trajectory.means, self.case.truth
        centres = np.zeros((1, means.shape[2])) if truth is None else truth.doubles[0]
        apart = np.linalg.norm(means[:, :, None] - centres, axis=3)
        nearest: Floats = apart.min(axis=2)
        return nearest

    def context(self) -> dict[str, Any]:
        """What the template of the page needs."""
        figures = list(self._figures())
        return {
            "case": self.case.to_dict(),
            "steps": int(self.trajectory.times[-1]),
            "sentence": self._sentence(),
            "figures": figures,
            "slider": json_block(self._slider(figures[0])),
            "explorer_cases": explorer_case(self.case, "The start of this page"),
        }

    def _sentence(self) -> str:
        found = self.escape
        if found is None:
            return ""
        far = ", ".join(rf"$\mu_{{{i + 1}}}$" for i in found.far)
        low, high = found.steps_lower, found.steps_upper
        if low is None or high is None:
            logs = (found.log_steps_lower, found.log_steps_upper)
            when = f"log(steps) at least {logs[0]:.6g}" + (
                "" if logs[1] is None else f" and at most {logs[1]:.6g}"
            )
        else:
            when = f"at step {low}" if low == high else f"between step {low} and step {high}"
        return (
            f"Certified by a {found.method}: the first of {far} is at 5/6 of its distance {when}."
        )

    # --- figures --------------------------------------------------------------------------------

    def _figures(self) -> Iterator[Figure]:
        run, n = self.trajectory, self.trajectory.weights.size
        names = [rf"$\mu_{{{i + 1}}}$" for i in range(n)]
        if run.start.shape[1] == 1:
            yield self._of_means("Means", "mean", run.means[:, :, 0], names)
        elif run.coordinates.shape[2]:
            text = "Along the first axis of the span of the start and the truth."
            yield self._of_means("Means", "coordinate", run.coordinates[:, :, 0], names, text)
        yield self._distances(names)
        shares = [rf"$p_{{{i + 1}}}$" for i in range(n)]
        text = r"$p_i = \mathbb{E} \psi_i$."
        yield self._of_means("Responsibilities", "p", self.responsibilities, shares, text)
        yield self._figure("Loss", "loss L", [self._series("L", run.loss)], y_log=True)
        fisher = self._series("F", run.fisher_divergence)
        yield self._figure("Fisher divergence", "F", [fisher], y_log=True)
        sums = [self._series("U", run.energy), self._series("W", run.weighted_distance)]
        text = r"$U = \sum_i \Vert\mu_i\Vert^2$, and $W$ with the weights."
        yield self._figure("Sums of squares", "U, W", sums, text, y_log=True)

    def _distances(self, names: Sequence[str]) -> Figure:
        of = "0" if self.case.truth is None else "the nearest mean of the truth"
        text = f"From {of}."
        shown = self._lines(self.distances, names)
        tube = self._tube()
        if tube:
            text += " Dashed: the certified tube, until a far mean may have left."
        return self._figure("Distances", "distance", [*shown, *tube], text)

    def _tube(self) -> list[Series]:
        """The lower and the upper ends of the first far means, where a tube was followed."""
        found = self.escape
        if found is None or found.certificate is None:
            return []
        last = int(self.trajectory.times[-1])
        boxes = [box for box in distances_within(found.certificate) if box.t <= last]
        boxes = thinned(boxes, MOST_OF_A_TUBE)
        t = [box.t for box in boxes]
        shown = []
        for row, i in enumerate(found.far[:2]):
            name = rf"$\mu_{{{i + 1}}}$"
            shown += [
                series(f"{name}, at least", t, [box.lower[row] for box in boxes], "dashed"),
                series(f"{name}, at most", t, [box.upper[row] for box in boxes], "dashed"),
            ]
        return shown

    def _of_means(
        self, title: str, label: str, values: Floats, names: Sequence[str], text: str = ""
    ) -> Figure:
        """A line for each mean, the first ones if there are many. values: (T, n)."""
        return self._figure(title, label, self._lines(values, names), text)

    def _lines(self, values: Floats, names: Sequence[str]) -> list[Series]:
        return [self._series(name, values[:, i]) for i, name in enumerate(names) if i < MOST_LINES]

    def _series(self, label: str, values: Floats) -> Series:
        return series(label, self.trajectory.times, values)

    def _figure(
        self, title: str, label: str, shown: Sequence[Series], text: str = "", y_log: bool = False
    ) -> Figure:
        is_long = bool(self.trajectory.times[-1] > FEW_STEPS)
        return Figure(title, text, "step t", label, shown, x_log=is_long, y_log=y_log)

    # --- the slider -----------------------------------------------------------------------------

    def _slider(self, figure: Figure) -> dict[str, Any]:
        """Times, their pixels in the figures, and the values of each quantity at them."""
        run = self.trajectory
        times = run.times.tolist()
        quantities = {
            "Loss L": run.loss,
            "Fisher divergence F": run.fisher_divergence,
            "U, sum of squared norms": run.energy,
            "W, weighted by π": run.weighted_distance,
        }
        parts = []
        for i in range(min(run.weights.size, MOST_LINES)):
            means = [rounded(row) for row in run.means[:, i, :]]
            parts.append(
                {
                    "weight": rounded([run.weights[i]])[0],
                    "means": means if run.start.shape[1] <= 3 else None,
                    "distance": rounded(self.distances[:, i]),
                    "p": rounded(self.responsibilities[:, i]),
                }
            )
        return {
            "times": times,
            "places": [round(place, 1) for place in places(figure, times)],
            "quantities": {name: rounded(values) for name, values in quantities.items()},
            "components": parts,
        }


def _escape(case: Case) -> EscapeBounds | None:
    """Bounds of the time to leave, where the question makes sense."""
    if case.truth is not None or case.mixture.is_at_optimum:
        return None
    if case.step_size is None or case.step_size > 1:
        return None
    try:
        return escape_bounds(case.mixture, case.step_size)
    except TheoryCheckError:  # the page does without
        return None
