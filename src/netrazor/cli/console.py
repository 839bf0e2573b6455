"""Where commands print: as wide as the terminal, and where there is none, wide enough that no cell is cut."""

import os
import unicodedata
from typing import Any

from rich.console import Console
from rich.text import Text

WIDE = 320  # columns of a table in a file or a pipe: more than any table here has


class PlainConsole(Console):
    """Shows names from files as they are: no markup, no emoji codes, no control characters that a terminal obeys."""

    def __init__(self, *, stderr: bool, quiet: bool) -> None:
        super().__init__(
            stderr=stderr, quiet=quiet, soft_wrap=True, markup=False, emoji=False, highlight=False
        )

    def render_str(self, text: str, **options: Any) -> Text:
        """As rich does, from ``text`` with its control characters made visible."""
        return super().render_str(visible(text), **options)


def open_console(*, stderr: bool = False) -> Console:
    """The console of a command; ``COLUMNS`` in the environment overrides both widths.

    Of the processes that ``torchrun`` starts, only the first prints.
    """
    console = PlainConsole(stderr=stderr, quiet=os.environ.get("RANK", "0") != "0")
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDE
    return console


def visible(text: str) -> str:
    """``text`` with each control or formatting character but the line end as an escape sequence that is read."""
    return "".join(
        character
        if character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
        else _escape(character)
        for character in text
    )


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
