"""`netrazor encode` and `netrazor decode`: messages from and to safetensors files."""

from pathlib import Path
from typing import Annotated

import typer

from netrazor.cli.console import open_console
from netrazor.errors import ConfigurationError
from netrazor.runtime.progress_bars import Bars

OUTPUT = typer.Option("--out", "-o", help="File to write.")


def encode(
    weights: Annotated[Path, typer.Argument(help="A safetensors file of quantized weights.")],
    out: Annotated[Path, OUTPUT],
) -> None:
    """Write the arrays of a safetensors file as a message, lossless to the bit."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    from netrazor import coding
    from netrazor.files import write_atomically

    content = read(weights)
    try:
        arrays = load(content)
    except (SafetensorError, KeyError) as error:
        raise ConfigurationError(
            f"{weights}: must be a safetensors file of numpy types, got {error}"
        ) from error
    console = open_console()
    with Bars(console).measured("encode") as progress:
        blob = coding.encode(arrays, progress=progress)
    write_atomically(out, blob)
    console.print(f"{out}: {len(blob)} bytes, from {len(content)}", highlight=False)


def decode(
    message: Annotated[Path, typer.Argument(help="A message (network.nrz).")],
    out: Annotated[Path, OUTPUT],
) -> None:
    """Write the arrays of a message as a safetensors file."""
    from safetensors.numpy import save

    from netrazor import coding
    from netrazor.files import write_atomically

    blob = read(message)
    console = open_console()
    with Bars(console).measured("decode") as progress:
        arrays = coding.decode(blob, progress=progress)
    write_atomically(out, save(arrays))
    console.print(f"{out}: {len(arrays)} arrays", highlight=False)


def read(path: Path) -> bytes:
    """The bytes of a file that the user named.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}; give a file that exists") from error
