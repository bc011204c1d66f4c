"""Claims that look behind the numbers they are given are refused, and none of them is proved."""

from __future__ import annotations

import functools
import inspect
import math
import operator
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import pytest

import theorycheck as tc
from theorycheck.arithmetic.boxes import BoxNumber
from theorycheck.arithmetic.integrals import folded_mean
from theorycheck.arithmetic.vectors import coordinates
from theorycheck.claims import _MODULES
from theorycheck.claims.sharper import mixture_truths
from theorycheck.errors import NotOnRegions
from theorycheck.inputs.region import Region
from theorycheck.regions import point
from theorycheck.regions.closed import closed_names
from theorycheck.regions.frame import Frame
from theorycheck.regions.margins import margins
from theorycheck.regions.proof import prove
from theorycheck.statements.claim import inequality
from theorycheck.statements.comparison import at_most

LINE = Region(2, means=((1, 2), (-2, -1)), weights=("2/5", "3/5"))
PLANE = Region(2, dimension=2, radius_at_most=1, radius_at_least="1/2", weights=("1/2", "1/2"))


def entries(at: Any) -> Any:
    return at_most(at.means._entries[0, 1] * 0, at.number(1))


def span(at: Any) -> Any:
    return at_most(float(at.loss.span.lo.max()), at.number(9))


def centre(at: Any) -> Any:
    return at_most(at.number(0), at.loss.centre.hi.max())


def narrowed(at: Any) -> Any:
    loss = at.loss
    loss.span = loss.centre
    return at_most(loss, at.number(0))


def by_name(at: Any) -> Any:
    return at_most(at.number(0), getattr(at.loss, "sp" + "an").hi)


def by_getter(at: Any) -> Any:
    return at_most(at.number(0), operator.attrgetter("slope")(at.loss).hi)


def population(at: Any) -> Any:
    return at_most(at.loss, at._population.loss * 2)


def dictionary(at: Any) -> Any:
    return at_most(at.loss, at.__dict__["_means"][0, 0])


def imported(at: Any) -> Any:
    return at_most(at.number(0), coordinates(at.means)[0, 0] ** 2 + 1)


def imported_inside(at: Any) -> Any:
    from theorycheck.arithmetic.vectors import coordinates as seen

    return at_most(at.number(0), seen(at.means)[0, 0] ** 2 + 1)


def by_type(at: Any) -> Any:
    if isinstance(at.loss, BoxNumber):
        return at_most(at.number(0), at.number(1))
    return at_most(at.loss, at.number(0))


def by_class(at: Any) -> Any:
    return at_most(at.loss, at.number(0 if at.__class__.__name__ == "Point" else 9))


def by_module(at: Any) -> Any:
    return at_most(at.loss, at.number(9 if isinstance(at, point.BoxPoint) else 0))


def _looks(number: Any) -> Any:
    return number.span


def by_helper(at: Any) -> Any:
    return at_most(at.number(0), _looks(at.loss).hi)


class Helper:
    """Of a claim: its methods are read too."""

    def look(self, number: Any) -> Any:
        return number.slope

    @property
    def own(self) -> Callable[[Any], Any]:
        return lambda number: number.batch


HELPER, TABLE = Helper(), {"look": _looks}


def by_method(at: Any) -> Any:
    return at_most(at.number(0), HELPER.look(at.loss).hi)


def by_table(at: Any) -> Any:
    return at_most(at.number(0), TABLE["look"](at.loss).hi)


def by_default(at: Any, look: Any = _looks) -> Any:
    return at_most(at.number(0), look(at.loss).hi)


def by_lambda(at: Any) -> Any:
    return at_most(at.number(0), (lambda number: number.span)(at.loss).hi)


TRICKS = [
    *(entries, span, centre, narrowed, by_name, by_getter, population, dictionary, imported),
    *(imported_inside, by_type, by_class, by_module, by_helper, by_method, by_table, by_lambda),
]


@pytest.mark.parametrize("region", [LINE, PLANE], ids=["line", "plane"])
@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.__name__)
def test_what_looks_behind_the_numbers_is_refused(trick: Any, region: Region) -> None:
    with pytest.raises(NotOnRegions, match=r"not for claims \(claim trick, test_closed.py, line"):
        prove(inequality("trick", "x")(trick), region, time_limit=5)


def enclosing(look: Any) -> Any:
    return lambda at: at_most(at.number(0), look(at.loss).hi)


@pytest.mark.parametrize(
    "function",
    [
        enclosing(_looks),
        enclosing(coordinates),
        functools.wraps(span)(lambda at: span(at)),
        functools.lru_cache(span),
        by_default,
    ],
)
def test_also_where_it_is_given_by_others(function: Any) -> None:
    assert list(closed_names(function))


LOOK, TAKEN, MADE = getattr, operator.attrgetter("span"), [BoxNumber]


def by_alias(at: Any) -> Any:
    return at_most(at.number(0), LOOK(at.loss, "span").hi)


def by_alias_given(at: Any, look: Any = getattr) -> Any:
    return at_most(at.number(0), look(at.loss, "span").hi)


def by_kept_getter(at: Any) -> Any:
    return at_most(at.number(0), TAKEN(at.loss).hi)


