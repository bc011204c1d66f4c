"""The landscapes that a report shows: complete lists of stationary points of some truths."""

from __future__ import annotations

import json
import shlex
from typing import Any

from theorycheck.claims.landscapes import known_landscape
from theorycheck.inputs.mixture import Mixture
from theorycheck.landscapes.answers import (
    landscape_answer,
    loss_text,
    means_text,
    scope_in_words,
    unresolved_in_words,
)
from theorycheck.landscapes.landscape import landscape
from theorycheck.report.commands import command
from theorycheck.report.figures.data import Exhibit
from theorycheck.report.figures.landscapes import kind_in_words

_PAIR, _FAR, _SPREAD = Mixture([-2, 2]), Mixture([-2, 2, 10]), Mixture([-4, 0, 4])
_UNEVEN = Mixture(["1.49", "-.3077"], [".2155", ".7845"])
_PLANE = Mixture([[-2, 0], [2, 0]])
STANDARD = (
    (_PAIR, Mixture([0, 0])),
    (_PAIR, Mixture([0, 0, 0])),
    (_FAR, Mixture([0, 0])),
    (_FAR, Mixture([0, 0, 0])),
    (_SPREAD, Mixture([0, 0, 0])),
    (_UNEVEN, Mixture([0, 0], [".9377", ".0623"])),
    (_PLANE, Mixture([0, 0])),
)
"""Truths, and students of which only the weights count: five seconds in all."""
THOROUGH = (
    *STANDARD,
    (_FAR, Mixture([0, 0, 0, 0])),
    (Mixture([[0, 0], [4, 0], [1, 3]]), Mixture([0, 0])),
)
"""The last two take minutes."""


def shown_landscapes(profile: str) -> tuple[tuple[Mixture, Mixture], ...]:
    """The truths and students whose landscapes a report of this profile shows.

    Example:
        >>> shown_landscapes("quick")
        ()
    """
    shown: dict[str, tuple[tuple[Mixture, Mixture], ...]] = {"quick": (), "thorough": THOROUGH}
    return shown.get(profile, STANDARD)


def exhibit_of(truth: Mixture, student: Mixture) -> Exhibit:
    """A landscape with its points, by increasing loss, and the command that repeats it.

    What claims have found in this process is not repeated; a thorough report shows more than the
    effort that one of their cases is given would find.
    """
    is_short = (truth, student) in STANDARD
    found = (known_landscape if is_short else landscape)(truth, weights=student.weights)
    answer = landscape_answer(found, seconds=0.0)
    scope = scope_in_words(answer)
    text = f"{_capital(answer['sentence'])}. {_capital(scope)}. {answer['note']}".rstrip()
    facts = [
        (f"point {place + 1}", _point(answer, place)) for place in range(len(answer["points"]))
    ]
    facts += [("open", box) for box in unresolved_in_words(answer)[:3]]
    return Exhibit(
        f"Landscape: truth {_means(truth)}, {_of_student(student)}",
        text,
        [],
        _command(truth, student),
        facts=facts,
    )


def _point(answer: dict[str, Any], place: int) -> str:
    point = answer["points"][place]
    return f"{kind_in_words(answer, place)} at {means_text(point)}, loss {loss_text(point)}"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _means(truth: Mixture) -> str:
    rows = [", ".join(f"{float(entry):g}" for entry in mean) for mean in truth.means]
    listed = ", ".join(f"({row})" if truth.dimension > 1 else row for row in rows)
    return f"({listed})" + ("" if truth.has_equal_weights else f" of weights {_weights(truth)}")


def _of_student(student: Mixture) -> str:
    weights = "equal weight" if student.has_equal_weights else f"weights {_weights(student)}"
    return f"{student.components} components of {weights}"


def _weights(mixture: Mixture) -> str:
    return ", ".join(f"{float(weight):g}" for weight in mixture.weights)


def _command(truth: Mixture, student: Mixture) -> str:
    words = ["--truth", "-", "--components", str(student.components)]
    if not student.has_equal_weights:
        words = ["--truth", "-", "--weights", *(str(weight) for weight in student.weights)]
    return f"echo {shlex.quote(json.dumps(truth.to_dict()))} | {command('landscape', *words)}"
