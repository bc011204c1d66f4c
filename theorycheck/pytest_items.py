"""The collector of a file of claims, and its items; loaded when pytest meets such a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from theorycheck import claims as registry
from theorycheck.errors import TheoryCheckError
from theorycheck.project import project
from theorycheck.report.annotations import declared
from theorycheck.testing import assert_supported, chosen, properties
from theorycheck.verification import verify


class ClaimsFile(pytest.File):
    """A file of claims."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item per claim, in the order they are written."""
        try:
            found = registry.load(str(self.path))
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
        profile, seed = chosen(self.config)
        cache = project(self.config.rootpath).cache_folder
        report = verify([self.name], profile, seed, claims_file=str(self.path), cache=cache)
        self.user_properties += properties(report.claims[0], str(self.path))
        assert_supported(report.claims[0], str(self.path))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The sentence that says what is wrong, instead of a traceback."""
        if isinstance(excinfo.value, AssertionError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The claim's file, the line that declares it, counted from 0, and its name."""
        line = declared(self.name, str(self.path)).get("line")
        return self.path, None if line is None else int(line) - 1, f"claim {self.name}"
