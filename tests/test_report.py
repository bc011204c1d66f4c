"""The report: complete, in order, safe against any text, small, without a trace of LaTeX."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import math
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from theorycheck.errors import InvalidValue
from theorycheck.inputs.case import Case
from theorycheck.report import formula, render, summary_markdown, write
from theorycheck.report.commands import check_here as command
from theorycheck.report.figures.gallery import densities
from theorycheck.report.formulas import prose
from theorycheck.report.svg.lines import simplified
from theorycheck.report.values import case_text, number, percent

VOID = {"meta", "link", "input", "br"}
SECTIONS = (
    *("verdicts", "claims", "details", "rates", "regions", "further"),
    *("gallery", "explorer", "health", "environment", "not-checked"),
)
ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> javascript:alert(1) {{ 7*7 }}"

CASE = {"means": [["1/2"], [-1], [0.1824]], "weights": ["1/5", "1/2", "3/10"], "step_size": "7/10"}
PLANE = {
    "means": [[12, 0.30000000000000004], [-12, "6004799503160661/18014398509481984"], [0, 0]],
    "weights": ["1/3", "1/3", "1/3"],
    "step_size": "199/100",
}


def curve(section: str = "", title: str = "Loss along gradient EM", n: int = 400) -> dict[str, Any]:
    t = list(range(1, n + 1))
    figure = {
        "title": title,
        "description": "Three components in the plane, step size 7/10; both axes logarithmic.",
        "x_label": "iteration $t$",
        "y_label": "loss $L$",
        "x_log": True,
        "y_log": True,
        "series": [
            {"label": "loss $L$", "x": t, "y": [1 / (1 + 0.2 * k) ** 2 for k in t]},
            {"label": "energy $U$", "x": t, "y": [4 / (1 + 0.3 * k) for k in t], "style": "line"},
            {"label": "bound", "x": t, "y": [(1 + 0.02 * k) ** -0.5 for k in t], "style": "dashed"},
            {
                "label": "measured",
                "x": t[::40],
                "y": [1.1 / (1 + 0.2 * k) ** 2 for k in t[::40]],
                "style": "points",
            },
        ],
    }
    return figure | ({"section": section} if section else {})


def heat_map() -> dict[str, Any]:
    x = [k / 10 for k in range(-20, 21)]
    y = [k / 10 for k in range(0, 31)]
    values = [[math.sin(a) * b + (a * b) ** 2 / 9 for a in x] for b in y]
    values[3][4] = None  # type: ignore[call-overload]
    return {
        "kind": "map",
        "section": "regions",
        "title": "Certified steps before escape",
        "description": "Logarithm of the lower bound by position of the first mean.",
        "x_label": "$\\mu_1$",
        "y_label": "$\\|\\mu_2\\|$",
        "x": x,
        "y": y,
        "values": values,
        "value_label": "log steps",
    }


def claim(name: str, group: str, statement: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": name,
        "group": group,
        "statement": statement,
        "description": "By Jensen's inequality for $-\\log$.\n\nEquality only for `n = 1`.",
        "origin": "paper",
        "source": "Xu, Fazel and Du (2024), arXiv 2407.00490",
        "kind": "inequality",
        "hypotheses": "1 ≤ n ≤ 5, truth N(0, I), 0 < η < 2",
        "verdict": "supported",
        "evidence": "certified",
        "cases": {
            "generated": 200,
            "in_domain": 198,
            "certified": 31,
            "tight": 2,
            "floating": 165,
            "undecided": 0,
        },
        "margin": 0.0123,
        "tightness": {"ratio": 0.98, "case": CASE, "sharp": "yes", "note": "reached as W grows"},
        "constant": None,
        "worst": [
            {"case": CASE, "margin": 1.23e-5, "relative": 1.1e-3, "evidence": "certified"},
            {"case": PLANE, "margin": 0.3, "relative": 0.1, "evidence": "floating"},
        ],
        "histogram": {
            "edges": [-6, -5, -4, -3, -2, -1, 0],
            "counts": [1, 0, 4, 28, 90, 77],
        },
        "counterexample": None,
        "witness": None,
        "controls": [
            {
                "id": f"{name}-control-1",
                "statement": "the factor $0.49$ in place of $\\tfrac12$",
                "verdict": "refuted",
                "evidence": "certified",
                "case": PLANE,
                "margin": -0.0114,
            }
        ],
        "undecided_reasons": {},
        "certificate": "Ball arithmetic at 40 digits encloses both sides of each certified case.",
        "figures": [],
        "seconds": 1.2,
    } | changes


def example() -> dict[str, Any]:
    """A report with every verdict, a surviving control, a vacuous pass and all kinds of figures."""
    undecided = {"generated": 60, "in_domain": 40, "certified": 12, "undecided": 28}
    vacuous = {"generated": 50, "in_domain": 0}
    survivor = {
        "id": "ray-formula-control-1",
        "statement": "$F(t\\mu)\\,dt$",
        "verdict": "survived",
    }
    return {
        "schema": 1,
        "version": "0.1.0",
        "profile": "standard",
        "seed": 0,
        "claims_file": None,
        "environment": {
            "python": "3.11.7",
            "platform": "Linux-6.1-x86_64",
            "numpy": "2.4.6",
            "python-flint": "0.9.0",
            "mpmath": "1.4.1",
        },
        "started": "2026-03-01T09:30:00Z",
        "seconds": 41.2,
        "claims": [
            claim("loss-upper", "C", r"L \le \tfrac12 W", figures=[curve()]),
            claim(
                "stein-lower-bound",
                "C",
                r"F + \sqrt{r F} \ge \sum_i p_i \|\mu_i\|^2",
                origin="own",
                source="",
            ),
            claim(
                "loss-component-bound",
                "C",
                r"L \le \min_i \Bigl( \tfrac12 \|\mu_i\|^2 + \log \frac{1}{\pi_i} \Bigr)",
                origin="classical",
            ),
            claim(
                "projection-identity",
                "A",
                r"\sum_i \langle \nabla_i L, \mu_i \rangle = F",
                kind="identity",
                evidence="tight",
                tightness=None,
                margin=None,
            ),
            claim(
                "ray-formula",
                "A",
                r"L(\mu) = \int_0^1 F(t\mu)\, \frac{dt}{t}",
                kind="identity",
                controls=[survivor],
                tightness=None,
            ),
            claim(
                "likelihood-decrease",
                "B",
                r"L(\mu^+) \le L(\mu) - \eta \sum_i (1 - \tfrac{\eta}{2} p_i) \|\nabla_i L\|^2",
                verdict="refuted",
                margin=-0.0213,
                counterexample={"case": PLANE, "margin": -0.0213},
                tightness=None,
            ),
            claim(
                "majorisation",
                "B",
                r"L(\mu') \le L + \langle \nabla L, \mu'-\mu \rangle"
                r" + \tfrac12 \sum_i p_i \|\mu_i'-\mu_i\|^2",
                verdict="undecided",
                evidence="none",
                cases=undecided,
                controls=[],
                undecided_reasons={"rank 3 is beyond ball arithmetic": 28},
                worst=[],
                histogram=None,
            ),
            claim(
                "projection-lower-paper",
                "C",
                r"F \ge c\, \frac{e^{-8U} \pi_{\min}^2 R^4}{n^2 d\, (1 + R\sqrt{dn})^2}"
                r" \quad \text{for some universal } c > 0",
                kind="constant",
                margin=None,
                tightness=None,
                constant={"value": 1.3e-4, "case": CASE, "note": "smallest value found"},
            ),
            claim(
                "rate-one-over-t-squared",
                "D",
                r"L(T) \le \frac{C\, U(T/2)}{\eta (2-\eta)\, T}",
                cases=vacuous,
                evidence="none",
            ),
            claim(
                "weighted-distance-nonmonotone",
                "E",
                r"\exists\, \mu, \pi, \eta \le 1 : \; W(\mu^+) > W(\mu)",
                kind="existence",
                verdict="proved",
                witness={"case": CASE, "margin": 3.1e-6},
                tightness=None,
            ),
            claim("my-lemma", "", r"\mathrm{KL}(\mathcal{N}(0, I) \,\|\, p) \ge 0", source=""),
        ],
        "figures": [
            curve("rates"),
            curve("rates", "The same from far away"),
            heat_map(),
            curve("general", "Shapes"),
        ],
        "gallery": [
            {
                "title": "Why $\\eta = 2.1$ fails",
                "text": "The loss increases in the first step.",
                "case": PLANE,
                "figures": [curve()],
                "facts": [["radius", "8.5"]],
                "command": command("likelihood-decrease", PLANE),
            },
            {"title": "loss-upper-control-1", "text": "Refuted.", "case": CASE, "folded": True},
        ],
        "health": {
            "regimes": {"rank 1": 0.61, "equal weights": 0.2, "tiny weight": 0.004},
            "duplicates": 3,
            "generated": 12000,
        },
        "not_checked": ["Ranks above 2 in ball arithmetic.", "Truths with $\\Sigma \\ne I$."],
    }


@pytest.fixture(scope="module")
def page() -> str:
    return render(example())


class Reader(HTMLParser):
    """Collects elements, attributes, inlined blocks and text; raises if elements do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: dict[str, str] = {}
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        assert len(attrs) == len(dict(attrs)), f"{tag} repeats an attribute"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("style", "script"):
            name = "data" if self.elements[-1][1].get("type") else self.open[-1]
            self.blocks[name] = self.blocks.get(name, "") + data
        elif not {"code", "pre"} & set(self.open):
            self.text.append(data)

    def attributes(self, name: str) -> list[str]:
        return [
            value or "" for _, found in self.elements for key, value in found.items() if key == name
        ]


