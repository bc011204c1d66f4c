"""The report: complete, in order, safe against any text, small, without a trace of LaTeX."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import math
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from helpers.reports import CASE, Reader, claim, curve, example
from theorycheck.campaign.ranges import Ranges
from theorycheck.errors import InvalidValue
from theorycheck.inputs.case import Case
from theorycheck.report import conclusion, render, write
from theorycheck.report.figures.gallery import densities
from theorycheck.report.page import sharpness
from theorycheck.report.values import completed

SECTIONS = (
    *("verdicts", "claims", "rates", "regions", "further"),
    *("gallery", "details", "explorer", "power", "health", "environment", "not-checked"),
)

OUTSIDE = ("https://arxiv.org/abs/2407.00490", "https://doi.org/10.48550/arXiv.2407.00490")
"""The pages of the paper, to which the head links."""
ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> javascript:alert(1) {{ 7*7 }}"


@pytest.fixture(scope="module")
def page() -> str:
    return render(example())


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
    inside = {href for href in reader.attributes("href") if href[:1] == "#"}
    assert {href[1:] for href in inside} <= set(ids)


def test_drawings_and_formulae_are_well_formed_xml(page: str) -> None:
    """SVG and MathML parse as XML; every figure has its drawing, its name and its numbers."""
    for tag in ("svg", "math"):
        found = re.findall(rf"<{tag}[ >].*?</{tag}>", page, flags=re.S)
        assert len(found) == len(re.findall(rf"<{tag}[ >]", page))
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
        values = reader.attributes(name)
        assert {v for v in values if not v.startswith(("#", "data:"))} <= set(OUTSIDE)
    for tag, found in reader.elements:  # a link is followed by a reader, and by nothing else
        assert tag == "a" or found.get("href") not in OUTSIDE
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
    for verdict in ("supported", "proved", "measured", "undecided", "refuted"):
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
        "supported": 7,
        "measured": 1,
        "undecided": 1,
        "refuted": 1,
    }
    assert "7 claims so marked, 1,188 cases inside the hypotheses were put to ball" in page


def test_a_claim_shows_all_that_is_known_about_it(page: str) -> None:
    """Hypotheses, origin, counts, worst case, certificate, control and command stand there."""
    start = page.index('aria-labelledby="claim-loss-upper-title"')
    section = page[start : page.index('<article class="claim"', start)]
    for text in (
        "1 ≤ n ≤ 5, truth N(0, I), 0 &lt; η &lt; 2",
        "Xu, Fazel and Du (2024)",
        "198 cases: 195 certified, 2 tight, 1 undecided",
        "200 cases generated; 198 met the hypotheses and were put to ball arithmetic",
        "It certified 195, 2 are equalities to 30 digits, 1 stayed undecided",
        '<td class="text">undecided</td>',
        "1.23\u202f×\u202f10<sup>−5</sup>",
        "Ball arithmetic at 40 digits",
        "loss-upper-control-1",
        "theorycheck check loss-upper --case - &lt;&lt;'EOF'",
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
        ({"sharp": "exceeded", "note": ""}, "0.98 of the bound is reached, and it is exceeded"),
    ],
)
def test_tightness_is_told_in_words(changes: dict[str, Any], shown: str) -> None:
    """Sharp, not sharp, or not known; and the regime, if it is."""
    tightness = {"ratio": 0.98, "case": None, "sharp": "yes", "note": "as η grows"} | changes
    one = claim("a", "C", "x", tightness=tightness)
    assert f"<dd>{shown}</dd>" in render(example() | {"claims": [one]})


def test_a_measured_constant_says_that_it_still_falls(page: str) -> None:
    """A value without a floor is no support, and a falling one less so."""
    assert "is the smallest value found, no floor is stated" in page
    assert "<strong>it still falls</strong> as the search goes on" in page
    floor = {"value": 0.2, "case": None, "note": "", "floor": 0.1, "still_falling": False}
    one = claim("a", "C", "x", kind="constant", constant=floor)
    assert "above the floor 0.1 that is claimed" in render(example() | {"claims": [one]})


def test_hypotheses_are_printed_as_they_were_searched() -> None:
    """With the ranges of the run, if the report has them."""
    ranges = Ranges(n=(1, 8), d=(1, 4), rank=(0, 4), radius=(1e-12, 41), weight=(3e-17, 1), zero=1)
    one = claim("a", "C", "x", hypotheses="any n", searched=ranges.to_dict())
    words = "n 1 to 8, d 1 to 4, rank 0 to 4, R 1e-12 to 41, all means 0, weights from 3e-17"
    assert f"<dd>any n (searched: {words})</dd>" in render(example() | {"claims": [one]})


def test_a_disagreement_of_the_oracle_is_told_first() -> None:
    """Above all other alarms; agreement is one sentence of the scope."""
    apart = {"case": CASE, "quantity": "loss", "distance": 12.5}
    agreed = {"cases": 54, "worst": 0.99, "disagreements": []}
    assert "computed 54 cases of this run a second time" in render(example() | {"oracle": agreed})
    page = render(example() | {"oracle": agreed | {"disagreements": [apart]}})
    assert banner_of(page).index("Oracle and balls disagree") < banner_of(page).index("Refuted")


def test_claims_are_grouped_in_the_order_of_the_theory(page: str) -> None:
    """Groups A to G first, other people's claims last, whatever order they were run in."""
    titles = re.findall(r'<th scope="rowgroup"[^>]*>([^<]+)<', page)
    assert titles == [
        *("Identities", "Descent", "Bounds at a point", "Rates along a trajectory"),
        *("What is and is not monotone", "Further claims"),
    ]


