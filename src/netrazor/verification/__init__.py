"""Rebuild, count, check: the one door through which a certificate is verified and its classifier loaded."""

from netrazor.verification.extension import Extended, extend
from netrazor.verification.rebuilding import architecture_of, load, rebuild
from netrazor.verification.verifying import VerifyConfiguration, verify

__all__ = [
    "Extended",
    "VerifyConfiguration",
    "architecture_of",
    "extend",
    "load",
    "rebuild",
    "verify",
]
