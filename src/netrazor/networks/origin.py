"""Whose code a class, function or module is: a known library's, or the user's own.

Names prove nothing: a file can be called ``torch.py``, and ``__module__`` can be written over. A library's module is
one that was loaded under its name from where libraries are installed, and its code lives in that module's globals.
"""

import functools
import os
import sys
import sysconfig
import types
from pathlib import Path

# What a network may be made with, besides Python's own library.
_KNOWN = frozenset(
    {
        "torch", "torchvision", "torchaudio", "torchao", "numpy", "scipy", "einops", "opt_einsum",
        "safetensors", "lightning", "pytorch_lightning", "lightning_fabric", "lightning_utilities",
        "torchmetrics", "transformers", "tokenizers", "huggingface_hub", "peft", "accelerate", "timm",
        "sklearn", "netrazor",
    }
)  # fmt: skip
_HOMES = tuple(
    {
        os.path.realpath(sysconfig.get_path(name)) + os.sep
        for name in ("stdlib", "platstdlib", "purelib", "platlib")
    }
    | {str(Path(__file__).resolve().parents[1]) + os.sep}
)


def is_library_module(module: object) -> bool:
    """Whether ``module`` is one of Python's, of netrazor's, or of a known library, loaded from its place."""
    if not isinstance(module, types.ModuleType):
        return False
    name = vars(module).get("__name__")
    return isinstance(name, str) and sys.modules.get(name) is module and _is_installed(name)


def is_library_function(function: types.FunctionType) -> bool:
    """Whether the code of ``function`` runs in the globals of a library's module."""
    name = function.__globals__.get("__name__")
    home = sys.modules.get(name) if isinstance(name, str) else None
    return home is not None and function.__globals__ is vars(home) and is_library_module(home)


def is_library_class(cls: type) -> bool:
    """Whether ``cls`` is found under its own name in a library's module, or all its functions are a library's.

    Classes that libraries make as they go (parametrized layers, named tuples) have only functions of theirs.
    """
    home = sys.modules.get(cls.__module__) if isinstance(cls.__module__, str) else None
    if not is_library_module(home):
        return False
    found: object = home
    for part in cls.__qualname__.split("."):
        found = vars(found).get(part) if isinstance(found, (type, types.ModuleType)) else None
    if not all(map(is_library_function, _functions_of(cls))):
        return False
    return found is cls or (not _holds_data(cls) and all(map(is_library_class, cls.__bases__)))


def _functions_of(cls: type) -> list[types.FunctionType]:
    """Functions in the body of a class, those of properties and of class and static methods too."""
    inside = [
        function
        for value in vars(cls).values()
        for function in (value, *(getattr(value, part, None) for part in ("fget", "fset", "__func__")))
    ]
    return [function for function in inside if isinstance(function, types.FunctionType)]


def _holds_data(cls: type) -> bool:
    routines = (types.FunctionType, property, classmethod, staticmethod)
    return any(
        not key.startswith("__") and not isinstance(value, routines) for key, value in vars(cls).items()
    )


def _is_installed(name: str) -> bool:
    top = name.split(".")[0]
    file = getattr(sys.modules.get(top), "__file__", None)
    if top in sys.stdlib_module_names:
        return file is None or _is_at_home(file)
    return top in _KNOWN and isinstance(file, str) and _is_at_home(file)


@functools.lru_cache(maxsize=4096)
def _is_at_home(file: str) -> bool:
    return os.path.realpath(file).startswith(_HOMES)