@pytest.mark.long
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
        first["regions"] = [
            {"verdict": text, "words": text, "boxes": 1, "bound": text, "region": text}
        ]
        first["tightness"]["note"] = text
        report["gallery"][0] |= {"title": text, "text": text, "command": text}
        report["landscapes"] = [
            {"title": text, "text": text, "command": text, "figures": [], "facts": [[text, text]]}
        ]
        for figure in report["figures"]:
            figure |= {"title": text, "description": text, "x_label": text, "y_label": text}
            figure["value_label"] = text
            for series in figure.get("series", []):
                series["label"] = text
        return report

    _assert_same_elements(render(filled("word")), render(filled(ATTACK)))


def _assert_same_elements(harmless: str, hostile: str) -> None:
    def shape(text: str) -> list[tuple[str, frozenset[str]]]:
        return [(tag, frozenset(found)) for tag, found in Reader(text).elements]

    assert shape(harmless) == shape(hostile)
    found = Reader(hostile).attributes("href")
    assert {href for href in found if not href.startswith(("#", "data:,"))} <= set(OUTSIDE)


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


@pytest.mark.long
def test_a_thorough_report_stays_small() -> None:
    """A hundred claims, some with figures of 400 iterations, and 140 refuted controls."""
    report = example()
    one = claim("loss-upper", "C", r"L \le \tfrac12 W")
    one["worst"] = [one["worst"][1]] * 3
    origins = ("paper", "own", "own", "classical")  # as in the theory, of which a quarter is new
    report["claims"] = [
        one
        | {"id": f"loss-upper-{k}", "origin": origins[k % 4]}
        | {"figures": [curve()] * (2 if k % 3 == 0 else 0)}
        for k in range(100)
    ]
    exhibit = {"title": "control", "text": "text", "case": CASE, "folded": True}
    picture = densities(Case.from_dict(CASE)).to_dict()
    report["gallery"] = [exhibit | {"figures": [picture], "command": "x" * 200}] * 140
    assert len(render(report).encode()) < 1_600_000


def test_refuted_controls_share_one_legend_and_have_small_pictures(page: str) -> None:
    """What the pictures show is told once; none has a table of its numbers, all keep the case."""
    report = example()
    picture = densities(Case.from_dict(CASE)).to_dict()
    control = {"title": "control", "text": "It is false here.", "case": CASE, "folded": True}
    report["gallery"] = [control | {"figures": [picture], "command": 'echo "it"'}] * 3
    gallery = render(report).partition('id="gallery"')[2].partition("</section>")[0]
    assert gallery.count("It is false here.") == gallery.count('class="case"') == 3
    assert gallery.count('<svg class="plot" viewBox="0 0 440 110"') == 3
    assert gallery.count('class="legend"') == gallery.count("Projected on the axis") == 1
    assert "<table" not in gallery
    assert gallery.count('<code>echo "it"</code>') == 3


