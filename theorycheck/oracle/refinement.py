"""All quantities to the digits asked for: rules of rising order, until two of them agree."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import mpmath
import numpy as np

from theorycheck.errors import TooExpensive
from theorycheck.inputs.numbers import Floats
from theorycheck.oracle.fixed_point import FixedPoint
from theorycheck.oracle.legendre import Panels
from theorycheck.oracle.reduction import Objects, Problem, Row, Scalar, mpf, mpf_array
from theorycheck.oracle.region import FLOOR_DIGITS, GUARD, Profile, Region, counted, region
from theorycheck.oracle.sums import Integrands, Sums

_MAX_WORK = 3e9  # nodes times bits, some minutes
_MAX_LOST_DIGITS = 2_000
_PILOT_DIGITS = 4
_MAX_ORDER = {1: 128, 2: 320, 3: 320}  # by rank; a rule costs the square of its order
_ELLIPSOID = {1: 1.0, 2: math.pi / 4, 3: math.pi / 6}  # its share of the box around it
_AGREEMENT = 2  # digits beyond those asked for to which two rules agree
_LEAST_GROWTH, _MOST_GROWTH = 1.1, 2.0  # of the order, from one rule to the next


@dataclass(frozen=True, eq=False)
class OraclePopulation:
    """The population quantities of a mixture of n components in d dimensions.

    loss, fisher_divergence: mpf. responsibilities, weights: (n,). overlap: (n, n).
    gradient, positions, means: (n, d); positions are E psi_i x. Arrays are object arrays of mpf.
    """

    loss: Scalar
    responsibilities: Objects
    overlap: Objects
    gradient: Objects
    fisher_divergence: Scalar
    positions: Objects
    means: Objects
    weights: Objects


def evaluate(problem: Problem, digits: int, vanishing: bool = False) -> OraclePopulation:
    """All quantities of a problem to this many digits, however small they are."""
    if vanishing or not problem.rank:
        return _integrate(problem, digits, lost=0)
    _refuse_the_hopeless(problem, digits)
    return _integrate(problem, digits, _lost_digits(problem, digits))


def _refuse_the_hopeless(problem: Problem, digits: int) -> None:
    """Refuse, before any pilot run, what takes too many nodes even if no digits are lost."""
    with mpmath.workdps(4 * GUARD):
        floats = _integrands(problem).floats()
    _planned(floats, region(floats, digits, lost=0), digits, lost=0)


def _lost_digits(problem: Problem, digits: int) -> int:
    """How far below 1 the smallest of loss, Fisher divergence and gradient lies, in digits.

    Near an optimum the loss is of fourth order in the means, in a trap the gradient is
    exponentially small: pilot runs with ever smaller absolute error find out.
    """
    several = len(problem.truth) > 1
    lost = 0
    while not several or lost < 2 * digits:
        pilot = _integrate(problem, _PILOT_DIGITS, lost)
        smallest = min(pilot.loss, pilot.fisher_divergence, abs(pilot.gradient).max())
        below = math.ceil(-mpmath.log10(smallest)) if smallest > 0 else 0
        if smallest > 0 and below <= lost + _PILOT_DIGITS // 2:
            return max(below, 0)
        lost = max(2 * lost + 8, below)
        if lost > _MAX_LOST_DIGITS:
            raise TooExpensive(
                f"the loss, the Fisher divergence or the gradient is below 10^-{lost // 2}, "
                "too small for the oracle to resolve"
            )
    return 2 * digits


def _integrate(problem: Problem, digits: int, lost: int) -> OraclePopulation:
    """The quantities, relatively or to 10^-(digits + lost), by rules that agree."""
    n, r = len(problem.means), problem.rank
    with mpmath.workdps(digits + lost + 4 * GUARD):
        integrands = _integrands(problem)
        frame = integrands.frame
        values = _refined(integrands, digits, lost) if r else _constant(problem.weights)
        loss, fisher, pull, place, p, overlap = np.split(values, _sections(n, r))
        offset_squared = frame.offset @ frame.offset
        return OraclePopulation(
            loss=loss[0] + offset_squared / 2,
            responsibilities=p,
            overlap=overlap.reshape(n, n),
            gradient=frame.lifted(pull.reshape(n, r), p),
            fisher_divergence=fisher[0] + offset_squared,
            positions=frame.lifted(place.reshape(n, r), 0 * p)
            + p[:, None] * mpf_array([problem.origin]),
            means=mpf_array(problem.means),
            weights=mpf_array([problem.weights])[0],
        )


def _constant(weights: Row) -> Objects:
    """The values where all means agree, and so psi_i = pi_i."""
    pi = mpf_array([weights])[0]
    return np.concatenate([[mpmath.mpf(0), mpmath.mpf(0)], pi, np.outer(pi, pi).ravel()])


def _integrands(problem: Problem) -> Integrands:
    """The means and weights in the working precision."""
    return Integrands(problem.frame(), _logs(problem.weights), _logs(problem.truth_weights))


def _logs(weights: Row) -> Objects:
    return np.array([mpmath.log(mpf(weight)) for weight in weights], dtype=object)


def _sections(n: int, r: int) -> list[int]:
    """Where loss, Fisher divergence, gradient, positions and responsibilities end."""
    return [1, 2, 2 + n * r, 2 + 2 * n * r, 2 + 2 * n * r + n]


def _refined(integrands: Integrands, digits: int, lost: int) -> Objects:
    """The values by rules of rising order, when two agree to digits + 2 digits."""
    floats = integrands.floats()
    where = region(floats, digits, lost)
    rule = _planned(floats, where, digits, lost)
    values = _values(integrands, floats, where, rule, digits + lost + GUARD)
    growth, common, needed = _LEAST_GROWTH, 0.0, digits + _AGREEMENT
    while common < needed:
        rule = [replace(axis, order=_next_order(growth * axis.order)) for axis in rule]
        previous, values = values, _values(integrands, floats, where, rule, digits + lost + GUARD)
        common = _common_digits(previous, values, floats.student.shape, lost)
        # the digits of a rule grow as its order
        growth = min(max(needed / max(common, 1.0), _LEAST_GROWTH), _MOST_GROWTH)
    return values


def _common_digits(old: Objects, new: Objects, shape: tuple[int, ...], lost: int) -> float:
    """To how many digits the values of two rules agree.

    Relatively, or beyond 10^-lost for all but the responsibilities and overlaps.
    """
    r, n = shape
    floors = [mpmath.mpf(10) ** -k for k in (lost, lost, lost, lost, FLOOR_DIGITS, FLOOR_DIGITS)]
    scales = [abs(part) for part in np.split(new, _sections(n, r))]
    for rows in (2, 3):
        scales[rows] = np.full(n * r, scales[rows].max())
    scale = np.concatenate([np.maximum(a, b) for a, b in zip(scales, floors, strict=True)])
    difference = (abs(new - old) / scale).max()
    return float(-mpmath.log10(difference)) if difference else math.inf


def _values(
    integrands: Integrands, floats: Profile, where: Region, rule: list[Panels], log_digits: int
) -> Objects:
    """Loss, Fisher divergence, gradient, positions, responsibilities and overlaps by one rule."""
    spread, (r, n) = floats.spread(), floats.student.shape
    grid = [panels.nodes() for panels in rule]
    _affordable(math.prod(len(axis) for axis in grid), 53, spread)
    count, cancelled = 0, -math.inf
    used = [np.zeros(len(axis), dtype=bool) for axis in grid]
    for lines in counted(floats, where.least, grid):
        count += len(lines.node)
        cancelled = max(cancelled, lines.cancelled)
        used[0][lines.node] = True
        for mark, index in zip(used[1:], lines.others, strict=True):
            mark[index[lines.line]] = True
    nats = cancelled - float(where.least.min()) + 2 * math.log(2 + float(spread.sum()))
    bits = 30 * math.ceil(nats / math.log(2) / 30 + 1)  # Python stores 30 bits at a time
    _affordable(count, bits, spread)

    sums = Sums(integrands, FixedPoint(bits, math.ceil(log_digits * math.log2(10)) + 30))
    tables = []
    for k, (panels, mark) in enumerate(zip(rule, used, strict=True)):
        points, weights = panels.rule(bits)
        tables.append(sums.table(k, points[mark], weights[mark]))
    grid = [axis[mark] for axis, mark in zip(grid, used, strict=True)]
    total = sum(sums.over(lines, tables) for lines in counted(floats, where.least, grid))
    loss, fisher, place, p, overlap = np.split(
        total * mpmath.ldexp(1, -2 * bits), [1, 2, 2 + n * r, 2 + n * r + n]
    )
    pull = p[:, None] * integrands.frame.student.T - place.reshape(n, r)
    return np.concatenate([loss, fisher, pull.ravel(), place, p, overlap])


def _planned(floats: Profile, where: Region, digits: int, lost: int) -> list[Panels]:
    """The rule on each axis that is expected to be enough, if it is affordable.

    Of the box, only an ellipsoid counts, roughly.
    """
    spread = floats.spread()
    rule = [
        _panels(ends, width, digits, lost, _MAX_ORDER[len(spread)])
        for ends, width in zip(where.box, spread, strict=True)
    ]
    nodes = math.prod(axis.count * axis.order for axis in rule) * _ELLIPSOID[len(rule)]
    _affordable(nodes, math.ceil((digits + lost + GUARD) * math.log2(10)) + 30, spread)
    return rule


def _panels(ends: Floats, spread: float, digits: int, lost: int, max_order: int) -> Panels:
    """As few panels as the highest order allows."""
    low, high = (float(end) for end in ends)
    count = 1
    while (order := _order((high - low) / (2 * count), spread, digits, lost)) > max_order:
        count = math.ceil(count * max(order / max_order, 1.1))
    return Panels(low, high, count, math.ceil(order))


def _next_order(order: float) -> int:
    """The next multiple of 4: such orders come up often, so their nodes are known already."""
    return 4 * (math.floor(order / 4) + 1)


def _order(half: float, spread: float, digits: int, lost: int) -> float:
    """The order expected to be enough on a panel of this half-length.

    An integrand bounded by M on the ellipse through half +- and i b has an error of about
    M exp(-2 order asinh(b / half)). The responsibilities have poles about pi / spread off the real
    axis, where the Gaussian has grown by exp(b^2 / 2); what cancels has the error of the Gaussian
    itself. A wrong guess costs time only: the comparison of two rules decides.
    """
    nats = math.log(10) * (digits + _AGREEMENT + 1) + math.log1p(spread**2 / 2) / 2
    pole = math.pi / spread if spread > 0 else math.inf

    def enough(nats: float, nearest: float) -> float:
        b = np.linspace(0, min(nearest, 3 * math.sqrt(nats)), 101)[1:]
        return float(np.min((nats + b * b / 2) / (2 * np.arcsinh(b / half))))

    return max(enough(nats, pole), enough(nats + math.log(10) * lost, math.inf))


def _affordable(nodes: float, bits: int, spread: Floats) -> None:
    if nodes * bits > _MAX_WORK:
        raise TooExpensive(
            f"the oracle would need {nodes:.1e} nodes of {bits} bits for means spread over "
            f"{spread.max():.3g}; nodes times bits may be at most {_MAX_WORK:.0e}"
        )
