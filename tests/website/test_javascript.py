"""The JavaScript package under node, by node's own test runner; the whole of it with ``npm test`` in js/."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "js"
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(
    NODE is None, reason="NO NODE: install node (18 or newer) to test the decoder in JavaScript"
)


def run_node(test: str, **variables: str) -> None:
    assert NODE is not None
    done = subprocess.run(
        [NODE, "--test", f"test/{test}.test.js"],
        cwd=PACKAGE,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert "# pass 0" not in done.stdout


@pytest.mark.parametrize("test", ["small_parts", "bounds", "checking"])
def test_in_javascript(test: str) -> None:
    run_node(test)


def test_messages_in_javascript() -> None:
    """Of the mutated messages a tenth."""
    run_node("messages", NETRAZOR_MUTATIONS="1000")


@pytest.mark.usefixtures("mnist_test")
def test_the_networks_answer_alike(tmp_path: Path) -> None:
    """On 100 test images of each record; `write_answers.py` makes 1,000."""
    subprocess.run(
        [sys.executable, PACKAGE / "fixtures" / "write_answers.py", tmp_path, "--images", "100"],
        check=True,
        timeout=300,
    )
    run_node("answers", NETRAZOR_ANSWERS=str(tmp_path))
