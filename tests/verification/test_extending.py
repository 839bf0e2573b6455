"""A certificate extended to a network of any size, by the answers to inputs without labels."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import netrazor
import tiny
from netrazor import bounds
from netrazor.certification.extension_record import conclude_extension
from netrazor.counting import asked_for, counting_order
from netrazor.errors import (
    BadDataset,
    CertificateError,
    ConfigurationError,
    InvalidArgument,
    UnsupportedModel,
)
from netrazor.verification import Extended, extension
from netrazor.verification.extension import word_of


class Large(nn.Module):
    """The certified network beside one of many weights that changes some of its answers."""

    def __init__(self, short: nn.Module) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.short, self.more = short, nn.Sequential(nn.Flatten(), nn.Linear(64, 200), nn.Linear(200, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.short(x) + self.more(x)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    issued = tiny.occam_run().issued
    return tiny.write(tmp_path_factory.mktemp("extended") / "run", issued.certificate, issued.blob)


@pytest.fixture(scope="module")
def large(run: Path) -> nn.Module:
    return Large(netrazor.load(run, tiny.small()))


def unlabelled(n: int = 300) -> torch.Tensor:
    return tiny.images(n, seed=5).batch(torch.arange(n))[0]


def test_it_bounds_the_large_network_by_both_parts(run: Path, large: nn.Module, tmp_path: Path) -> None:
    record = netrazor.extend(run, large, unlabelled(), model=tiny.small(), delta=0.01, out=tmp_path / "out")
    certificate = tiny.occam_run().issued.certificate
    short = netrazor.load(run, tiny.small())
    with torch.inference_mode():
        differ = (short(unlabelled()).argmax(1) != large.eval()(unlabelled()).argmax(1)).sum()
    assert record.disagreements == int(differ) > 0
    exact = bounds.clopper_pearson(record.disagreements, 300, 0.01)
    assert exact <= record.disagreement_bound <= exact + 2e-9
    assert record.risk_bound == pytest.approx(min(1.0, certificate.risk_bound + exact), abs=4e-9)
    assert record.sentence.startswith("With probability at least 94 %")
    labelled = netrazor.extend(run, large, tiny.images(300, seed=5), model=tiny.small(), delta=0.01)
    assert (labelled.inputs_fingerprint, labelled.disagreements) == (
        record.inputs_fingerprint,
        record.disagreements,
    )


def test_the_file_is_verified_with_the_certificate(run: Path, large: nn.Module, tmp_path: Path) -> None:
    out = tmp_path / "out"
    netrazor.extend(run, large, unlabelled(), model=tiny.small(), out=out)
    assert netrazor.verify(out).status == "CONSISTENT, NOT RECOUNTED"
    alone = netrazor.verify(out, tiny.images(), tiny.small())
    assert (alone.status, alone.findings) == ("CONSISTENT, NOT RECOUNTED", ())
    both = netrazor.verify(out, tiny.images(), tiny.small(), extended=Extended(large, unlabelled()))
    assert both.status == "VALID"
    assert both.notes[-1] == "extension: disagreements counted again"
    other = netrazor.verify(out, tiny.images(), tiny.small(), extended=Extended(tiny.small(), unlabelled()))
    assert "tensors_sha256" in other.findings[0].text
    inputs = netrazor.verify(out, tiny.images(), tiny.small(), extended=Extended(large, unlabelled(200)))
    assert "inputs_fingerprint" in inputs.findings[0].text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("disagreement_bound", 0.0),
        ("risk_bound", 0.1),
        ("sentence", "It never errs."),
        ("delta", 0.5),
        ("n", 10**6),
        ("disagreements", 10**6),
        ("assumptions", []),
        ("certificate_seal", "0" * 64),
        ("seal", "0" * 64),
        ("n", "many"),
        ("more", 1),
    ],
)
def test_a_field_altered(run: Path, large: nn.Module, tmp_path: Path, field: str, value: object) -> None:
    out = tmp_path / "out"
    netrazor.extend(run, large, unlabelled(50), model=tiny.small(), out=out)
    content = json.loads((out / "extension.json").read_text())
    (out / "extension.json").write_text(json.dumps({**content, field: value}))
    verdict = netrazor.verify(out)
    assert [finding.code for finding in verdict.findings] == ["extension"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        (
            "network",
            "Large errs on at most 0.01 % of new examples; another",
            "not the record of an extension",
        ),
        ("network", "", "not the record of an extension"),
        ("batch_size", 2**53, "batch_size: 1000 needed"),
    ],
)
def test_a_record_that_is_sealed_again(
    run: Path, large: nn.Module, tmp_path: Path, field: str, value: object, said: str
) -> None:
    """As a forger would: no words of its own in the claim, no batch that takes all memory."""
    out = tmp_path / "out"
    record = netrazor.extend(run, large, unlabelled(50), model=tiny.small(), out=out)
    other = record.model_copy(update={field: value})
    forged = conclude_extension(other, tiny.occam_run().issued.certificate)
    (out / "extension.json").write_text(forged.to_json())
    (finding,) = netrazor.verify(out).findings
    assert (finding.code, said in finding.text) == ("extension", True), finding.text


def test_the_source_of_the_large_network_is_compared(run: Path, large: nn.Module, tmp_path: Path) -> None:
    out = tmp_path / "out"
    record = netrazor.extend(run, large, unlabelled(50), model=tiny.small(), out=out)
    other = record.model_copy(update={"source_sha256": "0" * 64})
    forged = conclude_extension(other, tiny.occam_run().issued.certificate)
    (out / "extension.json").write_text(forged.to_json())
    verdict = netrazor.verify(out, tiny.images(), tiny.small(), extended=Extended(large, unlabelled(50)))
    assert "source_sha256" in verdict.findings[0].text


def test_a_large_network_that_sees_its_batch_is_refused(run: Path, large: nn.Module) -> None:
    class Centred(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.large = large

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            scores = self.large(x)
            return scores - scores.mean(0)

    with pytest.raises(UnsupportedModel, match="other examples of the batch"):
        netrazor.extend(run, Centred(), unlabelled(), model=tiny.small())


def test_a_large_network_that_knows_the_order_of_the_inputs_is_found_out(run: Path, tmp_path: Path) -> None:
    """It holds the short network's answers by their places in the count, and gives them wherever it is not tried."""
    inputs, short = unlabelled(), netrazor.load(run, tiny.small())
    order = counting_order(len(inputs))
    with torch.inference_mode():
        answers = torch.nn.functional.one_hot(short(inputs[order]).argmax(1), 4).float()
    others = answers.roll(1, 1)[0].argmax()

    class Remembering(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            scores = answers.clone()
            scores[asked_for(len(scores))] = torch.nn.functional.one_hot(others, 4).float()
            self.scores = nn.Parameter(scores)
            self.usual = nn.Parameter(torch.nn.functional.one_hot(others, 4).float())

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.scores if len(x) == len(self.scores) else self.usual.expand(len(x), 4)

    large = Remembering()
    record = netrazor.extend(run, large, inputs, model=tiny.small(), out=tmp_path / "out")
    assert record.disagreements <= 64
    extended = Extended(large, inputs)
    verdict = netrazor.verify(tmp_path / "out", tiny.images(), tiny.small(), extended=extended)
    assert verdict.status == "INVALID"
    assert verdict.findings[0].code == "extension"


def test_disagreements_are_counted_in_an_order_that_nobody_knew(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of 300 inputs more may be rounding, and is counted again in the usual order; two are no rounding."""
    large = netrazor.load(run, tiny.small())
    record = netrazor.extend(run, large, unlabelled(), model=tiny.small(), out=tmp_path / "out")
    orders: list[torch.Tensor] = []
    for more, status in ((0, "VALID"), (1, "VALID"), (2, "INVALID")):
        orders.clear()

        def counted(_short: object, _large: object, inputs: Any, more: int = more) -> int:
            orders.append(torch.stack([inputs[place][0] for place in range(len(inputs))]))
            return record.disagreements + (more if len(orders) == 1 else 0)

        monkeypatch.setattr(extension, "count_disagreements", counted)
        extended = Extended(large, unlabelled())
        verdict = netrazor.verify(tmp_path / "out", tiny.images(), tiny.small(), extended=extended)
        assert verdict.status == status
        assert not torch.equal(orders[0], unlabelled())
        assert [torch.equal(order, unlabelled()) for order in orders[1:]] == ([True] if more else [])


def test_a_name_is_one_word() -> None:
    assert word_of("Large") == "Large"
    assert word_of("a b.c" * 50) == ("a_b_c" * 20)
    assert word_of("") == "network"


def test_what_cannot_be_extended(run: Path, large: nn.Module, tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match="training set itself"):
        netrazor.extend(run, large, tiny.images(), model=tiny.small())
    training = tiny.images().batch(torch.arange(400))[0]
    with pytest.raises(BadDataset, match="training set itself"):
        netrazor.extend(run, large, training, model=tiny.small(), training=tiny.images())
    with pytest.raises(BadDataset, match="at least one"):
        netrazor.extend(run, large, unlabelled(1)[:0], model=tiny.small())
    with pytest.raises(InvalidArgument, match="delta"):
        netrazor.extend(run, large, unlabelled(), model=tiny.small(), delta=0.0)
    fewer = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    with pytest.raises(UnsupportedModel, match="4 classes"):
        netrazor.extend(run, fewer, unlabelled(), model=tiny.small())
    noisy = tiny.noisy_run().issued
    place = tiny.write(tmp_path / "noisy", noisy.certificate, noisy.blob)
    with pytest.raises(CertificateError, match="without noise"):
        netrazor.extend(place, large, unlabelled(), model=tiny.linear())


def test_a_network_is_not_passed_over_where_there_is_no_extension(run: Path, large: nn.Module) -> None:
    """The verdict on the certificate alone would read like one on the network."""
    for given in (Extended(large), Extended(unlabelled=unlabelled())):
        with pytest.raises(ConfigurationError, match="extension"):
            netrazor.verify(run, tiny.images(), tiny.small(), extended=given)
