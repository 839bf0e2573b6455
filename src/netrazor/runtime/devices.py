"""The device that computes: chosen once, by name; all else computes where the network at hand is.

The CPU is the home of a run: networks are cut, coded and handed back there. To train or to count on another device a
stage takes a copy of the network over, and brings the values home when it is done.
"""

import copy
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from itertools import chain
from typing import Any, TypeVar, cast

import torch
from torch import Tensor, nn

from netrazor.errors import ConfigurationError
from netrazor.networks.walk import tensors

CPU = torch.device("cpu")
AUTO = "auto"
Held = TypeVar("Held")


def chosen(name: str, argument: str = "device") -> torch.device:
    """The device that ``name`` means for this process: "auto", "cpu", "cuda", "cuda:1", or another that torch knows.

    "auto" is a CUDA device where there is one, or else the CPU. A name without a number means the one with this
    process's local rank under ``torchrun``, the first where there is no ``torchrun``. An error names ``argument``.

    Raises:
        ConfigurationError: no such device here.
    """
    if name == AUTO:
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        if device.type == CPU.type:
            return CPU
        if device.index is None:
            device = torch.device(device.type, int(os.environ.get("LOCAL_RANK", 0)))
        torch.empty(0, device=device)
    except Exception as error:  # a device says in its own way that it is not there
        raise ConfigurationError(
            f"{argument}: auto, cpu, or a device of this machine such as cuda or cuda:1 allowed, got {name!r} "
            f"({str(error).splitlines()[0]}); choose cpu, or start no more processes than there are devices"
        ) from error
    if device.type == "cuda":
        torch.cuda.set_device(device)
    return device


def described(device: torch.device) -> str:
    """What a device is called in a record."""
    return f"{torch.cuda.get_device_name(device)} (cuda)" if device.type == "cuda" else device.type


def free_memory(device: torch.device) -> int | None:
    """Bytes that are free on a CUDA device; None where torch cannot say."""
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else None


def wait_for(device: torch.device) -> None:
    """Until ``device`` has done all that it was given; the CPU always has."""
    if device != CPU:
        torch.get_device_module(device).synchronize(device)


def device_of(model: object) -> torch.device:
    """Where the weights of a network are; anything without weights is at home on the CPU."""
    held = chain(model.parameters(), model.buffers()) if isinstance(model, nn.Module) else ()
    return next((tensor.device for tensor in held), CPU)


def copy_on(model: nn.Module, device: torch.device) -> nn.Module:
    """``model`` itself where it is on ``device``, or else a copy of it there.

    Tensors in attributes go along, and what shares memory still does (tied weights, views).
    """
    if device_of(model) == device:
        return model
    held = [*model.parameters(), *model.buffers(), *(tensor for _, tensor in tensors(model))]
    storages: dict[int, torch.UntypedStorage] = {}
    return copy.deepcopy(model, {id(tensor): _taken_over(tensor, device, storages) for tensor in held})


@contextmanager
def placed(model: nn.Module, device: torch.device) -> Iterator[nn.Module]:
    """``model`` on ``device``, to be changed there; at the end ``model`` has the values."""
    there = copy_on(model, device)
    yield there
    if there is not model:
        with torch.no_grad():
            pairs = zip(_values(model), _values(there), strict=True)
            for home, away in pairs:
                home.copy_(away)


def moved(held: Held, source: torch.device, target: torch.device) -> Held:
    """What is held on ``source``, in tensors, dictionaries, lists and tuples, on ``target``."""
    return held if source == target else cast(Held, _moved_to(target, held))


def _moved_to(target: torch.device, held: object) -> object:
    if isinstance(held, Tensor):
        return held.to(target)
    if isinstance(held, dict):
        return {key: _moved_to(target, value) for key, value in held.items()}
    if isinstance(held, (list, tuple)):
        return type(held)(_moved_to(target, value) for value in held)
    return held


def making_on(device: torch.device) -> AbstractContextManager[Any]:
    """In it tensors that a network makes in its forward pass, without saying where, are made on ``device``."""
    return nullcontext() if device == CPU else device


def drawing_apart(device: torch.device) -> AbstractContextManager[None]:
    """What is drawn in it, on the CPU and on ``device``, takes nothing from what is drawn after it."""
    indices = [] if device == CPU else [device.index]
    return torch.random.fork_rng(indices, device_type="cuda" if device == CPU else device.type)


def random_state(device: torch.device) -> dict[str, Tensor]:
    """Where the random numbers of a device other than the CPU are, by its type."""
    return {} if device == CPU else {device.type: torch.get_device_module(device).get_rng_state(device)}


def go_on_drawing(states: Mapping[str, Tensor], device: torch.device) -> None:
    """Go on from `random_state`; one that was saved on another type of device has nothing for this one."""
    if device.type in states:
        torch.get_device_module(device).set_rng_state(states[device.type], device)


@contextmanager
def full_float32() -> Iterator[None]:
    """In it products and convolutions of float32 are plain sums of products in float32, in some order.

    Their factors are not rounded (TF32), and no convolution goes by a transform (cuDNN's Winograd and FFT): sums of
    entire numbers below 2^24 are exact on every device.
    """
    switches = _switches()
    before = [_setting(read) for read, _, _ in switches]
    for _, choose, strictest in switches:
        choose(strictest)
    try:
        yield
    finally:
        for (_, choose, _), value in zip(switches, before, strict=True):
            if value is not None:
                choose(value)


Switch = tuple[Callable[[], Any], Callable[[Any], None], Any]


def _switches() -> list[Switch]:
    """How each of torch's switches is read and chosen, and its strictest value; newer names have the last word."""
    backends: Any = torch.backends
    named: list[tuple[Any, str, object]] = [
        (backends.cudnn, "enabled", False),
        (backends.cudnn, "allow_tf32", False),
    ]
    if hasattr(backends, "fp32_precision"):
        places = [backends.cuda.matmul, backends.cudnn.conv, backends.cudnn.rnn]
        places += [backends.mkldnn.matmul, backends.mkldnn.conv, backends.mkldnn.rnn]
        named += [(place, "fp32_precision", "ieee") for place in places]
    matmul = (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "highest")
    return [
        matmul,
        *((partial(getattr, at, name), partial(setattr, at, name), value) for at, name, value in named),
    ]


def _setting(read: Callable[[], Any]) -> Any:
    """What a switch is set to; None where torch refuses to say, as its older and its newer names disagree."""
    try:
        return read()
    except RuntimeError:
        return None


def _taken_over(tensor: Tensor, device: torch.device, storages: dict[int, torch.UntypedStorage]) -> Tensor:
    """``tensor`` on ``device``; the memory behind it is taken over once, and entire."""
    storage = tensor.untyped_storage()
    if storage.data_ptr() not in storages:
        entire = torch.empty(0, dtype=torch.uint8, device=tensor.device).set_(storage)
        storages[storage.data_ptr()] = entire.to(device).untyped_storage()
    there = torch.empty(0, dtype=tensor.dtype, device=device)
    there.set_(storages[storage.data_ptr()], tensor.storage_offset(), tensor.size(), tensor.stride())
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(there, requires_grad=tensor.requires_grad)
    return there.requires_grad_(tensor.requires_grad)


def _values(model: nn.Module) -> Iterator[Tensor]:
    return chain(model.parameters(), model.buffers())
