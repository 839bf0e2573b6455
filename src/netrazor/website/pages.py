"""From rows and certificates to the text of each page: templates, with a policy that forbids all requests."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from netrazor import __version__
from netrazor.certification import GivenRecord, says_less_than_guessing
from netrazor.certification.yardsticks import yardstick_sentence
from netrazor.report.page import prose
from netrazor.report.theme import FONTS, variables
from netrazor.units import percent_up
from netrazor.website.bound_plot import plot_of
from netrazor.website.bundling import bundle
from netrazor.website.entries import Entry
from netrazor.website.published_bounds import Board
from netrazor.website.rows import DatasetBoard, percent_of

COLUMNS = (
    ("who", "Certificate or work"),
    ("kind", "Kind"),
    ("bound", "Bound"),
    ("test", "Test error"),
    ("train", "Errors on the counted examples"),
    ("paid", "What is paid for"),
    ("given", "What is given or left out"),
    ("n", "Examples counted"),
    ("delta", "Delta"),
    ("seconds", "Seconds"),
    ("command", "Command"),
    ("status", "Status"),
)
_LARGEST_IN_A_PAGE = 64 * 1024  # bytes of files that a page brings along to check


@dataclass(frozen=True)
class Site:
    """Everything that pages are made from.

    Attributes:
        digits: the certificate whose network reads digits on the first page.
        has_docs: whether the documentation stands beside the pages.
    """

    entries: Sequence[Entry]
    boards: Sequence[DatasetBoard]
    board: Board
    digits: Entry | None
    has_docs: bool


def home_page(site: Site) -> str:
    """The claim, one picture, two commands, and the digit reader with the check."""
    first = next((board for board in site.boards if any(row.is_ours for row in board.rows)), None)
    return _render(
        "home.html",
        site,
        board=first,
        plot=None if first is None else plot_of(first),
        digits=site.digits,
        record=None if site.digits is None else _embedded(site.digits),
    )


def leaderboard_page(site: Site) -> str:
    """Every data set: a drawing and a table."""
    parts = [(board, plot_of(board)) for board in site.boards]
    return _render("leaderboard.html", site, parts=parts, kinds=site.board.kinds, columns=COLUMNS)


def certificate_page(site: Site, entry: Entry) -> str:
    """One certificate: claim, facts, ledger, assumptions, files, and the check."""
    certificate = entry.certificate
    return _render(
        "certificate.html",
        site,
        entry=entry,
        certificate=certificate,
        facts=_facts(entry, site.board.commands.get(entry.name)),
        yardsticks=yardstick_sentence(certificate),
        is_uninformative=says_less_than_guessing(certificate),
        record=_embedded(entry),
    )


def board_figure(board: DatasetBoard) -> str:
    """The drawing of a data set as an SVG file by itself."""
    return _templates().get_template("drawing.html").render(plot=plot_of(board), is_alone=True)


def _facts(entry: Entry, command: str | None) -> list[tuple[str, str]]:
    certificate, measured = entry.certificate, entry.measured
    sample, prior = certificate.sample, certificate.prior
    errors = percent_of(certificate.errors, certificate.n)
    found = [
        ("Status", f"{entry.verdict.status}: everything follows from the files; the counts are believed"),
        ("Method", certificate.method),
        ("Classifier", certificate.predictor),
        ("Data", f"{sample.name}, {sample.split}, {sample.n:,} examples, {sample.classes} classes"),
        ("Spent or given", entry.given),
        ("Counted", f"{certificate.n:,} examples, {certificate.errors:,} errors ({errors})"),
        ("Paid for", entry.paid),
        ("Delta", f"{certificate.delta:g}"),
        ("Message", f"{certificate.message_bytes:,} bytes"),
    ]
    if isinstance(prior.given, GivenRecord):
        found.append(("Given weights", f"{prior.given.bytes:,} bytes"))
    if measured.test is not None:
        found.append(("Test error, for comparison", percent_of(*measured.test)))
    if measured.seconds is not None:
        found.append(("Seconds of the run", f"{measured.seconds:,.0f}"))
    if made := measured.command or command:
        found.append(("Made by", made))
    return [*found, ("Counted by", certificate.evaluation.runtime)]


def _embedded(entry: Entry) -> dict[str, str] | None:
    """The files of a certificate as texts, for a script to check; None where they are too large for a page."""
    if sum(path.stat().st_size for path in entry.files) > _LARGEST_IN_A_PAGE:
        return None
    certificate, *others = entry.files
    found = {"certificate": certificate.read_text()}
    for path in others:
        key = "message" if path == entry.message_file else "given"
        found[key] = base64.b64encode(path.read_bytes()).decode()
    return found


def _render(template: str, site: Site, **values: object) -> str:
    return _templates().get_template(template).render(site=site, **values)


def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("netrazor.website"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": prose, "percent_up": percent_up}
    constants = {
        "light": variables(dark=False),
        "dark": variables(dark=True),
        "fonts": FONTS,
        "decoder": bundle(),
    }
    environment.globals |= {name: Markup(text) for name, text in constants.items()}
    environment.globals["version"] = __version__
    return environment
