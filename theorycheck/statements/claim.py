"""Claims, controls and verdicts (design: one formula, any arithmetic; see `certify`).

A claim is a function of a `Point` and of the extra inputs it names as parameters. It returns
`at_most(a, b)`, `equal(a, b)`, or plain margins that must be >= 0.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal, TypeAlias

import numpy as np

from theorycheck.arithmetic.arithmetics import Array
from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.inputs.mixture import Case, Mixture, shown
from theorycheck.notebook import HtmlVerdict

Evidence: TypeAlias = Literal["certified", "tight", "oracle", "floating"]
Kind: TypeAlias = Literal["inequality", "identity", "existence", "constant"]
EXTRA_INPUTS = ("step_size", "x", "direction", "target", "s", "steps")


@dataclass(frozen=True)
class Holds(HtmlVerdict):
    """The statement holds at the case.

    margin: how far from failing; a lower bound when the evidence is `certified`, about 0 when it
    is `tight` (equal to 30 digits, and no precision that was tried tells its sign).
    """

    margin: float
    evidence: Evidence

    def __bool__(self) -> bool:
        raise TypeError("a verdict has no truth value; use isinstance(verdict, Holds)")


@dataclass(frozen=True)
class Refuted(HtmlVerdict):
    """The statement fails at the case, and ball arithmetic proves it.

    margin: a certified upper bound of the margin, below 0.
    """

    case: Case
    margin: float

    @property
    def evidence(self) -> Evidence:
        """Always certified: nothing weaker refutes."""
        return "certified"

    def __bool__(self) -> bool:
        raise TypeError("a verdict has no truth value; use isinstance(verdict, Refuted)")


@dataclass(frozen=True)
class Undecided(HtmlVerdict):
    """Neither could be shown."""

    reason: str

    def __bool__(self) -> bool:
        raise TypeError("a verdict has no truth value; use isinstance(verdict, Undecided)")


Verdict: TypeAlias = Holds | Refuted | Undecided


@dataclass(frozen=True, eq=False)
class Comparison:
    """lower <= upper, or lower = upper for an identity; scalars or arrays of one shape.

    scale: the size of terms that cancel within a side, where a side can be 0 because they do.
    is_step: a step of the argument and not the bound itself: how close it comes to an equality
    says nothing on how tight the bound is.
    """

    lower: Any
    upper: Any
    scale: Any = 0
    is_step: bool = False

    @property
    def margins(self) -> Array:
        """upper - lower, flattened."""
        return np.atleast_1d(np.asarray(self.upper - self.lower)).ravel()

    @property
    def sides(self) -> Array:
        """|lower| + |upper|, flattened like the margins; 0 for a step of the argument."""
        both = abs(np.asarray(self.upper)) + abs(np.asarray(self.lower))
        return self._flattened(0 * both if self.is_step else both)

    @property
    def scales(self) -> Array:
        """What the margins are compared with: the sides and the terms that cancel within them."""
        both = abs(np.asarray(self.upper)) + abs(np.asarray(self.lower)) + self.scale
        return self._flattened(both)

    def _flattened(self, sizes: Any) -> Array:
        return np.broadcast_to(np.atleast_1d(sizes).ravel(), self.margins.shape)


def at_most(lower: Any, upper: Any, scale: Any = 0) -> Comparison:
    """The statement lower <= upper, entry by entry."""
    return Comparison(lower, upper, scale)


def proof_step(lower: Any, upper: Any) -> Comparison:
    """The statement lower <= upper as a step of the argument, not as the bound itself."""
    return Comparison(lower, upper, is_step=True)


def equal(left: Any, right: Any, scale: Any = 0) -> Comparison:
    """The statement left = right, entry by entry."""
    return Comparison(left, right, scale)


@dataclass(frozen=True)
class Domain:
    """Where a claim is stated: the hypotheses, from which cases are generated and checked.

    components, dimension: inclusive ranges. radius: the largest scale of the means that are
    generated, whose norms reach about three times as far.
    step_size: half-open range (low, high]; `open_above` leaves out its upper end.
    equal_weights: whether the weights are all equal. lightest: smallest weight, as a share.
    truth: whether a mixture truth is allowed, needed or excluded.
    steps: length of a trajectory. shapes, scales: configurations of means to generate (see
    `strategies.mixtures`), all when empty. where: any further
    exact condition, told in words by `also`.
    """

    components: tuple[int, int] = (1, 5)
    dimension: tuple[int, int] = (1, 3)
    radius: float = 12.0
    step_size: tuple[Fraction, Fraction] = (Fraction(0), Fraction(2))
    open_above: bool = False
    equal_weights: bool = False
    lightest: Fraction = Fraction(0)
    truth: Literal["gaussian", "any", "mixture"] = "gaussian"
    steps: int = 400
    shapes: tuple[str, ...] = ()
    scales: tuple[Fraction, ...] = ()
    where: Callable[[Case], bool] | None = None
    also: str = ""

    def contains(self, case: Case) -> bool:
        """Whether an exact case satisfies the hypotheses (the radius is no hypothesis)."""
        m = case.mixture
        if not self.components[0] <= m.components or m.components > self._most_components:
            return False
        if m.dimension < self.dimension[0] or (self.equal_weights and not m.has_equal_weights):
            return False
        if (case.truth is None and self.truth == "mixture") or (
            case.truth is not None and self.truth == "gaussian"
        ):
            return False
        if min(case.mixture.weights) < self.lightest:
            return False
        if case.step_size is not None and not self._allows(case.step_size):
            return False
        return self.where is None or self.where(case)

    def in_words(self, inputs: tuple[str, ...]) -> str:
        """The hypotheses as one line of plain text."""
        low, high = self.components
        parts = [f"n = {low}" if low == high else f"n >= {low}" if low > 1 else "any n"]
        if self.equal_weights:
            parts.append("equal weights")
        if self.lightest:
            parts.append(f"no weight below {self.lightest}")
        if self.dimension[0] > 1:
            parts.append(f"d >= {self.dimension[0]}")
        truths = {"gaussian": "truth N(0, I)", "any": "any truth", "mixture": "truth a mixture"}
        parts.append(truths[self.truth])
        if "step_size" in inputs:
            end = "<" if self.open_above else "<="
            parts.append(f"{self.step_size[0]} < step size {end} {self.step_size[1]}")
        return ", ".join([*parts, self.also] if self.also else parts)

    @property
    def _most_components(self) -> float:
        """An upper end is a hypothesis only when the claim is about one number of components."""
        low, high = self.components
        return high if low == high else float("inf")

    def _allows(self, step_size: Fraction) -> bool:
        low, high = self.step_size
        return low < step_size < high or (step_size == high and not self.open_above)


Function: TypeAlias = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Control:
    """A false strengthening of a claim: a run in which it survives had no power there."""

    id: str
    statement: str
    function: Function
    inputs: tuple[str, ...]
    domain: Domain
    examples: tuple[Case, ...] = ()

    def __repr__(self) -> str:
        return f"Control({self.id!r})"


@dataclass(frozen=True, eq=False)
class Claim:
    """A statement that a machine can test, attack, certify and report.

    id: name in registry, report and command line. statement: LaTeX. origin: paper, classical,
    own or conjecture, as theory.md uses the words. source: where it is stated.
    examples: cases always looked at first. group: letter of the section of theory.md.
    only_balls: float64 can not see the margin (a fine difference), so it is not asked.
    certificate: what exactly is certified, when that is less than the whole statement.
    sharp_when: the regime in which an inequality is, or tends to, an equality, if it is known.
    """

    id: str
    statement: str
    origin: str
    kind: Kind
    function: Function
    inputs: tuple[str, ...]
    domain: Domain = Domain()
    source: str = ""
    group: str = ""
    examples: tuple[Case, ...] = ()
    strict: bool = False
    only_balls: bool = False
    certificate: str = ""
    sharp_when: str = ""
    certified_steps: int = 8
    controls: list[Control] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"Claim({self.id!r})"

    @property
    def description(self) -> str:
        """The function's docstring: what the statement says in words, or why it is true."""
        return inspect.getdoc(self.function) or ""

    def check(self, case: Case | Mixture) -> Verdict:
        """Decide the statement at one case, with ball arithmetic where the rank allows.

        Its conclusion is what is decided, also at a case outside its hypotheses
        (`domain.contains` tells): Refuted is then no word against the claim.
        Raises InvalidValue if the case lacks an input that the claim names.
        """
        from theorycheck.statements.decision import check

        return check(self, case if isinstance(case, Case) else Case(case))

    def control(
        self,
        statement: str,
        *,
        id: str = "",
        domain: Domain | None = None,
        examples: tuple[Case, ...] = (),
    ) -> Callable[[Function], Control]:
        """Attach a false strengthening, in words or LaTeX, to this claim (decorator)."""

        def attach(function: Function) -> Control:
            name = id or f"{self.id}-control-{len(self.controls) + 1}"
            control = Control(
                id=name,
                statement=statement,
                function=function,
                inputs=_named_inputs(function, name),
                domain=domain or self.domain,
                examples=examples,
            )
            self.controls.append(control)
            return control

        return attach

    def as_claim(self, control: Control) -> Claim:
        """The control as a claim of its own, to be checked like any other."""
        words = control.statement
        return replace(
            self,
            id=control.id,
            statement=words if "$" in words else rf"\text{{{words}}}",
            function=control.function,
            inputs=control.inputs,
            domain=control.domain,
            examples=control.examples,
            controls=[],
        )


