"""The public names: found lazily, hidden by no submodule, and typed."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import theorycheck as tc

ROOT = Path(__file__).parent.parent
EVERY_SUBMODULE_FIRST = """
import importlib
import pkgutil

import theorycheck as tc

for module in pkgutil.walk_packages(tc.__path__, "theorycheck."):
    importlib.import_module(module.name)
for name, home in {homes!r}.items():
    assert getattr(tc, name) is getattr(importlib.import_module(home), name), name
"""


def homes() -> dict[str, str]:
    """The module of each public name, as `__init__.pyi` has it."""
    stub = ast.parse((ROOT / "theorycheck/__init__.pyi").read_text(encoding="utf-8"))
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    return {
        alias.name: f"theorycheck.{node.module}" if node.module else "theorycheck"
        for node in imports
        for alias in node.names
    }


def python(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own, where nothing is imported yet."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", program]
    return subprocess.run(words, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.long
def test_no_submodule_hides_a_public_name() -> None:
    """`tc.population` is the function, whatever was imported before it."""
    assert set(tc.__all__) == set(homes())
    done = python(EVERY_SUBMODULE_FIRST.format(homes=homes()))
    assert done.returncode == 0, done.stderr


def test_importing_the_package_imports_no_heavy_library() -> None:
    """Names come when they are used, and `dir` knows them before."""
    done = python("import sys, theorycheck\nprint(*dir(theorycheck))\nprint(*sys.modules)")
    offered, imported = (set(line.split()) for line in done.stdout.splitlines())
    assert offered == set(tc.__all__)
    assert not imported & {"click", "flint", "hypothesis", "numpy", "scipy", "theorycheck.claims"}


@pytest.mark.long
def test_public_names_have_the_types_that_they_should() -> None:
    """mypy, in strict mode, on the assertions of tests/typing."""
    words = [sys.executable, "-m", "mypy", "tests/typing"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
