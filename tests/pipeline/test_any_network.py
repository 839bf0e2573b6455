"""Any network, end to end: certified, verified and loaded, the decoded output equal to the network's own."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from networks_of_users import CASES, CLASSES, Case, images
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import prune
from torch.utils.data import Dataset

import netrazor
from netrazor.counting import in_order
from netrazor.errors import (
    BadDataset,
    CheckpointMismatch,
    ConfigurationError,
    NonFiniteWeights,
    UnsupportedModel,
)
from netrazor.networks import coded_state
from netrazor.pipeline import LayerRule, Recipe, recipe_named
from netrazor.pipeline.stages import GradualStage, QuantizeStage, RateStage
from netrazor.train import FitConfig
from text_classifier import TextClassifier

SHORT = FitConfig(steps=2, batch_size=8)
CUT = Recipe(
    name="cut",
    train=SHORT,
    prune=(GradualStage(fit=SHORT, sparsity=0.98, smallest=0.9, end=0.5, every=1),),
    quantize=QuantizeStage(fit=replace(SHORT, freeze_norms=True)),
    noise=None,
)


@pytest.fixture(autouse=True)
def _no_long_search_for_the_shortest_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """How an encoder searches changes no claim; for all but the largest networks it takes most of the time."""
    monkeypatch.setattr("netrazor.coding.message_writer._SMALL", 0)
    monkeypatch.setattr("netrazor.coding.message_writer._LARGE_BUDGET", 2**12)


def certified(case: Case, recipe: Recipe | str, out: Path) -> tuple[nn.Module, netrazor.Certificate]:
    torch.manual_seed(0)
    model = case.build()
    certificate = netrazor.certify(model, case.data(), recipe=recipe, out=out)
    return model, certificate


def assert_decoded_is_same(model: nn.Module, case: Case, out: Path) -> None:
    inputs = next(in_order(case.data(), 4))[0]
    with torch.inference_mode():
        decoded = netrazor.load(out, model=case.build())
        assert torch.equal(decoded(inputs), model.eval()(inputs))


@pytest.mark.parametrize("name", CASES)
def test_trained_pruned_quantized_certified_and_verified(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    model, certificate = certified(case, CUT, tmp_path)
    assert certificate.architecture.name == "custom"
    assert netrazor.verify(tmp_path, case.data(), model=case.build()).status == "VALID"
    assert_decoded_is_same(model, case, tmp_path)
    for array in coded_state(model).values():
        values = array[array != 0]
        assert len(set(values.tolist())) <= 255, "everything is quantized, buffers and norms too"


@pytest.mark.parametrize("name", ["mlp", "text", "transformer"])
def test_exact_keeps_every_weight(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    torch.manual_seed(0)
    before = coded_state(case.build())
    model, _ = certified(case, "exact", tmp_path)
    after = coded_state(netrazor.load(tmp_path, model=case.build()))
    assert all((after[key] == before[key]).all() for key in before)
    assert_decoded_is_same(model, case, tmp_path)


@pytest.mark.parametrize("name", ["mlp", "text"])
def test_post_training_makes_it_shorter_without_training(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    _, whole = certified(case, "as-is", tmp_path / "a")
    model, short = certified(case, replace(recipe_named("post-training"), noise=None), tmp_path / "b")
    assert short.message_bytes < whole.message_bytes / 4
    assert short.risk_bound <= whole.risk_bound
    assert_decoded_is_same(model, case, tmp_path / "b")


def test_noise_only_leaves_the_weights(tmp_path: Path) -> None:
    case = CASES["mlp"]
    noise = replace(recipe_named("noise-only").noise, slack=0.2, shares=(0.05,))
    recipe = replace(recipe_named("noise-only"), noise=noise)
    torch.manual_seed(0)
    model = case.build()
    for parameter in model.parameters():
        parameter.data = torch.round(4 * parameter.data) / 4
    before = coded_state(model)
    certificate = netrazor.certify(model, case.data(), recipe=recipe, out=tmp_path)
    assert set(certificate.considered) == {"occam", "perturbation"}
    after = coded_state(netrazor.load(tmp_path, model=case.build()))
    assert all((after[key] == before[key]).all() for key in before)


def test_pruned_elsewhere_comes_in_as_it_is(tmp_path: Path) -> None:
    case = CASES["mlp"]

    def build() -> nn.Module:
        model = case.build()
        prune.l1_unstructured(model.layers[1], "weight", amount=0.9)
        return model

    model = build()
    netrazor.certify(model, case.data(), recipe="as-is", out=tmp_path)
    assert netrazor.verify(tmp_path, case.data(), model=build()).status == "VALID"
    assert (netrazor.load(tmp_path, model=build()).layers[1].weight == 0).float().mean() > 0.89


def test_tied_weights_are_coded_once_and_stay_tied(tmp_path: Path) -> None:
    class Tied(TextClassifier):
        def __init__(self) -> None:
            super().__init__(40, CLASSES, width=6, hidden=40)
            self.fc1.weight = self.embedding.weight

    case = Case(Tied, CASES["text"].data)
    model, _ = certified(case, CUT, tmp_path)
    decoded = netrazor.load(tmp_path, model=Tied())
    assert decoded.fc1.weight is decoded.embedding.weight
    assert_decoded_is_same(model, case, tmp_path)


def test_rules_say_which_layers_are_pruned_and_in_how_many_bits() -> None:
    case = CASES["mlp"]
    torch.manual_seed(0)
    model = case.build()
    rules = (LayerRule("*.1.weight", prune=False, zero=False, bits=2), LayerRule("*.3.weight", sparsity=0.5))
    netrazor.certify(model, case.data(), recipe=replace(CUT, rules=rules, simplify=False))
    first, last = model.layers[1].weight, model.layers[3].weight
    assert (first != 0).all()
    assert len(first.unique()) == 4
    assert int((last == 0).sum()) == last.numel() // 2


def test_a_training_step_of_ones_own_is_what_is_minimized() -> None:
    seen = []

    def step(model: nn.Module, inputs: Tensor, labels: Tensor) -> Tensor:
        seen.append(len(inputs))
        return F.multi_margin_loss(model(inputs), labels)

    netrazor.certify(CASES["mlp"].build(), CASES["mlp"].data(), recipe=CUT, training_step=step)
    assert seen == [8] * 6


def test_rate_pruning_keeps_weights_in_proportion_to_the_examples() -> None:
    assert RateStage(fit=SHORT, per_example=0.5).kept(200, 1000) == 100
    assert RateStage(fit=SHORT, share=0.01).kept(200, 1000) == 10
    with pytest.raises(ValueError, match="exactly one"):
        RateStage(fit=SHORT, nonzeros=3, share=0.1)


class Hooked(nn.Module):
    """A network with one number for each example, which is for two classes."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(64, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x.flatten(1))[:, 0]


