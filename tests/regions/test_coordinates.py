"""Beyond dimension 1 a claim has no coordinates: what asks for them is refused, however it asks.

Every claim of `ASKS` is made of a number that is right in one dimension, and another one in more:
were coordinates taken for those of the box it would be proved, and it is false.
"""

# ruff: noqa: RUF015
from __future__ import annotations

import copy
import itertools
import json
import math
import operator
import pickle
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import theorycheck as tc
from theorycheck.arithmetic.arithmetics import FLOAT64
from theorycheck.arithmetic.functions import (
    inner_products,
    largest,
    magnitudes,
    root,
    smallest,
    squared_norms,
)
from theorycheck.arithmetic.vectors import BoxVectors
from theorycheck.errors import ClaimFailed, NotOnRegions
from theorycheck.inputs.region import Region
from theorycheck.statements.claim import Claim, inequality
from theorycheck.statements.comparison import at_most
from theorycheck.statements.decision import evaluate

REGION: dict[str, Any] = {
    "weights": ("2/5", "3/5"),
    "radius_at_most": 1,
    "radius_at_least": "9/10",
}


def objects(vectors: Any) -> Any:
    """An array of n objects, each of which is a vector."""
    found = np.empty(len(vectors), dtype=object)
    for k, vector in enumerate(vectors):
        found[k] = vector
    return found


def swallowed(at: Any) -> Any:
    try:
        return at.means[0, 0]
    except Exception:
        return at.radius


def in_place(at: Any) -> Any:
    means = at.means
    means *= 2
    return at.energy


def assigned(at: Any) -> Any:
    means = at.means
    means[0] = 0 * means[0]
    return at.energy


def rows_of_one(at: Any) -> Any:
    return at.means * objects([at.means[0]])


