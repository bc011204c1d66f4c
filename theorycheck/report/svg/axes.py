"""The axes of a plot, from data to pixels, with ticks at round numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, HEIGHT, LOW_HEIGHT, SKETCH_HEIGHT = 440, 270, 180, 110
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 8, 24
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Axis:
    """A linear or logarithmic axis.

    low, high: its ends, logarithms to base 10 if `log`. start, end: the same ends in pixels.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    @classmethod
    def over(
        cls, values: Sequence[float], start: float, end: float, log: bool = False, pad: float = 0.04
    ) -> Axis:
        """The axis that shows all the values, with a little room at both ends."""
        shown = [math.log10(value) if log else value for value in values] or [0.0, 1.0]
        low, high = min(shown), max(shown)
        alone = 0.5 if log else abs(low) / 2 or 1.0
        room = pad * (high - low) if low < high else alone
        return cls(low - room, high + room, start, end, log)

    def pixel(self, value: float) -> float:
        """The pixel of a value."""
        return self.pixel_at(math.log10(value) if self.log else value)

    def pixel_at(self, position: float) -> float:
        """The pixel of a position: a value, or on a logarithmic axis its logarithm."""
        return self.start + (position - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self) -> list[tuple[float, str]]:
        """Pixels and labels of the ticks, about five."""
        if not self.log:
            return [(self.pixel(value), label) for value, label in round_ticks(self.low, self.high)]
        if self.high - self.low < 1.5:
            values = self._values_within_decades()
            return [(self.pixel(value), short_number(value)) for value in values]
        stride = math.ceil((self.high - self.low) / 6)
        first = stride * math.ceil(self.low / stride)
        powers = range(first, math.floor(self.high) + 1, stride)
        return [(self.pixel_at(power), power_of_ten(power)) for power in powers]

    def _values_within_decades(self) -> list[float]:
        """1, 2 and 5 times powers of ten, for an axis that spans hardly one."""
        powers = range(math.floor(self.low), math.ceil(self.high) + 1)
        values = [float(f"{digit}e{power}") for power in powers for digit in (1, 2, 5)]
        inside = [value for value in values if self.low <= math.log10(value) <= self.high]
        return inside or [10 ** ((self.low + self.high) / 2)]


def round_ticks(low: float, high: float, wanted: int = 5) -> list[tuple[float, str]]:
    """Multiples of 1, 2 or 5 times a power of ten between two numbers, with their labels."""
    rough = (high - low) / wanted
    power = math.floor(math.log10(rough))
    step = next(factor for factor in (1, 2, 5, 10) if factor * 10.0**power >= rough * 0.999)
    size = step * 10.0**power
    multiples = range(math.ceil(low / size - 1e-9), math.floor(high / size + 1e-9) + 1)
    decimals = max(-math.floor(math.log10(size)), 0)
    return [(k * size, _label(k * size, decimals)) for k in multiples]


def _label(value: float, decimals: int) -> str:
    if value and not (decimals <= 4 and abs(value) < 1e5):
        return short_number(value)
    return f"{value + 0.0:.{decimals}f}".replace("-", "−")


def tenths(pixel: float) -> str:
    """A pixel to one decimal."""
    return f"{pixel:.1f}".removesuffix(".0")


def power_of_ten(power: int) -> str:
    """A power of ten such as 10⁻³ as text; 1 and 10 without an exponent."""
    return {0: "1", 1: "10"}.get(power, "10" + str(power).translate(SUPERSCRIPTS))


def short_number(value: float) -> str:
    """A number as plain text, to three digits."""
    mantissa, _, power = f"{value:.3g}".partition("e")
    mantissa = mantissa.replace("-", "−")
    if not power:
        return mantissa
    ten = power_of_ten(int(power))
    return ten if mantissa == "1" else f"{mantissa}×{ten}"


def axes(
    x: list[tuple[float, str]],
    y: list[tuple[float, str]],
    *,
    grid: bool = True,
    height: int = HEIGHT,
) -> Markup:
    """Both axes as SVG: tick labels, a base line, and a rule at each tick of the vertical axis."""
    base = height - BOTTOM
    rules = "".join(f"M{LEFT} {tenths(pixel)}H{WIDTH - RIGHT}" for pixel, _ in y if grid)
    marks = "".join(f"M{tenths(pixel)} {base}v4" for pixel, _ in x)
    labels = [
        f'<text class="y" x="{LEFT - 6}" y="{tenths(at + 4)}">{label}</text>' for at, label in y
    ]
    labels += [f'<text x="{tenths(at)}" y="{height - 6}">{label}</text>' for at, label in x]
    drawn = f'<path class="grid" d="{rules}"/>' if rules else ""
    drawn += f'<path class="axis" d="M{LEFT} {base}H{WIDTH - RIGHT}{marks}"/>{"".join(labels)}'
    return Markup(drawn)
