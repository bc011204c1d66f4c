"""The page of the command line: the help of every verb, as the terminal shows it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from theorycheck.cli import main

HEAD = """# Command line

`theorycheck VERB --help` prints what stands here. Exit codes: 0 holds, 1 refuted (or a control
survived), 2 bad usage or input, 3 undecided, 130 stopped by Ctrl-C.
"""


def page() -> str:
    """The whole page, in Markdown."""
    return "\n".join([HEAD, *_verbs(main)])


def _verbs(group: click.Group) -> Iterator[str]:
    program = click.Context(group, info_name="theorycheck", **group.context_settings)
    for name in group.list_commands(program):
        verb = group.get_command(program, name)
        assert verb is not None
        context = verb.make_context(
            name, [], parent=program, resilient_parsing=True, max_content_width=96
        )
        yield f"## theorycheck {name}\n\n```text\n{context.get_help()}\n```\n"
