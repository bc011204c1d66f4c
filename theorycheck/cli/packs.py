"""`theorycheck new-pack` and `theorycheck document`: a theory as a package of its own."""

from __future__ import annotations

import keyword
import re
import sys
from importlib.resources import files
from pathlib import Path
from string import Template

import click

from theorycheck import claims as registry
from theorycheck.claims.loading import pack_groups
from theorycheck.cli.shared.claim_options import CLAIMS, prints_to_stderr
from theorycheck.cli.shared.common import JSON, echo_json, write_text
from theorycheck.errors import InvalidValue
from theorycheck.report.theory_page import theory_page

_TEMPLATES = files("theorycheck.cli") / "pack"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_FILES = {
    "pyproject.toml": "pyproject.toml.txt",
    "README.md": "README.md.txt",
    "src/{module}/__init__.py": "__init__.py.txt",
    "tests/test_claims.py": "test_claims.py.txt",
}


@click.command("new-pack")
@click.argument("name")
@click.option("--output", metavar="DIR", help="Where to write it; by default a folder NAME.")
@JSON
def new_pack(name: str, output: str | None, as_json: bool) -> None:
    """Write a package for a theory of one's own: claims, tests, and how to run them.

    It can be installed, verified, documented and tested at once.

    Example: theorycheck new-pack my-theory
    """
    if not _NAME.fullmatch(name) or keyword.iskeyword(name) or name in sys.stdlib_module_names:
        raise InvalidValue(f"name is {name[:60]!r}; give lower case letters, digits and hyphens")
    if name == "theorycheck":
        raise InvalidValue("name is that of this package; give one of your own")
    folder, module = Path(output or name), name.replace("-", "_")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidValue(f"{folder} is there already; give another place by --output")
    words = {"name": name, "module": module, "title": name.replace("-", " ").capitalize()}
    written = []
    for place, source in _FILES.items():
        path = folder / place.format(module=module)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (_TEMPLATES / source).read_text(encoding="utf-8")
        path.write_text(Template(text).substitute(words), encoding="utf-8")
        written.append(str(path))
    if as_json:
        echo_json({"name": name, "files": written})
        return
    click.echo("\n".join(written))
    click.echo(f"next: pip install -e {folder} && theorycheck verify --claims {name}")


@click.command()
@CLAIMS
@click.option("--title", default="The theory", help="The heading of the page.")
@click.option("--output", metavar="FILE", help="Where to write it; by default it is printed.")
@JSON
def document(claims_file: str | None, title: str, output: str | None, as_json: bool) -> None:
    """Write the claims as a page in Markdown: statements, origins, controls, sources.

    Example: theorycheck document --output THEORY.md
    """
    with prints_to_stderr():
        known = registry.known(claims_file)
        titles = registry.GROUPS if claims_file is None else pack_groups(claims_file)
    page = theory_page(title, known, titles)
    if output is not None:
        Path(output).parent.mkdir(parents=True, exist_ok=True)
        write_text(output, page)
    if as_json:
        echo_json({"claims": len(known), "page": page if output is None else output})
    else:
        click.echo(page if output is None else output, nl=output is not None)