ASKS: dict[str, Callable[[Any], Any]] = {
    # entries, columns, slices
    "entry": lambda at: at.means[0, 0],
    "two keys": lambda at: at.means[0][0],
    "column": lambda at: at.means[:, 0],
    "last": lambda at: at.means[..., 0],
    "last of one": lambda at: at.means[0][-1],
    "slice": lambda at: at.means[:, :1],
    "from 0": lambda at: at.means[:, 0:],
    "of one slice": lambda at: at.means[0][:1],
    "axis behind": lambda at: at.means[:, :, None],
    "axis behind dots": lambda at: at.means[..., None],
    "axis behind one": lambda at: at.means[0][:, None],
    "mask": lambda at: at.means[np.ones((2, 1), dtype=bool)],
    "mask of rows": lambda at: at.means[np.array([True, False])],
    "list in key": lambda at: at.means[[0, 1], [0, 0]],
    "list of one": lambda at: at.means[0][[0]],
    "true": lambda at: at.means[0][True],
    "take": lambda at: at.means.take(0),
    "np.take": lambda at: np.take(at.means, 0),
    "item": lambda at: at.means[0].item(),
    "operator": lambda at: operator.itemgetter(0)(at.means[0]),
    "getattr": lambda at: at.means.__getattr__("flat")[0],
    # conversion
    "asarray": lambda at: np.asarray(at.means).max(),
    "asarray of objects": lambda at: np.asarray(at.means, dtype=object)[0, 0],
    "array": lambda at: np.array(at.means)[0, 0],
    "array of vectors": lambda at: np.array([at.means[0], at.means[1]]).max(),
    "array of objects": lambda at: np.array([at.means[0], at.means[1]], dtype=object)[:, 0],
    "array of a list": lambda at: np.array(list(at.means))[:, 0],
    "stack": lambda at: np.stack([at.means[0], at.means[1]])[0, 0],
    "vstack": lambda at: np.vstack([at.means, at.means])[0, 0],
    "concatenate": lambda at: np.concatenate([at.means[0], at.means[1]])[0],
    "fromiter": lambda at: np.fromiter(at.means[0], dtype=object)[0],
    "tolist": lambda at: at.means.tolist()[0][0],
    "list": lambda at: list(at.means[0])[0],
    "tuple": lambda at: tuple(at.means[1])[0],
    "nested loop": lambda at: largest([entry for row in at.means for entry in row]),
    "unpacked": lambda at: [entry for (entry,) in at.means][0],
    "star": lambda at: [*at.means[0]][0],
    "zip": lambda at: [a for a, _ in zip(at.means[0], at.means[1], strict=False)][0],
    "map": lambda at: next(map(operator.pos, at.means[0])),
    "chain": lambda at: next(itertools.chain.from_iterable(at.means)),
    "enumerate": lambda at: dict(enumerate(at.means[0]))[0],
    "flat": lambda at: at.means.flat[0],
    "ravel": lambda at: at.means.ravel()[0],
    "np.ravel": lambda at: np.ravel(at.means)[0],
    "flatten": lambda at: at.means.flatten()[0],
    "reshape": lambda at: at.means.reshape(-1)[0],
    "squeeze": lambda at: at.means.squeeze()[0],
    "nditer": lambda at: next(np.nditer(at.means, flags=["refs_ok"])),
    "ndenumerate": lambda at: next(iter(np.ndenumerate(at.means)))[1],
    "astype": lambda at: at.means.astype(float)[0, 0],
    "float": lambda at: at.number(Fraction(float(at.means[0]))),
    "int": lambda at: at.number(int(at.means[0])),
    "hypot": lambda at: at.number(math.hypot(*at.means[0])),
    "fsum": lambda at: at.number(math.fsum(at.means[0])),
    "text": lambda at: at.number(f"{at.means[0]:.3f}"),
    "json": lambda at: at.number(json.dumps(at.means)),
    "copied": lambda at: copy.copy(at.means)[0, 0],
    "copied deeply": lambda at: copy.deepcopy(at.means)[0, 0],
    "pickled": lambda at: pickle.loads(pickle.dumps(at.means))[0, 0],
    "copy": lambda at: at.means.copy()[0, 0],
    "objects": lambda at: objects(at.means)[0].max(),
    "objects made one": lambda at: np.concatenate(objects(at.means))[0],
    "objects stacked": lambda at: np.stack(objects(at.means))[0, 0],
    # sums, extrema, order
    "sum": lambda at: at.means.sum(),
    "sum of one": lambda at: at.means[0].sum(),
    "sum of rows": lambda at: largest(at.means.sum(axis=1)),
    "sum of rows, from behind": lambda at: largest(at.means.sum(axis=-1)),
    "sum of both axes": lambda at: at.means.sum(axis=(0, 1)),
    "np.sum": lambda at: np.sum(at.means),
    "builtin sum": lambda at: sum(at.means[0]),
    "mean": lambda at: at.means.mean(),
    "mean of rows": lambda at: at.means.mean(axis=1)[0],
    "mean square": lambda at: (at.means * at.means).mean(),
    "mean square by rows": lambda at: largest(np.mean(at.means * at.means, axis=1)),
    "product": lambda at: at.means.prod(),
    "cumsum": lambda at: np.cumsum(at.means)[0],
    "max": lambda at: at.means.max(),
    "np.max": lambda at: np.max(at.means),
    "np.maximum": lambda at: np.maximum(at.means[0], at.means[1]),
    "builtin max": lambda at: max(at.means[0]),
    "max of vectors": lambda at: max(at.means[0], at.means[1]) @ at.means[0],
    "largest": lambda at: largest(at.means),
    "smallest": lambda at: smallest(at.means),
    "largest square": lambda at: largest(at.means * at.means),
    "largest of objects": lambda at: largest(objects(at.means)) @ at.means[0],
    "max square": lambda at: (at.means * at.means).max(),
    "sorted": lambda at: sorted(at.means[0])[0],
    "sorted vectors": lambda at: sorted(at.means)[0] @ at.means[0],
    "np.sort": lambda at: np.sort(at.means, axis=1)[0],
    "abs": lambda at: abs(at.means).sum(),
    "np.abs": lambda at: np.abs(at.means).sum(),
    "magnitudes": lambda at: magnitudes(at.means).sum(),
    "sign": lambda at: np.sign(at.means).sum(),
    "less": lambda at: at.radius if at.means[0] < at.means[1] else 2 * at.radius,
    "equal": lambda at: at.radius if at.means[0] == at.means[1] else 2 * at.radius,
    "array equal": lambda at: at.radius if np.array_equal(at.means, at.means) else 2 * at.radius,
    "truth": lambda at: at.radius if at.means[0] else 2 * at.radius,
    "in": lambda at: at.radius if 0 in at.means[0] else 2 * at.radius,
    "hash": lambda at: at.radius if {at.means[0]: 1} else 2 * at.radius,
    "where": lambda at: np.where([True], at.means, 0)[0, 0],
    "any": lambda at: at.radius if np.any(at.means) else 2 * at.radius,
    # products of entries
    "squares by columns": lambda at: largest((at.means * at.means).sum(axis=0)),
    "first square": lambda at: (at.means * at.means)[0, 0],
    "list of squares": lambda at: list((at.means * at.means)[0])[0],
    "fourth powers": lambda at: ((at.means * at.means) * (at.means * at.means)).sum(),
    "cubes": lambda at: (at.means * at.means * at.means).sum(),
    "power 4": lambda at: (at.means**4).sum(),
    "power 1": lambda at: (at.means**1).sum(),
    "root of squares": lambda at: root(at.means * at.means).sum(),
    "squares and a number": lambda at: (at.means * at.means + 1).sum(),
    "squares and a vector": lambda at: (at.means * at.means + at.means).sum(),
    "one over": lambda at: (1 / (2 + at.means)).sum(),
    "sum with a number": lambda at: ((at.means + 1) * at.means).sum(),
    "sum with a column": lambda at: ((at.means + at.weights[:, None]) * at.means).sum(),
    "quotient": lambda at: (at.means / at.means).sum(),
    "remainder": lambda at: (at.means % 1).sum(),
    "exp": lambda at: np.exp(at.means).sum(),
    "square ufunc": lambda at: np.square(at.means).max(),
    "reduced": lambda at: np.add.reduce(at.means, axis=1)[0],
    "outer": lambda at: np.multiply.outer(at.means[0], at.means[0])[0, 0],
    "np.outer": lambda at: np.outer(at.means[0], at.means[1]).max(),
    "into": lambda at: np.multiply(at.means, at.means, out=np.empty((2, 1), object))[0, 0],
    # matrices and arrays of the wrong side
    "unit vector": lambda at: at.means[0] @ np.array([1]),
    "unit vectors": lambda at: (at.means @ np.array([[1], [0]]))[0, 0],
    "from the left": lambda at: np.array([1]) @ at.means[0],
    "number from the left": lambda at: np.array([at.number(1)]) @ at.means[0],
    "entrywise": lambda at: (at.means * np.array([1, 0])).sum(),
    "entrywise list": lambda at: ((at.means * [1, 0]) * at.means).sum(),
    "by weights": lambda at: ((at.means * at.weights) * at.means).sum(),
    "row of weights": lambda at: ((at.means * at.weights[None, :]) * at.means).sum(),
    "matrix": lambda at: ((at.means * np.matrix([[2]])) * at.means).sum(),
    "masked": lambda at: ((at.means * np.ma.array([2])) * at.means).sum(),
    "objects in one place": lambda at: (rows_of_one(at) * rows_of_one(at)).sum() @ at.means[0],
    "objects from the left": lambda at: (objects(at.means) @ at.means) @ at.means[0],
    "objects in a column": lambda at: ((objects(at.means)[:, None] * at.means) * at.means).sum(),
    "second moments": lambda at: ((at.means.T @ at.means) ** 2).sum(),
    "weighted moments": lambda at: ((at.weights[:, None] * at.means).T @ at.means).max(),
    "trace": lambda at: np.trace(at.means.T @ at.means),
    "transposed entry": lambda at: at.means.T[0, 0],
    "transposed sum": lambda at: largest(at.means.T.sum(axis=0)),
    "transposed, as rows": lambda at: squared_norms(at.means.T).max(),
    "transposed, in a loop": lambda at: next(iter(at.means.T)) @ at.weights,
    "transposed by a matrix": lambda at: (at.means.T @ at.overlap).max(),
    "swapped axes": lambda at: np.swapaxes(at.means, 0, 1)[0, 0],
    "np.transpose": lambda at: np.transpose(at.means)[0, 0],
    "without transpose": lambda at: (at.means @ at.means)[0, 0],
    "einsum": lambda at: np.einsum("ij->", at.means),
    "einsum of two": lambda at: np.einsum("ij,ij->j", at.means, at.means).max(),
    "determinant": lambda at: np.linalg.det(at.means @ at.means[None, 0]),
    "cross": lambda at: np.cross(at.means[0], at.means[1]),
    "largest norm": lambda at: np.linalg.norm(at.means, ord=np.inf, axis=1).max(),
    "norm of columns": lambda at: np.linalg.norm(at.means, axis=0).max(),
    "vectorised": lambda at: np.vectorize(lambda entry: entry)(at.means).max(),
    "from Python": lambda at: np.frompyfunc(lambda entry: entry, 1, 1)(at.means).max(),
    "along an axis": lambda at: np.apply_along_axis(max, 1, at.means)[0],
    # shapes
    "dimension by shape": lambda at: at.number(at.means.shape[1]),
    "dimension from behind": lambda at: at.number(at.means.shape[-1]),
    "dimension of one": lambda at: at.number(len(at.means[0])),
    "shape unpacked": lambda at: at.number([*at.means.shape][1]),
    "shape compared": lambda at: at.number(1 if at.means.shape == (2, 1) else 2),
    "np.shape": lambda at: at.number(np.shape(at.means)[1]),
    "size": lambda at: at.number(at.means.size),
    "np.size": lambda at: at.number(np.size(at.means)),
    "zeros": lambda at: np.zeros(at.means.shape).sum() + at.radius,
    "zeros like": lambda at: np.zeros_like(at.means).sum() + at.radius,
    "ones like": lambda at: (at.means * np.ones_like(at.means)).sum(),
    "broadcast": lambda at: np.broadcast_to(at.means, (2, 2))[0, 0],
    "broadcast pair": lambda at: np.broadcast_arrays(at.means, np.zeros(2))[0][0, 0],
    # of a point
    "gradient": lambda at: at.gradient[:, 0].max(),
    "position": lambda at: at.positions[0, 0],
    "step": lambda at: at.step(at.number(1)).means[0, 0],
    "EM step": lambda at: at.em_step().gradient[0, 0],
    "mixture": lambda at: at.mixture.means[0][0],
    "varying mixture": lambda at: at.mixture.varying_means[0, 0],
    "mixture shifted": lambda at: at.other(at.mixture.shifted([1])).loss,
    "mixture and one more": lambda at: at.other(at.mixture.with_component([0], 1)).loss,
    "exact": lambda at: at.exact("step_size"),
    "case": lambda at: at.case.mixture.means[0][0],
    "moved to one axis": lambda at: at.moved(np.array([[1], [1]])).loss,
    "moved and reshaped": lambda at: at.moved(at.means[:, None]).loss,
    "moved to one mean": lambda at: at.moved(at.means[:1]).loss,
    "along an array": lambda at: at.line(np.ones((2, 1)), Fraction(1)).loss,
    "responsibilities": lambda at: at.responsibilities_at(np.array([1]))[0],
    "inner products": lambda at: inner_products(at.means, np.ones((2, 1))).max(),
    "swallowed": swallowed,
    "hasattr": lambda at: at.radius if hasattr(at.means, "flat") else 2 * at.radius,
    "in place": in_place,
    "assigned": assigned,
}


