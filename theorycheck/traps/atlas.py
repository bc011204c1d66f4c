"""Maps of the time to leave: bounds for all starts of a pixel, and a simulation of its centre."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from theorycheck.errors import InvalidValue, TooExpensive
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Number, exact, positive, whole_number
from theorycheck.inputs.region import Range, Region
from theorycheck.traps.answers import steps_to_come_near
from theorycheck.traps.escape_bounds import escape_bounds, far_by_default

MOST_PIXELS = 256


@dataclass(frozen=True)
class Side:
    """One side of a map: the mean that varies, its range, and the number of pixels along it."""

    mean: int
    low: Fraction
    high: Fraction
    pixels: int

    def ranges(self) -> list[Range]:
        """The ranges of the pixels, in order."""
        width = (self.high - self.low) / self.pixels
        return [(self.low + k * width, self.low + (k + 1) * width) for k in range(self.pixels)]


@dataclass(frozen=True)
class Pixel:
    """What is known of the starts of a pixel, T being each start's own.

    ranges: of the two means that vary. steps_lower, steps_upper and their logarithms: as in
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


def side(mixture: Mixture, mean: object, low: Number, high: Number, pixels: object) -> Side:
    """A side of a map of starts like a mixture's. Raises InvalidValue or InvalidType."""
    index = whole_number(mean, "mean", least=0, most=mixture.components - 1)
    ends = exact(low, "low"), exact(high, "high")
    if not ends[0] < ends[1]:
        raise InvalidValue(f"the range of mean {index} ends at {ends[1]}, before it begins")
    return Side(index, *ends, whole_number(pixels, "pixels", least=1, most=MOST_PIXELS))


@dataclass(frozen=True)
class Atlas:
    """A map to be made: starts like a mixture's, on a line, of which two means vary.

    Watched are, in all pixels, the means that vary and are never at the truth; where both may be,
    those that are far by default. Raises InvalidValue for what has no map.
    """

    mixture: Mixture
    step_size: Fraction
    first: Side
    second: Side

    def __post_init__(self) -> None:
        positive(self.step_size, "step_size", most=1)
        if self.mixture.dimension != 1:
            raise InvalidValue(
                f"the mixture has dimension {self.mixture.dimension}; maps are for 1"
            )
        if self.first.mean == self.second.mean:
            raise InvalidValue(f"both sides vary mean {self.first.mean}; give two means")

    def places(self) -> list[tuple[Range, Range]]:
        """The pixels, row by row: the first range varies fastest."""
        return [(one, other) for other in self.second.ranges() for one in self.first.ranges()]

    @cached_property
    def _watched(self) -> list[int]:
        return sorted(s.mean for s in (self.first, self.second) if not s.low <= 0 <= s.high)

    def pixel(self, one: Range, other: Range) -> Pixel:
        """Bounds for all starts of one of the `places`, and the simulation of its centre."""
        ranges = [(row[0], row[0]) for row in self.mixture.means]
        ranges[self.first.mean], ranges[self.second.mean] = one, other
        shown = _floats(one), _floats(other)
        low, high = (tuple((ends[k],) for ends in ranges) for k in (0, 1))
        far = self._watched or far_by_default(low, high)
        sure = [i for i in far if not ranges[i][0] <= 0 <= ranges[i][1]]
        left_out = ", ".join(str(i) for i in far if i not in sure)
        reason = f"mean {left_out} may be at the truth" if left_out else None
        if not sure:
            return Pixel(shown, reason=reason or "all means may be at the truth")
        weights = [(weight, weight) for weight in self.mixture.weights]
        region = Region(self.mixture.components, means=ranges, weights=weights)
        found = escape_bounds(region, self.step_size, far=sure)
        return Pixel(
            shown,
            found.steps_lower,
            found.steps_upper,
            found.log_steps_lower,
            found.log_steps_upper,
            self._simulated(ranges, found.far),
            reason,
        )

    def _simulated(self, ranges: list[Range], far: tuple[int, ...]) -> int | None:
        centre = Mixture([(low + high) / 2 for low, high in ranges], self.mixture.weights)
        try:
            return steps_to_come_near(centre, self.step_size, far)
        except TooExpensive:
            return None

    def answer(self, pixels: list[dict[str, Any]]) -> dict[str, Any]:
        """The whole map as JSON-ready data. pixels: of all places, in their order."""
        sides = (self.first, self.second)
        return {
            **self.mixture.to_dict(),
            "step_size": str(self.step_size),
            "vary": [
                {"mean": s.mean, "low": str(s.low), "high": str(s.high), "pixels": s.pixels}
                for s in sides
            ],
            "complete": all(pixel["log_steps_upper"] is not None for pixel in pixels),
            "pixels": pixels,
        }


def _floats(ends: Range) -> tuple[float, float]:
    return float(ends[0]), float(ends[1])


def pixel_of(atlas: Atlas, one: Range, other: Range) -> dict[str, Any]:
    """`Atlas.pixel` as data: a function that worker processes can be sent."""
    return atlas.pixel(one, other).to_dict()
