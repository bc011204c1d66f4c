"""The registry of claims: one module per group of theory.md, section 3."""

from __future__ import annotations

import difflib

from theorycheck.claims import (
    bounds,
    descent,
    identities,
    limits,
    monotone,
    rates,
    regions,
    two_components,
)
from theorycheck.claims.loading import in_module
from theorycheck.claims.loading import load as load
from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.statements.claim import Claim as Claim

_MODULES = (identities, descent, bounds, rates, limits, monotone, regions, two_components)


def all() -> list[Claim]:
    """Every claim of the package, in the order of theory.md."""
    return [claim for module in _MODULES for claim in in_module(module)]


def known(claims_file: str | None) -> list[Claim]:
    """The claims of a file of claims; those of the package without a file."""
    return all() if claims_file is None else load(claims_file)


def get(id: str) -> Claim:
    """The claim with this id. Raises InvalidValue, with the closest ids, if there is none."""
    return find(id, None)


def find(id: str, claims_file: str | None) -> Claim:
    """The claim, or control, with this id in a file of claims; in the package without a file."""
    if not isinstance(id, str):
        raise InvalidType(f"claim is a {type(id).__name__}; give an id")
    claims = {claim.id: claim for claim in known(claims_file)}
    for claim in [*claims.values()]:
        claims |= {control.id: claim.as_claim(control) for control in claim.controls}
    if id not in claims:
        close = difflib.get_close_matches(id, claims, n=1)
        option = "" if claims_file is None else f" --claims {claims_file}"
        hint = f"; did you mean {close[0]}?" if close else f"; see `theorycheck list{option}`"
        raise InvalidValue(f"there is no claim {id[:60]!r}{hint}")
    return claims[id]
