"""Networks of the user's own, from a file of Python and a file of weights."""

import importlib
import importlib.util
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import safetensors.torch
import torch
from torch import Tensor, nn

from netrazor.errors import CheckpointMismatch, ConfigurationError
from netrazor.networks.state import listed

# Where training scripts put the weights in a checkpoint.
_NESTED = ("state_dict", "model_state_dict", "model", "net", "network", "weights")
_PACKED = "_packed_params._packed_params"  # a layer's weight and bias
# What DataParallel, torch.compile and Lightning put before all names.
_WRAPPERS = ("module.", "_orig_mod.", "model.", "net.")


def build_from(reference: str) -> nn.Module:
    """The network that ``reference`` builds: "path/to/file.py:name" or "package.module:name".

    ``name`` is a function without arguments that returns a module, a class that needs none, or a module.

    Raises:
        ConfigurationError: no such file or name, or something else than a network comes out.
    """
    network = make_from(reference, "model", (nn.Module,))
    if not isinstance(network, nn.Module):
        raise ConfigurationError(
            f"model: {reference} must give a torch.nn.Module, got {type(network).__name__}"
        )
    return network


def make_from(reference: str, what: str, ready: tuple[type, ...] = ()) -> object:
    """What "file.py:name" or "package.module:name" makes: ``name`` is called, unless it is a ``ready`` object.

    Args:
        reference: to a function without arguments, a class that needs none, or an object.
        what: it is to be, for errors.
        ready: types of objects that are not called.

    Raises:
        ConfigurationError: no such file or name, or it fails.
    """
    source, _, name = reference.rpartition(":")
    if not source or not name:
        raise ConfigurationError(
            f"{what}: 'file.py:function' or 'package.module:function' allowed, got {reference!r}"
        )
    home = _import_file(Path(source), what) if source.endswith(".py") else _import(source, what)
    made = getattr(home, name, None)
    if made is None:
        public = [key for key in vars(home) if not key.startswith("_")]
        raise ConfigurationError(f"{what}: {source} has no {name!r}; it has {listed(public)}")
    try:
        return made() if callable(made) and not isinstance(made, ready) else made
    except Exception as error:
        raise ConfigurationError(
            f"{what}: {reference} failed ({type(error).__name__}: {error}); it must need no arguments"
        ) from error


def read_weights(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """The tensors of a ``.safetensors`` file or of a checkpoint that torch wrote, by name.

    Checkpoints are read with weights-only loading: nothing in them is executed. What scripts put around the names
    is taken off where `load_weights` finds that it must be.

    Raises:
        ConfigurationError: no such file.
        CheckpointMismatch: the file holds something else than tensors by name.
    """
    path = Path(path)
    if not path.is_file():
        raise ConfigurationError(f"weights: {path} is no file; give a .safetensors or .pt file")
    try:
        if path.suffix == ".safetensors":
            content: object = safetensors.torch.load_file(path)
        else:
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged files raise anything
        raise CheckpointMismatch(
            f"weights: {path} cannot be read safely ({type(error).__name__}: "
            f"{str(error).partition(chr(10))[0][:200]}); save model.state_dict(), as safetensors or with torch.save"
        ) from error
    return _tensors_in(path, content)


def load_weights(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Put ``weights`` into ``model``; names that are tied to a given one may be missing.

    Where the network has no such names, what DataParallel, torch.compile or Lightning put before them is taken off,
    and the masks of ``torch.nn.utils.prune`` are multiplied in.

    Raises:
        CheckpointMismatch: names or shapes of another architecture.
    """
    own = model.state_dict(keep_vars=True)
    weights = _unwrapped(_with_masks(weights, own), own)
    places = {name: (tensor.data_ptr(), tensor.shape) for name, tensor in own.items() if tensor.numel()}
    given = {places[name] for name in weights if name in places}
    missing = [n for n in own if n not in weights and places.get(n) not in given and "num_batches" not in n]
    unexpected = [name for name in weights if name not in own]
    differing = [
        f"{name} {tuple(own[name].shape)} against {tuple(weights[name].shape)}"
        for name in own
        if name in weights and own[name].shape != weights[name].shape
    ]
    if missing or unexpected or differing:
        raise CheckpointMismatch(
            f"weights: of another architecture: missing {listed(missing)}; unexpected {listed(unexpected)}; "
            f"shapes {listed(differing)}; build the network that these weights belong to"
        )
    with torch.no_grad():
        for name, tensor in weights.items():
            own[name].copy_(tensor)


def _import_file(path: Path, what: str) -> ModuleType:
    if not path.is_file():
        raise ConfigurationError(f"{what}: {path} is no file; give 'file.py:function'")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    home = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = home  # where inspect finds the source of its classes
    sys.path.insert(0, str(path.parent.resolve()))  # its neighbours are imported as when it runs itself
    try:
        spec.loader.exec_module(home)
    except Exception as error:
        raise ConfigurationError(
            f"{what}: {path} cannot be imported ({type(error).__name__}: {error})"
        ) from error
    finally:
        sys.path.pop(0)
    return home


def _import(name: str, what: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ConfigurationError(f"{what}: {name!r} cannot be imported ({error}); give its file") from error


def _tensors_in(path: Path, content: object) -> dict[str, Tensor]:
    for key in _NESTED:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if isinstance(content, Mapping):
        content = _unpacked(content)
    if not isinstance(content, Mapping) or not all(isinstance(v, Tensor) for v in content.values()):
        raise CheckpointMismatch(
            f"weights: {path} must hold tensors by name, got {type(content).__name__}; save model.state_dict()"
        )
    return {str(name): _dense(tensor) for name, tensor in content.items()}


def _unpacked(content: Mapping[object, object]) -> dict[object, object]:
    """With the weights and biases of layers that `torch.ao` has quantized dynamically under their own names."""
    found = dict(content)
    for name, value in content.items():
        if not (
            isinstance(name, str) and name.endswith(_PACKED) and isinstance(value, tuple) and len(value) == 2
        ):
            continue
        layer = name.removesuffix(_PACKED)
        for other in (name, f"{layer}scale", f"{layer}zero_point", f"{layer}_packed_params.dtype"):
            found.pop(other, None)
        weight, bias = value
        found |= {f"{layer}weight": weight} | ({} if bias is None else {f"{layer}bias": bias})
    return found


def _unwrapped(weights: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Without what wrappers put before all names, unless the network has names like that itself."""
    for prefix in _WRAPPERS:
        if weights and all(name.startswith(prefix) for name in weights) and not set(weights) & set(own):
            weights = {name.removeprefix(prefix): tensor for name, tensor in weights.items()}
    return weights


def _dense(tensor: Tensor) -> Tensor:
    return tensor.dequantize() if tensor.is_quantized or hasattr(tensor, "__tensor_flatten__") else tensor


def _with_masks(weights: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Pruned layers' ``weight_orig`` and ``weight_mask`` as the one ``weight`` that they make."""
    found = dict(weights)
    masked = [n.removesuffix("_orig") for n in weights if n.endswith("_orig") and f"{n[:-5]}_mask" in weights]
    for name in masked:
        if f"{name}_orig" not in own:
            found[name] = found.pop(f"{name}_orig") * found.pop(f"{name}_mask")
    return found
