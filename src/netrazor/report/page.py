"""The page: sections of prose, tables and plots in one HTML file that asks for nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from netrazor import __version__
from netrazor.report.contact_sheet import ContactSheet
from netrazor.report.plot import Plot
from netrazor.report.table import Table
from netrazor.report.theme import FONTS, variables

NO_BREAK_SPACE = "\u00a0"


@dataclass(frozen=True)
class Claim:
    """The claim in one sentence, its figure set large, what it is set beside, and what it assumes."""

    template: ClassVar[str] = "claim.html"
    figure: str
    sentence: str
    status: str
    assumptions: tuple[str, ...]
    compared: str = ""


@dataclass(frozen=True)
class Prose:
    """Paragraphs."""

    template: ClassVar[str] = "prose.html"
    paragraphs: tuple[str, ...]


Item = Claim | Prose | Table | Plot | ContactSheet


@dataclass(frozen=True)
class Section:
    """A part of a report under one heading."""

    title: str
    items: tuple[Item, ...]


def page(title: str, sections: Sequence[Section]) -> str:
    """The text of the HTML file. Its policy forbids whatever is not in the file itself.

    Every string of the sections is escaped: names of runs and arrays are the user's own.
    """
    return _templates().get_template("page.html").render(title=title, sections=sections)


def prose(text: str) -> Markup:
    """``text``, escaped: no line ends before a percent sign, and what stands between backticks is code."""
    first, *others = text.replace(" %", f"{NO_BREAK_SPACE}%").split("`")
    found = escape(first)
    while len(others) > 1:
        code, after, *others = others
        found += Markup("<code>{}</code>{}").format(code, after)
    return found + "".join(f"`{left_open}" for left_open in others)


def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("netrazor.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = prose
    environment.globals["version"] = __version__
    for name, style in {"light": variables(dark=False), "dark": variables(dark=True), "fonts": FONTS}.items():
        environment.globals[name] = Markup(style)  # constants of the theme: quotes stay quotes within <style>
    return environment
