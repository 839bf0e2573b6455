"""From files to the network: which files are needed, which network they fit, how much the reader allows."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import spent_runs
import tiny
from netrazor.certification import RunFiles
from netrazor.certification.run_directory import MESSAGE
from netrazor.coding import Limits
from netrazor.coding.message import read
from netrazor.data import fingerprint
from netrazor.errors import CertificateError, CheckpointMismatch, ConfigurationError, MessageTooLarge
from netrazor.networks import LeNet5, source_digest
from netrazor.networks.network_message import encode
from netrazor.verification.rebuilding import architecture_of, limits_for, load, rebuild, rebuild_given
from netrazor.verification.sample_check import check_dataset
from tampering import change


def occam_files() -> RunFiles:
    issued = tiny.occam_run().issued
    return RunFiles(issued.certificate, issued.blob, None, issued.graph)


def test_the_reader_allows_what_the_network_at_hand_holds() -> None:
    usual = Limits()
    assert limits_for(None) == limits_for(tiny.small()) == usual
    large = nn.Sequential(nn.Linear(5000, 5000, device="meta"), nn.BatchNorm1d(5000, device="meta"))
    held = 5000 * 5000 + 5000 + 2 * 5000 + 2 * 5000 + 1
    assert limits_for(large) == Limits(2 * held, usual.arrays, usual.decisions)
    many = nn.ParameterList(torch.zeros(1) for _ in range(3000))
    assert limits_for(many) == Limits(usual.elements, 6000, usual.decisions)
    assert usual.decisions == 2**20


def test_the_name_of_the_architecture(tmp_path: Path) -> None:
    issued = tiny.occam_run().issued
    place = tiny.write(tmp_path / "run", issued.certificate, issued.blob)
    assert architecture_of(place) == architecture_of(place / MESSAGE) == "custom"
    model = LeNet5()
    for parameter in model.parameters():
        parameter.data.zero_()
    (tmp_path / MESSAGE).write_bytes(encode(model, "lenet5"))
    assert architecture_of(tmp_path / MESSAGE) == "lenet5"


def test_without_message_and_given_weights_there_is_nothing_to_rebuild() -> None:
    files = occam_files()
    with pytest.raises(CertificateError, match="message: needed where no weights are given"):
        rebuild(files, None, tiny.small())
    assert rebuild_given(files, tiny.small()) is None


def test_given_weights_alone() -> None:
    hold_out = spent_runs.held_out()
    alone = RunFiles(hold_out.certificate, None, hold_out.given, hold_out.graph)
    images = tiny.images().batch(torch.arange(20))[0]
    for model in (None, tiny.small(4)):
        assert torch.allclose(rebuild(alone, None, model)(images), tiny.small().eval()(images), atol=1e-6)


def test_a_graph_needs_no_model_and_looks_at_none() -> None:
    files = occam_files()
    message, inputs = read(files.message, Limits()), torch.rand(5, 1, 8, 8)
    expected = tiny.occam_run().issued.decoded(inputs)
    for model in (None, nn.Linear(2, 2)):
        assert torch.equal(rebuild(files, message, model)(inputs), expected)


def test_another_graph_than_the_certificate_names_is_none_of_its() -> None:
    files = occam_files()
    other = tiny.noisy_run().issued.graph
    with pytest.raises(CertificateError, match=r"prior\.graph names needed"):
        rebuild(replace(files, graph=other), read(files.message, Limits()))


class Sigmoids(tiny.Small):
    """The same arrays, and another function."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.sigmoid(self.conv(2 * x - 1))
        return self.fc2(torch.relu(self.fc1(x.view(x.shape[0], -1))))


def test_a_model_of_the_same_arrays_and_another_graph_is_not_filled(tmp_path: Path) -> None:
    issued = tiny.occam_run().issued
    place = tiny.write(tmp_path / "run", issued.certificate, issued.blob)
    assert isinstance(load(place, tiny.small(3)), tiny.Small)
    with pytest.raises(CheckpointMismatch, match="SHA-256"):
        load(place, Sigmoids())


