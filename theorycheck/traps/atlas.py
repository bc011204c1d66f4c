"""Maps of the time to leave: bounds for all starts of a pixel, and a simulation of its centre."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from theorycheck.errors import InvalidValue
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Number, exact, positive, whole_number
from theorycheck.inputs.region import Range, Region
from theorycheck.traps.answers import steps_to_come_near
from theorycheck.traps.escape_bounds import escape_bounds

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


class Pixel(NamedTuple):
    """Bounds of T for all starts of a pixel, and the simulated T of its centre (None: too long)."""

    first: Range
    second: Range
    steps_lower: int | None
    steps_upper: int | None
    simulated: int | None


def side(mixture: Mixture, mean: object, low: Number, high: Number, pixels: object) -> Side:
    """A side of a map of starts like a mixture's. Raises InvalidValue or InvalidType."""
    index = whole_number(mean, "mean", least=0, most=mixture.components - 1)
    ends = exact(low, "low"), exact(high, "high")
    if not ends[0] < ends[1]:
        raise InvalidValue(f"the range of mean {index} ends at {ends[1]}, before it begins")
    return Side(index, *ends, whole_number(pixels, "pixels", least=1, most=MOST_PIXELS))


def atlas(mixture: Mixture, step_size: Number, first: Side, second: Side) -> Iterator[Pixel]:
    """The pixels of a map, row by row: `first` varies fastest.

    mixture: the other means, on a line, and the weights. T is as in `escape_bounds`, each start's
    own; watched are, in all pixels, the means that vary and are never at the truth, or, where both
    may be, those that are watched by default.
    Raises InvalidValue for means that are not on a line.
    """
    eta = positive(step_size, "step_size", most=1)
    if mixture.dimension != 1:
        raise InvalidValue(f"the mixture has dimension {mixture.dimension}; maps are for 1")
    if first.mean == second.mean:
        raise InvalidValue(f"both sides vary mean {first.mean}; give two means")
    watched = sorted(s.mean for s in (first, second) if not s.low <= 0 <= s.high) or None
    weights = [(weight, weight) for weight in mixture.weights]
    for other in second.ranges():
        for one in first.ranges():
            ranges = [(row[0], row[0]) for row in mixture.means]
            ranges[first.mean], ranges[second.mean] = one, other
            region = Region(mixture.components, means=ranges, weights=weights)
            found = escape_bounds(region, eta, far=watched)
            centre = Mixture([(low + high) / 2 for low, high in ranges], mixture.weights)
            simulated = steps_to_come_near(centre, eta, found.far)
            yield Pixel(one, other, found.steps_lower, found.steps_upper, simulated)


def pixel_as_data(pixel: Pixel) -> dict[str, Any]:
    """A pixel as JSON-ready data."""
    return {
        "ranges": [list(map(float, ends)) for ends in (pixel.first, pixel.second)],
        "steps_lower": pixel.steps_lower,
        "steps_upper": pixel.steps_upper,
        "simulated": pixel.simulated,
    }
