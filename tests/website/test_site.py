"""The site as files: it asks for nothing, its links hold, and it shows nothing that does not follow."""

import shutil
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from site_records import CHOSEN, RECORDS

from netrazor.cli.application import run
from netrazor.errors import CertificateError, ConfigurationError
from netrazor.website import bundle, read_board, read_entries, write_site
from netrazor.website.bound_plot import plot_of
from netrazor.website.rows import boards


class Links(HTMLParser):
    """Addresses and anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.addresses += [found[name] or "" for name in ("href", "src", "action") if name in found]
        if found.get("id"):
            assert found["id"] not in self.anchors
            self.anchors.add(found["id"] or "")


def test_links_hold_and_lead_nowhere_else(site: Path) -> None:
    pages = {path: Links(path.read_text()) for path in site.rglob("*.html")}
    assert len(pages) == 2 + len(CHOSEN)
    for page, links in pages.items():
        for address in links.addresses:
            if address == "data:,":
                continue
            parts = urlsplit(address)
            assert not parts.scheme, address
            assert not parts.netloc, address
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            assert target.is_file(), f"{page}: {address}"
            if parts.fragment:
                assert parts.fragment in pages[target].anchors, f"{page}: {address}"


def test_every_page_forbids_requests(site: Path) -> None:
    for page in site.rglob("*.html"):
        assert "default-src 'none'" in page.read_text()


def test_the_first_page_is_light(site: Path) -> None:
    assert (site / "index.html").stat().st_size <= 300 * 1024


def test_downloads_are_the_certificates_own_files(site: Path) -> None:
    for name in CHOSEN:
        for path in (site / "certificates" / name).iterdir():
            assert path.read_bytes() == (RECORDS / name / path.name).read_bytes()


def test_figures_come_from_the_files(site: Path) -> None:
    board = (site / "leaderboard.html").read_text()
    for text in (
        "4.58",
        "600 errors",
        "1,835 bits",
        "98 picks",
        "CONSISTENT, NOT RECOUNTED",
        "Lotfi et al. 2022",
        "11.6",
    ):
        assert text in board
    assert ">4.57" not in board


def test_a_certificate_that_does_not_follow_is_refused(tmp_path: Path) -> None:
    shutil.copytree(RECORDS / "mnist", tmp_path / "mine")
    path = tmp_path / "mine" / "certificate.json"
    path.write_text(path.read_text().replace('"duplicates": 0', '"duplicates": 1'))
    with pytest.raises(CertificateError, match="INVALID, seal"):
        write_site(tmp_path / "out", [tmp_path / "mine"])
    assert not (tmp_path / "out").exists()


def test_names_of_strangers_are_escaped(tmp_path: Path) -> None:
    shutil.copytree(RECORDS / "mnist", tmp_path / "a<b>&c")
    write_site(tmp_path / "out", [tmp_path / "a<b>&c"])
    assert "<b>&c" not in (tmp_path / "out" / "index.html").read_text()


def test_directories_without_certificates_and_equal_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"has no certificate.json"):
        read_entries([tmp_path])
    shutil.copytree(RECORDS / "mnist", tmp_path / "mnist")
    with pytest.raises(ConfigurationError, match="two directories are called 'mnist'"):
        read_entries([tmp_path, RECORDS / "mnist"])


def test_documentation_must_have_been_built(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="make docs"):
        write_site(tmp_path / "out", [RECORDS / "mnist"], tmp_path)
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "index.html").write_text("built")
    write_site(tmp_path / "out", [RECORDS / "mnist"], tmp_path / "built")
    assert (tmp_path / "out" / "docs" / "index.html").read_text() == "built"
    assert 'href="docs/index.html"' in (tmp_path / "out" / "index.html").read_text()


@pytest.mark.parametrize("size", [2**21 * 2 + 1])
def test_measurements_that_are_none_are_refused(tmp_path: Path, size: int) -> None:
    for content in ("[]", "{", " " * size):
        shutil.copytree(RECORDS / "mnist", tmp_path / "mnist", dirs_exist_ok=True)
        (tmp_path / "mnist" / "measurements.json").write_text(content)
        with pytest.raises(CertificateError, match=r"measurements.json"):
            read_entries([tmp_path])


def test_rows_are_ordered_and_marks_stay_inside() -> None:
    for part in boards(read_board(), read_entries([RECORDS])):
        bounds = [row.bound_percent for row in part.rows]
        assert bounds == sorted(bounds)
        plot = plot_of(part)
        assert len(plot.marks) == len(part.rows)
        assert all(0 < mark.x < 640 and 0 < mark.y < plot.bottom for mark in plot.marks)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kind: picked", "kind: guessed", "a kind of"),
        ("dataset: cifar100", "dataset: cifar99", "a data set of"),
        ("bound: 46", "bound: -1", "bound"),
        ("read: true", "reed: true", "reed"),
        ("datasets:", "datasets: [", "leaderboard.yaml"),
    ],
)
def test_rows_that_do_not_fit_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    from netrazor.website.published_bounds import LEADERBOARD

    text = LEADERBOARD.read_text()
    assert old in text
    (tmp_path / "leaderboard.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigurationError, match=message):
        read_board(tmp_path / "leaderboard.yaml")


def test_the_package_is_joined_and_what_cannot_be_is_refused(tmp_path: Path) -> None:
    assert "import " not in bundle().replace("import them", "")
    (tmp_path / "index.js").write_text("export default 3;\n")
    with pytest.raises(ConfigurationError, match="export default 3"):
        bundle(tmp_path)
    with pytest.raises(ConfigurationError, match="copy js/src there"):
        bundle(tmp_path / "nowhere")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run(
            [
                "site",
                str(tmp_path / "out"),
                "--certificates",
                str(RECORDS / "mnist"),
                str(RECORDS / "picked-digits"),
            ]
        )
        == 0
    )
    assert "3 other pages" in capsys.readouterr().out
    assert run(["site", str(tmp_path / "out"), "--certificates", str(tmp_path / "none")]) == 2


def test_a_file_where_the_site_should_be(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("")
    assert run(["site", str(tmp_path / "site"), "--certificates", str(RECORDS / CHOSEN[0])]) == 2
