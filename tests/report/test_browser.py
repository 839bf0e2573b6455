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
from netrazor.report.theme import PALETTE

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PHONE, DESKTOP = (390, 4000), (1000, 4000)

pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="NO BROWSER: install chromium (Debian: apt-get install chromium) to test reports"
)


@pytest.fixture(scope="module")
def report(certified: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("browser") / "report.html"
    write_report([certified], out)
    return out


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
