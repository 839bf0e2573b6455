"""Which arrays of a network are given: fixed before the counted examples were seen, and so not in the message."""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from netrazor.errors import CheckpointMismatch, ConfigurationError
from netrazor.networks.state import Array, coded_state, listed
from netrazor.networks.user_files import read_weights

Given = str | os.PathLike[str] | Sequence[str]

FROZEN = "frozen"
_FILES = (".safetensors", ".pt", ".pth")


def is_weights_file(given: Given) -> bool:
    """Whether ``given`` names a file of weights rather than arrays."""
    return isinstance(given, os.PathLike) or (isinstance(given, str) and given.endswith(_FILES))


def given_names(model: nn.Module, given: Given, moving: Iterable[str] | None = None) -> tuple[str, ...]:
    """The names of the given arrays of ``model``, in the order of its coded state.

    Args:
        model: the network.
        given: shell patterns, one or several, of which one fits the array's name or that of a module around it
            ("backbone", "encoder.layer.*.weight"); or "frozen": every parameter that requires no gradient, and the
            buffers of modules whose parameters are all such; or a file of weights (.safetensors, .pt): the arrays
            that it holds, whose values must be those of the network.
        moving: what `moving_statistics` gave before the network was put in evaluation mode; None: it was not yet.

    Raises:
        ConfigurationError: a pattern that fits nothing; nothing given, or nothing left to learn; statistics that are
            given while their module is in training mode.
        CheckpointMismatch: a file of other values, or of arrays that the network does not have.
    """
    names = list(coded_state(model, copy=False))
    if is_weights_file(given):
        chosen = _in_file(model, Path(given))  # type: ignore[arg-type]
    elif given == FROZEN:
        chosen = _frozen(model, names)
    else:
        chosen = _fitting(names, [given] if isinstance(given, str) else list(given))  # type: ignore[arg-type]
    if not chosen:
        raise ConfigurationError(
            f"given: {given!r} leaves nothing given: no parameter is frozen; call requires_grad_(False) on those "
            "that were not trained, or name them by a pattern"
        )
    if len(chosen) == len(names):
        raise ConfigurationError(
            f"given: {given!r} names all {len(names)} arrays, so there is nothing to learn or to send; leave out "
            "what is learned, or use netrazor.certify_hold_out"
        )
    moved = [name for name in (moving_statistics(model) if moving is None else moving) if name in chosen]
    if moved:
        raise ConfigurationError(
            f"given: {listed(moved)} are given, but their modules are in training mode, in which they follow the "
            "examples that they are shown; load them again from where they came, and call eval() on the given part "
            "before anything is trained"
        )
    return tuple(name for name in names if name in chosen)


def given_arrays(model: nn.Module, names: Iterable[str], *, copy: bool = False) -> dict[str, Array]:
    """The arrays of ``model`` with these names; views where that can be."""
    state = coded_state(model, copy=False)
    return {name: state[name].copy() if copy else state[name] for name in names}


def arrays_digest(arrays: Mapping[str, Array]) -> str:
    """SHA-256 (hex) over names, types, shapes and bytes (little-endian), in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(_described(name, arrays[name]))
        digest.update(_bytes_of(arrays[name]))
    return digest.hexdigest()


def digests(arrays: Mapping[str, Array]) -> dict[str, str]:
    """A digest for each array, to tell which of them changed."""
    return {name: hashlib.sha256(_bytes_of(array)).hexdigest() for name, array in arrays.items()}


def bytes_of_arrays(arrays: Mapping[str, Array]) -> int:
    """How many bytes they take."""
    return sum(array.nbytes for array in arrays.values())


def check_given(arrays: Mapping[str, Array], sha256: str, count: int, size: int) -> None:
    """Refuse arrays that are not the given ones that a certificate names.

    Raises:
        CheckpointMismatch: they are others.
    """
    if not arrays and count:
        raise CheckpointMismatch(
            f"given: {count} arrays of {size:,} bytes needed, on which what was learned rests, got none; build the "
            "network with them, or pass their file"
        )
    found = (len(arrays), bytes_of_arrays(arrays))
    if found != (count, size):
        raise CheckpointMismatch(
            f"given: {count} arrays of {size:,} bytes needed, as the certificate says, got {found[0]} of "
            f"{found[1]:,}; build the network that was certified"
        )
    digest = arrays_digest(arrays)
    if digest != sha256:
        raise CheckpointMismatch(
            f"given: weights with the digest {sha256[:16]}... needed, as the certificate says, got {digest[:16]}...; "
            "load the given weights into the network, or pass their file as given="
        )


def read_arrays(path: str | os.PathLike[str]) -> dict[str, Array]:
    """The arrays of a file of weights by name, as a network's coded state has them.

    Raises:
        CheckpointMismatch: it holds something else than tensors by name.
        ConfigurationError: no such file.
    """
    return {name: _as_array(tensor) for name, tensor in read_weights(path).items()}


def _in_file(model: nn.Module, path: Path) -> set[str]:
    """The names in a file, whose values must be the network's."""
    own = coded_state(model, copy=False)
    held = _own_part(own, path)
    moved = [name for name, array in held.items() if not np.array_equal(array, own[name], equal_nan=True)]
    if moved:
        raise CheckpointMismatch(
            f"given: {listed(moved)} of the network differ from {path}: what is given must not change in training; "
            "freeze it (requires_grad_(False)) and keep it in evaluation mode, where statistics do not move, or "
            "leave these arrays out of the file"
        )
    return set(held)


