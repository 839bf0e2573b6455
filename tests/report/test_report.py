"""The page stands alone, says what the files say, and its plots and tables are also files."""

import csv
import io
import json
import os
import re
import shutil
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.axes import Axes

import tiny
from command_line import netrazor
from netrazor import claims
from netrazor.certification import parse
from netrazor.certification.yardsticks import marked_sentence
from netrazor.errors import CertificateError, ConfigurationError
from netrazor.pipeline import RunConfiguration, run
from netrazor.pipeline.spent_examples import run_hold_out
from netrazor.report import Claim, Plot, Prose, Section, Table, compose, page, read, svg, write_report
from netrazor.report.theme import FONTS
from netrazor.reproduction.randomize.summary import Summary
from netrazor.units import percent_down, percent_up

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
def report(written: tuple[Path, Path]) -> Page:
    return Page(written[0].read_text())


def test_the_page_is_well_formed(report: Page) -> None:
    assert report.open == []
    assert len(set(report.ids)) == len(report.ids), "an id occurs twice"


def test_the_page_stands_alone(report: Page, written: tuple[Path, Path]) -> None:
    assert all(address.startswith(("#", "data:")) for address in report.addresses)
    assert "script" not in report.tags
    references = re.findall(r"url\(([^)]*)\)", written[0].read_text())
    assert all(reference.startswith("#") for reference in references)
    assert {r[1:] for r in references} | {a[1:] for a in report.addresses if a[0] == "#"} <= set(report.ids)
    assert written[0].stat().st_size <= MAX_BYTES


def test_the_page_states_claim_and_assumptions(report: Page, certified: Path) -> None:
    certificate = parse((certified / "certificate.json").read_bytes())
    assert certificate.claim in report.text
    assert percent_up(certificate.risk_bound) in report.text
    assert all(assumption.replace("`", "") in report.text for assumption in certificate.assumptions)


def test_every_section_has_its_figures(report: Page) -> None:
    assert report.tags.count("svg") == report.tags.count("figure")
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
        assert title in report.text


def test_colours_follow_the_page(written: tuple[Path, Path]) -> None:
    pictures = re.findall(r"<svg.*?</svg>", written[0].read_text(), re.DOTALL)
    for picture in pictures:
        assert set(re.findall(r"#[0-9a-f]{6}\b", picture)) <= {"#000000", "#ffffff"}
        assert "var(--ink)" in picture


