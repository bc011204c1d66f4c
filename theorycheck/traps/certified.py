"""Bounds of the time to leave by a tube, and their certificate: what can be stored and checked."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, islice
from pathlib import Path
from typing import Any, NamedTuple

import flint

from theorycheck.arithmetic.arithmetics import Ball, as_fmpq
from theorycheck.arithmetic.rounding import ceil_float, floor_float
from theorycheck.arithmetic.threads import one_thread
from theorycheck.errors import InvalidType, InvalidValue, TooExpensive, in_words
from theorycheck.inputs.json_text import json_object, parse_json, read_file
from theorycheck.inputs.numbers import Vector, exact, exact_vector, plain, whole_number
from theorycheck.traps.field import Field
from theorycheck.traps.frame import Frame, frame_of
from theorycheck.traps.plane import field_of
from theorycheck.traps.tracking import Limits, Radii, State, Surroundings, track
from theorycheck.traps.tube import Box, Interval, Step

PRECISION = Ball(24)
FORMAT = "theorycheck escape tube 1"
MOST_IN_A_TUBE = {1: 6, 2: 4}
"""Means, by dimension."""
FARTHEST_IN_A_TUBE = 20


@dataclass(frozen=True)
class Question:
    """When do starts in a box leave? All exact.

    low, high: (nd,) ends of the coordinates of the first mean, then of the second, and so on. far:
    indices, each with its radius in `radius`, or, where that is None, at `shrink` times its
    distance at the start. dimension: d, 1 or 2.
    """

    low: Vector
    high: Vector
    weights: Vector
    step_size: Fraction
    far: tuple[int, ...]
    shrink: Fraction
    radius: Fraction | None
    dimension: int = 1

    @property
    def middle(self) -> Vector:
        """The centre of the box, (nd,)."""
        return tuple((a + b) / 2 for a, b in zip(self.low, self.high, strict=True))

    def radii(self, i: int) -> tuple[flint.arb, flint.arb]:
        """Bounds, exact, of the least and of the largest radius at which the mean i has left."""
        if self.radius is not None:
            least = largest = flint.arb(as_fmpq(self.radius))
        elif self.dimension == 1:  # exact before it is a ball
            ends = sorted((abs(self.low[i]), abs(self.high[i])))
            least, largest = (flint.arb(as_fmpq(self.shrink * end)) for end in ends)
        else:
            shrink = flint.arb(as_fmpq(self.shrink))
            least, largest = (
                shrink * flint.arb(as_fmpq(square)).sqrt() for square in self._squares(i)
            )
        return least.lower(), largest.upper()

    def _squares(self, i: int) -> tuple[Fraction, Fraction]:
        """The least and the largest |mu_i(0)|^2."""
        least = largest = Fraction(0)
        for k in range(i * self.dimension, (i + 1) * self.dimension):
            low, high = self.low[k], self.high[k]
            near, far = sorted((low * low, high * high))
            least += 0 if low <= 0 <= high else near
            largest += far
        return least, largest


@dataclass(frozen=True)
class TubeCertificate:
    """A proof of bounds of the time to leave: the question, the coordinates, and macro-steps.

    first: no start leaves before this step. last: every start has left by this step, or None.
    """

    question: Question
    frame: Frame
    steps: tuple[Step, ...]
    first: int
    last: int | None

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dictionary that `from_dict` reads back exactly."""
        asked = self.question
        return {
            "format": FORMAT,
            **({} if asked.dimension == 1 else {"dimension": asked.dimension}),
            "low": list(map(plain, asked.low)),
            "high": list(map(plain, asked.high)),
            "weights": list(map(plain, asked.weights)),
            "step_size": plain(asked.step_size),
            "far": list(asked.far),
            "shrink": plain(asked.shrink),
            "radius": None if asked.radius is None else plain(asked.radius),
            "frame": [list(map(plain, row)) for row in self.frame.rows],
            "first": self.first,
            "last": self.last,
            "steps": list(_listed(self.steps)),
        }

    @classmethod
    def from_dict(cls, data: object) -> TubeCertificate:
        """Read what `to_dict` wrote. Raises InvalidValue or InvalidType for anything else."""
        entries = json_object(data, "certificate", _KEYS | {"dimension"})
        missing = sorted(_KEYS - set(entries))
        if missing:
            raise InvalidValue(f"the certificate has no {missing[0]!r}")
        if entries["format"] != FORMAT:
            raise InvalidValue(f"the certificate's format is not {FORMAT!r}")
        low, high, weights = (exact_vector(entries[k], k) for k in ("low", "high", "weights"))
        dimension = whole_number(entries.get("dimension", 1), "dimension", least=1, most=2)
        n, size = len(weights), len(low)
        rows = tuple(exact_vector(row, "frame") for row in _list(entries["frame"], "frame"))
        sizes = {len(high), len(rows), n * dimension, *map(len, rows)}
        if sizes != {size}:
            raise InvalidValue("the certificate's means, weights and frame are of different sizes")
        far = tuple(
            whole_number(i, "far", least=0, most=n - 1) for i in _list(entries["far"], "far")
        )
        radius = entries["radius"]
        question = Question(
            low=low,
            high=high,
            weights=weights,
            step_size=exact(entries["step_size"], "step_size"),
            far=far,
            shrink=exact(entries["shrink"], "shrink"),
            radius=None if radius is None else exact(radius, "radius"),
            dimension=dimension,
        )
        last = entries["last"]
        return cls(
            question,
            Frame(rows, len(far), dimension),
            _all_steps(_list(entries["steps"], "steps"), size),
            whole_number(entries["first"], "first", least=0),
            None if last is None else whole_number(last, "last", least=0),
        )

    def save(self, path: str | Path) -> None:
        """Write it as a JSON file. Raises InvalidValue for one that could not be read back."""
        try:
            text = json.dumps(self.to_dict())
            TubeCertificate.from_dict(parse_json(text))
        except ValueError as error:  # a number of too many digits
            raise InvalidValue(f"the certificate cannot be stored: {in_words(error)}") from None
        Path(path).write_text(text, encoding="utf-8")

    @classmethod
    def from_file(cls, path: str | Path) -> TubeCertificate:
        """Read a file that `save` wrote."""
        return cls.from_dict(parse_json(read_file(path, "certificate")))


