"""The command line, run in this process."""

from __future__ import annotations

import shlex

from click.testing import CliRunner

from theorycheck.cli import main

FOUR = '{"means": [9, -10, 0.05, -0.03], "weights": [2, 3, 2.5, 2.5], "step_size": 1}'


def run(*arguments, text=None):
    """Invoke the command line."""
    return CliRunner().invoke(main, list(arguments), input=text)


def answer(command):
    """What a command of the report says, with what is piped into it."""
    echo, _, program = command.rpartition(" | ")
    words = shlex.split(program)
    assert words[0] == "theorycheck"
    return run(*words[1:], text=shlex.split(echo)[1] if echo else None)
