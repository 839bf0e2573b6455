"""A table: the same cells for a page, as CSV and as LaTeX."""

import csv
import io
from dataclasses import dataclass
from typing import ClassVar

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$", "≤": r"$\leq$", "×": r"$\times$",
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """Cells as they are to be read; the first column is text, the others are set to the right, unless said.

    Attributes:
        name: of its files.
        title: one line above it.
        columns: their heads.
        rows: of as many cells.
        note: a sentence below, or nothing.
        facts: two columns of words: a name, and what is to be said of it, on as many lines as it takes.
        words: numbers of the columns that are set to the left as well, counted from 0.
    """

    template: ClassVar[str] = "table.html"
    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    facts: bool = False
    words: tuple[int, ...] = ()

    def files(self) -> dict[str, bytes]:
        """The table for papers and spreadsheets, by file name."""
        return {f"{self.name}.csv": self.csv().encode(), f"{self.name}.tex": self.latex().encode()}

    def csv(self) -> str:
        """Comma-separated, heads first."""
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows([self.columns, *self.rows])
        return buffer.getvalue()

    def latex(self) -> str:
        """A tabular with the rules of the booktabs package."""
        lines = [" & ".join(map(_tex, row)) + r" \\" for row in (self.columns, *self.rows)]
        return "\n".join(
            [
                f"% {self.title}",
                rf"\begin{{tabular}}{{{self._sides()}}}",
                r"\toprule",
                lines[0],
                r"\midrule",
                *lines[1:],
                r"\bottomrule",
                r"\end{tabular}",
                "",
            ]
        )

    def _sides(self) -> str:
        """Left or right, for each column."""
        left = {0, *self.words, *([1] if self.facts else [])}
        return "".join("l" if at in left else "r" for at in range(len(self.columns)))


def _tex(cell: str) -> str:
    return "".join(_LATEX.get(character, character) for character in cell)
