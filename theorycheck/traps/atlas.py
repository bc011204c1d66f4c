"""Maps of the time to leave: bounds for all starts of a pixel, and a simulation of its centre."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from theorycheck.errors import InvalidValue, TooExpensive
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Number, exact, positive, whole_number
from theorycheck.inputs.region import Range
from theorycheck.traps.answers import steps_to_come_near
from theorycheck.traps.escape_bounds import SHRINK, Starts, bounds_of_starts, far_by_default

MOST_PIXELS = 256
FARTHEST = 10**6


@dataclass(frozen=True)
class Side:
    """One side of a map: the mean and coordinate that vary, the range, and how many pixels."""

    mean: int
    low: Fraction
    high: Fraction
    pixels: int
    coordinate: int = 0

    def ranges(self) -> list[Range]:
        """The ranges of the pixels, in order."""
        width = (self.high - self.low) / self.pixels
        return [(self.low + k * width, self.low + (k + 1) * width) for k in range(self.pixels)]


@dataclass(frozen=True)
class Pixel:
    """What is known of the starts of a pixel, T being each start's own.

    ranges: of the two numbers that vary. steps_lower, steps_upper and their logarithms: as in
    `EscapeBounds`, None where nothing is shown. simulated: T of the centre, None where it is too
    long. reason: why a mean is not watched, or nothing is.
    """

    ranges: tuple[tuple[float, float], tuple[float, float]]
    steps_lower: int | None = None
    steps_upper: int | None = None
    log_steps_lower: float | None = None
    log_steps_upper: float | None = None
    simulated: int | None = None
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The pixel as JSON-ready data."""
        return asdict(self) | {"ranges": [list(ends) for ends in self.ranges]}


def side(
    mixture: Mixture,
    mean: object,
    low: Number,
    high: Number,
    pixels: object,
    coordinate: object = 0,
) -> Side:
    """A side of a map of starts like a mixture's. Raises InvalidValue or InvalidType."""
    index = whole_number(mean, "mean", least=0, most=mixture.components - 1)
    axis = whole_number(coordinate, "coordinate", least=0, most=mixture.dimension - 1)
    ends = exact(low, "low"), exact(high, "high")
    if not ends[0] < ends[1]:
        raise InvalidValue(f"the range of mean {index} ends at {ends[1]}, before it begins")
    if max(abs(end) for end in ends) > FARTHEST:
        raise InvalidValue(f"the range of mean {index} goes beyond {FARTHEST}; no start is so far")
    count = whole_number(pixels, "pixels", least=1, most=MOST_PIXELS)
    return Side(index, *ends, count, axis)


@dataclass(frozen=True)
class Atlas:
    """A map to be made: starts like a mixture's, on a line or in the plane, of which two numbers
    vary.

    Watched are, in all pixels, the means that vary and are never at the truth; where both may be,
    those that are far by default. at_centres: bounds are for the centre of each pixel alone, and
    not for all of its starts. Raises InvalidValue for what has no map.
    """

    mixture: Mixture
    step_size: Fraction
    first: Side
    second: Side
    at_centres: bool = False

    def __post_init__(self) -> None:
        positive(self.step_size, "step_size", most=1)
        if self.mixture.dimension > 2:
            raise InvalidValue(
                f"the mixture has dimension {self.mixture.dimension}; maps are for 1 and 2"
            )
        if self._place(self.first) == self._place(self.second):
            of = "" if self.mixture.dimension == 1 else f", coordinate {self.first.coordinate}"
            raise InvalidValue(f"both sides vary mean {self.first.mean}{of}; give two")

    @staticmethod
    def _place(of: Side) -> tuple[int, int]:
        return of.mean, of.coordinate

    def places(self) -> list[tuple[Range, Range]]:
        """The pixels, row by row: the first range varies fastest."""
        return [(one, other) for other in self.second.ranges() for one in self.first.ranges()]

    def _starts(self, one: Range, other: Range) -> Starts:
        """All starts whose two numbers are in these ranges."""
        ends = []
        for k in (0, 1):
            rows = [list(row) for row in self.mixture.means]
            for of, ranges in ((self.first, one), (self.second, other)):
                rows[of.mean][of.coordinate] = ranges[k]
            ends.append(tuple(map(tuple, rows)))
        return Starts(ends[0], ends[1], self.mixture.weights)

    @cached_property
    def _watched(self) -> list[int]:
        whole = self._starts(*((of.low, of.high) for of in (self.first, self.second)))
        varied = {self.first.mean, self.second.mean}
        return sorted(i for i in varied if not whole.may_be_at_truth(i))

    def pixel(self, one: Range, other: Range) -> Pixel:
        """Bounds for all starts of one of the `places`, and the simulation of its centre."""
        centre = self._starts(_centre(one), _centre(other))
        if self.at_centres:
            one, other = _centre(one), _centre(other)
        starts, shown = self._starts(one, other), (_floats(one), _floats(other))
        far = self._watched or far_by_default(starts.low, starts.high)
        sure = tuple(i for i in far if not starts.may_be_at_truth(i))
        left_out = ", ".join(str(i) for i in far if i not in sure)
        reason = f"mean {left_out} may be at the truth" if left_out else None
        if not sure:
            return Pixel(shown, reason=reason or "all means may be at the truth")
        found = bounds_of_starts(starts, self.step_size, sure, SHRINK, None)
        return Pixel(
            shown,
            found.steps_lower,
            found.steps_upper,
            found.log_steps_lower,
            found.log_steps_upper,
            self._simulated(Mixture(centre.low, centre.weights), found.far),
            reason,
        )

    def _simulated(self, centre: Mixture, far: tuple[int, ...]) -> int | None:
        try:
            return steps_to_come_near(centre, self.step_size, far)
        except TooExpensive:
            return None

    def answer(self, pixels: list[dict[str, Any]]) -> dict[str, Any]:
        """The whole map as JSON-ready data. pixels: of all places, in their order."""
        in_plane = self.mixture.dimension == 2
        return {
            **self.mixture.to_dict(),
            "step_size": str(self.step_size),
            "vary": [
                {
                    "mean": of.mean,
                    **({"coordinate": of.coordinate} if in_plane else {}),
                    "low": str(of.low),
                    "high": str(of.high),
                    "pixels": of.pixels,
                }
                for of in (self.first, self.second)
            ],
            **({"at_centres": True} if self.at_centres else {}),
            "complete": all(pixel["log_steps_upper"] is not None for pixel in pixels),
            "pixels": pixels,
        }


def _floats(ends: Range) -> tuple[float, float]:
    return float(ends[0]), float(ends[1])


def _centre(ends: Range) -> Range:
    return ((ends[0] + ends[1]) / 2,) * 2


def pixel_of(atlas: Atlas, one: Range, other: Range) -> dict[str, Any]:
    """`Atlas.pixel` as data: a function that worker processes can be sent."""
    return atlas.pixel(one, other).to_dict()
