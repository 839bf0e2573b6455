"""A network of the user's own and its data by their names, as the command line has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import nn

from netrazor import data as datasets
from netrazor.certification.claims import AnyClaim, Error
from netrazor.counting import labels_in_order
from netrazor.data.csv_tables import table_from_csv
from netrazor.data.csv_targets import targets_from_csv
from netrazor.data.plain_examples import in_plain_form
from netrazor.data.targets import TargetDataset, as_examples
from netrazor.errors import ConfigurationError
from netrazor.networks import ARCHITECTURES, build, build_from, load_weights, make_from, read_weights
from netrazor.pipeline.certified_run import Run, run
from netrazor.pipeline.run_configuration import RunConfiguration

CLASSES = Error()  # the claim that comes first where examples have a single class
_HUGGING_FACE = ("dataset_info.json", "dataset_dict.json")


@dataclass(frozen=True)
class RunInputs:
    """What a run reads, by names.

    Attributes:
        data: as for `own_data`.
        weights: trained weights of the network; None: it starts as it is built.
        size: side of a folder's images in pixels; None: by the network's ``input_shape``, or the first image.
        data_directory: where known data sets are kept, instead of the default.
        leave_out: columns of a CSV file that are no inputs.
        label: columns of a CSV file that hold the labels or targets; none: the one with a usual name.
    """

    data: str | None = None
    weights: Path | None = None
    size: int | None = None
    data_directory: Path | None = None
    leave_out: tuple[str, ...] = ()
    label: tuple[str, ...] = ()


def certify_own(model: str, inputs: RunInputs, configuration: RunConfiguration) -> Run:
    """Certify a network that the user's own module builds, on a known data set or a folder.

    Args:
        model: "file.py:function" or "package.module:function", or the name of a declared architecture, which gets as
            many classes as the data has.
        inputs: its data and weights.
        configuration: of the run.

    Raises:
        ConfigurationError: no data said.
        NetrazorError: as for `netrazor.pipeline.run`; a module, data or weights that cannot be read.
    """
    if inputs.data is None:
        raise ConfigurationError(
            "data: a known name, a folder of images or shards, a CSV file or file.py:function needed, got none; "
            "give one with --data"
        )
    torch.manual_seed(configuration.seed)
    network = None if model in ARCHITECTURES else own_network(model, inputs.weights)
    shape = own_shape(network, inputs.size)
    dataset = own_data(
        inputs.data,
        shape=shape,
        directory=inputs.data_directory,
        leave_out=inputs.leave_out,
        headline=configuration.headline,
        label=inputs.label,
    )
    if network is None:
        network = own_network(model, inputs.weights, classes=classes_of(dataset))
    return run(network, dataset, configuration)


def own_network(reference: str, weights: Path | None = None, *, classes: int = 0) -> nn.Module:
    """The network that ``reference`` builds or, with so many classes, names; with the weights of a file."""
    network = build(reference, classes=classes) if reference in ARCHITECTURES else build_from(reference)
    if weights is not None:
        load_weights(network, read_weights(weights))
        network.eval()  # its statistics are those of the file
    return network


def own_data(
    reference: str,
    *,
    shape: tuple[int, int, int] | None = None,
    split: str = "train",
    directory: Path | None = None,
    leave_out: Sequence[str] = (),
    headline: AnyClaim = CLASSES,
    label: Sequence[str] = (),
) -> Any:
    """The data set that a user names.

    Args:
        reference: a known name; a folder of images or shards, or one that `datasets` of Hugging Face saved; a CSV
            file, whose column label, labels, y or target holds the classes or numbers; or "file.py:function" or
            "package.module:function", which gives a map-style data set or a pair of arrays (inputs, labels).
        shape: of the images of a folder.
        split: of a known data set.
        directory: where known data sets are kept, instead of the default.
        leave_out: columns of a CSV file that are no inputs.
        headline: the claim that comes first, which says what the targets are; of a CSV file no pixels.
        label: columns of a CSV file with the labels or numbers; of classes there is one.

    Raises:
        ConfigurationError: a function that is not there, fails, or gives something else.
        NetrazorError: as for `netrazor.data.open_dataset`, `netrazor.data.table_from_csv` and `targets_from_csv`.
    """
    if reference.endswith(".csv"):
        return _table(reference, leave_out, headline, label)
    if label:
        raise ConfigurationError(
            f"label: allowed where the data is a CSV file, got {reference!r}; leave it out, or give a CSV file"
        )
    if any((Path(reference) / name).exists() for name in _HUGGING_FACE):
        return _saved_by_hugging_face(reference, split)
    if ":" not in reference or Path(reference).exists():
        return datasets.open_dataset(reference, split=split, shape=shape, directory=directory)
    made = as_examples(make_from(reference, "data"), headline)
    if not hasattr(made, "__len__") or not hasattr(made, "__getitem__"):
        raise ConfigurationError(
            f"data: {reference} must give a data set with a length and items by number, or a pair of arrays (inputs, "
            f"labels), got {type(made).__name__}"
        )
    return made


def _table(reference: str, leave_out: Sequence[str], headline: AnyClaim, label: Sequence[str]) -> Any:
    """A CSV file with a class, or with targets, in each row."""
    if headline.task == "segmentation":
        raise ConfigurationError(
            "data: file.py:function needed for claims about pixels, got a CSV file; write a function that returns "
            "(inputs, targets)"
        )
    if headline.task != "single-label":
        return targets_from_csv(reference, headline, label, leave_out=leave_out)
    if len(label) > 1:
        raise ConfigurationError(
            f"label: one column needed for claims about classes, got {', '.join(label)}; leave the others out, or "
            "claim subset, hamming or labels (of numbers within, absolute or squared)"
        )
    return table_from_csv(reference, label[0] if label else None, leave_out=leave_out)


def _saved_by_hugging_face(folder: str, split: str) -> Any:
    """The data set in a folder that ``save_to_disk`` of Hugging Face's datasets wrote; of several splits that one."""
    try:
        saved = import_module("datasets").load_from_disk(folder)
    except ImportError as error:
        raise ConfigurationError(
            f"data: {folder} was saved by Hugging Face's datasets, which is not installed; pip install datasets"
        ) from error
    if not isinstance(saved, Mapping):
        return saved
    if split not in saved:
        raise ConfigurationError(
            f"data: {folder} needs a split {split!r}, got {', '.join(map(str, saved))}; save that split by itself"
        )
    return saved[split]


def classes_of(dataset: Any) -> int:
    """How many classes a data set says that it has, or else its labels show; of targets, how many each has."""
    if isinstance(dataset, TargetDataset):
        return int(dataset[0][1].shape[0])
    said = getattr(dataset, "classes", None)
    return (
        said if isinstance(said, int) else int(labels_in_order(in_plain_form(dataset)[0]).max(initial=0)) + 1
    )


def own_shape(network: nn.Module | None, size: int | None) -> tuple[int, int, int] | None:
    """The shape of a folder's images for ``network``: RGB of ``size``, or what it says of itself, or None.

    Raises:
        ConfigurationError: what it says of itself is no shape.
    """
    if size is not None:
        return (3, size, size)
    shape = getattr(network, "input_shape", None)
    if shape is None:
        return None
    try:
        channels, height, width = map(int, shape)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            f"input_shape: (channels, height, width) allowed, got {shape!r}; correct it, or give --size"
        ) from error
    return channels, height, width
