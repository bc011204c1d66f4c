"""The figures, landscapes and the gallery, which a written report shows beside the verdicts.

None of them depends on another, so that worker processes can make them side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, TypeAlias

from theorycheck import claims as registry
from theorycheck.report.figures import regions
from theorycheck.report.figures.gallery import gallery, trap_starts
from theorycheck.report.figures.landscape_gallery import exhibit_of, shown_landscapes
from theorycheck.report.figures.regions import STANDARD, THOROUGH
from theorycheck.report.figures.trajectories import claim_figures, rate_figures

Data: TypeAlias = list[dict[str, Any]]


@dataclass(frozen=True)
class Part:
    """Figures or exhibits that are made in one go: what a function gives for some arguments.

    key: its name where running work is listed.
    """

    key: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...] = ()


def _made(part: Part) -> Data:
    made = part.function(*part.arguments)
    return [item.to_dict() for item in (made if isinstance(made, list) else [made])]


def with_figures(data: dict[str, Any], executor: Executor | None = None) -> dict[str, Any]:
    """A report's data with its figures, landscapes and gallery.

    The quick profile shows the figures of the claims alone; the sections on rates, bad regions and
    landscapes belong to a run over the whole theory.

    executor: of processes, which make what takes long; what it does not do is made here.
    """
    seed, ids = int(data["seed"]), {entry["id"] for entry in data["claims"]}
    is_whole = {claim.id for claim in registry.all()} <= ids
    shows_sections = is_whole and data["profile"] != "quick"
    figures = _begun(_figures(seed, data["profile"]) if shows_sections else [], executor)
    shown = shown_landscapes(data["profile"]) if shows_sections else ()
    landscapes = _begun([Part("landscape", exhibit_of, pair) for pair in shown], executor)
    traps = _begun([Part("trap starts", trap_starts)] * ("trap-certificate" in ids), executor)
    entries = [
        {**entry, "figures": [figure.to_dict() for figure in claim_figures(entry["id"], seed)]}
        for entry in data["claims"]
    ]
    exhibits = [exhibit.to_dict() for exhibit in gallery(entries)]
    return {
        **data,
        "claims": entries,
        "figures": figures(),
        "landscapes": landscapes(),
        "gallery": [*traps(), *exhibits],
    }


def _figures(seed: int, profile: str) -> list[Part]:
    """The figures of the sections on rates and bad regions, in their order."""
    fineness = THOROUGH if profile == "thorough" else STANDARD
    return [
        Part("rates", rate_figures, (seed,)),
        Part("exponents", regions.exponents),
        Part("thresholds", regions.thresholds),
        Part("maps on the line", regions.line_maps, (fineness,)),
        Part("maps in the plane", regions.plane_maps, (fineness,)),
        Part("diagonal", regions.diagonal),
        Part("plateau", regions.plateau),
    ]


def _begun(parts: list[Part], executor: Executor | None) -> Callable[[], Data]:
    """Begin some parts; the function that is returned waits for them and gives all in order."""
    if executor is None:
        return lambda: [item for part in parts for item in _made(part)]
    futures = [(part, executor.submit(_made, part)) for part in parts]

    def wait() -> Data:
        found: Data = []
        for part, future in futures:
            try:
                found += future.result()
            except Exception:  # a worker may die or have too little time; a fault is raised here
                found += _made(part)
        return found

    return wait
