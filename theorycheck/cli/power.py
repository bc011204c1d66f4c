"""`theorycheck power`: which errors in a claim would its check notice?"""

from __future__ import annotations

from collections.abc import Iterator

import click

from theorycheck.campaign.profiles import PROFILES
from theorycheck.cli.shared.claim_options import CLAIMS, chosen, complete_claim, prints_to_stderr
from theorycheck.cli.shared.common import JSON, SEED, echo_json
from theorycheck.errors import InvalidValue
from theorycheck.search.power import Effort, MutantFate, Power, power_of
from theorycheck.search.sharpening import in_words, is_equality
from theorycheck.statements.claim import Claim


@click.command()
@click.argument("claim", required=False, metavar="[CLAIM]", shell_complete=complete_claim)
@click.option(
    "--profile",
    default="quick",
    show_default=True,
    metavar="quick|standard|thorough",
    help="How hard each mutant and control is searched.",
)
@SEED
@CLAIMS
@JSON
def power(
    claim: str | None, profile: str, seed: int, claims_file: str | None, as_json: bool
) -> None:
    """Tell which errors in a claim its check would notice.

    For each claim: the factor by which its bound could be sharper without any case noticing, the
    controls that are refuted, and the share of its automatic mutants that are refuted, of those
    that are no weaker than the claim. CLAIM may be a pattern, such as "loss-*"; without it all
    claims are examined.

    Example: theorycheck power loss-upper
    """
    effort = _effort(profile, seed)
    with prints_to_stderr():
        claims = chosen([claim] if claim else [], (), claims_file)
    found = []
    for each in claims:
        with prints_to_stderr():
            result = power_of(each, effort)
        found.append(result)
        if not as_json:
            click.echo("\n".join(_lines(each, result, max(len(c.id) for c in claims))))
    if as_json:
        echo_json([result.to_dict() for result in found])


def _effort(profile: str, seed: int) -> Effort:
    """The effort with which a profile searches a control."""
    if profile not in PROFILES:
        raise InvalidValue(f"profile is {profile!r}; give one of {', '.join(PROFILES)}")
    return Effort(PROFILES[profile].controls, PROFILES[profile].control_attack, seed)


def _lines(claim: Claim, result: Power, width: int) -> Iterator[str]:
    """One line about a claim, and one for each strengthening that was not noticed."""
    refuted, unnoticed = result.count(MutantFate.REFUTED), result.count(MutantFate.UNNOTICED)
    killed = sum(result.controls.values())
    yield (
        f"{claim.id:<{width}}  {_sharper(claim, result)}, "
        f"controls refuted {killed}/{len(result.controls)}, "
        f"mutants refuted {refuted}/{refuted + unnoticed}, "
        f"{result.count(MutantFate.WEAKER)} weaker"
    )
    for change in result.unnoticed:
        yield f"  not noticed: {change}"


def _sharper(claim: Claim, result: Power) -> str:
    """The sharpening in words."""
    known = [change for change in result.sharpening if change is not None]
    if not known:
        return "no factor"
    words = in_words(claim.kind, result.sharpening)
    is_factor = claim.kind != "identity" and not is_equality(result.sharpening)
    return f"sharper by {words}" if is_factor else words
