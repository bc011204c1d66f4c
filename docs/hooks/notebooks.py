"""The pages of the notebooks: what they say and show, as they were executed and committed."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

from theorycheck.report.formulas import formula

FOLDER = Path(__file__).parents[1] / "notebooks"


def pages() -> dict[str, str | bytes]:
    """A page in Markdown for each notebook, and its pictures, by their paths in the site."""
    made: dict[str, str | bytes] = {}
    for path in sorted(FOLDER.glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        made[f"notebooks/{path.stem}.md"] = "\n\n".join(_page(path, cells)) + "\n"
        made |= {
            f"notebooks/{_picture(path, number)}": base64.b64decode(output["data"]["image/png"])
            for number, cell in enumerate(cells)
            for output in cell.get("outputs", ())
            if "image/png" in output.get("data", ())
        }
    return made


def _page(path: Path, cells: list[dict[str, Any]]) -> Iterator[str]:
    for number, cell in enumerate(cells):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield source
            if number == 0:
                yield f"*The notebook [{path.name}]({path.name}), as it was executed.*"
            continue
        yield f"```python\n{source}\n```"
        for output in cell["outputs"]:
            yield _shown(output, _picture(path, number))


def _picture(path: Path, number: int) -> str:
    """The file of the picture that a cell draws: one at the most."""
    return f"{path.stem}-{number}.png"


def _shown(output: dict[str, Any], picture: str) -> str:
    """An output as a browser shows it best: a picture, a table, or text."""
    if output["output_type"] == "stream":
        return f"```text\n{''.join(output['text']).rstrip()}\n```"
    data = {kind: "".join(text) for kind, text in output["data"].items()}
    if "image/png" in data:
        return f"![The picture that this cell draws]({picture})"
    if "text/html" in data:  # a notebook typesets what stands between dollars
        return re.sub(r"\$([^$]+)\$", lambda found: formula(unescape(found[1])), data["text/html"])
    return f"```text\n{data['text/plain']}\n```"