def _named_inputs(function: Function, name: str) -> tuple[str, ...]:
    if not callable(function):
        raise InvalidType(f"claim {name}: a function is needed, not a {type(function).__name__}")
    parameters = list(inspect.signature(function).parameters)
    if not parameters or parameters[0] in EXTRA_INPUTS:
        raise InvalidValue(f"claim {name}: the first parameter must be the point, such as `at`")
    for parameter in parameters[1:]:
        if parameter not in EXTRA_INPUTS:
            raise InvalidValue(
                f"claim {name}: the parameter {parameter!r} is not known; "
                f"known are {', '.join(EXTRA_INPUTS)}"
            )
    return tuple(parameters[1:])


_FIRST_STEPS = "the first {} steps from the exact start; the rest of a run is seen in float64 only"
DECLARED: list[Claim] = []
"""Every claim that was declared in this process, also one whose name was taken by a later one."""


def _decorator(kind: Kind, id: str, statement: str, origin: str, options: dict[str, Any]) -> Any:
    if not isinstance(id, str) or not id.replace("-", "").replace("_", "").isalnum():
        raise InvalidValue(f"claim id is {id!r}; give letters, digits and hyphens")

    def build(function: Function) -> Claim:
        if not isinstance(statement, str) or not statement.strip():
            raise InvalidType(f"claim {id}: the statement is {shown(statement)}; give LaTeX")
        inputs = _named_inputs(function, id)
        claim = Claim(id, statement, origin, kind, function, inputs, **options)
        if "steps" in inputs and not claim.certificate:
            claim = replace(claim, certificate=_FIRST_STEPS.format(claim.certified_steps))
        DECLARED.append(claim)
        return claim

    return build


