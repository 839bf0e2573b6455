"""From a run's files to the classifier that its certificate is about: prior + message -> network."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import TensorDataset

from netrazor import networks
from netrazor.certification import ArchitectureRecord, GivenArraysRecord, RunFiles
from netrazor.certification.graph_text import parse_graph
from netrazor.certification.run_directory import CERTIFICATE, GIVEN_ARRAYS, read_message, read_run
from netrazor.coding import Limits
from netrazor.coding.message import Message, read
from netrazor.errors import CertificateError, CheckpointMismatch, ConfigurationError, UnsupportedModel
from netrazor.networks.exported_graph import CONSTANT, export
from netrazor.networks.given_arrays import check_given, given_arrays, read_arrays
from netrazor.networks.graph_network import GraphNetwork
from netrazor.networks.graph_operations import dtype_named
from netrazor.networks.network_message import filled
from netrazor.networks.plain import plain_copy
from netrazor.networks.plain_call import behind_plain_call, plainly_called
from netrazor.networks.state import Array, coded_state, listed, load_coded_state
from netrazor.networks.weight_steps import decode_steps

_OTHER_GRAPH = "model: a network whose graph is that of the certificate needed, got another; leave it out"


def load(
    path: str | os.PathLike[str],
    model: nn.Module | None = None,
    *,
    given: str | os.PathLike[str] | None = None,
    limits: Limits | None = None,
) -> nn.Module:
    """The classifier that a certificate is about, in evaluation mode; where the certificate has noise, without it.

    Args:
        path: a run's directory, or a message by itself.
        model: a network of the architecture that was coded, for a user's own; it is not changed. Where the run has a
            graph none is needed; a copy of one that is given comes back with the weights, if it is that graph. Where
            arrays are given, it has them, unless a file does.
        given: a file of the given arrays, in place of ``model``'s; by default ``given.safetensors`` of the run.
        limits: of the reader of messages.

    Raises:
        MessageError: the message is none.
        CertificateError: a malformed certificate.
        ConfigurationError: no such file; the architecture is the user's own and ``model`` was not given.
        CheckpointMismatch: the message holds another architecture's weights.
    """
    place, model = Path(path), networks.as_network(model)
    if (place / CERTIFICATE).exists():
        files = read_run(place)
        message = None if files.message is None else read(files.message, limits or limits_for(model))
        network = rebuild(files, message, model, given_file(place, given))
        if model is None or not isinstance(network, GraphNetwork):
            return network
        return _in_copy_of(model, network, gives_classes=files.certificate.task == "single-label")
    message = read(read_message(place), limits or limits_for(model))
    return filled(_architecture(message.architecture, model), message)


def architecture_of(path: str | os.PathLike[str]) -> str:
    """The name of the architecture of the network in a run's directory or a message.

    Raises:
        MessageError: the message is none.
    """
    place = Path(path)
    if (place / CERTIFICATE).exists():
        return read_run(place).certificate.predictor
    return networks.name_of(read(read_message(path), Limits()).architecture)


def given_file(directory: str | os.PathLike[str], given: str | os.PathLike[str] | None = None) -> Path | None:
    """The file of given arrays: ``given``, or that of the run in ``directory``, or None where there is none."""
    own = Path(directory) / GIVEN_ARRAYS
    if given is not None:
        return Path(given)
    return own if own.is_file() else None


def rebuild(
    files: RunFiles,
    message: Message | None,
    model: nn.Module | None = None,
    given_arrays_in: Path | None = None,
) -> nn.Module:
    """The network that the certificate of ``files`` is about.

    Args:
        files: of the run.
        message: as read from them.
        model: a network of the architecture, for a user's own that is no graph. A declared one is built anew, and one
            with a graph from that, whatever ``model`` is.
        given_arrays_in: a file of the given arrays, where there are some; None: ``model`` has them.

    Raises:
        ConfigurationError: a user's own architecture, and no ``model``; given arrays, and neither.
        CheckpointMismatch: another name, source or shape than certificate and message say; given arrays of another
            digest.
        MessageError: the given weights are no message.
    """
    given = rebuild_given(files, model)
    if given is not None:
        if message is None:
            return given
        if files.certificate.message is not None and files.certificate.message.form == "steps":
            return decode_steps(given, message)
    if message is None:
        raise CertificateError(
            "message: needed where no weights are given, got none; get all files of the run"
        )
    record = files.certificate.prior.given_arrays
    if record is not None:
        return _filled_beside_given(files, message, model, record, _held_arrays(model, given_arrays_in))
    return filled(_blank(files, model, message.arrays), message)


def _filled_beside_given(
    files: RunFiles,
    message: Message,
    model: nn.Module | None,
    record: GivenArraysRecord,
    held: Mapping[str, Array],
) -> nn.Module:
    """The network of the message's arrays and, for all others that it has, those that are ``held``."""
    network = _blank(files, model, {**held, **message.arrays})
    own = coded_state(network, copy=False)
    names = [name for name in own if name not in message.arrays]
    missing = [name for name in names if name not in held]
    if missing:
        raise CheckpointMismatch(
            f"given: {listed(missing)} needed, on which what was learned rests, got none; bring the network "
            "with them, or their file"
        )
    load_coded_state(network, {**own, **{name: held[name] for name in names}})
    check_given(given_arrays(network, names), record.sha256, record.arrays, record.bytes)
    return filled(network, message, names)


