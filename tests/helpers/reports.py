"""A report that holds everything a page can show."""

from __future__ import annotations

import math
from html.parser import HTMLParser
from typing import Any

from theorycheck.report.commands import check_here as command

VOID = {"meta", "link", "input", "br"}
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
            "certified": 195,
            "tight": 2,
            "undecided": 1,
        },
        "margin": 0.0123,
        "tightness": {"ratio": 0.98, "case": CASE, "sharp": "yes", "note": "reached as W grows"},
        "constant": None,
        "worst": [
            {"case": CASE, "margin": 1.23e-5, "relative": 1.1e-3, "evidence": "certified"},
            {"case": PLANE, "margin": 0.3, "relative": 0.1, "sign": "unknown", "evidence": "none"},
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
        "undecided_reasons": {"the margin is not separated from 0": 1},
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
                verdict="measured",
                constant={
                    "value": 1.3e-4,
                    "case": CASE,
                    "note": "",
                    "floor": None,
                    "still_falling": True,
                },
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