def test_a_graph_of_other_arrays_than_the_message_has_takes_no_memory() -> None:
    files = occam_files()
    assert files.graph is not None
    text = files.graph.replace(b"[12,36]", b"[%d,36]" % 2**39)
    record = files.certificate.prior.graph.model_copy(update={"sha256": hashlib.sha256(text).hexdigest()})
    forged = replace(files, graph=text, certificate=change(files.certificate, "prior.graph", record))
    with pytest.raises(CheckpointMismatch, match=r"arrays of its shapes needed for fc1\.weight"):
        rebuild(forged, read(files.message, Limits()))


def test_another_name_index_or_source_does_not_fit() -> None:
    files = occam_files()
    message = read(files.message, Limits())
    own = source_digest(tiny.small())
    plain = change(change(files.certificate, "prior.graph", None), "prior.architecture.source_sha256", own)

    def rebuilt(changes: dict[str, object]) -> nn.Module:
        certificate = plain
        for field, value in changes.items():
            certificate = change(certificate, f"prior.architecture.{field}", value)
        return rebuild(RunFiles(certificate, files.message, None), message, tiny.small(2))

    assert not rebuilt({}).training
    with pytest.raises(CheckpointMismatch, match=r"architecture.name is 'mine'; index 0 is 'custom'"):
        rebuilt({"name": "mine"})
    with pytest.raises(CheckpointMismatch, match="10000"):
        rebuilt({"index": 10_000})
    other = "0123456789abcdef" * 4
    expected = f"architecture.source_sha256 is {other[:16]}..., the module's source has {own[:16]}..."
    with pytest.raises(CheckpointMismatch, match="certified") as caught:
        rebuilt({"source_sha256": other})
    assert str(caught.value).startswith(expected + ";")


def test_the_limits_of_the_reader_are_held_to(tmp_path: Path) -> None:
    issued = tiny.occam_run().issued
    place = tiny.write(tmp_path, issued.certificate, issued.blob)
    tight = Limits(elements=10, elements_per_byte=0)
    for path in (place, place / MESSAGE):
        with pytest.raises(MessageTooLarge):
            load(path, tiny.small(), limits=tight)
        assert isinstance(load(path, tiny.small()), tiny.Small)
    with pytest.raises(ConfigurationError, match="model: a network of the architecture needed"):
        load(place / MESSAGE)
    with pytest.raises(TypeError):
        load(place, tiny.small(), tight)  # type: ignore[misc]


def test_a_data_set_is_held_to_fingerprint_number_and_majority() -> None:
    sample, data = tiny.occam_run().issued.certificate.sample, tiny.images()
    assert check_dataset(sample, data) == []
    other = tiny.images(seed=1)
    (found,) = check_dataset(sample, other)
    assert found.code == "dataset"
    assert f"fingerprint {sample.fingerprint[:16]}..., got a data set" in found.text
    assert f"with fingerprint {fingerprint(other)[:16]}...; verify" in found.text
    for number in (399, 401):
        (found,) = check_dataset(sample.model_copy(update={"n": number}), data)
        assert (found.code, found.text) == ("n", f"sample.n is {number}; the data set has 400 examples")
    for wrong in (sample.majority_errors - 1, sample.majority_errors + 1):
        (found,) = check_dataset(sample.model_copy(update={"majority_errors": wrong}), data)
        assert found.code == "sample"
        assert found.text.endswith(f"the data set gives {sample.majority_errors}")
    labels = data.labels.numpy()
    assert sample.majority_errors == 400 - np.bincount(labels).max()
    even = sample.model_copy(update={"spent": 200, "spending": "even positions"})
    counted = 200 - int(np.bincount(labels[1::2]).max())
    assert check_dataset(even.model_copy(update={"majority_errors": counted}), data) == []


def test_what_a_data_set_says_of_itself_is_not_verified() -> None:
    """A wrapper of other labels that bears the fingerprint of the certified data set."""
    sample = tiny.occam_run().issued.certificate.sample

    class Claiming(list[tuple[torch.Tensor, int]]):
        fingerprint = sample.fingerprint

    data = tiny.images()
    items = [(image, (label + (place == 0)) % tiny.CLASSES) for place, (image, label) in enumerate(data)]
    (found,) = check_dataset(sample, Claiming(items))
    assert found.code == "dataset"
    assert check_dataset(sample, Claiming(data)) == []
