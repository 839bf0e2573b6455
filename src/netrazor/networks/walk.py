"""Finding every tensor that an object holds, however it holds it."""

import types
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from netrazor.errors import UnsupportedModel
from netrazor.holdings import Holding, held, reachable
from netrazor.networks.graph_program import GraphProgram


class OutOfReach:
    """Holds given arrays, which are in no message, for a part of a network, which shares it with its copies.

    The walk does not open what our own parts hold of this kind; anywhere else it is an object like others.
    """

    def __deepcopy__(self, memo: dict[int, object]) -> "OutOfReach":
        return self


_MODULE_INTERNALS = frozenset(vars(nn.Module()))
_CLOSED = (
    Tensor,
    np.ndarray,
    types.ModuleType,
    torch.Generator,
    torch.device,
    torch.dtype,
    torch.Size,
    GraphProgram,
)
_PARTS = frozenset({"netrazor.networks.coded_part", "netrazor.networks.swapped_part"})


def tensors(root: object, name: str = "") -> Iterator[tuple[str, Tensor]]:
    """Each tensor that ``root`` reaches, once, with a dotted name: parameters and buffers first, then the rest.

    Looks into modules, containers, functions (closures, defaults, bound arguments) and the attributes of any other
    object, see :mod:`netrazor.holdings`. NumPy arrays come as tensors that share their memory.

    Raises:
        UnsupportedModel: a holder whose tensors cannot be seen or written: a scripted module or object, an
            array of objects, a read-only array.
    """
    for place, value in everything(root, name):
        if isinstance(value, Tensor):
            yield place, value
        elif isinstance(value, np.ndarray):
            yield place, _sharing_memory(place, value)


def everything(root: object, name: str = "") -> Iterator[Holding]:
    """All that ``root`` reaches, as `tensors` looks for it: what every module holds, torch's own bookkeeping aside.

    Raises:
        UnsupportedModel: a holder whose content cannot be seen.
    """
    return reachable(root, name, _holdings)


def modules(root: nn.Module) -> Iterator[nn.Module]:
    """Every module that ``root`` reaches, once: registered ones, and those in lists, other objects and closures."""
    return (value for _, value in everything(root) if isinstance(value, nn.Module))


def is_step_count(module: nn.Module, name: str) -> bool:
    """Whether a buffer is the count of training steps of a batch norm: one whole number, of no use in evaluation."""
    if not isinstance(module, _NormBase) or name != "num_batches_tracked":
        return False
    count = module._buffers.get(name)
    return count is not None and count.numel() == 1 and not count.dtype.is_floating_point


def set_evaluation_mode(model: nn.Module) -> None:
    """Put every module that ``model`` reaches in evaluation mode.

    Those in plain lists too, which ``model.eval()`` does not find, and those that override ``train``.

    Raises:
        UnsupportedModel: as for `tensors`.
    """
    model.eval()
    for module in modules(model):
        module.training = False


def _holdings(name: str, value: object) -> Iterator[Holding]:
    """What is to be visited below ``value``, parameters and buffers of a module before its other attributes."""
    if isinstance(value, torch.ScriptObject):
        raise UnsupportedModel(
            f"{name or 'model'}: weights that torch.ao has packed cannot be seen; bring the network as it was before "
            "torch.ao quantized it, with the dequantized weights if these are to be certified"
        )
    if isinstance(value, torch.jit.ScriptModule):
        raise UnsupportedModel(
            f"{name or 'model'}: scripted code hides its constants; bring the eager module"
        )
    if isinstance(value, nn.Module):
        yield from _held_by_module(value)
    elif not isinstance(value, _CLOSED):
        yield from held(value)


def is_out_of_reach(module: nn.Module, value: object) -> bool:
    """Whether ``value`` is what our own modules hold beside their state: a graph's program, or given arrays."""
    home = type(module).__module__
    is_program = isinstance(value, GraphProgram) and home == GraphProgram.__module__
    return is_program or (isinstance(value, OutOfReach) and home in _PARTS)


def _held_by_module(module: nn.Module) -> Iterator[Holding]:
    yield from module._parameters.items()
    for key, buffer in module._buffers.items():
        if not is_step_count(module, key):
            yield key, buffer
    for key, value in held(module):
        if key not in _MODULE_INTERNALS and not is_out_of_reach(module, value):
            yield key, value
    yield from module._modules.items()


def _sharing_memory(name: str, array: NDArray[np.generic]) -> Tensor:
    if array.dtype == object or not array.flags.writeable:
        raise UnsupportedModel(
            f"{name}: an array of objects or a read-only array; make it a registered buffer"
        )
    try:
        return torch.from_numpy(array)
    except (TypeError, ValueError) as error:
        raise UnsupportedModel(
            f"{name}: array of {array.dtype} ({error}); make it a registered buffer"
        ) from error
