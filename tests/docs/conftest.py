"""The world in which documents are tried."""

from pathlib import Path

import pytest
from small_world import make_small


@pytest.fixture
def smoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with the files that the documents speak of, in a world of few images and few steps."""
    make_small(tmp_path, monkeypatch)
    return tmp_path
