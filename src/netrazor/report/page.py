"""The page: sections of prose, tables and plots in one HTML file that asks for nothing else."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from netrazor import __version__
from netrazor.report.plot import Plot
from netrazor.report.table import Table
from netrazor.report.theme import FONTS, variables

_CODE = re.compile("`([^`]*)`")


@dataclass(frozen=True)
class Claim:
    """The claim in one sentence, its figure set large, and what it assumes."""

    figure: str
    sentence: str
    status: str
    assumptions: tuple[str, ...]

    def html(self) -> str:
        """The figure, the sentence, and the assumptions as a list."""
        items = "".join(f"<li>{_unbroken(assumption)}</li>" for assumption in self.assumptions)
        return (
            f'<div class="claim"><p class="figure">{_unbroken(self.figure)}</p><p class="sentence">'
            f'{_unbroken(self.sentence)}</p><p class="note">{_unbroken(self.status)}</p></div>'
            f'<div class="assumptions"><h3>This holds if</h3><ol>{items}</ol></div>'
        )


@dataclass(frozen=True)
class Prose:
    """Paragraphs."""

    paragraphs: tuple[str, ...]

    def html(self) -> str:
        """One element each."""
        return "".join(f"<p>{_unbroken(paragraph)}</p>" for paragraph in self.paragraphs)


def _unbroken(text: str) -> str:
    """The text with no line ending before a percent sign, and what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(text.replace(" %", "\u00a0%")))


Item = Claim | Prose | Table | Plot


@dataclass(frozen=True)
class Section:
    """A part of a report under one heading."""

    title: str
    items: tuple[Item, ...]

    def html(self) -> str:
        """The heading and all items."""
        body = "\n".join(item.html() for item in self.items)
        return f"<section><h2>{escape(self.title)}</h2>\n{body}\n</section>"


def page(title: str, sections: Sequence[Section]) -> str:
    """The text of the HTML file. Its policy forbids whatever is not in the file itself."""
    body = "\n".join(section.html() for section in sections)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>{_CSS}</style>
</head>
<body>
<header><h1>{escape(title)}</h1></header>
<main>
{body}
</main>
<footer><p>Written by netrazor {__version__} from certificates, messages and result files.</p></footer>
</body>
</html>
"""


_CSS = f"""
:root {{ {variables(dark=False)} }}
@media (prefers-color-scheme: dark) {{ :root {{ {variables(dark=True)} }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0 auto; padding: 1rem; max-width: 46rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 {FONTS}; overflow-wrap: break-word; }}
h1 {{ font-size: 1.5rem; line-height: 1.25; margin: 1rem 0 0; }}
h2 {{ font-size: 1.25rem; line-height: 1.3; margin: 2.5rem 0 .75rem; padding-top: .5rem;
  border-top: 2px solid var(--ink); }}
h3 {{ font-size: 1rem; margin: 0 0 .4rem; }}
p {{ margin: 0 0 .75rem; }}
.claim {{ border-left: .3rem solid var(--blue); padding: .25rem 0 .25rem 1rem; margin: 1rem 0; }}
.claim .figure {{ font-size: 2.75rem; font-weight: 700; line-height: 1.1; margin: 0 0 .4rem; }}
.claim .sentence {{ font-size: 1.125rem; }}
.assumptions {{ font-size: .9rem; }}
.assumptions ol {{ margin: 0; padding-left: 1.4rem; }}
.note, figcaption, footer {{ font-size: .875rem; color: var(--muted); }}
figure, .table {{ margin: 1.75rem 0; }}
figure svg {{ display: block; width: 100%; max-width: 38rem; height: auto; }}
figcaption {{ margin-top: .4rem; }}
.scroll {{ overflow-x: auto; background: linear-gradient(to right, var(--paper) 30%, transparent) left / 2rem 100%
  no-repeat local, linear-gradient(to left, var(--paper) 30%, transparent) right / 2rem 100% no-repeat local,
  linear-gradient(to right, var(--rule), transparent) left / .6rem 100% no-repeat scroll,
  linear-gradient(to left, var(--rule), transparent) right / .6rem 100% no-repeat scroll; }}
.scroll:focus-visible {{ outline: 2px solid var(--blue); outline-offset: 2px; }}
table {{ border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }}
th, td {{ padding: .3rem .75rem .3rem 0; text-align: right; vertical-align: top;
  border-bottom: 1px solid var(--rule); }}
thead th {{ border-bottom-color: var(--ink); vertical-align: bottom; }}
th:first-child {{ text-align: left; }}
tbody th {{ font-weight: 400; }}
td {{ white-space: nowrap; }}
th.words, td.words {{ text-align: left; }}
td.words {{ white-space: normal; min-width: 7.5rem; }}
.facts th {{ white-space: nowrap; vertical-align: top; }}
.facts td {{ white-space: normal; text-align: left; overflow-wrap: anywhere; }}
code {{ font-size: .95em; }}
.table .note {{ margin-top: .4rem; }}
footer {{ margin-top: 3rem; border-top: 1px solid var(--rule); padding-top: .5rem; }}
@media print {{
  :root {{ {variables(dark=False)} color-scheme: light; }}
  body {{ max-width: none; padding: 0; font-size: 10pt; }}
  figure, .table, .claim {{ break-inside: avoid; margin: .8rem 0; }}
  figure svg {{ max-width: 11.5cm; }}
  th, td {{ padding: .1rem .6rem .1rem 0; }}
  h2, h3 {{ break-after: avoid; }}
  .scroll {{ overflow: visible; background: none; }}
}}
"""
