"""Training towards a teacher: its answers are learnt, errors are of the labels, and what is no teacher is named."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn
from torch.nn import functional as F

import netrazor
from netrazor import claims
from netrazor.certification import Certificate
from netrazor.compress import CodebookConfig
from netrazor.counting import count_errors
from netrazor.data.tables import TableDataset, table_of
from netrazor.errors import CheckpointMismatch, ConfigurationError, UnsupportedModel
from netrazor.pipeline import IntegerStage, PolishStage, QuantizeStage, RateStage, Recipe, recipe_from_yaml
from netrazor.pipeline.recipes import RECIPES
from netrazor.pipeline.run_configuration import RunConfiguration
from netrazor.pipeline.transfer import transfer
from netrazor.train import Batches, DistillConfig, FitConfig, OptimizerConfig, SoftTargets
from netrazor.train.soft_targets import cross_entropy, expected_hits

N, FEATURES, CLASSES = 600, 8, 4
TRIED = 2  # inputs, to see what it takes and gives
FAST = OptimizerConfig(rate=1e-2, decay="cosine", floor=0.1)
CUT = Recipe(
    name="cut",
    train=FitConfig(150, 100, FAST),
    prune=(RateStage(FitConfig(150, 100, FAST), nonzeros=60, every=5),),
    quantize=QuantizeStage(FitConfig(150, 100, FAST), CodebookConfig(bits=4, vector_bits=4, center_bits=6)),
    noise=None,
)


class Teacher(nn.Module):
    """The law itself, before half of the labels were drawn anew."""

    def __init__(self, *, outputs: int = CLASSES) -> None:
        super().__init__()
        self.layer = nn.Linear(FEATURES, outputs)
        with torch.no_grad():
            self.layer.weight.copy_(4 * torch.eye(outputs, FEATURES))
            self.layer.bias.zero_()
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


class Counting(Teacher):
    """It counts the examples that it is shown; its answers stay the same."""

    asked = 0

    def forward(self, x: Tensor) -> Tensor:
        self.asked += len(x)
        return super().forward(x)


def inputs(seed: int, n: int = N) -> Tensor:
    return torch.randn(n, FEATURES, generator=torch.Generator().manual_seed(seed))


def examples(n: int = N) -> TableDataset:
    rows, generator = inputs(1, n), torch.Generator().manual_seed(2)
    drawn = torch.randint(0, CLASSES, (n,), generator=generator)
    labels = torch.where(torch.rand(n, generator=generator) < 1 / 2, drawn, Teacher()(rows).argmax(1))
    return table_of(rows, labels, name="noisy labels")


def fresh(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(FEATURES, 16), nn.ReLU(), nn.Linear(16, CLASSES))


@pytest.fixture(autouse=True)
def _no_long_search_for_the_shortest_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netrazor.coding.message_writer._SMALL", 0)
    monkeypatch.setattr("netrazor.coding.message_writer._LARGE_BUDGET", 2**12)


def certified(out: Path, **options: object) -> tuple[Certificate, nn.Module]:
    network = fresh()
    certificate = netrazor.certify(network, examples(), out=out, **{"recipe": CUT, **options})  # type: ignore[arg-type]
    return certificate, network.eval()


def test_the_short_network_comes_closer_to_the_teacher_and_so_does_the_bound_on_that(tmp_path: Path) -> None:
    teacher = Counting()
    by_labels, _ = certified(tmp_path / "labels")
    by_teacher, network = certified(tmp_path / "distilled", teacher=teacher)
    assert teacher.asked == N + TRIED, "each answer is computed once, whatever the number of steps"
    assert by_teacher.effective_bits == pytest.approx(by_labels.effective_bits, rel=0.1)
    labels, distilled = (
        netrazor.extend(tmp_path / name, Teacher(), inputs(3, 4000), training=examples())
        for name in ("labels", "distilled")
    )
    assert distilled.disagreements < 0.6 * labels.disagreements
    assert distilled.risk_bound < labels.risk_bound
    assert by_teacher.errors == count_errors(network, examples()).errors, (
        "against the labels, not the answers"
    )
    assert netrazor.verify(tmp_path / "distilled", examples()).status == "VALID", "and without the teacher"
    assert by_teacher.provenance.configuration["distill"] == {"temperature": 2.0, "weight": 0.5}
    assert "distill" not in by_labels.provenance.configuration


@pytest.mark.parametrize(
    "parts",
    [
        {"integers": IntegerStage(FitConfig(60, 100, FAST))},
        {"polish": PolishStage(FitConfig(5, 100, FAST), cycles=1)},
        {"sizes": dataclasses.replace(RECIPES["quick"].sizes, factors=(1.0,), bits=())},  # type: ignore[type-var]
    ],
)
def test_every_stage_that_trains_takes_a_teacher(parts: dict, tmp_path: Path) -> None:
    recipe = dataclasses.replace(CUT, **parts, quantize=None if "integers" in parts else CUT.quantize)
    certificate, _ = certified(tmp_path, recipe=recipe, teacher=Teacher())
    assert netrazor.verify(tmp_path, examples()).status == "VALID"
    assert certificate.errors < certificate.n


def test_behind_given_arrays_and_on_other_training_examples(tmp_path: Path) -> None:
    teacher, more = Counting(), examples(700)
    certified(tmp_path / "given", teacher=teacher, given=["0"], given_origin="drawn at random")
    assert netrazor.verify(tmp_path / "given", examples(), fresh()).status == "VALID"
    assert teacher.asked == N + TRIED
    certified(tmp_path / "more", teacher=teacher, training=more)
    assert teacher.asked == N + 700 + 2 * TRIED


def test_what_the_targets_are() -> None:
    scores, labels = torch.tensor([[0.0, 2.0], [6.0, 0.0], [1.0, 1.0]]), torch.tensor([1, 0, 0])
    soft = SoftTargets(scores, DistillConfig(temperature=2.0, weight=0.75))
    found = soft.probabilities(torch.tensor([2, 0]), labels[[2, 0]])
    wanted = 0.75 * F.softmax(scores[[2, 0]] / 2, dim=1) + 0.25 * torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert torch.allclose(found, wanted)
    one_hot = F.one_hot(labels, 2).float()
    assert torch.allclose(cross_entropy(scores, one_hot), F.cross_entropy(scores, labels))
    assert torch.allclose(cross_entropy(scores, labels), F.cross_entropy(scores, labels))
    chances = F.softmax(scores, 1)
    assert torch.equal(expected_hits(chances, labels), chances.gather(1, labels[:, None])[:, 0])
    assert torch.allclose(expected_hits(chances, one_hot), expected_hits(chances, labels))
    assert cross_entropy(scores.bfloat16(), one_hot).dtype == torch.bfloat16


def test_batches_have_the_answers_to_their_own_inputs() -> None:
    rows = examples()
    soft = SoftTargets(10 * rows.inputs[:, :CLASSES], DistillConfig(temperature=1.0))
    batches = Batches(rows, 64, seed=3, soft=soft)
    for step, chosen, targets in batches.steps(7, 40):
        answers = F.softmax(10 * chosen[:, :CLASSES], dim=1)
        (_, same, labels), *_ = Batches(rows, 64, seed=3).steps(step, step + 1)
        assert torch.equal(same, chosen)
        mixed = 0.5 * answers + 0.5 * F.one_hot(labels, CLASSES)
        assert torch.allclose(targets, mixed, atol=1e-6)


def test_a_killed_run_goes_on_and_another_teacher_makes_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = certified(tmp_path / "whole", teacher=Teacher())
    with monkeypatch.context() as killed:
        killed.setattr("netrazor.pipeline.stages.quantize_stage.QuantizeStage.run", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            certified(tmp_path / "killed", teacher=Teacher())
    other = Teacher()
    with torch.no_grad():
        other.layer.weight.mul_(2)
    with pytest.raises(CheckpointMismatch, match="teacher is"):
        certified(tmp_path / "killed", teacher=other)
    again, _ = certified(tmp_path / "killed", teacher=Teacher())
    assert (again.errors, again.effective_bits) == (whole.errors, whole.effective_bits)
    with pytest.raises(ConfigurationError, match="teacher is"):
        certified(tmp_path / "whole")


def test_an_estimator_and_one_score_for_two_classes_teach_too() -> None:
    rows, labels = inputs(1).numpy(), (inputs(1)[:, 0] > 0).long().numpy()
    table = table_of(rows, labels, name="two classes")
    fitted = LogisticRegression().fit(rows, labels)
    torch.manual_seed(0)
    one = nn.Sequential(nn.Linear(FEATURES, 1))
    certificate = netrazor.certify(one, table, recipe=CUT, teacher=fitted)  # type: ignore[arg-type]
    assert certificate.errors < 100


class Odd(nn.Module):
    """Gives what a test says."""

    def __init__(self, give: object) -> None:
        super().__init__()
        self.give = give
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.give(x)  # type: ignore[operator]
        return scores


@pytest.mark.parametrize(
    ("give", "said"),
    [
        (lambda x: x[:, :3], "teacher: scores of 4 classes needed, as the training set has, got 3"),
        (
            lambda x: x[:, :4] / (x[:, :1] > -9).float().sub(1),
            "teacher: finite scores needed, got others for",
        ),
        (lambda x: torch.ones(len(x), 4), "teacher: .* the same for all examples; load its trained weights"),
        (lambda x: x @ torch.ones(3, 4), "teacher: forward pass on inputs"),
    ],
)
def test_answers_that_cannot_be_trained_towards(give: object, said: str) -> None:
    with pytest.raises(UnsupportedModel, match=said):
        netrazor.certify(fresh(), examples(), recipe=CUT, teacher=Odd(give))


def test_what_is_no_teacher() -> None:
    for teacher, said in (
        (Teacher().train(), r"evaluation mode needed, got Teacher in training mode.*teacher_weights="),
        (len, "a torch.nn.Module with trained weights needed, got builtin"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            RunConfiguration(recipe="distill", teacher=teacher)  # type: ignore[arg-type]
    with pytest.raises(
        ConfigurationError, match="teacher: a trained network needed for the recipe 'distill'"
    ):
        RunConfiguration(recipe="distill")
    with pytest.raises(ConfigurationError, match="a recipe that trains needed beside it, got 'as-is'"):
        RunConfiguration(recipe="as-is", teacher=Teacher())
    with pytest.raises(ConfigurationError, match="no loss and no training_step"):
        RunConfiguration(teacher=Teacher(), loss=F.multi_margin_loss)
    with pytest.raises(ConfigurationError, match="single classes needed beside it, got 'subset-error'"):
        RunConfiguration(teacher=Teacher(), claims=[claims.SubsetError()])
    with pytest.raises(ConfigurationError, match="temperature"):
        recipe_from_yaml("{base: quick, distill: {temperature: 0}}")
    terms = RunConfiguration(given="frozen", given_origin="elsewhere", teacher=Teacher())
    with pytest.raises(ConfigurationError, match="none allowed for transfer"):
        transfer(fresh(), examples(), terms)


def test_any_recipe_in_a_file_may_distill() -> None:
    recipe = recipe_from_yaml("{base: tight, distill: {temperature: 4, weight: 0.9}}")
    assert recipe.distill == DistillConfig(temperature=4, weight=0.9)
    chosen = RunConfiguration(recipe=recipe, teacher=Teacher()).chosen_recipe
    assert chosen == recipe
    assert RunConfiguration(recipe="tight", teacher=Teacher()).chosen_recipe.distill == DistillConfig()
    assert np.isclose(DistillConfig().weight, 0.5)
