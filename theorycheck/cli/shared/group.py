"""The click group behind `theorycheck`: verbs that are imported when called, errors in one line."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import re
import sys
from typing import Any, NoReturn

import click

from theorycheck.errors import TheoryCheckError, printable
from theorycheck.exit_codes import BAD_INPUT, INTERRUPTED


class Verb(click.Command):
    """A row in the table of verbs: stands for a command whose module is not imported yet.

    target: "module:command" inside `theorycheck.cli`. help: the first line of the command's own
    docstring, so that `theorycheck --help` is printed without importing any verb.
    """

    def __init__(self, name: str, target: str, help: str) -> None:
        super().__init__(name, help=help)
        self._target = target

    def load(self) -> click.Command:
        """Import the module of the verb and return its command."""
        module, _, command = self._target.partition(":")
        found: click.Command = getattr(
            importlib.import_module(f"theorycheck.cli.{module}"), command
        )
        return found

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """Build the context of the command itself: calls, help and completion start here."""
        return self.load().make_context(*arguments, **options)


class Group(click.Group):
    """Turns every expected error into one line and exit code 2."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """Parse the arguments before the verb."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # A terminal with a small character set shows "…" or "π" as an escape.
                stream.reconfigure(errors="backslashreplace")
        try:
            return super().make_context(*arguments, **options)
        except click.UsageError as error:
            _refuse(error)

    def invoke(self, context: click.Context) -> Any:
        """Run the verb."""
        try:
            return super().invoke(context)
        except (TheoryCheckError, click.UsageError) as error:
            _refuse(error)
        except KeyboardInterrupt:
            click.echo("theorycheck: interrupted", err=True)
            context.exit(INTERRUPTED)
        except OSError as error:
            # A broken pipe or a full disk. Standard output goes to devnull from here on, so that
            # the interpreter's final flush cannot raise the same error again.
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if not isinstance(error, BrokenPipeError):
                where = f"{error.filename}: " if error.filename else ""
                click.echo(f"theorycheck: {printable(f'{where}{error.strerror}')}", err=True)
            context.exit(BAD_INPUT)


def _refuse(error: TheoryCheckError | click.UsageError) -> NoReturn:
    """Print in one line what is wrong and which help to read; exit with code 2."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        raise error
    text = str(error)
    if isinstance(error, click.UsageError):
        verb = error.ctx.command_path if error.ctx is not None else "theorycheck"
        message = re.sub(r"(\w{40})\w+", r"\1…", error.format_message().rstrip("."))
        text = f"{message}; see {verb} --help"
    click.echo(f"theorycheck: {printable(text)}", err=True)
    raise click.exceptions.Exit(BAD_INPUT)
