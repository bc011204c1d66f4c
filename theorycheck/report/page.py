"""The page: one HTML file that needs no network, and no script to be read."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any

import jinja2
from markupsafe import Markup

from theorycheck import claims as registry
from theorycheck.campaign.ranges import Ranges
from theorycheck.landscapes.answers import (
    means_text,
    scope_in_words,
    unresolved_in_words,
)
from theorycheck.report import commands, conclusion, power, summary, values, why
from theorycheck.report.explorer import explorer_cases
from theorycheck.report.figures import data, landscapes, tables
from theorycheck.report.figures.landscapes import Descent
from theorycheck.report.formulas import check_claim, inline_statement, prose, statement
from theorycheck.report.notation import NOTATION
from theorycheck.report.svg import drawing
from theorycheck.report.svg.axes import SKETCH_HEIGHT
from theorycheck.report.svg.boxes import boxes
from theorycheck.report.svg.graph import Node, graph
from theorycheck.report.values import EXHIBIT_DEFAULTS, Report, completed
from theorycheck.statements.verdicts import ClaimVerdict

ORIGINS = {
    "paper": "claimed by the paper",
    "classical": "earlier literature",
    "own": "sharper than the paper or new, derived here",
    "conjecture": "no proof is known to us",
    "literature, as stated": "false as it stands there, or short of a hypothesis",
}
MOST_JOINS = 9
"""Saddles in a graph: more have no room for their losses."""
MOST_SHOWN = 1
"""Exhibits that stand open: the page is to be scrolled through in a minute."""
TEMPLATES = files("theorycheck.report") / "templates"
STYLES = ("style.css", "explorer.css")
SCRIPTS = ("script.js", "slider.js", "numerics.js", "explorer.js")


def render(report: Report) -> str:
    """The report as one HTML page; equal reports give equal bytes.

    Raises InvalidValue, naming the claim, if a statement cannot be typeset.
    """
    report = completed(report)
    for claim in report["claims"]:
        words = [claim["description"], *(control["statement"] for control in claim["controls"])]
        check_claim(claim["id"], claim["statement"], words)
    policy, style, script = _inlined()
    key = conclusion.key_figure(report)
    return _without_indentation(
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            groups=_groups(report["claims"], report["groups"] or registry.GROUPS),
            figures=[data.from_dict(figure) for figure in report["figures"]],
            paper=conclusion.paper(report),
            paper_claims=conclusion.of_paper(report),
            conclusion=conclusion.sentences(report),
            key_figure=None if key is None else data.from_dict(key),
            thin=[claim for claim in report["claims"] if _is_thin(claim["cases"])],
            tally=summary.tally(report),
            scope=summary.scope(report),
            alarms=summary.alarms(report),
            explorer_cases=explorer_cases(report),
            policy=policy,
            style=style,
            script=script,
        )
    )


def render_exhibit(exhibit: data.Exhibit, version: str) -> str:
    """One exhibit of the gallery as a page of its own; equal exhibits give equal bytes."""
    policy, style, script = _inlined()
    return (
        _environment()
        .get_template("trap.html.j2")
        .render(
            item=EXHIBIT_DEFAULTS | exhibit.to_dict(),
            version=version,
            policy=policy,
            style=style,
            script=script,
        )
    )


def render_alone(template: str, **context: Any) -> str:
    """A page of its own from a template of this package."""
    policy, style, script = _inlined()
    page = _environment().get_template(template)
    return page.render(policy=policy, style=style, script=script, **context)


def render_landscape(answer: dict[str, Any], again: str, version: str) -> str:
    """The page of an answer of `theorycheck landscape`. again: the command that repeats it."""
    policy, style, script = _inlined()
    pairs = landscapes.descents(answer)
    return (
        _environment()
        .get_template("landscape.html.j2")
        .render(
            answer=answer,
            kinds=[landscapes.kind_in_words(answer, k) for k in range(len(answer["points"]))],
            scope=scope_in_words(answer),
            unresolved=unresolved_in_words(answer),
            densities=landscapes.densities(answer),
            joins=_joins(answer, pairs),
            join_rows=landscapes.join_rows(answer, pairs),
            descents=landscapes.descent_figures(answer, pairs),
            basins=[plot for plot in [landscapes.basins(answer)] if plot is not None],
            again=again,
            version=version,
            policy=policy,
            style=style,
            script=script,
        )
    )


def _joins(answer: dict[str, Any], pairs: Sequence[tuple[Descent, Descent]]) -> Markup:
    """The graph of saddles and of the points to which they lead; "" where an end is unknown."""
    pairs = pairs[:MOST_JOINS]
    ends = sorted({way.end for pair in pairs for way in pair if way.end is not None})
    edges = [
        (place, ends.index(way.end))
        for place, pair in enumerate(pairs)
        for way in pair
        if way.end is not None
    ]
    saddles = [pair[0].saddle for pair in pairs]
    nodes = [
        Node(f"{k + 1}", f"{point['loss']:.3g}", point["kind"] == "minimum")
        for k, point in enumerate(answer["points"])
    ]
    if not edges:
        return Markup("")
    return graph([nodes[k] for k in saddles], [nodes[k] for k in ends], edges)


def _groups(
    claims: list[dict[str, Any]], titles: dict[str, str]
) -> list[tuple[str, list[dict[str, Any]]]]:
    """The claims in the order of the theory, under the heading of their group."""
    order = [*titles, *sorted({claim["group"] for claim in claims} - set(titles))]
    ranked = sorted(claims, key=lambda claim: order.index(claim["group"]))
    return [
        (titles.get(group, group or "Further claims"), list(members))
        for group, members in groupby(ranked, key=lambda claim: claim["group"])
    ]


def _is_thin(cases: dict[str, int]) -> bool:
    """True if most of the cases generated for a claim do not meet its hypotheses."""
    return 2 * cases["in_domain"] < cases["generated"]


def _without_indentation(page: str) -> str:
    """A page whose lines start without spaces and are not empty, but where these can be seen."""
    parts = re.split(r"(<(pre|script|style)\b.*?</\2>)", page, flags=re.DOTALL)
    parts[::3] = [re.sub(r"\n\s+", "\n", part) for part in parts[::3]]
    del parts[2::3]  # the names of the elements
    return "".join(parts)


@cache
def _inlined() -> tuple[Markup, Markup, Markup]:
    """The content security policy, and the style and script that it lets in."""
    style, script = ("".join(_asset(name) for name in names) for names in (STYLES, SCRIPTS))
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return Markup(policy), Markup(style), Markup(script)


def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("theorycheck.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "rounded_down": values.rounded_down,
        "anchor": values.anchor,
        "boxes": boxes,
        "case": values.case_text,
        "case_json": values.case_json,
        "colour_bar": drawing.colour_bar,
        "command": commands.check_here,
        "difference": conclusion.difference,
        "drawing": drawing.drawing,
        "figure": data.from_dict,
        "duration": values.duration,
        "height": drawing.height,
        "histogram": drawing.margin_histogram,
        "is_equality": is_equality,
        "killed": summary.killed,
        "inline": inline_statement,
        "legend": drawing.key,
        "counted": summary.counted,
        "grade": summary.grade,
        "search_words": conclusion.search_words,
        "searched": searched,
        "sharpness": sharpness,
        "sketch": drawing.sketch,
        "means": means_text,
        "number": values.number,
        "percent": values.percent,
        "plural": summary.plural,
        "prose": prose,
        "statement": statement,
        "unnoticed": power.unnoticed,
        "verbatim": verbatim,
        "why_text": why.sentence,
        "tables": tables.tables,
        "paragraphs": paragraphs,
        "known": known,
    }
    environment.globals |= {
        "MEANINGS": summary.MEANINGS,
        "VERDICTS": summary.VERDICTS,
        "EVIDENCE": summary.EVIDENCE,
        "ORIGINS": ORIGINS,
        "MOST_SHOWN": MOST_SHOWN,
        "NOTATION": NOTATION,
        "SKETCH_HEIGHT": SKETCH_HEIGHT,
    }
    return environment


def is_equality(claim: dict[str, Any]) -> bool:
    """True if the smallest margin is that of an equality; it may be below 0 and refutes nothing."""
    is_refuted = claim["verdict"] == ClaimVerdict.REFUTED
    return claim["margin"] is not None and claim["margin"] <= 0 and not is_refuted


def verbatim(text: str) -> Markup:
    """Text for an element: quotes, of which JSON is full, stay as they are."""
    return Markup(html.escape(text, quote=False))


def paragraphs(text: str) -> Markup:
    """Text as paragraphs, parted by its empty lines."""
    parts = (part for part in re.split(r"\n\s*\n", text.strip()) if part)
    return Markup("").join(Markup("<p>{}</p>\n").format(prose(part)) for part in parts)


def sharpness(tightness: dict[str, Any]) -> str:
    """What is known of how sharp a bound is, in a word or two; "" if nothing is.

    A bound that only a start, or a step of no size, reaches is not called sharp.
    """
    note = str(tightness["note"])
    if tightness["sharp"] == "yes":
        return "sharp"
    if tightness["sharp"] == "exceeded":
        return "exceeded"
    if note.startswith("trivially"):
        return "only trivially"
    return "not sharp" if tightness["sharp"] == "no" or note.startswith(("not", "never")) else ""


def searched(ranges: dict[str, Any] | None) -> str:
    """The ranges of a claim's cases in words; "" for a report that has none."""
    return Ranges(**ranges).in_words() if ranges else ""


def known(verdict: str) -> str:
    """The verdict if it has a mark of its own, otherwise `undecided`."""
    return verdict if verdict in summary.VERDICTS else ClaimVerdict.UNDECIDED
