"""Making a network plain: what training and torch's own tools put around its weights, taken off again."""

import copy
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize, prune
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

from netrazor.errors import UnsupportedModel
from netrazor.networks.origin import is_library_class
from netrazor.networks.packed_layers import unpacked
from netrazor.networks.training_state import NOT_COPIED, attached, detach

# Where torch's wrappers keep the network that they were put around.
_WRAPPERS = {
    "DataParallel": "module",
    "DistributedDataParallel": "module",
    "AveragedModel": "module",
    "OptimizedModule": "_orig_mod",
}


def make_plain(model: nn.Module) -> nn.Module:
    """Turn pruned, parametrized or weight-quantized layers into plain ones, in place; returns ``model``.

    - `torch.compile`, `DataParallel`, `DistributedDataParallel` and `AveragedModel`: what they were put around, which
      is returned where that is the network itself.
    - Optimizers, schedulers, data loaders and Lightning's trainer, where they are attributes, are taken off.
    - ``torch.nn.utils.prune``: the mask is multiplied into the weights.
    - ``torch.nn.utils.parametrize`` (weight and spectral norm among them) and the old ``weight_norm`` and
      ``spectral_norm``: the computed weight takes the place of its parts.
    - Layers of `torch.ao`'s dynamic and static quantization: plain ones with their dense values (`packed_layers`).
    - Tensor subclasses that can be dequantized (torchao): their dense values. A layer that quantizes its
      activations as well then computes with exact ones; what is certified is the plain network, which can
      be trained again.

    A plain network is left as it is, so that doing it twice does nothing.

    Raises:
        UnsupportedModel: weights that cannot be made dense.
    """
    model = unpacked(unwrapped(model))
    for module in list(model.modules()):
        vars(module).pop("_compiled_call_impl", None)
        for name, child in module._modules.items():
            if child is not None:
                module._modules[name] = unpacked(unwrapped(child))
    detach(model)
    model.eval()  # spectral norm's power iteration takes a step at each use of the weight in training mode
    for module in model.modules():
        vars(module).pop("extra_repr", None)  # torchao's prints, and holds on to the module it was made for
        _bake_masks(module)
        if parametrize.is_parametrized(module):
            _own_class(module)
            for name in list(cast(nn.ModuleDict, module.parametrizations)):
                parametrize.remove_parametrizations(module, name, leave_parametrized=True)
            _restore_order(module)
        _bake_norms(module)
    _densify(model)
    return model


def plain_copy(model: nn.Module) -> nn.Module:
    """A copy of ``model``, made plain; ``model`` is left as it is.

    Raises:
        UnsupportedModel: as for `make_plain`, or an attribute that cannot be copied (a lock, an open file).
    """
    model = unwrapped(model)
    instead: dict[int, object] = {
        id(held): held.detach().clone()  # masked weights are results of operations, which cannot be copied
        for module in model.modules()
        for held in vars(module).values()
        if isinstance(held, Tensor) and not held.is_leaf
    }
    instead |= {id(value): NOT_COPIED for _, _, value in attached(model)}
    try:
        copied = copy.deepcopy(model, instead)
    except (TypeError, RuntimeError, RecursionError) as error:
        raise UnsupportedModel(
            f"model: cannot be copied ({str(error)[:200]}); take locks, open files and the like off it"
        ) from error
    return make_plain(copied)


def unwrapped(model: nn.Module) -> nn.Module:
    """The network inside of wrappers of torch, or ``model`` itself."""
    while type(model).__name__ in _WRAPPERS and is_library_class(type(model)):
        inner = getattr(model, _WRAPPERS[type(model).__name__])
        assert isinstance(inner, nn.Module)
        model = inner
    return model


def _own_class(module: nn.Module) -> None:
    """Give ``module`` a class of its own in place of the one that parametrizing made for it and its copies.

    Taking a parametrization off takes its property off the class, which would break the copies.
    """
    shared = type(module)
    content = {key: value for key, value in vars(shared).items() if key not in ("__dict__", "__weakref__")}
    module.__class__ = type(shared.__name__, shared.__bases__, content)


def _bake_masks(module: nn.Module) -> None:
    for hook in list(module._forward_pre_hooks.values()):
        if isinstance(hook, prune.BasePruningMethod):
            prune.remove(module, hook._tensor_name)  # type: ignore[no-untyped-call]
            _restore_order(module)


def _bake_norms(module: nn.Module) -> None:
    for hook in list(module._forward_pre_hooks.values()):
        if isinstance(hook, WeightNorm):
            torch.nn.utils.remove_weight_norm(module, hook.name)
            _restore_order(module)
        elif isinstance(hook, SpectralNorm):
            torch.nn.utils.remove_spectral_norm(module, hook.name)
            _restore_order(module)


def _restore_order(module: nn.Module) -> None:
    """The weight before the bias, as torch's layers define them; it came last when it was put back."""
    if list(module._parameters) == ["bias", "weight"]:
        module._parameters["bias"] = module._parameters.pop("bias")


def _densify(model: nn.Module) -> None:
    """Replace each quantized or wrapped parameter by one dense parameter, shared where the old one was."""
    dense: dict[int, nn.Parameter] = {}
    for prefix, module in model.named_modules():
        for name, parameter in module._parameters.items():
            if parameter is not None and (parameter.is_quantized or hasattr(parameter, "__tensor_flatten__")):
                if id(parameter) not in dense:
                    dense[id(parameter)] = _dequantized(f"{prefix}.{name}", parameter)
                module._parameters[name] = dense[id(parameter)]


def _dequantized(name: str, parameter: Tensor) -> nn.Parameter:
    try:
        values = parameter.detach().dequantize()
    except (RuntimeError, NotImplementedError, AttributeError) as error:
        raise UnsupportedModel(
            f"{name}: cannot be made dense ({error}); convert it to plain weights"
        ) from error
    return nn.Parameter(values.float())
