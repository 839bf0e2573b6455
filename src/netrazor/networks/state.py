"""The entire state that shapes a network's output, as arrays, and back."""

from collections.abc import Collection, Iterator, Mapping
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from netrazor.errors import CheckpointMismatch, NonFiniteWeights, UnsupportedModel
from netrazor.networks.hidden import refuse_hidden_state
from netrazor.networks.walk import tensors

Array = NDArray[np.generic]
_MENTIONED = 5  # names listed in an error

# The dtypes that are coded as they are; the short floats below are widened, which is exact.
_CODED = {
    torch.float32,
    torch.float64,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.uint8,
    torch.bool,
}
_WIDENED = {torch.float16, torch.bfloat16}


def coded_state(model: nn.Module, *, copy: bool = True) -> dict[str, Array]:
    """Everything in ``model`` that its output in evaluation mode depends on, by name in order of definition.

    Parameters, buffers (persistent or not), and tensors and arrays held in attributes of any module or of
    what it holds: lists, dictionaries, other objects, modules that are not registered, closures. A tensor
    that is held in several places (tied weights) appears once, under its first name. Floats come as float32
    (half precision widened, which is exact) or float64, whole numbers and booleans in their own type.

    Left out is ``num_batches_tracked`` of the batch norms: it counts training steps, and only the average
    that is updated in training mode reads it. It shapes nothing in evaluation mode, where the claim is made.

    ``copy=False`` gives views where that can be (float32 on the CPU), to spare the memory of large networks:
    they change with the network.

    Raises:
        UnsupportedModel: state that cannot be coded or seen (hooks, scripted modules, quantized, sparse,
            complex or uninitialized tensors, tensors in globals or on classes).
        NonFiniteWeights: NaN anywhere, or an infinite parameter (an attention mask in a buffer may hold one).
    """
    state = {}
    for name, tensor in _slots(model):
        array = _widened(tensor.detach()).cpu().numpy()
        _check_finite(name, array, allow_infinite=not isinstance(tensor, nn.Parameter))
        state[name] = array.copy() if copy else array
    return state


def load_coded_state(model: nn.Module, arrays: Mapping[str, Array]) -> None:
    """Put ``arrays``, as `coded_state` gave them, into a network of the same architecture, in place.

    Nothing is changed unless everything fits.

    Raises:
        CheckpointMismatch: names, shapes or types that differ from those of ``model``, or values that its
            precision cannot hold.
        UnsupportedModel: as for `coded_state`.
    """
    slots = dict(_slots(model))
    _check_names(slots.keys(), arrays.keys())
    loaded = {name: _fitted(name, slot, arrays[name]) for name, slot in slots.items()}
    with torch.no_grad():
        for name, slot in slots.items():
            slot.copy_(loaded[name])


def _slots(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Name and tensor of each piece of state once, refusing what cannot be coded."""
    refuse_hidden_state(model)
    places, names = set(), set()
    for name, tensor in tensors(model):
        _check_codable(name, tensor)
        place = (tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype)
        if tensor.numel() > 0 and place in places:
            continue
        if name in names:
            raise UnsupportedModel(f"{name}: two pieces of state with one name; rename an attribute or a key")
        places.add(place)
        names.add(name)
        yield name, tensor


def _check_codable(name: str, tensor: Tensor) -> None:
    if isinstance(tensor, (UninitializedBuffer, UninitializedParameter)):
        problem, remedy = "is not initialized yet", "run one forward pass first"
    elif tensor.is_meta:
        problem, remedy = "is on the meta device and has no values", "load the weights first"
    elif tensor.is_quantized or hasattr(tensor, "__tensor_flatten__"):
        problem, remedy = "is quantized or wrapped", "call netrazor.networks.make_plain on the model first"
    elif tensor.layout is not torch.strided:
        problem, remedy = f"has the layout {tensor.layout}", "make it dense"
    elif tensor.dtype not in _CODED | _WIDENED:
        problem, remedy = f"has the type {tensor.dtype}", "allowed are real floats, integers and booleans"
    elif any(step == 0 and size > 1 for step, size in zip(tensor.stride(), tensor.shape, strict=True)):
        problem, remedy = "repeats the same memory (expand)", "make it contiguous"
    else:
        return
    raise UnsupportedModel(f"{name}: state to be coded {problem}; {remedy}")


def _widened(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.dtype in _WIDENED else tensor


def _check_finite(name: str, array: Array, *, allow_infinite: bool) -> None:
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    if np.isnan(array).any() or not allow_infinite:
        bad = int((~np.isfinite(array)).sum())
        raise NonFiniteWeights(
            f"{name}: finite values needed; got NaN or infinity in {bad} of {array.size} elements; "
            "train again with a smaller rate, or load other weights"
        )


def _check_names(expected: Collection[str], given: Collection[str]) -> None:
    missing = [name for name in expected if name not in given]
    unexpected = [name for name in given if name not in expected]
    if missing or unexpected:
        raise CheckpointMismatch(
            f"weights for another architecture: missing {listed(missing)}, "
            f"unexpected {listed(unexpected)}; build the network that these weights were coded from"
        )


def listed(names: Collection[str]) -> str:
    """The first few names, for an error, and how many more there are."""
    more = f" and {len(names) - _MENTIONED} more" if len(names) > _MENTIONED else ""
    return (", ".join(islice(names, _MENTIONED)) or "none") + more


def _fitted(name: str, slot: Tensor, array: Array) -> Tensor:
    """``array`` as a tensor with the type of ``slot``, checked to hold the same values."""
    if tuple(slot.shape) != array.shape:
        raise CheckpointMismatch(
            f"{name}: shape {tuple(slot.shape)} expected, got {array.shape}; "
            "build the network that these weights were coded from"
        )
    given = torch.from_numpy(array if array.flags.writeable else array.copy())
    if given.dtype != (torch.float32 if slot.dtype in _WIDENED else slot.dtype):
        raise CheckpointMismatch(
            f"{name}: type {slot.dtype} expected, got {array.dtype}; convert the network"
        )
    fitted = given.to(slot.dtype)
    if slot.dtype in _WIDENED and not torch.equal(fitted.float(), given):
        raise CheckpointMismatch(f"{name}: {slot.dtype} cannot hold the values given; convert the network")
    return fitted
