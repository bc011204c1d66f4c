"""Where one component more removes a bad minimum: certified landscapes over a grid of truths.

The truth has means (-r, r, D) and equal weights. A minimum of a student is *bad* if its loss is
larger than the least that two components reach: it misses one of the three, however many components
it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import plain
from theorycheck.landscapes.landscape import Landscape, landscape

SPREADS = (Fraction(1, 2), Fraction(1), Fraction(3, 2), Fraction(2), Fraction(5, 2))
DISTANCES = (4, 5, 6, 7, 8, 10)


@dataclass(frozen=True)
class Phase:
    """What the landscape of one truth and one student says.

    Attributes:
        spread, distance: r and D.
        components: n.
        everywhere: True if the points are all there are.
        points, minima: how many, up to permutation.
        bad: the losses of the bad minima.
        best_of_two: the least loss of a student with two components.
    """

    spread: int | str
    distance: int
    components: int
    everywhere: bool
    points: int
    minima: int
    bad: list[float]
    best_of_two: float


def phases(
    spreads: Sequence[Fraction] = SPREADS,
    distances: Sequence[int] = DISTANCES,
    components: Sequence[int] = (3, 4),
    find: Callable[[Mixture, int], Landscape] = landscape,
) -> Iterator[Phase]:
    """The phases of all truths, those of fewer components first."""
    for n in components:
        for distance in distances:
            for spread in spreads:
                yield _phase(spread, distance, n, find)


def _phase(
    spread: Fraction, distance: int, n: int, find: Callable[[Mixture, int], Landscape]
) -> Phase:
    truth = Mixture([-spread, spread, distance])
    two, found = find(truth, 2), find(truth, n)
    best = two.points[0].loss
    # Balls of losses are 10^-15 wide, and losses of different minima far more apart.
    bad = [float(point.loss) for point in found.minima if point.loss > best]
    return Phase(
        spread=plain(spread),
        distance=distance,
        components=n,
        everywhere=two.everywhere and found.everywhere,
        points=len(found.points),
        minima=len(found.minima),
        bad=bad,
        best_of_two=float(best),
    )


def as_data(found: Sequence[Phase]) -> list[dict[str, Any]]:
    """The phases as plain data."""
    return [asdict(phase) for phase in found]
