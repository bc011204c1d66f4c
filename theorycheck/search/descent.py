"""One descent to where a claim is closest to failing: CMA-ES, then Nelder-Mead.

The margin is made scale-free (`Decision.distance`), so that a collapse of all means to 0 is no
improvement by itself. Float64 guides the search; balls decide about what it has found.
"""

from __future__ import annotations

import functools
import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from theorycheck.arithmetic.budget import work_limit
from theorycheck.errors import InvalidType, TheoryCheckError, TooExpensive
from theorycheck.inputs.case import Case
from theorycheck.inputs.numbers import Floats, shown
from theorycheck.search.encoding import Encoding
from theorycheck.statements.claim import Claim
from theorycheck.statements.cost import evaluation_cost
from theorycheck.statements.decision import FLOAT_TRUST, Decision, decide, float64_view
from theorycheck.statements.verdicts import Sign

OUTSIDE = 1e9
"""The objective at a vector outside the claim's domain, or more."""
NARROW = 0.3
"""The usual spread of the first generation."""
_MOST_WORK = 1.0
"""Estimated seconds for each of the worst cases: one in space may take as long as all others."""
_CERTIFIED = 3
"""The number of worst cases, of different sizes, that balls decide in the end."""


@dataclass(frozen=True)
class AttackResult:
    """The result of a search.

    worst: the case closest to failing, or beyond; for an existence claim the best witness.
    relative: its scale-free margin in float64 (the constant itself for an implied constant).
    decision: the decision of balls there. evaluations: of the claim's function in float64.
    history: (evaluations so far, best `relative` so far), at every improvement.
    """

    worst: Case
    relative: float
    decision: Decision
    evaluations: int
    history: tuple[tuple[int, float], ...]


