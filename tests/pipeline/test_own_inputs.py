"""Inputs without labels by their names: .npy files that are rows of numbers, and all others named."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from netrazor.errors import BadDataset, NetrazorError
from netrazor.pipeline.own_inputs import own_inputs

ROWS = np.arange(12, dtype=np.float32).reshape(4, 3)


def saved(path: Path, array: Any) -> str:
    np.save(path, array, allow_pickle=True)
    return str(path)


@pytest.mark.parametrize("rows", [ROWS, ROWS.astype(np.uint8), ROWS > 3, ROWS.reshape(4, 1, 3)])
def test_rows_of_numbers_are_read_as_they_are(rows: np.ndarray, tmp_path: Path) -> None:
    found = own_inputs(saved(tmp_path / "inputs.npy", rows))
    assert found.dtype == rows.dtype
    assert np.array_equal(found, rows)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.array(3.0), r"N x .* numbers, got shape \(\)"),
        (np.array([["a", "b"]]), "of <U1"),
        (np.array([1 + 2j]), "of complex128"),
        (np.array(["2026-11-30"], dtype="datetime64[D]"), "of datetime64"),
        (np.zeros(2, dtype=[("x", "f4"), ("y", "f4")]), r"of \[\('x'"),
        (np.array([{"x": 1}], dtype=object), "Object arrays cannot be loaded"),
    ],
)
def test_arrays_that_are_no_rows_of_numbers_are_named(array: np.ndarray, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match=rf"unlabelled: .*inputs\.npy.*{words}.*numpy\.save"):
        own_inputs(saved(tmp_path / "inputs.npy", array))


def test_an_object_array_runs_nothing(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return Path.touch, (tmp_path / "sprung",)

    path = saved(tmp_path / "inputs.npy", np.array([Trap()], dtype=object))
    with pytest.raises(BadDataset, match="unlabelled"):
        own_inputs(path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("kept", [0, 5, 40, -8])
def test_a_file_that_is_cut(kept: int, tmp_path: Path) -> None:
    path = Path(saved(tmp_path / "inputs.npy", ROWS))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(BadDataset, match=r"must be a \.npy file of numbers"):
        own_inputs(str(path))


def test_a_header_that_asks_for_more_than_there_is(tmp_path: Path) -> None:
    path = Path(saved(tmp_path / "inputs.npy", ROWS))
    path.write_bytes(
        path.read_bytes().replace(b"(4, 3)", b"(4, 3" + b"0" * 12 + b")")[: len(path.read_bytes())]
    )
    with pytest.raises(BadDataset, match="unlabelled"):
        own_inputs(str(path))


def test_no_such_file_and_a_folder(tmp_path: Path) -> None:
    (tmp_path / "folder.npy").mkdir()
    for name in ("nothing.npy", "folder.npy"):
        with pytest.raises(NetrazorError, match=r"npy"):
            own_inputs(str(tmp_path / name))


def test_a_function_gives_a_tensor_or_a_pair(tmp_path: Path) -> None:
    module = tmp_path / "mine.py"
    module.write_text(
        "import torch\n"
        "def inputs():\n    return torch.ones(5, 2)\n"
        "def pair():\n    return torch.ones(5, 2), torch.zeros(5)\n"
    )
    for name in ("inputs", "pair"):
        assert torch.equal(torch.as_tensor(own_inputs(f"{module}:{name}")), torch.ones(5, 2))
