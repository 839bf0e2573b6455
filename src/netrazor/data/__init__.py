"""Data sets: checked by the SHA-256 of their content, recognised by a fingerprint."""

from netrazor.data.check import DatasetSummary, check
from netrazor.data.csv_tables import table_from_csv
from netrazor.data.fingerprint import fingerprint
from netrazor.data.folder import ImageFolder
from netrazor.data.images import ImageDataset
from netrazor.data.loading import fetch, load
from netrazor.data.mails import Mails, load_mails
from netrazor.data.opening import open_dataset
from netrazor.data.plain_examples import CollatedExamples
from netrazor.data.published import names
from netrazor.data.shards import ImageShards
from netrazor.data.squares import Squares
from netrazor.data.store import data_directory
from netrazor.data.tables import TableDataset, table_of

__all__ = [
    "CollatedExamples",
    "DatasetSummary",
    "ImageDataset",
    "ImageFolder",
    "ImageShards",
    "Mails",
    "Squares",
    "TableDataset",
    "check",
    "data_directory",
    "fetch",
    "fingerprint",
    "load",
    "load_mails",
    "names",
    "open_dataset",
    "table_from_csv",
    "table_of",
]