_KEYS = {
    *("format", "low", "high", "weights", "step_size", "far", "shrink", "radius", "frame"),
    *("first", "last", "steps"),
}


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidType(f"{name} is a {type(value).__name__}; give a list")
    return value


def _listed(steps: tuple[Step, ...]) -> Iterator[dict[str, Any]]:
    """Macro-steps as JSON; single steps that follow each other are counted."""
    for single, group in groupby(steps, key=lambda step: step == Step(1)):
        if single:
            yield {"single": len(list(group))}
            continue
        for step in group:
            yield {
                "count": step.count,
                "lower": [list(interval) for interval in step.velocities[0]],
                "upper": [list(interval) for interval in step.velocities[1]],
                "levels": [[row, *levels] for row, levels in step.levels],
            }


_MOST_STEPS = 10**5
"""Many times what `certify` attempts."""


def _all_steps(entries: list[Any], n: int) -> tuple[Step, ...]:
    steps = tuple(islice(_read_steps(entries, n), _MOST_STEPS + 1))
    if len(steps) > _MOST_STEPS:
        raise InvalidValue(f"the certificate has more than {_MOST_STEPS} steps")
    return steps


def _read_steps(entries: list[Any], n: int) -> Iterator[Step]:
    for entry in entries:
        found = json_object(entry, "step", {"single", "count", "lower", "upper", "levels"})
        if "single" in found:
            count = whole_number(found["single"], "single", least=1, most=_MOST_STEPS)
            for _ in range(count):
                yield Step(1)
            continue
        try:
            lower, upper = (
                tuple(_interval(a, b) for a, b in found[side]) for side in ("lower", "upper")
            )
            levels = tuple(
                (whole_number(row, "row", least=0, most=n - 1), _interval(a, b))
                for row, a, b in found["levels"]
            )
        except (KeyError, OverflowError, TypeError, ValueError):
            raise InvalidValue("a step of the certificate cannot be read") from None
        if len(lower) != n or len(upper) != n:
            raise InvalidValue("a step of the certificate has a wrong number of coordinates")
        yield Step(whole_number(found.get("count"), "count", least=1), (lower, upper), levels)


def _interval(low: Any, high: Any) -> Interval:
    """Two finite doubles. Raises ValueError, TypeError or OverflowError for anything else."""
    ends = float(low), float(high)
    if not all(map(math.isfinite, ends)):
        raise ValueError
    return ends


def certify(question: Question, limits: Limits) -> TubeCertificate | None:
    """Bounds by a tube: float64 with a proven error, each macro-step checked as it is found.

    None for a box so wide that a far mean may be in the direction opposite to that of its centre.
    """
    with PRECISION.scope(), one_thread(math.inf):
        frame = frame_of(question.middle, question.weights, question.far, question.dimension)
        if not _keeps_its_side(_box(question, frame), frame):
            return None
        place, state = _begin(question, frame, field_of(frame, question.weights))
        steps = []
        try:
            for step, after in track(place, state, limits):
                steps.append(step)
                state = after
        except TooExpensive:
            pass  # what was shown before stays shown
        return TubeCertificate(question, frame, tuple(steps), _first(state), state.last)


def replayed(certificate: TubeCertificate, field: Field) -> tuple[int, int | None]:
    """What the macro-steps of a certificate prove with a given field: its `first` and `last`."""
    *_, state = _states(certificate, field)
    return _first(state), state.last


