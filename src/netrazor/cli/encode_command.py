"""`netrazor encode` and `netrazor decode`: messages from and to files of arrays."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from netrazor.certification import read_message
from netrazor.cli.array_files import arrays_from, file_of, read_bytes
from netrazor.cli.console import open_console
from netrazor.files import write_atomically
from netrazor.progress_bars import Bars

Output = Annotated[Path, Parameter(name=("--out", "-o"))]


def encode(weights: Path, /, *, out: Output) -> None:
    """Write the arrays of a file as a message, lossless to the bit; bfloat16 comes back as float32, the same values.

    Args:
        weights: a .safetensors or .npz file of weights, quantized, pruned or as they are.
        out: file to write.
    """
    from netrazor import coding

    content = read_bytes(weights)
    arrays = arrays_from(weights, content)
    console = open_console()
    with Bars(console).measured("encode") as progress:
        blob = coding.encode(arrays, progress=progress)
    write_atomically(out, blob)
    console.print(f"{out}: {len(blob)} bytes, from {len(content)}")


def decode(message: Path, /, *, out: Output) -> None:
    """Write the arrays of a message to a file.

    Args:
        message: a message, or a directory with one.
        out: file to write: .npz, or else safetensors.
    """
    from netrazor import coding

    blob = read_message(message)
    console = open_console()
    with Bars(console).measured("decode") as progress:
        arrays = coding.decode(blob, progress=progress)
    write_atomically(out, file_of(out, arrays))
    console.print(f"{out}: {len(arrays)} arrays")