# --- the page -----------------------------------------------------------------------------------


def test_sections_come_in_the_order_of_a_paper(page: str) -> None:
    """Verdicts first, what was not checked last, nothing missing."""
    assert tuple(re.findall(r'<section id="([^"]+)"', page)) == SECTIONS


def test_elements_nest_and_ids_are_unique(page: str) -> None:
    """Every element is closed where it was opened; each label refers to one element that exists."""
    reader = Reader(page)
    ids = reader.attributes("id")
    assert len(ids) == len(set(ids))
    for name in ("aria-labelledby", "aria-describedby"):
        assert {word for value in reader.attributes(name) for word in value.split()} <= set(ids)
    assert {href[1:] for href in reader.attributes("href") if href != "data:,"} <= set(ids)


def test_drawings_and_formulae_are_well_formed_xml(page: str) -> None:
    """SVG and MathML parse as XML; every figure has its drawing, its name and its numbers."""
    for tag in ("svg", "math"):
        found = re.findall(rf"<{tag}[ >].*?</{tag}>", page, flags=re.S)
        assert len(found) == page.count(f"<{tag} ")
        for text in found:
            ElementTree.fromstring(text)
    figures = re.findall(r"<figure .*?</figure>", page, flags=re.S)
    assert len(figures) == 15  # an implied constant is no margin, and has no histogram
    for figure in figures:
        assert re.search(
            r'role="img" aria-labelledby="\S+-title" aria-describedby="\S+-text"', figure
        )
        assert '<details class="data">' in figure
        assert figure.count("<caption") == figure.count("<table>") > 0