def inequality(
    id: str, statement: str, *, origin: str = "own", **options: Any
) -> Callable[[Function], Claim]:
    """Declare that a function's margins are >= 0 on a domain.

    options: the further fields of `Claim`. `strict=True` asks for margins > 0.
    """
    build: Callable[[Function], Claim] = _decorator("inequality", id, statement, origin, options)
    return build


def identity(
    id: str, statement: str, *, origin: str = "own", **options: Any
) -> Callable[[Function], Claim]:
    """Declare that a function's residuals are 0 on a domain."""
    build: Callable[[Function], Claim] = _decorator("identity", id, statement, origin, options)
    return build


def existence(
    id: str, statement: str, *, origin: str = "own", **options: Any
) -> Callable[[Function], Claim]:
    """Declare that some case of the domain has margin > 0: one certified witness proves it."""
    build: Callable[[Function], Claim] = _decorator("existence", id, statement, origin, options)
    return build


def implied_constant(
    id: str, statement: str, *, origin: str = "own", **options: Any
) -> Callable[[Function], Claim]:
    """Declare that some constant c > 0 bounds the function's values from below on a domain.

    The function returns the constant that a case implies. Every value must be > 0; the smallest
    one found is recorded and compared with the baseline.
    """
    build: Callable[[Function], Claim] = _decorator("constant", id, statement, origin, options)
    return build