def _held_arrays(model: nn.Module | None, file: Path | None) -> Mapping[str, Array]:
    """The arrays among which the given ones must be."""
    if file is not None:
        return read_arrays(file)
    if model is None:
        raise ConfigurationError(
            "given: the given weights needed, which the certificate names, got none; pass a network that has them as "
            "model=, or their file as given="
        )
    return coded_state(plain_copy(model), copy=False)


def rebuild_given(files: RunFiles, model: nn.Module | None = None) -> nn.Module | None:
    """The network of the given weights by themselves, None where none are given.

    Raises:
        MessageError, CheckpointMismatch: as for `rebuild`.
    """
    if files.given is None:
        return None
    message = read(files.given, limits_for(model))
    return filled(_blank(files, model, message.arrays), message)


def _in_copy_of(model: nn.Module, network: GraphNetwork, *, gives_classes: bool) -> nn.Module:
    """A copy of ``model`` with the weights of ``network``, which must be its graph.

    A model that cannot be called with one tensor is held to names and shapes only.
    """
    weights, copied = coded_state(network), plain_copy(model)
    own = coded_state(copied)
    if strange := [name for name in weights if name not in own and not name.startswith(CONSTANT)]:
        raise CheckpointMismatch(f"{_OTHER_GRAPH} (arrays {listed(strange)})")
    load_coded_state(copied, {**own, **{name: weights[name] for name in weights if name in own}})
    graph = network.graph
    example = torch.zeros((2, *graph.input_shape), dtype=dtype_named(graph.input_dtype))
    try:
        calling: AbstractContextManager[object] = plainly_called(
            copied, TensorDataset(example, torch.tensor([0, 1]))
        )
        if not gives_classes:
            calling = behind_plain_call(copied, None, gives_classes=False)
        with calling:
            found = export(copied, example)
    except UnsupportedModel:
        return copied
    same = {
        name: name in weights and np.array_equal(array, weights[name])
        for name, array in coded_state(found).items()
    }
    if found.graph.digest != graph.digest or not all(same.values()):
        raise CheckpointMismatch(f"{_OTHER_GRAPH} (SHA-256 {found.graph.digest[:16]}... and others)")
    return copied


def _blank(files: RunFiles, model: nn.Module | None, arrays: Mapping[str, Array]) -> nn.Module:
    """A network of the right architecture, whose weights do not matter; ``arrays`` are those that it may have."""
    if files.graph is None:
        return _checked_architecture(files.certificate.architecture, model)
    record = files.certificate.prior.graph
    if record is None or record.sha256 != hashlib.sha256(files.graph).hexdigest():
        raise CertificateError(
            "graph: the file that prior.graph names needed, got another; get all files again"
        )
    shapes = {name: array.shape for name, array in arrays.items()}
    return GraphNetwork.blank(parse_graph(files.graph), shapes)


def limits_for(model: nn.Module | None) -> Limits:
    """The usual limits of the reader, raised to what the network at hand holds anyway."""
    usual = Limits()
    if model is None:
        return usual
    held = [*model.parameters(), *model.buffers()]
    elements = sum(tensor.numel() for tensor in held)
    return Limits(max(usual.elements, 2 * elements), max(usual.arrays, 2 * len(held)), usual.decisions)


def _architecture(index: int, model: nn.Module | None) -> nn.Module:
    """A network of the architecture with ``index``: the declared one, or a copy of the user's own."""
    if index > 0:
        return networks.build(networks.name_of(index))
    if model is None:
        raise ConfigurationError(
            "model: a network of the architecture needed, which is the user's own, got none; give one"
        )
    return plain_copy(model)


def _checked_architecture(record: ArchitectureRecord, model: nn.Module | None) -> nn.Module:
    with _mismatches():
        name = networks.name_of(record.index)
    if name != record.name:
        raise CheckpointMismatch(f"architecture.name is {record.name!r}; index {record.index} is {name!r}")
    network = _architecture(record.index, model)
    _check_source(record, network)
    return network


def _check_source(record: ArchitectureRecord, network: nn.Module) -> None:
    source = networks.source_digest(network)
    if source != record.source_sha256:
        raise CheckpointMismatch(
            f"architecture.source_sha256 is {record.source_sha256[:16]}..., the module's source has "
            f"{source[:16]}...; verify with the version of netrazor or of your module that was certified"
        )


@contextmanager
def _mismatches() -> Iterator[None]:
    """An index that this version does not know is no wrong use: the certificate does not fit."""
    try:
        yield
    except ConfigurationError as error:
        raise CheckpointMismatch(str(error)) from error
