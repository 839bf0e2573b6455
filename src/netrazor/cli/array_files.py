"""Files of named arrays: safetensors and npz, read without unpickling anything."""

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from netrazor.errors import ConfigurationError

Arrays = dict[str, NDArray[np.generic]]

MAX_UNPACKED_BYTES = 2**33  # an npz file may be compressed: what it may come to


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        return path.read_bytes()
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
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
    return packed.getvalue()


def _from_safetensors(path: Path, content: bytes) -> Arrays:
    try:
        return load(content)
    except (SafetensorError, KeyError) as error:
        raise ConfigurationError(f"{path}: must be a safetensors file of numpy types, got {error}") from error


def _from_npz(path: Path, content: bytes) -> Arrays:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise ConfigurationError(
                f"{path}: at most {MAX_UNPACKED_BYTES} bytes of arrays allowed, got {unpacked}; give them in parts"
            )
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (
        zipfile.BadZipFile,
        ValueError,
        KeyError,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        struct.error,
    ) as error:
        raise ConfigurationError(f"{path}: must be an npz file of plain arrays, got {error}") from error