def claim_of(name: str, function: Callable[[Any], Any]) -> Claim:
    """A claim that holds of any number, so that only a refusal keeps it from being proved."""

    def proved(at: Any) -> Any:
        value = function(at)
        return at_most(0 * value * value, at.number(100))

    return named(name, proved)


def named(name: str, function: Callable[[Any], Any]) -> Claim:
    found: Claim = inequality(re.sub("[^a-z0-9]+", "-", name.lower()), "x")(function)
    return found


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.parametrize("dimension", [pytest.param(2, marks=pytest.mark.slow), "any"])
@pytest.mark.parametrize("name", ASKS)
def test_what_asks_for_coordinates_is_refused(name: str, dimension: Any) -> None:
    """With the line of the file, and whatever is done with the number."""
    with pytest.raises((NotOnRegions, ClaimFailed)) as caught:
        tc.prove(claim_of(name, ASKS[name]), Region(2, dimension=dimension, **REGION))
    text = str(caught.value)
    assert "test_coordinates.py, line" in text
    assert "vector" in text or "not on regions yet" in text or "BoxVectors" in text


def test_a_vector_that_is_returned_is_refused() -> None:
    """As a margin and as a side, with the name of the file: no line asked for it."""
    for result in (lambda at: at.means, lambda at: at_most(at.means, 2), lambda at: [at.means[0]]):
        claim = inequality("vector", "x")(result)
        with pytest.raises(NotOnRegions, match=r"test_coordinates\.py"):
            tc.prove(claim, Region(2, dimension=2, **REGION))


