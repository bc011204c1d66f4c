"""The parts of a report that worker processes make."""

from __future__ import annotations

import os
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import Any

import pytest

import theorycheck as tc
from theorycheck import claims as registry
from theorycheck.errors import TooExpensive
from theorycheck.report.figures import sections
from theorycheck.report.figures.data import Exhibit
from theorycheck.report.figures.sections import Part, with_figures


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """A quick run's data, to be shown with what a longer one shows."""
    data = tc.verify(["trap-certificate", "loss-sign"], profile="quick").data
    return {**data, "profile": "standard"}


@pytest.mark.long
def test_workers_make_the_same_figures(report: dict[str, Any]) -> None:
    with ProcessPoolExecutor(2) as pool:
        assert with_figures(report, pool) == with_figures(report)
    titles = [exhibit["title"] for exhibit in with_figures(report)["gallery"]]
    assert titles[0] == "Trap: the paper's start in dimension 1"


def test_a_quick_run_makes_no_trap_starts(report: dict[str, Any]) -> None:
    made = with_figures({**report, "profile": "quick"})
    assert "Trap: the paper's start in dimension 1" not in {e["title"] for e in made["gallery"]}
    assert made["gallery"]


def _where(name: str) -> Exhibit:
    return Exhibit(name, str(os.getpid()), [], "")


def test_parts_keep_their_order_and_leave_this_process() -> None:
    parts = [Part(name, _where, (name,)) for name in "abcd"]
    with ProcessPoolExecutor(2) as pool:
        found = sections._begun(parts, pool, [])()
    assert [exhibit["title"] for exhibit in found] == list("abcd")
    assert str(os.getpid()) not in {exhibit["text"] for exhibit in found}


class _Lost(Executor):
    """Workers that die."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:  # type: ignore[override]
        future: Future[Any] = Future()
        future.set_exception(TimeoutError())
        return future


def test_what_a_worker_does_not_do_is_made_here() -> None:
    (found,) = sections._begun([Part("a", _where, ("a",))], _Lost(), [])()
    assert found["text"] == str(os.getpid())


def _too_dear() -> Exhibit:
    raise TooExpensive("it takes too long")


@pytest.mark.parametrize("executor", [None, _Lost()])
def test_what_can_not_be_made_is_left_out_and_named(
    report: dict[str, Any], executor: Executor | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The results of a long run are written all the same."""
    monkeypatch.setattr(sections, "trap_starts", _too_dear)
    made = with_figures(report, executor)
    assert made["gallery"]
    assert made["not_checked"][:-1] == report["not_checked"]
    assert made["not_checked"][-1] == "The page lacks a picture (trap starts): it takes too long."


def test_a_run_over_the_whole_theory_has_every_section(monkeypatch: Any) -> None:
    begun: list[str] = []

    def begin(parts: list[Part], *_: object) -> Any:
        begun.extend(part.key for part in parts)
        return list

    monkeypatch.setattr(sections, "_begun", begin)
    monkeypatch.setattr(sections, "claim_figures", lambda *_: [])
    monkeypatch.setattr(sections, "gallery", lambda *_: [])
    data = {"seed": 0, "claims": [{"id": claim.id} for claim in registry.all()]}
    for profile, landscapes in (("standard", 7), ("thorough", 9), ("quick", 0)):
        begun.clear()
        with_figures({**data, "profile": profile})
        assert begun.count("landscape") == landscapes
        assert {"rates", "maps on the line", "maps in the plane", "plateau"} <= set(
            begun
        ) or profile == "quick"
        assert begun.count("trap starts") == (profile != "quick")
