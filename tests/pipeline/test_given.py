"""Certificates of what comes after given arrays: these cost nothing, and nothing changes them."""

import json
import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from networks_of_users import CASES
from torch import Tensor, nn
from torch.nn import functional as F

import netrazor
import tiny
from netrazor.certification import check_run, measure_yardsticks, read_run, seal, to_json
from netrazor.certification.run_directory import CERTIFICATE, GIVEN_ARRAYS
from netrazor.compress import SmallSearchConfig
from netrazor.counting import count_errors, in_order
from netrazor.errors import BadDataset, CheckpointMismatch, ConfigurationError
from netrazor.networks import coded_state
from netrazor.networks.coded_part import coded_part
from netrazor.networks.exported_graph import export
from netrazor.pipeline import Recipe, RunConfiguration, given_part, recipe_named, run
from netrazor.pipeline.given_description import FrozenWeightsCharged
from netrazor.pipeline.issuing import conclude
from netrazor.train import FitConfig

BACKBONE, ORIGIN = ("conv", "fc1"), "drawn at random, before anything"
TRAIN = Recipe(name="a-few-steps", train=FitConfig(20, 50, tiny.FAST), noise=None)


def certified(out: Path, **changes: object) -> netrazor.Certificate:
    settings = {"recipe": tiny.NO_NOISE, "given": BACKBONE, "given_origin": ORIGIN, "out": out, **changes}
    return netrazor.certify(tiny.small().eval(), tiny.images(), **settings)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("given") / "run"
    certified(out)
    return out


def test_only_what_is_not_given_is_coded_and_charged(finished: Path) -> None:
    files = read_run(finished)
    certificate = files.certificate
    assert files.message is not None
    assert set(netrazor.coding.decode(files.message)) == {"fc2.weight", "fc2.bias"}
    assert certificate.prior.given is not None
    assert certificate.prior.given.origin == ORIGIN
    assert certificate.prior.given_arrays is not None
    assert certificate.prior.given_arrays.arrays == 4
    assert any("given arrays" in told for told in certificate.assumptions)
    assert "prior and message" in certificate.claim
    assert check_run(files)[0] == ()


def test_given_arrays_stay_and_the_model_becomes_what_was_certified(tmp_path: Path) -> None:
    model = tiny.small().eval()
    before = coded_state(model)
    certificate = netrazor.certify(
        model, tiny.images(), recipe=tiny.NO_NOISE, given=BACKBONE, given_origin=ORIGIN, out=tmp_path / "run"
    )
    after = coded_state(model)
    for name, array in before.items():
        assert np.array_equal(array, after[name]) == name.startswith(BACKBONE)
    assert count_errors(model, tiny.images()).errors == certificate.errors
    loaded = netrazor.load(tmp_path / "run", tiny.small())
    assert all(np.array_equal(array, coded_state(loaded)[name]) for name, array in after.items())


def test_verify_takes_the_given_arrays_from_the_model(finished: Path) -> None:
    assert netrazor.verify(finished, tiny.images(), tiny.small()).status == "VALID"
    assert netrazor.verify(finished).status == "CONSISTENT, NOT RECOUNTED"
    verdict = netrazor.verify(finished, tiny.images(), tiny.small(1))
    assert verdict.status == "INVALID"
    assert "load the given weights" in verdict.findings[0].text


