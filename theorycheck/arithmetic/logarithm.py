"""Logarithms of float64 arrays with a proven error, from IEEE 754 operations alone.

**Lemma.** Let u = 2^-53 and s a positive normal double. Then the value l that `logarithm` returns
has |l - log s| <= ERROR (1 + |l|), ERROR = 7 u.

Proof. frexp is exact: s = m 2^e, 1/2 <= m < 1. Let a be the double next to 1/sqrt(2) and
z = (m - a)/(m + a). Then |z| <= 0.1717, y = z^2 <= 0.0295, and
log s = e log 2 + log a + sum_{k >= 0} 2 z y^k / (2k + 1), where the sum of the moduli is < 0.347.
- The difference, the sum and the quotient are rounded once each: z is off by 3.01 u, relatively,
  and y, a product of it, by 7.03 u; z y and z y^2 by 11.05 u and 19.09 u, y^3 by 23.1 u.
- Term k = 3 j + i is z y^i times a coefficient, times y^3 j times: besides additions it is off by
  3.01 u + 8.04 i u, twice u for the coefficient and its product, and 24.11 j u, in all less than
  (8.04 k + 5.02) u. The first, of which 2 is exact, is off by 3.01 u 0.3434 < 1.04 u; the later
  ones by (8.04 k + 5.02) u 0.3434 y^k / (2k + 1), in sum less than 0.05 u.
- Of a group of three, in any order, a term passes through two additions, and the groups through two
  more: 4.01 u 0.347 < 1.4 u.
- Cut after y^8, the series lacks 0.3434 y^9 / (19 (1 - y)) < 2.9 u.
So the sum is off by less than 5.4 u. log a is -log(2) / 2 up to 0.62 u. e - 1/2 is exact, as
|e| < 2^11; LOG_2 is off by 0.31 u, relatively, and its product rounded once, which makes
1.32 u |e - 1/2| log 2 <= 1.32 u (|log s| + 0.348). The last sum is rounded by u |l|. In all that is
(5.4 + 0.62 + 0.46 + 2.32 |l|) u, and less than 0.01 u (1 + |l|) from products of errors: below
7 u (1 + |l|). QED
"""

from __future__ import annotations

import numpy as np

from theorycheck.inputs.numbers import Floats

ERROR = 7 * 2.0**-53
# Arrays, as NumPy takes time to convert a Python float with every call.
_A = np.array(float.fromhex("0x1.6a09e667f3bcdp-1"))
_LOG_2 = np.array(float.fromhex("0x1.62e42fefa39efp-1"))
_HALF = np.array(0.5)
_COEFFICIENTS = np.array([[2 / (2 * k + 1) for k in (j, j + 1, j + 2)] for j in (0, 3, 6)])


def logarithm(values: Floats) -> Floats:
    """log of positive normal doubles (N,), each within ERROR (1 + |log|) of the exact one."""
    mantissas, exponents = np.frexp(values)
    powers = np.empty((3, len(values)))
    z, z_y, z_y_y = powers
    np.divide(mantissas - _A, mantissas + _A, out=z)
    y = z * z
    np.multiply(z, y, out=z_y)
    np.multiply(z_y, y, out=z_y_y)
    cube = y * y * y
    low, middle, high = _COEFFICIENTS.dot(powers)
    found: Floats = high
    found *= cube
    found += middle
    found *= cube
    found += low
    found += (exponents - _HALF) * _LOG_2
    return found
