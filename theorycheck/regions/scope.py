"""What can be proved on regions: which claims on which regions, and the ranges of parameters."""

from __future__ import annotations

import math
from fractions import Fraction

import flint

from theorycheck.arithmetic.arithmetics import as_fmpq
from theorycheck.arithmetic.boxes import refuse
from theorycheck.arithmetic.rounding import ceil_float, floor_float
from theorycheck.errors import InvalidValue
from theorycheck.expectations.boxes.sums import FARTHEST, LEAST_WEIGHT
from theorycheck.inputs.region import ANY, Range, Region
from theorycheck.regions.closed import check_names
from theorycheck.statements.statement import Statement

MOST_COMPONENTS = 4
MOST_BESIDE_A_LINE = 2
"""Components in more than one dimension: so many means always lie on a line."""


def check_scope(region: Region, claim: Statement) -> None:
    """Raise unless the region is one on which the claim is about something that boxes have."""
    if claim.kind in ("identity", "existence"):
        refuse(f"an {claim.kind}: {claim.id}")
    domain, n = claim.domain, region.components
    low, high = domain.components
    if n < low or (low == high and n > high):
        raise InvalidValue(f"the region has {n} components; claim {claim.id} is not about them")
    if (1 if region.dimension == ANY else region.dimension) < domain.dimension[0]:
        raise InvalidValue(
            f"the region has dimension {region.dimension}; claim {claim.id} is not about it"
        )
    if domain.truth == "mixture":
        refuse(f"a mixture truth, which claim {claim.id} is about")
    if n > MOST_COMPONENTS:
        refuse(f"{n} components: {MOST_COMPONENTS} at most")
    if region.dimension != 1 and n > MOST_BESIDE_A_LINE:
        refuse(
            f"{n} components in dimension {region.dimension}: {MOST_BESIDE_A_LINE} at most, "
            f"and up to {MOST_COMPONENTS} in dimension 1"
        )
    if max(reach_of_means(region)) > Fraction(FARTHEST):
        refuse(f"means beyond {FARTHEST:g}")
    _check_inputs(region, claim)
    check_names(claim)


def _check_inputs(region: Region, claim: Statement) -> None:
    if "steps" in claim.inputs:
        refuse(f'the input "steps", which claim {claim.id} takes: a run of many steps')
    for name in claim.inputs:
        if name not in ("step_size", "s") and region.dimension != 1:
            refuse(f'the input "{name}", which claim {claim.id} takes, beyond dimension 1')
        if getattr(region, name) is None:
            raise InvalidValue(f'claim {claim.id} needs "{name}", which the region does not give')


def reach_of_means(region: Region) -> list[Fraction]:
    """Upper bounds of the norms of the means of a region's mixtures.

    A range [low, high] of d coordinates leaves the norm below sqrt(d) max(|low|, |high|), and
    energy_at_most leaves it below the root.
    """
    bounds = [] if region.radius_at_most is None else [region.radius_at_most]
    if region.energy_at_most is not None:
        bounds.append(root_above(region.energy_at_most))
    most = min(bounds, default=None)
    if region.means is None or region.dimension == ANY:
        if most is None:
            which = " in any dimension" if region.dimension == ANY else ""
            refuse(f"means without a bound{which}: give radius_at_most or energy_at_most")
        return [most] * region.components
    stretch = root_above(region.dimension)
    found = [max(-low, high) * stretch for low, high in region.means]
    return found if most is None else [min(most, own) for own in found]


def root_above(number: Fraction | int) -> Fraction:
    """sqrt of a positive number, as a fraction that is not below it; exact for a square."""
    exact = Fraction(number)
    root = Fraction(math.isqrt(exact.numerator), math.isqrt(exact.denominator))
    return root if root**2 == exact else Fraction(ceil_float(flint.arb(as_fmpq(exact)).sqrt()))


def mean_ranges(region: Region) -> tuple[Range, ...]:
    """The ranges of the places of the means on their line.

    In one dimension those of the means. In more the line has an end in either direction, and the
    first mean is on the side of it that is called positive.
    """
    reach = reach_of_means(region)
    if region.dimension != 1:
        return ((Fraction(0), reach[0]), *((-most, most) for most in reach[1:]))
    given = region.means or tuple((-most, most) for most in reach)
    found = tuple((max(low, -r), min(high, r)) for (low, high), r in zip(given, reach, strict=True))
    if any(low > high for low, high in found):
        raise InvalidValue("the region has no point: a range of means is beyond the largest norm")
    return found


def offset_range(region: Region) -> Range:
    """The range of the distance of the means' line from 0; 0 where that line can go through it."""
    if region.dimension == 1 or region.components == 1:
        return Fraction(0), Fraction(0)
    return Fraction(0), min(reach_of_means(region))


def weight_ranges(region: Region, claim: Statement) -> tuple[Range, ...]:
    """The ranges of the weights, single numbers where they have to be."""
    n = region.components
    share = Fraction(1, n)
    if n == 1:
        return ((Fraction(1), Fraction(1)),)
    if claim.domain.equal_weights:
        if region.weights is not None and not all(a <= share <= b for a, b in region.weights):
            raise InvalidValue(f"claim {claim.id} is about equal weights, which the region has not")
        return ((share, share),) * n
    if region.weights is None:
        refuse("weights without a range")
    if min(low for low, _ in region.weights) < Fraction(LEAST_WEIGHT):
        refuse(f"weights below {LEAST_WEIGHT:g}")
    varying = [k for k, (low, high) in enumerate(region.weights) if low < high]
    if len(varying) != 1:
        return region.weights
    others = (low for k, (low, _) in enumerate(region.weights) if k not in varying)
    rest = 1 - sum(others, Fraction(0))
    return tuple((rest, rest) if k in varying else ends for k, ends in enumerate(region.weights))


def below(value: Fraction) -> float:
    """A double that is not above a number."""
    return floor_float(flint.arb(as_fmpq(value)))


def above(value: Fraction) -> float:
    """A double that is not below a number."""
    return ceil_float(flint.arb(as_fmpq(value)))
