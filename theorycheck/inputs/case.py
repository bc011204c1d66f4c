"""Cases: a mixture and whatever else a claim names, held exactly; case files."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any

from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.inputs.json_text import json_object, parse_json, read_file
from theorycheck.inputs.mixture import Mixture, means_and_weights
from theorycheck.inputs.numbers import (
    Matrix,
    Vector,
    exact,
    exact_matrix,
    exact_vector,
    plain,
    plain_rows,
    positive,
    shown,
    whole_number,
)


@dataclass(frozen=True)
class Case:
    """Everything a claim is evaluated on: a mixture and whatever else the claim names.

    Every number may be given as for `Mixture`, and is kept exactly.

    Args:
        mixture: the student, n components in d dimensions.
        step_size: eta, positive.
        truth: a Mixture in d dimensions, or None for N(0, I).
        x: (d,), a point.
        direction: (d,), a vector.
        target: (n, d), other means.
        s: a non-negative number.
        steps: a non-negative number of iterations.

    Raises:
        InvalidValue: a number makes no sense, or a shape does not fit the mixture.
        InvalidType: an argument cannot be read.

    Example:
        >>> Case(Mixture([2, -1]), step_size="1/2").to_json()
        '{"means": [[2], [-1]], "weights": ["1/2", "1/2"], "step_size": "1/2"}'
    """

    mixture: Mixture
    step_size: Fraction | None = None
    truth: Mixture | None = None
    x: Vector | None = None
    direction: Vector | None = None
    target: Matrix | None = None
    s: Fraction | None = None
    steps: int | None = None

    @property
    def is_at_optimum(self) -> bool:
        """True if the student is N(0, I) and so is the truth: most statements compare 0 with 0."""
        return self.truth is None and self.mixture.is_at_optimum

    def __post_init__(self) -> None:
        if not isinstance(self.mixture, Mixture):
            raise InvalidType(f"mixture is {shown(self.mixture)}; give a Mixture")
        if self.truth is not None:
            self._check_truth()
        if self.step_size is not None:
            object.__setattr__(self, "step_size", positive(self.step_size, "step_size"))
        if self.s is not None:
            object.__setattr__(self, "s", exact(self.s, "s"))
            if self.s < 0:
                raise InvalidValue(f"s is {shown(str(self.s))}; it must not be negative")
        self._check_vectors()
        if self.steps is not None:
            object.__setattr__(self, "steps", whole_number(self.steps, "steps", least=0))

    def _check_truth(self) -> None:
        if not isinstance(self.truth, Mixture):
            raise InvalidType(f"truth is {shown(self.truth)}; give a Mixture")
        if self.truth.dimension != self.mixture.dimension:
            raise InvalidValue(
                f"truth has dimension {self.truth.dimension}; "
                f"the mixture has {self.mixture.dimension}"
            )

    def _check_vectors(self) -> None:
        d = self.mixture.dimension
        for name in ("x", "direction"):
            value = getattr(self, name)
            if value is None:
                continue
            vector = exact_vector(value, name)
            if len(vector) != d:
                raise InvalidValue(f"{name} has {len(vector)} entries; {d} are needed")
            object.__setattr__(self, name, vector)
        if self.target is not None:
            rows = exact_matrix(self.target, "target")
            if (len(rows), len(rows[0])) != (self.mixture.components, d):
                raise InvalidValue(
                    f"target has {len(rows)} rows of {len(rows[0])}; "
                    f"{self.mixture.components} rows of {d} are needed"
                )
            object.__setattr__(self, "target", rows)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dictionary that `from_dict` reads back exactly."""
        entries = self.mixture.to_dict()
        for field in fields(self)[1:]:
            value = getattr(self, field.name)
            if value is None:
                continue
            if isinstance(value, Mixture):
                entries[field.name] = value.to_dict()
            elif isinstance(value, Fraction):
                entries[field.name] = plain(value)
            elif field.name == "target":
                entries[field.name] = plain_rows(value)
            elif isinstance(value, tuple):
                entries[field.name] = [plain(entry) for entry in value]
            else:
                entries[field.name] = value
        return entries

    @classmethod
    def from_dict(cls, data: object) -> Case:
        """Read a case file's object: means, weights, and the optional fields of a case."""
        optional = {field.name for field in fields(cls)[1:]}
        entries = json_object(data, "case", {"means", "weights"} | optional)
        if "means" not in entries:
            raise InvalidValue('the case has no "means"')
        given = {name: entries[name] for name in optional if entries.get(name) is not None}
        if "truth" in given:
            given["truth"] = _truth(given["truth"])
        return cls(Mixture(entries["means"], entries.get("weights")), **given)

    def to_json(self) -> str:
        """The case as JSON text, ready to be a case file."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, text: str | bytes) -> Case:
        """Read JSON text written by `to_json` or by hand."""
        return cls.from_dict(parse_json(text))

    @classmethod
    def from_file(cls, path: str | Path) -> Case:
        """Read a case file. Raises InvalidValue if it cannot be read."""
        return cls.from_json(read_file(path, "case file"))


def _truth(data: object) -> Mixture:
    given = means_and_weights(data, "truth")
    try:
        return Mixture(*given)
    except (InvalidType, InvalidValue) as error:
        raise type(error)(f"truth.{error}") from None
