"""What mkdocs calls while it builds the site: formulae, generated pages, links out of `docs/`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import claim_pages
import command_line_page
import notebooks
from doctests import DoctestFences
from mathml import MathML
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

import theorycheck as tc

ROOT = Path(__file__).parents[2]
# Pages of the repository that are not in docs/, and what they are called in the site.
OUTSIDE = {
    "README.md": "overview.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}


def on_config(config: MkDocsConfig) -> None:
    """Set formulae, doctests and the anchors of headings; add the claims to the navigation."""
    config.markdown_extensions += [MathML(), DoctestFences()]  # type: ignore[list-item]
    config.mdx_configs["toc"] = {"permalink": True, "slugify": anchor}
    for entry in config.nav or ():
        if entry.get("Claims") == "claims/index.md":
            entry["Claims"] = claim_pages.navigation()


def anchor(title: str, separator: str) -> str:
    """The anchor that GitHub gives to a heading: links work there and in the site."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", separator)


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages that are made from the registry, and those of the repository's root."""
    made: dict[str, str | bytes] = {
        **claim_pages.pages(),
        "api/command-line.md": command_line_page.page(),
    }
    made |= notebooks.pages()
    for name, path in OUTSIDE.items():
        made[path] = (ROOT / name).read_text(encoding="utf-8")
    for path, text in made.items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: Any) -> str:
    """Lead links between docs/ and the root to the site's pages, and ids to their claims."""
    path = page.file.src_uri
    is_outside = path in OUTSIDE.values()
    if is_outside:
        markdown = markdown.replace("](docs/", "](")
    for name, target in OUTSIDE.items():
        source = name if is_outside else f"../{name}"
        markdown = markdown.replace(f"]({source}", f"]({target}")
    return _with_links_to_claims(markdown) if path == "theory.md" else markdown


def _with_links_to_claims(markdown: str) -> str:
    """The first cell of a row that is the id of a claim leads to its page."""
    known = {claim.id for claim in tc.claims.all()}

    def linked(match: re.Match[str]) -> str:
        id = match[1]
        return f"| [{id}](claims/{id}.md) |" if id in known else match[0]

    return re.sub(r"^\| ([a-z-]+) \|", linked, markdown, flags=re.M)
