"""The independent arbitrary-precision oracle of population gradient EM, in mpmath.

It works from the definition: p_i = E psi_i, grad_i = E psi_i (mu_i - x), and so on, integrated by
the trapezoidal rule over the affine span of the means, whose step is halved until two successive
results agree. It shares no numeric code with the rest of the package, so that agreement of the two
is evidence. Its digits are observed, not proven.

How it gets there. The responsibilities depend on x only through its coordinates y in the plane (or
line) spanned by the differences of means, so x = m + Q y + z with z ~ N(0, I) orthogonal to it.
Locating the integrand and sizing the grid is done in floats; the sums themselves run over big
integers in fixed point, which NumPy's object arrays add and multiply far faster than mpf numbers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import mpmath
import numpy as np
from mpmath.libmp import from_man_exp, mpf_log, to_fixed
from numpy.typing import NDArray

from theorycheck.errors import InvalidType, InvalidValue, TooExpensive, UnsupportedRank
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import MAX_DIGITS, Floats, Number, exact, shown

Scalar: TypeAlias = Any  # an mpf, or a Fraction where the input is exact
Row: TypeAlias = Sequence[Scalar]
Objects: TypeAlias = NDArray[Any]  # of mpf, or of int in fixed point

_MAX_RANK = 2
_MAX_WORK = 3e9  # nodes times bits, some minutes
_MAX_LOST_DIGITS = 2_000
_MAX_DISTANCE = 1e6  # beyond, floats cannot tell responsibilities apart
_GUARD = 5
_PILOT_DIGITS = 6
_FLOOR_DIGITS = 600  # overlaps below 10^-600 are accurate absolutely, not relatively
# The trapezoidal lattice and its refinements: each stage doubles the nodes, the last of a cycle
# completes the lattice of half the step. In the plane the centres of the cells come first.
_STAGES: dict[int, list[list[tuple[float, float]]]] = {
    1: [[(0.5, 0.0)]],
    2: [[(0.5, 0.5)], [(0.5, 0.0), (0.0, 0.5)]],
}


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


def population(
    mixture: Mixture, digits: int = 30, truth: Mixture | None = None
) -> OraclePopulation:
    """Loss, responsibilities, overlap, gradient, positions, Fisher divergence, to `digits` digits.

    Setting: theory.md section 0. The truth is N(0, I_d), or a mixture with unit covariances.
    Responsibilities and overlaps are relatively accurate down to 10^-600, the gradient relative to
    its largest entry, the loss and the Fisher divergence relatively; positions absolutely, to
    10^-digits. Where the student is the truth loss, gradient and Fisher divergence vanish, as they
    may against a truth of several components: then they are accurate absolutely as well.

    Raises UnsupportedRank when the differences of the student means, and those of the truth means,
    together span more than a plane; TooExpensive when the grid is out of reach; InvalidValue or
    InvalidType on bad input.
    """
    case = Case(mixture, truth=truth)
    digits = _whole("digits", digits, at_least=1)
    target = case.truth or _standard_gaussian(mixture)
    problem = _reduce(mixture.means, mixture.weights, target.means, target.weights)
    same = _merged(mixture) == _merged(target)
    return _evaluate(problem, digits, vanishing=same)


def gradient_em(
    mixture: Mixture,
    step_size: Number,
    steps: int,
    digits: int = 30,
    truth: Mixture | None = None,
) -> Objects:
    """The iterates mu_i <- mu_i - step_size * grad_i, an object array (steps + 1, n, d) of mpf.

    Each gradient is taken to ten more digits than asked. Raises as `population` does. The rank is
    that of each iterate, where components of the differences below the rounding error count as 0;
    it can exceed that of the start, by one for a start off the origin.
    """
    case = Case(mixture, truth=truth, step_size=exact(step_size, "step_size"))
    digits = _whole("digits", digits, at_least=1) + 10
    target = case.truth or _standard_gaussian(mixture)
    with mpmath.workdps(digits + 2 * _GUARD):
        eta = _mpf(case.step_size)
        truth_means = list(_mpf_array(target.means))
        path = [_mpf_array(mixture.means)]
        for _ in range(_whole("steps", steps, at_least=0)):
            means = list(path[-1])
            rounding = abs(path[-1]).max() * mpmath.mpf(10) ** -(digits + _GUARD)
            problem = _reduce(means, mixture.weights, truth_means, target.weights, rounding)
            path.append(path[-1] - eta * _evaluate(problem, digits).gradient)
    return np.array(path, dtype=object)


def _whole(name: str, value: object, at_least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise InvalidType(f"{name} is a {type(value).__name__}; give a whole number")
    if value < at_least:
        raise InvalidValue(f"{name} is {shown(int(value))}; it must be at least {at_least}")
    if name == "digits" and value > MAX_DIGITS:
        raise InvalidValue(f"digits is {shown(int(value))}; it must be at most {MAX_DIGITS}")
    return int(value)


def _standard_gaussian(mixture: Mixture) -> Mixture:
    return Mixture([[0] * mixture.dimension])


def _merged(mixture: Mixture) -> dict[tuple[Fraction, ...], Fraction]:
    """Total weight at each distinct mean: equal exactly when the densities are."""
    total: dict[tuple[Fraction, ...], Fraction] = {}
    for mean, weight in zip(mixture.means, mixture.weights, strict=True):
        total[mean] = total.get(mean, Fraction(0)) + weight
    return total


# --- Reduction to the affine span -----------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Problem:
    """Means relative to the first truth mean, and an orthogonal basis of all their differences.

    origin is that first truth mean, offset what the student means share orthogonally to the basis.
    The numbers are Fractions, so the rank is exact, or the mpf iterates of a trajectory.
    """

    means: Sequence[Row]
    origin: Row
    student: list[Row]
    truth: list[Row]
    weights: Row
    truth_weights: Row
    basis: list[Row]
    offset: Row

    @property
    def rank(self) -> int:
        return len(self.basis)

    def coordinates(self, vectors: list[Row]) -> Objects:
        """Orthonormal coordinates (2, k) in the basis, zero on the axes it does not need."""
        result = np.full((_MAX_RANK, len(vectors)), mpmath.mpf(0), dtype=object)
        for axis, direction in enumerate(self.basis):
            length = mpmath.sqrt(_mpf(_dot(direction, direction)))
            result[axis] = [_mpf(_dot(vector, direction)) / length for vector in vectors]
        return result

    def lifted(self, in_span: Objects, along_offset: Objects) -> Objects:
        """The d-dimensional rows with these coordinates (n, 2) and multiples of the offset."""
        rows: Objects = along_offset[:, None] * _mpf_array([self.offset])
        for axis, direction in enumerate(self.basis):
            length = mpmath.sqrt(_mpf(_dot(direction, direction)))
            rows = rows + in_span[:, axis, None] / length * _mpf_array([direction])
        return rows


def _reduce(
    means: Sequence[Row],
    weights: Row,
    truth_means: Sequence[Row],
    truth_weights: Row,
    rounding: Scalar = 0,
) -> _Problem:
    student = [_minus(mean, truth_means[0]) for mean in means]
    truth = [_minus(mean, truth_means[0]) for mean in truth_means]
    differences = [_minus(vector, student[0]) for vector in student[1:]] + truth[1:]
    basis = _orthogonal_basis(differences, rounding)
    offset = student[0]
    for direction in basis:
        offset = _orthogonal_part(offset, direction)
    origin = truth_means[0]
    return _Problem(means, origin, student, truth, weights, truth_weights, basis, offset)


def _orthogonal_basis(vectors: list[Row], rounding: Scalar) -> list[Row]:
    """Gram-Schmidt without normalising, longest vector first; vectors up to `rounding` are 0."""
    basis: list[Row] = []
    while vectors:
        longest = max(vectors, key=lambda vector: _dot(vector, vector))
        if _dot(longest, longest) <= rounding**2:
            break
        if len(basis) == _MAX_RANK:
            raise UnsupportedRank(
                f"the means span affinely more than {_MAX_RANK} dimensions; "
                f"the oracle integrates over at most {_MAX_RANK}"
            )
        basis.append(longest)
        vectors = [_orthogonal_part(vector, longest) for vector in vectors if vector is not longest]
    return basis


def _dot(u: Row, v: Row) -> Scalar:
    return sum(a * b for a, b in zip(u, v, strict=True))


def _minus(u: Row, v: Row) -> Row:
    return [a - b for a, b in zip(u, v, strict=True)]


def _orthogonal_part(vector: Row, direction: Row) -> Row:
    ratio = _dot(vector, direction) / _dot(direction, direction)
    return [a - ratio * b for a, b in zip(vector, direction, strict=True)]


def _mpf(value: Scalar) -> Scalar:
    if isinstance(value, Fraction):
        return mpmath.mpf(value.numerator) / value.denominator
    return mpmath.mpf(value)


def _mpf_array(rows: Sequence[Row]) -> Objects:
    return np.array([[_mpf(entry) for entry in row] for row in rows], dtype=object)


def _logs(weights: Row) -> Objects:
    return np.array([mpmath.log(_mpf(weight)) for weight in weights], dtype=object)


# --- Accuracy: how many digits cancellation will eat ----------------------------------------------


def _evaluate(problem: _Problem, digits: int, vanishing: bool = False) -> OraclePopulation:
    profile = _profile(problem)
    _refuse_the_hopeless(profile, problem.rank, digits)
    lost = 0 if vanishing or not problem.basis else _lost_digits(problem, profile, digits)
    return _integrate(problem, profile, digits, lost)


def _lost_digits(problem: _Problem, profile: _Profile, digits: int) -> int:
    """The digits by which the smallest of loss, Fisher divergence and gradient lies below 1.

    Near an optimum the loss is of fourth order in the means, in a trap the gradient is
    exponentially small: pilot runs with ever smaller absolute error find out.
    """
    several = len(problem.truth) > 1
    lost = 0
    while not several or lost < 2 * digits:
        pilot = _integrate(problem, profile, _PILOT_DIGITS, lost)
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


# --- Where the integrands live, in floats ---------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Profile:
    """The integrands in floats: coordinates (2, n) and log weights (n,), and the truth's."""

    student: Floats
    log_weights: Floats
    truth: Floats
    truth_log_weights: Floats

    def logs(self, inner: Floats, outer: float) -> tuple[Floats, Floats]:
        """log(psi_i psi_j p_truth), (n, n, k), and log(p_truth / p'), (k,), along a row of k nodes.

        p' is the student density as the tables hold it: its largest term on each axis made 1.
        """
        on_inner = _exponents(inner, self.student[0], self.log_weights)
        on_outer = _exponents(np.array([outer]), self.student[1])
        student = on_inner + on_outer
        truth = _exponents(inner, self.truth[0], self.truth_log_weights)
        log_truth = np.logaddexp.reduce(truth + _exponents(np.array([outer]), self.truth[1]))
        log_student = np.logaddexp.reduce(student)
        half = student - log_student + log_truth / 2
        log_ratio = log_truth - log_student + on_inner.max(axis=0) + on_outer.max()
        return half[:, None] + half[None], log_ratio

    def first_steps(self, digits: int, lost: int) -> list[float]:
        """The initial step on each axis."""
        spread = np.maximum(np.ptp(self.student, axis=1), np.ptp(self.truth, axis=1))
        return [_first_step(width, digits, lost) for width in spread]


