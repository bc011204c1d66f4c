"""The figures, landscapes and the gallery, which a written report shows beside the verdicts.

None of them depends on another, so that worker processes can make them side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, TypeAlias

from theorycheck import claims as registry
from theorycheck.errors import TheoryCheckError
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


@dataclass(frozen=True)
class Sections:
    """What a page shows beside the verdicts and depends on none, begun by `begun_sections`.

    ids: of the claims of the run. traps, figures, landscapes: wait for these. left_out: sentences
    about those that could not be made.
    """

    ids: Set[str]
    traps: Callable[[], Data]
    figures: Callable[[], Data]
    landscapes: Callable[[], Data]
    left_out: list[str]


def begun_sections(
    ids: Set[str], seed: int, profile: str, executor: Executor | None = None
) -> Sections:
    """Begin what a page on these claims shows beside the verdicts.

    The sections on rates, bad regions and landscapes belong to a run over the whole theory.
    executor: of processes; what it does not do is made when it is waited for.
    """
    left_out: list[str] = []
    is_long = profile != "quick"
    shows_sections = is_long and {claim.id for claim in registry.all()} <= ids
    # Workers begin with what takes longest, and with the many short ones at the end.
    traps = [Part("trap starts", trap_starts)] * (is_long and "trap-certificate" in ids)
    shown = shown_landscapes(profile) if shows_sections else ()
    return Sections(
        ids,
        _begun(traps, executor, left_out),
        _begun(_figures(seed, profile) if shows_sections else [], executor, left_out),
        _begun([Part("landscape", exhibit_of, pair) for pair in shown], executor, left_out),
        left_out,
    )


def with_figures(
    data: dict[str, Any], executor: Executor | None = None, begun: Sections | None = None
) -> dict[str, Any]:
    """A report's data with its figures, landscapes and gallery.

    The quick profile shows the figures of the claims alone. What cannot be made is left out, and
    named among what was not checked: results outweigh a figure.

    executor: as for `begun_sections`. begun: its result where that was called before.
    """
    seed, ids = int(data["seed"]), {entry["id"] for entry in data["claims"]}
    sections = begun
    if sections is None or sections.ids != ids:
        sections = begun_sections(ids, seed, data["profile"], executor)
    entries = [
        {**entry, "figures": [figure.to_dict() for figure in claim_figures(entry["id"], seed)]}
        for entry in data["claims"]
    ]
    exhibits = [exhibit.to_dict() for exhibit in gallery(entries)]
    made = {
        "figures": sections.figures(),
        "landscapes": sections.landscapes(),
        "gallery": [*sections.traps(), *exhibits],
    }
    not_checked = [*data.get("not_checked", ()), *sections.left_out]
    return {**data, "claims": entries, **made, "not_checked": not_checked}


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


def _begun(parts: list[Part], executor: Executor | None, left_out: list[str]) -> Callable[[], Data]:
    """Begin some parts; the function that is returned waits for them and gives all in order.

    It adds a sentence to `left_out` about each that cannot be made.
    """
    futures = [None if executor is None else executor.submit(_made, part) for part in parts]

    def wait() -> Data:
        found: Data = []
        for part, future in zip(parts, futures, strict=True):
            try:
                found += _made(part) if future is None else _waited(part, future)
            except TheoryCheckError as error:
                left_out.append(f"The page lacks a picture ({part.key}): {error}.")
        return found

    return wait


def _waited(part: Part, future: Future[Data]) -> Data:
    try:
        return future.result()
    except Exception:  # a worker may die or have too little time; a fault is raised here
        return _made(part)
