"""What is computed on another device is what the CPU computes; run by `test_devices`, in a process of its own.

The device computes by the CPU's own kernels, so that equal means bit for bit; that no tensor of the CPU is mixed with
one of the device, it sees to itself.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import stand_in
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

import command_line
import netrazor
import tiny
from netrazor.compress import (
    CodebookConfig,
    DescentConfig,
    IntegerConfig,
    SearchContext,
    compress_without_training,
)
from netrazor.compress.last_layer import read_last_layer
from netrazor.counting import count_errors
from netrazor.errors import ConfigurationError, NonFiniteWeights, UnsupportedModel
from netrazor.perturb import DrawPlan, draw_error_rates
from netrazor.picking import Augmentation, ExactLearner, PickingConfig, TorchLearner, pick
from netrazor.pipeline import RECIPES, Recipe, Run, RunConfiguration, run
from netrazor.pipeline.stages import (
    GradualStage,
    IntegerStage,
    PolishStage,
    QuantizeStage,
    RateStage,
    SurgeryStage,
)
from netrazor.reproduction.record_networks import IntegerChain
from netrazor.runtime import Silent, devices
from netrazor.train import AllParameters, Batches, Checkpoint, FitConfig, fit
from netrazor.verification import VerifyConfiguration

THERE = stand_in.load(os.environ["STAND_IN"])
FIT = FitConfig(9, 50, tiny.FAST)
BOOKS = CodebookConfig(bits=3, vector_bits=2, center_bits=6, reassign_every=3)
QUANTIZE = QuantizeStage(FIT, BOOKS)
STILL = replace(FIT, freeze_norms=True)
SHORT = replace(RECIPES["post-training"].post_training, search_examples=200, gradient_batches=2, rounds=0)
KINDS = {
    "dense": Recipe("dense", train=FIT, noise=None),
    "rate": Recipe("rate", prune=(RateStage(FIT, nonzeros=60, every=3),), noise=None),
    "surgery": Recipe("surgery", prune=(SurgeryStage(FIT, (0.0, 0.5, 1.0), (1.0, 0.5)),), noise=None),
    "gradual": Recipe("gradual", prune=(GradualStage(FIT, 0.8, every=3),), noise=None),
    "quantize": Recipe("quantize", train=FIT, quantize=QUANTIZE, noise=None),
    "frozen norms": Recipe("frozen", train=FIT, quantize=QuantizeStage(STILL, BOOKS), noise=None),
    "integers": Recipe(
        "integers", integers=IntegerStage(FIT, IntegerConfig(target_bits=300, every=3)), noise=None
    ),
    "given integers": Recipe(
        "given",
        train=FIT,
        integers=IntegerStage(FIT, IntegerConfig(target_bits=300, every=3, start="given")),
        noise=None,
    ),
    "descent": Recipe(
        "descent",
        prune=(RateStage(FIT, nonzeros=60, every=3),),
        quantize=QUANTIZE,
        descend=DescentConfig(1, pairs=False),
        noise=None,
    ),
    "polish": Recipe(
        "polish",
        integers=IntegerStage(FIT, IntegerConfig(target_bits=300, every=3)),
        descend=DescentConfig(1, pairs=False),
        polish=PolishStage(FIT, cycles=1),
        noise=None,
        simplify=False,
    ),
    "post-training": replace(RECIPES["post-training"], post_training=SHORT, noise=None),
}


@pytest.fixture(autouse=True)
def _no_long_search_for_the_shortest_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netrazor.coding.message_writer._SMALL", 0)
    monkeypatch.setattr("netrazor.coding.message_writer._LARGE_BUDGET", 2**12)


class Normed(nn.Module):
    """A convolution, a batch norm, places that are made in the forward pass.

    No dropout, which other devices compute in another order, and a ``view``, which keeps to one layout: sums over
    channels-last copies round otherwise.
    """

    seen: set[str]

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, stride=2)
        self.norm = nn.BatchNorm2d(4)
        self.fc = nn.Linear(36, tiny.CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            Normed.seen.add(x.device.type)
        x = x + torch.arange(x.shape[-1]) / 8
        return self.fc(torch.relu(self.norm(self.conv(x))).view(len(x), 36))


def normed() -> nn.Module:
    torch.manual_seed(0)
    Normed.seen = set()
    return Normed()


def certified(model: nn.Module, recipe: Recipe, **options: Any) -> Run:
    return run(model, tiny.images(), RunConfiguration(recipe=recipe, **options))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_stage(kind: str) -> None:
    home = certified(normed(), KINDS[kind])
    model = normed()
    there = certified(model, KINDS[kind], device="stand_in")
    assert there.issued.blob == home.issued.blob
    assert there.issued.certificate.seal == home.issued.certificate.seal
    assert devices.device_of(model) == devices.CPU
    assert Normed.seen == ({"stand_in"} if kind != "post-training" else set())


def test_channels_last_up_to_rounding() -> None:
    home, there = (tiny.small().to(memory_format=torch.channels_last) for _ in range(2))
    home.drop.p = there.drop.p = 0.0
    with devices.placed(there, THERE) as away:
        for model in (home, away):
            model.forward = lambda x, model=model: model.fc2(model.fc1(model.conv(x).flatten(1)))
            fit(model, AllParameters(model), Batches(tiny.images(), 20, seed=0), replace(FIT, steps=4))
        assert away.conv.weight.is_contiguous(memory_format=torch.channels_last)
    for a, b in zip(home.parameters(), there.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def upright() -> nn.Module:
    """A front that makes its coordinates in the forward pass."""
    torch.manual_seed(0)
    return IntegerChain((1, 8, 8), deskew=True, filters=6, units=4, classes=tiny.CLASSES)


@pytest.mark.parametrize("network", [tiny.small, normed, upright])
def test_errors_and_noisy_risk(network: Callable[[], nn.Module]) -> None:
    model, data = network(), tiny.images()
    there = devices.copy_on(model, THERE)
    assert devices.device_of(there) == THERE
    assert count_errors(there, data) == count_errors(model, data)
    sigma = {name: 0.05 for name, p in model.named_parameters() if p.ndim > 1}
    home, away = (draw_error_rates(of, sigma, data, DrawPlan(8, passes=2)) for of in (model, there))
    assert torch.equal(home, away)
    layers = [read_last_layer(model, data, device=device) for device in (devices.CPU, THERE)]
    assert layers[0][0] is layers[1][0]
    assert all(torch.equal(a, b) for a, b in zip(layers[0][1:], layers[1][1:], strict=True))


@pytest.mark.parametrize("name", ["exact", "of floats"])
def test_picks(name: str) -> None:
    """The learner's images are changed there too."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "picking"))
    from pickable import exact_layers, exact_learner, images

    changes = Augmentation(rotation=9, scale=0.1, shift=1.0, elastic=0.5, flip=True, crop=1, erase=2)
    picked = []
    for device in ("cpu", "stand_in"):
        learner: Any = TorchLearner(exact_layers, augmentation=changes, device=device)
        if name == "exact":
            learner = ExactLearner(exact_layers, exact_learner().training, device=device)
        picking = pick(learner, images(150), PickingConfig(stops=(10, 16), first=6, growth_percent=50))
        held = learner.state()
        weights = held["fine"] if name == "exact" else list(held["average"].values())
        picked.append((picking.picks.tolist(), picking.best, weights))
    assert picked[0][:2] == picked[1][:2]
    assert all(
        b.device == devices.CPU and torch.equal(a, b) for a, b in zip(picked[0][2], picked[1][2], strict=True)
    )