def test_no_latex_is_left(page: str) -> None:
    """Outside code no backslash and no dollar sign remains: all statements became MathML."""
    text = "".join(Reader(page).text)
    assert not re.findall(r"[\\$^]|_\{|\btfrac\b", text)
    assert page.count('<math display="block">') == len(example()["claims"])


def test_nothing_is_loaded_from_anywhere(page: str) -> None:
    """The page refers to itself only, and its policy lets in its own two blocks and no other."""
    reader = Reader(page)
    for name in ("src", "href", "action", "xlink:href", "srcset", "poster"):
        assert all(value.startswith(("#", "data:")) for value in reader.attributes(name))
    assert "url(" not in page
    assert "@import" not in page
    assert not reader.attributes("style")
    assert not [key for _, found in reader.elements for key in found if key.startswith("on")]
    (policy,) = (
        found["content"] or ""
        for tag, found in reader.elements
        if tag == "meta" and found.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for kind in ("style", "script"):
        found = [attributes for tag, attributes in reader.elements if tag == kind]
        data = [attributes for attributes in found if attributes.get("type") == "application/json"]
        assert len(found) - len(data) == 1
        digest = base64.b64encode(hashlib.sha256(reader.blocks[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_everything_is_readable_without_script(page: str) -> None:
    """Hidden are only controls, the explorer, and the times, which stand in a block as well."""
    hidden = [
        (tag, found.get("class")) for tag, found in Reader(page).elements if "hidden" in found
    ]
    assert {tag for tag, _ in hidden} == {"button", "form", "th", "td", "div"}
    assert [name for tag, name in hidden if tag == "div"] == ["explorer"]
    assert "<noscript>" in page
    assert {name for tag, name in hidden if tag in ("th", "td")} == {"time"}
    assert page.count("data-time=") == len(example()["claims"])


def test_every_verdict_has_its_word_and_its_shape(page: str) -> None:
    """Colour is never the only sign of a verdict, and no verdict is called true."""
    for verdict in ("supported", "proved", "undecided", "refuted"):
        shape = rf'<span class="badge {verdict}"><svg[^>]*><use href="#shape-{verdict}"/></svg>'
        assert re.search(rf"{shape}{verdict}</span>", page)
        assert f'<symbol id="shape-{verdict}"' in page
    assert not re.search(r"\b(true|proven)\b", "".join(Reader(page).text), flags=re.I)


def test_the_banner_names_what_must_not_be_overlooked(page: str) -> None:
    """A refuted claim, a surviving control and a vacuous pass are told at the top."""
    banner = banner_of(page)
    for name in ("likelihood-decrease", "ray-formula-control-1", "rate-one-over-t-squared"):
        assert name in banner
    assert "had no power there" in banner


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": "refuted"},
        {"controls": [{"id": "c", "statement": "", "verdict": "survived"}]},
        {"cases": {"generated": 9, "in_domain": 0}},
    ],
)
def test_each_alarm_alone_raises_the_banner(changes: dict[str, Any]) -> None:
    """One refuted claim, one surviving control or one vacuous pass is enough."""
    report = example() | {"claims": [claim("loss-upper", "C", "L", **changes)]}
    assert banner_of(render(report)).count("<p>") == 1


def banner_of(page: str) -> str:
    return page[page.index('<div class="banner"') : page.index('<details class="words"')]


def test_no_banner_when_all_is_well() -> None:
    """The banner means something because it is not always there."""
    report = example()
    report["claims"] = report["claims"][:3]
    assert '<div class="banner"' not in render(report)


def test_tally_and_scope_count_the_claims(page: str) -> None:
    """The numbers at the top are those of the claims."""
    tally = re.findall(r'class="count">(\d+)</span> <span class="word"><svg.*?</svg>(\w+)', page)
    assert {word: int(count) for count, word in tally} == {
        "proved": 1,
        "supported": 8,
        "undecided": 1,
        "refuted": 1,
    }
    assert "8 claims so marked, 1,386 checks inside the hypotheses were evaluated" in page


def test_a_claim_shows_all_that_is_known_about_it(page: str) -> None:
    """Hypotheses, origin, counts, worst case, certificate, control and command stand there."""
    start = page.index('id="claim-loss-upper"')
    section = page[start : page.index('<article class="claim"', start)]
    for text in (
        "1 ≤ n ≤ 5, truth N(0, I), 0 &lt; η &lt; 2",
        "Xu, Fazel and Du (2024)",
        "200 cases generated; 198 met the hypotheses",
        "31 were certified by ball arithmetic, 2 are equalities to 30 digits, 165 were searched",
        "1.23\u202f×\u202f10<sup>−5</sup>",
        "Ball arithmetic at 40 digits",
        "loss-upper-control-1",
        "theorycheck check loss-upper --case - &lt;&lt;&#39;EOF&#39;",
        "the bound is sharp",
    ):
        assert text in section


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"sharp": "yes", "ratio": 1}, "the bound is sharp: 1 of it is reached (as η grows)"),
        ({"sharp": "no"}, "0.98 of the bound is reached, and it is not sharp (as η grows)"),
        ({"sharp": "unknown"}, "0.98 of the bound is reached (as η grows)"),
        (
            {"sharp": "unknown", "note": ""},
            "0.98 of the bound is reached; whether it is sharp is not known",
        ),
    ],
)
def test_tightness_is_told_in_words(changes: dict[str, Any], shown: str) -> None:
    """Sharp, not sharp, or not known; and the regime, if it is."""
    tightness = {"ratio": 0.98, "case": None, "sharp": "yes", "note": "as η grows"} | changes
    one = claim("a", "C", "x", tightness=tightness)
    assert f"<dd>{shown}</dd>" in render(example() | {"claims": [one]})


