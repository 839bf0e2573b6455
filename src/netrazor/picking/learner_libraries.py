"""What a learner runs on: machine, Python, and the libraries whose classes its digest only names, with versions."""

import functools
import platform
import sys
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from netrazor.picking.learner import Learner
from netrazor.picking.learner_digest import object_settings

_OTHER = {"builtins", "netrazor", "__main__", *sys.stdlib_module_names}


def learner_libraries(learner: Learner) -> dict[str, str]:
    """Version by name of each library that the learner's objects are of, their base classes among them, and of numpy.

    Modules without a version, a user's own say, are left out: their source is in the digest.
    """
    names = {"numpy"}
    _collect(learner, names, {})
    versions = {name: getattr(sys.modules.get(name), "__version__", None) for name in sorted(names - _OTHER)}
    return {name: version for name, version in versions.items() if isinstance(version, str)}


def learner_runtime(learner: Learner) -> str:
    """All of it in one line, as certificates have it under ``evaluation``."""
    others = "".join(
        f", {name} {version}" for name, version in learner_libraries(learner).items() if name != "torch"
    )
    return f"torch {torch.__version__} on {platform.machine()}, python {platform.python_version()}{others}"


def _collect(value: object, names: set[str], seen: dict[int, object]) -> None:
    """Add the top-level modules of ``value`` and of all that it holds."""
    if id(value) in seen or value is None or isinstance(value, (str, bytes, int, float, Tensor, np.ndarray)):
        return
    seen[id(value)] = value  # held, so that no id is used again
    kind = value if isinstance(value, type) else type(value)
    classes = (*kind.__mro__, value) if callable(value) else kind.__mro__
    names |= {str(getattr(each, "__module__", "")).partition(".")[0] for each in classes}
    for part in _parts(value):
        _collect(part, names, seen)


def _parts(value: object) -> tuple[object, ...]:
    if isinstance(value, functools.partial):
        return (value.func, *value.args, *value.keywords.values())
    if isinstance(value, Mapping):
        return tuple(value.values())
    if isinstance(value, (list, tuple)):
        return tuple(value)
    if isinstance(value, nn.Module):
        return tuple(value.children())
    return () if isinstance(value, type) or callable(value) else tuple(object_settings(value).values())
