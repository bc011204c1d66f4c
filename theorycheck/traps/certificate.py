"""Bad local regions: for how many steps gradient EM is certainly stuck (truth N(0, I)).

**Trap certificate** (theory.md, group F, in a sharper form). Let 0 < eta <= 2, and split the
components into far ones A and near ones S, neither empty. Let r and R be the least and the largest
|mu_i(0)| on A, b = sqrt(sum_S |mu_k(0)|^2), b < B < a < r and delta = min(r - a, B - b). Then

    |mu_i(t)| >= a on A and |mu_k(t)| <= B on S  for all  t <= delta / (eta (R + delta) eps),

where eps is the sum over A of the bounds of E psi_i below, at the radii a and B.

**Responsibility of a far component.** If |mu_i| >= a and |mu_k| <= B < a on S, then for every tilt
0 <= l <= a/(a+B), with P = sum_S pi_k,

    E psi_i <= l^l (1-l)^{1-l} (pi_i/P)^l exp(-l(1-l) a^2/2 + l^2 a B + l(1+l) B^2/2).

l = 1/2 gives (1/2) sqrt(pi_i/P) exp(-a^2/8 + aB/4 + 3B^2/8); where pi_i = P the best l has the
exponent -(a-B)^2/8. Proof. By Jensen, sum_S pi_k e^{<x,mu_k> - |mu_k|^2/2} >= P e^{<x,m> - Q/2},
m and Q the averages of mu_k and |mu_k|^2; |m|^2 <= Q <= B^2. So psi_i <= 1/(1 + e^{-y}) with y
Gaussian of mean log(pi_i/P) - (|mu_i|^2 - Q)/2 and deviation |mu_i - m| <= |mu_i| + sqrt(Q). And
1/(1 + e^{-y}) <= l^l (1-l)^{1-l} e^{l y}, whose expectation falls with |mu_i| while
l(|mu_i| + B) <= |mu_i|, and rises with Q: put |mu_i| = a, Q = B^2.

**Proof of the certificate.** By induction, every far norm and the norm M = sqrt(sum_S |mu_k|^2) of
the near group move by at most V = eta (R + delta) eps in a step (M outward), as long as they have
moved by at most delta. A far mean moves by eta |E psi_i v|, and |v| <= R + delta. In the near group
grad_k = s_k + w_k, s_k = E psi_k v_S and w_k = E psi_k v_A, with v_S and v_A the two parts of v.
The sum of <mu_k, s_k> is E|v_S|^2, that of |s_k|^2 at most as much: so (mu_k - eta s_k) over S has
norm at most M for eta <= 2. And the sum of |w_k| is at most (R + delta) E psi_A.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, reduce

import flint

from theorycheck.arithmetic.arithmetics import FLOAT64, Ball, as_fmpq
from theorycheck.arithmetic.rounding import ceil_float, floor_float, midpoint
from theorycheck.errors import InvalidType
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Number, positive
from theorycheck.notebook import HtmlRecord
from theorycheck.traps.escape_time import EscapeTime, escape_time

__all__ = [
    "EscapeTime",
    "TrapCertificate",
    "escape_time",
    "explain_no_trap",
    "log_responsibility_bound",
    "trap_certificate",
]

_BALL = Ball(40)


@dataclass(frozen=True)
class TrapCertificate(HtmlRecord):
    """A proof that gradient EM is stuck.

    For every t <= exp(log_steps), the `far` components stay outside `radius` and the `near` ones
    within `near_radius`, so the steps until a far one comes closer are more than exp(log_steps).

    Attributes:
        log_steps: natural logarithm of a number of steps, certified and rounded down.
        far: indices of the components that are held.
        near: indices of the components that hold them.
        radius: a, the exact double that was used.
        near_radius: B, the exact double that was used.
        step_size: eta.
    """

    log_steps: float
    far: tuple[int, ...]
    near: tuple[int, ...]
    radius: float
    near_radius: float
    step_size: Fraction


def trap_certificate(mixture: Mixture, step_size: Number) -> TrapCertificate | None:
    """The best trap certificate over all splits into far and near components, and their radii.

    Args:
        mixture: the start, of any weights, dimension and rank; the truth is N(0, I).
        step_size: 0 < eta <= 1.

    Returns:
        The certificate with the most steps; None when none holds for a single step.

    Raises:
        InvalidValue: step_size is out of range.
        InvalidType: an argument is of the wrong type.

    Example:
        >>> trap_certificate(Mixture([12, -12, 0]), step_size=1).far
        (0, 1)

    Source:
        theory.md, group F, and the proof in this module.
    """
    best = _best(_checked(mixture), positive(step_size, "step_size", most=1))
    return best if best is not None and best.log_steps >= 0 else None


def explain_no_trap(mixture: Mixture, step_size: Number) -> str:
    """A sentence about the result of `trap_certificate`, whose arguments and errors it has."""
    best = _best(_checked(mixture), positive(step_size, "step_size", most=1))
    if best is None:
        return _no_split(mixture)
    held = f"the best bound holds {named(best.far)} outside radius {best.radius:.6g} for"
    if best.log_steps >= 0:
        return f"{held} at least e^{best.log_steps:.6g} steps"
    return f"{held} e^{best.log_steps:.3g} steps, which is less than one"


def named(components: tuple[int, ...]) -> str:
    """ "component 1", or "components 0, 1" with at most eight of their indices."""
    shown = ", ".join(str(index) for index in components[:8])
    if len(components) == 1:
        return f"component {shown}"
    return f"components {shown}{', …' if len(components) > 8 else ''}"


def _no_split(mixture: Mixture) -> str:
    with _BALL.scope():
        norms = _norms(mixture)
        least, most = reduce(flint.arb.min, norms), reduce(flint.arb.max, norms)
        low, high = (norm.str(6, radius=False) for norm in (least, most))
        if most == 0:
            return "all components are near: every mean is at the truth"
        if least.overlaps(most):
            return f"all components are far, at distance {low}: none near the truth holds them"
    return (
        f"the distances from the truth, {low} to {high}, leave no gap: some near group's root sum "
        "of squares would have to be below every far distance"
    )


def log_responsibility_bound(log_ratio: flint.arb, a: flint.fmpq, b: flint.fmpq) -> flint.arb:
    """log of an upper bound of E psi_i: |mu_i| >= a > b, the near ones within b (see the module).

    log_ratio: of pi_i to the weight of the near components. Evaluated at the working precision.
    """
    reach = a + b
    best = ((a - b) / 2 - log_ratio.mid().fmpq() / reach) / reach
    allowed = min(max(best, flint.fmpq(0)), a / reach)
    tilt = flint.arb(min(_double(allowed), a / reach))
    far, near = flint.arb(a), flint.arb(b)
    size = tilt * log_ratio + _log_power(tilt) + _log_power(1 - tilt)
    return (
        size
        - tilt * (1 - tilt) / 2 * far**2
        + tilt**2 * far * near
        + tilt * (1 + tilt) / 2 * near**2
    )


def _double(value: flint.fmpq) -> flint.fmpq:
    return flint.fmpq(*FLOAT64.scalar(value).as_integer_ratio())


def _log_power(x: flint.arb) -> flint.arb:
    """log of x^x."""
    return flint.arb(0) if x == 0 else x * x.log()


def _norms(mixture: Mixture) -> list[flint.arb]:
    """|mu_i|, n balls."""
    squares = (
        sum((flint.arb(as_fmpq(e)) ** 2 for e in row), flint.arb(0)) for row in mixture.means
    )
    return [square.sqrt() for square in squares]


@dataclass(frozen=True)
class _Split:
    """Far and near components: r, R and b of the theorem, and log(pi_i/P) with multiplicities."""

    far: tuple[int, ...]
    near: tuple[int, ...]
    nearest: flint.arb
    farthest: flint.arb
    near_norm: flint.arb
    log_ratios: list[tuple[flint.arb, int]]


def _splits(mixture: Mixture) -> Iterator[_Split]:
    """All splits the theorem allows: those by norm, as b >= |mu_k| on S must be below r.

    Each far norm beyond the first split doubles the energy, so there are few.
    """
    norms = _norms(mixture)
    order = sorted(range(len(norms)), key=lambda i: midpoint(norms[i]))
    energy = flint.arb(0)
    for count, last in enumerate(order[:-1], start=1):
        energy += norms[last] ** 2
        if not energy.sqrt() < norms[order[count]]:
            continue
        far, near = order[count:], order[:count]
        held = sum((flint.arb(as_fmpq(mixture.weights[k])) for k in near), flint.arb(0))
        weights = Counter(mixture.weights[i] for i in far)
        yield _Split(
            tuple(sorted(far)),
            tuple(sorted(near)),
            reduce(flint.arb.min, (norms[i] for i in far)),
            reduce(flint.arb.max, (norms[i] for i in far)),
            energy.sqrt(),
            [((flint.arb(as_fmpq(w)) / held).log(), many) for w, many in weights.items()],
        )


def _radii(split: _Split) -> Iterator[tuple[float, float]]:
    """Candidates (a, B), a = r - delta and B = b + delta, dense about the best delta.

    log(steps) is log(delta) + (z - delta)^2 / 2 but for slow terms, z the distance from the truth
    to where the likeliest far component takes over: largest at delta = 2 / (z + sqrt(z^2 - 4)).
    """
    r, b = floor_float(split.nearest), ceil_float(split.near_norm)
    if not b < r:
        return
    gap = r / 2 - b / 2
    log_ratio = max(midpoint(ratio) for ratio, _ in split.log_ratios)
    z = max(gap - log_ratio / (r + b), 2.0)
    best = 2 / (z + math.sqrt(z - 2) * math.sqrt(z + 2))
    for delta in [best * 2 ** (k / 4) for k in range(-8, 9)] + [gap * k / 8 for k in range(1, 8)]:
        # A radius has no more than the precision of a double: keep away from the edge.
        delta = max(delta, 4 * math.ulp(r))
        if b + delta < r - delta:
            yield r - delta, b + delta


def _checked(mixture: object) -> Mixture:
    if not isinstance(mixture, Mixture):
        raise InvalidType(f"mixture is a {type(mixture).__name__}; give a Mixture")
    return mixture


@lru_cache(maxsize=256)
def _best(mixture: Mixture, step_size: Fraction) -> TrapCertificate | None:
    """The certificate with the most steps, even if below 1; None when no split is allowed.

    Kept: whether a start is in a trap is asked before what happens there.
    """
    with _BALL.scope(_extra_digits(mixture)):
        found = (
            TrapCertificate(floor_float(steps), split.far, split.near, a, b, step_size)
            for split in _splits(mixture)
            for a, b in _radii(split)
            if (steps := _log_steps(split, a, b, step_size)) is not None
        )
        return max(found, key=lambda certificate: certificate.log_steps, default=None)


def _extra_digits(mixture: Mixture) -> int:
    """Digits that the largest exponent, of the order of max |mu_i|^2, has before the point."""
    with _BALL.scope():
        largest = 1 + reduce(flint.arb.max, _norms(mixture))
        return math.ceil(2 * midpoint(largest.log()) / math.log(10))


def _log_steps(split: _Split, a: float, b: float, step_size: Fraction) -> flint.arb | None:
    """log of the theorem's number of steps at a and B; None unless b < B < a < r is certain."""
    delta = (split.nearest - flint.arb(a)).min(flint.arb(b) - split.near_norm)
    if not (delta > 0 and a > b):
        return None
    far, near = (flint.fmpq(*radius.as_integer_ratio()) for radius in (a, b))
    logs = [
        (log_responsibility_bound(log_ratio, far, near), many)
        for log_ratio, many in split.log_ratios
    ]
    # Taken out of the sum, so that it cannot underflow.
    largest = reduce(flint.arb.max, (log for log, _ in logs))
    sum_of_bounds = sum(((log - largest).exp() * many for log, many in logs), flint.arb(0))
    speed = flint.arb(as_fmpq(step_size)) * (split.farthest + delta)
    return delta.log() - speed.log() - largest - sum_of_bounds.log()