def test_verify_takes_the_given_arrays_from_a_file(finished: Path, tmp_path: Path) -> None:
    state = {k: v for k, v in tiny.small().state_dict().items() if k.startswith(BACKBONE)}
    path = tmp_path / "backbone.safetensors"
    safetensors.torch.save_file(state, path)
    assert netrazor.verify(finished, tiny.images(), tiny.small(1), given=path).status == "VALID"
    own = tmp_path / "run"
    shutil.copytree(finished, own)
    shutil.copy(path, own / GIVEN_ARRAYS)
    assert netrazor.verify(own, tiny.images(), tiny.small(1)).status == "VALID"
    state["conv.bias"] = state["conv.bias"] + 1
    safetensors.torch.save_file(state, path)
    verdict = netrazor.verify(finished, tiny.images(), tiny.small(), given=path)
    assert (verdict.status, verdict.findings[0].code) == ("INVALID", "architecture")
    with pytest.raises(CheckpointMismatch, match="digest"):
        netrazor.load(finished, tiny.small(), given=path)
    path.write_bytes(b"not a file of tensors")
    with pytest.raises(CheckpointMismatch, match="read safely"):
        netrazor.load(finished, tiny.small(), given=path)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sha256": "0" * 64}, "architecture"),
        ({"arrays": 5}, "architecture"),
        ({"bytes": 0}, "architecture"),
        (None, "architecture"),
    ],
)
def test_a_certificate_that_names_other_given_arrays(
    finished: Path, tmp_path: Path, change: dict[str, object] | None, code: str
) -> None:
    """Without the record, the message would have to hold all arrays; with another, the digest does not fit."""
    certificate = read_run(finished).certificate
    record = None if change is None else certificate.prior.given.model_copy(update=change)  # type: ignore[union-attr]
    prior = certificate.prior.model_copy(update={"given": record})
    altered = conclude(certificate.model_copy(update={"prior": prior}))
    shutil.copytree(finished, tmp_path / "run")
    (tmp_path / "run" / CERTIFICATE).write_text(to_json(seal(altered)))
    verdict = netrazor.verify(tmp_path / "run", tiny.images(), tiny.small())
    assert (verdict.status, verdict.findings[0].code) == ("INVALID", code)


def test_a_finished_run_is_taken_up_and_one_of_another_given_part_is_not(finished: Path) -> None:
    assert certified(finished).seal == read_run(finished).certificate.seal
    with pytest.raises(ConfigurationError, match=r"given\.arrays"):
        certified(finished, given="conv")
    with pytest.raises(ConfigurationError, match=r"given\.origin"):
        certified(finished, given_origin="elsewhere")


def test_a_noisy_certificate_of_a_part() -> None:
    certificate = netrazor.certify(
        tiny.linear().eval(), tiny.images(2000), recipe=tiny.NOISY, given="1.bias", given_origin=ORIGIN
    )
    assert certificate.method == "perturbation"
    assert certificate.risk_bound < 0.6


def test_a_search_among_whole_numbers_behind_given_arrays() -> None:
    recipe = recipe_named("small")
    recipe = replace(recipe, small=SmallSearchConfig(kicks=1, polish=2, scales=(2.0,)))
    certificate = netrazor.certify(
        tiny.small().eval(), tiny.images(), recipe=recipe, given=BACKBONE, given_origin=ORIGIN
    )
    assert certificate.risk_bound < measure_yardsticks(certificate).majority_bound


def test_counts_do_not_depend_on_whether_features_were_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    on_features = netrazor.certify(
        tiny.small().eval(), tiny.images(), recipe=TRAIN, given=BACKBONE, given_origin=ORIGIN
    )
    monkeypatch.setattr(given_part, "features_fit", lambda size: False)
    on_inputs = netrazor.certify(
        tiny.small().eval(), tiny.images(), recipe=TRAIN, given=BACKBONE, given_origin=ORIGIN
    )
    assert abs(on_features.errors - on_inputs.errors) <= 4
    assert on_features.sample == on_inputs.sample
    monkeypatch.undo()
    monkeypatch.setattr(given_part, "_gives_same_scores", lambda *args: False)
    counted_again = netrazor.certify(
        tiny.small().eval(), tiny.images(), recipe=TRAIN, given=BACKBONE, given_origin=ORIGIN
    )
    assert counted_again == on_features


def test_other_examples_to_train_on_come_as_they_are() -> None:
    seen = []

    def step(model: nn.Module, inputs: Tensor, labels: Tensor) -> Tensor:
        seen.append(inputs.shape[1:])
        return F.cross_entropy(model(inputs), labels)

    configuration = RunConfiguration(recipe=TRAIN, given=BACKBONE, given_origin=ORIGIN, training_step=step)
    run(tiny.small().eval(), tiny.images(), configuration)
    assert set(seen) == {(1, 8, 8)}