def _exponents(points: Floats, centres: Floats, log_weights: Floats | float = 0.0) -> Floats:
    """log of weight * exp(-(y - centre)^2 / 2), (centres, points)."""
    columns = np.reshape(log_weights, (-1, 1))
    return np.asarray(columns - (points - centres[:, None]) ** 2 / 2)


def _profile(problem: _Problem) -> _Profile:
    with mpmath.workprec(64):
        profile = _Profile(
            problem.coordinates(problem.student).astype(float),
            _logs(problem.weights).astype(float),
            problem.coordinates(problem.truth).astype(float),
            _logs(problem.truth_weights).astype(float),
        )
    distance = float(np.abs(np.hstack([profile.student, profile.truth])).max())
    if not distance <= _MAX_DISTANCE:
        raise TooExpensive(
            f"some mean is {distance:.3g} away from the first mean of the truth; "
            f"the oracle reaches {_MAX_DISTANCE:.0e}"
        )
    return profile


@dataclass(frozen=True, eq=False)
class _Plan:
    """Initial steps and box of the lattice, the least log(psi_i psi_j p_truth) that counts (n, n),
    the fixed-point precision, and how many nodes the initial lattice has."""

    steps: list[float]
    box: list[tuple[float, float]]
    least: Floats
    bits: int
    nodes: float


