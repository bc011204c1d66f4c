"""Which claims are proved on regions, and the reasons written down for the others."""

from __future__ import annotations

from pathlib import Path

import pytest

import theorycheck as tc
from theorycheck.inputs.region import Region
from theorycheck.regions.proof import prove
from theorycheck.regions.scope import check_scope
from theorycheck.statements.claim import Claim

PAGE = Path(__file__).parents[2] / "docs" / "api" / "regions.md"
LARGER = [(claim, region) for claim in tc.claims.all() for region in claim.larger_regions]


def test_every_claim_is_proved_or_has_a_reason() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("| claims | why |")[2]
    named = {id for row in table.splitlines()[2:] for id in row.split("|")[1].strip().split(", ")}
    proved = {claim.id for claim in tc.claims.all() if claim.all_regions}
    assert len(proved) >= 25
    assert named == {claim.id for claim in tc.claims.all()} - proved


def test_regions_are_in_scope() -> None:
    for claim in tc.claims.all():
        for region in claim.all_regions:
            check_scope(region, claim)


@pytest.mark.slow
@pytest.mark.parametrize(("claim", "region"), LARGER)
def test_claims_are_proved_on_their_larger_regions(claim: Claim, region: Region) -> None:
    assert prove(claim, region).verdict == "proved"