def test_claims_are_grouped_in_the_order_of_the_theory(page: str) -> None:
    """Groups A to G first, other people's claims last, whatever order they were run in."""
    titles = re.findall(r'<th scope="rowgroup"[^>]*>([^<]+)<', page)
    assert titles == [
        *("Identities", "Descent", "Bounds at a point", "Rates along a trajectory"),
        *("What is and is not monotone", "Further claims"),
    ]


@pytest.mark.parametrize("place", ["id", "source", "hypotheses", "description", "certificate"])
def test_text_of_a_claim_never_becomes_markup(place: str) -> None:
    """Whatever a claim says, the page gains no element, attribute or address by it."""
    harmless, hostile = example(), example()
    harmless["claims"][0][place] = "word"
    hostile["claims"][0][place] = ATTACK
    _assert_same_elements(render(harmless), render(hostile))


def test_text_elsewhere_never_becomes_markup() -> None:
    """Nor do file names, versions, cases, controls, figures, the gallery or the health."""

    def filled(text: str) -> dict[str, Any]:
        report = example()
        report |= {"profile": text, "claims_file": text, "started": text, "not_checked": [text]}
        report["environment"] = {text: text}
        report["health"]["regimes"] = {text: 0.5}
        first = report["claims"][0]
        first["worst"][0]["case"] = {"means": [[text]], text: text}
        first["controls"][0] |= {"id": text, "statement": text, "evidence": text}
        first["undecided_reasons"] = {text: 1}
        first["tightness"]["note"] = text
        report["gallery"][0] |= {"title": text, "text": text, "command": text}
        for figure in report["figures"]:
            figure |= {"title": text, "description": text, "x_label": text, "y_label": text}
            figure["value_label"] = text
            for series in figure.get("series", []):
                series["label"] = text
        return report

    _assert_same_elements(render(filled("word")), render(filled(ATTACK)))