def _plan(profile: _Profile, rank: int, digits: int, lost: int) -> _Plan:
    """Size the grid by a scan of the integrands on a coarse lattice.

    psi_i psi_j phi(y - t) is log-concave with curvature between 1 and 1 + D^2/2, D the spread of
    the means on an axis, and peaks within 2D of t. So the box contains every peak with a Gaussian
    tail around it, the scan cannot step over a peak, and the tail is small relative to it.
    """
    spread = np.ptp(profile.student, axis=1)
    curvature = 1 + spread**2 / 2
    relative = math.log(10) * (digits + _GUARD) + float(np.log(curvature).sum()) / 2
    absolute = relative + math.log(10) * lost
    reach = (2 * spread + math.sqrt(2 * absolute)) * (np.arange(_MAX_RANK) < rank)
    spacing = 0.7 / np.sqrt(curvature)
    low, high = profile.truth.min(axis=1) - reach, profile.truth.max(axis=1) + reach
    _affordable(float(np.prod((high - low) / spacing + 1)), 53, spread)
    inner, outer = (np.arange(low[k], high[k] + spacing[k], spacing[k]) for k in range(_MAX_RANK))
    peaks = np.max([profile.logs(inner, y)[0].max(axis=-1) for y in outer], axis=0)
    peaks = np.maximum(peaks, -math.log(10) * _FLOOR_DIGITS)
    least = np.minimum(peaks - relative, -absolute)

    corners, scanned, cancelled = [], 0, 0.0
    for y in outer:
        pairs, log_ratio = profile.logs(inner, y)
        counts = _counts(pairs, least)
        if counts.any():
            corners += [(inner[counts].min(), y), (inner[counts].max(), y)]
            scanned += int(counts.sum())
            cancelled = max(cancelled, float(log_ratio[counts].max()))
    margin = 2 * spacing * (reach > 0)
    box = list(zip(np.min(corners, axis=0) - margin, np.max(corners, axis=0) + margin, strict=True))

    steps = profile.first_steps(digits, lost)
    nodes = scanned * math.prod(float(spacing[k]) / steps[k] for k in range(rank))
    nats = cancelled - float(least.min()) + 2 * math.log(2 + float(spread.sum()))
    bits = math.ceil(nats / math.log(2)) + 30
    _affordable(2 * nodes, bits, spread)
    return _Plan(steps, box, least, bits, nodes)


