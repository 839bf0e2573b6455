"""A plot: what is drawn, once; in a page it takes the page's colours, in a file those of paper."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from netrazor.report.theme import FONTS, LIGHT, STYLE

WIDTH_INCHES = 5.2  # so narrow that eleven points stay legible when a phone shrinks the picture to fit

_ID = re.compile(r'\bid="([^"]+)"')
_REFERENCE = re.compile(r'(url\(#|href="#)')
_FONT = re.compile(r"font: (?:(\w+) )?([\d.]+px)[^;\"]*")


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

    name: str
    title: str
    caption: str
    draw: Callable[[Sequence[Axes]], None]
    height: float = 3.0
    grid: tuple[int, int] = (1, 1)

    def html(self) -> str:
        """A figure element with the picture inline; its colours are the page's CSS variables."""
        picture = self._written("svg").decode()
        picture = picture[picture.index("<svg") :]
        picture = re.sub(r"<metadata>.*?</metadata>", "", picture, flags=re.DOTALL)
        picture = _ID.sub(rf'id="{self.name}-\1"', picture)
        picture = _REFERENCE.sub(rf"\g<1>{self.name}-", picture)
        for name, colour in LIGHT.items():
            picture = picture.replace(colour, f"var(--{name})")
        picture = _FONT.sub(lambda m: f"font: {m[1] + ' ' if m[1] else ''}{m[2]} {FONTS}", picture)
        label = escape(f"{self.title}. {self.caption}", quote=True)
        picture = re.sub(
            r'<svg[^>]*?(viewBox="[^"]*")[^>]*>',
            rf'<svg \1 xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
            rf'aria-label="{label}">',
            picture,
            count=1,
        )
        title, caption = escape(self.title), escape(self.caption)
        return f"<figure><h3>{title}</h3>\n{picture}\n<figcaption>{caption}</figcaption></figure>"

    def files(self) -> dict[str, bytes]:
        """The picture for papers, by file name: SVG and PDF, on transparent ground."""
        return {f"{self.name}.{kind}": self._written(kind) for kind in ("svg", "pdf")}

    def _written(self, kind: str) -> bytes:
        buffer = io.BytesIO()
        with matplotlib.rc_context({**STYLE, "svg.hashsalt": self.name}):
            figure = Figure(figsize=(WIDTH_INCHES, self.height), layout="constrained")
            axes = figure.subplots(*self.grid, squeeze=False).flatten().tolist()
            self.draw(axes)
            stamp = {"Date": None} if kind == "svg" else {"CreationDate": None}
            figure.savefig(buffer, format=kind, transparent=True, metadata=stamp)
        return buffer.getvalue()
