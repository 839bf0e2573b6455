"""A user's own architecture costs nothing where the prior names its sizes, and no other sizes are accepted then."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from torch import nn

import netrazor
import tiny
from netrazor import coding
from netrazor.certification import ledger_of, schema_digest, seal, to_json
from netrazor.certification.canonical import digest, parse
from netrazor.coding.message import read
from netrazor.networks.network_message import encode
from netrazor.pipeline import RunConfiguration, run
from tampering import alter, conclude_again, find

CERTIFICATES = Path(__file__).parents[2] / "certificates"


def test_a_user_s_own_architecture_pays_for_no_schema() -> None:
    issued = tiny.occam_run().issued
    certificate, message = issued.certificate, read(issued.blob, coding.Limits())
    assert certificate.architecture.schema_sha256 == schema_digest(message)
    assert certificate.ledger.charged_to("schema") == 0 < coding.ledger(issued.blob).bits_of("schema")
    assert any("names, types and shapes of its arrays" in text for text in certificate.assumptions)


def test_a_declared_one_has_no_digest_of_its_schema() -> None:
    torch.manual_seed(0)
    declared = run(
        netrazor.networks.build("lenet5"),
        tiny_digits(),
        RunConfiguration(recipe="as-is", architecture="lenet5"),
    ).issued.certificate
    assert declared.architecture.schema_sha256 is None
    assert "schema_sha256" not in to_json(declared)


def tiny_digits() -> netrazor.data.ImageDataset:
    pixels = torch.randint(0, 256, (20, 1, 28, 28), dtype=torch.uint8)
    return netrazor.data.ImageDataset(pixels, torch.arange(20) % 10, 10)


def test_without_the_digest_the_schema_is_paid_for() -> None:
    """Certificates of earlier versions keep their meaning: none gets cheaper by leaving the digest out."""
    assert alter(tiny.occam_run, {"prior.architecture.schema_sha256": None}) == {"assumptions"}
    issued = tiny.occam_run().issued
    bare = conclude_again(issued.certificate, {"prior.architecture.schema_sha256": None})
    assert find(bare, issued.blob) == {"ledger", "bits"}
    paid = ledger_of(read(issued.blob, coding.Limits()), schema_is_fixed=False)
    honest = conclude_again(bare, {"message.ledger": paid, "message.effective_bits": paid.charged_bits})
    assert find(honest, issued.blob) == set()
    assert honest.risk_bound > issued.certificate.risk_bound
    assert digest(parse(to_json(honest))) == honest.seal


def test_a_message_of_other_sizes_does_not_fit_the_prior(tmp_path: Path) -> None:
    issued = tiny.occam_run().issued
    other = nn.Sequential(nn.Flatten(), nn.Linear(64, tiny.CLASSES, bias=False))
    blob = encode(other, "custom")
    message = read(blob, coding.Limits())
    ledger = ledger_of(message)
    swapped = conclude_again(
        issued.certificate,
        {
            "message.ledger": ledger,
            "message.effective_bits": ledger.charged_bits,
            "message.bytes": len(blob),
            "message.sha256": sha256(blob).hexdigest(),
        },
    )
    assert find(swapped, blob) == {"architecture"}
    # Who forges the digest too has a certificate about another network, which the module at hand is not.
    forged = conclude_again(swapped, {"prior.architecture.schema_sha256": schema_digest(message)})
    tiny.write(tmp_path, forged, blob)
    verdict = netrazor.verify(tmp_path, tiny.images(), model=tiny.small())
    assert [finding.code for finding in verdict.findings] == ["architecture"]


@pytest.mark.parametrize("name", ["mnist", "lenet5-mnist", "mnist-data-dependent"])
def test_records_of_declared_architectures_keep_their_form(name: str) -> None:
    text = (CERTIFICATES / name / "certificate.json").read_text()
    certificate = parse(text)
    assert certificate == seal(certificate)
    assert json.loads(to_json(certificate)) == json.loads(text)


def test_another_index_than_the_message_says() -> None:
    """The message of a user's own network under the name of a declared one."""
    issued = tiny.no_graph_run().issued
    changed = {"prior.architecture.index": 1, "prior.architecture.name": "lenet5"}
    assert find(conclude_again(issued.certificate, {}), issued.blob) == set()
    assert find(conclude_again(issued.certificate, changed), issued.blob) == {"architecture"}
