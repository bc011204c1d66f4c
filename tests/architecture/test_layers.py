"""The layers of the package, and what keeps them readable."""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

import theorycheck

PACKAGE = Path(theorycheck.__file__).parent
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
MOST_MODULES = 16
"""In one folder."""
MOST_INNER_IMPORTS = 12
"""Imports inside functions: only what a start does not need and takes long to load."""
Import = ast.Import | ast.ImportFrom


def modules() -> dict[str, ast.Module]:
    """The syntax trees of the package's modules, by their dotted names."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text("utf-8"))
    return found


def imported(tree: ast.AST, known: set[str]) -> Iterator[str]:
    """The modules of the package that a module imports, at the top or inside a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        if isinstance(node, ast.ImportFrom) and node.module in known:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in known else node.module


def cycle(trees: dict[str, ast.Module]) -> list[str]:
    """The modules of a cycle of imports, if there is one."""
    graph = {name: set(imported(tree, set(trees))) for name, tree in trees.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def inner_imports(tree: ast.AST) -> list[Import]:
    """The imports of a module that stand inside functions."""
    functions = [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.Lambda))]
    found = {
        n for f in functions for n in ast.walk(f) if isinstance(n, (ast.Import, ast.ImportFrom))
    }
    return sorted(found, key=lambda node: node.lineno)


def test_the_contracts_are_kept() -> None:
    """Those of pyproject.toml, which makes no exception from any."""
    settings = tomllib.loads(PYPROJECT.read_text("utf-8"))["tool"]["importlinter"]
    assert not any("ignore_imports" in contract for contract in settings["contracts"])
    assert lint_imports(config_filename=str(PYPROJECT), no_cache=True) == 0


@pytest.mark.long
def test_no_module_imports_itself_in_the_end() -> None:
    """Also not through an import inside a function."""
    assert not cycle(modules())


@pytest.mark.parametrize("lower", ["import p.upper", "def f():\n    from p import upper"])
def test_a_planted_cycle_is_found(lower: str) -> None:
    trees = {"p": "", "p.upper": "from p.lower import f", "p.lower": lower}
    found = cycle({name: ast.parse(source) for name, source in trees.items()})
    assert set(found) == {"p.upper", "p.lower"}


def test_no_folder_is_crowded() -> None:
    sizes = Counter(path.parent for path in PACKAGE.rglob("*.py"))
    assert max(sizes.values()) <= MOST_MODULES, sizes.most_common(3)


@pytest.mark.long
def test_imports_stand_at_the_top() -> None:
    found = {name: len(inner_imports(tree)) for name, tree in modules().items()}
    assert sum(found.values()) <= MOST_INNER_IMPORTS, Counter(found).most_common(5)