def _counts(pairs: Floats, least: Floats) -> NDArray[np.bool_]:
    return np.asarray((pairs >= least[:, :, None]).any(axis=(0, 1)))


def _first_step(spread: float, digits: int, lost: int) -> float:
    """The step expected to be fine enough, rounded to a short binary number.

    The responsibilities have poles about a = pi / spread off the real axis, where the Gaussian has
    grown by exp(a^2 / 2); what cancels has the error of the Gaussian itself, exp(-2 pi^2 / h^2).
    A wrong guess costs time only: the halving decides.
    """
    nats = math.log(10) * (digits + _GUARD)
    a = min(math.sqrt(2 * nats), math.pi / spread if spread > 0 else math.inf)
    gaussian = math.pi * math.sqrt(2 / (nats + math.log(10) * lost))
    mantissa, exponent = math.frexp(min(2 * math.pi * a / (nats + a * a / 2), gaussian))
    return math.ldexp(math.floor(mantissa * 4096), exponent - 12)


def _refuse_the_hopeless(profile: _Profile, rank: int, digits: int) -> None:
    """Refuse, before any pilot run, if the bulk of the truth alone takes too many nodes."""
    width = 2 * math.sqrt(2 * math.log(10) * digits)
    nodes = math.prod(width / step for step in profile.first_steps(digits, lost=0)[:rank])
    bits = math.ceil((digits + _GUARD) * math.log2(10)) + 30
    _affordable(1.5 * nodes, bits, np.ptp(profile.student, axis=1))


