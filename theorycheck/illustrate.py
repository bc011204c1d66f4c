"""What the written report shows beside the verdicts: figures, the gallery, what was not checked."""

from __future__ import annotations

from typing import Any

from theorycheck import claims as registry
from theorycheck.gallery import gallery

NOT_CHECKED = (
    "No claim is proved for all mixtures by this run: a supported claim has survived a search.",
    "Ball arithmetic certifies up to affine rank 3, and mostly ranks 1 and 2; the rest is float64.",
    "Along trajectories balls certify the steps that each claim names; the rest is float64.",
    "Asymptotic statements are checked through a constant, or a limit within a tolerance, "
    "on runs of finite length.",
    "Statements recalled from the paper are checked as theory.md words them, which may differ "
    "from the printed theorem.",
    "Finite samples, covariances other than the identity and unknown weights are outside the "
    "setting: everything here is about population gradient EM.",
)


def illustrated(data: dict[str, Any]) -> dict[str, Any]:
    """A report's data with its figures and gallery.

    The quick profile shows the figures of the claims alone; the sections on rates and on bad
    regions belong to a run over the whole theory.
    """
    from theorycheck.atlas import region_figures
    from theorycheck.curves import claim_figures, rate_figures

    seed = int(data["seed"])
    entries = [{**entry, "figures": claim_figures(entry["id"], seed)} for entry in data["claims"]]
    is_whole = {claim.id for claim in registry.all()} <= {entry["id"] for entry in entries}
    shows_sections = is_whole and data["profile"] != "quick"
    return {
        **data,
        "claims": entries,
        "figures": [*rate_figures(seed), *region_figures()] if shows_sections else [],
        "gallery": gallery(entries),
        "not_checked": [*data["not_checked"], *NOT_CHECKED],
    }
