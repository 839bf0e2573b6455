"""The site in a real browser: no errors, a digit is read, an altered byte is refused, a certificate is checked."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from site_records import CHOSEN, RECORDS

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

playwright = pytest.importorskip(
    "playwright.sync_api", reason="NO PLAYWRIGHT: pip install playwright to test the site"
)
pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="NO BROWSER: install chromium (Debian: apt-get install chromium) to test the site"
)

PAGES = ("index.html", "leaderboard.html", *(f"certificates/{name}.html" for name in CHOSEN))
STROKES = {  # on a square of 100
    0: [[(50, 15), (30, 25), (25, 50), (30, 75), (50, 85), (70, 75), (75, 50), (70, 25), (50, 15)]],
    1: [[(50, 15), (50, 85)]],
    4: [[(35, 15), (30, 50), (70, 50)], [(68, 15), (66, 85)]],
    7: [[(28, 18), (72, 18), (48, 85)]],
}


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    with playwright.sync_playwright() as driver:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        running = driver.chromium.launch(
            executable_path=BROWSER, args=[*arguments, "--disable-dev-shm-usage"]
        )
        yield running
        running.close()


@pytest.fixture
def page(browser: "playwright.Browser") -> Iterator["playwright.Page"]:
    """A page on which no error and no request but for files may happen."""
    found = browser.new_page(viewport={"width": 1000, "height": 900})
    found.set_default_timeout(60_000)
    faults: list[str] = []
    found.on(
        "console",
        lambda message: faults.append(message.text) if message.type in ("error", "warning") else None,
    )
    found.on("pageerror", lambda error: faults.append(str(error)))
    found.on(
        "request", lambda request: None if request.url.startswith("file:") else faults.append(request.url)
    )
    yield found
    found.close()
    assert faults == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [360, 1000])
def test_pages_load_and_fit(site: Path, page: "playwright.Page", name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto((site / name).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def draw(page: "playwright.Page", strokes: list[list[tuple[int, int]]]) -> None:
    pad = page.locator("#pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    for (x, y), *others in strokes:
        page.mouse.move(box["x"] + x * box["width"] / 100, box["y"] + y * box["height"] / 100)
        page.mouse.down()
        for x, y in others:
            page.mouse.move(box["x"] + x * box["width"] / 100, box["y"] + y * box["height"] / 100, steps=4)
        page.mouse.up()


@pytest.mark.parametrize("digit", STROKES)
def test_a_drawn_digit_is_read(site: Path, page: "playwright.Page", digit: int) -> None:
    page.goto((site / "index.html").as_uri())
    draw(page, STROKES[digit])
    assert page.locator("#answer").text_content() == str(digit)
    page.click("#clear")
    assert page.locator("#answer").text_content() == "Draw a digit"


def test_a_digit_is_drawn_by_keyboard(site: Path, page: "playwright.Page") -> None:
    page.goto((site / "index.html").as_uri())
    page.focus("#pad")
    for _ in range(8):
        page.keyboard.press("ArrowUp")
    page.keyboard.press(" ")
    for _ in range(16):
        page.keyboard.press("ArrowDown")
    assert page.locator("#answer").text_content() == "1"
    page.keyboard.press("Delete")
    assert page.locator("#answer").text_content() == "Draw a digit"


@pytest.mark.parametrize("byte", [0, 100, 310])
def test_an_altered_byte_is_refused_by_name(site: Path, page: "playwright.Page", byte: int) -> None:
    page.goto((site / "index.html").as_uri())
    page.fill("#byte", str(byte))
    page.click("#flip")
    assert f"Byte {byte}: CorruptMessage: " in (page.locator("#flipped").text_content() or "")


def test_a_pasted_certificate_is_checked(site: Path, page: "playwright.Page") -> None:
    page.goto((site / "index.html").as_uri())
    page.fill("#certificate-text", (RECORDS / "picked-digits" / "certificate.json").read_text())
    page.fill("#message-text", (RECORDS / "picked-digits" / "picks.nrz").read_bytes().hex())
    page.click("#checker button[type=submit]")
    assert page.locator("#verdict .status").text_content() == "CONSISTENT, NOT RECOUNTED"
    page.fill("#certificate-text", page.input_value("#certificate-text").replace('"stop": 98', '"stop": 125'))
    page.click("#checker button[type=submit]")
    assert page.locator("#verdict .status").text_content() == "INVALID"
    assert "seal" in (page.locator("#verdict li").first.text_content() or "")


def test_the_record_is_filled_in_and_files_are_taken(site: Path, page: "playwright.Page") -> None:
    page.goto((site / "index.html").as_uri())
    page.click("#fill")
    page.click("#checker button[type=submit]")
    assert page.locator("#verdict .status").text_content() == "CONSISTENT, NOT RECOUNTED"
    record = RECORDS / "mnist-data-dependent"
    page.set_input_files(
        "#files", [record / name for name in ("certificate.json", "network.nrz", "prior.nrz")]
    )
    playwright.expect(page.locator("#given-text")).to_have_value(re.compile(r"[\s\S]{30000}"), timeout=60_000)
    page.click("#checker button[type=submit]")
    assert page.locator("#verdict .status").text_content() == "CONSISTENT, NOT RECOUNTED"


@pytest.mark.parametrize("name", [name for name in CHOSEN if name != "picked-mails"])
def test_a_certificates_page_checks_it(site: Path, page: "playwright.Page", name: str) -> None:
    page.goto((site / "certificates" / f"{name}.html").as_uri())
    page.click("#check-this")
    claim = json.loads((RECORDS / name / "certificate.json").read_text())["claim"]
    assert page.locator("#verdict p").all_text_contents()[:2] == ["CONSISTENT, NOT RECOUNTED", claim]


def test_rows_are_filtered_and_sorted(site: Path, page: "playwright.Page") -> None:
    page.goto((site / "leaderboard.html").as_uri())
    page.uncheck("[name=published]")
    page.uncheck("[value=picked]")
    shown = page.locator("table.board tbody tr:visible th").all_text_contents()
    assert sorted(shown) == ["fashion-mnist", "mnist", "mnist-data-dependent"]
    table = page.locator("table.board").first
    table.get_by_role("button", name="Bound", exact=True).click()
    assert table.locator("tbody tr:visible th").all_text_contents() == ["mnist", "mnist-data-dependent"]
    table.get_by_role("button", name="Examples counted").click()
    assert table.locator("tbody tr:visible th").all_text_contents() == ["mnist-data-dependent", "mnist"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES[:3])
def test_axe_finds_nothing_serious(site: Path, page: "playwright.Page", name: str, scheme: str) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="NO AXE: pip install axe-playwright-python to test the site",
    )
    page.emulate_media(color_scheme=scheme)
    page.goto((site / name).as_uri())
    violations = axe.Axe().run(page).response["violations"]
    assert [each for each in violations if each["impact"] in ("serious", "critical")] == []
