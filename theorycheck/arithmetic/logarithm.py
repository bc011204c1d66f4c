"""Logarithms of float64 arrays with a proven error, from IEEE 754 operations alone.

**Lemma 1.** Let u = 2^-53 and s a positive normal double. Then the value l that `logarithm` returns
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

**Lemma 2.** Let s be a positive normal double and r the double next to s - 1. Where |r| <= 2/5,
`minus_log` returns r - log(1 + r) = s - 1 - log s but for 6 u, as a share of itself; elsewhere
but for one rounding, and ERROR (1 + 2 |r| + its value) besides.

Proof. Where |r| <= 2/5, r = s - 1 by Sterbenz's lemma. With z = r / (2 + r) and y = z^2 <= 1/16,
log(1 + r) = 2 artanh z = 2 z (1 + y/3 + y^2/5 + ...), and r - 2 z = r z. So r - log(1 + r) is
z (r - P), P = sum_{k >= 0} 2 y^{k+1} / (2k + 3), where 2 y / 3 <= 0.094 |r - P|.
- z is off by 2.01 u, relatively, y by 5.03 u, y^2 by 11.07 u and y^3 by 17.11 u.
- Term k = 3 j + i is y^{i+1} times a coefficient, times y^3 j times. With the coefficient, the
  products, two additions of its group and at most j + 1 of groups it is off by less than
  (6.4 k + 10.1) u, and P by less than 10.8 u of its first term: 1.02 u |r - P|.
- Cut after y^12, the series lacks 2 y^13 / (27 (1 - y)) < 0.37 u |r - P|.
With the rounding of r - P, that of its product and z that is 5.42 u, and less than 0.01 u from
products of errors. Elsewhere the value f is the difference of r and the logarithm l, rounded once.
So r is off by 1.01 u |r| and l by ERROR (1 + |l|), where |l| <= |r| + (1 + u) f. In all that is at
most ERROR (1 + 1.15 |r| + f + u f), and f is at most 1.01 |r| for r > 0, and below 710 otherwise.
QED
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from theorycheck.inputs.numbers import Floats

ERROR = 7 * 2.0**-53
# Arrays, as NumPy takes time to convert a Python float with every call.
_A = np.array(float.fromhex("0x1.6a09e667f3bcdp-1"))
_LOG_2 = np.array(float.fromhex("0x1.62e42fefa39efp-1"))
_HALF = np.array(0.5)
_COEFFICIENTS = np.array([[2 / (2 * k + 1) for k in (j, j + 1, j + 2)] for j in (0, 3, 6)])


def logarithm(values: Floats) -> Floats:
    """log of positive normal doubles (N,), each within ERROR (1 + |log|) of the exact one."""
    return _in_blocks(_logarithm, 9, values)


_BLOCK = 4096
"""Entries of the arrays that are worked in."""


def _in_blocks(function: Callable[[Floats, Floats], Floats], rows: int, values: Floats) -> Floats:
    """A function of values (N,) and of arrays to work in (rows, N), which may hold the result.

    Of many values block by block: these arrays stay in the cache, and large ones would be mapped
    anew each time, which takes longer than to fill them.
    """
    size = len(values)
    if size <= _BLOCK:
        return function(values, np.empty((rows, size)))
    found, working = np.empty(size), np.empty((rows, _BLOCK))
    for start in range(0, size, _BLOCK):
        first = min(start, size - _BLOCK)  # a last block of full length, and of equal results
        block = slice(first, first + _BLOCK)
        found[block] = function(values[block], working)
    return found


def _logarithm(values: Floats, working: Floats) -> Floats:
    # Results are named by place, as calls with names take longer.
    powers, groups = working[:3], working[3:6]
    z, z_y, z_y_y, *_, y, cube, rest = working
    mantissas, exponents = np.frexp(values, rest)
    np.subtract(mantissas, _A, z)
    np.add(mantissas, _A, y)
    np.divide(z, y, z)
    np.multiply(z, z, y)
    np.multiply(z, y, z_y)
    np.multiply(z_y, y, z_y_y)
    np.multiply(y, y, cube)
    cube *= y
    np.dot(_COEFFICIENTS, powers, groups)
    found = _horner(groups, cube)
    np.subtract(exponents, _HALF, rest)
    rest *= _LOG_2
    found += rest
    return found


def _horner(coefficients: Floats, x: Floats) -> Floats:
    """sum_j c_j x^j, (N,), for c (m, N), in place of the last of them."""
    found: Floats = coefficients[-1]
    for k in range(len(coefficients) - 2, -1, -1):
        found *= x
        found += coefficients[k]
    return found


BRANCH = 0.4
"""Up to which |r| the series of Lemma 2 serves."""
SMALL_UNITS = 6
"""What its values are off by there, in units of u, as shares of themselves."""
_TWO = np.array(2.0)
_LATER = np.array([[2 / (2 * k + 3) for k in (j, j + 1, j + 2)] for j in (0, 3, 6, 9)])


def minus_log(r: Floats, s: Floats, is_far: NDArray[np.bool_]) -> Floats:
    """r - log s, (N,), for s = 1 + r, with the error of Lemma 2. is_far: where |r| > `BRANCH`."""
    found = _in_blocks(_small_minus_log, 8, r)
    if is_far.any():
        found[is_far] = r[is_far] - logarithm(s[is_far])
    return found


def _small_minus_log(r: Floats, working: Floats) -> Floats:
    """r - log(1 + r) where |r| <= `BRANCH`."""
    powers, groups = working[:3], working[3:7]
    y, y_y, cube, *_, z = working
    np.add(r, _TWO, z)
    np.divide(r, z, z)
    np.multiply(z, z, y)
    np.multiply(y, y, y_y)
    np.multiply(y_y, y, cube)
    np.dot(_LATER, powers, groups)
    found = _horner(groups, cube)
    np.subtract(r, found, found)
    found *= z
    return found
