"""Every command and every block of Python in README and docs does what it says, in the smoke form."""

import base64
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from documents import ROOT, Document, documents
from small_world import RECORD, few_images
from torch import nn

from command_line import netrazor

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
BY_NAME = pytest.mark.parametrize("document", documents(), ids=lambda document: document.name)
# What a document's commands find there already, left by a command of another one.
BEFORE = {
    "compare.md": ["certify lenet5-mnist --out runs/lenet5"],
    "tutorial.md": ["certify lenet5-mnist --out runs/mine"],
}
ROOMS = (ROOT, ROOT / "src", ROOT / "src" / "netrazor", ROOT / "tests")  # that files are named from
ONE_PROCESS = ["--processes", "1"]  # others would not know of the few images


@BY_NAME
def test_commands(document: Document, smoke: Path) -> None:
    for words in [*map(shlex.split, BEFORE.get(document.name, [])), *document.commands()]:
        more = ONE_PROCESS if words[0] == "randomize" and "--processes" not in words else []
        code, text = netrazor(*words, *more)
        assert code == 0, f"netrazor {shlex.join(words)}\n{text}"


@BY_NAME
def test_python(document: Document, smoke: Path) -> None:
    def build() -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))

    given: dict[str, Any] = {
        "build": build,
        "model": build(),
        "dataset": few_images("mnist"),
        "quantized_array": np.float32([[0, 0.5], [0.5, 0]]),
        "error_rates": np.full(100, 0.02),
        "kl_nats": 1000.0,
        "n": 60_000,
    }
    exec(compile(document.python(), document.name, "exec"), given)


def test_the_message_printed_in_the_readme_is_the_record() -> None:
    readme = next(document for document in documents() if document.name == "README.md")
    printed = readme.path.read_text().partition("<<END\n")[2].partition("END\n")[0]
    assert base64.b64decode(printed) == RECORD.read_bytes()


@BY_NAME
def test_links_lead_somewhere(document: Document) -> None:
    missing = [link for link in document.links() if not (document.path.parent / link).exists()]
    assert not missing


@BY_NAME
def test_files_that_are_named_are_there(document: Document) -> None:
    missing = [name for name in document.files() if not any((place / name).exists() for place in ROOMS)]
    assert not missing


def test_every_page_is_in_the_index() -> None:
    index = next(document for document in documents() if document.name == "index.md")
    pages = {document.name for document in documents()} - {"README.md", "index.md"}
    assert pages <= set(index.links())
