"""A plot: what is drawn, once; in a page it takes the page's colours, in a file those of paper."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from netrazor.report.theme import FONTS, LIGHT, STYLE, variables

WIDTH_INCHES = 5.2  # so narrow that eleven points stay legible when a phone shrinks the picture to fit

_ID = re.compile(r'\bid="([^"]+)"')
_REFERENCE = re.compile(r'(url\(#|href="#)')
_FAMILY = re.compile(r"(font-family: |font: (?:\w+ )?[\d.]+px )[^;\"]*")  # matplotlib has written both


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
        label = escape(f"{self.title}. {self.caption}", quote=True)
        picture = self._in_variables(f'role="img" aria-label="{label}"')
        title, caption = escape(self.title), escape(self.caption)
        return f"<figure><h3>{title}</h3>\n{picture}\n<figcaption>{caption}</figcaption></figure>"

    def picture(self) -> str:
        """An SVG file for a page of another kind (a README, say): on ground of its own, light or dark by itself."""
        style = (
            f"<style>:root {{ {variables(dark=False)} }} "
            f"@media (prefers-color-scheme: dark) {{ :root {{ {variables(dark=True)} }} }}</style>"
            '<rect width="100%" height="100%" fill="var(--paper)"/>'
        )
        drawn = self._in_variables('role="img"')
        return re.sub(r"(<svg[^>]*>)", lambda m: m[1] + style, drawn, count=1) + "\n"

    def _in_variables(self, attributes: str) -> str:
        """The SVG element with ids of its own, and CSS variables for colours."""
        drawn = self._written("svg").decode()
        drawn = drawn[drawn.index("<svg") :]
        drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.DOTALL)
        drawn = _ID.sub(rf'id="{self.name}-\1"', drawn)
        drawn = _REFERENCE.sub(rf"\g<1>{self.name}-", drawn)
        for name, colour in LIGHT.items():
            drawn = drawn.replace(colour, f"var(--{name})")
        drawn = _FAMILY.sub(rf"\g<1>{FONTS}", drawn)
        spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        return re.sub(
            r'<svg[^>]*?(viewBox="[^"]*")[^>]*>',
            lambda m: f"<svg {m[1]} {spaces} {attributes}>",
            drawn,
            count=1,
        ).rstrip()

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
