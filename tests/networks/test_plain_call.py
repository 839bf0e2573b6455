"""Networks that take and give what people have: the same scores, the same weights, and nothing left behind."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from netrazor.counting import count_errors
from netrazor.errors import UnsupportedModel
from netrazor.networks import make_plain, source_digest
from netrazor.networks.plain_call import PlainCall, plainly_called, scores_in


@dataclass
class Answer:
    """As transformers return it."""

    logits: Tensor
    hidden: Tensor | None = None


class ByName(nn.Module):
    """Takes its inputs by name, as transformers do."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(9, 4)
        self.head = nn.Linear(4, 3)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Answer:
        weights = attention_mask.float()[..., None]
        return Answer(self.head((self.embed(input_ids) * weights).sum(1)))


class Whole(nn.Module):
    """Takes a dictionary, gives a tuple, and reads a number of its class."""

    share = 1.0

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(2, 3)

    def forward(self, batch: dict[str, Tensor]) -> tuple[Tensor, None]:
        return self.head(self.share * batch["a"] + batch["b"]), None


class Two(nn.Module):
    """Takes two tensors, gives one number for each example."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(2, 1)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        return self.head(first * second)[:, 0]


IDS = [[1, 2, 3], [4, 5, 6], [7, 8, 0], [1, 1, 1]]
NAMED = [{"input_ids": ids, "attention_mask": [1, 1, 0], "labels": i % 3} for i, ids in enumerate(IDS)]
PAIRS = [{"a": [float(i), 1.0], "b": [0.5, 0.5], "y": i % 2} for i in range(4)]
TRIPLES = [(torch.tensor([float(i), 1.0]), torch.tensor([1.0, -1.0]), float(i % 2)) for i in range(4)]


def by_hand(model: nn.Module) -> Tensor:
    if isinstance(model, ByName):
        return model(torch.tensor(IDS), torch.tensor([[1, 1, 0]] * 4)).logits
    if isinstance(model, Whole):
        batch = {key: torch.tensor([item[key] for item in PAIRS]) for key in "ab"}
        return model(batch)[0]
    score = model(torch.stack([t[0] for t in TRIPLES]), torch.stack([t[1] for t in TRIPLES]))
    return torch.stack([torch.zeros(4), score], 1)


@pytest.mark.parametrize(("kind", "dataset"), [(ByName, NAMED), (Whole, PAIRS), (Two, TRIPLES)])
def test_the_same_scores_from_one_tensor(kind: type[nn.Module], dataset: list) -> None:
    torch.manual_seed(0)
    model = kind().eval()
    expected, names, source = by_hand(model), list(model.state_dict()), source_digest(model)
    held = dict(vars(model))
    with plainly_called(model, dataset) as examples:
        assert isinstance(model, kind)
        packed = torch.stack([examples[i][0] for i in range(4)])
        assert torch.equal(model(packed), expected)
        assert list(model.state_dict()) == names
        assert source_digest(model) == source  # the adapter is the library's, and holds nothing of its own
        labels = torch.tensor([examples[i][1] for i in range(4)])
        assert count_errors(model, examples).errors == int((expected.argmax(1) != labels).sum())
    assert type(model) is kind
    assert vars(model) == held
    assert torch.equal(by_hand(model), expected)


def test_a_network_that_fails_is_given_back() -> None:
    model = Two()
    with pytest.raises(KeyError), plainly_called(model, TRIPLES):
        raise KeyError
    assert type(model) is Two


def test_networks_from_a_tensor_to_scores_are_left_as_they_are() -> None:
    model, dataset = nn.Linear(2, 3), [(torch.zeros(2), 0)]
    model.train()
    with plainly_called(model, dataset) as examples:
        assert type(model) is nn.Linear
        assert examples is dataset
        assert model.training
    with plainly_called(None, NAMED) as examples:
        assert len(examples[0][0]) == 6


@pytest.mark.parametrize("model", [nn.Linear(2, 1), nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))])
def test_one_number_stands_for_two_classes(model: nn.Module) -> None:
    dataset = [(torch.tensor([float(i), 1.0]), i % 2) for i in range(4)]
    with plainly_called(model, dataset):
        assert isinstance(model, PlainCall)
        scores = model(torch.randn(5, 2))
    assert scores.shape == (5, 2)
    assert not scores[:, 0].any()


def test_parametrized_networks_are_made_plain_first() -> None:
    model = nn.utils.parametrizations.weight_norm(nn.Linear(2, 1))
    with pytest.raises(UnsupportedModel, match="make_plain"), plainly_called(model, [(torch.zeros(2), 0)]):
        pass
    with plainly_called(make_plain(model), [(torch.zeros(2), 0)]):
        assert model(torch.zeros(3, 2)).shape == (3, 2)
    assert type(model) is nn.Linear


def test_tables_of_doubles_are_given_to_networks_of_floats() -> None:
    model = nn.Linear(2, 3)
    with plainly_called(model, [(torch.zeros(2, dtype=torch.float64), 0)]) as examples:
        assert model(examples[0][0][None]).dtype == torch.float32
    with plainly_called(model.double(), [(torch.zeros(2, dtype=torch.float64), 0)]):
        assert type(model) is nn.Linear


def test_scores_in_all_that_networks_return() -> None:
    scores = torch.randn(2, 3)
    for output in (scores, (scores, None), [scores], {"logits": scores}, Answer(scores)):
        assert torch.equal(scores_in(output), scores)
    for single in (torch.tensor([1.0, -1.0]), torch.tensor([[1.0], [-1.0]])):
        assert scores_in(single).tolist() == [[0, 1], [0, -1]]
    for output in ("no", None, (), {"loss": scores}):
        with pytest.raises(UnsupportedModel, match="output: a tensor of scores"):
            scores_in(output)
