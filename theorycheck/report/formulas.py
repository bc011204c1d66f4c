"""Convert formulae from LaTeX to MathML that is safe and complete, or raise an error.

latex2mathml passes unknown macros through without an error, copies the contents of `\\text` and
`\\href` unescaped, and leaves function names without space. So its tree is checked here against
lists of allowed elements and attributes, repaired, and serialised.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from xml.etree.ElementTree import Element, tostring

from markupsafe import Markup, escape

from theorycheck.errors import InvalidValue

CHILDREN = {
    **dict.fromkeys(("mfrac", "mroot", "msub", "msup", "munder", "mover"), 2),
    **dict.fromkeys(("msubsup", "munderover"), 3),
}
ELEMENTS = {*CHILDREN, "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "msqrt"} | {
    *("mstyle", "mpadded", "mphantom", "mtable", "mtr", "mtd", "menclose")
}
ATTRIBUTES = {"display", "displaystyle", "scriptlevel", "accent", "fence", "stretchy", "form"} | {
    *("movablelimits", "minsize", "maxsize", "width", "height", "depth", "lspace", "rspace"),
    *("linethickness", "mathvariant", "columnalign", "notation", "linebreak", "separator"),
}
LIMITS = ("min", "max", "inf", "sup", "lim")  # set below in display
THIN_SPACE = "0.167em"


@cache
def formula(latex: str, display: bool = False) -> Markup:
    """LaTeX as MathML, inline or on a line of its own.

    Raises InvalidValue, naming the macro, for anything that would not be typeset faithfully.
    """
    from latex2mathml.converter import convert_to_element

    _check_braces(latex)
    try:
        tree = convert_to_element(latex, display="block" if display else "inline")
    except Exception as error:
        reason = re.sub(r"(?<!^)(?=[A-Z])", " ", type(error).__name__).lower()
        raise InvalidValue(f"formula {latex!r} cannot be read: {reason}") from None
    del tree.attrib["xmlns"]
    if not display:  # what is inline without saying so
        del tree.attrib["display"]
    for element in tree.iter():
        _tidy(element, latex)
    for element in tree.iter():
        _space_functions(list(element))
    for element in tree[0].findall("msub") if display else ():
        if _core(element).text in LIMITS:
            element.tag = "munder"
    if len(tree) == 1 and tree[0].tag == "mrow":  # <math> is a row itself
        tree[:] = list(tree[0])
    return Markup(tostring(tree, encoding="unicode"))


def statement(text: str) -> Markup:
    """The statement of a claim on a line of its own: LaTeX, or words with `$formulae$`."""
    return prose(text) if "$" in text else formula(text, display=True)


def inline_statement(text: str) -> Markup:
    """The statement of a claim within a line, such as a cell of a table."""
    return prose(text) if "$" in text else formula(text)


def check_claim(id: str, latex: str, words: Iterable[str]) -> None:
    """Raise InvalidValue, naming the claim, if its statement or its words cannot be typeset."""
    try:
        statement(latex)
        for text in words:
            prose(text)
    except InvalidValue as error:
        raise InvalidValue(f"claim {id}: {error}") from None


def prose(text: str) -> Markup:
    """Text with `$formulae$` and `` `code` `` as HTML; <= and >= in the rest become ≤ and ≥."""
    return Markup("").join(_piece(piece) for piece in re.split(r"(\$[^$]+\$|`[^`]+`)", text))


def _piece(piece: str) -> Markup:
    if len(piece) > 2 and piece[0] == piece[-1] == "$":
        return formula(piece[1:-1])
    if len(piece) > 2 and piece[0] == piece[-1] == "`":
        return Markup("<code>{}</code>").format(piece.strip("`"))
    return _plain(piece.replace("<=", "≤").replace(">=", "≥"))


_GREEK = dict(
    zip(
        ("eta", "mu", "pi", "psi", "phi", "theta", "lambda", "gamma", "sigma", "epsilon", "sqrt"),
        "ημπψφθλγσε√",
        strict=True,
    )
)
_NAMES = re.compile(rf"(?<![A-Za-z])(?<![A-Za-z]-)({'|'.join(_GREEK)})(?!-?[A-Za-z])")
"""No part of a name with hyphens, such as the id of a claim."""
_SCRIPT = re.compile(
    rf"((?:(?<![A-Za-z])[A-Za-z][0-9]?|[{''.join(_GREEK.values())}∇)|])(?:<su[bp]>[^<]*</su[bp]>)?)"
    r"([_^])(?:\{([^{}]*)\}|(-?[A-Za-z0-9*+]+))"
)


def _plain(text: str) -> Markup:
    """Words with formulae in plain text, as docstrings have them: mu_i^2 with Greek and scripts.

    The text is escaped first, and nothing but elements for scripts is added.
    """
    shown = _NAMES.sub(lambda match: _GREEK[match[1]], str(escape(text)))
    shown = re.sub(r"(?<![A-Za-z])grad(?=[_|])", "∇", shown)
    for _ in range(2):  # a subscript, then a superscript on it
        shown = _SCRIPT.sub(_scripted, shown)
    return Markup(shown)


def _scripted(match: re.Match[str]) -> str:
    element = "sub" if match[2] == "_" else "sup"
    inside = (match[3] if match[3] is not None else match[4]).replace("-", "−")
    return f"{match[1]}<{element}>{inside}</{element}>"


def _check_braces(latex: str) -> None:
    """Raise InvalidValue for a brace, `%`, `#` or `$` that would end or shorten the formula."""
    depth = 0
    for token in re.findall(r"\\.|[{}%#$]", latex):
        depth += (token == "{") - (token == "}")
        if depth < 0 or token in ("%", "#", "$"):
            raise InvalidValue(f"formula {latex!r} has a stray {token}")
    if depth:
        raise InvalidValue(f"formula {latex!r} has a brace that is not closed")


def _tidy(element: Element, latex: str) -> None:
    """Check one element against the lists of what is allowed, and repair it where possible."""
    if element.tag not in ELEMENTS or not ATTRIBUTES.issuperset(element.attrib):
        raise InvalidValue(f"formula {latex!r} uses a macro that is not allowed in a report")
    if len(element) != CHILDREN.get(element.tag, len(element)):
        raise InvalidValue(f"formula {latex!r} has a macro that misses an argument")
    element.text = _character(html.unescape(element.text or ""), latex)
    if element.tag == "mrow" and len(element) > 1 and all(map(_is_upright_letter, element)):
        element.text = html.unescape("".join(letter.text or "" for letter in element))
        element.tag = "mi"
        element[:] = []
    elif variant := element.attrib.pop("mathvariant", ""):
        _restyle(element, variant, latex)
    if element.tag == "mo" and element.text in ("∞", "⊤", "⊥", "∅"):
        element.tag = "mi"
    elif element.tag == "mi" and unicodedata.category(element.text[:1] or "x") in (
        "Sm",
        "Ps",
        "Pe",
    ):
        element.tag = "mo"
        element.set("stretchy", "false")
    if element.text in ("‖", "|", "/"):
        element.attrib.update(lspace="0", rspace="0")


def _character(text: str, latex: str) -> str:
    """The text of an element, with the symbol of a macro that latex2mathml left in place."""
    from latex2mathml.symbols_parser import convert_symbol

    if text.startswith("\\") and (code := convert_symbol(text)):
        return chr(int(code, 16))
    if macro := re.search(r"\\\S*|&", text):
        raise InvalidValue(f"formula {latex!r} has an unknown macro: {macro[0]}")
    return text


def _is_upright_letter(element: Element) -> bool:
    return element.tag == "mi" and element.get("mathvariant") == "normal"


def _restyle(element: Element, variant: str, latex: str) -> None:
    """Replace letters by their Unicode letters of a style: browsers ignore `mathvariant`."""
    if variant == "normal":
        element.set("mathvariant", variant)
        return
    element.text = "".join(_styled(letter, variant, latex) for letter in element.text or "")


def _styled(letter: str, variant: str, latex: str) -> str:
    """The Unicode letter of a style, such as a bold or a double-struck one."""
    style = variant.upper().replace("-", " ")
    name = unicodedata.name(letter).replace("LATIN ", "").replace("GREEK ", "")
    name = name.replace("LETTER ", "")
    for candidate in (f"MATHEMATICAL {style} {name}", f"{style} {name}"):
        try:
            return unicodedata.lookup(candidate)
        except KeyError:
            continue
    raise InvalidValue(f"formula {latex!r}: there is no {variant} letter {letter}")


def _space_functions(row: list[Element]) -> None:
    """Give function names such as log and max the thin spaces that TeX gives them."""
    for index, element in enumerate(row):
        name = _core(element)
        if len(name.text or "") < 2 or not (name.text or "").replace("\u2009", "").isalpha():
            continue
        name.tag = "mo"
        first, last = index == 0, index == len(row) - 1
        before = first or row[index - 1].tag in ("mo", "mspace")
        after = last or (row[index + 1].text or "") in ("(", "[", "{", "⁡")
        name.attrib.pop("movablelimits", None)
        name.set("lspace", "0" if before else THIN_SPACE)
        name.set("rspace", "0" if after else THIN_SPACE)


def _core(element: Element) -> Element:
    """The element that carries the scripts: max in max_i."""
    while element.tag in ("msub", "msup", "msubsup", "munder", "mover", "munderover"):
        element = element[0]
    return element if element.tag in ("mi", "mo") else Element("none")
