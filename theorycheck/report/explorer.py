"""The cases that the page's explorer can load, as a block of JSON that no text can break out of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from markupsafe import Markup

from theorycheck.errors import InvalidValue, TheoryCheckError
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.report.values import Report, case_of

MOST_DIMENSIONS = 2
MOST_COMPONENTS = 6
FARTHEST = 24.0
"""Entries of means beyond this would need a grid too fine to follow a pointer."""
EXAMPLES = (
    ("Three components", {"means": [[2.0], [-1.5], [0.5]], "weights": [2, 1, 1]}),
    ("A balanced pair", {"means": [[1.5], [-1.5]], "weights": [1, 1]}),
    ("W rises", {"means": [[0.0785], [-0.0242], [0.1824]], "weights": [98, 757, 146]}),
    ("The largest norm rises", {"means": [[0.0756], [-0.0744], [-0.0714]], "weights": [1, 1, 1]}),
    ("Three in the plane", {"means": [[2.0, 0.5], [-1.5, 1.0], [0.0, -2.0]], "weights": [1, 1, 2]}),
    (
        "A trap in the plane",
        {"means": [[4.5, 0.0], [-4.5, 0.0], [0.0, 0.0]], "weights": [1, 1, 1]},
    ),
    (
        "A spurious minimum under a mixture truth",
        {
            "means": [[-0.3], [9.5], [10.5]],
            "weights": [1, 1, 1],
            "truth": {"means": [[-2.0], [2.0], [10.0]], "weights": [1, 1, 1]},
        },
    ),
)


def explorer_cases(report: Report) -> Markup:
    """Examples, then every case of the gallery and of the claims that the explorer can show.

    Numbers are rounded to float64; a case that is shown twice, or is no case, is left out.
    """
    items: list[dict[str, Any]] = []
    seen: set[str] = set()
    for group, label, case in _offered(report):
        shown = _showable(case)
        key = json.dumps(shown, sort_keys=True)
        if shown is not None and key not in seen:
            seen.add(key)
            items.append({"group": group, "label": label, "case": shown})
    return json_block(items)


def own_cases(case: Case | None) -> Markup:
    """A case, if there is one, and the examples, for the explorer on a page of its own.

    Raises InvalidValue for a case that the explorer cannot show.
    """
    items = [
        {"group": "Examples", "label": label, "case": _showable(found)} for label, found in EXAMPLES
    ]
    if case is None:
        return json_block(items)
    shown = _showable(case)
    if shown is None:
        raise InvalidValue(
            f"the explorer shows at most {MOST_DIMENSIONS} dimensions and {MOST_COMPONENTS} "
            f"components, with means within {FARTHEST:g} and weights that a double can hold"
        )
    return json_block([{"group": "Case", "label": "Your case", "case": shown}, *items])


def explorer_case(case: Case, label: str) -> Markup | None:
    """One case for the explorer of a page of its own; None if it cannot show it."""
    shown = _showable(case)
    return None if shown is None else json_block([{"group": "Case", "label": label, "case": shown}])


def json_block(value: Any) -> Markup:
    """A value as JSON for a script element: no character of it can end or open an element."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _offered(report: Report) -> Iterator[tuple[str, str, object]]:
    """(group, label, case or its data) of all that a report names."""
    for label, case in EXAMPLES:
        yield "Examples", label, case
    for item in report["gallery"]:
        if not item["folded"]:  # a control, which comes below
            yield "Counterexamples", str(item.get("title", "")).replace("$", ""), item["case"]
    for claim in report["claims"]:
        name = str(claim["id"])
        for kind in ("counterexample", "witness", "constant", "tightness"):
            if claim[kind]:
                yield "Claims", f"{name}: {kind}", claim[kind].get("case")
        for number, entry in enumerate(claim["worst"], start=1):
            yield "Claims", f"{name}: worst case {number}", entry.get("case")
        for control in claim["controls"]:
            yield "Controls", str(control["id"]), control.get("case")


def _showable(offered: object) -> dict[str, Any] | None:
    """A case in float64, if it is one and has few enough dimensions and components."""
    try:
        case = case_of(offered)
        if case.mixture.dimension > MOST_DIMENSIONS or case.mixture.components > MOST_COMPONENTS:
            return None
        found: dict[str, Any] = _floats(case.mixture)
        if case.truth is not None:
            found["truth"] = _floats(case.truth)
        if case.step_size is not None:
            found["step_size"] = float(case.step_size)
    except (TheoryCheckError, OverflowError):
        return None
    rows = [*found["means"], *found.get("truth", {}).get("means", [])]
    is_far = max(abs(entry) for row in rows for entry in row) > FARTHEST
    return found if min(found["weights"]) > 0 and not is_far else None


def _floats(mixture: Mixture) -> dict[str, Any]:
    return {
        "means": [[float(entry) for entry in row] for row in mixture.means],
        "weights": [float(weight) for weight in mixture.weights],
    }
