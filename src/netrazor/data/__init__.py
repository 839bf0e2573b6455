"""Data sets: loaded whole, checked by the SHA-256 of their content, recognised by a fingerprint."""

from netrazor.data.catalogue import names
from netrazor.data.check import DatasetSummary, check
from netrazor.data.fingerprint import fingerprint
from netrazor.data.images import ImageDataset
from netrazor.data.loading import fetch, load
from netrazor.data.store import data_directory

__all__ = [
    "DatasetSummary",
    "ImageDataset",
    "check",
    "data_directory",
    "fetch",
    "fingerprint",
    "load",
    "names",
]
