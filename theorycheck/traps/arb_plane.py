"""The field of a tube in the plane in Arb alone: slow, and without a sum in float64."""

from __future__ import annotations

from functools import reduce
from itertools import product
from typing import Any, NamedTuple

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Ball
from theorycheck.arithmetic.rounding import ceil_float, floor_float
from theorycheck.expectations.balls import ball_moments
from theorycheck.expectations.curvature import Curvature, Enclosure
from theorycheck.expectations.hessian_grid import Line, Lines, chosen_lines
from theorycheck.expectations.moments import made
from theorycheck.expectations.trapezoid import objects
from theorycheck.inputs.numbers import Floats, Vector
from theorycheck.traps.arb_field import ArbField
from theorycheck.traps.field import Field
from theorycheck.traps.frame import Frame
from theorycheck.traps.plane import LOG_TOLERANCE, TRUTH, PlaneField, squares_around

_GRADIENT = Ball(8)
_LIGHT = 1e-13
"""Nodes of less than this share of the largest weight are left out, and counted."""
_ZERO, _TINY = flint.arb(0), flint.arb(1e-300)
_MIN: Any = np.frompyfunc(flint.arb.min, 2, 1)
_MAX: Any = np.frompyfunc(flint.arb.max, 2, 1)
_EXP: Any = np.frompyfunc(flint.arb.exp, 1, 1)


class ArbPlaneField(PlaneField):
    """The same quantities as balls: row by row of the grid, by Lemma H of `hessian`."""

    def _gradient(self, means: list[flint.arb]) -> list[flint.arb]:
        places = np.array(means, dtype=object).reshape(-1, 2)
        shares = np.array(self._shares, dtype=object)
        slopes = made(ball_moments(places, shares, _GRADIENT).gradient)
        gradient: list[flint.arb] = slopes.ravel().tolist()
        return gradient

    def _over(self, low: Floats, high: Floats, third: bool) -> Curvature:
        lines = chosen_lines(TRUTH, self.weights, *squares_around(low, high), LOG_TOLERANCE)
        found = [
            _Box.of(lines, a.reshape(-1, 2), b.reshape(-1, 2), self._shares).hessian()
            for a, b in zip(low, high, strict=True)
        ]
        lower, upper = (np.stack([bounds[k] for bounds in found]) for k in (0, 1))
        return Curvature(Enclosure(lower, upper), None)


def arb_field_of(frame: Frame, weights: Vector) -> Field:
    """The field of the line or of the plane, in Arb alone."""
    return (ArbPlaneField if frame.dimension == 2 else ArbField)(frame, weights)


class _Range(NamedTuple):
    """Arrays of balls, every number between the two."""

    lower: Array
    upper: Array

    def times(self, other: _Range) -> _Range:
        """All products."""
        a, b = self.lower * other.lower, self.lower * other.upper
        c, d = self.upper * other.lower, self.upper * other.upper
        return _Range(_MIN(_MIN(a, b), _MIN(c, d)), _MAX(_MAX(a, b), _MAX(c, d)))


class _Side(NamedTuple):
    """One axis: weights (N,) and by mean the ranges of u, of u^2, and of e^{-u^2/2}, N each."""

    weights: Array
    u: list[_Range]
    square: list[_Range]
    density: list[_Range]

    @classmethod
    def of(cls, line: Line, low: list[float], high: list[float]) -> _Side:
        """Of an axis, for means with these ends along it."""
        nodes = objects(flint.arb(x) for x in line.nodes.tolist())
        scale = flint.arb(line.axis.step) / (2 * flint.arb.pi()).sqrt()
        side = cls(_EXP(-(nodes**2) / 2) * scale, [], [], [])
        for a, b in zip(low, high, strict=True):
            u = _Range(flint.arb(a) - nodes, flint.arb(b) - nodes)
            one, two = u.lower**2, u.upper**2
            is_between = (u.lower <= 0) & (u.upper >= 0)
            square = _Range(np.where(is_between, 0 * one, _MIN(one, two)), _MAX(one, two))
            side.u.append(u)
            side.square.append(square)
            side.density.append(_Range(_EXP(-square.upper / 2), _EXP(-square.lower / 2)))
        return side

    def kept(self, columns: Floats) -> _Side:
        """Some of its nodes."""
        return _Side(
            self.weights[columns],
            *(
                [_Range(a[columns], b[columns]) for a, b in part]
                for part in (self.u, self.square, self.density)
            ),
        )