def test_a_margin_of_an_equality_is_told_to_be_one() -> None:
    """Beside support a negative margin has words, in the table and in the details."""
    report = example()
    report["claims"][0] |= {"margin": -3.4e-8}
    shown = render(report)
    assert "equality</span>" in shown
    assert "that is no failure" in shown
    report["claims"][0] |= {"margin": 3.4e-8}
    assert "that is no failure" not in render(report)


def test_lines_lose_their_indentation_but_for_what_is_shown_as_it_is() -> None:
    """Code with spaces at the start of its lines keeps them; nothing else has any."""
    report = example()
    report["gallery"][0]["command"] = "echo '<pre>\n    four'"
    shown = render(report)
    assert "&lt;pre&gt;\n    four" in shown
    rest = re.sub(r"<(pre|script|style)\b.*?</\1>", "x", shown, flags=re.S)
    assert not re.search(r"\n\s", rest)


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


def test_regions_on_which_a_claim_is_proved_are_named_with_bound_and_command() -> None:
    region = {
        "region": {"components": 2, "means": [-2, 2]},
        "words": "n = 2, means in [-2, 2]",
        "verdict": "proved",
        "bound": 0.016657,
        "boxes": 1,
        "seconds": 0.1,
    }
    data = example()
    data["claims"][0] |= {"verdict": "supported", "regions": [region]}
    page = render(data)
    assert "for <em>all</em> mixtures with n = 2, means in [-2, 2], by 1 box:" in page
    assert "is at least 0.0166 there" in page
    assert f"theorycheck prove {data['claims'][0]['id']} --region FILE" in page
    assert "1 claim of these is also proved for all mixtures of a region" in page
    region |= {"verdict": "undecided", "bound": None}
    assert "Not decided for all mixtures with n = 2" in render(data)


def test_a_counterexample_says_why() -> None:
    """Both sides, the place, and the numbers of the case."""
    report = example()
    why = {
        "comparison": 2,
        "comparisons": 3,
        "entry": "t = 3",
        "is_step": True,
        "relation": "<=",
        "lower": "0.75",
        "upper": "0.5",
        "difference": "-0.25",
        "digits": 12,
        "numbers": [["L", "0.125"]],
    }
    claim = next(claim for claim in report["claims"] if claim["counterexample"])
    claim["why"] = why
    shown = render(report)
    assert (
        "It fails in comparison 2 of 3, a step of the argument at t = 3: 0.75 &gt; 0.5 "
        "(difference -0.25, decided at 12 digits)." in shown
    )
    assert "</math>&nbsp;=&nbsp;0.125" in shown


# --- the conclusion ------------------------------------------------------------------------------


def rates() -> dict[str, Any]:
    """A figure whose loss falls like t^-2 and whose bound of the paper like t^-1/2."""
    t = [10.0 ** (k / 4) for k in range(13)]
    found = curve("rates", "Loss along one trajectory")
    found["series"] = [
        {"label": "$L(t)$".strip("$"), "x": t, "y": [k**-2 for k in t]},
        {"label": "paper, $1/\\sqrt t$", "x": t, "y": [3 * k**-0.5 for k in t], "style": "dashed"},
    ]
    return found


