"""Claims and their controls, and the decorators that declare them.

A claim is a function of a `Point` and of the extra inputs it names as parameters. It returns
`at_most(a, b)`, `equal(a, b)`, or plain margins that must be >= 0.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import exact, shown
from theorycheck.inputs.region import Region
from theorycheck.notebook import claim_html, latex
from theorycheck.statements.bibliography import Reference
from theorycheck.statements.decision import check
from theorycheck.statements.domain import Domain
from theorycheck.statements.statement import EXTRA_INPUTS, Function, Kind
from theorycheck.statements.verdicts import Verdict

EVERYWHERE = Domain()


@dataclass(frozen=True, eq=False)
class Control:
    """A false strengthening of a claim: a run in which it survives had no power there.

    Made by `Claim.control`, and checked by `claim.as_claim(control).check(case)`.

    Attributes:
        id: Name in the report and on the command line.
        statement: The strengthening, in words or LaTeX.
        function: Like the function of a claim.
        inputs: The extra inputs of a case that the function takes.
        domain: The cases among which a refutation is searched.
        examples: Cases that are always checked, before any that are generated.
    """

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

    Made by the decorators `inequality`, `identity`, `existence` and `implied_constant`.

    Attributes:
        id: Name in the registry, the report and on the command line.
        statement: The statement in LaTeX.
        origin: "paper", "classical", "own" or "conjecture", as theory.md uses the words; or
            "literature, as stated", of what is false as it stands there.
        kind: The rule by which the function's values are judged.
        function: A function of a `Point` and of the inputs, which returns the margins.
        inputs: The extra inputs of a case that the function takes.
        domain: The hypotheses, from which cases are generated.
        source: The place where it is stated, in words.
        group: The letter of its section in theory.md.
        examples: Cases that are always checked, before any that are generated.
        strict: True if the margins of an inequality must be > 0.
        only_balls: True if float64 cannot resolve the margin (a fine difference of large terms),
            so that only balls evaluate it.
        certificate: The part that is certified, where that is less than the whole statement.
        compared: Its constant, or order, in the literature, here, and the best possible one, as
            three phrases.
        sharp_when: The regime in which an inequality is, or tends to, an equality, if known.
        certified_steps: The number of steps of a trajectory that balls follow, unless float64
            sees the claim fail later.
        controls: False strengthenings, attached by `control`.
        references: The entries that `theorycheck cite` prints; without them, those whose authors
            `source` names.
        floor: The constant c0 > 0 from below which an implied constant must not fall; without it
            the constant is only measured.
        cost: How many times as long as usual, about a millisecond, balls take for a case. Of a
            claim that costs much fewer cases are decided.
        regions: On which it is proved for all cases, anew in every run but a quick one.
        larger_regions: On which it is proved anew in a thorough run, as that takes longer.
    """

    id: str
    statement: str
    origin: str
    kind: Kind
    function: Function
    inputs: tuple[str, ...]
    domain: Domain = EVERYWHERE
    source: str = ""
    group: str = ""
    examples: tuple[Case, ...] = ()
    strict: bool = False
    only_balls: bool = False
    certificate: str = ""
    sharp_when: str = ""
    compared: tuple[str, str, str] | None = None
    certified_steps: int = 8
    controls: list[Control] = field(default_factory=list)
    references: tuple[Reference, ...] = ()
    floor: Fraction | None = None
    cost: int = 1
    regions: tuple[Region, ...] = ()
    larger_regions: tuple[Region, ...] = ()

    def __repr__(self) -> str:
        return f"Claim({self.id!r})"

    def _repr_html_(self) -> str:
        return claim_html(self)

    def _repr_latex_(self) -> str:
        return latex(self)

    @property
    def all_regions(self) -> tuple[Region, ...]:
        """All regions on which it is proved, those of every run first."""
        return self.regions + self.larger_regions

    @property
    def is_attackable(self) -> bool:
        """True if float64 sees a margin that a search can make smaller."""
        return not self.only_balls and self.kind != "identity"

    @property
    def description(self) -> str:
        """The function's docstring: the statement in words, or the reason why it is true."""
        return inspect.getdoc(self.function) or ""

    def check(self, case: Case | Mixture) -> Verdict:
        """Decide the statement at one case, with ball arithmetic where the rank allows.

        Only the conclusion is decided: at a case outside the hypotheses, where the verdict's
        `in_domain` is False, Refuted does not contradict the claim.

        Args:
            case: The case, or its mixture alone if the claim needs no other input.

        Returns:
            Holds, Refuted or Undecided.

        Raises:
            InvalidValue: The case lacks an input that the claim names.

        Example:
            >>> from theorycheck.claims import get
            >>> get("loss-upper").check(Mixture([1, -2])).evidence
            'certified'
        """
        given = case if isinstance(case, Case) else Case(case)
        return replace(check(self, given), in_domain=bool(self.domain.contains(given)))

    def control(
        self,
        statement: str,
        *,
        id: str = "",
        domain: Domain | None = None,
        examples: tuple[Case, ...] = (),
    ) -> Callable[[Function], Control]:
        """Attach a false strengthening to this claim (decorator).

        Args:
            statement: The strengthening, in words or LaTeX.
            id: Its name; by default the claim's id with "-control-" and a number.
            domain: The cases among which to search for a refutation; by default the claim's.
            examples: Cases that are always checked, before those of the claim if the domain is its
                own.

        Returns:
            A decorator that makes a `Control` of a function like that of a claim.
        """

        def attach(function: Function) -> Control:
            name = id or f"{self.id}-control-{len(self.controls) + 1}"
            control = Control(
                id=name,
                statement=statement,
                function=function,
                inputs=_named_inputs(function, name),
                domain=domain or self.domain,
                examples=examples if domain else (*examples, *self.examples),
            )
            self.controls.append(control)
            return control

        return attach

    def as_claim(self, control: Control) -> Claim:
        """Return the control as a claim of its own, to be checked like any other."""
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
            regions=(),
            larger_regions=(),
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


