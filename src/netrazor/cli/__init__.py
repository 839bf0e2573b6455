"""The command line: parses, calls, prints; what it prints was computed elsewhere.

Exit codes: 0 good, 1 a check failed, 2 wrong use, 3 consistent but not recounted.
"""

from typing import Any

import typer
from rich.markup import escape
from typer.core import TyperGroup

from netrazor import __version__
from netrazor.cli.bound_command import bound
from netrazor.cli.certify_command import certify
from netrazor.cli.compare_command import compare
from netrazor.cli.console import open_console
from netrazor.cli.encode_command import decode, encode
from netrazor.cli.inspect_command import inspect
from netrazor.cli.paper_command import paper
from netrazor.cli.predict_command import predict
from netrazor.cli.randomize_command import randomize
from netrazor.cli.report_command import report
from netrazor.cli.verify_command import verify
from netrazor.errors import NetrazorError

__all__ = ["app", "main"]


class Commands(TyperGroup):
    """Turns errors raised on purpose, and Ctrl-C, into one line and an exit code."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Run the command."""
        try:
            return super().invoke(ctx)
        except NetrazorError as error:
            open_console(stderr=True).print("[bold red]error:[/] " + escape(str(error)), highlight=False)
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as interrupt:
            typer.echo(
                "interrupted; certify and randomize go on from their last checkpoint with the same command",
                err=True,
            )
            raise typer.Exit(1) from interrupt


app = typer.Typer(
    cls=Commands,
    help="Short networks, proven: certify the error of a classifier from its message's length.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (certify, verify, predict, inspect, bound, encode, decode, paper, report, randomize, compare):
    app.command()(command)


@app.callback(invoke_without_command=True)
def _version(version: bool = typer.Option(False, "--version", help="Print the version.")) -> None:
    if version:
        typer.echo(f"netrazor {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command that `sys.argv` names, and exit."""
    app()
