"""The command line: `theorycheck VERB`, one module per verb or small family of verbs."""

from __future__ import annotations

import click

from theorycheck._version import __version__
from theorycheck.cli.shared.group import Group, Verb

_VERBS = (
    Verb(
        "atlas",
        "traps:atlas",
        "Map how long starts are held: certified bounds of every pixel, and a simulation.",
    ),
    Verb(
        "attack",
        "attack:attack",
        "Search for the case that is closest to refuting a claim, or refutes it.",
    ),
    Verb(
        "baseline",
        "reports:baseline",
        "Keep what a report says as the baseline of the regression checks.",
    ),
    Verb(
        "bench",
        "benchmark:bench",
        "Time population() against Monte Carlo, quadrature and cubature libraries, side by side.",
    ),
    Verb("check", "check:check", "Decide one claim at one case, with ball arithmetic."),
    Verb(
        "cite",
        "claims:cite",
        "Print the sources of a claim, or of the whole theory, as BibTeX.",
    ),
    Verb(
        "diff",
        "reports:diff",
        "Tell what moved between two reports (report.json, or a baseline).",
    ),
    Verb(
        "doctor",
        "doctor:doctor",
        "Check the installation: versions, precision, and one golden case computed two ways.",
    ),
    Verb(
        "document",
        "packs:document",
        "Write the claims as a page in Markdown: statements, origins, controls, sources.",
    ),
    Verb(
        "explore",
        "traps:explore",
        "Write a page on which means can be dragged and gradient EM followed, offline.",
    ),
    Verb(
        "export",
        "reports:export",
        "Print the verdicts of a report for a paper: a LaTeX table, counterexamples, or CSV.",
    ),
    Verb(
        "figures",
        "studies:figures",
        "Draw the reference experiment from exact expectations, with the Monte-Carlo curve on top.",
    ),
    Verb(
        "landscape",
        "landscape:landscape",
        "Find all stationary points of a student's loss, each with proof.",
    ),
    Verb(
        "list",
        "claims:list_claims",
        "List the claims: group, id, origin, and the reason in a line.",
    ),
    Verb(
        "new-pack",
        "packs:new_pack",
        "Write a package for a theory of one's own: claims, tests, and how to run them.",
    ),
    Verb("power", "power:power", "Tell which errors in a claim its check would notice."),
    Verb(
        "prove",
        "regions:prove",
        "Prove one claim for all cases of a region, or refute it there.",
    ),
    Verb(
        "replay",
        "regions:replay",
        "Check a proof on a region again, in ball arithmetic alone.",
    ),
    Verb("show", "claims:show", "Show one claim: statement, hypotheses, origin, controls."),
    Verb(
        "trajectory",
        "traps:trajectory",
        "Run gradient EM from a case and print what is measured along it.",
    ),
    Verb(
        "trap",
        "traps:trap",
        "Tell for how many steps gradient EM is certainly stuck at a start, from both sides.",
    ),
    Verb("verify", "verify:verify", "Check claims and write a report."),
)


@click.group(
    cls=Group,
    commands=_VERBS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, "-V", "--version", prog_name="theorycheck")
def main() -> None:
    """Test, attack, certify and report statements about gradient EM on Gaussian mixtures.

    Start with `theorycheck doctor`, then `theorycheck verify --profile quick`.

    Exit codes: 0 nothing refuted, 1 something refuted or a control survived, 2 bad usage or
    input, 3 undecided or not complete, 130 stopped by Ctrl-C (the report of what is done is
    written).

    \b
    Completion, for bash (for zsh and fish likewise):
    eval "$(_THEORYCHECK_COMPLETE=bash_source theorycheck)"
    """
