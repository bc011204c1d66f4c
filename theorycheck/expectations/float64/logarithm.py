"""Logarithms of float64 arrays with a proven error, from IEEE 754 operations alone.

**Lemma.** Let u = 2^-53 and s a positive normal double. Then the value l that `logarithm` returns
has |l - log s| <= ERROR (1 + |l|), ERROR = 4 u.

Proof. frexp is exact: s = m 2^e, 1/2 <= m < 1. Let a be the double next to 1/sqrt(2) and
z = (m - a)/(m + a). Then |z| <= 0.1717 and log m = log a + z P(y), with y = z^2 and
P(y) = 2 + 2 sum_{k >= 1} y^k / (2k + 1).
- The difference, the sum and the quotient are rounded once each: z is off by 3.01 u, relatively,
  and y, a product of it, by 7.03 u. y <= 0.0295.
- Cut after y^9, P lacks 2 y^10 / (21 (1 - y)) < 6e-17 < 0.6 u, that is 0.3 u relatively, as P >= 2.
- The k-th power by products is off by (7.03 k + k - 1) u, its coefficient by u; the terms are below
  0.667 y, 0.4 y^2, …, so that in sum they are off by 0.19 u, and by 9 u 0.021 < 0.2 u more through
  their summation in any order. 2 is added with one rounding, 1.02 u relatively.
So P is off by (0.3 + 0.4 + 1.02) u < 1.8 u, z P by (3.01 + 1.8 + 1.01) u < 5.9 u, relatively, and
as |z P| < 0.347 by 2.1 u. LOG_A is off by less than 0.02 u; the sum of the two is below 1, hence
rounded by 0.5 u, and so is that with e LOW: |e| < 2^11, LOW < 2^-41, and HIGH + LOW is log 2 up to
2^-97. e HIGH is exact, as HIGH has 41 bits. The last sum is rounded by u |l|. In all that is
(2.1 + 0.02 + 0.5 + 0.5 + |l|) u, and less than 0.01 u from products of errors: below
4 u (1 + |l|). QED
"""

from __future__ import annotations

import numpy as np

from theorycheck.inputs.numbers import Floats

ERROR = 4 * 2.0**-53
_A = float.fromhex("0x1.6a09e667f3bcdp-1")
_LOG_A = float.fromhex("-0x1.62e42fefa39eep-2")
_LOG_2_HIGH = float.fromhex("0x1.62e42fefa3p-1")
_LOG_2_LOW = float.fromhex("0x1.3de6af278ece6p-42")
_COEFFICIENTS = np.array([2 / (2 * k + 1) for k in range(1, 10)])


def logarithm(values: Floats) -> Floats:
    """log of positive normal doubles (N,), each within ERROR (1 + |log|) of the exact one."""
    mantissas, exponents = np.frexp(values)
    z = (mantissas - _A) / (mantissas + _A)
    powers = np.empty((len(_COEFFICIENTS), len(z)))
    powers[:] = z * z
    np.multiply.accumulate(powers, axis=0, out=powers)
    series = _COEFFICIENTS.dot(powers)
    series += 2
    series *= z
    series += _LOG_A
    series += exponents * _LOG_2_LOW
    series += exponents * _LOG_2_HIGH
    found: Floats = series
    return found