def _states(certificate: TubeCertificate, field: Field) -> Iterator[State]:
    """The start, and the state after each macro-step that a given field can check."""
    place, state = _begin(certificate.question, certificate.frame, field)
    yield state
    for step in certificate.steps:
        if state.last is not None:
            return
        try:
            after, _ = state.after(place, step)
        except TooExpensive:
            return
        if after is None:
            return
        state = after
        yield state


class Distances(NamedTuple):
    """Bounds of the distances of the far means at a step, in the order of `Question.far`."""

    t: int
    lower: list[float]
    upper: list[float]


def distances_within(certificate: TubeCertificate) -> list[Distances]:
    """Bounds of the distances at the ends of macro-steps, until the first start may have left."""
    with PRECISION.scope():
        field = field_of(certificate.frame, certificate.question.weights)
        rows = range(len(certificate.question.far))
        return [
            Distances(
                state.steps,
                [floor_float(state.box.lower[i]) for i in rows],
                [ceil_float(_farthest(state.box, certificate.frame, i)) for i in rows],
            )
            for state in _states(certificate, field)
            if state.first is None
        ]


def _farthest(box: Box, frame: Frame, i: int) -> flint.arb:
    """The largest distance of the far mean of a row, which is positive."""
    if frame.dimension == 1:
        return box.upper[i]
    j = frame.tangential[i]
    return (box.upper[i] ** 2 + box.lower[j].union(box.upper[j]).abs_upper() ** 2).sqrt()


def _first(state: State) -> int:
    """Before it no start has left."""
    return state.steps + 1 if state.first is None else state.first


def _begin(question: Question, frame: Frame, field: Field) -> tuple[Surroundings, State]:
    """The surroundings of a question and its box, in a frame whose first rows are the far means."""
    _check_rows(question, frame)
    radii = [question.radii(i) for i in question.far]
    place = Surroundings(
        field,
        flint.arb(as_fmpq(question.step_size)),
        Radii(
            tuple(least for least, _ in radii),
            tuple(largest for _, largest in radii),
            tuple(frame.tangential),
        ),
    )
    box = _box(question, frame)
    if not _keeps_its_side(box, frame):
        raise InvalidValue("a far mean may be on the other side of the truth than its row says")
    return place, State.at_start(box, place.radii)


def _keeps_its_side(box: Box, frame: Frame) -> bool:
    return all(box.lower[i] > 0 for i in range(frame.far))


def _check_rows(question: Question, frame: Frame) -> None:
    """Raise unless the theorem applies: eta, and rows that are coordinates of the far means.

    The rounding of `field` is for few rows of lengths near 1.
    """
    most = MOST_IN_A_TUBE[question.dimension]
    if not 0 < len(question.weights) <= most:
        raise InvalidValue(f"a tube is for 1 to {most} means, not {len(question.weights)}")
    _check_times(question)
    if not 0 < question.step_size <= 1:
        raise InvalidValue(f"step_size is {question.step_size}; it must be above 0 and at most 1")
    if min(question.weights) <= 0 or sum(question.weights) != 1:
        raise InvalidValue("weights must be positive and sum to 1")
    d = frame.dimension
    for k, row in enumerate(frame.rows[: frame.far * d]):
        i = question.far[k % frame.far]
        others = (entry for j, entry in enumerate(row) if j // d != i)
        if any(others) or frame.lengths[k] != 1:
            raise InvalidValue(f"row {k} of the frame is no coordinate of the far mean {i}")
    if not all(Fraction(1, 2) < length < 2 for length in frame.lengths):
        raise InvalidValue("the length of a row of the frame is not near 1")


def _check_times(question: Question) -> None:
    """Raise unless the question is one that `escape_bounds` may ask."""
    if not question.far or len(set(question.far)) < len(question.far):
        raise InvalidValue(f"far is {list(question.far)}; give at least one index, each once")
    if not 0 < question.shrink < 1:
        raise InvalidValue(f"shrink is {question.shrink}; it must be above 0 and below 1")
    if question.radius is not None and question.radius <= 0:
        raise InvalidValue(f"radius is {question.radius}; it must be positive")
    ranges = list(zip(question.low, question.high, strict=True))
    if any(low > high for low, high in ranges):
        raise InvalidValue("a range of the means ends before it begins")
    if any(max(-low, high) > FARTHEST_IN_A_TUBE for low, high in ranges):
        raise InvalidValue(f"a tube is for means within {FARTHEST_IN_A_TUBE} of the truth")


def _box(question: Question, frame: Frame) -> Box:
    """The hull of the starts in the frame's coordinates."""
    lower, upper = [], []
    for row in frame.rows:
        ends = [
            sorted((a * low, a * high))
            for a, low, high in zip(row, question.low, question.high, strict=True)
        ]
        lower.append(flint.arb(as_fmpq(sum((e[0] for e in ends), Fraction(0)))).lower())
        upper.append(flint.arb(as_fmpq(sum((e[1] for e in ends), Fraction(0)))).upper())
    return Box(tuple(lower), tuple(upper))
