"""netrazor: short networks, proven.

Cuts a trained classifier down to a short message and bounds its error on unseen data from the training set and
the length of the message; `certify_picked` and `certify_hold_out` bound that of any learner. `verify` and `load` are
the other end of it; `bounds` and `coding` stand by themselves and do not need torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

__all__ = [
    "Certificate",
    "NetrazorClassifier",
    "Verdict",
    "__version__",
    "bounds",
    "certify",
    "certify_hold_out",
    "certify_picked",
    "claims",
    "coding",
    "data",
    "extend",
    "load",
    "split_spent",
    "verify",
]

if TYPE_CHECKING:
    from netrazor import bounds, coding, data
    from netrazor.certification import Certificate, Verdict, claims
    from netrazor.integrations.sklearn_classifier import NetrazorClassifier
    from netrazor.pipeline import certify, certify_hold_out, certify_picked, split_spent
    from netrazor.verification import extend, load, verify

# Loaded when first asked for: `import netrazor` stays fast, and much of it works without torch. What has no line
# here is a package of that name.
_HOMES = {
    "Certificate": "netrazor.certification",
    "NetrazorClassifier": "netrazor.integrations.sklearn_classifier",
    "Verdict": "netrazor.certification",
    "claims": "netrazor.certification",
    "certify": "netrazor.pipeline",
    "certify_hold_out": "netrazor.pipeline",
    "certify_picked": "netrazor.pipeline",
    "split_spent": "netrazor.pipeline",
    "extend": "netrazor.verification",
    "load": "netrazor.verification",
    "verify": "netrazor.verification",
}


def __getattr__(name: str) -> Any:
    """The exported ``name``, whose module is imported now.

    Raises:
        AttributeError: there is no such export.
        MissingExtra: it needs an optional package.
    """
    if name not in __all__:
        raise AttributeError(f"module 'netrazor' has no attribute {name!r}; it has {', '.join(__all__)}")
    try:
        module = import_module(_HOMES.get(name, f"netrazor.{name}"))
    except ModuleNotFoundError as error:
        from netrazor.extras import missing_extra

        if (missing := missing_extra(error)) is None:
            raise
        raise missing from error
    globals()[name] = found = getattr(module, name) if name in _HOMES else module
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
