"""The commands, and how each of their endings becomes one line and an exit code."""

import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError
from rich.text import Text

from netrazor import __version__
from netrazor.cli.bound_command import bound
from netrazor.cli.certify_command import certify
from netrazor.cli.certify_help import experiments_and_recipes
from netrazor.cli.compare_command import compare
from netrazor.cli.console import open_console
from netrazor.cli.encode_command import decode, encode
from netrazor.cli.evidence_command import evidence
from netrazor.cli.export_command import export
from netrazor.cli.extend_command import extend
from netrazor.cli.inspect_command import inspect
from netrazor.cli.paper_command import paper
from netrazor.cli.plan_command import plan
from netrazor.cli.predict_command import predict
from netrazor.cli.randomize_command import randomize
from netrazor.cli.report_command import report
from netrazor.cli.site_command import site
from netrazor.cli.verify_command import verify
from netrazor.cli.wording import in_options
from netrazor.errors import NetrazorError
from netrazor.extras import missing_extra

GOOD, WRONG_USE, INTERRUPTED = 0, 2, 130

app = App(
    name="netrazor",
    help="Short networks, proven: certify the error of a classifier from its message's length.",
    version=f"netrazor {__version__}",
    help_format="plaintext",
    result_action="return_value",
    exit_on_error=False,
    print_error=False,
    suppress_keyboard_interrupt=False,
)
app.command(certify, help_epilogue=experiments_and_recipes())
for command in (
    verify,
    extend,
    export,
    predict,
    inspect,
    plan,
    bound,
    encode,
    decode,
    paper,
    report,
    evidence,
    site,
    randomize,
    compare,
):
    app.command(command)


def main() -> None:
    """Run the command that `sys.argv` names, and exit."""
    sys.exit(run(sys.argv[1:]))


def run(words: Sequence[str]) -> int:
    """Run one command; its exit code."""
    try:
        code = app(list(words))
    except CycloptsError as error:
        return _complain(str(error), WRONG_USE)
    except NetrazorError as error:
        return _complain(in_options(str(error), _command(words)), error.exit_code)
    except ModuleNotFoundError as error:
        if (missing := missing_extra(error)) is None:
            raise
        return _complain(str(missing), missing.exit_code)
    except KeyboardInterrupt:
        open_console(stderr=True).print(
            "interrupted; certify and randomize go on from their last checkpoint with the same command"
        )
        return INTERRUPTED
    return code if isinstance(code, int) else GOOD


def _command(words: Sequence[str]) -> App:
    """The command that ``words`` begin with."""
    return app.parse_commands(list(words))[1][-1]


def _complain(sentence: str, code: int) -> int:
    open_console(stderr=True).print(Text.assemble(("error: ", "bold red"), sentence))
    return code
