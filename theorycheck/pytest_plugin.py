"""Claims under pytest, without a line of test code.

    # pyproject.toml
    [tool.pytest.ini_options]
    theorycheck_claims = ["my_lemmas.py"]

makes every claim of the file a test: it must not be refuted or undecided, and each of its controls
must be refuted. `--theorycheck-claims FILE` does the same once; `-m theorycheck` selects them.
Verdict, evidence and number of cases go into the JUnit report as properties.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROFILES = ("quick", "standard", "thorough")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of the command line and of the configuration file."""
    group = parser.getgroup("theorycheck")
    group.addoption(
        "--theorycheck-profile",
        choices=PROFILES,
        help="How hard claims are looked at (default: quick, or what claim_tests was given).",
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
    from importlib.metadata import version

    from theorycheck._version import __version__

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
        return ClaimsFile.from_parent(parent, path=file_path)
    return None


class ClaimsFile(pytest.File):
    """A file of claims."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item per claim, in the order they are written."""
        from theorycheck import claims
        from theorycheck.errors import TheoryCheckError

        try:
            found = claims.load(str(self.path))
        except TheoryCheckError as error:
            raise self.CollectError(str(error)) from None
        for claim in found:
            item = ClaimItem.from_parent(self, name=claim.id)
            item.add_marker("theorycheck")
            yield item


class ClaimItem(pytest.Item):
    """A claim, verified with all its controls."""

    def runtest(self) -> None:
        """Fail if the claim is refuted or undecided, or if one of its controls survives."""
        from theorycheck.testing import assert_supported, chosen, properties
        from theorycheck.verification import verify

        profile, seed = chosen(self.config, "quick")
        report = verify([self.name], profile, seed, claims_file=str(self.path))
        self.user_properties += properties(report.claims[0])
        assert_supported(report.claims[0], str(self.path))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The sentence that says what is wrong, instead of a traceback."""
        if isinstance(excinfo.value, AssertionError):
            from theorycheck.report.commands import command

            closer = command("show", self.name, claims_file=str(self.path))
            return f"{excinfo.value}\nlook closer: {closer}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The claim's file and its name."""
        return self.path, None, f"claim {self.name}"
