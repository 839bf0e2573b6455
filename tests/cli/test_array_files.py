"""`netrazor encode` and `decode` on npz and safetensors: back to the bit, and nothing unpickled or blown up."""

import contextlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import netrazor
from netrazor.cli import array_files
from netrazor.cli.array_files import arrays_from, file_of
from netrazor.errors import ConfigurationError

ARRAYS = {
    "w": np.array([[0.5, 0], [0, -0.25]], np.float32),
    "file": np.arange(3, dtype=np.uint8),
    "empty": np.zeros((0, 2)),
    "number": np.array(7, np.int64),
}


def packed(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize("ending", [".npz", ".safetensors"])
def test_what_is_written_is_read_back(ending: str) -> None:
    path = Path(f"x{ending}")
    back = arrays_from(path, file_of(path, ARRAYS))
    assert set(back) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert (back[name].dtype, back[name].shape) == (array.dtype, array.shape)
        assert np.array_equal(back[name], array)


def test_numpy_reads_the_file() -> None:
    with np.load(io.BytesIO(file_of(Path("x.npz"), ARRAYS)), allow_pickle=False) as loaded:
        assert set(loaded.files) == set(ARRAYS)


def test_npz_through_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "in.npz").write_bytes(packed(w=ARRAYS["w"]))
    assert netrazor("encode", tmp_path / "in.npz", "-o", tmp_path / "m.nrz")[0] == 0
    assert netrazor("decode", tmp_path / "m.nrz", "-o", tmp_path / "out.npz")[0] == 0
    with np.load(tmp_path / "out.npz") as loaded:
        assert np.array_equal(loaded["w"], ARRAYS["w"])


def test_nothing_is_unpickled() -> None:
    content = packed(w=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ConfigurationError, match="must be an npz file of plain arrays"):
        arrays_from(Path("x.npz"), content)


def test_a_file_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(array_files, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(ConfigurationError, match="at most 1000 bytes of arrays allowed, got"):
        arrays_from(Path("x.npz"), packed(w=np.zeros(10_000)))


def test_a_header_that_promises_more_than_there_is() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "<f8", "fortran_order": False, "shape": (2**50,)}
        )
        archive.writestr("w.npy", header.getvalue())
    with pytest.raises(ConfigurationError, match="must be an npz file"):
        arrays_from(Path("x.npz"), content.getvalue())


@given(st.binary(max_size=200), st.sampled_from([".npz", ".safetensors"]))
def test_any_bytes_give_arrays_or_the_one_error(content: bytes, ending: str) -> None:
    with contextlib.suppress(ConfigurationError):
        arrays_from(Path(f"x{ending}"), content)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_an_altered_file_gives_arrays_or_the_one_error(place: int, value: int) -> None:
    content = bytearray(packed(w=np.arange(50.0), v=np.arange(9)))
    content[place % len(content)] = value
    with contextlib.suppress(ConfigurationError):
        arrays_from(Path("x.npz"), bytes(content))
