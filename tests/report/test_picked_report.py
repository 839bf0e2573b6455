"""Reports of picked examples and of hold-outs: stops, bounds, the picked images, and what is refused."""

import base64
import io
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from test_report import Page

import netrazor
import tiny
from command_line import netrazor as command
from netrazor.certification import Certificate
from netrazor.certification.run_directory import CERTIFICATE, RESULT
from netrazor.certification.yardsticks import UNINFORMATIVE
from netrazor.errors import ConfigurationError
from netrazor.report import read, write_report
from netrazor.report.contact_sheet import MOST_IMAGES
from netrazor.units import percent_up

STOPS = (8, 20, 60)


@pytest.fixture(scope="module")
def picked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of picking whose directory has markup for a name."""
    out = tmp_path_factory.mktemp("runs") / "picked <&>"
    netrazor.certify_picked(KNeighborsClassifier(1), tiny.images(), stops=STOPS, out=out)
    return out


@cache
def table() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 2))
    return rows, (rows[:, 0] > 0).astype(np.int64)


def page_of(out: Path, *runs: Path, **options: object) -> Page:
    write_report(runs, out / "report.html", **options)  # type: ignore[arg-type]
    return Page((out / "report.html").read_text())


def certificate_in(run: Path) -> Certificate:
    source = read(run)
    return source.certificate  # type: ignore[union-attr]


def test_every_stop_stands_with_its_bound(picked: Path, tmp_path: Path) -> None:
    page, c = page_of(tmp_path, picked), certificate_in(picked)
    assert page.open == []
    assert c.claim in page.text
    for stop in json.loads((picked / RESULT).read_text())["learners"]["own"]:
        assert percent_up(stop["bound"]) in page.text
    for words in (
        "picked <&>",
        "To compare: always the most frequent label",
        "declared stops",
        "8, 20, 60",
        "certified",
    ):
        assert words in page.text, words
    assert "img" not in page.tags, "without the data set there are no pictures"
    assert all(address.startswith(("#", "data:")) for address in page.addresses)
    assert len(page.ids) == len(set(page.ids))


def test_the_picked_images_are_one_picture_in_the_page(picked: Path, tmp_path: Path) -> None:
    page = page_of(tmp_path, picked, pictures=tiny.images(), assets=tmp_path / "assets")
    (address,) = (found for found in page.addresses if found.startswith("data:image/png"))
    content = base64.b64decode(address.split(",")[1])
    with Image.open(io.BytesIO(content)) as image:
        number = certificate_in(picked).message.picked  # type: ignore[union-attr]
        assert image.size == (20 * 9, -(-number // 20) * 9) if number > 20 else (number * 9, 9)
    assert (tmp_path / "assets" / "picked-examples.png").read_bytes() == content
    assert {"stops.svg", "stops.pdf", "stops.csv", "stops.tex"} <= {
        p.name for p in (tmp_path / "assets").iterdir()
    }


def test_many_picks_are_shown_in_part(tmp_path: Path) -> None:
    shuffled = replace(tiny.images(600), labels=tiny.images(600).labels.roll(1))
    netrazor.certify_picked(KNeighborsClassifier(1), shuffled, stops=(250,), out=tmp_path / "run")
    page = page_of(tmp_path, tmp_path / "run", pictures=shuffled)
    assert f"{MOST_IMAGES} of the 250" in page.text


def test_pictures_of_another_data_set_or_of_a_table_are_refused(picked: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="data: the certificate is about tiny"):
        page_of(tmp_path, picked, pictures=tiny.images(seed=1))
    netrazor.certify_picked(LogisticRegression(), table(), stops=(8,), out=tmp_path / "table")
    from netrazor.data.tables import as_dataset

    with pytest.raises(ConfigurationError, match="images of 1 or 3 channels needed"):
        page_of(tmp_path, tmp_path / "table", pictures=as_dataset(table()))
    assert not (tmp_path / "report.html").exists()


def test_without_a_result_the_claim_stands_alone(picked: Path, tmp_path: Path) -> None:
    for name in (CERTIFICATE, "picks.nrz"):
        (tmp_path / name).write_bytes((picked / name).read_bytes())
    page = page_of(tmp_path, tmp_path)
    assert certificate_in(picked).claim in page.text
    assert "Stops" not in page.text


def test_a_damaged_result_and_damaged_picks(picked: Path, tmp_path: Path) -> None:
    for name in (CERTIFICATE, "picks.nrz", RESULT):
        (tmp_path / name).write_bytes((picked / name).read_bytes())
    (tmp_path / RESULT).write_text("{}")
    with pytest.raises(ConfigurationError, match="must be the result of a run"):
        read(tmp_path)
    (tmp_path / RESULT).unlink()
    (tmp_path / "picks.nrz").write_bytes(b"\x00")
    assert "INVALID" in page_of(tmp_path, tmp_path, pictures=tiny.images()).text


def test_hold_outs_and_several_runs_side_by_side(picked: Path, tmp_path: Path) -> None:
    rows, labels = table()
    netrazor.certify_hold_out(KNeighborsClassifier(1), (rows, labels), spent=150, out=tmp_path / "learner")
    netrazor.certify_hold_out(tiny.small(), tiny.images(), spent=300, out=tmp_path / "network")
    page = page_of(tmp_path, picked, tmp_path / "learner", tmp_path / "network")
    assert page.open == []
    assert page.text.count("this hold-out by itself gives") == 2
    assert "what the learner makes of the spent examples errs" in page.text
    assert f"{UNINFORMATIVE}: With probability" in page.text, "an untrained network is no better than a guess"


def test_the_command_shows_pictures_of_a_folder(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for label, name in enumerate(("cat", "dog")):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(20):
            pixels = (60 * rng.random((6, 6, 3)) + 120 * label).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    photos = netrazor.data.open_dataset(str(tmp_path / "photos"))
    netrazor.certify_picked(LogisticRegression(), photos, stops=(6,), out=tmp_path / "run")
    code, text = command("report", tmp_path / "run", "--data", tmp_path / "photos")
    assert code == 0, text
    assert "data:image/png;base64," in (tmp_path / "run" / "report.html").read_text()
    assert command("report", tmp_path / "run", "--data", tmp_path / "nowhere")[0] == 2