def test_images_in_memory_are_taken_there_once_and_are_the_same_bits() -> None:
    home, there = (Batches(tiny.images(), 30, seed=1, device=device) for device in (devices.CPU, THERE))
    for (_, x, y), (_, inputs, labels) in zip(home.steps(5, 20), there.steps(5, 20), strict=True):
        assert inputs.device == labels.device == THERE
        assert torch.equal(x, inputs.cpu())
        assert torch.equal(y, labels.cpu())
    assert there.dataset.images.dtype == torch.uint8


def test_a_loss_that_is_not_finite_there_is_found_some_steps_later() -> None:
    model = devices.copy_on(tiny.linear(), THERE)
    batches = Batches(tiny.images(), 20, seed=0, device=THERE)
    losses = iter([1.0] * 3 + [float("nan")] * 100)

    def fit_to(steps: int) -> None:
        loss = lambda scores, labels: scores.sum() * next(losses)  # noqa: E731
        fit(model, AllParameters(model), batches, FitConfig(steps, 20, tiny.FAST), loss=loss)

    with pytest.raises(NonFiniteWeights, match="the 50 steps up to 49"):
        fit_to(60)
    with pytest.raises(NonFiniteWeights, match="the 2 steps up to 1"):
        fit_to(2)


def test_a_certificate_with_all_that_it_states_counted_there(tmp_path: Path) -> None:
    recipe = replace(tiny.NOISY, noise=replace(tiny.NOISY.noise, slack=0.1, shares=(0.3,)))
    home = certified(tiny.linear(), recipe).issued.certificate
    there = certified(tiny.linear(), recipe, device="stand_in", count_on="stand_in", out=tmp_path)
    assert (there.issued.certificate.errors, there.issued.certificate.noise) == (home.errors, home.noise)
    assert " on stand_in, " in there.issued.certificate.evaluation.runtime
    for device in ("cpu", "stand_in"):
        there = VerifyConfiguration(device=device)
        verdict = netrazor.verify(tmp_path, tiny.images(), tiny.linear(), configuration=there)
        assert verdict.status == "VALID"