def generator(seed: int) -> np.random.Generator:
    """NumPy's generator of random numbers for a seed, or a clear error."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise InvalidType(f"seed is {shown(seed)}; give a whole number")
    return np.random.default_rng(int(seed) % 2**64)  # NumPy takes no negative ones


def size_of(case: Case) -> tuple[int, int]:
    """The numbers of components and of dimensions."""
    return case.mixture.components, case.mixture.dimension


class Search:
    """The objective of a search, its cost so far, and the best cases so far.

    budget: of `spent`, which counts an evaluation of affine rank 2 or more several times.
    """

    def __init__(self, claim: Claim, budget: int) -> None:
        self.claim, self.budget = claim, budget
        self.spent = self.evaluations = 0
        self._best: dict[tuple[int, int], tuple[float, float, Case]] = {}
        self._lowest = math.inf
        self._history: list[tuple[int, float]] = []

    def value(self, case: Case) -> float:
        """The objective at a case: smaller is closer to failing."""
        self.spent += evaluation_cost(case)
        self.evaluations += 1
        try:
            with np.errstate(all="ignore"):
                seen = float64_view(self.claim, case)
        except (TheoryCheckError, ArithmeticError, ValueError):
            return OUTSIDE
        value = _objective(self.claim, seen.distance)
        self._remember(value, seen.relative, case)
        return value

    def at(self, encoding: Encoding, vector: Floats) -> float:
        """The objective at a vector, with a penalty for leaving the domain."""
        case = encoding.decode(vector)
        if case is None:
            self.spent += 1
            return OUTSIDE + float(vector @ vector)
        return self.value(case)

    def is_equality(self, value: float) -> bool:
        """True where float64 cannot tell the sign any more, so that a descent can end."""
        return self.claim.kind in ("inequality", "identity") and abs(value) < FLOAT_TRUST

    def _remember(self, value: float, relative: float, case: Case) -> None:
        """Keep the best of every size: one that balls decide otherwise does not hide the others."""
        if value < self._lowest:
            self._lowest = value
            self._history.append((self.evaluations, relative))
        if value < self._best.get(size := size_of(case), (math.inf,))[0]:
            self._best[size] = (value, relative, case)

    def result(self) -> AttackResult:
        """The worst case, once balls have decided the few worst."""
        if not self._best:
            raise TooExpensive(f"claim {self.claim.id}: no case could be evaluated in float64")
        worst = sorted(self._best.values(), key=lambda entry: entry[0])[:_CERTIFIED]
        decided = [(relative, case, self._decided(case)) for _, relative, case in worst]
        found = Sign.POSITIVE if self.claim.kind == "existence" else Sign.NEGATIVE

        def telling(decision: Decision) -> tuple[bool, bool, bool]:
            is_open = decision.sign == Sign.UNKNOWN
            return decision.sign != found, not decision.looks_violated, is_open

        relative, case, decision = min(decided, key=lambda entry: telling(entry[2]))
        return AttackResult(case, relative, decision, self.evaluations, tuple(self._history))

    def _decided(self, case: Case) -> Decision:
        with work_limit(_MOST_WORK):
            return decide(self.claim, case)


def _objective(claim: Claim, distance: float) -> float:
    """The value that a search makes smaller; constants on a logarithmic scale."""
    if claim.kind == "existence":
        return -distance
    if claim.kind == "constant":
        return math.log(distance) if distance > 0 else distance - 1e3
    return distance


def descend(
    search: Search,
    encoding: Encoding,
    start: Floats,
    ends: tuple[int, int],
    rng: np.random.Generator,
    spread: float = NARROW,
) -> None:
    """CMA-ES from a vector, then Nelder-Mead from the best that it found.

    ends: what the search may have spent after each. spread: of the first generation.
    """
    best = _evolve(search, encoding, start, spread, ends[0], rng)
    _polish(search, encoding, best, ends[1])


def _evolve(
    search: Search,
    encoding: Encoding,
    start: Floats,
    spread: float,
    end: int,
    rng: np.random.Generator,
) -> Floats:
    """The best vector that CMA-ES finds from a start, within the search's budget up to `end`."""
    size = round((4 + 3 * math.log(encoding.size)) * spread / NARROW)
    seed = int(rng.integers(2**32))
    evolution = _cma_es()(start, spread, seed=seed, population_size=size)
    best, lowest = start, search.at(encoding, start)
    while search.spent < end and not search.is_equality(lowest) and not evolution.should_stop():
        vectors = [evolution.ask() for _ in range(size)]
        values = [search.at(encoding, vector) for vector in vectors]
        evolution.tell(list(zip(vectors, values, strict=True)))
        if min(values) < lowest:
            lowest = min(values)
            best = vectors[values.index(lowest)]
    return np.asarray(best, dtype=float)


@functools.cache
def _cma_es() -> type[Any]:
    """The class `cmaes.CMA`.

    Beside classes that are not used here the package loads `scipy.stats` where it can, which takes
    each worker a second; it has functions of its own for where it cannot.
    """
    is_loaded = "scipy.stats" in sys.modules
    if not is_loaded:
        sys.modules["scipy.stats"] = None  # type: ignore[assignment]  # cannot be imported
    try:
        from cmaes import CMA
    finally:
        if not is_loaded:
            del sys.modules["scipy.stats"]
    found: type[Any] = CMA
    return found


def _polish(search: Search, encoding: Encoding, start: Floats, end: int) -> None:
    """Improve a vector by Nelder-Mead until the search has spent `end` evaluations."""
    if search.spent >= end:
        return
    before, lowest = search.spent, search.at(encoding, start)
    count = (end - search.spent) // (search.spent - before)
    if count > encoding.size + 1 and lowest < OUTSIDE and not search.is_equality(lowest):
        simplex = np.vstack([start, start + 0.05 * np.eye(encoding.size)])
        options = {"maxfev": count, "initial_simplex": simplex, "xatol": 1e-9, "fatol": 1e-15}
        scipy.optimize.minimize(
            lambda v: search.at(encoding, v), start, method="Nelder-Mead", options=options
        )
