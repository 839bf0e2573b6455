"""Certificates with a data-dependent prior: the split, the message of the difference, the check, tampering."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from netrazor import bounds
from netrazor.certification import seal, to_json
from netrazor.certification.charging import charge
from netrazor.certification.informed_record import InformedCertificate
from netrazor.coding.message import read
from netrazor.counting.error_count import count_errors
from netrazor.data import ImageDataset
from netrazor.errors import CheckpointMismatch, ConfigurationError
from netrazor.informed import (
    apart,
    decode,
    halves,
    is_informed,
    issue_informed,
    verify_informed,
    write_informed,
)
from netrazor.informed.difference import encode, none_of
from netrazor.informed.informed_issuing import best_steps
from netrazor.networks import LeNet5, coded_state, index_of
from netrazor.networks.network_message import OWN

LENET = index_of("lenet5")


def images(n: int = 301) -> ImageDataset:
    generator = torch.Generator().manual_seed(5)
    labels = torch.randint(0, 10, (n,), generator=generator)
    bars = torch.zeros(n, 1, 28, 28, dtype=torch.uint8)
    for image, label in zip(bars, labels.tolist(), strict=True):
        image[:, 2 * label + 3 : 2 * label + 6] = 200
    return ImageDataset(bars, labels, 10, name="bars")


@cache
def prior() -> nn.Module:
    torch.manual_seed(0)
    model = LeNet5()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_((16 * parameter).round() / 16)
    return model.eval()


@cache
def issued() -> tuple[bytes, bytes, InformedCertificate]:
    return issue_informed(prior(), images(), architecture="lenet5")


def test_halves_are_even_and_odd_places() -> None:
    even, odd = halves(images())
    assert (len(even), len(odd)) == (151, 150)
    assert torch.equal(odd.labels, images().labels[1::2])


def test_no_difference_is_the_prior_and_costs_a_byte() -> None:
    blob = encode(none_of(prior()), LENET)
    assert charge(blob).charged_bits <= 8
    x = images().batch(torch.arange(5))[0]
    assert torch.equal(decode(prior(), read(blob, OWN))(x), prior()(x))


def test_steps_move_weights_by_parts_of_the_largest() -> None:
    steps = none_of(prior())
    steps["fc2.weight"][3, 7] = -5
    moved, origin = coded_state(apart(prior(), steps))["fc2.weight"], coded_state(prior())["fc2.weight"]
    assert moved[3, 7] == origin[3, 7] - np.float32(5) * np.abs(origin).max() / np.float32(128)
    assert (moved != origin).sum() == 1


def test_the_best_move_is_made_only_while_it_pays() -> None:
    _, odd = halves(images())
    before = count_errors(prior(), odd).errors
    steps = best_steps(prior(), odd, LENET, 0.05)
    after = count_errors(apart(prior(), steps), odd).errors
    price = [charge(encode(s, LENET), OWN).charged_bits for s in (none_of(prior()), steps)]
    assert bounds.occam(after, len(odd), price[1]) <= bounds.occam(before, len(odd), price[0])


def test_the_certificate_says_both_bounds() -> None:
    certificate = issued()[2]
    assert certificate.risk_bound >= bounds.occam(
        certificate.errors, certificate.n, certificate.effective_bits, 0.05
    )
    assert certificate.hold_out_bound >= bounds.clopper_pearson(certificate.hold_out_errors, certificate.n)
    assert "given a prior trained on the other 151" in certificate.claim
    assert "plain hold-out bound" in certificate.hold_out_claim


def test_a_written_certificate_is_valid(tmp_path: Path) -> None:
    write_informed(tmp_path, *issued())
    assert is_informed(tmp_path)
    assert verify_informed(tmp_path).status == "CONSISTENT, NOT RECOUNTED"
    verdict = verify_informed(tmp_path, images())
    assert (verdict.status, verdict.exit_code) == ("VALID", 0)


@pytest.mark.parametrize(
    ("code", "altered"),
    [
        ("recount", {"errors": 0, "hold_out_errors": 0}),
        ("bound", {"risk_bound": 1e-6}),
        ("bound", {"hold_out_bound": 1e-6}),
        ("bits", {"effective_bits": 1.0}),
        ("prior-digest", {"prior_sha256": "0" * 64}),
        ("message-digest", {"message_sha256": "0" * 64}),
        ("assumptions", {"assumptions": ()}),
        ("claim", {"claim": "It is always right."}),
        ("n", {"prior_examples": 1}),
    ],
)
def test_an_altered_field_is_found(tmp_path: Path, code: str, altered: dict[str, object]) -> None:
    from netrazor.informed import informed_checking as checking

    prior_blob, blob, certificate = issued()
    changed = certificate.model_copy(update=altered)
    if code in ("recount", "n"):  # a forger would make the rest fit
        first, second = checking.bounds_of(changed)
        changed = changed.model_copy(update={"risk_bound": first, "hold_out_bound": second})
        claim, hold_out_claim = checking.claims(changed)
        changed = changed.model_copy(update={"claim": claim, "hold_out_claim": hold_out_claim})
    write_informed(tmp_path, prior_blob, blob, seal(changed))
    verdict = verify_informed(tmp_path, images())
    assert verdict.status == "INVALID"
    assert code in {finding.code for finding in verdict.findings}


def test_another_data_set_is_refused(tmp_path: Path) -> None:
    write_informed(tmp_path, *issued())
    assert verify_informed(tmp_path, images(299)).findings[0].code == "dataset"


def test_damaged_files_are_findings_and_missing_ones_wrong_use(tmp_path: Path) -> None:
    write_informed(tmp_path, *issued())
    (tmp_path / "network.nrz").write_bytes(b"NRZ")
    assert verify_informed(tmp_path, images()).status == "INVALID"
    (tmp_path / "certificate.json").write_text(to_json(issued()[2]).replace("kind", "sort"))
    assert verify_informed(tmp_path, images()).status == "INVALID"
    (tmp_path / "prior.nrz").unlink()
    (tmp_path / "certificate.json").write_text(to_json(issued()[2]))
    with pytest.raises(ConfigurationError, match="cannot read"):
        verify_informed(tmp_path)


def test_a_difference_of_other_arrays_is_refused() -> None:
    from netrazor import coding

    blob = coding.encode({"fc2.weight": np.zeros((10, 500), np.int8)}, architecture=LENET)
    with pytest.raises(CheckpointMismatch, match="a difference for each array"):
        decode(prior(), read(blob, OWN))
