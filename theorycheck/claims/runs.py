"""Runs of gradient EM, from which the rates of group D are read off; N(0, I) is the truth.

A bound on t steps follows from an inequality between one iterate and the next. So two things are
checked: the bound itself from the exact start, for as many steps as the arithmetic can follow (the
radius of a ball grows about thirtyfold a step); and the one-step inequality far along the
trajectory, at float64 iterates taken as exact. Both sides of a bound are cleared of denominators,
so that a start at the optimum, or one so far out that an exponential underflows, needs no
exception.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Scalar
from theorycheck.arithmetic.functions import root
from theorycheck.claims.constants import Ratio, inverse_sobolev, reach
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements.comparison import Comparison, at_most, proof_step
from theorycheck.statements.cost import EXPENSIVE_RANK, STEP_COST
from theorycheck.statements.domain import Domain
from theorycheck.statements.point import Path, Point

LATE = (10, 40, 120)
LATE_RANK_2 = (3,)

_COLLINEAR = Mixture([[1, "1/2"], [-2, -1], ["1/2", "1/4"]], [3, 1, 2])
_TRIANGLE = Mixture([[1, "1/4"], ["-1/2", "3/4"], [0, -1]], [3, 2, 2])
EXAMPLES = (Case(_COLLINEAR, Fraction(3, 2), steps=32), Case(_TRIANGLE, Fraction(1), steps=32))
STUCK = Case(Mixture([12, 0]), Fraction(1), steps=8)
"""The second component keeps the data to itself: the first hardly moves."""
SLOW_PAIR = Case(Mixture(["1/100", "-1/100"]), Fraction(1, 100), steps=8)
CLOSE_PAIR = Case(Mixture(["1/5", "21/100"]), Fraction(1), steps=8)
RUN = Domain(components=(1, 4), dimension=(1, 2), radius=12.0, open_above=True, steps=32)
CERTIFICATE = (
    "the bound for 8 steps from the exact start (one step if the affine rank is 2); "
    "and, at the float64 iterates t = 10, 40, 120 (t = 3) of the trajectory, each taken as exact, "
    "the one-step inequality from which the bound follows: "
)


@dataclass(frozen=True, eq=False)
class Run:
    """A trajectory, as far as an arithmetic can follow it.

    path: from the exact start, times 1, 2, …. before, after: single steps.
    """

    path: Path
    times: Array
    before: Path
    after: Path


def run_of(at: Point, step_size: Scalar, steps: int, least: int = 1) -> Run:
    """A run of some steps: fewer where they are expensive, but at least `least`."""
    count = steps if at.affine_rank < EXPENSIVE_RANK else max(least, steps // STEP_COST)
    before, after = at.moves(step_size, count, late(at))
    path = at.path(step_size, count).part(slice(1, None))
    return Run(path, np.arange(1, count + 1), before, after)


def late(at: Point) -> tuple[int, ...]:
    """The times of the float64 iterates at which single steps are certified."""
    return LATE if at.affine_rank < EXPENSIVE_RANK else LATE_RANK_2


@dataclass(frozen=True, eq=False)
class Start:
    """The quantities at the start of a run, and its step size, that the rates depend on.

    They are numbers of one arithmetic: floats or balls. rank is the rank r of the means.
    """

    step_size: Scalar
    energy: Scalar
    lightest: Scalar
    rank: Scalar

    @classmethod
    def of(cls, at: Point, step_size: Scalar) -> Start:
        """The start of a run from a point."""
        return cls(step_size, at.energy, at.smallest_weight, at.number(Fraction(at.rank)))

    @property
    def gain(self) -> Scalar:
        """eta (1 - eta/2): what likelihood-decrease leaves of the step size."""
        return self.step_size * (1 - self.step_size / 2)

    @property
    def reach(self) -> Scalar:
        """sqrt(U0) + sqrt(r)."""
        return reach(self.energy, self.rank)

    @property
    def inverse_sobolev(self) -> Scalar:
        """1/C with the C of log-sobolev, for R^2 <= U0."""
        return inverse_sobolev(self.energy).value


def cubic_rate(start: Start, factor: Scalar) -> Ratio:
    """16 eta (1 - eta/2) factor / (sqrt(U0) + sqrt(r))^4."""
    reach = start.reach
    return Ratio(16 * start.gain * factor, reach * reach * reach * reach)


def energy_fall_rate(start: Start, factor: Scalar) -> Ratio:
    """eta (2 - eta) factor / (sqrt(U0) + sqrt(r))^2."""
    return Ratio(2 * start.gain * factor, start.reach * start.reach)


# --- a quantity falls at a rate -----------------------------------------------------------------


def falls_cubically(at: Point, step_size: Scalar, steps: int, rate: Ratio) -> list[Comparison]:
    """L^2 (q + g t L0^2) <= q L0^2 along the path, and L+^2 (q + g L^2) <= q L^2 for steps."""
    run, gamma, unit = run_of(at, step_size, steps), rate.above, rate.below
    square, start = run.path.loss * run.path.loss, at.loss * at.loss
    before, after = run.before.loss * run.before.loss, run.after.loss * run.after.loss
    return [
        at_most(square * (unit + gamma * run.times * start), unit * start),
        proof_step(after * (unit + gamma * before), unit * before),
    ]


def falls_like_a_square(at: Point, step_size: Scalar, steps: int, rate: Ratio) -> list[Comparison]:
    """sqrt L (q + g t sqrt L0) <= q sqrt L0 along the path, and the same for steps."""
    run, gamma, unit = run_of(at, step_size, steps), rate.above, rate.below
    first, before, after = root(at.loss), root(run.before.loss), root(run.after.loss)
    return [
        at_most(root(run.path.loss) * (unit + gamma * run.times * first), unit * first),
        proof_step(after * (unit + gamma * before), unit * before),
    ]


def energy_falls(at: Point, step_size: Scalar, steps: int, rate: Ratio) -> list[Comparison]:
    """U (q + k t U0) <= q U0 along the path, and U+ (q + k U) <= q U for steps."""
    run, kappa, unit = run_of(at, step_size, steps), rate.above, rate.below
    energy, start = run.path.energy, at.energy
    return [
        at_most(energy * (unit + kappa * run.times * start), unit * start),
        at_most(run.after.energy * (unit + kappa * run.before.energy), unit * run.before.energy),
    ]


def loss_falls(at: Point, step_size: Scalar, steps: int, rate: Ratio) -> list[Comparison]:
    """L (q + c t L0) <= q L0 along the path, and L+ (q + c L) <= q L for steps."""
    run, c, unit = run_of(at, step_size, steps), rate.above, rate.below
    before, after = run.before.loss, run.after.loss
    return [
        at_most(run.path.loss * (unit + c * run.times * at.loss), unit * at.loss),
        proof_step(after * (unit + c * before), unit * before),
    ]
