"""Group D of theory.md, continued: rates with the sharper constants of group C. See `runs`."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np

from theorycheck.arithmetic.arithmetics import Scalar
from theorycheck.claims.constants import Ratio
from theorycheck.claims.runs import (
    CERTIFICATE,
    EXAMPLES,
    RUN,
    STUCK,
    Start,
    cubic_rate,
    energy_fall_rate,
    energy_falls,
    falls_cubically,
    falls_like_a_square,
    run_of,
)
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements import claim as declare
from theorycheck.statements.comparison import Comparison, at_most, proof_step
from theorycheck.statements.point import Point

inequality = partial(declare.inequality, group="D")

_SYMMETRIC = Case(Mixture([8, -8, 0]), Fraction(1), steps=8)
_TINY_PAIR = Case(Mixture(["1/1000", "-1/1000"]), Fraction(1, 100), steps=8)
_TRIVIALLY = r"trivially as $\eta \to 0$ with $t$ fixed"


@inequality(
    "rate-t2",
    r"L(t) \le \frac{1}{(L(0)^{-1/2} + \gamma t)^2}, \quad \gamma = \frac{7}{5}"
    r"\, \frac{\eta (1 - \eta/2) \pi_{\min} e^{-0.896\, U(0)}}{\sqrt{U(0)} + \sqrt r},"
    r" \quad 0 < \eta < 2",
    sharp_when=r"the order $1/t^2$ is exact; a factor 8.2 is left for equal weights as "
    r"$t \to \infty$, then $U(0)$ and $\eta \to 0$",
    compared=(
        r"$1 / \sqrt{\gamma t}$ with $e^{-16 U(0)}$ (Xu, Fazel and Du)",
        r"$1 / (\gamma t)^2$ with $e^{-0.896\, U(0)}$",
        r"the order $1/t^2$; $\gamma$ at most $20/7$ times as large",
    ),
    domain=RUN,
    examples=EXAMPLES,
    certificate=CERTIFICATE + "L(t+1)^(-1/2) >= L(t)^(-1/2) + gamma, with gamma from the start",
    cost=20,
)
def rate_t2(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    """The order 1/t^2, which is the true one, for every n, d and weights; the paper has 1/sqrt t.

    lojasiewicz-sharp in likelihood-decrease: L+ <= L - 2 g L^{3/2}, and L^{-1/2} is convex. R^2 and
    D^2 are at most a^2 and (a + b)^2 with a^2 + b^2 <= U, so R^2/4 + 3 D^2/8 <= (4 + sqrt 10) U/8,
    and U never increases.
    """
    return falls_like_a_square(at, step_size, steps, root_rate(Start.of(at, step_size)))


@rate_t2.control("without the factor $e^{-0.896\\, U(0)}$", examples=(_SYMMETRIC,))
def _no_exponential(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    rate = root_rate(Start.of(at, step_size), decay=Fraction(0))
    return falls_like_a_square(at, step_size, steps, rate)


@rate_t2.control("$\\tfrac{21}{5}$ in place of $\\tfrac75$", examples=(_TINY_PAIR,))
def _three_times(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    rate = root_rate(Start.of(at, step_size), factor=Fraction(21, 5))
    return falls_like_a_square(at, step_size, steps, rate)


def root_rate(
    start: Start, factor: Fraction = Fraction(7, 5), decay: Fraction = Fraction(896, 1000)
) -> Ratio:
    """The gamma of rate-t2; with another factor, or another decay, it is not proved."""
    exponent = decay.numerator * start.energy / decay.denominator
    size = start.gain * start.lightest * np.exp(-exponent)
    return Ratio(factor.numerator * size / factor.denominator, start.reach)


def _sharp_energy_rate(start: Start, decay: Fraction = Fraction(1, 2)) -> Ratio:
    """The kappa of energy-rate-sharp."""
    exponent = decay.numerator * start.energy / decay.denominator
    return energy_fall_rate(start, start.lightest * start.lightest * np.exp(-exponent))


@inequality(
    "energy-rate-sharp",
    r"U(t) \le \frac{U(0)}{1 + \kappa U(0) t}, \quad \kappa = \frac{\eta (2 - \eta)"
    r" \pi_{\min}^2 e^{-U(0)/2}}{(\sqrt{U(0)} + \sqrt r)^2}, \quad 0 < \eta < 2",
    sharp_when=_TRIVIALLY + "; and where energy-rate is",
    compared=(
        "none for $U$",
        "$1/t$ with $e^{-U(0)/2}$",
        "the order $1/t$",
    ),
    domain=RUN,
    examples=EXAMPLES,
    certificate=CERTIFICATE + "1/U(t+1) >= 1/U(t) + kappa, with kappa from the start",
    cost=20,
)
def energy_rate_sharp(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    """energy-rate with half of its exponent, by responsibility-floor-sharp."""
    return energy_falls(at, step_size, steps, _sharp_energy_rate(Start.of(at, step_size)))


@energy_rate_sharp.control("without the factor $e^{-U(0)/2}$", examples=(STUCK,))
def _free_energy(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    rate = _sharp_energy_rate(Start.of(at, step_size), Fraction(0))
    return energy_falls(at, step_size, steps, rate)


@inequality(
    "rate-explicit-sharp",
    r"L(t) \le \frac{1}{\sqrt{L(0)^{-2} + \gamma t}}, \quad \gamma = \frac{16 \eta (1 - \eta/2)"
    r" \pi_{\min} e^{-U(0)}}{(\sqrt{U(0)} + \sqrt r)^4}, \quad 0 < \eta < 2",
    sharp_when=_TRIVIALLY,
    domain=RUN,
    examples=EXAMPLES,
    certificate=CERTIFICATE + "1/L(t+1)^2 >= 1/L(t)^2 + gamma, with gamma from the start",
    cost=20,
)
def rate_explicit_sharp(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    """rate-explicit with half of its exponent, by responsibility-floor-sharp."""
    start = Start.of(at, step_size)
    rate = cubic_rate(start, start.lightest * np.exp(-start.energy))
    return falls_cubically(at, step_size, steps, rate)


@rate_explicit_sharp.control("without the factors $\\pi_{\\min} e^{-U(0)}$", examples=(STUCK,))
def _free_loss(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    rate = cubic_rate(Start.of(at, step_size), at.number(Fraction(1)))
    return falls_cubically(at, step_size, steps, rate)


@inequality(
    "rate-squared-explicit",
    r"L(T) \le \frac{1}{L(0)^{-1} + c \bigl( T / U(0) + \tfrac12 \kappa T (T - 1) \bigr)}, \quad"
    r" c = 4 \eta (1 - \tfrac{\eta}{2}) e^{-U(0)}, \ \kappa \text{ of energy-rate-sharp}",
    sharp_when=_TRIVIALLY + r"; a factor 4 is left for equal weights as $T \to \infty$, then "
    r"$U(0)$ and $\eta \to 0$",
    domain=RUN,
    examples=EXAMPLES,
    certificate=CERTIFICATE + "1/L(t+1) >= 1/L(t) + c/U(t), with c from the start, and "
    "1/U(t+1) >= 1/U(t) + kappa",
    cost=20,
)
def rate_squared_explicit(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    """The order 1/T^2 with the explicit log-Sobolev constant: 1/L+ >= 1/L + c/U(t), summed.

    By log-sobolev-diameter, with D^2 <= 2 U(0), F >= 2 e^{-U(0)/2} L, and |grad|^2 >= F^2/U.
    """
    return _sums(at, step_size, steps, Fraction(1), Fraction(1, 2))


@rate_squared_explicit.control(
    "without $e^{-U(0)}$ in $c$, and without the exponential in $\\kappa$", examples=(_SYMMETRIC,)
)
def _free_sum(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    return _sums(at, step_size, steps, Fraction(0), Fraction(0))


def _sums(
    at: Point, step_size: Scalar, steps: int, decay: Fraction, slower: Fraction
) -> list[Comparison]:
    """The bound, times the denominators of T/U0 and kappa; and its two steps."""
    run, start = run_of(at, step_size, steps), Start.of(at, step_size)
    c = 4 * start.gain * np.exp(-at.number(decay) * start.energy)
    rate = _sharp_energy_rate(start, slower)
    kappa, unit, energy = rate.above, rate.below, start.energy
    pairs = run.times * (run.times - 1) // 2
    growth = c * at.loss * (unit * run.times + energy * kappa * pairs)
    before, after = run.before, run.after
    return [
        at_most(run.path.loss * (unit * energy + growth), unit * energy * at.loss),
        proof_step(after.loss * (before.energy + c * before.loss), before.energy * before.loss),
        proof_step(after.energy * (unit + kappa * before.energy), unit * before.energy),
    ]
