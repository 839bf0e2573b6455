"""The page stands alone, says what the files say, and its plots and tables are also files."""

import csv
import io
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from netrazor.certification import parse
from netrazor.cli import app
from netrazor.errors import ConfigurationError
from netrazor.report import Plot, Table, compose, read, write_report
from netrazor.reproduction.randomize.summary import Summary
from netrazor.units import percent_up

MAX_BYTES = 2 * 2**20
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Elements that are left open, ids, and the text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "xlink:href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data.replace("\u00a0", " ")


@pytest.fixture(scope="session")
def written(certified: Path, study: Summary, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A report of two certified runs and a study, and the folder of its assets."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "summary.json").write_text(study.model_dump_json())
    shutil.copytree(certified, folder / "again")
    out = folder / "report.html"
    write_report([certified, folder / "again", folder / "summary.json"], out, folder / "assets")
    return out, folder / "assets"


@pytest.fixture(scope="session")
def page(written: tuple[Path, Path]) -> Page:
    return Page(written[0].read_text())


def test_the_page_is_well_formed(page: Page) -> None:
    assert page.open == []
    assert len(set(page.ids)) == len(page.ids), "an id occurs twice"


def test_the_page_stands_alone(page: Page, written: tuple[Path, Path]) -> None:
    assert all(address.startswith(("#", "data:")) for address in page.addresses)
    assert "script" not in page.tags
    references = re.findall(r"url\(([^)]*)\)", written[0].read_text())
    assert all(reference.startswith("#") for reference in references)
    assert {r[1:] for r in references} | {a[1:] for a in page.addresses if a[0] == "#"} <= set(page.ids)
    assert written[0].stat().st_size <= MAX_BYTES


def test_the_page_states_claim_and_assumptions(page: Page, certified: Path) -> None:
    certificate = parse((certified / "certificate.json").read_bytes())
    assert certificate.claim in page.text
    assert percent_up(certificate.risk_bound) in page.text
    assert all(assumption.replace("`", "") in page.text for assumption in certificate.assumptions)


def test_every_section_has_its_figures(page: Page) -> None:
    assert page.tags.count("svg") == page.tags.count("figure")
    for title in (
        "Where the bits are",
        "Bound by method",
        "Bound against bits",
        "Bound against sparsity",
        "Weights, layer by layer, before and after",
        "Risk of noisy networks",
        "Table 2",
        "Table 3",
        "Figure 1",
        "Bits against randomization",
        "Theorem 6.1",
    ):
        assert title in page.text


def test_colours_follow_the_page(written: tuple[Path, Path]) -> None:
    pictures = re.findall(r"<svg.*?</svg>", written[0].read_text(), re.DOTALL)
    for picture in pictures:
        assert set(re.findall(r"#[0-9a-f]{6}\b", picture)) <= {"#000000", "#ffffff"}
        assert "var(--ink)" in picture


def test_assets_hold_every_plot_and_table(written: tuple[Path, Path], study: Summary) -> None:
    _, assets = written
    report = compose([study])
    names = {
        name for item in report.sections[0].items if isinstance(item, Plot | Table) for name in item.files()
    }
    assert {f"3-{name}" for name in names} <= {path.name for path in assets.iterdir()}
    assert (assets / "3-figure-1-tuned.pdf").read_bytes().startswith(b"%PDF")
    rows = list(csv.reader(io.StringIO((assets / "3-lengths-99.csv").read_text())))
    assert len(rows) == 1 + len(study.levels)


def test_latex_is_escaped() -> None:
    table = Table("t", "T", ("a_b", "50 %"), (("x & y", "±1"),))
    assert r"a\_b & 50 \% \\" in table.latex()
    assert r"x \& y & $\pm$1 \\" in table.latex()


def test_an_altered_certificate_is_shown_as_invalid(certified: Path, tmp_path: Path) -> None:
    shutil.copytree(certified, tmp_path / "run")
    file = tmp_path / "run" / "certificate.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "risk_bound": content["risk_bound"] / 2}))
    html = compose([read(tmp_path / "run")]).html()
    assert "INVALID" in html
    assert "≤" not in html


@pytest.mark.parametrize("content", [None, "{}", "no JSON"])
def test_what_is_no_run_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "summary.json").write_text(content)
    with pytest.raises(ConfigurationError, match=re.escape(str(tmp_path))):
        read(tmp_path)


def test_the_same_files_give_the_same_page(study: Summary) -> None:
    assert compose([study]).html() == compose([study]).html()


def test_command_line(certified: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["report", str(certified), "--out", str(tmp_path / "r.html")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "r.html").stat().st_size > 10_000
