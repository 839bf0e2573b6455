"""The format is what docs/format.md says: a slow reader in plain Python reads every golden message alike."""

import ast
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_decoder import decode
from test_golden import GOLDEN
from test_roundtrip import arrays

from netrazor import coding

MODELS = {
    *("extended", "not extended", "empty", "raw", "blocks", "box", "linked box", "full", "totals", "mixed"),
    *("live rows", "live columns", "mixed values", "smooth values", "tables", "tables by class"),
    "side information",
    *("known codebook", "steps", "listed codebook"),
    *("scaled", "row scales", "dropped bits", "zero code", "minus zero code", "sparse"),
    *("structures", "tiles", "groups", "levels"),
}


def agree(blob: bytes, used: set[str]) -> None:
    read = decode(blob, used)
    arrays = coding.decode(blob)
    assert list(read) == list(arrays)
    for name, (kind, shape, elements) in read.items():
        assert (np.dtype(kind), shape) == (arrays[name].dtype, arrays[name].shape)
        assert elements == arrays[name].astype(arrays[name].dtype.newbyteorder("<")).tobytes()


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_messages(name: str) -> None:
    agree(bytes.fromhex(GOLDEN[name][2]), set())


@settings(max_examples=25, deadline=None)
@given(st.lists(arrays(), max_size=3), st.sampled_from(["auto", "static"]))
def test_any_message(given_arrays: list, values: str) -> None:
    agree(
        coding.encode({str(place): array for place, array in enumerate(given_arrays)}, values=values), set()
    )


@pytest.mark.parametrize("record", ["mnist", "lenet5-mnist"])
def test_a_record(record: str) -> None:
    agree((Path(__file__).parents[2] / "certificates" / record / "network.nrz").read_bytes(), set())


def test_every_model_occurs_in_a_golden_message() -> None:
    used: set[str] = set()
    for _, _, golden in GOLDEN.values():
        decode(bytes.fromhex(golden), used)
    assert used >= MODELS


def test_the_reader_needs_the_standard_library_only() -> None:
    modules = Path(__file__).parent.glob("reference_*.py")
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else alias.name).split(".")[0]
        for path in modules
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imported - {path.stem for path in Path(__file__).parent.glob("reference_*.py")} <= {
        *("collections", "decimal", "itertools", "math", "struct")
    }
