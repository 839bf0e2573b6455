"""What the site weighs and takes, in a real browser and under node: results/site.json, and the README's picture.

    python benchmarks/website.py

Needs chromium, playwright, axe-playwright-python, node and MNIST. The one command is what `make site` runs after its
set-up, documentation included; milliseconds in the page are medians of several runs.
"""

import datetime
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from netrazor.website import read_board, read_entries
from netrazor.website.pages import board_figure
from netrazor.website.rows import boards

REPOSITORY = Path(__file__).parents[1]
SITE, RESULT = REPOSITORY / "build" / "site", REPOSITORY / "results" / "site.json"
FIGURE = REPOSITORY / "docs" / "figures" / "leaderboard-mnist.svg"
RUNS = 7
WIDTHS, SCHEMES = (360, 1000), ("light", "dark")
SEVEN = [(28, 18), (72, 18), (48, 85)]  # on a square of 100


def main() -> None:
    """Build, draw, measure, write."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "netrazor", "site", str(SITE), "--certificates", "certificates"]
    docs = [
        sys.executable,
        "-m",
        "sphinx",
        "--builder",
        "html",
        "--fresh-env",
        "--quiet",
        "docs",
        "build/docs",
    ]
    subprocess.run(docs, cwd=REPOSITORY, check=True)
    subprocess.run([*command, "--docs", "build/docs"], cwd=REPOSITORY, check=True)
    seconds, used = time.perf_counter() - started, os.times()
    draw_figure()
    home = SITE / "index.html"
    found: dict[str, Any] = {
        "command": "python benchmarks/website.py",
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "python": platform.python_version(),
        "seconds_of_one_command": round(seconds, 1),
        "processor_seconds_of_one_command": round(used.children_user + used.children_system, 1),
        "home_kib": round(home.stat().st_size / 1024, 1),
        "pages": 2 + len(list(SITE.glob("certificates/*.html"))),
        "browser": in_browser(home),
        "node": under_node(),
    }
    RESULT.write_text(json.dumps(found, indent=2) + "\n")


def draw_figure() -> None:
    """The README's picture: MNIST."""
    entries = read_entries([REPOSITORY / "certificates"])
    mnist = next(each for each in boards(read_board(), entries) if each.part.key == "mnist")
    FIGURE.write_text(board_figure(mnist))


def in_browser(home: Path) -> dict[str, Any]:
    """Milliseconds, faults and findings, over all pages."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    faults: list[str] = []
    findings: list[str] = []
    checks, digits = [], []
    with sync_playwright() as driver:
        running = driver.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        version = running.version
        page = running.new_page()
        page.set_default_timeout(120_000)
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda sent: None if sent.url.startswith("file:") else faults.append(sent.url))
        own = [home, SITE / "leaderboard.html", *sorted(SITE.glob("certificates/*.html"))]
        for path in own:
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                page.goto(path.as_uri())
                violations = Axe().run(page).response["violations"]
                serious = [each["id"] for each in violations if each["impact"] in ("serious", "critical")]
                findings += [f"{path.name}, {scheme}: {name}" for name in serious]
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    faults.append(f"{path.name} is wider than {width}")
        page.goto(home.as_uri())
        for _ in range(RUNS):
            page.click("#fill")
            page.click("#checker button[type=submit]")
            checks.append(
                float(page.get_attribute("#verdict [data-milliseconds]", "data-milliseconds") or "nan")
            )
            digits.append(draw(page, SEVEN))
        answer = page.text_content("#answer")
        running.close()
    return {
        "chromium": version,
        "pages_times_schemes": len(own) * len(SCHEMES),
        "console_errors_and_requests": faults,
        "axe_serious": findings,
        "check_of_the_record_ms": {"median": statistics.median(checks), "first": checks[0], "runs": RUNS},
        "drawn_digit_ms": {"median": statistics.median(digits), "first": digits[0], "runs": RUNS},
        "drawn_7_read_as": answer,
    }


def draw(page: Any, points: list[tuple[int, int]]) -> float:
    """Draw one stroke; milliseconds from its pixels to the answer."""
    page.click("#clear")
    box = page.locator("#pad").bounding_box()
    places = [(box["x"] + x * box["width"] / 100, box["y"] + y * box["height"] / 100) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for x, y in places[1:]:
        page.mouse.move(x, y, steps=4)
    page.mouse.up()
    return float(page.get_attribute("#timing", "data-milliseconds") or "nan")


def under_node() -> dict[str, Any]:
    """Tests that pass and fail, with 1,000 test images and 13,000 mutated messages."""
    with tempfile.TemporaryDirectory() as answers:
        subprocess.run([sys.executable, "js/fixtures/write_answers.py", answers], cwd=REPOSITORY, check=True)
        started = time.perf_counter()
        tests = sorted(f"test/{path.name}" for path in REPOSITORY.glob("js/test/*.test.js"))
        done = subprocess.run(
            ["node", "--test", *tests],
            cwd=REPOSITORY / "js",
            env={**os.environ, "NETRAZOR_ANSWERS": answers},
            capture_output=True,
            text=True,
        )
    counts = dict(re.findall(r"^# (pass|fail|skipped) (\d+)$", done.stdout, re.MULTILINE))
    return {
        "node": subprocess.run(
            ["node", "--version"], capture_output=True, text=True, check=True
        ).stdout.strip(),
        "seconds": round(time.perf_counter() - started, 1),
        **{name: int(number) for name, number in counts.items()},
        "mutated_messages": 10_000,
        "test_images_of_each_record": 1_000,
    }


if __name__ == "__main__":
    main()