_FIRST_STEPS = (
    "the first {} steps from the exact start; in the rest of a run float64 looks for a violation, "
    "which counts where balls confirm it"
)
DECLARED: list[Claim] = []
"""Every claim that was declared in this process, also one whose name was taken by a later one."""


def _decorator(
    kind: Kind, id: str, statement: str, origin: str, options: dict[str, Any]
) -> Callable[[Function], Claim]:
    if not isinstance(id, str) or not id.replace("-", "").replace("_", "").isalnum():
        raise InvalidValue(f"claim id is {id!r}; give letters, digits and hyphens")

    def build(function: Function) -> Claim:
        if not isinstance(statement, str) or not statement.strip():
            raise InvalidType(f"claim {id}: the statement is {shown(statement)}; give LaTeX")
        inputs = _named_inputs(function, id)
        floor = _floor(id, kind, options.get("floor"))
        claim = Claim(id, statement, origin, kind, function, inputs, **{**options, "floor": floor})
        if "steps" in inputs and not claim.certificate:
            claim = replace(claim, certificate=_FIRST_STEPS.format(claim.certified_steps))
        DECLARED.append(claim)
        return claim

    return build


def _floor(id: str, kind: Kind, value: Any) -> Fraction | None:
    """The floor of an implied constant as an exact number > 0."""
    if value is None:
        return None
    if kind != "constant":
        raise InvalidValue(f"claim {id}: a floor is for an implied constant, not for an {kind}")
    floor = exact(value, "floor")
    if floor <= 0:
        raise InvalidValue(f"claim {id}: the floor is {shown(value)}; give a number above 0")
    return floor


def inequality(
    id: str, statement: str, *, origin: str = "own", **options: Any
) -> Callable[[Function], Claim]:
    """Declare that a function's margins are >= 0 on a domain (decorator).

    Args:
        id: The name: letters, digits and hyphens.
        statement: The statement in LaTeX.
        origin: "paper", "classical", "own" or "conjecture".
        options: Further fields of `Claim`. With `strict=True` the margins must be > 0.

    Returns:
        A decorator that makes a `Claim` of a function of a point, here called `at`, and of the
        extra inputs that it names: step_size, x, direction, target, s or steps.

    Raises:
        InvalidValue: The id or a parameter of the function is not allowed.
        InvalidType: The statement is no text.

    Example:
        >>> from theorycheck.statements.comparison import at_most
        >>> @inequality("my-lemma", r"L \\le W")
        ... def my_lemma(at):
        ...     return at_most(at.loss, at.weighted_distance)
        >>> my_lemma.check(Mixture([1, -2])).evidence
        'certified'
    """
    return _decorator("inequality", id, statement, origin, options)


def identity(
    id: str, statement: str, *, origin: str = "own", **options: Any
) -> Callable[[Function], Claim]:
    """Declare that a function's residuals are 0 on a domain (decorator).

    Args:
        id: The name: letters, digits and hyphens.
        statement: The statement in LaTeX.
        origin: "paper", "classical", "own" or "conjecture".
        options: Further fields of `Claim`.

    Returns:
        A decorator that makes a `Claim` of a function, as `inequality` does.
    """
    return _decorator("identity", id, statement, origin, options)


def existence(
    id: str, statement: str, *, origin: str = "own", **options: Any
) -> Callable[[Function], Claim]:
    """Declare that some case of a domain has margin > 0 (decorator).

    One certified witness proves such a claim.

    Args:
        id: The name: letters, digits and hyphens.
        statement: The statement in LaTeX.
        origin: "paper", "classical", "own" or "conjecture".
        options: Further fields of `Claim`; known witnesses are its `examples`.

    Returns:
        A decorator that makes a `Claim` of a function, as `inequality` does.
    """
    return _decorator("existence", id, statement, origin, options)


def implied_constant(
    id: str, statement: str, *, origin: str = "own", **options: Any
) -> Callable[[Function], Claim]:
    """Declare that some constant c > 0 bounds a function from below on a domain (decorator).

    The function returns the constant that a case implies. Every value must be > 0; the smallest
    one found is recorded and compared with the baseline. With `floor=c0` every value must be at
    least c0: without it nothing is claimed of a constant that keeps falling, and it is measured.

    Args:
        id: The name: letters, digits and hyphens.
        statement: The statement in LaTeX.
        origin: "paper", "classical", "own" or "conjecture".
        options: Further fields of `Claim`.

    Returns:
        A decorator that makes a `Claim` of a function, as `inequality` does.
    """
    return _decorator("constant", id, statement, origin, options)
