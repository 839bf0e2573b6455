"""The graph is the network: the same answers from text and arrays alone, and nothing held anywhere else."""

import functools
import json
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from netrazor.errors import UnsupportedModel
from netrazor.networks.exported_graph import export, read_graph, run

TABLE = torch.rand(4, generator=torch.Generator().manual_seed(3))


class Usual(nn.Module):
    """What users write: in-place ReLU, batch norm, dropout, a mask of infinities, tied weights, a view."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Dropout(0.5)
        )
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True, dropout=0.1)
        self.register_buffer("mask", torch.triu(torch.full((36, 36), float("-inf")), 1))
        self.fc = nn.Linear(4, 4)
        self.tied = [self.fc.weight]

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x).view(len(x), 4, -1).transpose(1, 2)
        x = self.attention(x, x, x, attn_mask=self.mask, need_weights=False)[0].mean(1)
        return nn.functional.linear(self.fc(x), self.tied[0])


def usual() -> nn.Module:
    torch.manual_seed(0)
    return Usual().eval()


def images(n: int) -> Tensor:
    return torch.rand(n, 1, 8, 8, generator=torch.Generator().manual_seed(n))


def test_text_and_arrays_give_the_same_answers_for_any_batch() -> None:
    model = usual()
    graph, arrays = export(model, images(3))
    assert graph.arrays == tuple(arrays)
    assert set(arrays) == {name for name, _ in [*model.named_parameters(), *model.named_buffers()]} - {
        "conv.1.num_batches_tracked"
    }
    again = read_graph(graph.text)
    assert again.digest == graph.digest
    for n in (1, 2, 7):
        with torch.no_grad():
            assert torch.equal(run(again, arrays, images(n)), model(images(n)))


def test_the_digest_is_of_the_computation_alone() -> None:
    class Renamed(Usual):
        """The same under another name, traced with another batch."""

    torch.manual_seed(1)
    digests = {export(usual(), images(3))[0].digest, export(Renamed(), images(5))[0].digest}
    assert len(digests) == 1
    other = usual()
    other.conv[0].padding = (1, 1)
    other.mask = torch.zeros(64, 64)
    assert export(other, images(3))[0].digest not in digests


class Hiding(nn.Module):
    """A table that no parameter or buffer holds."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.fc = nn.Linear(64, 4)
        self.place = place
        self.held = {"t": TABLE.clone()}
        self.number = int.from_bytes(bytes(TABLE.view(torch.uint8).tolist()), "big")
        self.cached = functools.lru_cache(lambda: TABLE)

    def forward(self, x: Tensor, default: Tensor = TABLE) -> Tensor:
        scores = self.fc(x.flatten(1))
        if self.place == "dict":
            return scores + self.held["t"]
        if self.place == "global":
            return scores + TABLE
        if self.place == "cache":
            return scores + self.cached()
        if self.place == "default":
            return scores + default
        return scores + torch.frombuffer(bytearray(self.number.to_bytes(16, "big")), dtype=torch.float32)


@pytest.mark.parametrize("place", ["dict", "global", "cache", "default", "number"])
def test_a_table_held_anywhere_is_one_of_the_arrays(place: str) -> None:
    model = Hiding(place).eval()
    graph, arrays = export(model, images(3))
    assert len(arrays) == 3
    assert any(torch.equal(array, TABLE) for array in arrays.values())
    emptied = {name: torch.zeros_like(array) for name, array in arrays.items()}
    assert not run(graph, emptied, images(2)).any()


class Calls(nn.Module):
    def __init__(self, forward: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(1, track_running_stats=False)
        self.fc = nn.Linear(64, 4)
        self.steps: Tensor
        self.register_buffer("steps", torch.zeros(4))
        self.call = forward

    def forward(self, x: Tensor) -> Tensor:
        return self.call(self, x)  # type: ignore[call-arg,arg-type]


def scores(net: Calls, x: Tensor) -> Tensor:
    return net.fc(x.flatten(1))


@pytest.mark.parametrize(
    ("forward", "reason"),
    [
        (lambda net, x: scores(net, x) if x.mean() > 0 else -scores(net, x), "cannot be exported"),
        (lambda net, x: nn.functional.dropout(scores(net, x), 0.5), "depend on chance or"),
        (lambda net, x: scores(net, x) + torch.rand(4), "is random"),
        (lambda net, x: scores(net, net.norm(x)), "or on the rest of a batch"),
        (lambda net, x: scores(net, x) + net.steps.add_(1), "forward pass changes steps"),
        (lambda net, x: (scores(net, x), x), "output: must be one tensor"),
    ],
)
def test_what_is_no_graph_or_depends_on_chance_or_on_batch_mates_is_refused(
    forward: Callable[[Tensor], Tensor], reason: str
) -> None:
    with pytest.raises(UnsupportedModel, match=reason):
        export(Calls(forward), images(3))


def test_literals_are_counted() -> None:
    graph, _ = export(
        Calls(lambda net, x: scores(net, x.flatten(1)[:, [3 * i % 64 for i in range(64)]])), images(3)
    )
    assert sum(graph.literals.values()) < 80


SMALL = (
    '{"arrays":["w"],"format":1,"output":2,"steps":[["aten.linear.default",[{"value":1},{"value":0}],{}]]}\n'
)


def test_a_text_written_by_hand() -> None:
    weight = torch.rand(3, 5)
    assert torch.equal(run(read_graph(SMALL), {"w": weight}, torch.ones(2, 5)), torch.ones(2, 5) @ weight.T)


@pytest.mark.parametrize(
    "edit",
    [
        ('"aten.linear.default"', '"aten.rand.default"'),
        ('"aten.linear.default"', '"aten.from_file.default"'),
        ('"aten.linear.default"', '"aten.add_.Tensor"'),
        ('"aten.linear.default"', '"prim.device.default"'),
        ('"aten.linear.default"', '"aten.__class__.__init__"'),
        ('"aten.linear.default"', '"os.system"'),
        ('"aten.linear.default"', "3"),
        ('{"value":0}', '{"value":2}'),
        ('{"value":0}', '{"value":-1}'),
        ('{"value":0}', '{"value":true}'),
        ('"output":2', '"output":7'),
        ('"output":2', '"output":"2"'),
        ('"format":1', '"format":2'),
        ('"arrays":["w"]', '"arrays": ["w"]'),
        ('"arrays":["w"]', '"arrays":["w"],"arrays":["w"]'),
        ("{}]]}", "{}]]} "),
        ('"steps":[[', '"steps":[' + "[" * 100_000),
    ],
)
def test_altered_texts_are_refused_by_name(edit: tuple[str, str]) -> None:
    altered = SMALL.replace(*edit)
    assert altered != SMALL
    with pytest.raises(UnsupportedModel):
        read_graph(altered)


def test_text_is_plain_json_without_nan() -> None:
    assert json.loads(SMALL)["format"] == 1
    graph, _ = export(Calls(lambda net, x: scores(net, x).clamp(max=float("inf"))), images(3))
    assert read_graph(graph.text).text == graph.text
