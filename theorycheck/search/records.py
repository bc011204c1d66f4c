"""Records: frozen dataclasses that turn into JSON data field by field."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any, ClassVar

from theorycheck.inputs.case import Case


class Record:
    """A frozen dataclass that travels as it is and is written as JSON data.

    OPTIONAL: fields that are left out where they are None.
    """

    OPTIONAL: ClassVar[frozenset[str]] = frozenset()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready data, in the order of the fields."""
        return {name: _plain(value) for name, value in self.entries().items()}

    def entries(self) -> dict[str, Any]:
        """The fields by name; records inside are dictionaries too, cases stay objects."""
        assert is_dataclass(self)
        found = {field.name: _opened(getattr(self, field.name)) for field in fields(self)}
        return {k: v for k, v in found.items() if not (v is None and k in self.OPTIONAL)}


def _opened(value: Any) -> Any:
    if isinstance(value, Record):
        return value.entries()
    if isinstance(value, (tuple, list)):
        return [_opened(entry) for entry in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Case):
        return value.to_dict()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, dict):
        return {str(name): _plain(entry) for name, entry in value.items()}
    return value
