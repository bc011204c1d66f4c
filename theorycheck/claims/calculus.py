"""Integrals over an interval in either arithmetic."""

from __future__ import annotations

from collections.abc import Callable

import flint
from scipy.integrate import quad

from theorycheck.arithmetic import Arithmetic, Scalar


def integral(
    function: Callable[[Scalar], Scalar], low: float, high: float, arithmetic: Arithmetic
) -> Scalar:
    """The integral of a function of one variable over [low, high].

    In ball arithmetic the function is also called with complex balls (`acb`) around the interval
    and must be built from analytic operations; the result is a rigorous enclosure.
    """
    if not arithmetic.is_rigorous:
        return float(quad(function, low, high, epsabs=1e-13, epsrel=1e-13, limit=200)[0])
    return flint.acb.integral(lambda t, _: function(t), low, high).real