class Scaled(Dataset[tuple[Tensor, int]]):
    """Images behind a transform with measured numbers."""

    def __init__(self, mean: float) -> None:
        self.transform = lambda x: x - mean

    def __len__(self) -> int:
        return 24

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(torch.full((1, 8, 8), index / 32)), index % CLASSES


class Augmented(Scaled):
    """Another image at each reading."""

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return torch.rand(1, 8, 8), index % CLASSES


class Regression(Scaled):
    """Targets instead of classes: no 0-1 loss can be counted."""

    def __getitem__(self, index: int) -> tuple[Tensor, float]:  # type: ignore[override]
        return torch.full((1, 8, 8), index / 32), index / 3


def not_a_number(model: nn.Module) -> nn.Module:
    nn.init.constant_(next(model.parameters()), float("nan"))
    return model


MLP = CASES["mlp"].build


@pytest.mark.parametrize(
    ("model", "data", "options", "error", "match"),
    [
        (MLP, lambda: images((3, 8, 8)), {}, UnsupportedModel, "forward pass on inputs of shape .* failed"),
        (Hooked, CASES["mlp"].data, {}, BadDataset, r"label 2: must be in 0 \.\. 1"),
        (lambda: not_a_number(MLP()), CASES["mlp"].data, {}, NonFiniteWeights, "NaN"),
        (MLP, lambda: Scaled(0.1307), {}, BadDataset, r"transform.*0\.1307.*buffer"),
        (MLP, lambda: Augmented(0.5), {}, BadDataset, "random augmentation"),
        (MLP, lambda: Regression(0.5), {}, BadDataset, "label 1: one whole number needed"),
        (
            MLP,
            CASES["mlp"].data,
            {"loss": lambda s, y: s},
            ConfigurationError,
            "loss in stage .* one number",
        ),
        (
            MLP,
            CASES["mlp"].data,
            {"recipe": replace(CUT, rules=(LayerRule("conv9.*", prune=False),))},
            ConfigurationError,
            r"'conv9\.\*' fits no parameter or buffer; the names are layers\.1\.weight",
        ),
    ],
)
def test_what_cannot_be_certified_is_named(model, data, options, error, match) -> None:
    with pytest.raises(error, match=match):
        netrazor.certify(model(), data(), **{"recipe": CUT, **options})


def test_a_short_constant_in_a_transform_is_no_learnt_number() -> None:
    assert netrazor.certify(MLP(), Scaled(0.5), recipe="as-is").n == 24


def test_a_message_of_another_network_is_refused(tmp_path: Path) -> None:
    certified(CASES["mlp"], "as-is", tmp_path)
    with pytest.raises(CheckpointMismatch, match="whose graph is that of the certificate"):
        netrazor.load(tmp_path, model=CASES["text"].build())
