"""The section on the power of a run, as far as the run itself knows it."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from theorycheck.report.values import number
from theorycheck.search.sharpening import in_words, is_equality


def unnoticed(claim: dict[str, Any]) -> Markup:
    """How much stronger a claim could be without the run noticing, in words; "" if unknown."""
    known = [change for change in claim["sharpening"] if change is not None]
    if not known:
        return Markup("")
    if claim["kind"] == "identity":
        return Markup("a relative error of {} would have passed").format(number(max(known), 1))
    if is_equality(tuple(claim["sharpening"])):
        return Markup("equality is reached")
    words = in_words(claim["kind"], claim["sharpening"])
    factor = "a factor" if len(claim["sharpening"]) == 1 else "the factors"
    subject = "its floor could be raised" if claim["kind"] == "constant" else "could be sharpened"
    return Markup("{} by {} {} here without notice").format(subject, factor, words)
