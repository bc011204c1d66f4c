"""Formulae as one line of plain text, for a terminal: LaTeX is for papers."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, fromstring

from theorycheck.errors import InvalidValue
from theorycheck.report.formulas import formula

_HIGH = dict(zip("0123456789+-−=()ntidk*T′", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿᵗⁱᵈᵏ*ᵀ′", strict=True))
_LOW = dict(zip("0123456789+-−=()ijktnx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ᵢⱼₖₜₙₓ", strict=True))
_ACCENTS = {"¯": "\u0304", "^": "\u0302", "~": "\u0303"}
_SPACED = set("≤≥<>=≠+−→⇒≈∼≲≳")
_OPEN = set("([{,;|‖/")


def plain_statement(text: str) -> str:
    """The statement of a claim, which is a formula in LaTeX or words with `$formulae$`.

    What cannot be read stays as it is.

    >>> plain_statement(r"L \\le \\tfrac12 W")
    'L ≤ 1/2 W'
    """
    return plain_words(text) if "$" in text else _plain(text)


def plain_words(words: str) -> str:
    """Words with `$formulae$`.

    >>> plain_words(r"at $|\\mu_i|^2 / \\sqrt{2}$")
    'at |μᵢ|²/√2'
    """
    parts = re.split(r"\$([^$]+)\$", words)
    parts[1::2] = map(_plain, parts[1::2])
    return "".join(parts)


def _plain(latex: str) -> str:
    try:
        tree = fromstring(formula(latex))
    except InvalidValue:
        return latex
    return re.sub(r" {2,}", " ", _row(tree)).strip()


def _row(element: Element) -> str:
    """The children of an element side by side."""
    written = ""
    for child in element:
        piece = _written(child)
        if child.tag == "mo" and piece in _SPACED and written and written[-1] not in _OPEN:
            piece = f" {piece} "
        elif child.tag == "mo" and piece in (",", ";"):
            piece += " "
        elif written[-1:].isalnum() and piece[:1].isalnum():
            piece = f" {piece}"
        written += piece
    return written


def _written(element: Element) -> str:
    parts = list(element)
    if element.tag in ("msub", "munder"):
        return _written(parts[0]) + _script(parts[1], _LOW, "_")
    if element.tag == "mover" and (accent := _ACCENTS.get(_written(parts[1]))):
        return _written(parts[0]) + accent
    if element.tag in ("msup", "mover"):
        return _written(parts[0]) + _script(parts[1], _HIGH, "^")
    if element.tag in ("msubsup", "munderover"):
        low, high = _script(parts[1], _LOW, "_"), _script(parts[2], _HIGH, "^")
        return _written(parts[0]) + low + high
    if element.tag == "mfrac":
        return f"{_grouped(_written(parts[0]))}/{_grouped(_written(parts[1]))}"
    if element.tag == "msqrt":
        return f"√{_grouped(_row(element))}"
    if element.tag == "mspace":
        return " "
    return _row(element) if parts else (element.text or "").replace("\xa0", " ")


def _script(element: Element, letters: dict[str, str], mark: str) -> str:
    inside = _written(element)
    if all(letter in letters for letter in inside):
        return "".join(letters[letter] for letter in inside)
    return f"{mark}{inside}" if len(inside) == 1 else f"{mark}{_grouped(inside)}"


def _grouped(inside: str) -> str:
    """In brackets, unless it is one number or name."""
    return inside if re.fullmatch(r"[\w.∞₀-ₜ⁰-ⁿ]+", inside) else f"({inside})"
