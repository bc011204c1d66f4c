"""Adversarial search: where in its domain is a claim closest to failing?

CMA-ES from the worst cases known, each run polished by Nelder-Mead. The margin is made scale-free
(`Decision.relative`), so that a collapse of all means to 0 is no improvement by itself. Float64
guides the search; balls decide what it has found.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from theorycheck.errors import InvalidValue, TheoryCheckError, TooExpensive
from theorycheck.inputs.case import Case
from theorycheck.inputs.numbers import Floats, whole_number
from theorycheck.search.encoding import MAX_RANK, Encoding
from theorycheck.statements.claim import Claim
from theorycheck.statements.decision import FLOAT_TRUST, Decision, decide, float64_view

MAX_COMPONENTS = 64
MAX_DIMENSION = 64
RANK_2_COST = 3
"""What an evaluation of affine rank 2 counts against the budget."""
_RUN_BUDGET = 200
_MOST_RUNS = 12
_CERTIFIED = 3
OUTSIDE = 1e9
SPREADS = (0.3, 0.7, 1.5)
"""Of the first generation: wider when all starts have been tried and budget is left."""


@dataclass(frozen=True)
class AttackResult:
    """What a search came to.

    worst: the case closest to failing, or beyond; for an existence claim the best witness.
    relative: its scale-free margin in float64 (the constant itself for an implied constant).
    decision: what balls say there. evaluations: of the claim's function in float64.
    history: (evaluations so far, best `relative` so far), at every improvement.
    """

    worst: Case
    relative: float
    decision: Decision
    evaluations: int
    history: tuple[tuple[int, float], ...]


def attack(
    claim: Claim,
    budget: int = 2000,
    components: int | None = None,
    dimension: int | None = None,
    seed: int = 0,
    starts: Sequence[Case] = (),
) -> AttackResult:
    """Search a claim's domain for the smallest scale-free margin; the same for the same seed.

    budget: float64 evaluations; one of affine rank 2 counts three. components, dimension: only
    cases of this size, up to 64. seed: any whole number. starts: cases to begin from, the worst
    first served; random when there are none. Raises InvalidValue when there is nothing to search:
    a claim that only balls can see, or a size outside the claim's domain or above affine rank 2.
    """
    check_attack(claim, components, dimension)
    encodings = encodings_of(claim, components, dimension)
    search = Search(claim, budget)
    chosen = [case for case in starts if _is_among(case, encodings)]
    rng = generator(seed)
    known = _seen(search, chosen or _random_cases(encodings, rng), budget // 3)
    restarts = _restarts(known)
    share = max(_RUN_BUDGET, (budget - search.spent) // max(3, min(len(restarts), _MOST_RUNS)))
    for start, spread in ((start, spread) for spread in SPREADS for start in restarts):
        if search.spent + share // 2 > budget:
            break
        end = min(search.spent + share, budget)
        _descend(search, start, spread, end, rng)
    return search.result()


def check_attack(claim: Claim, components: int | None, dimension: int | None) -> None:
    """Raise if there is nothing to search at a size (None: all sizes), before anything is done."""
    if claim.only_balls:
        raise InvalidValue(f"claim {claim.id} cannot be attacked: float64 does not see its margin")
    sizes = (("components", components, MAX_COMPONENTS), ("dimension", dimension, MAX_DIMENSION))
    for name, size, most in sizes:
        if size is not None:
            whole_number(size, name, least=1, most=most)
    encodings_of(claim, components, dimension)


def generator(seed: int) -> np.random.Generator:
    """NumPy's generator of random numbers for a seed, or a clear error."""
    return np.random.default_rng(whole_number(seed, "seed") % 2**64)  # NumPy takes none below 0


def encodings_of(claim: Claim, components: int | None, dimension: int | None) -> list[Encoding]:
    """The sizes to search: all of the domain's, or the one asked for."""
    domain = claim.domain
    sizes = range(domain.components[0], domain.components[1] + 1)
    dimensions = range(domain.dimension[0], domain.dimension[1] + 1)
    truths = {"gaussian": (0,), "any": (0, 2), "mixture": (2,)}[domain.truth]
    found = [
        Encoding(claim, n, d, truth)
        for n in ((components,) if components is not None else sizes)
        for d in ((dimension,) if dimension is not None else dimensions)
        for truth in truths
        if min(n - 1, d) <= MAX_RANK and n >= sizes.start and d >= dimensions.start
    ]
    if components is not None and sizes.start == domain.components[1] != components:
        found = []
    if not found:
        raise InvalidValue(
            f"claim {claim.id} has no cases of this size to search: its domain has "
            f"n >= {sizes.start} and d >= {dimensions.start}, and the search is limited to "
            f"affine rank {MAX_RANK}"
        )
    return found


def _is_among(case: Case, encodings: Iterable[Encoding]) -> bool:
    return any(_size(case) == (e.components, e.dimension) for e in encodings)


def _random_cases(encodings: list[Encoding], rng: np.random.Generator) -> Iterator[Case]:
    """Three vectors of each size that decode into the domain, as far as ten tries give them."""
    for encoding in encodings:
        vectors = rng.standard_normal((10, encoding.size))
        cases = [case for vector in vectors if (case := encoding.decode(vector)) is not None]
        yield from cases[:3]


def _seen(search: Search, cases: Iterable[Case], budget: int) -> list[tuple[float, Case]]:
    """The objective at the starts, as many as the budget allows."""
    seen: list[tuple[float, Case]] = []
    for case in cases:
        if seen and search.spent >= budget:
            break
        seen.append((search.value(_shortened(search.claim, case)), case))
    return seen


