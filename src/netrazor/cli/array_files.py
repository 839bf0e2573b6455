"""Files of named arrays: safetensors and npz, read without unpickling anything."""

import io
import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

from netrazor.errors import ConfigurationError
from netrazor.files import open_regular

Arrays = dict[str, NDArray[np.generic]]

_NUMPY_TYPES = {
    **{"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1"},
    **{"U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?"},
}
MAX_UNPACKED_BYTES = 2**33  # an npz file may be compressed: what it may come to


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        with open_regular(path) as file:
            return file.read()
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}; give a file that exists") from error


def arrays_from(path: Path, content: bytes) -> Arrays:
    """The arrays in ``content``, which was read from ``path``; its ending names the format.

    Raises:
        ConfigurationError: it is not of that format, holds types that numpy has not, or is too large.
    """
    return _from_npz(path, content) if path.suffix == ".npz" else _from_safetensors(path, content)


def file_of(path: Path, arrays: Arrays) -> bytes:
    """The content of a file of ``arrays`` in the format that the ending of ``path`` names."""
    if path.suffix != ".npz":
        return save(arrays)
    # A name is that of a member, so it is not handed over as a keyword: "file" is a keyword of numpy's.
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as member:
                npy.write_array(member, np.asarray(array), allow_pickle=False)
    return packed.getvalue()


def _from_safetensors(path: Path, content: bytes) -> Arrays:
    """Arrays of numpy's types as they are; bfloat16, which numpy has not, as float32, which is exact."""
    try:
        return dict(_as_numpy(name, held) for name, held in deserialize(content))  # type: ignore[no-untyped-call]
    except (SafetensorError, KeyError) as error:
        raise ConfigurationError(
            f"{path}: must be a safetensors file of numpy types or bfloat16, got {error}"
        ) from error


def _as_numpy(name: str, held: Mapping[str, Any]) -> tuple[str, NDArray[np.generic]]:
    kind, shape, data = held["dtype"], held["shape"], held["data"]
    if kind != "BF16":
        return name, np.frombuffer(data, dtype=_NUMPY_TYPES[kind]).reshape(shape)
    words = np.frombuffer(data, dtype="<u2").astype(np.uint32) << np.uint32(16)
    return name, words.view(np.float32).reshape(shape)


def _from_npz(path: Path, content: bytes) -> Arrays:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            if unpacked <= MAX_UNPACKED_BYTES:
                return {
                    member.filename.removesuffix(".npy"): _array(archive.read(member)) for member in members
                }
    except Exception as error:  # damaged bytes raise a dozen types between zipfile, zlib and numpy
        raise ConfigurationError(f"{path}: must be an npz file of plain arrays, got {error}") from error
    raise ConfigurationError(
        f"{path}: at most {MAX_UNPACKED_BYTES} bytes of arrays allowed, got {unpacked}; give them in parts"
    )


def _array(content: bytes) -> NDArray[np.generic]:
    """The array of a .npy file, which holds exactly the bytes that its header says."""
    file = io.BytesIO(content)
    if npy.read_magic(file) == (1, 0):
        shape, fortran, dtype = npy.read_array_header_1_0(file)
    else:
        shape, fortran, dtype = npy.read_array_header_2_0(file)
    start = file.tell()
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(content) - start:
        raise ValueError(f"{len(content) - start} bytes for shape {shape} of type {dtype}")
    array: NDArray[np.generic] = np.ndarray(shape, dtype, content, start, order="F" if fortran else "C")
    return array
