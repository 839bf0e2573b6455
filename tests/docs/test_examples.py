"""Every example runs through in its smoke form, and is told of in the index."""

import runpy
import sys
from pathlib import Path

import pytest
from documents import ROOT

EXAMPLES = [path for path in sorted((ROOT / "examples").glob("*.py")) if path.name != "smoke.py"]


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda script: script.stem)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_example(
    script: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [script.name, "--smoke"])
    monkeypatch.syspath_prepend(script.parent)
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(script), run_name="__main__")
    assert capsys.readouterr().out.count("\n") >= 3
    assert not list(tmp_path.iterdir()), "a smoke run leaves nothing where it was started"


def test_every_example_is_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    assert all(script.name in index for script in EXAMPLES)