class Stop(Exception):
    """Taken for the death of a process."""


@pytest.mark.parametrize("after", ["stand_in", "cpu"])
def test_a_run_goes_on_from_its_checkpoint(
    after: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dropout, masks, codebooks and all: on the device it ends as if never stopped; on another it ends well."""
    saved = []

    def save(self: Checkpoint, state: dict[str, Any]) -> None:
        plain(self, state)
        saved.append(state)
        if len(saved) in (5, 20, 33):
            raise Stop

    monkeypatch.setattr(Checkpoint, "due", lambda self: True)
    if after == "stand_in":
        whole = certified(tiny.small(), tiny.NO_NOISE, device="stand_in", out=tmp_path / "whole")
    plain = Checkpoint.save
    monkeypatch.setattr(Checkpoint, "save", save)
    for _ in range(3):
        with pytest.raises(Stop):
            certified(tiny.small(), tiny.NO_NOISE, device="stand_in", out=tmp_path / "stopped")
    resumed = certified(tiny.small(), tiny.NO_NOISE, device=after, out=tmp_path / "stopped")
    assert all(t.device == devices.CPU for t in saved[0]["of_stage"]["model"].values())
    if after == "stand_in":
        assert resumed.issued.blob == whole.issued.blob
    assert netrazor.verify(tmp_path / "stopped", tiny.images(), model=tiny.small()).status == "VALID"


def test_bfloat16_is_the_devices() -> None:
    model, seen = devices.copy_on(tiny.small(), THERE), []
    model.fc2.register_forward_hook(lambda *call: seen.append((call[-1].device, call[-1].dtype)))
    config = replace(FIT, steps=2, precision="bf16-mixed")
    fit(model, AllParameters(model), Batches(tiny.images(), 20, seed=0), config)
    assert seen == [(THERE, torch.bfloat16)] * 2


def test_a_copy_shares_what_the_network_shares() -> None:
    model = tiny.small()
    model.tied, model.part = model.fc2, model.fc1.weight.data[2:4]
    with devices.placed(model, THERE) as there:
        assert there.tied is there.fc2
        assert there.part.untyped_storage().data_ptr() == there.fc1.weight.untyped_storage().data_ptr()
        there.fc1.weight.data.fill_(3)
    assert (model.part == 3).all()
    assert devices.copy_on(model, devices.CPU) is model


def test_cut_without_training_there() -> None:
    home, there = tiny.small(), devices.copy_on(tiny.small(), THERE)
    bounds = [
        compress_without_training(model, SHORT, SearchContext(tiny.images())) for model in (home, there)
    ]
    assert bounds[0] == bounds[1]
    assert all(torch.equal(a, b.cpu()) for a, b in zip(home.parameters(), there.parameters(), strict=True))


def test_a_network_that_does_not_run_there(monkeypatch: pytest.MonkeyPatch) -> None:
    class Says(Silent):
        lines: tuple[str, ...] = ()

        def say(self, line: str) -> None:
            self.lines += (line,)

    class OnTheCPU(tiny.Small):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x + torch.from_numpy(np.ones(8, np.float32)))

    with pytest.raises(UnsupportedModel, match=r"makes tensors on the CPU.*choose the device cpu"):
        certified(OnTheCPU(), KINDS["dense"], device="stand_in")
    monkeypatch.setattr(devices, "chosen", lambda name, _: THERE if name == "auto" else devices.CPU)
    says = Says()
    certified(OnTheCPU(), KINDS["dense"], device="auto", reporter=says)
    assert "computed on the CPU: forward pass" in says.lines[0]


def test_each_process_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert devices.chosen("stand_in") == torch.device("stand_in:1")
    assert devices.chosen("stand_in:3") == torch.device("stand_in:3")
    monkeypatch.setenv("LOCAL_RANK", "8")
    with pytest.raises(ConfigurationError, match="start no more processes than there are devices"):
        devices.chosen("stand_in")


def test_the_command(tmp_path: Path) -> None:
    from PIL import Image

    for label in range(3):
        (tmp_path / "photos" / str(label)).mkdir(parents=True)
        for number in range(4):
            Image.new("RGB", (4, 4), (60 * label, 9 * number, 0)).save(
                tmp_path / "photos" / str(label) / f"{number}.png"
            )
    (tmp_path / "mine.py").write_text(
        "from torch import nn\ndef build():\n    return nn.Sequential(nn.Flatten(), nn.Linear(48, 3))\n"
    )
    save_file({"1.weight": torch.randn(3, 48), "1.bias": torch.zeros(3)}, tmp_path / "mine.safetensors")
    source = ["--model", f"{tmp_path}/mine.py:build", "--data", f"{tmp_path}/photos"]
    place = ["--out", f"{tmp_path}/run", "--weights", f"{tmp_path}/mine.safetensors", "--recipe", "as-is"]
    code, text = command_line.netrazor("certify", *source, *place, "--device", "stand_in")
    assert code == 0, text
    assert command_line.netrazor("verify", tmp_path / "run", *source, "--device", "stand_in")[0] == 0
    assert command_line.netrazor("verify", tmp_path / "run", "--device", "gpu")[0] == 2


@pytest.mark.parametrize(
    "mix",
    [
        lambda t: t + torch.ones(3),
        lambda t: t.numpy(),
        lambda t: torch.cat([t, torch.ones(3)]),
        lambda t: t.normal_(generator=torch.Generator()),
        lambda t: t.index_put_((torch.tensor([0]),), torch.ones(1)),
        lambda t: nn.functional.linear(t, torch.ones(1, 3)),
    ],
)
def test_the_stand_in_mixes_with_nothing(mix: Callable[[Tensor], Tensor]) -> None:
    with pytest.raises((RuntimeError, TypeError), match=r"device|numpy"):
        mix(torch.ones(3, device=THERE))
