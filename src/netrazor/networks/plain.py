"""Making a network plain: what torch's own tools put around its weights, taken off again."""

import copy

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize, prune

from netrazor.errors import UnsupportedModel


def make_plain(model: nn.Module) -> nn.Module:
    """Turn pruned, parametrized or weight-quantized layers into plain ones, in place; returns ``model``.

    - ``torch.nn.utils.prune``: the mask is multiplied into the weights.
    - ``torch.nn.utils.parametrize`` (weight and spectral norm among them) and the old ``weight_norm`` and
      ``spectral_norm``: the computed weight takes the place of its parts.
    - Tensor subclasses that can be dequantized (torchao): their dense values. A layer that quantizes its
      activations as well then computes with exact ones; what is certified is the plain network, which can
      be trained again.

    A plain network is left as it is, so that doing it twice does nothing.

    Raises:
        UnsupportedModel: weights that cannot be made dense.
    """
    model.eval()  # spectral norm's power iteration takes a step at each use of the weight in training mode
    for module in model.modules():
        vars(module).pop("extra_repr", None)  # torchao's prints, and holds on to the module it was made for
        _bake_masks(module)
        if parametrize.is_parametrized(module):
            _own_class(module)
            for name in list(module.parametrizations):
                parametrize.remove_parametrizations(module, name, leave_parametrized=True)
        _bake_norms(module)
    _densify(model)
    return model


def plain_copy(model: nn.Module) -> nn.Module:
    """A copy of ``model``, made plain; ``model`` is left as it is."""
    computed = {
        id(held): held.detach().clone()  # masked weights are results of operations, which cannot be copied
        for module in model.modules()
        for held in vars(module).values()
        if isinstance(held, Tensor) and not held.is_leaf
    }
    return make_plain(copy.deepcopy(model, computed))


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
            prune.remove(module, hook._tensor_name)


def _bake_norms(module: nn.Module) -> None:
    for hook in list(module._forward_pre_hooks.values()):
        if type(hook).__name__ == "WeightNorm":
            torch.nn.utils.remove_weight_norm(module, hook.name)
        elif type(hook).__name__ == "SpectralNorm":
            torch.nn.utils.remove_spectral_norm(module, hook.name)


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