FALSE: dict[str, Callable[[Any], Any]] = {
    "largest entry": lambda at: at_most(
        at.number("0.9") * at.radius * at.radius, largest((at.means * at.means).ravel())
    ),
    "largest entry, by rows": lambda at: at_most(
        at.number("0.9") * at.radius, largest([abs(entry) for row in at.means for entry in row])
    ),
    "second moments": lambda at: at_most(
        at.number("0.9") * at.weighted_distance * at.weighted_distance, second_moments(at)
    ),
    "sum of entries": lambda at: at_most(
        squared_norms(at.means), at.means.sum(axis=1) * at.means.sum(axis=1)
    ),
    "dimension": lambda at: at_most(at.number(at.means.shape[1]), at.number("3/2")),
    "product of entries": lambda at: at_most(
        (at.means[0] @ at.means[1]) * (at.means[0] @ at.means[1]),
        ((at.means[0] * at.means[1]) * (at.means[0] * at.means[1])).sum(),
    ),
    "Cauchy-Schwarz turned round": lambda at: at_most(
        (at.means[0] @ at.means[0]) * (at.means[1] @ at.means[1]),
        (at.means[0] @ at.means[1]) * (at.means[0] @ at.means[1]),
    ),
    "Gram matrix of rank 1": lambda at: at_most(gram_determinant(at), at.number("1/1000")),
    "on a line through 0": lambda at: at_most(
        root(squared_norms(at.means)).sum(),
        largest(
            [
                root(squared_norms((at.means[0] + at.means[1])[None])[0]),
                root(squared_norms((at.means[0] - at.means[1])[None])[0]),
            ]
        )
        + at.number("1/100"),
    ),
    "gradients along the means": lambda at: at_most(
        squared_norms(at.gradient)[0] * squared_norms(at.means)[0],
        inner_products(at.gradient, at.means)[0] * inner_products(at.gradient, at.means)[0],
    ),
}
"""True in one dimension."""


