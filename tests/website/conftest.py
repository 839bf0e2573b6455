"""A site of a few records, written once."""

from pathlib import Path

import pytest
from site_records import CHOSEN, RECORDS

from netrazor.website import write_site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a written site."""
    folder = tmp_path_factory.mktemp("site")
    write_site(folder, [RECORDS / name for name in CHOSEN])
    return folder
