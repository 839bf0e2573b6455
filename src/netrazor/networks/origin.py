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
    ("torch", "torchvision", "torchaudio", "torchao", "numpy", "scipy", "einops", "opt_einsum", "safetensors", "lightning", "pytorch_lightning", "lightning_fabric", "lightning_utilities", "torchmetrics", "transformers", "tokenizers", "huggingface_hub", "peft", "accelerate", "timm", "sklearn", "netrazor")
)
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
    functions = [value for value in vars(cls).values() if isinstance(value, types.FunctionType)]
    if found is cls:
        return all(map(is_library_function, functions))
    return bool(functions) and all(map(is_library_function, functions)) and not _holds_data(cls)


def _holds_data(cls: type) -> bool:
    plain = (list, dict, set, tuple, bytes, bytearray, int, float)
    return any(isinstance(value, plain) for key, value in vars(cls).items() if not key.startswith("__"))


@functools.cache
def _is_installed(name: str) -> bool:
    top = name.split(".")[0]
    if top in sys.builtin_module_names:
        return True
    file = getattr(sys.modules.get(top), "__file__", None)
    if top == "_frozen_importlib" or (file is None and top in sys.stdlib_module_names):
        return True
    known = top in _KNOWN or top in sys.stdlib_module_names
    return known and isinstance(file, str) and os.path.realpath(file).startswith(_HOMES)