class _Box:
    """The sums of Lemma H over a box of means: of lower and of upper values, and of their sizes."""

    def __init__(self, lines: Lines, n: int) -> None:
        self.lines, self.bulge = lines, flint.arb(lines.strip) ** 2
        shape = (2 * n, 2 * n)
        self.lower, self.upper, self.size = (np.full(shape, _ZERO) for _ in range(3))
        self.dropped = _ZERO

    @classmethod
    def of(cls, lines: Lines, low: Floats, high: Floats, shares: list[flint.arb]) -> _Box:
        """The sums for means in [low, high], (n, 2)."""
        found = cls(lines, len(low))
        rows, columns = (
            _Side.of(line, low[:, k].tolist(), high[:, k].tolist())
            for k, line in enumerate(lines.lines)
        )
        masses = [side.weights.astype(float) for side in (rows, columns)]
        light = _LIGHT * masses[0].max() * masses[1].max()
        farthest = [
            reduce(_MAX, [square.upper for square in side.square]) for side in (rows, columns)
        ]
        for a, mass in enumerate(masses[0].tolist()):
            is_light = masses[1] * mass < light
            size = 1 + farthest[0][a] + 2 * found.bulge + farthest[1][is_light]
            found.dropped += (rows.weights[a] * columns.weights[is_light] * size).sum()
            if not is_light.all():
                found._add(rows.kept(np.array([a])), columns.kept(~is_light), shares)
        return found

    def _add(self, row: _Side, columns: _Side, shares: list[flint.arb]) -> None:
        """Add the nodes of a row."""
        weights, n = row.weights * columns.weights, len(shares)
        terms = [
            _Range(share * a.lower * b.lower, share * a.upper * b.upper)
            for share, a, b in zip(shares, row.density, columns.density, strict=True)
        ]
        psi = [_responsibility(terms, i) for i in range(n)]
        u, square = (
            [own for pair in zip(*sides, strict=True) for own in pair]
            for sides in ((row.u, columns.u), (row.square, columns.square))
        )
        sizes = [one.upper + self.bulge for one in square]
        for i in range(n):
            masses, own = psi[i].upper * weights, (2 * i, 2 * i + 1)
            squares = {k: (masses * sizes[k]).sum() for k in own}
            for k, size in squares.items():
                self._put(k, k, _diagonal(psi[i], square[k]), weights, masses.sum() + size)
            crossing = _between(psi[i]).times(u[own[0]].times(u[own[1]]))
            crossing = _Range(-crossing.upper, -crossing.lower)
            self._put(own[1], own[0], crossing, weights, sum(squares.values(), _ZERO) / 2)
            for j in range(i):
                other = (2 * j, 2 * j + 1)
                pair = _Range(psi[i].lower * psi[j].lower, psi[i].upper * psi[j].upper)
                masses = pair.upper * weights
                squares = {k: (masses * sizes[k]).sum() for k in (*own, *other)}
                for k, m in product(own, other):
                    terms_of = pair.times(u[k].times(u[m]))
                    self._put(k, m, terms_of, weights, (squares[k] + squares[m]) / 2)

    def _put(self, i: int, j: int, terms: _Range, weights: Array, size: flint.arb) -> None:
        """Add to an entry, j <= i."""
        self.lower[i, j] += (terms.lower * weights).sum()
        self.upper[i, j] += (terms.upper * weights).sum()
        self.size[i, j] += size

    def hessian(self) -> tuple[Floats, Floats]:
        """Bounds of H, (2n, 2n)."""
        left_out = self.lines.beyond + self.dropped
        pad = self.lines.relative * (self.size + left_out) + left_out
        lower, upper = (np.empty(pad.shape) for _ in range(2))
        for i, j in zip(*np.tril_indices(len(pad)), strict=True):
            lower[i, j] = lower[j, i] = floor_float(self.lower[i, j] - pad[i, j])
            upper[i, j] = upper[j, i] = ceil_float(self.upper[i, j] + pad[i, j])
        return lower, upper


def _responsibility(terms: list[_Range], i: int) -> _Range:
    others = [term for j, term in enumerate(terms) if j != i]
    least = sum((term.lower for term in others), _ZERO)
    most = sum((term.upper for term in others), _ZERO)
    own = terms[i]
    return _Range(own.lower / (own.lower + most), own.upper / (own.upper + least))


def _diagonal(psi: _Range, square: _Range) -> _Range:
    """p - p (1 - p) s: it falls in s, and is convex in p, least at p = (s - 1) / (2 s)."""
    parts = [p * (1 - p) for p in psi]
    upper = _MAX(*(p - part * square.lower for p, part in zip(psi, parts, strict=True)))
    lower = _MIN(*(p - part * square.upper for p, part in zip(psi, parts, strict=True)))
    most = _MAX(square.upper, _TINY)
    vertex = (most - 1) / (2 * most)
    is_outside = (vertex <= psi.lower) | (vertex >= psi.upper)
    return _Range(np.where(is_outside, lower, _MIN(lower, -most * vertex**2)), upper)


def _between(psi: _Range) -> _Range:
    """p (1 - p), which is largest at 1/2."""
    ends = [p * (1 - p) for p in psi]
    half = flint.arb(0.5)
    is_outside = (psi.upper <= half) | (psi.lower >= half)
    most = _MAX(*ends)
    return _Range(_MIN(*ends), np.where(is_outside, most, _MAX(most, flint.arb(0.25))))
