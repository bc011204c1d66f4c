"""Integrals and special values in either arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable

import flint
import numpy as np
import scipy

from theorycheck.arithmetic.arithmetics import Arithmetic, Scalar
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


def product_mean(function: Callable[[Scalar], Scalar], arithmetic: Arithmetic) -> Scalar:
    """E f(X Y), X and Y independent N(0, 1), for an even function with |f(p)| <= p^2.

    X Y has the density K_0(|p|) / pi. In ball arithmetic f is also called with complex balls, and
    must be analytic, or not finite, on each; what is cut off is bounded, so that the result is a
    rigorous enclosure. Near 0 that is e^2 int_0^oo K_0 = pi e^2 / 2; and K_0(p) = int_0^oo
    e^{-p cosh t} dt <= sqrt(pi / 2) e^{-p} from p = 1 on, as cosh t >= 1 + t^2 / 2.
    """
    if not arithmetic.is_rigorous:

        def weighted(p: float) -> float:
            return float(function(p)) * float(scipy.special.k0(p))

        return (_quad(weighted, 0, 1, 1e-12) + _quad(weighted, 1, 60, 1e-12)) * 2 / math.pi
    # Whole numbers, as flint's K_0 magnifies what an argument is not known to.
    low = -math.ceil(math.log(10) * (arithmetic.digits / 2 + 4))
    high = math.ceil(math.log(math.log(10) * (arithmetic.digits + 6) + 8))

    def density(s: flint.acb, analytic: bool) -> flint.acb:
        """At p = e^s, where the logarithm of K_0 at 0 is no singularity."""
        p = s.exp()
        if analytic and not p.real > 0:  # the cut of K_0
            return flint.acb("nan")
        found: flint.acb = function(p) * _bessel_k(p) * p
        return found

    with arithmetic.scope(2 * arithmetic.digits + 20):  # it loses digits where it is tiny
        middle = flint.acb.integral(density, low, high).real
    near, far, pi = flint.arb(low).exp(), flint.arb(high).exp(), flint.arb.pi()
    tail = (pi / 2).sqrt() * (far * far + 2 * far + 2) * (-far).exp()
    return widened(middle, pi * near * near / 2 + tail) * 2 / pi


_WIDE = 2.0**-30


def _bessel_k(p: flint.acb) -> flint.acb:
    """K_0 over a ball in the right half-plane, where |K_0(p)| <= K_0(Re p).

    On wide balls flint's own enclosure is of no use from 2 on.
    """
    if p.real.rad() < _WIDE and p.imag.rad() < _WIDE:
        return p.bessel_k(0)
    size = flint.acb(p.real.lower()).bessel_k(0).real.abs_upper()
    return flint.acb(flint.arb(0, size), flint.arb(0, size))


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
    two: Scalar = flint.arb(2) if isinstance(centre, flint.arb) else 2.0
    pi: Scalar = flint.arb.pi() if isinstance(centre, flint.arb) else math.pi
    peak = np.sqrt(two / pi) * np.exp(-centre * centre / 2)
    return peak + centre * erf(centre / np.sqrt(two))