def test_text_never_leaves_the_data_of_the_explorer() -> None:
    """Titles and ids stand in a JSON block without a character that HTML reads; it reads back."""
    report = example()
    report["gallery"][0]["title"] = "</script><script>alert(1)</script><!--"
    report["claims"][0]["id"] = "a]]>&lt;</SCRIPT >\u2028"
    data = Reader(render(report)).blocks["data"]
    assert not set("<>&") & set(data)
    items = json.loads(data)
    assert "</script><script>alert(1)</script><!--" in [item["label"] for item in items]
    assert any("</SCRIPT >" in item["label"] for item in items)


def test_explorer_offers_each_showable_case_once() -> None:
    """Examples first; no case twice; what has too many dimensions or is no case is left out."""
    report = example()
    space = {"means": [[1, 2, 3]], "weights": [1]}
    many = {"means": [[k] for k in range(9)]}
    tiny = {"means": [[1], [2]], "weights": [1, "1/1" + "0" * 500]}
    far = {"means": [[1], [1000]]}
    for case in (space, many, tiny, far, {"means": "<b>"}, None):
        report["gallery"].append({"title": "not shown", "case": case})
    items = json.loads(Reader(render(report)).blocks["data"])
    assert "not shown" not in [item["label"] for item in items]
    assert items[0]["group"] == "Examples"
    cases = [json.dumps(item["case"], sort_keys=True) for item in items]
    assert len(cases) == len(set(cases)) >= 9


def _assert_same_elements(harmless: str, hostile: str) -> None:
    def shape(text: str) -> list[tuple[str, frozenset[str]]]:
        return [(tag, frozenset(found)) for tag, found in Reader(text).elements]

    assert shape(harmless) == shape(hostile)
    assert not [x for x in Reader(hostile).attributes("href") if not x.startswith(("#", "data:,"))]


def test_equal_reports_give_equal_bytes(page: str) -> None:
    """A second rendering is the same, and rendering leaves the report as it was."""
    report = example()
    before = copy.deepcopy(report)
    assert render(report) == page
    assert report == before


def test_times_stand_in_one_block(page: str) -> None:
    """Two runs with the same results differ only inside the block of times."""
    report = example() | {"started": "2027-01-01T00:00:00Z", "seconds": 99.0}
    for item in report["claims"]:
        item["seconds"] = 7.5
    block = re.compile(r'<div id="timing">.*?</div>', flags=re.S)
    other = render(report)
    assert other != page
    assert block.sub("", other) == block.sub("", page)


def test_a_thorough_report_stays_small() -> None:
    """Sixty claims with three figures of 400 iterations each, and 70 exhibits: below 2 MB."""
    report = example()
    one = claim("loss-upper", "C", r"L \le \tfrac12 W", figures=[curve()] * 3)
    one["worst"] = [one["worst"][1]] * 5
    report["claims"] = [one | {"id": f"loss-upper-{k}"} for k in range(60)]
    exhibit = {"title": "control", "text": "text", "case": CASE, "folded": True}
    picture = densities(Case.from_dict(CASE)).to_dict()
    report["gallery"] = [exhibit | {"figures": [picture], "command": "x" * 200}] * 70
    assert len(render(report).encode()) < 2_000_000