def by_class_in_a_list(at: Any) -> Any:
    return at_most(at.number(0), at.number(1 if isinstance(at.loss, MADE[0]) else -1))


def by_pattern(at: Any) -> Any:
    match at.loss:
        case object(span=seen):
            return at_most(at.number(0), seen.hi)
    return at_most(at.number(0), at.number(1))


def by_format(at: Any) -> Any:
    return at_most(at.number(0), at.number(len("{.span.hi}".format(at.loss))))  # noqa: UP032


def by_builtins(at: Any) -> Any:
    return at_most(at.number(0), __builtins__["getattr"](at.loss, "span").hi)  # type: ignore[index]


def by_members(at: Any) -> Any:
    return at_most(at.number(0), dict(inspect.getmembers(at.loss))["span"].hi)


class Inherited(Helper):
    """Has its methods from another class."""


INHERITED = Inherited()


def by_inheritance(at: Any) -> Any:
    return at_most(at.number(0), INHERITED.look(at.loss).hi)


@pytest.mark.parametrize(
    "function",
    [
        *(by_alias, by_alias_given, by_kept_getter, by_class_in_a_list, by_pattern, by_format),
        *(by_builtins, by_members, by_inheritance),
    ],
)
def test_also_by_another_name_or_in_another_way(function: Any) -> None:
    assert list(closed_names(function))


@dataclass(frozen=True)
class Constants:
    """Of a claim: what `dataclass` writes names `__class__`."""

    factor: Fraction = Fraction(1, 2)


CONSTANTS = Constants()
_HELPERS = """
def used(at):
    return at.loss

def looks(at):
    return at.loss.span.hi
"""


@pytest.fixture
def helpers(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module beside a user's file of claims."""
    found = ModuleType("helpers_of_a_claim")
    exec(_HELPERS, vars(found))
    monkeypatch.setitem(sys.modules, found.__name__, found)
    return found


def test_of_a_module_what_a_claim_names_is_read(helpers: ModuleType) -> None:
    def used(at: Any) -> Any:
        return at_most(helpers.used(at), at.energy * CONSTANTS.factor)

    def looks(at: Any) -> Any:
        return at_most(helpers.looks(at), at.energy)

    def imports(at: Any) -> Any:
        from helpers_of_a_claim import looks as seen  # type: ignore[import-not-found]

        return at_most(seen(at), at.energy)

    assert not list(closed_names(used))
    assert list(closed_names(looks))
    assert list(closed_names(imports))


def test_the_line_is_that_of_the_name() -> None:
    words = f"line {_looks.__code__.co_firstlineno + 1}"
    with pytest.raises(NotOnRegions, match=words):
        prove(inequality("trick", "x")(by_helper), LINE)


def test_claims_of_this_package_name_nothing_that_is_closed() -> None:
    """But for those about a mixture truth, which no region has."""
    for module in set(_MODULES) - {mixture_truths}:
        for function in vars(module).values():
            if isinstance(function, FunctionType) and function.__module__ == module.__name__:
                assert not list(closed_names(function)), function


def test_what_a_claim_may_name_is_not_refused() -> None:
    @inequality("plain", "L <= U / 2")
    def plain(at: Any) -> Any:
        total = sum(tc.squared_norms(at.means))
        return at_most(at.loss, np.array([math.fsum([1.0])])[0] * total)

    assert prove(plain, LINE).verdict == "proved"


# --- numbers that are kept ------------------------------------------------------------------------


def kept_loss(at: Any) -> Any:
    """Of the first boxes, for all others: what a cache without the mixture in its key gives."""
    return at_most(_first(at), at.energy)


KEPT: list[Any] = []


def _first(at: Any) -> Any:
    if not KEPT:
        KEPT.append(at.loss)
    return KEPT[0]


def kept_side(at: Any) -> Any:
    return at_most(at.number(0), _first(at))


def kept_margin(at: Any) -> Any:
    return _first(at)


@pytest.mark.parametrize("function", [kept_loss, kept_side, kept_margin])
def test_a_number_of_other_boxes_is_refused(function: Any) -> None:
    KEPT.clear()
    kept = inequality("kept", "x")(function)
    frame = Frame.of(LINE, kept)
    lo, hi = frame.root
    middle = lo / 2 + hi / 2
    margins(kept, frame, frame.numbers(lo, middle))
    with pytest.raises(NotOnRegions, match="kept from other boxes"):
        margins(kept, frame, frame.numbers(middle, hi))


# --- constants ------------------------------------------------------------------------------------


def test_the_folded_mean_encloses_its_pi() -> None:
    """The double next to pi is no part of it: 30 digits from mpmath, at points and over a box."""

    @inequality("folded", "x")
    def folded(at: Any) -> Any:
        return folded_mean(at.means[0, 0])

    frame = Frame.of(Region(1, means=(1, 2)), folded)
    places = np.array([[1.0, 1.25, 2.0]])
    (found,) = margins(folded, frame, frame.numbers(places, places))
    for k, exact in enumerate(["1.16663", "1.35118", "2.01698"]):
        assert found.span.lo[k] <= float(exact) + 1e-5
        assert found.span.hi[k] >= float(exact) - 1e-5
    assert (found.span.hi > found.span.lo).all()
