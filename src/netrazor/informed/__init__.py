"""Certificates with a data-dependent prior: train on the even examples, code what differs, bound on the odd ones."""

from netrazor.informed.difference import apart, decode, halves
from netrazor.informed.informed_issuing import issue_informed, write_informed
from netrazor.informed.informed_replay import is_informed, verify_informed

__all__ = [
    "apart",
    "decode",
    "halves",
    "is_informed",
    "issue_informed",
    "verify_informed",
    "write_informed",
]
