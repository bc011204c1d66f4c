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
`minus_log` returns s - 1 - log s but for 26 roundings, as a share of itself; elsewhere but for one
rounding, and ERROR (1 + 2 |r| + its value) besides.

Proof. Where |r| <= 2/5, r = s - 1 by Sterbenz's lemma, and s - 1 - log s is
r^2 int_0^1 t / (1 + r t) dt, which is found as r^2 sum_k w_k / (z_k + r) by Gauss's rule with 12
nodes 1/z_k. Derivatives bound the error of the rule by 4e-18 of the integral, and there are 25
roundings. Elsewhere the value f is the difference of r and the logarithm l, rounded once. So r is
off by 1.01 u |r| and l by ERROR (1 + |l|), where |l| <= |r| + (1 + u) f. In all that is at most
ERROR (1 + 1.15 |r| + f + u f), and f is at most 1.01 |r| for r > 0, and below 710 otherwise. QED
"""

from __future__ import annotations

import flint
import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.inputs.numbers import Floats

ERROR = 7 * 2.0**-53
# Arrays, as NumPy takes time to convert a Python float with every call.
_A = np.array(float.fromhex("0x1.6a09e667f3bcdp-1"))
_LOG_2 = np.array(float.fromhex("0x1.62e42fefa39efp-1"))
_HALF = np.array(0.5)
_COEFFICIENTS = np.array([[2 / (2 * k + 1) for k in (j, j + 1, j + 2)] for j in (0, 3, 6)])


def logarithm(values: Floats) -> Floats:
    """log of positive normal doubles (N,), each within ERROR (1 + |log|) of the exact one."""
    # One large array, as every large one is mapped anew, which takes longer than to fill it; and
    # results are named by place, as calls with names take longer.
    working = np.empty((9, len(values)))
    powers, groups = working[:3], working[3:6]
    z, z_y, z_y_y, low, middle, found, y, cube, rest = working
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
    found *= cube
    found += middle
    found *= cube
    found += low
    np.subtract(exponents, _HALF, rest)
    rest *= _LOG_2
    found += rest
    return found


BRANCH = 0.4
"""Up to which |r| Gauss's rule serves."""


def _legendre(count: int) -> tuple[Floats, Floats]:
    """1/t (count, 1) and weights (count,) of Gauss's rule for the integral of f(t) over [0, 1]."""
    with Ball(100).scope():
        pairs = [flint.arb.legendre_p_root(count, k, weight=True) for k in range(count)]
        inverse = [2 / (1 + root) for root, _ in pairs]
        weights = [weight / 2 for _, weight in pairs]
        # So that doubles next to them are within a unit.
        assert min(map(flint.arb.rel_accuracy_bits, inverse + weights)) > 60
        return np.array(list(map(float, inverse)))[:, None], np.array(list(map(float, weights)))


_INVERSE_NODES, _UNIT_WEIGHTS = _legendre(12)


def minus_log(r: Floats, s: Floats, is_far: NDArray[np.bool_]) -> Floats:
    """r - log s, (N,), for s = 1 + r, with the error of Lemma 2. is_far: where |r| > `BRANCH`."""
    kernel = _INVERSE_NODES + r
    found: Floats = _UNIT_WEIGHTS.dot(np.reciprocal(kernel, out=kernel))
    found *= r
    found *= r
    if is_far.any():
        found[is_far] = r[is_far] - logarithm(s[is_far])
    return found
