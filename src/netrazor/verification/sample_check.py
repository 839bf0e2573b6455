"""Is a data set the one that a certificate is about?"""

from collections.abc import Iterator
from typing import Any

from netrazor.certification import Finding, SampleRecord
from netrazor.certification.spending import split_positions
from netrazor.counting import majority_errors
from netrazor.data.fingerprint import read_all
from netrazor.data.subsets import size_of, take


def check_dataset(sample: SampleRecord, dataset: Any) -> list[Finding]:
    """What of the record does not hold on ``dataset``: content, numbers of examples, duplicates, majority."""
    return list(_differences(sample, dataset))[:1]


def _differences(sample: SampleRecord, dataset: Any) -> Iterator[Finding]:
    content, n = read_all(dataset), size_of(dataset)
    found = content.hexdigest()
    if found != sample.fingerprint:
        yield Finding(
            "dataset",
            f"the certificate is about {sample.name} ({sample.split}), fingerprint {sample.fingerprint[:16]}..., "
            f"got a data set with fingerprint {found[:16]}...; verify with the data set that was certified",
        )
    if n != sample.n:
        yield Finding("n", f"sample.n is {sample.n}; the data set has {n} examples")
        return
    if content.duplicates != sample.duplicates:
        yield Finding(
            "sample", f"sample.duplicates is {sample.duplicates}; the data set has {content.duplicates}"
        )
    counted = take(dataset, split_positions(sample)[1])
    errors = majority_errors(counted)
    if errors != sample.majority_errors:
        yield Finding(
            "sample", f"sample.majority_errors is {sample.majority_errors}; the data set gives {errors}"
        )
