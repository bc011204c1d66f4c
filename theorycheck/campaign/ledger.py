"""The ledger: a file of the finished tasks of a campaign, from which a run can be resumed.

It has JSON lines: a header that names the run, then one line per finished task, each written to
disk before it counts. A line ends in its checksum, so that a torn or damaged line is recognised.
"""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import portalocker

from theorycheck.errors import InvalidValue, NotWritten, RunInProgress

FORMAT = 2
MAX_BYTES = 2**28
"""The largest ledger that is read; one of the thorough profile has about 2 MB."""


class Ledger:
    """The ledger of one run, open and locked until it is closed.

    finished: outcomes as JSON data, by task, those of an earlier run included. They are not yet
    validated. notice: what was dropped of the earlier run. Raises RunInProgress if another run has
    the ledger open, NotWritten if it cannot be opened or written, InvalidValue if it should be
    resumed and is of another run, or damaged.
    """

    def __init__(self, path: Path, header: dict[str, Any], resume: bool = False) -> None:
        self.path = path
        self.header = {"ledger": FORMAT, **header}
        self.finished: dict[str, dict[str, Any]] = {}
        self.notice = ""
        self._stream = self._opened()
        try:
            self._begin(resume)
        except BaseException:
            self._stream.close()
            raise

    def append(self, outcome: dict[str, Any]) -> None:
        """Record the outcome of a task; it is on disk when this returns."""
        self._write(outcome)
        self.finished[outcome["task"]] = outcome

    def _opened(self) -> BinaryIO:
        try:
            stream = open(self.path, "ab+", buffering=0)  # noqa: SIM115 - closed by __exit__
        except OSError as error:
            raise NotWritten(f"{self.path}: {error.strerror}") from None
        try:
            portalocker.lock(stream, portalocker.LOCK_EX | portalocker.LOCK_NB)
        except portalocker.LockException:
            stream.close()
            raise RunInProgress(
                f"{self.path}: another run is writing into this directory; give another --output"
            ) from None
        return stream

    def _begin(self, resume: bool) -> None:
        kept = self._read() if resume else 0
        with self._reported():
            self._stream.truncate(kept)
        if not kept:
            self._write(self.header)

    def _read(self) -> int:
        """Read an earlier run's outcomes; returns the number of bytes that are whole lines."""
        self._stream.seek(0)
        content = self._stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise InvalidValue(f"{self.path} has more than {MAX_BYTES} bytes; it is no ledger")
        whole, newline, torn = content.rpartition(b"\n")
        if torn:
            self.notice = f"{self.path}: the last line was torn and is dropped"
        lines = whole.split(b"\n") if newline else []
        entries = [self._parsed(number, line) for number, line in enumerate(lines, start=1)]
        if entries and entries[0] != self.header:
            what = _differing(entries[0], self.header)
            raise InvalidValue(
                f"{self.path} belongs to another run ({what} differs); "
                "choose another --output or leave out --resume"
            )
        for entry in entries[1:]:
            self.finished.setdefault(entry["task"], entry)
        return len(whole) + len(newline)

    def _parsed(self, number: int, line: bytes) -> dict[str, Any]:
        text, _, check = line.rpartition(b" ")
        if check == _checksum(text):
            with contextlib.suppress(ValueError, RecursionError):
                entry = json.loads(text)
                if isinstance(entry, dict) and (number == 1 or isinstance(entry.get("task"), str)):
                    return entry
        raise InvalidValue(
            f"{self.path}: line {number} is not a line of a ledger, or was damaged; "
            "choose another --output or leave out --resume"
        )

    def _write(self, entry: dict[str, Any]) -> None:
        text = json.dumps(entry, allow_nan=False).encode()
        line = text + b" " + _checksum(text) + b"\n"
        with self._reported():
            while line:  # a nearly full disk takes a part of a line
                line = line[self._stream.write(line) :]
            os.fsync(self._stream.fileno())

    @contextlib.contextmanager
    def _reported(self) -> Iterator[None]:
        """Turn an error of the disk into a NotWritten."""
        try:
            yield
        except OSError as error:
            raise NotWritten(
                f"{self.path}: {error.strerror}; what is done is kept, go on with --resume"
            ) from None

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()


def prepared(output: str | Path) -> Path:
    """The output directory, made if needed; a clear error if that cannot be."""
    directory = Path(output)
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidValue(f"output directory {directory}: {error.strerror}") from None
    return directory


def _checksum(text: bytes) -> bytes:
    return b"%08x" % zlib.crc32(text)


def _differing(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    names = [name for name in wanted if found.get(name) != wanted[name]]
    return ", ".join(names) or "its format"
