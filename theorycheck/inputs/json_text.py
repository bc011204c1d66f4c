"""Reading JSON text, with limits and clear errors."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.inputs.numbers import shown

MAX_JSON_BYTES = 20_000_000  # of empty lists, the worst, are less than a gigabyte in memory


def json_object(data: object, name: str, known: set[str]) -> dict[str, Any]:
    """A JSON object all of whose keys are known, or a clear error."""
    if not isinstance(data, dict):
        raise InvalidType(f"{name} is {shown(data)}; a JSON object is needed")
    unknown = sorted(str(key) for key in set(data) - known)
    if unknown:
        raise InvalidValue(
            f"{name} has the unknown key {shown(unknown[0])}; known are {', '.join(sorted(known))}"
        )
    return data


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for key, value in pairs:
        if key in entries:
            raise InvalidValue(f"the JSON has the key {shown(key)} twice")
        entries[key] = value
    return entries


def parse_json(text: str | bytes) -> Any:
    """The data of a JSON text. Raises InvalidValue, in one line, if it cannot be read."""
    if not isinstance(text, (str, bytes)):
        raise InvalidType(f"the JSON is {shown(text)}; give text")
    if len(text) > MAX_JSON_BYTES:
        raise InvalidValue(f"the JSON has more than {MAX_JSON_BYTES} bytes; no more are read")
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except RecursionError:
        raise InvalidValue("the JSON is nested too deeply") from None
    except UnicodeDecodeError:
        raise InvalidValue("the JSON is not valid UTF-8 text") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise InvalidValue(f"not valid JSON: {error.msg} at {where}") from None
    except InvalidValue:
        raise
    except ValueError as error:  # an integer literal beyond the interpreter's digit limit
        raise InvalidValue(f"not readable JSON: {str(error)[:60]}") from None


def read_file(path: str | Path, kind: str) -> bytes:
    """The bytes of a file, at most one above the limit. Raises InvalidValue if it has none.

    kind: what the file is, for the message, such as "case file".
    """
    if not isinstance(path, (str, os.PathLike)):  # a number would be a file descriptor
        raise InvalidType(f"path is {shown(path)}; give the name of a {kind}")
    try:
        with open(path, "rb") as stream:
            return stream.read(MAX_JSON_BYTES + 1)
    except OSError as error:
        raise InvalidValue(f"{kind} {path}: {error.strerror}") from None
    except ValueError:
        raise InvalidValue(f"{kind} {shown(str(path))} has no name for a file") from None
