"""Integrals and special values in either arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import flint
import numpy as np
import scipy

from theorycheck.arithmetic.arithmetics import Arithmetic, Array, Ball, Scalar
from theorycheck.arithmetic.boxes import BoxNumber
from theorycheck.arithmetic.rounding import widened


def _quad(function: Callable[[float], float], low: float, high: float, relative: float) -> float:
    found = scipy.integrate.quad(function, low, high, epsabs=1e-13, epsrel=relative, limit=200)
    return float(found[0])


def integral(
    function: Callable[[Scalar], Scalar], low: float, high: float, arithmetic: Arithmetic
) -> Scalar:
    """The integral of a function of one variable over [low, high].

    In ball arithmetic the function is also called with complex balls (`acb`) around the interval
    and must be built from analytic operations; the result is a rigorous enclosure.
    """
    if not arithmetic.is_rigorous:
        return _quad(function, low, high, 1e-13)
    return flint.acb.integral(lambda t, _: function(t), low, high).real


def gaussian_mean(function: Callable[[Scalar, bool], Scalar], arithmetic: Arithmetic) -> Scalar:
    """E f(x), x ~ N(0, 1), for a function with |f(x)| <= x^2, such as tanh^2.

    The function is called as f(x, analytic). In ball arithmetic x is complex, and where `analytic`
    is true f must be not finite unless it is analytic (see `log_cosh`); the tails that are cut off
    are bounded, so the result is a rigorous enclosure.
    """
    cut = math.ceil(math.sqrt(2 * math.log(10) * (arithmetic.digits + 20)))
    if not arithmetic.is_rigorous:

        def weighted(x: float) -> float:
            return float(function(x, False)) * math.exp(-x * x / 2)

        halves = _quad(weighted, -cut, 0, 1e-12) + _quad(weighted, 0, cut, 1e-12)
        return halves / math.sqrt(2 * math.pi)
    middle = flint.acb.integral(lambda x, a: function(x, a) * (-x * x / 2).exp(), -cut, cut).real
    # int_X^oo x^2 phi = X phi(X) + int_X^oo phi <= (X + 1/X) phi(X)
    tails = (2 * cut + 2 / flint.arb(cut)) * (-flint.arb(cut * cut) / 2).exp()
    return widened(middle, tails) / (2 * flint.arb.pi()).sqrt()


def product_mean(function: Callable[[Array], Array], arithmetic: Arithmetic) -> Scalar:
    """E f(X Y), X and Y independent N(0, 1), for an even function, of an array of places.

    f has to be analytic with |f(p)| <= |p|^2 in the sector |arg p| <= pi / 4, as p tanh(b p) / b
    is: of tanh z / z = sum_k 2 / (z^2 + c_k^2) no term is larger there than at 0, where the sum is
    1, since Re z^2 >= 0.

    X Y has the density K_0(|p|) / pi. So the mean is the integral of g(s) = 2 / pi f(p) K_0(p) p,
    p = e^s, which is summed in steps of h. In the strip |Im s| <= pi / 4, |K_0(p)| <= K_0(Re p),
    and int_0^oo r^2 K_0(r) dr = pi / 2, so that the integral of |g| on no line is above M = 2^{3/2}
    and the sum over all nodes is off by at most 2 M / (e^{pi^2 / (2 h)} - 1). What is left out on
    the left, where p^3 K_0(p) grows, is at most 2 / pi int_0^e p^2 K_0 <= e^2, e the first node;
    on the right, where it falls (from 3 on), as K_0(p) <= sqrt(pi / (2 p)) e^{-p}, at most
    sqrt(2 / pi) times the integral of p^2 e^{-p} from the last node.
    """
    nodes = _product_nodes(arithmetic.digits)
    if not arithmetic.is_rigorous:
        places, weights = nodes.places.astype(float), nodes.weights.astype(float)
        return float((weights * function(places)).sum())
    return widened((nodes.weights * function(nodes.places)).sum(), nodes.error)


class _ProductNodes(NamedTuple):
    """Places p and weights 2 / pi h p K_0(p) of `product_mean`, and what it may be off by."""

    places: Array
    weights: Array
    error: flint.arb


@lru_cache(maxsize=16)
def _product_nodes(digits: int) -> _ProductNodes:
    wanted = math.log(10) * (digits + 4)
    step = math.floor(1024 * math.pi**2 / (2 * wanted)) / 1024
    first, last = math.floor(-wanted / 2 / step), math.ceil(math.log(wanted + 12) / step)
    with Ball(digits).scope(2 * digits + 20):  # flint's K_0 loses digits where it is tiny
        pi = flint.arb.pi()
        places = [flint.arb(step * k).exp() for k in range(first, last + 1)]
        weights = [2 / pi * step * p * flint.acb(p).bessel_k(0).real for p in places]
        near, far = places[0], places[-1]
        tail = (pi / 2).sqrt() * (far * far + 2 * far + 2) * (-far).exp()
        error = 2 * flint.arb(8).sqrt() / (pi * pi / (2 * flint.arb(step))).expm1()
        return _ProductNodes(
            np.array(places), np.array(weights), error + near * near + 2 / pi * tail
        )


def log_cosh(value: Scalar, analytic: bool) -> Scalar:
    """log cosh of a float or of a complex ball; not finite on a branch cut if `analytic`."""
    if isinstance(value, flint.acb):
        return value.cosh().log(analytic=analytic)
    size = abs(value)
    if size < 1:
        return math.log1p(2 * math.sinh(size / 2) ** 2)
    return size + math.log1p(math.exp(-2 * size)) - math.log(2)


def erf(value: Scalar) -> Scalar:
    """The error function."""
    return value.erf() if isinstance(value, (flint.arb, BoxNumber)) else math.erf(value)


def erfc(value: Scalar) -> Scalar:
    """1 - erf, accurate where it is tiny."""
    if isinstance(value, BoxNumber):
        return 1 - value.erf()
    return value.erfc() if isinstance(value, flint.arb) else math.erfc(value)


def erfi(value: Scalar) -> Scalar:
    """The imaginary error function, 2 / sqrt(pi) times the integral of e^(t^2) from 0."""
    return value.erfi() if isinstance(value, flint.arb) else float(scipy.special.erfi(value))


def dawson(value: Scalar) -> Scalar:
    """Dawson's integral, e^(-t^2) times the integral of e^(u^2) from 0 to t."""
    if isinstance(value, flint.arb):
        return flint.arb.pi().sqrt() / 2 * (-value * value).exp() * value.erfi()
    return float(scipy.special.dawsn(value))


def pi(arithmetic: Arithmetic) -> Scalar:
    """pi."""
    return flint.arb.pi() if arithmetic.is_rigorous else math.pi


def folded_mean(centre: Scalar) -> Scalar:
    """E |centre + z| for z ~ N(0, 1)."""
    is_rigorous = isinstance(centre, (flint.arb, BoxNumber))
    two: Scalar = flint.arb(2) if is_rigorous else 2.0
    pi: Scalar = flint.arb.pi() if is_rigorous else math.pi
    peak = np.sqrt(two / pi) * np.exp(-centre * centre / 2)
    return peak + centre * erf(centre / np.sqrt(two))