class Branching(tiny.Small):
    """Its forward pass depends on values of weights, so that it is no graph."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) if float(self.conv.weight.abs().sum()) > 0 else super().forward(-x)


def test_a_network_that_is_no_graph_goes_on_without_features(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model, out = Branching().eval(), tmp_path / "run"
    certificate = netrazor.certify(
        model, tiny.images(), recipe=TRAIN, given=BACKBONE, given_origin=ORIGIN, out=out
    )
    plain = netrazor.certify(
        tiny.small().eval(), tiny.images(), recipe=TRAIN, given=BACKBONE, given_origin=ORIGIN
    )
    assert abs(certificate.errors - plain.errors) <= 4
    torch.manual_seed(0)
    assert netrazor.verify(out, tiny.images(), Branching()).status == "VALID"


def test_a_given_array_that_changes_in_training_is_named() -> None:
    model = tiny.small().eval()

    def step(part: nn.Module, inputs: Tensor, labels: Tensor) -> Tensor:
        with torch.no_grad():
            model.conv.bias.add_(1)  # type: ignore[union-attr, operator]
        return F.cross_entropy(part(inputs), labels)

    with pytest.raises(CheckpointMismatch, match=r"conv\.bias changed"):
        netrazor.certify(
            model, tiny.images(), recipe=TRAIN, given=BACKBONE, given_origin=ORIGIN, training_step=step
        )


def test_a_given_part_in_training_mode_with_statistics_is_refused() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(72, tiny.CLASSES))
    with pytest.raises(ConfigurationError, match=r"1\.running_mean.*training mode"):
        netrazor.certify(model, tiny.images(), given=["0", "1"], given_origin=ORIGIN)


@pytest.mark.parametrize("origin", [None, "", "  "])
def test_an_origin_is_needed(origin: str | None) -> None:
    with pytest.raises(ConfigurationError, match="given_origin"):
        netrazor.certify(tiny.small().eval(), tiny.images(), given=BACKBONE, given_origin=origin)


def test_features_that_are_not_finite_name_an_example() -> None:
    model, images = tiny.small().eval(), tiny.images()
    images.images[300] = 255  # alone so bright that its features are more than a float can be
    with torch.no_grad():
        model.conv.weight.fill_(4.2e37)  # type: ignore[union-attr, operator]
        model.fc1.weight.mul_(1e-38)  # type: ignore[union-attr, operator]
    with pytest.raises(BadDataset, match="number 300 "):
        netrazor.certify(model, images, recipe=TRAIN, given="conv", given_origin=ORIGIN)


def test_an_adapter_whose_base_is_missing(finished: Path) -> None:
    class Adapter(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc2 = nn.Linear(12, tiny.CLASSES)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc2(x)

    verdict = netrazor.verify(finished, tiny.images(), Adapter())
    assert verdict.status == "INVALID"


def test_frozen_weights_that_are_charged_are_said() -> None:
    model = tiny.small().eval()
    model.conv.requires_grad_(False)  # type: ignore[union-attr]
    with pytest.warns(FrozenWeightsCharged, match=r"2 tensors of 40 numbers.*given='frozen'"):
        plain = netrazor.certify(model, tiny.images(), recipe=TRAIN)
    with warnings.catch_warnings():
        warnings.simplefilter("error", FrozenWeightsCharged)
        given = netrazor.certify(model, tiny.images(), recipe=TRAIN, given="frozen", given_origin=ORIGIN)
    assert given.effective_bits < plain.effective_bits


@pytest.mark.parametrize("name", [name for name in CASES if name != "text"])
def test_all_kinds_of_networks_come_apart(name: str) -> None:
    model = CASES[name].build().eval()
    names = list(coded_state(model))[:-2]
    inputs = next(in_order(CASES[name].data(), 8))[0]
    part = coded_part(export(model, inputs), names, inputs)
    with torch.no_grad():
        features = part.features_of(inputs)
        part.reads_features = True
        assert torch.allclose(part(features), model(inputs), atol=1e-5)


def test_the_record_is_in_the_file(finished: Path) -> None:
    given = json.loads((finished / CERTIFICATE).read_text())["prior"]["given"]
    assert set(given) == {"form", "sha256", "arrays", "bytes", "origin"}
