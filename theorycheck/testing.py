"""Claims under pytest.

Two lines test every claim of a file on generated cases, and that each of its controls is refuted:

    from theorycheck.testing import claim_tests
    test_my_lemmas = claim_tests("my_lemmas.py")
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import given, note, settings

from theorycheck import claims as registry
from theorycheck.campaign.profiles import Profile
from theorycheck.claims.loading import LOADED
from theorycheck.inputs.case import Case
from theorycheck.project import project
from theorycheck.report import why
from theorycheck.report.annotations import told
from theorycheck.report.commands import check_command, piped
from theorycheck.report.summary import counted, why_undecided
from theorycheck.report.values import case_json
from theorycheck.statements.claim import Claim
from theorycheck.statements.decision import file_of
from theorycheck.statements.domain import Domain
from theorycheck.statements.explanation import explain
from theorycheck.statements.verdicts import ClaimVerdict, Fate, Holds, Refuted
from theorycheck.strategies import cases_of
from theorycheck.verification import verify


def assert_holds(claim: Claim | str, case: Case) -> None:
    """Assert that a claim holds at a case, as far as ball arithmetic can tell.

    Args:
        claim: A claim, or the id of one that the package declares.
        case: The case to decide it at.

    Raises:
        AssertionError: The claim is refuted or undecided there; the message has both sides, the
            case as JSON and, for a claim of the package, the command that decides it.
        InvalidValue: There is no such claim, or the case lacks an input that the claim names.

    Example:
        >>> from theorycheck import Case, Mixture
        >>> assert_holds("loss-upper", Case(Mixture([1, -1])))
    """
    __tracebackhide__ = True
    found = registry.get(claim) if isinstance(claim, str) else claim
    verdict = found.check(case)
    if isinstance(verdict, Holds):
        return
    if not isinstance(verdict, Refuted):
        raise AssertionError(f"{found.id} is undecided: {verdict.reason}; case {case.to_json()}")
    lines = [
        f"{found.id} is refuted: its margin is at most {verdict.margin:.6g} at {case.to_json()}"
    ]
    if (explanation := explain(found, case)) is not None:
        lines += why.lines(explanation.to_dict())
    if (place := _source(found)) is not None:
        lines.append(f"next: {piped(case, check_command(found.id, *place))}")
    raise AssertionError("\n".join(lines))


def _source(claim: Claim) -> tuple[str | None] | None:
    """The file by which a command finds a claim (None: the package's own); None if none does."""
    module = getattr(claim.function, "__module__", None) or ""
    if module.startswith("theorycheck.claims."):
        return (None,)
    return (file_of(claim),) if module.startswith(LOADED) else None


def holds(
    claim: Claim | str, *, domain: Domain | None = None, max_examples: int | None = None
) -> Callable[[], None]:
    """Return a property test of a claim, to be bound to a `test_` name that says it in words.

    Hypothesis draws cases that satisfy the claim's hypotheses; a failing one is printed with the
    claim's statement.

    Args:
        claim: The claim, or its id in the registry.
        domain: The domain to draw cases from, if it is not all of the claim's own.
        max_examples: The number of cases, if it is not that of the Hypothesis profile.

    Returns:
        A function without arguments that pytest runs.

    Example:
        test_the_loss_is_at_most_half_the_weighted_distance = holds("loss-upper")
    """
    found = registry.get(claim) if isinstance(claim, str) else claim
    where = domain or found.domain
    drawn = cases_of(replace(found, domain=where)).filter(where.contains)

    @given(drawn)
    def test(case: Case) -> None:
        __tracebackhide__ = True
        note(f"{found.id}: {found.statement}")
        assert_holds(found, case)

    return test if max_examples is None else settings(max_examples=max_examples)(test)


def claim_tests(claims_file: str, profile: str | None = None) -> Callable[..., None]:
    """A test function for all claims of a file, to be bound to a name that begins with `test_`.

    It is parametrised over the claims. A test fails if its claim is refuted or undecided, or if one
    of the claim's controls is not refuted.

    Args:
        claims_file: A Python file that declares claims.
        profile: "quick", "standard", "thorough" or a name of [tool.theorycheck.profiles]; pytest's
            option --theorycheck-profile goes before it, and --theorycheck-seed gives the seed.
            None: that of [tool.theorycheck], else "quick".

    Returns:
        The test function.

    Raises:
        InvalidValue: The file cannot be read, run, or declares no claim.

    Example:
        test_my_lemmas = claim_tests("my_lemmas.py", profile="standard")
    """
    import pytest

    names = [claim.id for claim in registry.load(claims_file)]

    @pytest.mark.parametrize("claim", names)
    def test(
        claim: str, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
    ) -> None:
        __tracebackhide__ = True
        used, seed = chosen(request.config, profile)
        cache = project(request.config.rootpath).cache_folder
        report = verify([claim], used, seed, claims_file=claims_file, cache=cache)
        for name, value in properties(report.claims[0], claims_file):
            record_property(name, value)
        assert_supported(report.claims[0], claims_file)

    # Without the plugin the mark is not registered, and may be an error.
    is_marked = "theorycheck.pytest_plugin" in sys.modules
    return pytest.mark.theorycheck(test) if is_marked else test


def chosen(config: Any, profile: str | None = None) -> tuple[Profile, int]:
    """The profile and the seed that pytest's options ask for, else those of the project.

    profile: that of `claim_tests`, which goes before the project's.
    """
    settings = project(config.rootpath)
    asked = config.getoption("--theorycheck-profile", None) or profile or settings.profile
    seed = config.getoption("--theorycheck-seed", None)
    return settings.named(asked or "quick"), settings.seed or 0 if seed is None else seed


def properties(entry: dict[str, Any], claims_file: str | None = None) -> list[tuple[str, object]]:
    """The properties of a claim's entry that go into a JUnit report."""
    cases, found = entry["cases"], entry["counterexample"]
    refuting = (
        [
            ("margin", found["margin"]),
            ("counterexample", case_json(found["case"])),
            ("reproduce", piped(found["case"], check_command(entry["id"], claims_file))),
        ]
        if found
        else []
    )
    return [
        *refuting,
        ("verdict", entry["verdict"]),
        ("evidence", entry["evidence"]),
        ("cases", cases["in_domain"]),
        ("certified", cases["certified"]),
        ("tight", cases["tight"]),
        ("undecided", cases["undecided"]),
        *([("cached", True)] if entry["cached"] else []),
    ]


_PASSING = (ClaimVerdict.SUPPORTED, ClaimVerdict.PROVED, ClaimVerdict.MEASURED)


def _failure(entry: dict[str, Any], claims_file: str | None) -> str:
    """A refuted or undecided claim in words: counts, reason, case as JSON, and the next command."""
    cases = entry["cases"]
    lines = [f"{entry['id']} is {entry['verdict']}: {cases['in_domain']} cases, {counted(cases)}"]
    if reason := why_undecided(entry):
        lines.append(f"because: {reason}")
    found = entry["counterexample"] or next(iter(entry["worst"]), None)
    if found is None:
        return "\n".join(lines)
    if entry["counterexample"]:
        return "\n".join([*lines, told(entry, claims_file)])
    lines.append(f"worst case: {case_json(found['case'])}")
    reader = check_command(entry["id"], claims_file)
    return "\n".join([*lines, f"next: {piped(found['case'], reader)}"])


def assert_supported(entry: dict[str, Any], claims_file: str | None = None) -> None:
    """Assert that a claim is supported, proved or measured, and all its controls refuted.

    Args:
        entry: The claim's entry in a report, such as `verify(...).claims[0]`.
        claims_file: The file that declares it, for the command that the message ends with.

    Raises:
        AssertionError: One is not; the message names it.

    Example:
        >>> from theorycheck import verify
        >>> assert_supported(verify("loss-upper", profile="quick").claims[0])
    """
    __tracebackhide__ = True
    if entry["verdict"] not in _PASSING:
        raise AssertionError(_failure(entry, claims_file))
    for control in entry["controls"]:
        if control["verdict"] != Fate.REFUTED:
            raise AssertionError(
                f"the control {control['id']} survived: the check of {entry['id']} has no power "
                "there"
            )