def _affordable(nodes: float, bits: int, spread: Floats) -> None:
    if nodes * bits > _MAX_WORK:
        raise TooExpensive(
            f"the oracle would need {nodes:.1e} nodes of {bits} bits for means spread over "
            f"{spread.max():.3g}; nodes times bits may be at most {_MAX_WORK:.0e}"
        )


# --- The sums, in fixed point ---------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Axis:
    """Fixed-point tables along one axis of the lattice, k nodes.

    student (n, k): weighted Gaussians over their largest, whose logarithm is `largest` (k,).
    truth (m, k): the truth's weighted Gaussians.
    """

    floats: Floats
    points: Objects
    student: Objects
    largest: Objects
    truth: Objects


class _Integrator:
    """Trapezoidal sums over the lattice for one problem at one accuracy.

    Use it in a precision scope of plan.bits + 30. Numbers are integers, in units of 2^-bits.
    """

    def __init__(self, problem: _Problem, profile: _Profile, plan: _Plan, digits: int) -> None:
        self.profile, self.plan, self.bits = profile, plan, plan.bits
        self.rank = len(problem.basis)
        self.log_precision = math.ceil(digits * math.log2(10)) + 30
        self.centres = problem.coordinates(problem.student)
        self.truth_centres = problem.coordinates(problem.truth)
        self.log_weights = _logs(problem.weights)
        self.truth_log_weights = _logs(problem.truth_weights)
        self.student, self.truth = self.fixed(self.centres), self.fixed(self.truth_centres)

    def fixed(self, values: Objects) -> Objects:
        return _elementwise(lambda x: int(mpmath.ldexp(x, self.bits)), values)

    def log(self, values: Objects) -> Objects:
        precision, bits = self.log_precision, self.bits
        return _elementwise(
            lambda x: to_fixed(mpf_log(from_man_exp(x, -bits), precision, "n"), bits), values
        )

    def coset(self, steps: list[float], shift: tuple[float, float]) -> Objects:
        """The sums over the nodes (k + shift) * step: loss, Fisher, gradient and positions
        (n, 2), p, G, flat.

        In units of 2^-(2 bits), and of the cell.
        """
        inner, outer = (self._axis(k, steps[k], shift[k]) for k in range(_MAX_RANK))
        n = len(self.log_weights)
        total = np.zeros(2 + 5 * n + n * n, dtype=object)
        for row, y in enumerate(outer.floats):
            counts = _counts(self.profile.logs(inner.floats, y)[0], self.plan.least)
            if counts.any():
                total += self._row(inner, np.flatnonzero(counts), outer, row)
        return total

    def _axis(self, k: int, step: float, shift: float) -> _Axis:
        low, high = self.plan.box[k]
        points = np.arange(math.ceil(low / step - shift), math.floor(high / step - shift) + 1)
        floats = np.asarray((points + shift) * step if k < self.rank else [0.0], dtype=float)
        y = _elementwise(mpmath.mpf, floats.astype(object))
        student = -((y - self.centres[k][:, None]) ** 2) / 2
        truth = -((y - self.truth_centres[k][:, None]) ** 2) / 2
        if k == 0:
            student = student + self.log_weights[:, None]
            truth = truth + self.truth_log_weights[:, None]
        largest = student.max(axis=0)
        return _Axis(
            floats,
            self.fixed(y),
            self._exp(student - largest),
            self.fixed(largest),
            self._exp(truth),
        )

    def _exp(self, values: Objects) -> Objects:
        below = -self.bits  # exp(-bits) < 2^-bits
        return _elementwise(
            lambda x: int(mpmath.ldexp(mpmath.exp(x), self.bits)) if x > below else 0, values
        )

    def _row(self, inner: _Axis, nodes: NDArray[np.intp], outer: _Axis, row: int) -> Objects:
        """The contributions of some nodes along the inner axis, at one node of the outer one."""
        bits = self.bits
        density = (inner.student[:, nodes] * outer.student[:, row, None]) >> bits
        p = density.sum(axis=0)
        psi = (density << bits) // p
        truth = (inner.truth[:, nodes] * outer.truth[:, row, None]) >> bits
        p_truth = truth.sum(axis=0)
        truth_psi = (truth << bits) // p_truth
        mass = (p_truth * psi) >> bits

        log_ratio = self.log((p_truth << bits) // p) - inner.largest[nodes] - outer.largest[row]
        pull = [  # p_truth psi_i (mu_i - x), axis by axis
            (mass * (self.student[0][:, None] - inner.points[nodes])).sum(axis=1),
            mass.sum(axis=1) * (self.student[1] - outer.points[row]),
        ]
        place = [mass @ inner.points[nodes], mass.sum(axis=1) * outer.points[row]]
        fisher = 0
        for axis in range(_MAX_RANK):
            # the -x of grad log p = sum psi_i (mu_i - x) is the same on both sides
            score = (self.student[axis] @ psi - self.truth[axis] @ truth_psi) >> bits
            fisher += p_truth @ (score * score >> bits)
        return np.concatenate(
            [
                [p_truth @ log_ratio, fisher],
                np.stack(pull, axis=1).ravel(),
                np.stack(place, axis=1).ravel(),
                mass.sum(axis=1) << bits,
                (mass @ psi.T).ravel(),
            ]
        )


def _elementwise(function: Callable[[Any], Any], values: Objects) -> Objects:
    return np.array([function(value) for value in values.flat], dtype=object).reshape(values.shape)


def _integrate(problem: _Problem, profile: _Profile, digits: int, lost: int) -> OraclePopulation:
    """Halve the step until every result agrees with the one before to digits + 2 digits.

    Relatively, or to 10^-(digits + lost) for all but the responsibilities and overlaps.
    """
    n = len(problem.student)
    plan = _plan(profile, problem.rank, digits, lost)
    with mpmath.workprec(plan.bits + 30):
        integrator = _Integrator(problem, profile, plan, digits + lost + _GUARD)
        split = [1, 2, 2 + 2 * n, 2 + 4 * n]
        floors = [mpmath.mpf(10) ** -k for k in (lost, lost, lost, lost, _FLOOR_DIGITS)]

        def agree(old: Objects, new: Objects) -> bool:
            scales = [abs(part) for part in np.split(new, split)]
            for rows in (2, 3):
                scales[rows] = np.full(2 * n, scales[rows].max())
            scale = np.concatenate([np.maximum(a, b) for a, b in zip(scales, floors, strict=True)])
            return bool(np.all(abs(new - old) <= scale * mpmath.mpf(10) ** -(digits + 2)))

        values = _refine(integrator, agree)
        offset_squared = _mpf(_dot(problem.offset, problem.offset))
        _, _, pull, place, rest = np.split(values, split)
        responsibilities = rest[:n]
        in_span = problem.lifted(place.reshape(n, 2), 0 * responsibilities)
        return OraclePopulation(
            loss=values[0] + offset_squared / 2,
            responsibilities=responsibilities,
            overlap=rest[n:].reshape(n, n),
            gradient=problem.lifted(pull.reshape(n, 2), responsibilities),
            fisher_divergence=values[1] + offset_squared,
            positions=in_span + responsibilities[:, None] * _mpf_array([problem.origin]),
            means=_mpf_array(problem.means),
            weights=_mpf_array([problem.weights])[0],
        )


def _refine(integrator: _Integrator, agree: Callable[[Objects, Objects], bool]) -> Objects:
    """The sums on ever finer lattices, each reusing the nodes of the one before."""
    steps, rank = list(integrator.plan.steps), integrator.rank
    nodes = integrator.plan.nodes
    cell = math.prod((mpmath.mpf(step) for step in steps[:rank]), start=mpmath.mpf(1))
    unit = mpmath.ldexp(cell / mpmath.sqrt(2 * mpmath.pi) ** rank, -2 * integrator.bits)
    sums = integrator.coset(steps, (0.0, 0.0))
    values: Objects = sums * unit
    for stage in itertools.cycle(_STAGES.get(rank, [])):
        sums = sums + sum(integrator.coset(steps, shift) for shift in stage)
        nodes, unit = 2 * nodes, unit / 2
        if stage is _STAGES[rank][-1]:
            steps = [step / 2 for step in steps]
        previous, values = values, sums * unit
        if agree(previous, values):
            break
        _affordable(2 * nodes, integrator.bits, np.ptp(integrator.profile.student, axis=1))
    return values
