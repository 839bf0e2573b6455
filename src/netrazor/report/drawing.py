"""What several plots draw alike: percentages, figures beside marks, colours over and over."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

PERCENT = FuncFormatter(lambda value, _: f"{100 * value:g} %")


def beside(axes: Axes, text: str, x: float, y: float, *, ground: str | None = None) -> None:
    """Write ``text`` to the right of a bar's end or a mark, on a ground of its own where lines pass below it."""
    box = None if ground is None else {"facecolor": ground, "edgecolor": "none", "pad": 1}
    axes.annotate(text, (x, y), xytext=(7, 0), textcoords="offset points", va="center", fontsize=10, bbox=box)


def repeated(words: Sequence[str]) -> list[str]:
    """Colours or markers for many lines: ``words`` eight times."""
    return [*words] * 8