def _own_part(own: Mapping[str, Array], path: Path) -> dict[str, Array]:
    """The arrays of a file as the network has them, without what counts training steps alone."""
    held = read_arrays(path)
    counters = [name for name in held if name.endswith("num_batches_tracked") and name not in own]
    held = {name: array for name, array in held.items() if name not in counters}
    unknown = [name for name in held if name not in own]
    if unknown or not held:
        raise CheckpointMismatch(
            f"given: {path} holds {listed(unknown) if unknown else 'no array'}, which the network does not have; "
            "save the given part alone, under its names in the network"
        )
    for name, array in held.items():
        if (array.shape, array.dtype) != (own[name].shape, own[name].dtype):
            raise CheckpointMismatch(
                f"given: {name} is {own[name].dtype} {own[name].shape} in the network, {array.dtype} {array.shape} "
                f"in {path}; give the file that belongs to the network"
            )
    return held


def _as_array(tensor: Tensor) -> Array:
    tensor = tensor.detach()
    return (tensor.float() if tensor.is_floating_point() and tensor.element_size() < 4 else tensor).numpy()


def _frozen(model: nn.Module, names: Iterable[str]) -> set[str]:
    """Parameters without gradients, and what else the modules hold whose parameters are all of that kind."""
    parameters = dict(model.named_parameters(remove_duplicate=False))
    trained = {name for name, parameter in parameters.items() if parameter.requires_grad}
    chosen = set()
    for name in names:
        if name in parameters:
            chosen |= set() if name in trained else {name}
            continue
        around = name.rpartition(".")[0]
        while around and not any(_is_inside(other, around) for other in parameters):
            around = around.rpartition(".")[0]  # a module without parameters belongs to the one that holds it
        inside = [other for other in parameters if _is_inside(other, around)]
        if inside and not any(other in trained for other in inside):
            chosen.add(name)
    return chosen


def _is_inside(name: str, module: str) -> bool:
    return not module or name.startswith(f"{module}.")


def _fitting(names: Sequence[str], patterns: Sequence[str]) -> set[str]:
    chosen: set[str] = set()
    for pattern in patterns:
        fits = {name for name in names if any(fnmatchcase(place, pattern) for place in _places(name))}
        if not fits:
            raise ConfigurationError(
                f"given: {pattern!r} fits no array or module; the arrays are {listed(names)}; correct the pattern"
            )
        chosen |= fits
    return chosen


def _places(name: str) -> list[str]:
    """A name and those of the modules around it."""
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


def moving_statistics(model: nn.Module) -> list[str]:
    """The running statistics of norms in training mode, by name: they follow the examples that the norm is shown."""
    return [
        f"{name}.{held}" if name else held
        for name, module in model.named_modules()
        if isinstance(module, _NormBase) and module.training and module.running_mean is not None
        for held in ("running_mean", "running_var")
    ]


def _described(name: str, array: Array) -> bytes:
    return repr((name, array.dtype.newbyteorder("<").str, tuple(array.shape))).encode()


def _bytes_of(array: Array) -> memoryview:
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return np.ascontiguousarray(little).reshape(-1).view(np.uint8).data
