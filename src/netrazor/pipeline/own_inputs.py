"""Inputs without labels by their names, as the command line has them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from netrazor.data.csv_tables import inputs_from_csv
from netrazor.errors import BadDataset
from netrazor.files import open_regular
from netrazor.networks import make_from
from netrazor.pipeline.own_network import own_data


def own_inputs(
    reference: str,
    *,
    shape: tuple[int, int, int] | None = None,
    directory: Path | None = None,
    label: Sequence[str] = (),
) -> Any:
    """Inputs for `netrazor.extend`.

    Args:
        reference: as for `own_data`, labels not looked at; a CSV file that needs no column of labels; a .npy file of
            N x ... numbers; or a function that gives a tensor or an array.
        shape: of the images of a folder.
        directory: where known data sets are kept, instead of the default.
        label: columns of a CSV file that are no inputs, where it has them.

    Raises:
        BadDataset: a .npy file that is none, or holds objects.
        NetrazorError: as for `own_data`.
    """
    if reference.endswith(".csv"):
        return inputs_from_csv(reference, label)
    if reference.endswith(".npy"):
        return _array_in(Path(reference))
    if ":" in reference and not Path(reference).exists():
        made = make_from(reference, "unlabelled", (Tensor, np.ndarray))
        return made[0] if isinstance(made, tuple) and all(hasattr(part, "shape") for part in made) else made
    return own_data(reference, shape=shape, directory=directory)


def _array_in(path: Path) -> Any:
    try:
        with open_regular(path) as file:
            found = np.lib.format.read_array(file, allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError) as error:
        raise BadDataset(
            f"unlabelled: {path} must be a .npy file of numbers, got {error}; write it with numpy.save"
        ) from error
    if found.dtype.kind not in "biuf" or not found.ndim:
        raise BadDataset(
            f"unlabelled: {path} must hold N x ... numbers, got shape {found.shape} of {found.dtype}; write one row "
            "for each example with numpy.save"
        )
    return found
