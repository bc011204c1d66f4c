"""The data of a report with its defaults, and how numbers and cases are written on the page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_FLOOR, Context, Decimal, localcontext
from fractions import Fraction
from typing import Any, TypeAlias

from markupsafe import Markup, escape

from theorycheck.inputs.case import Case

Report: TypeAlias = dict[str, Any]

DASH = Markup('<span class="none">–</span>')
SHOWN_MEANS = 8
SHOWN_ENTRIES = 6
SYMBOLS = {
    "means": "μ",
    "weights": "π",
    "step_size": "η",
    "truth": "truth",
    "direction": "u",
    "target": "μ′",
    "steps": "T",
}
CLAIM_DEFAULTS: dict[str, Any] = {
    "group": "",
    "description": "",
    "source": "",
    "kind": "inequality",
    "hypotheses": "",
    "searched": None,
    "reason": "",
    "margin": None,
    "tightness": None,
    "constant": None,
    "sharpening": [],
    "worst": [],
    "histogram": None,
    "counterexample": None,
    "witness": None,
    "why": None,
    "cached": False,
    "controls": [],
    "regions": [],
    "undecided_reasons": {},
    "certificate": "",
    "compared": [],
    "figures": [],
    "seconds": None,
}
EXHIBIT_DEFAULTS: dict[str, Any] = {
    "text": "",
    "facts": [],
    "case": None,
    "figures": [],
    "command": "",
    "folded": False,
}
CASE_COUNTS = (
    "generated",
    "in_domain",
    "certified",
    "tight",
    "undecided",
    "screened",
    "attacked",
)
REPORT_DEFAULTS: dict[str, Any] = {
    "claims_file": None,
    "groups": {},
    "environment": {},
    "started": "",
    "seconds": None,
    "figures": [],
    "gallery": [],
    "oracle": None,
    "not_checked": [],
    "interrupted": None,
}


def completed(report: Report) -> Report:
    """The report with everything optional filled in; the argument stays as it is."""
    health = {"regimes": {}, "duplicates": 0, "generated": 0} | report.get("health", {})
    claims = [_completed_claim(claim) for claim in report.get("claims", [])]
    shown = {
        name: [EXHIBIT_DEFAULTS | item for item in report.get(name, [])]
        for name in ("landscapes", "gallery")
    }
    return {**REPORT_DEFAULTS, **report, "claims": claims, **shown, "health": health}


def _completed_claim(claim: dict[str, Any]) -> dict[str, Any]:
    cases = dict.fromkeys(CASE_COUNTS, 0) | claim.get("cases", {})
    return {**CLAIM_DEFAULTS, **claim, "cases": cases}


def rounded_down(value: int | float | str | None, digits: int = 3) -> Markup:
    """A certified lower bound to a few significant digits, never more than it is."""
    exact = _decimal(value)
    return number(value if exact is None else str(Context(digits, ROUND_FLOOR).plus(exact)), digits)


def number(value: int | float | str | None, digits: int = 3) -> Markup:
    """A number to a few significant digits; whatever is no number is only text."""
    if value is None:
        return DASH
    if (exact := _decimal(value)) is None:
        return escape(str(value))
    if exact == 0:
        return Markup("0")
    mantissa, exponent = f"{exact:.{digits - 1}e}".split("e")
    power = int(exponent)
    if -3 <= power < 5:
        text = f"{float(f'{mantissa}e{power}'):,.{max(digits - 1 - power, 0)}f}"
        return Markup(_without_zeros(text).replace("-", "−"))
    mantissa = _without_zeros(mantissa).replace("-", "−")
    sign = "−" if power < 0 else ""
    return Markup(f"{mantissa}\u202f×\u202f10<sup>{sign}{abs(power)}</sup>")


def _decimal(value: object) -> Decimal | None:
    """A finite number in any of the ways a case may write it, to 30 digits."""
    try:
        with localcontext(prec=30):
            if isinstance(value, str) and "/" in value:
                top, bottom = (Decimal(int(part)) for part in value.split("/"))
                return top / bottom
            decimal = +Decimal(str(value))
    except (ValueError, ArithmeticError):
        return None
    return decimal if decimal.is_finite() else None


def _without_zeros(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def entry(value: int | float | str) -> Markup:
    """A number of a case: as it was written if that is short, otherwise rounded."""
    text = str(value)
    return escape(text.replace("-", "−")) if len(text) <= 7 else number(value, 4)


def case_of(value: object) -> Case:
    """The case itself, or the case that its data describe. Raises InvalidValue if there is none."""
    return value if isinstance(value, Case) else Case.from_dict(value)


def case_data(case: Case | dict[str, Any]) -> dict[str, Any]:
    """The data of a case, which a report holds as an object or as data."""
    return case.to_dict() if isinstance(case, Case) else case


def case_text(case: Case | dict[str, Any]) -> Markup:
    """A case in one line, rounded and shortened for reading."""
    items = (
        Markup("<span><i>{}</i>\u00a0=\u00a0{}</span>").format(
            SYMBOLS.get(name, name), _input(value)
        )
        for name, value in case_data(case).items()
    )
    return Markup('<span class="case">{}</span>').format(Markup(" ").join(items))


def _input(value: Any) -> Markup:
    if isinstance(value, dict):
        return Markup("{{{}}}").format(case_text(value))
    if not isinstance(value, (list, tuple)):
        return entry(value)
    if value and all(isinstance(row, (list, tuple)) and len(row) == 1 for row in value):
        value = [row[0] for row in value]
    return _listed(value, SHOWN_MEANS)


def _listed(values: Sequence[Any], shown: int) -> Markup:
    items: Iterable[Markup] = (
        Markup("({})").format(_listed(value, SHOWN_ENTRIES).replace(", ", ",\u00a0"))
        if isinstance(value, (list, tuple))
        else entry(value)
        for value in values[:shown]
    )
    more = Markup(", … ({} in all)").format(len(values)) if len(values) > shown else ""
    return Markup(", ").join(items) + more


def case_json(case: Case | dict[str, Any]) -> str:
    """A case as one line of JSON, exactly."""
    return json.dumps(case_data(case))


def anchor(name: str) -> str:
    """A claim's id as a fragment of an address."""
    return "claim-" + re.sub(r"[^A-Za-z0-9_-]", "-", name)


def percent(part: int | float, whole: int | float = 1) -> str:
    """A share in whole per cents, never rounded up to all nor down to none."""
    if not whole or not part:
        return "0\u202f%"
    share = Fraction(part) / Fraction(whole) * 100
    if share < 1:
        return "<\u202f1\u202f%"
    return f"{99 if 99 < share < 100 else round(share)}\u202f%"


def duration(seconds: float | None) -> str:
    """A time to one decimal of a second, or in minutes."""
    if seconds is None:
        return "–"
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min"
