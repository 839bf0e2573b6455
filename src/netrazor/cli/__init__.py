"""The command line: parses, calls, prints; what it prints was computed elsewhere.

Exit codes: 0 good, 1 a check failed, 2 wrong use, 3 consistent but not recounted.
"""

import sys

import typer
from rich.console import Console

from netrazor import __version__
from netrazor.cli.bound import bound
from netrazor.cli.certify import certify
from netrazor.cli.encode import decode, encode
from netrazor.cli.inspect import inspect
from netrazor.cli.paper import paper
from netrazor.cli.predict import predict
from netrazor.cli.verify import verify
from netrazor.errors import NetrazorError

app = typer.Typer(
    help="Short networks, proven: certify the error of a classifier from its message's length.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (certify, verify, predict, inspect, bound, encode, decode, paper):
    app.command()(command)


@app.callback(invoke_without_command=True)
def _version(version: bool = typer.Option(False, "--version", help="Print the version.")) -> None:
    if version:
        typer.echo(f"netrazor {__version__}")
        raise typer.Exit


def main() -> None:
    """Run a command; errors on purpose become one line and their exit code."""
    try:
        app()
    except NetrazorError as error:
        Console(stderr=True, soft_wrap=True).print(
            f"[bold red]error:[/] {error}", highlight=False, markup=True
        )
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from the last checkpoint", file=sys.stderr)
        sys.exit(1)
