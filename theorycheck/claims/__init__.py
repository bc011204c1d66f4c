"""The registry of claims: one module per group of theory.md, section 3."""

from __future__ import annotations

import difflib

from theorycheck.claims import (
    bounds,
    descent,
    escapes,
    identities,
    landscapes,
    limits,
    monotone,
    rates,
    regions,
    two_components,
)
from theorycheck.claims.loading import in_module
from theorycheck.claims.loading import load as load
from theorycheck.claims.sharper import bounds as sharper_bounds
from theorycheck.claims.sharper import energy, mixture_truths, pairs, regressions
from theorycheck.claims.sharper import rates as sharper_rates
from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.statements.claim import Claim as Claim

_MODULES = (
    identities,
    descent,
    bounds,
    sharper_bounds,
    rates,
    sharper_rates,
    energy,
    limits,
    monotone,
    regions,
    escapes,
    two_components,
    pairs,
    regressions,
    mixture_truths,
    landscapes,
)

GROUPS = {
    "A": "Identities",
    "B": "Descent",
    "C": "Bounds at a point",
    "D": "Rates along a trajectory",
    "E": "What is and is not monotone",
    "F": "Bad local regions",
    "G": "Two components",
    "H": "Landscapes",
}
"""The titles of the groups, by the letters that claims name."""


def all() -> list[Claim]:
    """Return every claim of the package, in the order of theory.md.

    Example:
        >>> all()[0]
        Claim('em-is-gradient-descent')
    """
    declared = (claim for module in _MODULES for claim in in_module(module))
    return sorted(declared, key=lambda claim: claim.group)  # a proof may lead to another group


def known(claims_file: str | None) -> list[Claim]:
    """Return the claims of a file of claims, or those of the package if no file is given."""
    return all() if claims_file is None else load(claims_file)


def get(id: str) -> Claim:
    """Return the claim, or control, of the package with an id.

    Args:
        id: The id, as `theorycheck list` prints it.

    Raises:
        InvalidValue: There is none; the message names the closest id.

    Example:
        >>> get("loss-upper").origin
        'paper'
    """
    return find(id, None)


def find(id: str, claims_file: str | None) -> Claim:
    """Return the claim, or control, with an id.

    Args:
        id: The id, as `theorycheck list` prints it.
        claims_file: A Python file of claims to search, or None for those of the package.

    Returns:
        The claim; a control as a claim of its own.

    Raises:
        InvalidType: The id is no text.
        InvalidValue: There is none with this id, or the file cannot be used.
    """
    if not isinstance(id, str):
        raise InvalidType(f"claim is a {type(id).__name__}; give an id")
    claims = known(claims_file)
    for claim in claims:
        if claim.id == id:
            return claim
    controls = [(claim, control) for claim in claims for control in claim.controls]
    for claim, control in controls:
        if control.id == id:
            return claim.as_claim(control)
    ids = [*(claim.id for claim in claims), *(control.id for _, control in controls)]
    close = difflib.get_close_matches(id, ids, n=1)
    option = "" if claims_file is None else f" --claims {claims_file}"
    hint = f"; did you mean {close[0]}?" if close else f"; see `theorycheck list{option}`"
    raise InvalidValue(f"there is no claim {id[:60]!r}{hint}")
