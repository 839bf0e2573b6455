"""netrazor: short networks, proven.

Cuts a trained classifier down to a short message and bounds its error on unseen data from the training set and
the length of the message. `certify`, `verify` and `load` are the whole of it; `bounds` and `coding` stand by
themselves and do not need torch.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = ["Certificate", "Verdict", "__version__", "bounds", "certify", "coding", "load", "verify"]

if TYPE_CHECKING:
    from netrazor import bounds, coding
    from netrazor.certification import Certificate, Verdict
    from netrazor.pipeline import certify
    from netrazor.verification import load, verify

# Loaded when first asked for, so that bounds and coding can be had without torch.
_HOME = {
    "Certificate": "netrazor.certification",
    "Verdict": "netrazor.certification",
    "bounds": "netrazor",
    "certify": "netrazor.pipeline",
    "coding": "netrazor",
    "load": "netrazor.verification",
    "verify": "netrazor.verification",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'netrazor' has no attribute {name!r}")
    from importlib import import_module

    if _HOME[name] == "netrazor":
        return import_module(f"netrazor.{name}")
    return getattr(import_module(_HOME[name]), name)
