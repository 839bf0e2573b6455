"""The page in a real browser: nothing on the console, all pictures laid out, readable in both colour schemes."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netrazor.report import write_report
from netrazor.report.plot import WIDTH_INCHES
from netrazor.report.theme import PALETTE
from netrazor.reproduction.randomize.summary import Summary

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PHONE, DESKTOP = (390, 4000), (1000, 4000)

pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="NO BROWSER: install chromium (Debian: apt-get install chromium) to test reports"
)


@pytest.fixture(scope="module")
def report(certified: Path, study: Summary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    (folder / "summary.json").write_text(study.model_dump_json())
    write_report([certified, folder / "summary.json"], folder / "report.html")
    return folder / "report.html"


def browse(*options: str) -> subprocess.CompletedProcess[str]:
    assert BROWSER is not None
    command = [BROWSER, "--headless", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"]
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return subprocess.run(
        [*command, *sandbox, *options], capture_output=True, text=True, timeout=120, check=True
    )


def screenshot(report: Path, size: tuple[int, int], dark: bool) -> np.ndarray:
    file = report.with_name(f"{size[0]}-{dark}.png")
    scheme = (
        ["--blink-settings=preferredColorScheme=0"] if dark else ["--blink-settings=preferredColorScheme=1"]
    )
    browse(*scheme, f"--window-size={size[0]},{size[1]}", f"--screenshot={file}", report.as_uri())
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_the_console_stays_empty(report: Path) -> None:
    done = browse("--enable-logging=stderr", "--log-level=0", "--dump-dom", report.as_uri())
    assert not re.findall(r"CONSOLE.*", done.stderr)
    assert done.stdout.count("<svg") == report.read_text().count("<svg")


@pytest.mark.parametrize("dark", [False, True])
def test_ground_and_text_take_the_scheme(report: Path, dark: bool) -> None:
    pixels = screenshot(report, PHONE, dark)
    ground, ink = (
        np.array([int(PALETTE[name][dark][i : i + 2], 16) for i in (1, 3, 5)]) for name in ("paper", "ink")
    )
    assert (np.abs(pixels - ground).sum(-1) < 6).mean() > 0.5
    assert (np.abs(pixels - ink).sum(-1) < 6).mean() > 0.002


def test_nothing_is_wider_than_a_phone(report: Path) -> None:
    """Ink beyond the right padding would be text or a picture that overflows."""
    pixels = screenshot(report, PHONE, False)
    margin = pixels[:, -8:]
    paper = np.array([int(PALETTE["paper"][0][i : i + 2], 16) for i in (1, 3, 5)])
    assert (np.abs(margin - paper).sum(-1) < 6).all()


def test_letters_are_large_enough_on_a_phone(report: Path) -> None:
    """Pictures shrink to the width between the paddings; their least letters stay nine pixels high."""
    shrunk = (PHONE[0] - 32) / (72 * WIDTH_INCHES)
    sizes = [float(size) for size in re.findall(r"font(?:-size)?: (?:\w+ )?([\d.]+)px", report.read_text())]
    assert sizes
    assert min(sizes) * shrunk >= 9


def test_it_prints_in_the_colours_of_paper(report: Path) -> None:
    """Also where the screen is dark."""
    file = report.with_suffix(".pdf")
    dark = "--blink-settings=preferredColorScheme=0"
    browse(dark, "--no-pdf-header-footer", f"--print-to-pdf={file}", report.as_uri())
    assert file.read_bytes().startswith(b"%PDF")
    if shutil.which("pdftoppm") is None:
        return
    subprocess.run(
        ["pdftoppm", "-r", "40", "-png", "-f", "1", "-l", "1", file, file.with_suffix("")], check=True
    )
    with Image.open(next(report.parent.glob("report-*.png"))) as image:
        assert np.median(np.asarray(image.convert("L"))) > 240
