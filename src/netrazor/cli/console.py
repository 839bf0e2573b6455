"""Where commands print: as wide as the terminal, and where there is none, wide enough that no cell is cut."""

import os

from rich.console import Console

WIDE = 320  # columns of a table in a file or a pipe: more than any table here has


def open_console(*, stderr: bool = False) -> Console:
    """The console of a command; ``COLUMNS`` in the environment overrides both widths.

    Of the processes that ``torchrun`` starts, only the first prints.
    """
    console = Console(stderr=stderr, soft_wrap=True, quiet=os.environ.get("RANK", "0") != "0")
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDE
    return console
