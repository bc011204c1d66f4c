"""Exponentials of float64 arrays with a proven error, from IEEE 754 operations alone.

**Lemma.** Let u = 2^-53 and |x| <= FARTHEST = 700. Then the value y that `exponential` returns has
|y - e^x| <= ERROR e^x, ERROR = 16 u.

Proof. Let L = log(2) / 128 = 0.0054152…, and k the integer nearest to the double product of x and
the double next to 1 / L. That product is off by at most 2.01 u 700 / L < 10^-10, so
|x - k L| < 0.50001 L < 0.00271, and |k| < 2^17.
- L = L_1 + L_2, where L_1 is L rounded to 36 bits, so that k L_1 is exact, and |L_2| <= 2^-44. The
  double next to L_2 and the product with k are off by u 2^-27 each. Either difference of
  r = (x - k L_1) - k L_2 is rounded by u 0.00272. So r is off by less than 0.006 u, and so is e^r,
  relatively. In what follows |r| < 0.00271.
- q = 1 + r s, s = 1 + r (1/2 + r (1/6 + r / 24)): s is at most 1.0014, and off by less than 1.01 u,
  as its last addition is rounded by at most u 1.0014 and the terms before by less than 0.01 u. The
  product r s is off by 0.00271 (1.01 + 1.0014) u < 0.006 u, and the sum is rounded by u 1.0028.
  Cut there, the series lacks at most |r|^5 e^|r| / 120 < 1.23 10^-15 < 11.1 u. In all q is off from
  e^r by less than 12.2 u, relatively by less than 12.3 u.
- The table has 2^(k/128) as the double next to 2^(j/128), 0 <= j < 128, times a power of two. As
  |k / 128| < 1011 keeps it normal, it is off by 1.01 u, relatively. The product is rounded by u.
In all 12.3 + 0.01 + 1.01 + 1 < 14.4 units, and less than 0.01 u from products of errors. QED
"""

from __future__ import annotations

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.errors import InvalidValue
from theorycheck.inputs.numbers import Floats

ERROR = 16 * 2.0**-53
FARTHEST = 700.0
_STEPS = 128
"""Of the table, for a factor of 2."""
_MOST = 1011
"""Of the powers of two in the table: e^700 < 2^1010."""
_BLOCK = 1 << 14
"""Numbers at a time, so that what is computed on the way stays in the cache."""


def _tables() -> tuple[Floats, float, float, float]:
    """2^(k/128) for |k| <= 128 _MOST, and 1 / L, L_1 and L_2 of the lemma."""
    with Ball(30).scope():
        step = flint.arb(2).log() / _STEPS
        row = np.array([float((j * step).exp()) for j in range(_STEPS)])
        coarse = float(np.rint(float(step) * 2.0**43)) * 2.0**-43  # in [2^-8, 2^-7): 36 bits
        inverse, rest = float(1 / step), float(step - coarse)
    powers = np.ldexp(row, np.arange(-_MOST, _MOST)[:, None])  # exact: none is subnormal
    return powers.ravel(), inverse, coarse, rest


_POWERS, _INVERSE, _COARSE, _FINE = _tables()


def exponential(values: Floats) -> Floats:
    """e^x of doubles in any shape, each within ERROR e^x of the exact one where |x| <= FARTHEST.

    Below -FARTHEST, -inf included, it is that of -FARTHEST, about 1e-304: an upper bound, and off
    by less than 1e-303 absolutely. It never is 0. Raises InvalidValue for numbers above FARTHEST
    and for NaN: there is no bound for them.

    Example:
        >>> exponential(np.array([0.0, 1.0, -800.0])).round(6)
        array([1.      , 2.718282, 0.      ])
    """
    if values.size and not values.max() <= FARTHEST:
        raise InvalidValue(f"an exponent is {values.max()}; it must be at most {FARTHEST:g}")
    flat = np.ascontiguousarray(values).ravel()
    found = np.empty_like(flat)
    for start in range(0, len(flat), _BLOCK):
        part = slice(start, start + _BLOCK)
        _fill(np.maximum(flat[part], -FARTHEST), found[part])
    return found.reshape(values.shape)


def _fill(x: Floats, found: Floats) -> None:
    """Write e^x of the lemma into `found`; both (N,)."""
    k = x * _INVERSE
    np.rint(k, out=k)
    x -= k * _COARSE
    x -= k * _FINE
    np.multiply(x, 1 / 24, out=found)
    for coefficient in (1 / 6, 1 / 2, 1.0):
        found += coefficient
        found *= x
    found += 1.0
    found *= _POWERS.take(k.astype(np.int64) + _STEPS * _MOST)