def test_a_bare_report_renders() -> None:
    """Optional fields may be absent, also where nothing was run at all."""
    bare = {"version": "0.1.0", "profile": "quick", "seed": 1}
    assert "No claim was checked." in render(bare)
    empty = claim("loss-upper", "C", "L", histogram={"edges": [], "counts": []})
    assert "Distribution" not in render(bare | {"claims": [empty]})
    names = ("id", "statement", "origin", "verdict", "evidence", "cases")
    small = {name: value for name, value in example()["claims"][0].items() if name in names}
    assert "This claim has no control" in render(bare | {"claims": [small]})


# --- files and summary ----------------------------------------------------------------------------


def test_write_makes_two_files_and_json_reads_back(tmp_path: Path) -> None:
    """report.json is the report itself, report.html its page, and nothing else is left behind."""
    report = example()
    write(report, tmp_path / "new")
    write(report, tmp_path / "new")
    assert json.loads((tmp_path / "new/report.json").read_text(encoding="utf-8")) == report
    assert (tmp_path / "new/report.html").read_text(encoding="utf-8") == render(report)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "report.html",
        "report.json",
    ]


def test_write_refuses_a_number_that_json_has_not(tmp_path: Path) -> None:
    """NaN never gets into report.json, and the old file survives."""
    write(example(), tmp_path)
    before = (tmp_path / "report.json").read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        write(example() | {"seconds": math.nan}, tmp_path)
    assert (tmp_path / "report.json").read_bytes() == before


def test_a_statement_that_can_not_be_typeset_loses_no_result(tmp_path: Path) -> None:
    """The error names claim and macro; the results are in report.json already."""
    report = example()
    report["claims"][0]["statement"] = r"L \leqq_x \foo W"
    with pytest.raises(InvalidValue, match=r"loss-upper.*foo"):
        write(report, tmp_path)
    assert (tmp_path / "report.json").exists()


def test_summary_is_a_table_that_no_text_breaks() -> None:
    """The job summary lists each claim in a row, the refuted first; names are only text."""
    report = example()
    report["claims"][0]["id"] = "a|b](javascript:x)<b>_*`"
    text = summary_markdown(report)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == len(report["claims"]) + 2
    assert all(row.count("|") == 8 for row in rows)
    assert "| likelihood&#45;decrease | refuted |" in text.replace("-", "&#45;")
    assert "<b>" not in text
    assert "](" not in text
    assert "> **Refuted:** likelihood-decrease" in text
    assert text.splitlines()[0].endswith("1 refuted, 1 undecided, 8 supported, 1 proved")


# --- formulae, numbers, drawings ------------------------------------------------------------------


@pytest.mark.parametrize(
    "latex",
    [
        *(r"L \foo W", r"\label{x}", r"\href{javascript:alert(1)}{x}", r"\class{a}{b}"),
        *(r"\style{color:red}{b}", r"\color{red}x", r"\frac{1}", "a } b", "{ a", "50 % c", "a_b_c"),
        *(r"\left( a", "$x$", "x & y", ""),
    ],
)
def test_what_can_not_be_typeset_is_an_error(latex: str) -> None:
    """Unknown macros, addresses, missing arguments and stray characters never pass in silence."""
    with pytest.raises(InvalidValue, match="formula"):
        formula(latex)


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"\text{<script>alert(1)</script>}", "<script>alert(1)</script>"),
        (r"a &lt; b", None),
        (r"\bigl\|x\bigr\|", "‖x‖"),
        (r"\langle x, y \rangle", "⟨x,y⟩"),
        (r"\mathcal{N}\mathbf{x}\boldsymbol{\mu}\mathbb{E}", "𝒩𝐱𝝁𝔼"),
        (r"\mathrm{KL}(a\|b)", "KL(a‖b)"),
        (r"\tfrac12 \log \max_i x", "12logmaxix"),
    ],
)
def test_formulae_show_what_was_meant(latex: str, shown: str | None) -> None:
    """The characters of a formula, read back from well-formed MathML, are those intended."""
    if shown is None:
        with pytest.raises(InvalidValue):
            formula(latex)
    else:
        tree = ElementTree.fromstring(formula(latex))
        assert "".join(tree.itertext()).replace("\u00a0", " ") == shown


