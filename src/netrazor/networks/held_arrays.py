"""Arrays under dotted names, held by modules that are made for them: what a network's coded part is made of."""

from collections.abc import Collection
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from netrazor.errors import UnsupportedModel


def hold(root: nn.Module, name: str, tensor: Tensor, linear: Collection[str]) -> None:
    """Give ``root`` the tensor under its dotted name, in modules that are made on the way.

    Those whose names are in ``linear`` are linear layers, so that they are found as such.

    Raises:
        UnsupportedModel: a part of the name is an attribute of every module.
    """
    *path, last = name.split(".")
    module = root
    for depth, part in enumerate(path, start=1):
        if part not in module._modules:
            if hasattr(module, part):
                raise UnsupportedModel(f"{name}: {part!r} is a name of modules in general; rename it")
            place = ".".join(path[:depth])
            module.add_module(part, _Layer() if place in linear else nn.Module())
        module = module._modules[part]  # type: ignore[assignment]
    if hasattr(module, last) and last not in ("weight", "bias"):
        raise UnsupportedModel(f"{name}: {last!r} is a name of modules in general; rename it")
    if isinstance(tensor, nn.Parameter):
        module.register_parameter(last, tensor)
    else:
        module.register_buffer(last, tensor)
    if isinstance(module, _Layer) and last == "weight":
        module.out_features, module.in_features = tensor.shape


def array_of(root: nn.Module, name: str) -> Any:
    """What ``root`` holds under a dotted name."""
    held: Any = root
    for part in name.split("."):
        held = getattr(held, part)
    return held


def copied(tensor: Tensor) -> Tensor:
    """A copy of the same kind: a parameter of a parameter."""
    copy = tensor.detach().clone()
    return nn.Parameter(copy, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else copy


class _Layer(nn.Linear):
    """A linear layer of the arrays that it will be given."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.register_parameter("weight", None)
        self.register_parameter("bias", None)

    def forward(self, inputs: Tensor) -> Tensor:
        return F.linear(inputs, self.weight, self.bias)

    def extra_repr(self) -> str:
        return "of coded arrays"