def second_moments(at: Any) -> Any:
    matrix = (at.weights[:, None] * at.means).T @ at.means
    return (matrix * matrix).sum()


def gram_determinant(at: Any) -> Any:
    gram = at.means @ at.means.T
    return gram[0, 0] * gram[1, 1] - gram[0, 1] * gram[1, 0]


@pytest.mark.parametrize("name", FALSE)
def test_what_is_true_in_one_dimension_alone_is_not_proved_in_more(name: str) -> None:
    claim = named(name, FALSE[name])
    line = tc.Case(tc.Mixture(["19/20", "-1/2"], [4, 5]))
    plane = [tc.Mixture([["7/10", "7/10"], ["7/10", y]]) for y in ("7/10", "-7/10")]
    assert evaluate(claim, line, FLOAT64).values.min() >= -1e-12
    assert any(isinstance(claim.check(tc.Case(mixture)), tc.Refuted) for mixture in plane)
    for dimension in (2, "any"):
        try:
            proof = tc.prove(claim, Region(2, dimension=dimension, **REGION), time_limit=2)
        except NotOnRegions:
            continue
        assert proof.verdict != "proved"


TRUE: dict[str, Callable[[Any], Any]] = {
    "means and norms": lambda at: [
        at_most(squared_norms(at.means), at.radius * at.radius * at.number("1.1")),
        at_most((at.means * at.means).sum(axis=-1), at.number("1.1")),
        at_most((at.means**2).sum(), at.number("2.2")),
        at_most(np.sum(at.means * at.means, axis=1, keepdims=True), at.number("1.1")),
        at_most(np.linalg.norm(at.means, axis=1), at.number("1.1")),
        at_most(np.linalg.norm(at.means[0]), at.number("1.1")),
        at_most(np.linalg.norm(at.means), at.number("1.5")),
        at_most(root(at.means[0] @ at.means[0]), at.number("1.1")),
    ],
    "the middle": lambda at: [
        at_most(middle @ middle, at.number("1.1"))
        for middle in (
            at.weights @ at.means,
            at.means.T @ at.weights,
            (at.weights[:, None] * at.means).sum(axis=0),
            np.sum(at.means * at.weights[:, None], axis=0),
            sum(w * mean for w, mean in zip(at.weights, at.means, strict=True)),
            at.weights[0] * at.means[0] + at.means[1] * at.weights[1],
            at.means.mean(axis=0),
            np.mean(at.means, axis=0),
            (at.means[0] + at.means[1]) / 2,
            -(-at.means[0] - at.means[1]) / 2,
            np.float64(0.5) * at.means[0] + Fraction(1, 2) * at.means[1],
        )
    ],
    "differences": lambda at: [
        at_most(((at.means[:, None] - at.means) ** 2).sum(axis=2), at.number("4.4")),
        at_most(squared_norms(at.means - at.weights @ at.means), at.number("4.4")),
        at_most(squared_norms(at.means[[1, 0]] - at.means[::-1]), at.number("1/10")),
        at_most(squared_norms(at.means[1:] - at.means[0, :]), at.number("4.4")),
        at_most(squared_norms(at.means[:, :] - at.means[...]), at.number("4.4")),
    ],
    "Gram matrix": lambda at: [
        at_most(at.means @ at.means.T, at.number("1.1")),
        at_most(at.means @ at.means[0], at.number("1.1")),
        at_most(at.means[0] @ at.means.T, at.number("1.1")),
        at_most(np.trace(at.means @ at.means.T), at.number("2.2")),
        at_most(
            -gram_determinant(at),
            at.number("1/10") + at.energy - (at.means * at.means).sum(),
        ),
    ],
    "gradients": lambda at: [
        at_most(squared_norms(at.gradient).sum(), 2 * at.energy + 1),
        at_most(inner_products(at.gradient, at.means).sum(), at.fisher_divergence + 1),
        at_most(at.fisher_divergence, (at.gradient * at.means).sum() + 1),
        at_most(squared_norms(at.gradient - at.overlap @ at.means), at.number("1/100") + at.energy),
        at_most(squared_norms(at.gradient / at.responsibilities[:, None]).sum(), 100 * at.energy),
        at_most(at.step(at.number("1/2")).energy, 2 * at.energy),
        at_most(
            squared_norms(at.em_step().means - at.means).sum(), at.number("1/100") + 9 * at.energy
        ),
        at_most(at.moved(2 * at.means - at.means).loss, at.loss + 1),
        at_most(at.line(at.gradient, Fraction(-1, 4)).loss, at.loss + 1),
        at_most(at.responsibilities_at(at.means[0]), at.number("1.1")),
    ],
    "lengths": lambda at: at_most(at.number(len(at.means) * at.means.shape[0] + at.means.ndim), 7),
}


