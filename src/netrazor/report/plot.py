"""A plot: what is drawn, once; in a page it takes the page's colours, in a file those of paper."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import matplotlib
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from netrazor.report import svg
from netrazor.report.theme import STYLE

WIDTH_INCHES = 5.2  # so narrow that eleven points stay legible when a phone shrinks the picture to fit
# What matplotlib would write about itself and the day, left out: the same plot is the same file.
_NO_METADATA = {
    "svg": dict.fromkeys(("Creator", "Date", "Format", "Type")),
    "pdf": dict.fromkeys(("CreationDate",)),
}


@dataclass(frozen=True)
class Plot:
    """One figure.

    Attributes:
        name: of its files, and the prefix of its ids in a page.
        title: one line above it.
        caption: what is to be seen, and from what it was drawn.
        draw: draws on the axes it is given.
        height: in inches.
        grid: rows and columns of axes.
    """

    template: ClassVar[str] = "plot.html"
    name: str
    title: str
    caption: str
    draw: Callable[[Sequence[Axes]], None]
    height: float = 3.0
    grid: tuple[int, int] = (1, 1)

    def inline_svg(self) -> Markup:
        """The picture as an element of a page, whose CSS variables are its colours."""
        label = f"{self.title}. {self.caption}"
        root = svg.themed(self._written("svg"), self.name, role="img", **{"aria-label": label})
        return Markup(svg.text(root))  # every string in it was escaped when it became XML

    def picture(self) -> str:
        """An SVG file for a page of another kind (a README, say): on ground of its own, light or dark by itself."""
        root = svg.themed(self._written("svg"), self.name, role="img")
        svg.add_ground(root)
        return svg.text(root) + "\n"

    def files(self) -> dict[str, bytes]:
        """The picture for papers, by file name: SVG and PDF, on transparent ground."""
        return {f"{self.name}.{kind}": self._written(kind) for kind in ("svg", "pdf")}

    def _written(self, kind: str) -> bytes:
        buffer = io.BytesIO()
        with matplotlib.rc_context(STYLE | {"svg.hashsalt": self.name}):
            figure = Figure(figsize=(WIDTH_INCHES, self.height), layout="constrained")
            axes = figure.subplots(*self.grid, squeeze=False).flatten().tolist()
            self.draw(axes)
            figure.savefig(buffer, format=kind, transparent=True, metadata=_NO_METADATA[kind])
        return buffer.getvalue()
