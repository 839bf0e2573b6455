"""A certificate is replayed from its bytes and the data; what is not so is found."""

import json
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import netrazor
import tiny
from netrazor import coding
from netrazor.certification import NoisyRisk, charge
from netrazor.certification.bounding import bound_noisy_risk
from netrazor.certification.run_directory import CERTIFICATE, GRAPH, MESSAGE
from netrazor.errors import BadDataset, CheckpointMismatch, ConfigurationError, CorruptMessage
from netrazor.networks import LeNet5, source_digest
from netrazor.networks.graph_network import GraphNetwork
from netrazor.networks.network_message import codable_arrays, decode_into, encode
from netrazor.verification import VerifyConfiguration
from netrazor.verification.redrawing import noisy_limits
from tampering import conclude_again


def finding(verdict: netrazor.Verdict) -> str:
    assert verdict.status == "INVALID"
    (one,) = verdict.findings
    return one.code


def about(blob: bytes) -> dict[str, object]:
    """What a certificate says of the bytes of its message."""
    ledger = charge(blob)
    return {
        "message.ledger": ledger,
        "message.effective_bits": ledger.charged_bits,
        "message.bytes": len(blob),
        "message.sha256": sha256(blob).hexdigest(),
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
    known = VerifyConfiguration(seed=4)
    again = [netrazor.verify(noisy, tiny.images(2000), tiny.linear(3), configuration=known) for _ in range(2)]
    assert again[0].notes == again[1].notes


def test_another_data_set(occam: Path) -> None:
    assert finding(netrazor.verify(occam, tiny.images(seed=1), model=tiny.small())) == "dataset"
    assert finding(netrazor.verify(occam, tiny.images(399), model=tiny.small())) == "dataset"


def test_the_wrong_number_of_classes(tmp_path: Path) -> None:
    issued = tiny.occam_run().issued
    tiny.write(tmp_path, conclude_again(issued.certificate, {"sample.classes": 5}), issued.blob)
    assert finding(netrazor.verify(tmp_path, tiny.images(), model=tiny.small())) == "dataset"


def test_errors_understated(tmp_path: Path) -> None:
    issued = tiny.occam_run().issued
    errors = issued.certificate.errors - 1
    forged = conclude_again(issued.certificate, {"claims.0.errors": errors})
    tiny.write(tmp_path, forged, issued.blob)
    verdict = netrazor.verify(tmp_path, tiny.images(), model=tiny.small())
    assert finding(verdict) == "recount"
    assert "with the count of this runtime the bound is" in verdict.notes[1]


def test_errors_overstated_is_a_weaker_claim(tmp_path: Path) -> None:
    issued = tiny.occam_run().issued
    errors = issued.certificate.errors + 1
    weaker = conclude_again(issued.certificate, {"claims.0.errors": errors})
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
    blob = coding.encode(message, values="static", side_information={"@sigma": sigma})
    forged = conclude_again(issued.certificate, about(blob))
    tiny.write(tmp_path, forged, blob)
    assert netrazor.verify(tmp_path).status == "CONSISTENT, NOT RECOUNTED"
    verdict = netrazor.verify(tmp_path, tiny.images(2000), model=tiny.linear())
    assert {found.code for found in verdict.findings} == {"noisy-risk"}
    assert any("noisy.upper" in found.text for found in verdict.findings)


def test_moments_that_no_honest_draws_have(tmp_path: Path) -> None:
    """The recorded upper bound still lies above the true mean; the record is false all the same."""
    issued = tiny.noisy_run().issued
    noisy, noise = issued.certificate.claims[0].noisy, issued.certificate.noise
    assert noisy is not None
    assert noise is not None
    moments = noisy.model_copy(update={"mean": 0.0, "variance": 0.0})
    upper = bound_noisy_risk(moments, noise.draws, issued.certificate.claims[0].delta_parts)
    forged = conclude_again(
        issued.certificate, {"claims.0.noisy": moments.model_copy(update={"upper": upper})}
    )
    tiny.write(tmp_path, forged, issued.blob)
    assert netrazor.verify(tmp_path).status == "CONSISTENT, NOT RECOUNTED"
    verdict = netrazor.verify(
        tmp_path, tiny.images(2000), tiny.linear(), configuration=VerifyConfiguration(seed=1)
    )
    assert {found.code for found in verdict.findings} == {"noisy-risk"}
    assert any("noisy.mean" in found.text for found in verdict.findings)
    assert not any("noisy.upper" in found.text for found in verdict.findings)


def test_a_risk_just_above_its_limit_is_refused() -> None:
    noisy = NoisyRisk(mean=0.10, variance=0.01, upper=0.11)
    rates = np.tile([0.0, 0.2], 5_000)  # variance 0.01, fourth central moment 0.0001
    limits = {name: most for name, _, _, most in noisy_limits(noisy, 10_000, rates)}
    assert limits["upper"] == 0.11
    assert limits["mean"] == pytest.approx(0.10 + 6 * (2 * 0.01 / 10_000) ** 0.5, rel=1e-4)
    assert limits["variance"] == pytest.approx(0.01, rel=1e-4)
    rates = np.append(rates, np.full(100, 1.0))
    mean, variance = rates.mean(), rates.var(ddof=1)
    fourth = ((rates - mean) ** 4).mean()
    _, (_, _, fresh_mean, most_mean), (_, _, fresh, most) = noisy_limits(noisy, 10_000, rates)
    assert (fresh_mean, fresh) == (pytest.approx(mean), pytest.approx(variance))
    assert most_mean == pytest.approx(0.10 + 6 * (0.01 / 10_000 + variance / 10_100) ** 0.5)
    assert most == pytest.approx(0.01 + 6 * ((fourth - variance**2) * (1 / 10_000 + 1 / 10_100)) ** 0.5)


def test_the_majority_class_understated(tmp_path: Path) -> None:
    issued = tiny.occam_run().issued
    forged = conclude_again(issued.certificate, {"sample.majority_errors": 1})
    tiny.write(tmp_path, forged, issued.blob)
    assert finding(netrazor.verify(tmp_path, tiny.images(), model=tiny.small())) == "sample"


def test_two_claims_are_both_counted(tmp_path: Path) -> None:
    issued = tiny.two_claims_run().issued
    tiny.write(tmp_path, issued.certificate, issued.blob)
    verdict = netrazor.verify(tmp_path, tiny.images(), model=tiny.small())
    assert verdict.status == "VALID"
    assert len(verdict.notes) == 2
    errors = issued.certificate.claims[1].errors
    assert errors > 0
    forged = conclude_again(issued.certificate, {"claims.1.errors": errors - 1})
    tiny.write(tmp_path, forged, issued.blob)
    assert finding(netrazor.verify(tmp_path, tiny.images(), model=tiny.small())) == "recount"


def test_a_missing_or_strange_file_is_a_finding(occam: Path) -> None:
    (occam / MESSAGE).unlink()
    assert finding(netrazor.verify(occam)) == "certificate"
    os.mkfifo(occam / MESSAGE)
    assert finding(netrazor.verify(occam)) == "certificate"
    (occam / MESSAGE).unlink()
    with (occam / MESSAGE).open("wb") as file:
        file.truncate(2**40)  # sparse: a terabyte that takes no room
    assert finding(netrazor.verify(occam)) == "certificate"


def test_a_network_that_is_no_graph_needs_its_own_source(tmp_path: Path) -> None:
    class Other(tiny.Branching):
        """Another network of the same shapes."""

    issued = tiny.no_graph_run().issued
    tiny.write(tmp_path, issued.certificate, issued.blob)
    assert netrazor.verify(tmp_path, tiny.images(), model=tiny.branching(5)).status == "VALID"
    assert netrazor.verify(tmp_path).status == "CONSISTENT, NOT RECOUNTED"
    assert finding(netrazor.verify(tmp_path, tiny.images(), model=Other())) == "architecture"
    assert finding(netrazor.verify(tmp_path, model=tiny.linear())) == "architecture"
    with pytest.raises(ConfigurationError, match="the user's own, got none"):
        netrazor.verify(tmp_path, tiny.images())
    with pytest.raises(ConfigurationError, match="the user's own, got none"):
        netrazor.load(tmp_path)


class Trap(nn.Module):
    """A network whose code must not run."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise AssertionError("the user's code was run")


def test_a_graph_is_verified_and_loaded_without_its_authors_code(occam: Path) -> None:
    for model in (None, Trap()):
        assert netrazor.verify(occam, tiny.images(), model=model).status == "VALID"
    assert isinstance(netrazor.load(occam), GraphNetwork)


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda text: text[:-1], "digest"),
        (lambda text: text.replace(b"relu", b"tanh"), "digest"),
        (lambda text: b"", "digest"),
        (None, "certificate"),
    ],
)
def test_another_graph_is_a_finding(occam: Path, edit: Callable[[bytes], bytes] | None, code: str) -> None:
    text = (occam / GRAPH).read_bytes()
    (occam / GRAPH).unlink()
    if edit is not None:
        (occam / GRAPH).write_bytes(edit(text))
    verdict = netrazor.verify(occam, tiny.images())
    assert verdict.status == "INVALID"
    assert code in {f.code for f in verdict.findings}


def test_a_declared_architecture_cannot_stand_for_the_users_own(tmp_path: Path) -> None:
    """Its shapes cost nothing, so a message that names it must hold them, whatever model the verifier passes."""
    issued = tiny.occam_run().issued
    model = tiny.small()
    blob = encode(decode_into(model, issued.blob), "lenet5")
    for name, digest in (
        ("lenet5", source_digest(model)),
        ("custom", source_digest(model)),
        ("lenet5", source_digest(LeNet5())),
    ):
        named = {"name": name, "index": 1, "source_sha256": digest}
        changes = {f"prior.architecture.{field}": value for field, value in named.items()} | {
            "prior.graph": None
        }
        forged = conclude_again(issued.certificate, {**about(blob), **changes})
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
    assert {f.code for f in verdict.findings} >= {"digest"}
    with pytest.raises(CorruptMessage):
        netrazor.load(occam, model=tiny.small())


@pytest.mark.parametrize("text", ["", "{}", "[1, 2]", "nonsense"])
def test_what_is_no_certificate(occam: Path, text: str) -> None:
    (occam / CERTIFICATE).write_text(text)
    assert finding(netrazor.verify(occam)) == "certificate"


def test_wrong_use_says_nothing_about_the_certificate(occam: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot read"):
        netrazor.verify(tmp_path / "nowhere")
    with pytest.raises(BadDataset):
        netrazor.verify(occam, iter([]), model=tiny.small())  # type: ignore[arg-type]


def test_load_gives_the_network_that_was_certified(occam: Path) -> None:
    x = torch.rand(5, 1, 8, 8)
    loaded = netrazor.load(occam, model=tiny.small(9))
    assert torch.equal(loaded(x), tiny.occam_run().issued.decoded(x))
    assert isinstance(loaded, tiny.Small)
    assert not loaded.training
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
    content = json.loads(netrazor.verify(occam).to_json())
    assert content["status"] == "CONSISTENT, NOT RECOUNTED"
    assert content["risk_bound"] == tiny.occam_run().issued.certificate.risk_bound
    assert content["findings"] == []


def test_loading_changes_no_model(occam: Path) -> None:
    model: nn.Module = tiny.small(9)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    netrazor.load(occam, model=model)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_the_number_of_duplicates_is_counted_again(occam: Path, tmp_path: Path) -> None:
    issued = tiny.occam_run().issued
    altered = conclude_again(issued.certificate, {"sample.duplicates": 3})
    verdict = netrazor.verify(tiny.write(tmp_path, altered, issued.blob), tiny.images(), model=tiny.small(5))
    assert finding(verdict) == "sample"
    assert "the data set has 0" in verdict.findings[0].text


def test_labels_changed_in_place_are_another_data_set(occam: Path) -> None:
    images = tiny.images()
    assert netrazor.verify(occam, images, model=tiny.small(5)).status == "VALID"
    images.labels[0] = (images.labels[0] + 1) % tiny.CLASSES
    assert finding(netrazor.verify(occam, images, model=tiny.small(5))) == "dataset"
