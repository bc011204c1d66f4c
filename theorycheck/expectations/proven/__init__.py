"""Sums in float64 with a proven error: the fast way to balls of some 13 digits.

Everything that is summed is positive, so rounding is a relative error that is known in advance.
Only + - * / of IEEE 754 doubles (to nearest) are trusted, in any order of summation, with or
without fused multiply-add. The few exponentials come from Arb, the grid's error from Lemma Q.

**Lemma P.** Let u = 2^-53 and v = u / (1 - u). A rounding moves the logarithm of a positive double
by at most v unless it underflows. These errors add up; they are counted in units of v. For any
fixed vector r let t_i(x) = pi_i exp(<c_i - r, x> - (|c_i|^2 - |r|^2) / 2). Then
psi_i = t_i / sum_j t_j and log S(x) = log sum_j t_j(x) + <r, x> - |r|^2 / 2. Along an axis, at the
nodes x_0 + k h, t_i is a geometric progression start * q^k, q = e^{d h} with d = c_i - r; for
k = m + b s it is the product of start * (q^b)^s and q^m.

- start, q and q^b are doubles next to balls of relative radius below 2^-60: at most 3 units each.
- start * (q^b)^s by products has 3 + 4s units, q^m 4m - 1, their product 3 + 4(m + s). Products
  over the k axes: t_i has at most A = k - 1 + sum over axes of (3 + 4 max(m + s)) units.
- S, a sum of n terms: A + n - 1. psi_i: 2A + n. The root weights of k axes have 2 units each and
  k - 1 products: psi_i times the root weight has B = 2A + n + 3k.
- G_ij: a product, and fewer than N sums: 2B + N. Marginal sums of psi_i w, then products with |x|
  or 1, then sums: p_i and E psi_i |x| have B + 3k + 1 + N, and E psi_i x is off by that share of
  E psi_i |x|. On one axis in one slab psi_i times the root weight is multiplied by the root weight
  times |x| or 1, of 3 units: B + 4 + N again.
- log S(x): A + n - 1 units and the error of `logarithm`. Its sum, with weights of 3k - 1 units, is
  off by 3k + N units of sum w |log S| more.
- On two axes or more, and within +-_MODERATE, psi_i is not formed. Nodes are summed in rectangles
  of P rows, of all axes but one, times T columns, of that; t_i = a_i b_i, of A' + A'' + 1 = A units
  together, and S is a sum of n products as before. With the weight w of 3k - 1 units, w/S has
  A + n + 3k - 1 and w/S^2 2A + 2n + 3k - 1. The sum over columns of b_i b_j w/S^2, times a_i and
  a_j, and over rows and rectangles: 4A + 2n + 3k + 1 + N, less than 2B + N. That over columns of
  b_i w/S, times a_i, or of a_i w/S over rows, times b_i, with the products with |x| or 1 and the
  other sums: 2A + n + 3k + 1 + N, less than those of p_i.
  Two nodes that are mirrored in that axis weigh alike, up to the 2 units of each weight, and
  share the logarithm of the product of both S: of 2(A + n - 1) + 1 units, and with one error of
  `logarithm`, which is 7, in place of two.
- grad_i = sum_j G_ij c_j: the doubles next to means have 3 units, or are off by 2^-1022, and a
  product and its sums n more units. So it is off by n + 3 units of sum_j G_ij |c_j|, by the sum of
  |c_j| times what G_ij is off by, and by less than UNDERFLOW, as n < 2^20. F = sum_i <c_i, grad_i>
  has n k products: it is off by n k + 3 units of the sum of |c_i| |grad_i|, by that of |c_i| times
  what grad_i is off by, and by UNDERFLOW. In both |c| is that of the doubles, and sums of moduli
  are rounded themselves: a relative n k + 6 units, for which MORE has room.
- Where the loss cancels, r = 0, and with R the double next to S - 1 it is the sum of w (R - log S),
  whose terms are positive: E (S - 1) = 0, and the grid's error of that is `bounds._excess_error`.
  As d(S - 1 - log S) = (S - 1) d log S, the e^{m v} - 1 = eta that S is off by moves them by at
  most eta |R| (1 + 2 eta) + 3 eta^2. By Lemma 2 of `logarithm` each is off by 6 units, and where
  |R| > 2/5 by ERROR (1 + 2 |R| + itself); with weights and sums there are 3k + N units more.

N bounds the additions that any term passes through: in slabs the nodes of one, their number, and
the nodes of the longest axis; in rectangles the most rows, the most columns, and the number of
rectangles. A relative error e^{m v} - 1 is at most m v (1 + m v) where m v <= 1.

**Corners.** The rectangles hold the nodes of a ball and some beside it. All others have a weight W
together: a float64 sum of positive numbers, enlarged by what rounding can make of it. Without them
the sum that stands for G_ij or p_i is smaller by at most W, as psi_i psi_j <= psi_i <= 1, and that
for E psi_i x_k differs by at most X_k W, with X_k the last node of axis k. The sum of w log sum_j
t_j = w (log S - <r, x> + |r|^2 / 2) lacks terms of which log S = log sum_i pi_i e^{<c_i, x> -
|c_i|^2 / 2} lies between the least and the largest exponent, as weights are 1 in all; with
b_k >= |c_ik|, |r_k| that is at most W (2 sum_k b_k X_k + max |c_i|^2 / 2 + |r|^2 / 2). Where the
loss cancels there is no ball, and nothing is left out.

**Range.** The logarithms of starts, powers and products stay within +-_RANGE, so that all t_i and S
are normal doubles. Weights, later quotients and products are at most 2^7 and may underflow, by less
than 2^-1022 each; times |x| <= 2^10 and |log S| <= 2^10 that is below UNDERFLOW a node. Within
+-_MODERATE a_i, b_i, t_i and S are within e^{+-230}; as t_i <= S, b_i / S is at most 1 / a_i, and
all that is formed is below 2^670. What underflows in w is multiplied by psi_i psi_j or psi_i |x|,
in w/S by S times that, in w/S^2 by S^2 times it, in sums of b_i b_j w/S^2 by a_i a_j, in sums of
b_i w/S by a_i |x|, of a_i w/S by b_i |x|: by less than 2^670, which makes less than
_MODERATE_UNDERFLOW a node. QED

The counting is that of N. J. Higham, Accuracy and Stability of Numerical Algorithms, section 3.1.
"""
