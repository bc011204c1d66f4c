"""Claims under pytest, without a line of test code.

    # pyproject.toml
    [tool.pytest.ini_options]
    theorycheck_claims = ["my_lemmas.py"]

makes every claim of the file a test: it must not be refuted or undecided, and each of its controls
must be refuted. `--theorycheck-claims FILE` does the same once; `-m theorycheck` selects them.
Verdict, evidence and number of cases go into the JUnit report as properties.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from theorycheck._version import __version__
from theorycheck.campaign import profiles

PROFILES = tuple(profiles.PROFILES)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of the command line and of the configuration file."""
    group = parser.getgroup("theorycheck")
    group.addoption(
        "--theorycheck-profile",
        choices=PROFILES,
        help="Effort for each claim (default: quick, or what claim_tests was given).",
    )
    group.addoption(
        "--theorycheck-seed", type=int, default=0, metavar="N", help="Seed of the cases of claims."
    )
    group.addoption(
        "--theorycheck-claims",
        action="append",
        default=[],
        metavar="FILE",
        help="A Python file whose claims become tests; may be repeated.",
    )
    parser.addini("theorycheck_claims", "Files whose claims become tests.", type="paths")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and have the files of claims collected."""
    config.addinivalue_line("markers", "theorycheck: a claim of a theory, collected by theorycheck")
    given = [str(Path(path).resolve()) for path in config.getoption("--theorycheck-claims")]
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        given += [str(path) for path in config.getini("theorycheck_claims")]
    config.args += [path for path in dict.fromkeys(given) if path not in config.args]


def pytest_report_header(config: pytest.Config) -> str:
    """The line with versions, profile and seed, from which a run can be repeated."""
    profile = config.getoption("--theorycheck-profile") or "quick"
    seed = config.getoption("--theorycheck-seed")
    libraries = ", ".join(f"{name} {version(name)}" for name in ("python-flint", "mpmath", "numpy"))
    return f"theorycheck: {__version__} ({libraries}), profile {profile}, seed {seed}"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A collector for a file of claims, wherever pytest meets it."""
    config = parent.config
    files = [Path(path) for path in config.getoption("--theorycheck-claims")]
    files += config.getini("theorycheck_claims")
    if file_path in [path.resolve() for path in files]:
        from theorycheck.pytest_items import ClaimsFile  # loads the package

        return ClaimsFile.from_parent(parent, path=file_path)
    return None