@pytest.mark.long
@pytest.mark.parametrize("name", TRUE)
def test_what_no_rotation_changes_is_proved_in_any_style(name: str) -> None:
    """And holds at single cases, with the arrays that they have."""
    claim = named(name, TRUE[name])
    for rows in ([1, 0], [["3/5", "4/5"], ["-1/2", "1/4"]], [[0, 0, "19/20"], [0, "1/2", 0]]):
        case = tc.Case(tc.Mixture(rows))
        assert evaluate(claim, case, FLOAT64).values.min() > 0
    region = Region(
        2, dimension="any", weights=("1/2", "1/2"), radius_at_most=1, radius_at_least="9/10"
    )
    assert tc.prove(claim, region, time_limit=60).verdict == "proved"


def test_vectors_compute_what_arrays_do() -> None:
    """On random numbers, in every way that is open."""
    random = np.random.default_rng(3)
    array = random.integers(-9, 9, (3, 4)).astype(object)
    c = random.integers(1, 9, 3).astype(object)
    vectors = BoxVectors(array)
    for compute in (
        lambda v: (v * v).sum(axis=1),
        lambda v: (v * v).sum(),
        lambda v: (c[:, None] * (v * v)).sum(axis=-1),
        lambda v: (v**2 - 3 * (v * v[0]) / 2 + v * v * c[:, None]).sum(axis=1, keepdims=True),
        lambda v: (c @ (v * v)).sum(),
        lambda v: (v * v).sum(axis=0).sum(),
        lambda v: (v * v)[1:].sum(axis=1),
        lambda v: v @ v.T,
        lambda v: v @ v[2],
        lambda v: v[1] @ v.T,
        lambda v: (v.T @ c) @ (c @ v),
        lambda v: ((v[:, None] - v) * (v[None] + v[:, None])).sum(axis=2),
        lambda v: ((c[:, None, None] * (v[:, None] - v)).sum(axis=0) * v).sum(axis=1),
        lambda v: np.add(v, np.negative(np.divide(v, 2)))[1] @ np.matmul(c, v),
        lambda v: v.mean(axis=0) @ (v[0] - v.sum(axis=0)),
        lambda v: (v.T.T * np.array([2], dtype=object))[::2] @ v[-1],
        lambda v: np.array(len(v) + v.ndim + v.shape[0] + v[:, None].shape[1]),
    ):
        assert np.array_equal(compute(vectors), compute(array))
