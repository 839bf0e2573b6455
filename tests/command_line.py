"""Running the command line in this process."""

import contextlib
import io
import os
from unittest import mock

from netrazor.cli import run


def netrazor(*words: object, columns: int | None = 250) -> tuple[int, str]:
    """The exit code of a command, and all that it printed, in a terminal of so many columns or in a pipe."""
    with printed_by(columns) as (out, errors):
        code = run([str(word) for word in words])
    return code, out.getvalue() + errors.getvalue()


def standard_output(*words: object) -> tuple[int, str]:
    """The exit code of a command, and what a program that reads its output gets."""
    with printed_by(None) as (out, _):
        return run([str(word) for word in words]), out.getvalue()


@contextlib.contextmanager
def printed_by(columns: int | None):
    """Streams that catch what is printed."""
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    environment |= {} if columns is None else {"COLUMNS": str(columns)}
    with (
        mock.patch.dict(os.environ, environment, clear=True),
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as errors,
    ):
        yield out, errors
