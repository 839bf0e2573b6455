"""Refusing networks that keep numbers where no coded state can reach them."""

import dis
import types
from collections.abc import Iterator

from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin

from netrazor.errors import UnsupportedModel
from netrazor.networks.walk import tensors

_LIBRARIES = frozenset({"torch", "numpy", "builtins", "math", "typing", "functools", "einops", "collections"})


def refuse_hidden_state(model: nn.Module) -> None:
    """Refuse ``model`` if its output may depend on tensors outside of its modules, or on hooks.

    Looked at are the forward hooks of each module, and the class attributes and global names that its forward
    method, or a function that this calls by name, refers to.

    Raises:
        UnsupportedModel: a hook, or a tensor on a class or in a global.
    """
    for name, module in model.named_modules():
        lazy = isinstance(module, LazyModuleMixin)  # has a hook until its first forward pass
        if (module._forward_hooks or module._forward_pre_hooks) and not lazy:
            raise UnsupportedModel(
                f"{name or 'model'}: forward hooks may change the output; remove them, or call "
                "netrazor.networks.make_plain for those of torch.nn.utils"
            )
    for cls in {type(module): None for module in model.modules()}:
        for place, value in _reached(cls):
            if next(tensors(value), None) is not None:
                raise UnsupportedModel(
                    f"{place}: a tensor outside of the network that {cls.__qualname__} uses; "
                    "register it as a buffer of the module"
                )


def _reached(cls: type) -> Iterator[tuple[str, object]]:
    """Place and value of everything that ``cls.forward`` reaches on its class or by a global name."""
    attributes = {
        key: value
        for base in reversed(cls.__mro__)
        if not _is_library(base.__module__)
        for key, value in vars(base).items()
    }
    waiting = [_function(attributes.get("forward"))]
    seen = set()
    while waiting:
        function = waiting.pop()
        if function is None or function in seen or _is_library(function.__module__):
            continue
        seen.add(function)
        for name, is_global in _names(function.__code__):
            scope = function.__globals__ if is_global else attributes
            if name in scope:
                yield f"{function.__module__ if is_global else cls.__qualname__}.{name}", scope[name]
                waiting.append(_function(scope[name]))


def _function(value: object) -> types.FunctionType | None:
    """The Python function that ``value`` is or wraps, if any."""
    value = getattr(value, "fget", None) or getattr(value, "__func__", value)
    return value if isinstance(value, types.FunctionType) else None


def _names(code: types.CodeType) -> Iterator[tuple[str, bool]]:
    """Names that ``code`` reads, and whether as a global (else as an attribute of something)."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield instruction.argval, True
        elif instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            yield instruction.argval, False
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _is_library(module: str | None) -> bool:
    return (module or "").split(".")[0] in _LIBRARIES
