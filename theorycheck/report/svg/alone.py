"""A figure as an SVG file of its own: with title, legend and colours, for a README or a slide."""

from __future__ import annotations

from markupsafe import escape

from theorycheck.report.figures.data import Figure
from theorycheck.report.plain_formulas import plain_words
from theorycheck.report.svg.axes import HEIGHT, LEFT, WIDTH
from theorycheck.report.svg.lines import curves, legend

_TITLE, _ROW = 26, 18
_COLOURS = ("#1c5d8c", "#b14a14", "#2a7550", "#74489c", "#7c6300", "#5b5f66")
_ON_DARK = ("#7db6e6", "#f0a06c", "#7fcb9f", "#c4a0ea", "#d9bf57", "#b3b7be")


def alone(figure: Figure) -> str:
    """A figure as the text of an SVG file, which follows the reader's light or dark scheme."""
    keys = legend(figure)
    whole = _TITLE + HEIGHT + _ROW * (len(keys) + 1)
    rows = "".join(
        f'<g transform="translate({LEFT} {_TITLE + HEIGHT + _ROW * (k + 1) - 4})">{sample}'
        f'<text class="start" x="36" y="10">{escape(plain_words(label))}</text></g>\n'
        for k, (sample, label) in enumerate(keys)
    )
    labels = (
        f'<text class="start title" x="4" y="16">{escape(plain_words(figure.title))}</text>\n'
        f'<text class="start" x="4" y="{_TITLE + 8}">{escape(plain_words(figure.y_label))}</text>\n'
        f'<text class="y" x="{WIDTH - 8}" y="{_TITLE + HEIGHT + 8}">'
        f"{escape(plain_words(figure.x_label))}</text>\n"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + 8} {whole}" '
        f'width="{WIDTH + 8}" height="{whole}" role="img">\n<style>{_style()}</style>\n'
        f'<rect class="page" width="{WIDTH + 8}" height="{whole}"/>\n{labels}'
        f'<g transform="translate(0 {_TITLE})">{curves(figure)}</g>\n{rows}</svg>\n'
    )


def _style() -> str:
    """What the page's style sheet says of drawings, in short."""
    plain = (
        "text{font:12px system-ui,sans-serif;text-anchor:middle;fill:var(--ink)}"
        ".y{text-anchor:end}.start{text-anchor:start}.title{font-weight:600;font-size:13px}"
        ".grid{stroke:var(--rule);fill:none}.axis{stroke:var(--ink);fill:none}"
        ".line{fill:none;stroke-width:1.8}.dashed{stroke-dasharray:5 4}.page{fill:var(--page)}"
    )
    drawn = "".join(
        f".line.s{k}{{stroke:var(--s{k})}}.mark.s{k}{{fill:var(--s{k})}}"
        for k in range(len(_COLOURS))
    )
    light = f"svg{{--page:#fdfcf9;--ink:#4d4a44;--rule:#e4dfd4;{_named(_COLOURS)}}}"
    dark = f"svg{{--page:#15171a;--ink:#b9b5ab;--rule:#2c2f35;{_named(_ON_DARK)}}}"
    return f"{light}@media(prefers-color-scheme:dark){{{dark}}}{plain}{drawn}"


def _named(colours: tuple[str, ...]) -> str:
    return ";".join(f"--s{k}:{colour}" for k, colour in enumerate(colours))
