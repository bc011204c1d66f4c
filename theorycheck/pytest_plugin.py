"""Claims under pytest, without a line of test code.

    # pyproject.toml
    [tool.pytest.ini_options]
    theorycheck_claims = ["my_lemmas.py", "theory/*.py"]

makes every claim of the files a test; so does `claims` in [tool.theorycheck]. It must not be
refuted or undecided, and each of its controls must be refuted. `--theorycheck-claims FILE` does the
same once; `-m theorycheck` selects them. Verdict, evidence, number of cases and counterexample go
into the JUnit report as properties; in a job of GitHub Actions each failure is an annotation.
"""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

import pytest

from theorycheck._version import __version__
from theorycheck.campaign import profiles
from theorycheck.errors import TheoryCheckError
from theorycheck.project import Project, matching, project

PROFILES = tuple(profiles.PROFILES)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of the command line and of the configuration file."""
    group = parser.getgroup("theorycheck")
    group.addoption(
        "--theorycheck-profile",
        metavar="|".join(PROFILES),
        help="Effort for each claim, or a profile of [tool.theorycheck.profiles] "
        "(default: what claim_tests was given, else the project's, else quick).",
    )
    group.addoption(
        "--theorycheck-seed",
        type=int,
        metavar="N",
        help="Seed of the cases of claims (default: the project's, else 0).",
    )
    group.addoption(
        "--theorycheck-claims",
        action="append",
        default=[],
        metavar="FILE",
        help="A Python file whose claims become tests, or a pattern of some; may be repeated.",
    )
    parser.addini(
        "theorycheck_claims", "Files whose claims become tests, or patterns.", type="paths"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and have the files of claims collected."""
    config.addinivalue_line("markers", "theorycheck: a claim of a theory, collected by theorycheck")
    try:
        settings = project(config.rootpath)
        settings.named(config.getoption("--theorycheck-profile") or "quick")
        given, configured = _claims_files(config, settings)
    except TheoryCheckError as error:
        raise pytest.UsageError(str(error)) from None
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        given = [*given, *configured]
    config.args += [path for path in dict.fromkeys(given) if path not in config.args]


def _claims_files(config: pytest.Config, settings: Project) -> tuple[list[str], list[str]]:
    """The files of claims that the command line names, and those of the configuration."""
    named = [str(Path(path).resolve()) for path in config.getoption("--theorycheck-claims")]
    configured = [str(path) for path in config.getini("theorycheck_claims")]
    return matching(named, Path()), [*matching(configured, Path()), *settings.files()]


def pytest_report_header(config: pytest.Config) -> str:
    """The line with versions, profile and seed, from which a run can be repeated."""
    settings = project(config.rootpath)
    profile = config.getoption("--theorycheck-profile") or settings.profile or "quick"
    seed = config.getoption("--theorycheck-seed")
    seed = settings.seed or 0 if seed is None else seed
    libraries = ", ".join(f"{name} {version(name)}" for name in ("python-flint", "mpmath", "numpy"))
    return f"theorycheck: {__version__} ({libraries}), profile {profile}, seed {seed}"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A collector for a file of claims, wherever pytest meets it."""
    config = parent.config
    given, configured = _claims_files(config, project(config.rootpath))
    if file_path in [Path(path).resolve() for path in (*given, *configured)]:
        from theorycheck.pytest_items import ClaimsFile  # loads the package

        return ClaimsFile.from_parent(parent, path=file_path)
    return None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """In a job of GitHub Actions, an annotation for every claim that failed."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    from theorycheck.report.annotations import annotation  # loads the package

    for report in terminalreporter.stats.get("failed", []):
        if "theorycheck" in report.keywords:
            place = {"file": report.nodeid.partition("::")[0]}
            file, line, _ = report.location
            if file == place["file"] and line is not None:
                place["line"] = str(line + 1)
            terminalreporter.write_line(
                annotation("error", report.nodeid, report.longreprtext, place)
            )