def test_assets_hold_every_plot_and_table(written: tuple[Path, Path], study: Summary) -> None:
    _, assets = written
    composed = compose([study])
    names = {
        name for item in composed.sections[0].items if isinstance(item, Plot | Table) for name in item.files()
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
    content["claims"][0]["bound"] /= 2
    content["risk_bound"] /= 2
    file.write_text(json.dumps(content))
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
    code, text = netrazor("report", certified, "--out", tmp_path / "r.html")
    assert code == 0, text
    assert (tmp_path / "r.html").stat().st_size > 10_000


HOSTILE = "</script><img src=x onerror=alert(1)>[/bold] $\\frac$ &amp; \"' \x01 `code` `open"


def test_names_of_users_are_text_wherever_they_stand() -> None:
    """Titles, claims, prose, tables, and the texts and labels of pictures."""

    def draw(axes: Sequence[Axes]) -> None:
        axes[0].plot([0, 1], label=HOSTILE)
        axes[0].set_yticks([0, 1], [HOSTILE, "b"])
        axes[0].set_xlabel(HOSTILE)
        axes[0].legend()

    items = (
        Claim(HOSTILE, HOSTILE, HOSTILE, (HOSTILE,)),
        Prose((HOSTILE,)),
        Table("t", HOSTILE, (HOSTILE, HOSTILE), ((HOSTILE, HOSTILE),), HOSTILE),
        Plot("p", HOSTILE, HOSTILE, draw),
    )
    found = Page(page(HOSTILE, [Section(HOSTILE, items)]))
    assert found.open == []
    assert not {"script", "img", "bold"} & set(found.tags)
    in_code = HOSTILE.replace("`code`", "code")
    assert found.text.count(in_code) == 5  # of claim and prose
    assert found.text.count(HOSTILE) == 11  # headings of page and section, table, figure
    assert found.text.count(HOSTILE.replace("\x01", "\ufffd")) == 3  # in the picture


def test_a_hostile_directory_makes_a_report(certified: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "<script>alert(1)<|script>[/bold]$x"
    shutil.copytree(certified, hostile)
    shutil.copytree(certified, tmp_path / "other")
    write_report([hostile, tmp_path / "other"], tmp_path / "r.html")
    found = Page((tmp_path / "r.html").read_text())
    assert found.open == []
    assert "script" not in found.tags
    assert hostile.name in found.text


def test_a_directory_whose_name_is_no_text_makes_a_report(certified: Path, tmp_path: Path) -> None:
    nameless = Path(os.fsdecode(os.fsencode(tmp_path) + b"/run-\xff"))
    shutil.copytree(certified, nameless)
    write_report([nameless], tmp_path / "r.html")
    assert "run-\ufffd" in (tmp_path / "r.html").read_text()


def test_nothing_to_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="at least one"):
        write_report([], tmp_path / "r.html")


def test_a_run_without_its_message_is_refused(certified: Path, tmp_path: Path) -> None:
    shutil.copytree(certified, tmp_path / "run")
    (tmp_path / "run" / "network.nrz").unlink()
    with pytest.raises(CertificateError, match="missing"):
        read(tmp_path / "run")


def test_a_result_that_is_none_is_refused_and_can_be_left_out(certified: Path, tmp_path: Path) -> None:
    shutil.copytree(certified, tmp_path / "run")
    (tmp_path / "run" / "result.json").write_text("{}")
    with pytest.raises(ConfigurationError, match="delete it"):
        read(tmp_path / "run")
    (tmp_path / "run" / "result.json").unlink()
    text = Page(compose([read(tmp_path / "run")]).html()).text
    assert "Where the bits are" in text
    assert "Table 3" not in text
    write_report([tmp_path / "run", certified], tmp_path / "r.html")


def test_a_picture_for_another_page_has_a_ground_of_its_own(study: Summary) -> None:
    plot = next(item for item in compose([study]).sections[0].items if isinstance(item, Plot))
    root = ElementTree.fromstring(plot.picture())
    assert [child.tag.rpartition("}")[2] for child in root][:2] == ["style", "rect"]
    assert "prefers-color-scheme: dark" in (root[0].text or "")
    assert root.get("width") is None
    assert "metadata" not in plot.picture()
    assert plot.picture() == plot.picture()


def test_both_ways_in_which_fonts_are_written_become_the_pages() -> None:
    drawn = (
        b'<svg xmlns="http://www.w3.org/2000/svg"><text style="font: 10px \'DejaVu Sans\'; fill: #1b1f24"/>'
        b'<text style="font-size: 10px; font-family: Arial"/></svg>'
    )
    first, second = svg.themed(drawn, "p")
    assert first.get("style") == f"font: 10px {FONTS}; fill: var(--ink)"
    assert second.get("style") == f"font-size: 10px; font-family: {FONTS}"


def test_a_hold_out_certificate_has_no_message_to_show(tmp_path: Path) -> None:
    run_hold_out(tiny.small(), tiny.images(), spent=100, out=tmp_path / "held")
    issued = tiny.occam_run().issued
    other = tiny.write(tmp_path / "sent", issued.certificate, issued.blob)
    side_by_side, held, _ = compose([read(tmp_path / "held"), read(other)]).sections
    facts = next(item for item in held.items if isinstance(item, Table) and item.facts)
    assert ("examples spent on the prior", "100 (hashed positions)") in facts.rows
    assert ("message", "none") in facts.rows
    assert "Where the bits are" not in {item.title for item in held.items if isinstance(item, Plot)}
    assert len(next(item for item in side_by_side.items if isinstance(item, Table)).rows) == 2


def test_every_claim_is_shown_where_there_are_several(tmp_path: Path) -> None:
    out = tmp_path / "both"
    run(tiny.small(), tiny.images(), RunConfiguration(recipe=tiny.NO_NOISE, tops=(1, 2), out=out))
    section = compose([read(out)]).sections[0]
    claims = next(item for item in section.items if isinstance(item, Table) and item.title == "All claims")
    certificate = parse((out / "certificate.json").read_bytes())
    assert [row[0] for row in claims.rows] == [
        marked_sentence(certificate, claim) for claim in certificate.claims
    ]
    assert [row[-1] for row in claims.rows] == [percent_up(claim.bound) for claim in certificate.claims]


def test_noise_is_shown_alone_and_side_by_side(tmp_path: Path) -> None:
    issued = tiny.noisy_run().issued
    runs = [read(tiny.write(tmp_path / name, issued.certificate, issued.blob)) for name in ("one", "two")]
    report = compose(runs)
    side_by_side, alone, _ = report.sections
    assert "Bound against noise" in {item.title for item in side_by_side.items if isinstance(item, Plot)}
    noise = next(item for item in alone.items if isinstance(item, Table) and item.title == "Noise")
    assert [row[0] for row in noise.rows] == ["1.weight"]
    assert "independent draws" in noise.note
    assert "with noise, upper confidence bound" in Page(report.html()).text


def test_classes_groups_confusions_and_the_curve_are_shown(tmp_path: Path) -> None:
    sites = {"site": np.array(["north", "<south>"])[np.arange(400) % 2]}
    asked = [
        claims.Error(),
        claims.ClassErrors(),
        claims.Confusion(),
        claims.GroupErrors(column="site"),
        claims.Withheld(answered=0.5),
    ]
    configuration = RunConfiguration(recipe=tiny.NO_NOISE, claims=asked, columns=sites)
    issued = tiny.known(run(tiny.small(), tiny.images(), configuration)).issued
    place = tiny.write(tmp_path / "run", issued.certificate, issued.blob)
    section = compose([read(place)]).sections[0]
    tables = {item.title: item for item in section.items if isinstance(item, Table)}
    matrix = tables[
        "Confusion matrix: new examples of a class (rows) that are answered with another (columns)"
    ]
    cells = issued.certificate.claims[2].cells
    assert matrix.rows[1][3] == f"≥ {percent_down(cells[5].lower or 0.0)}"
    assert matrix.rows[1][4] == f"≤ {percent_up(cells[6].bound)}"
    groups = tables["Errors in groups of 'site'"]
    assert [row[:2] for row in groups.rows] == [("<south>", "200"), ("north", "200")]
    assert "Answers withheld below a margin" in tables
    assert "Risk against coverage" in [item.title for item in section.items if isinstance(item, Plot)]
    html = compose([read(place)]).html()
    assert "&lt;south&gt;" in html
    assert "<south>" not in html
