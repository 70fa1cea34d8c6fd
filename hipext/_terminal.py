"""The terminal as it is: no reader left, a narrow alphabet, a hand on Ctrl-C."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Annotated

import typer
from typer.core import TyperGroup


def _tell_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"hipext {version('hipext')}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version", callback=_tell_version, is_eager=True, help="Print the version."
    ),
]


class Commands(TyperGroup):
    """Commands that end in one word, or none, when they are stopped from outside."""

    def make_context(self, *args: object, **kwargs: object) -> object:
        """Read the arguments; help and version are printed here."""
        with _stopped_from_outside():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: object) -> object:
        """Run the command."""
        with _stopped_from_outside():
            return super().invoke(ctx)


def replace_what_cannot_be_shown() -> None:
    """Let a terminal with few characters show ``?`` for one that it lacks."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not a stream of a test, nor a closed one
            stream.reconfigure(errors="replace")


def fault_told(error: Exception) -> str:
    """Return a fault of the input or of the system as a message."""
    if not getattr(error, "strerror", None):
        return str(error)
    return f"{error.filename or 'The output cannot be written'}: {error.strerror}."


@contextmanager
def _stopped_from_outside() -> Iterator[None]:
    try:
        try:
            yield
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(130)
    except OSError as error:
        if error.errno and error.filename is None:  # not a file: the output itself
            _drop_output()
        if isinstance(error, BrokenPipeError):
            sys.exit(0)  # the reader has seen enough
        raise


def _drop_output() -> None:
    """Send the rest of the output nowhere, or it fails again when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
