"""The ledger: every finished task of a campaign, appended and flushed before it counts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from theorycheck.errors import InvalidValue

FORMAT = 1


class Ledger:
    """An append-only file of JSON lines: a header that names the run, then one line per task."""

    def __init__(self, path: Path, header: dict[str, Any], resume: bool = False) -> None:
        self.path = path
        self.header = {"ledger": FORMAT, **header}
        self.finished: dict[str, dict[str, Any]] = {}
        self.notice = ""
        kept = self._read() if resume and path.exists() else []
        self._stream: TextIO = open(path, "w", encoding="utf-8")  # noqa: SIM115 - closed by __exit__
        self._write(self.header)
        for outcome in kept:
            self.append(outcome)

    def append(self, outcome: dict[str, Any]) -> None:
        """Record the outcome of a task; it is on disk when this returns."""
        self._write(outcome)
        self.finished[outcome["task"]] = outcome

    def _write(self, entry: dict[str, Any]) -> None:
        self._stream.write(json.dumps(entry, allow_nan=False) + "\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def _read(self) -> list[dict[str, Any]]:
        """The outcomes of an earlier run. A torn last line is dropped with a notice."""
        lines = self.path.read_text(encoding="utf-8").splitlines()
        entries = []
        for number, line in enumerate(lines, start=1):
            try:
                entries.append(json.loads(line))
            except json.JSONDecodeError:
                if number < len(lines):
                    raise InvalidValue(f"{self.path}: line {number} is not readable") from None
                self.notice = f"{self.path}: the last line was torn and is dropped"
        if not entries or entries[0] != self.header:
            raise InvalidValue(
                f"{self.path} belongs to another run (version, profile, seed or claims differ); "
                "choose another --output or leave out --resume"
            )
        return entries[1:]

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()