def test_function_names_are_spaced() -> None:
    """A thin space parts log from its argument, none parts exp from its bracket."""
    assert '<mo lspace="0.167em" rspace="0.167em">log</mo>' in formula(r"c \log n")
    assert '<mo lspace="0" rspace="0">exp</mo>' in formula(r"\exp(x)")


def test_prose_knows_inequalities() -> None:
    """In text, not in code."""
    assert str(prose("a <= b >= c, `a <= b`")) == "a ≤ b ≥ c, <code>a &lt;= b</code>"


def test_prose_typesets_formulae_and_code_only() -> None:
    """Dollars and backquotes mark formulae and code; one dollar alone is a dollar."""
    shown = "a &lt; {} <code>b&lt;c</code>"
    assert prose("a < $x$ `b<c`") == shown.format(formula("x"))
    assert prose("costs 5 $") == "costs 5 $"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        *((0, "0"), (0.5, "0.5"), (-0.0123, "−0.0123"), (12345.6, "12,300"), (2, "2")),
        *(("1/3", "0.333"), ("-7/10", "−0.7"), (1e5, "1\u202f×\u202f10<sup>5</sup>")),
        (1.3e-4, "1.3\u202f×\u202f10<sup>−4</sup>"),
        ("1/" + "1" + "0" * 400, "1\u202f×\u202f10<sup>−400</sup>"),
        ("<b>", "&lt;b&gt;"),
        (0.9999, "1"),
    ],
)
def test_numbers_are_short_and_right(value: Any, shown: str) -> None:
    """Three digits, a real minus sign, powers of ten beyond easy sizes, no overflow."""
    assert number(value) == shown


def test_shares_are_never_rounded_to_all_or_nothing() -> None:
    """3 of 12,000 is not 0 %, 11,999 of 12,000 is not 100 %."""
    shares = [percent(3, 12000), percent(11999, 12000), percent(0, 5), percent(5, 5)]
    assert [share.replace("\u202f", "") for share in shares] == ["<1%", "99%", "0%", "100%"]


def test_cases_are_shortened_for_reading_only() -> None:
    """A long case is cut in the text, while the command keeps every digit."""
    case = {"means": [[k, "1/3"] for k in range(50)], "weights": [1] * 50}
    assert "… (50 in all)" in case_text(case)
    line = command("a b; rm", case, "my lemmas.py").splitlines()
    assert line[0] == "theorycheck check 'a b; rm' --claims 'my lemmas.py' --case - <<'EOF'"
    assert json.loads(line[1]) == case


def test_simplified_curves_stay_close() -> None:
    """Each point that is left out lies within the tolerance of the polyline that is drawn."""
    points = [(float(x), 80 * math.exp(-x / 60) + 20 * math.sin(x / 25)) for x in range(400)]
    kept = simplified(points)
    assert len(kept) < 60
    for x, y in points:
        (a, b), (c, d) = next(pair for pair in pairwise(kept) if x <= pair[1][0])
        assert abs(b + (d - b) * (x - a) / (c - a) - y) < 0.5


def test_maps_may_share_their_colours() -> None:
    """With a scale the same value has the same colour in two maps, and the bar says its ends."""
    base = {**heat_map(), "x": [1, 2], "y": [1], "values": [[0.0, 1.0]]}
    own = render(example() | {"figures": [base]})
    shared = render(example() | {"figures": [{**base, "scale": [0.0, 4.0]}]})
    assert '<path class="l9" d="M1 0h1v1h-1z"/>' in own
    assert '<path class="l2" d="M1 0h1v1h-1z"/>' in shared
    assert "log steps: 0 <svg" in shared
    assert "</svg> 4</p>" in shared


def test_points_without_a_place_are_left_out() -> None:
    """Zero on a logarithmic axis, a missing value and a constant series draw no nonsense."""
    figure = curve("rates")
    figure["series"] = [{"label": "a", "x": [0, 1, 2, 3], "y": [1.0, None, 0.0, 2.0]}]
    drawn = "".join(re.findall(r' d="([^"]*)"', render(example() | {"figures": [figure]})))
    assert not re.search("nan|inf", drawn)
    figure["series"] = []
    render(example() | {"figures": [figure]})
