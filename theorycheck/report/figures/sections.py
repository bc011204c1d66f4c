"""The figures, landscapes and the gallery, which a written report shows beside the verdicts."""

from __future__ import annotations

from typing import Any

from theorycheck import claims as registry
from theorycheck.report.figures.gallery import gallery
from theorycheck.report.figures.landscape_gallery import landscapes
from theorycheck.report.figures.regions import STANDARD, THOROUGH, region_figures
from theorycheck.report.figures.trajectories import claim_figures, rate_figures


def with_figures(data: dict[str, Any]) -> dict[str, Any]:
    """A report's data with its figures, landscapes and gallery.

    The quick profile shows the figures of the claims alone; the sections on rates, bad regions and
    landscapes belong to a run over the whole theory.
    """
    seed = int(data["seed"])
    entries = [
        {**entry, "figures": [figure.to_dict() for figure in claim_figures(entry["id"], seed)]}
        for entry in data["claims"]
    ]
    is_whole = {claim.id for claim in registry.all()} <= {entry["id"] for entry in entries}
    shows_sections = is_whole and data["profile"] != "quick"
    fineness = THOROUGH if data["profile"] == "thorough" else STANDARD
    figures = [*rate_figures(seed), *region_figures(fineness)] if shows_sections else []
    return {
        **data,
        "claims": entries,
        "figures": [figure.to_dict() for figure in figures],
        "landscapes": [
            exhibit.to_dict() for exhibit in (landscapes(data["profile"]) if shows_sections else [])
        ],
        "gallery": [exhibit.to_dict() for exhibit in gallery(entries)],
    }
