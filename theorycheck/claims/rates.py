"""Group D of theory.md: rates along gradient EM, for the truth N(0, I). See `runs`."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Scalar
from theorycheck.arithmetic.functions import largest, root
from theorycheck.claims.constants import Ratio, inverse_sobolev
from theorycheck.claims.runs import (
    CERTIFICATE,
    CLOSE_PAIR,
    EXAMPLES,
    RUN,
    SLOW_PAIR,
    STUCK,
    Run,
    Start,
    cubic_rate,
    energy_fall_rate,
    energy_falls,
    falls_cubically,
    late,
    loss_falls,
    run_of,
)
from theorycheck.claims.sources import CHEN, PAPER, SOFTWARE
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements import claim as declare
from theorycheck.statements.comparison import Comparison, at_most, proof_step
from theorycheck.statements.domain import Domain
from theorycheck.statements.point import Point

implied_constant = partial(declare.implied_constant, group="D")
inequality = partial(declare.inequality, group="D")

# --- the constants, as functions of the start -----------------------------------------------------


def explicit_rate(start: Start) -> Ratio:
    """The gamma of rate-explicit."""
    return cubic_rate(start, start.lightest * np.exp(-2 * start.energy))


def inverse_energy_rate(start: Start) -> Ratio:
    """The kappa of energy-rate."""
    return energy_fall_rate(start, start.lightest * start.lightest * np.exp(-start.energy))


def inverse_loss_rate(start: Start) -> Ratio:
    """The c of rate-one-over-t."""
    sobolev = start.inverse_sobolev
    return _loss_rate(start, sobolev * sobolev)


def _loss_rate(start: Start, factor: Scalar) -> Ratio:
    return Ratio(4 * start.gain * factor, start.energy)


def halfway_rate(start: Start) -> Scalar:
    """The factor of T L(T) <= U(T/2) in rate-one-over-t-squared: eta (2 - eta)/C."""
    return 2 * start.gain * start.inverse_sobolev


def implied_rate(times: Array, losses: Array) -> Scalar:
    """The largest gamma with L(t) <= 1/sqrt(gamma (t + 1)) at some times of a trajectory."""
    return 1 / largest((times + 1) * losses * losses)


# --- the paper's rate -----------------------------------------------------------------------------


@implied_constant(
    "rate-paper",
    r"L(t) \le \frac{1}{\sqrt{\gamma t}}, \quad \gamma = c \, \eta (1 - \tfrac{\eta}{2}) \,"
    r" \frac{e^{-16 U(0)} \pi_{\min}^4}{n^2 d^2 (1 + R(0) \sqrt{dn})^4}"
    r" \text{ for some } c > 0 \text{: for } c = 2 \cdot 10^5, \quad 0 < \eta < 2",
    origin="paper",
    source=f"{PAPER}, recalled; there with eta in place of eta (1 - eta/2), for step sizes "
    "exponentially small in U(0). c = 200000 is own",
    references=(PAPER, SOFTWARE),
    compared=(
        r"$1/\sqrt t$ for some $c$",
        r"$c = 2 \cdot 10^5$",
        r"the order $1/t^2$ (rate-t2); here $c \le 3.1 \cdot 10^6$",
    ),
    domain=Domain(
        components=(2, 5),
        dimension=(1, 2),
        radius=2.0,
        open_above=True,
        steps=32,
        where=lambda case: not case.mixture.is_at_optimum,
        also="not all means at the optimum",
    ),
    examples=(*EXAMPLES, CLOSE_PAIR),
    certificate="the c implied by the first 8 steps from the exact start (one step if the affine "
    "rank is 2) and by the float64 iterates t = 10, 40, 120 (t = 3), each taken as exact",
    floor=Fraction(200_000),
    cost=20,
)
def rate_paper(at: Point, step_size: Scalar, steps: int) -> Scalar:
    """The largest c that a trajectory allows, for step sizes up to 2, far beyond the paper's.

    With t + 1 in place of t, which is stronger and also speaks of the start: c in units of the
    other factors is the smallest 1/((t + 1) L(t)^2). Without 1 - eta/2 there would be none: equal
    means, and eta near 2, keep L as it is for as long as you like.

    By lojasiewicz-sharp, with R^2 <= U and D^2 <= 2U, and likelihood-decrease, L^{-1/2} grows by
    g = sqrt 2 eta (1 - eta/2) pi_min e^{-U(0)}/(sqrt U(0) + sqrt r) a step, from a >= sqrt(2/W).
    As g <= a/4 for n >= 2, the inequality of the means gives 1/((t + 1) L^2) >=
    (a - g + g (t + 1))^4/(t + 1) >= (256/27) (a - g)^3 g >= 4 a^3 g. With r <= d, pi_min <= 1/n,
    W <= R^2 <= U <= n R^2 this makes c at least 16 n^5 (sqrt n + 1/R)^3 e^{15 R^2}, which for n = 2
    has the least value 204851, at R = 0.268. No c above 3.1e6 will do: that is what mu_1 = mu_2,
    eta = 1 and R = 0.217 give at t = 0.
    """
    return _in_papers_units(at, step_size, steps, Fraction(16))


@rate_paper.control("$c = 4 \\cdot 10^6$ in place of $2 \\cdot 10^5$", examples=(CLOSE_PAIR,))
def _larger_rate(at: Point, step_size: Scalar, steps: int) -> Scalar:
    return _in_papers_units(at, step_size, steps, Fraction(16)) / 20


@rate_paper.control(
    "$e^{-U(0)}$ in place of $e^{-16 U(0)}$",
    examples=(Case(Mixture(["3/4", "4/5"]), Fraction(1), steps=8),),
)
def _mild_rate(at: Point, step_size: Scalar, steps: int) -> Scalar:
    return _in_papers_units(at, step_size, steps, Fraction(1))


def _in_papers_units(at: Point, step_size: Scalar, steps: int, decay: Fraction) -> Scalar:
    n, d = at.components, at.dimension
    size = 1 + at.radius * root(at.number(Fraction(d * n)))
    square = size * size
    weight = at.smallest_weight * at.smallest_weight
    gain = Start.of(at, step_size).gain * np.exp(-at.number(decay) * at.energy)
    unit = gain * weight * weight / (n * n * d * d * square * square)
    return _implied_rate(at, step_size, steps) / unit


def _implied_rate(at: Point, step_size: Scalar, steps: int) -> Scalar:
    run = run_of(at, step_size, steps)
    times, losses = np.append(run.times, 0), np.append(run.path.loss, at.loss)
    if at.arithmetic.is_rigorous:
        times, losses = np.append(times, late(at)), np.append(losses, run.before.loss)
    return implied_rate(times, losses)


# --- explicit rates -------------------------------------------------------------------------------


@inequality(
    "rate-explicit",
    r"L(t) \le \frac{1}{\sqrt{L(0)^{-2} + \gamma t}}, \quad"
    r" \gamma = \frac{16 \eta (1 - \eta/2) \pi_{\min} e^{-2 U(0)}}{(\sqrt{U(0)} + \sqrt r)^4},"
    r" \quad 0 < \eta < 2",
    sharp_when=r"trivially as $\eta \to 0$ with $t$ fixed, where both sides tend to $L(0)$; not "
    "for large $t$, as $L(t)$ is of order $1/t^2$",
    domain=RUN,
    examples=EXAMPLES,
    certificate=CERTIFICATE + "1/L(t+1)^2 >= 1/L(t)^2 + gamma, with gamma from the start",
    cost=20,
)
def rate_explicit(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    """One step takes at least a multiple of L^3 off L.

    F >= c1 W^2 with c1 = e^{-U}/(sqrt U + sqrt r)^2 (stein-lower-bound and responsibility-floor;
    U never increases), so |grad|^2 >= F^2/U >= pi_min c1^2 W^3 >= 8 pi_min c1^2 L^3. Insert this in
    likelihood-decrease, and sum 1/L(t+1)^2 - 1/L(t)^2.
    """
    return falls_cubically(at, step_size, steps, explicit_rate(Start.of(at, step_size)))


@rate_explicit.control("without the factors $\\pi_{\\min} e^{-2U(0)}$", examples=(STUCK,))
def _no_exponential(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    rate = cubic_rate(Start.of(at, step_size), at.number(Fraction(1)))
    return falls_cubically(at, step_size, steps, rate)


@rate_explicit.control("$e^{-U(0)/8}$ in place of $e^{-2U(0)}$", examples=(STUCK,))
def _mild_exponential(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    start = Start.of(at, step_size)
    rate = cubic_rate(start, start.lightest * np.exp(-start.energy / 8))
    return falls_cubically(at, step_size, steps, rate)


@inequality(
    "energy-rate",
    r"U(t) \le \frac{U(0)}{1 + \kappa U(0) t}, \quad"
    r" \kappa = \frac{\eta (2 - \eta) \pi_{\min}^2 e^{-U(0)}}{(\sqrt{U(0)} + \sqrt r)^2},"
    r" \quad 0 < \eta < 2",
    sharp_when=r"as $t \to \infty$, then $U(0)$ and $\eta \to 0$, for equal weights and $\mu_1 = "
    r"-\mu_2$; trivially as $\eta \to 0$ with $t$ fixed",
    domain=RUN,
    examples=EXAMPLES,
    certificate=CERTIFICATE + "1/U(t+1) >= 1/U(t) + kappa, with kappa from the start",
    cost=20,
)
def energy_rate(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    """Every mean comes closer to the optimum on average, at a rate 1/t.

    U(t+1) <= U(t) - eta (2 - eta) F (energy-decrease) and F >= c1 W^2 >= c1 pi_min^2 U^2.
    """
    return energy_falls(at, step_size, steps, inverse_energy_rate(Start.of(at, step_size)))


@energy_rate.control("$e^{-U(0)/16}$ in place of $e^{-U(0)}$", examples=(STUCK,))
def _not_stuck(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    start = Start.of(at, step_size)
    factor = start.lightest * start.lightest * np.exp(-start.energy / 16)
    return energy_falls(at, step_size, steps, energy_fall_rate(start, factor))


@energy_rate.control(
    "$\\pi_{\\min}$ in place of $\\pi_{\\min}^2$",
    examples=(Case(Mixture(["1/1000", "-1/999000"], [1, 999]), Fraction(1), steps=8),),
)
def _light_component(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    start = Start.of(at, step_size)
    rate = energy_fall_rate(start, start.lightest * np.exp(-start.energy))
    return energy_falls(at, step_size, steps, rate)


@energy_rate.control("$1.05\\,\\kappa$ in place of $\\kappa$", examples=(SLOW_PAIR,))
def _faster_energy(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    rate = inverse_energy_rate(Start.of(at, step_size))
    faster = replace(rate, above=at.number(Fraction(105, 100)) * rate.above)
    return energy_falls(at, step_size, steps, faster)


@inequality(
    "rate-one-over-t",
    r"L(T) \le \frac{1}{L(0)^{-1} + cT}, \quad"
    r" c = \frac{4 \eta (1 - \eta/2)}{C^2 U(0)}, \quad C = 6 (4 U(0) + 1) e^{4 U(0)}",
    source=f"own use of the log-Sobolev constant of {CHEN}, recalled",
    references=(CHEN, SOFTWARE),
    sharp_when=r"trivially as $\eta \to 0$ with $t$ fixed, where both sides tend to $L(0)$; not "
    "for large $t$, as $L(t)$ is of order $1/t^2$",
    domain=RUN,
    examples=EXAMPLES,
    certificate=CERTIFICATE + "1/L(t+1) >= 1/L(t) + c, with c from the start",
    cost=20,
)
def rate_one_over_t(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    """One step takes at least a multiple of L^2 off L.

    log-sobolev gives L <= (C/2) F with R^2 <= U(0) for ever, so |grad|^2 >= F^2/U >=
    (2 L/C)^2/U(0); insert this in likelihood-decrease, and sum 1/L(t+1) - 1/L(t).
    """
    return loss_falls(at, step_size, steps, inverse_loss_rate(Start.of(at, step_size)))


@rate_one_over_t.control("$C = 1$", examples=(STUCK,))
def _unit_sobolev(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    rate = _loss_rate(Start.of(at, step_size), at.number(Fraction(1)))
    return loss_falls(at, step_size, steps, rate)


@rate_one_over_t.control("$e^{U(0)/32}$ in place of $e^{4U(0)}$ in $C$", examples=(STUCK,))
def _mild_sobolev(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    start = Start.of(at, step_size)
    sobolev = inverse_sobolev(start.energy, Fraction(1, 32)).value
    return loss_falls(at, step_size, steps, _loss_rate(start, sobolev * sobolev))


@inequality(
    "rate-one-over-t-squared",
    r"L(T) \le \frac{C \, U(T/2)}{\eta (2 - \eta) T} \text{ for even } T \ge 2, \quad"
    r" C = 6 (4 U(0) + 1) e^{4 U(0)}",
    source=f"own use of the log-Sobolev constant of {CHEN}, recalled",
    references=(CHEN, SOFTWARE),
    sharp_when=r"not: a factor $48$ is left for equal weights as $T \to \infty$, then $U(0)$ and "
    r"$\eta \to 0$",
    domain=RUN,
    examples=EXAMPLES,
    certificate="the bound for T = 2, 4, 6, 8 from the exact start (T = 2 if the affine rank is "
    "2); and, at the float64 iterates t = 10, 40, 120 (t = 3) of the trajectory, each taken as "
    "exact, the three one-step inequalities from which the bound follows: L <= C F/2 with C from "
    "the start, U(t+1) <= U(t) - eta (2 - eta) F(t), and L(t+1) <= L(t)",
    cost=20,
)
def rate_one_over_t_squared(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    """With energy-rate, which bounds U(T/2) by a multiple of 1/T, this is O(1/T^2).

    L decreases, so L(T) <= (C/2) F(t) for every t <= T (log-sobolev); and the T/2 values of F
    between T/2 and T sum to at most U(T/2)/(eta (2 - eta)) (fisher-budget), so one is small.
    """
    run, start = run_of(at, step_size, steps, least=2), Start.of(at, step_size)
    sobolev, rate = start.inverse_sobolev, 2 * start.gain
    before, after = run.before, run.after
    return [
        *_halfway(run, halfway_rate(start)),
        proof_step(2 * sobolev * before.loss, before.fisher_divergence),
        proof_step(after.energy + rate * before.fisher_divergence, before.energy),
        proof_step(after.loss, before.loss),
    ]


_CLUSTER = Case(Mixture([1, "21/20"]), Fraction(1, 2), steps=8)


@rate_one_over_t_squared.control("$C = \\tfrac15$", examples=(_CLUSTER,))
def _small_sobolev(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    rate = 10 * Start.of(at, step_size).gain
    return _halfway(run_of(at, step_size, steps, least=2), rate)


@rate_one_over_t_squared.control("$T^2$ in place of $T$, with $C = 1$", examples=(_CLUSTER,))
def _cubic_in_time(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    rate = 2 * Start.of(at, step_size).gain
    return _halfway(run_of(at, step_size, steps, least=2), rate, power=2)


def _halfway(run: Run, factor: Scalar, power: int = 1) -> list[Comparison]:
    """factor T^power L(T) <= U(T/2) for the even T >= 2 of a run of at least two steps."""
    ends = run.times[1::2]
    loss, energy = run.path.loss[1::2], run.path.energy[: len(ends)]
    return [at_most(factor * ends**power * loss, energy)]
