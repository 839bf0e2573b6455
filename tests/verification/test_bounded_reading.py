"""No reader of a directory lifts the limits, though digest and length are those that the certificate names."""

import hashlib
import tracemalloc
from dataclasses import replace
from pathlib import Path

import netrazor
import spent_runs
import tiny
from netrazor import coding
from netrazor.coding.message import MAGIC
from netrazor.coding.range_coder import Writer
from netrazor.coding.schema import DTYPES, Field, code_schema
from tampering import conclude_again

MOST_BYTES = 2**26  # that a verification allocates at a time; the arrays would take 2^42


def few_bytes_of_a_large_array() -> bytes:
    """A message of 18 bytes whose one array would take 4 TiB."""
    schema = Writer()
    code_schema(schema, [Field("w", DTYPES[0], (2**40,))], coding.Limits(elements=2**62), 0)
    blob = MAGIC + schema.sealed()[0]
    assert len(blob) < 24
    return blob


def named(blob: bytes) -> dict[str, object]:
    return {"sha256": hashlib.sha256(blob).hexdigest(), "bytes": len(blob)}


def refused_in_little_memory(directory: Path) -> None:
    tracemalloc.start()
    try:
        verdict = netrazor.verify(directory, tiny.images(), tiny.small())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert verdict.status == "INVALID"
    assert {finding.code for finding in verdict.findings} == {"message"}
    assert peak < MOST_BYTES


def test_given_weights_of_a_few_bytes_cannot_ask_for_terabytes(tmp_path: Path) -> None:
    run, blob = spent_runs.held_out(), few_bytes_of_a_large_array()
    record = run.certificate.prior.given_file
    assert record is not None
    changed = {"prior.given": record.model_copy(update=named(blob))}
    replace(run, given=blob, certificate=conclude_again(run.certificate, changed)).write(tmp_path)
    refused_in_little_memory(tmp_path)


def test_a_message_of_a_few_bytes_cannot_ask_for_terabytes(tmp_path: Path) -> None:
    issued, blob = tiny.occam_run().issued, few_bytes_of_a_large_array()
    changed: dict[str, object] = {f"message.{field}": value for field, value in named(blob).items()}
    tiny.write(tmp_path, conclude_again(issued.certificate, changed), blob)
    refused_in_little_memory(tmp_path)
