"""Networks and data as people have them, certified and verified; the file on the command line."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import netrazor
from netrazor.errors import BadDataset, ConfigurationError, UnsupportedModel
from netrazor.networks import LogScale
from netrazor.pipeline import Recipe, recipe_named, recipe_scaled
from netrazor.pipeline.own_network import classes_of, own_data
from netrazor.train import FitConfig, OptimizerConfig

TRAINED = Recipe("trained", train=FitConfig(30, 20, OptimizerConfig(rate=0.1)), noise=None, simplify=False)


class ByName(nn.Module):
    """As a language model with a head: inputs by name, a dictionary of scores."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(8, 2)
        self.head = nn.Linear(2, 2)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        weights = attention_mask.float()[..., None]
        return {"logits": self.head((self.embed(input_ids) * weights).sum(1))}


def texts(n: int = 80) -> list[dict[str, object]]:
    ids = torch.randint(0, 8, (n, 5), generator=torch.Generator().manual_seed(0))
    return [
        {"input_ids": row.tolist(), "attention_mask": [1] * 5, "labels": float(row.sum() > 17)} for row in ids
    ]


def rows(n: int = 80) -> tuple[np.ndarray, np.ndarray]:
    table = np.random.default_rng(0).normal(size=(n, 3))
    return table, table[:, 0] > 0


def test_dictionaries_and_logits(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model, dataset = ByName(), texts()
    certificate = netrazor.certify(model, dataset, recipe=TRAINED, out=tmp_path / "run", test=texts(20))
    assert certificate.n == 80
    assert certificate.sample.classes == 2
    assert type(model) is ByName
    assert netrazor.verify(tmp_path / "run", dataset, ByName()).status == "VALID"
    assert netrazor.verify(tmp_path / "run", model=ByName()).status == "CONSISTENT, NOT RECOUNTED"
    loaded = netrazor.load(tmp_path / "run", ByName())
    scores = loaded(torch.tensor([[1, 2, 3, 4, 5]]), torch.ones(1, 5))["logits"]
    assert scores.shape == (1, 2)
    others = [*dataset[:-1], {**dataset[-1], "labels": 1 - dataset[-1]["labels"]}]
    assert netrazor.verify(tmp_path / "run", others, ByName()).status == "INVALID"


def test_one_number_for_two_classes_on_a_table_of_doubles(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    certificate = netrazor.certify(model, rows(), recipe=TRAINED, out=tmp_path / "run")
    assert certificate.sample.classes == 2
    assert certificate.errors < 10
    assert netrazor.verify(tmp_path / "run", rows(), nn.Linear(3, 1)).status == "VALID"
    held_out = netrazor.certify_hold_out(model, rows(), spent=60, out=tmp_path / "held")
    assert held_out.sample.counted == 20
    assert netrazor.verify(tmp_path / "held", rows(), nn.Linear(3, 1)).status == "VALID"


@pytest.mark.parametrize("recipe", ["quick", "small", "post-training"])
def test_one_number_for_two_classes_by_every_recipe(recipe: str) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    short = recipe_scaled(recipe_named(recipe), 0.1 if recipe == "quick" else 0.01)
    certificate = netrazor.certify(model, rows(), recipe=short, progress=False)
    assert certificate.sample.classes == 2


def test_an_estimator(tmp_path: Path) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    tree = pytest.importorskip("sklearn.tree")
    inputs, labels = rows()
    estimator = linear_model.LogisticRegression().fit(inputs, labels.astype(int))
    certificate = netrazor.certify(estimator, (inputs, labels), recipe="as-is", out=tmp_path / "run")
    assert certificate.errors == int((estimator.predict(inputs) != labels).sum())
    assert netrazor.verify(tmp_path / "run", (inputs, labels), estimator).status == "VALID"
    assert isinstance(netrazor.load(tmp_path / "run", estimator), nn.Module)
    with pytest.raises(UnsupportedModel, match="certify_picked"):
        netrazor.certify(tree.DecisionTreeClassifier().fit(inputs, labels.astype(int)), (inputs, labels))


def test_dictionaries_without_labels_and_inputs_that_are_not_finite() -> None:
    with pytest.raises(BadDataset, match="no label among the keys"):
        netrazor.certify(ByName(), [{"input_ids": [1], "attention_mask": [1]}] * 9, recipe="as-is")
    broken = [{"x": [1.0, float("nan"), 0.0], "label": 0}] * 9
    with pytest.raises(BadDataset, match="must be finite"):
        netrazor.certify(nn.Linear(3, 2), broken, recipe="as-is")


def test_a_collate_function_that_holds_numbers_is_refused() -> None:
    means = torch.tensor([0.123456789])

    def collate(batch: list[dict]) -> dict[str, Tensor]:
        return {"x": torch.tensor([item["x"] for item in batch]) - means, "y": torch.zeros(len(batch))}

    dataset = netrazor.data.CollatedExamples([{"x": [1.0]}] * 9, collate)
    with pytest.raises(BadDataset, match="may have been computed from the examples"):
        netrazor.certify(nn.Linear(1, 2), dataset, recipe="as-is")


def test_constant_features_have_no_weights() -> None:
    features = LogScale()
    assert not list(features.state_dict())
    found = features(torch.tensor([[0.0, 1.0, 1024.0, -8.0, 1e-9]], dtype=torch.float64))
    assert torch.allclose(found, torch.tensor([[-9.9658, 0.0014, 10.0, 3.0, -9.9658]]), atol=1e-3)


DATA_FILE = """
import numpy as np

def table():
    rows = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    return rows, (rows[:, 0] > 0)

def named():
    return [{"x": [0.0, 1.0], "label": i % 3} for i in range(9)]

def nothing():
    return 7

def broken():
    raise ValueError("no such server")
"""


def test_a_folder_of_hugging_face(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dataset_info.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(ConfigurationError, match="pip install datasets"):
        own_data(str(tmp_path))
    saved: dict[str, object] = {"train": texts()}
    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_from_disk=lambda folder: saved))
    assert own_data(str(tmp_path)) == saved["train"]
    with pytest.raises(ConfigurationError, match="needs a split 'test', got train"):
        own_data(str(tmp_path), split="test")
    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_from_disk=lambda folder: texts()))
    assert own_data(str(tmp_path)) == texts()


def test_data_by_file_and_function(tmp_path: Path) -> None:
    file = tmp_path / "my_data.py"
    file.write_text(DATA_FILE)
    table = own_data(f"{file}:table")
    assert len(table) == 40
    assert classes_of(table) == 2
    assert classes_of(own_data(f"{file}:named")) == 3
    with pytest.raises(ConfigurationError, match="must give a data set with a length"):
        own_data(f"{file}:nothing")
    with pytest.raises(ConfigurationError, match=r"data: .* failed .ValueError: no such server"):
        own_data(f"{file}:broken")
    with pytest.raises(ConfigurationError, match=r"data: .* has no 'missing'; it has"):
        own_data(f"{file}:missing")
    (tmp_path / "t.csv").write_text("a,b,label\n1,2,0\n3,4,1\n")
    assert own_data(str(tmp_path / "t.csv")).labels.tolist() == [0, 1]
