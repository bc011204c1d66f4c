"""Group G of theory.md, continued: EM on a mixture of two linear regressions without signal.

The model is y = s <x, b*> + noise with a sign s = +-1 of equal odds. Where b* = 0, a step of EM
leads from b to b' = E X Y tanh(Y <X, b>), X ~ N(0, I), Y ~ N(0, 1), which is parallel to b. Here b
is the first mean of a case. With q = |b'| / |b|, v = |b| and the variable T > 0 of
sech^2 y = E e^{-T y^2} (see `pairs`), Stein's identity gives q = E X^2 sech^2(v X Z) =
E (1 + 2 T v^2 V)^{-1/2}, where V has the law of X^2 weighed by X^2, so that E V = 3 and
E V^{-1/2} = E |X| = sqrt(2 / pi).

- Below: E T = 1, and (1 + t)^{-1/2} is convex in t = 2 T v^2 V, of mean 6 v^2.
- Above: pair-map, given V, has (1 + pi/2 v^2 V)^{-1/2}. With |.|_p, p = -1/2, the mean of that is
  |1 + pi/2 v^2 V|_p^{-1/2}, and |.|_p is superadditive on positive variables for p < 1 (Minkowski),
  so it is at most (1 + pi/2 v^2 |V|_p)^{-1/2}, where |V|_p = (E V^{-1/2})^{-2} = pi / 2. QED
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np

from theorycheck.arithmetic.arithmetics import Scalar
from theorycheck.arithmetic.functions import root, squared_norms
from theorycheck.arithmetic.integrals import pi, product_mean
from theorycheck.claims.sources import KWON, SOFTWARE
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements import claim as declare
from theorycheck.statements.comparison import Comparison, at_most
from theorycheck.statements.domain import Domain
from theorycheck.statements.point import Point

inequality = partial(declare.inequality, group="G")
existence = partial(declare.existence, group="G")

_STEP = r"b' = \mathbb{E}\, X Y \tanh(Y \langle X, b \rangle)"


def _has_first_mean(case: Case) -> bool:
    return any(case.mixture.means[0])


_ANY = Domain(
    components=(1, 3),
    dimension=(1, 3),
    radius=4.0,
    where=_has_first_mean,
    also="b is the first mean, and not 0",
)


def _size(at: Point) -> Scalar:
    """|b|."""
    return root(squared_norms(at.means)[0])


def _shrinkage(at: Point) -> Scalar:
    """|b'| / |b|."""
    size = _size(at)
    return product_mean(lambda p: p * np.tanh(size * p) / size, at.arithmetic)


@inequality(
    "mixed-regression-step",
    r"\frac{\|b\|}{\sqrt{1 + 6 \|b\|^2}} \le \|b'\| \le \frac{\|b\|}"
    r"{\sqrt{1 + \frac{\pi^2}{4} \|b\|^2}}, \quad " + _STEP,
    source=rf"own; {KWON.named} have $1 - 4 \|b\|^2$ and $1 - \|b\|^2$, for $\|b\| < 0.2$",
    references=(KWON, SOFTWARE),
    sharp_when=r"the first as $b \to 0$, the second as $\|b\| \to \infty$",
    compared=(
        r"$1 - \|b\|^2$ for $\|b\| < 0.2$ (Kwon et al.)",
        r"$1 / \sqrt{1 + \frac{\pi^2}{4} \|b\|^2}$ for all $b$",
        r"this, as $\|b\| \to \infty$",
    ),
    domain=_ANY,
    examples=(Case(Mixture(["3/5"])), Case(Mixture(["1/5"])), Case(Mixture([40]))),
)
def mixed_regression_step(at: Point) -> list[Comparison]:
    """One step of EM on two regressions without signal, from both sides (see the module)."""
    half = pi(at.arithmetic) / 2
    return _between(at, at.number(6), half * half)


def _between(at: Point, low: Scalar, high: Scalar) -> list[Comparison]:
    size, found = _size(at), _shrinkage(at)
    square = size * size
    return [at_most(1 / root(1 + low * square), found), at_most(found, 1 / root(1 + high * square))]


@mixed_regression_step.control("5.9 in place of 6", examples=(Case(Mixture(["1/20"])),))
def _smaller_below(at: Point) -> Comparison:
    return _between(at, at.number(Fraction(59, 10)), at.number(1))[0]


@mixed_regression_step.control("2.5 in place of $\\pi^2/4$", examples=(Case(Mixture([40])),))
def _larger_above(at: Point) -> Comparison:
    return _between(at, at.number(6), at.number(Fraction(5, 2)))[1]


@existence(
    "mixed-regression-as-stated",
    r"\|b'\| > \|b\| (1 - \|b\|^2) \text{ for some } b, \quad " + _STEP,
    origin="literature, as stated",
    source=f"the upper bound of Lemma 5 of {KWON.named}, which is stated for every $b$, and whose "
    "proof has $\\|b\\| < 0.2$; repaired for every $b$ in mixed-regression-step",
    references=(KWON, SOFTWARE),
    domain=_ANY,
    examples=(Case(Mixture(["3/5"])),),
)
def mixed_regression_as_stated(at: Point) -> Scalar:
    """A bound of the literature misses a hypothesis: it fails from |b| = 0.594 on."""
    size = _size(at)
    return size * _shrinkage(at) - size * (1 - size * size)


@mixed_regression_as_stated.control("$\\|b\\|$ in place of $\\|b\\| (1 - \\|b\\|^2)$")
def _grows(at: Point) -> Scalar:
    return _shrinkage(at) - 1
