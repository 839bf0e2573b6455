"""A certificate is replayed from its bytes and the data; what is not so is found."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import netrazor
import tiny
from netrazor import coding
from netrazor.certification import Certificate, seal
from netrazor.certification.charging import charge
from netrazor.certification.checking import claim, risk_bound
from netrazor.errors import BadDataset, CheckpointMismatch, ConfigurationError, CorruptMessage
from netrazor.networks import LeNet5, source_digest
from netrazor.networks.network_message import codable_arrays, decode_into, encode
from netrazor.pipeline.certified_run import CERTIFICATE, MESSAGE
from netrazor.verification import replay


def finding(verdict: netrazor.Verdict) -> str:
    assert verdict.status == "INVALID"
    (one,) = verdict.findings
    return one.code


def rebound(certificate: Certificate, **changes: object) -> Certificate:
    """Altered, with everything that follows made to follow again."""
    c = certificate.model_copy(update=changes)
    c = c.model_copy(update={"risk_bound": risk_bound(c)})
    return seal(c.model_copy(update={"claim": claim(c)}))


def about(blob: bytes) -> dict[str, object]:
    """What a certificate says of the bytes of its message."""
    ledger = charge(blob)
    return {
        "ledger": ledger,
        "effective_bits": ledger.charged_bits,
        "message_bytes": len(blob),
        "message_sha256": sha256(blob).hexdigest(),
    }


@pytest.fixture
def occam(tmp_path: Path) -> Path:
    issued = tiny.occam_run().issued
    return tiny.write(tmp_path, issued.certificate, issued.blob)


@pytest.fixture
def noisy(tmp_path: Path) -> Path:
    issued = tiny.noisy_run().issued
    return tiny.write(tmp_path, issued.certificate, issued.blob)


def test_valid_with_the_data(occam: Path) -> None:
    verdict = netrazor.verify(occam, tiny.images(), model=tiny.small(5))
    assert verdict.status == "VALID"
    assert verdict.exit_code == 0
    errors = tiny.occam_run().issued.certificate.errors
    assert verdict.notes == (f"counted again: {errors} errors on 400 examples",)


def test_consistent_without_the_data(occam: Path) -> None:
    for model in (None, tiny.small(5)):
        verdict = netrazor.verify(occam, model=model)
        assert verdict.status == "CONSISTENT, NOT RECOUNTED"
        assert verdict.exit_code == 3


def test_noisy_with_draws_that_nobody_knew_before(noisy: Path) -> None:
    verdicts = [netrazor.verify(noisy, tiny.images(2000), model=tiny.linear(3)) for _ in range(2)]
    assert [v.status for v in verdicts] == ["VALID"] * 2
    assert verdicts[0].notes[1] != verdicts[1].notes[1]  # each names the seed it drew
    again = [netrazor.verify(noisy, tiny.images(2000), model=tiny.linear(3), seed=4) for _ in range(2)]
    assert again[0].notes == again[1].notes


def test_another_data_set(occam: Path) -> None:
    assert finding(netrazor.verify(occam, tiny.images(seed=1), model=tiny.small())) == "dataset"
    assert finding(netrazor.verify(occam, tiny.images(399), model=tiny.small())) == "dataset"


def test_the_wrong_number_of_classes(tmp_path: Path) -> None:
    issued = tiny.occam_run().issued
    record = issued.certificate.dataset.model_copy(update={"classes": 5})
    tiny.write(tmp_path, rebound(issued.certificate, dataset=record), issued.blob)
    assert finding(netrazor.verify(tmp_path, tiny.images(), model=tiny.small())) == "dataset"


def test_errors_understated(tmp_path: Path) -> None:
    issued = tiny.occam_run().issued
    errors = issued.certificate.errors - 1
    forged = rebound(issued.certificate, errors=errors, empirical_risk=errors / 400)
    tiny.write(tmp_path, forged, issued.blob)
    verdict = netrazor.verify(tmp_path, tiny.images(), model=tiny.small())
    assert finding(verdict) == "recount"
    assert "with the count of this runtime the bound is" in verdict.notes[1]


def test_errors_overstated_is_a_weaker_claim(tmp_path: Path) -> None:
    issued = tiny.occam_run().issued
    errors = issued.certificate.errors + 1
    weaker = rebound(issued.certificate, errors=errors, empirical_risk=errors / 400)
    tiny.write(tmp_path, weaker, issued.blob)
    verdict = netrazor.verify(tmp_path, tiny.images(), model=tiny.small())
    assert verdict.status == "VALID"
    assert len(verdict.notes) == 2


def test_noisy_risk_understated(tmp_path: Path) -> None:
    """All numbers follow from each other, but the draws never were so good."""
    issued = tiny.noisy_run().issued
    message = coding.decode(issued.blob)
    noisy = message["@lambda"] > 0
    message["@lambda"][noisy] = 1  # lambda 32
    sigma = np.where(noisy, np.float32(30), np.float32(0))  # noise that drowns everything
    del message["@sigma"]
    blob = coding.encode(message, values="static", aside={"@sigma": sigma})
    forged = rebound(issued.certificate, **about(blob))
    tiny.write(tmp_path, forged, blob)
    assert netrazor.verify(tmp_path).status == "CONSISTENT, NOT RECOUNTED"
    assert finding(netrazor.verify(tmp_path, tiny.images(2000), model=tiny.linear())) == "noisy-risk"


def test_another_source_or_shape(occam: Path) -> None:
    class Other(tiny.Small):
        """Another network of the same shapes."""

    assert finding(netrazor.verify(occam, tiny.images(), model=Other())) == "architecture"
    assert finding(netrazor.verify(occam, model=tiny.linear())) == "architecture"


def test_a_declared_architecture_cannot_stand_for_the_users_own(tmp_path: Path) -> None:
    """Its shapes cost nothing, so a message that names it must hold them, whatever model the verifier passes."""
    issued = tiny.occam_run().issued
    model = tiny.small()
    blob = encode(decode_into(model, issued.blob), "lenet5")
    record = issued.certificate.architecture
    for name, digest in (
        ("lenet5", source_digest(model)),
        ("custom", source_digest(model)),
        ("lenet5", source_digest(LeNet5())),
    ):
        forged = rebound(
            issued.certificate,
            **about(blob),
            architecture=record.model_copy(update={"name": name, "index": 1, "source_sha256": digest}),
        )
        tiny.write(tmp_path, forged, blob)
        assert finding(netrazor.verify(tmp_path, tiny.images(), model=model)) == "architecture"
        assert finding(netrazor.verify(tmp_path)) == "architecture"


def test_arrays_in_another_order_are_refused() -> None:
    """Their order would be a message of its own that nobody pays for."""
    arrays = codable_arrays(LeNet5())
    small = {name: np.zeros_like(array) for name, array in arrays.items()}
    decode_into(LeNet5(), coding.encode(small, architecture=1))
    swapped = dict(reversed(small.items()))
    with pytest.raises(CheckpointMismatch, match="in the order of the network's definition"):
        decode_into(LeNet5(), coding.encode(swapped, architecture=1))


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b + b"\0", lambda b: b"", lambda b: b"PK" + b[2:]]
)
def test_a_damaged_message(occam: Path, damage) -> None:
    blob = damage((occam / MESSAGE).read_bytes())
    (occam / MESSAGE).write_bytes(blob)
    verdict = netrazor.verify(occam, tiny.images(), model=tiny.small())
    assert verdict.status == "INVALID"
    assert {f.code for f in verdict.findings} >= {"message", "message-digest"}
    with pytest.raises(CorruptMessage):
        netrazor.load(occam, model=tiny.small())


@pytest.mark.parametrize("text", ["", "{}", "[1, 2]", "nonsense"])
def test_what_is_no_certificate(occam: Path, text: str) -> None:
    (occam / CERTIFICATE).write_text(text)
    assert finding(netrazor.verify(occam)) == "certificate"


def test_wrong_use_says_nothing_about_the_certificate(occam: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot read"):
        netrazor.verify(tmp_path / "nowhere")
    with pytest.raises(ConfigurationError, match="the user's own; pass model="):
        netrazor.verify(occam, tiny.images())
    with pytest.raises(BadDataset):
        netrazor.verify(occam, iter([]), model=tiny.small())  # type: ignore[arg-type]


def test_load_gives_the_network_that_was_certified(occam: Path) -> None:
    x = torch.rand(5, 1, 8, 8)
    loaded = netrazor.load(occam, model=tiny.small(9))
    assert torch.equal(loaded(x), tiny.occam_run().issued.decoded(x))
    assert not loaded.training
    with pytest.raises(ConfigurationError, match="a user's own architecture; pass model="):
        netrazor.load(occam)
    with pytest.raises(CheckpointMismatch):
        netrazor.load(occam, model=tiny.linear())
    with pytest.raises(ConfigurationError, match="cannot read"):
        netrazor.load(occam / "nothing")


def test_a_declared_network_loads_by_itself(tmp_path: Path) -> None:
    model = LeNet5()
    for parameter in model.parameters():
        parameter.data = torch.where(torch.rand_like(parameter) < 1e-3, 0.5, 0.0)
    (tmp_path / MESSAGE).write_bytes(encode(model, "lenet5"))
    x = torch.rand(2, 1, 28, 28)
    loaded = netrazor.load(tmp_path / MESSAGE)
    assert isinstance(loaded, LeNet5)
    assert torch.allclose(loaded(x), model(x), atol=1e-5)


def test_a_verdict_for_programs(occam: Path) -> None:
    content = json.loads(replay.to_json(netrazor.verify(occam)))
    assert content["status"] == "CONSISTENT, NOT RECOUNTED"
    assert content["risk_bound"] == tiny.occam_run().issued.certificate.risk_bound
    assert content["findings"] == []


def test_loading_changes_no_model(occam: Path) -> None:
    model: nn.Module = tiny.small(9)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    netrazor.load(occam, model=model)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