def _shortened(claim: Claim, case: Case) -> Case:
    """The case with no more steps than balls can follow: what lies beyond cannot be convicted."""
    if case.steps is None:
        return case
    return replace(case, steps=min(case.steps, claim.certified_steps))


def _restarts(known: list[tuple[float, Case]]) -> list[Case]:
    """Where to begin: the worst case of every size first; equalities, which lead nowhere, last."""
    ranked = sorted(known, key=lambda entry: (abs(entry[0]) < FLOAT_TRUST, entry[0]))
    firsts: dict[tuple[int, int], Case] = {}
    others = []
    for _, case in ranked:
        if _size(case) in firsts:
            others.append(case)
        firsts.setdefault(_size(case), case)
    return [*firsts.values(), *others]


class Search:
    """The objective, what it has cost, and the best it has seen."""

    def __init__(self, claim: Claim, budget: int) -> None:
        self.claim, self.budget = claim, budget
        self.spent = self.evaluations = 0
        self._best: dict[tuple[int, int], tuple[float, float, Case]] = {}
        self._lowest = math.inf
        self._history: list[tuple[int, float]] = []

    def value(self, case: Case) -> float:
        """The objective at a case: smaller is closer to failing."""
        rank = min(case.mixture.components - 1, case.mixture.dimension)
        self.spent += 1 if rank < MAX_RANK else RANK_2_COST
        self.evaluations += 1
        try:
            with np.errstate(all="ignore"):
                relative = float64_view(self.claim, case).relative
        except (TheoryCheckError, ArithmeticError, ValueError):
            return OUTSIDE
        value = _objective(self.claim, relative)
        self._remember(value, relative, case)
        return value

    def at(self, encoding: Encoding, vector: Floats) -> float:
        """The objective at a vector, with a penalty for leaving the domain."""
        case = encoding.decode(vector)
        if case is None:
            self.spent += 1
            return OUTSIDE + float(vector @ vector)
        return self.value(case)

    def is_equality(self, value: float) -> bool:
        """Whether a descent has come to where float64 cannot tell the sign, and can end."""
        return self.claim.kind in ("inequality", "identity") and abs(value) < FLOAT_TRUST

    def _remember(self, value: float, relative: float, case: Case) -> None:
        """Keep the best of every size: one that balls see otherwise does not hide the others."""
        if value < self._lowest:
            self._lowest = value
            self._history.append((self.evaluations, relative))
        if value < self._best.get(size := _size(case), (math.inf,))[0]:
            self._best[size] = (value, relative, case)

    def result(self) -> AttackResult:
        """The worst case, after balls have looked at the few worst."""
        if not self._best:
            raise TooExpensive(f"claim {self.claim.id}: no case could be evaluated in float64")
        worst = sorted(self._best.values(), key=lambda entry: entry[0])[:_CERTIFIED]
        decided = [(relative, case, decide(self.claim, case)) for _, relative, case in worst]
        found = "positive" if self.claim.kind == "existence" else "negative"
        relative, case, decision = min(decided, key=lambda entry: entry[2].sign != found)
        return AttackResult(case, relative, decision, self.evaluations, tuple(self._history))


def _size(case: Case) -> tuple[int, int]:
    return case.mixture.components, case.mixture.dimension


def _objective(claim: Claim, relative: float) -> float:
    if claim.kind == "existence":
        return -relative
    if claim.kind == "constant":
        return math.log(relative) if relative > 0 else relative - 1e3
    return relative


def _descend(
    search: Search, start: Case, spread: float, end: int, rng: np.random.Generator
) -> None:
    """CMA-ES from a case on two thirds of what is left, Nelder-Mead from its best on the rest."""
    encoding = Encoding.of(search.claim, start)
    middle = (search.spent + 2 * end) // 3
    best = evolve(search, encoding, encoding.encode(start), spread, middle, rng)
    polish(search, encoding, best, end)


def evolve(
    search: Search,
    encoding: Encoding,
    start: Floats,
    spread: float,
    end: int,
    rng: np.random.Generator,
) -> Floats:
    """The best vector that CMA-ES finds from a start, within the search's budget up to `end`."""
    import cma

    options: dict[str, Any] = {
        "popsize": round((4 + 3 * math.log(encoding.size)) * spread / SPREADS[0]),
        "randn": lambda *shape: rng.standard_normal(shape),
        "seed": math.nan,
        "verbose": -9,
        "verb_log": 0,
        "verb_disp": 0,
        "signals_filename": "",
    }
    evolution = cma.CMAEvolutionStrategy(start, spread, options)
    best, lowest = start, search.at(encoding, start)
    while search.spent < end and not search.is_equality(lowest) and not evolution.stop():
        vectors = evolution.ask()
        values = [search.at(encoding, vector) for vector in vectors]
        evolution.tell(vectors, values)
        if min(values) < lowest:
            lowest = min(values)
            best = vectors[values.index(lowest)]
    return np.asarray(best, dtype=float)


def polish(search: Search, encoding: Encoding, start: Floats, end: int) -> None:
    """Improve a vector by Nelder-Mead until the search has spent `end` evaluations."""
    from scipy.optimize import minimize

    cost = 1 if encoding.rank < MAX_RANK else RANK_2_COST
    count = (end - search.spent) // cost
    if count > encoding.size + 1 and not search.is_equality(search.at(encoding, start)):
        simplex = np.vstack([start, start + 0.05 * np.eye(encoding.size)])
        options = {"maxfev": count, "initial_simplex": simplex, "xatol": 1e-9, "fatol": 1e-15}
        minimize(lambda v: search.at(encoding, v), start, method="Nelder-Mead", options=options)


# --- how an implied constant moves ----------------------------------------------------------------