def test_the_conclusion_is_computed_from_the_results() -> None:
    """Statements of the paper, how far beyond, refutations, proofs, and the two rates."""
    source = "Xu, Fazel and Du (2024), sharpened: the paper needs a step size exponentially small"
    ranges = Ranges(n=(1, 7), d=(1, 3), step_size=(0.1, 1.5)).to_dict()
    region = {"verdict": "proved", "words": "w", "boxes": 1, "bound": 0.1, "region": {}}
    claims = [
        claim("a", "C", "x", origin="paper", source=source, searched=ranges),
        claim("b", "C", "x", origin="paper", source="Xu, Fazel and Du (2024)", verdict="proved"),
        claim("c", "C", "x", origin="own", regions=[region]),
        claim("d", "C", "x", origin="own", verdict="refuted"),
    ]
    for one in claims:
        one.setdefault("searched", None)
        one.setdefault("regions", [])
    report = completed(example() | {"claims": claims, "figures": [rates()]})
    told = " ".join(conclusion.sentences(report))
    assert "Of the 2 statements of Xu, Fazel and Du (2024) that this run checked, all hold" in told
    assert "up to 7 components, 3 dimensions, step size 1.5 (a), where the paper asks" in told
    assert "Of all 4 claims of this report 1 refuted (d)." in told
    assert "1 claim is proved for all mixtures of a region" in told
    assert "falls like $t^{-0.50}$ and the loss like $t^{-2.00}$: at $t = 1,000$ the bound" in told
    assert r"is $9.4 \times 10^{4}$ times the loss" in told
    assert "rate-t2" not in told
    figure = rates()
    sharper = {"label": "rate-t2", "x": figure["series"][0]["x"]}
    figure["series"].append(sharper | {"y": [5 * y for y in figure["series"][0]["y"]]})
    told = " ".join(conclusion.sentences(completed(report | {"figures": [figure]})))
    assert "rate-t2, in the end falls like $t^{-2}$; there it is 5 times the loss." in told
    assert [conclusion.difference(one) for one in claims[:2]] == [
        "sharpened: the paper needs a step size exponentially small",
        "none",
    ]
    report["claims"][0]["verdict"] = "undecided"
    assert ", 1 hold, 1 of them by a certified witness." in conclusion.sentences(report)[0]


def test_the_first_screen_names_the_paper_and_the_run() -> None:
    """Title, authors, arXiv, DOI, version, profile, date; figure and table before the claims."""
    shown = render(example() | {"figures": [rates()], "started": "2027-01-01T00:00:00Z"})
    first = shown[: shown.index('<section id="claims"')]
    for text in (
        "Toward Global Convergence of Gradient EM",
        "Xu, W.; Fazel, M.; Du, S. S.",
        'href="https://arxiv.org/abs/2407.00490"',
        "doi:10.48550/arXiv.2407.00490",
        "theorycheck 0.1.0",
        "2027-01-01",
        '<figure id="key-f-1">',
        "What Xu, Fazel and Du (2024) states, and what became of it",
    ):
        assert text in first
    own = [one | {"origin": "own"} for one in example()["claims"]]
    other = render(example() | {"claims": own})
    assert "<h1>Verification report</h1>" in other
    assert "arxiv" not in other


@pytest.mark.parametrize(
    ("tightness", "word"),
    [
        ({"sharp": "yes", "note": ""}, "sharp"),
        ({"sharp": "unknown", "note": "trivially as t = 0"}, "only trivially"),
        ({"sharp": "unknown", "note": "not: a factor 48 is left"}, "not sharp"),
        ({"sharp": "exceeded", "note": ""}, "exceeded"),
        ({"sharp": "unknown", "note": ""}, ""),
    ],
)
def test_a_bound_that_only_a_start_reaches_is_not_called_sharp(
    tightness: dict[str, str], word: str
) -> None:
    """The column says what the note says."""
    assert sharpness(tightness) == word


def test_readers_words_are_found() -> None:
    """KL, 1/t, theorem."""
    one = claim("rate-one-over-t", "D", r"L(t) \le \frac{1}{c t}", origin="paper")
    words = conclusion.search_words(one, "Rates")
    for word in ("KL", "1/t", "1/c t", "theorem", "Rates"):
        assert word in words


def test_a_control_that_was_not_run_is_not_called_missing() -> None:
    """Neither in the claim nor in the banner."""
    control = {"id": "c", "statement": "x", "verdict": "not run", "evidence": "none"}
    one = claim("a", "C", "x", controls=[control])
    shown = render(example() | {"claims": [one]})
    assert "This claim has no control" not in shown
    assert "No power:" not in shown
    assert shown.count("not run") == 2
