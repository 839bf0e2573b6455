"""An answer that depends on more than its example is refused, with what to do; rounding is no reason."""

import itertools
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import netrazor
import tiny
from netrazor.certification import seal
from netrazor.counting import check_independence
from netrazor.counting.independence import SAMPLE, _agree
from netrazor.errors import UnsupportedLearner, UnsupportedModel


class Use(nn.Module):
    """A linear layer, and what is done with it."""

    def __init__(self, use: Callable[[Any, Tensor], Tensor]) -> None:
        super().__init__()
        self.fc = nn.Linear(64, tiny.CLASSES)
        self.use = use

    def forward(self, x: Tensor) -> Tensor:
        return self.use(self, x.flatten(1))


class Attention(nn.Module):
    """Attention over the rows of an image, in the order of dimensions that torch has by default."""

    def __init__(self, batch_first: bool) -> None:
        super().__init__()
        self.attend = nn.MultiheadAttention(8, 2, batch_first=batch_first)
        self.fc = nn.Linear(8, tiny.CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        rows = x[:, 0]
        return self.fc(self.attend(rows, rows, rows, need_weights=False)[0].mean(1))


class Counting(nn.Module):
    """Knows how many examples came before, which of a sorted folder tells the class."""

    def __init__(self) -> None:
        super().__init__()
        self.position = 0
        self.fc = nn.Linear(64, tiny.CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        self.position += len(x)
        return self.fc(x.flatten(1)) + 100 * F.one_hot(torch.tensor(self.position // 10_000), tiny.CLASSES)


class Remembering(nn.Module):
    """Keeps a buffer of what it saw."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros(()))
        self.fc = nn.Linear(64, tiny.CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        self.seen += 1
        return self.fc(x.flatten(1))


def normed() -> nn.Module:
    norm = nn.BatchNorm2d(1, track_running_stats=False)
    return nn.Sequential(norm, tiny.linear())


def recurrent() -> nn.Module:
    class Rows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cells, self.fc = nn.GRU(8, 6), nn.Linear(6, tiny.CLASSES)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(self.cells(x[:, 0])[0][:, -1])

    return Rows()


def own_seed(net: Any, x: Tensor) -> Tensor:
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    return net.fc(x + noise)


DEPENDENT = {
    "mean of the batch": (lambda: Use(lambda net, x: net.fc(x - x.mean())), "other examples of the batch"),
    "branch on the batch": (
        lambda: Use(lambda net, x: net.fc(x) if x.mean() > 0.5 else -net.fc(x)),
        "other examples of the batch",
    ),
    "batch norm": (normed, "BatchNorm2d has no running statistics: .* track_running_stats=True"),
    "attention": (lambda: Attention(False), "MultiheadAttention takes the first .* batch_first=True"),
    "recurrent": (recurrent, "GRU takes the first .* batch_first=True"),
    "place in the batch": (lambda: Use(own_seed), "other examples of the batch"),
    "size of the batch": (lambda: Use(lambda net, x: net.fc(x) * (len(x) < 100)), "other examples of the batch"),
    "an example alone": (lambda: Use(lambda net, x: net.fc(x) * (len(x) > 1)), "counted alone and in a batch"),
    "a batch of some": (lambda: Use(lambda net, x: net.fc(x) * (len(x) != SAMPLE)), "in another batch and order"),
    "neighbour": (lambda: Use(lambda net, x: net.fc(x.roll(1, 0))), "other examples of the batch"),
    "dropout": (lambda: Use(lambda net, x: net.fc(F.dropout(x, 0.1))), "random numbers in evaluation mode"),
    "rare dropout": (lambda: Use(lambda net, x: net.fc(F.dropout(x, 1e-7))), "random numbers in evaluation"),
    "Python's chance": (lambda: Use(lambda net, x: net.fc(x) + random.random()), "random numbers in eval"),
    "NumPy's chance": (lambda: Use(lambda net, x: net.fc(x) + np.random.rand()), "random numbers in eval"),
    "chance of its own": (
        lambda: Use(lambda net, x: net.fc(x) * (1 + torch.rand(1, generator=_generator()))),
        "is random",
    ),
    "position": (Counting, "position: the forward pass changes it"),
    "buffer": (Remembering, "seen: the forward pass changes it"),
}  # fmt: skip

_SEEDS = itertools.count()


def _generator() -> torch.Generator:
    """Another stream each time, which no network's state shows."""
    return torch.Generator().manual_seed(next(_SEEDS))


@pytest.mark.parametrize("kind", DEPENDENT)
def test_what_depends_on_more_than_its_example_is_refused(kind: str) -> None:
    build, reason = DEPENDENT[kind]
    torch.manual_seed(0)
    with pytest.raises(UnsupportedModel, match=reason):
        check_independence(build(), tiny.images())


@pytest.mark.parametrize(
    "build",
    [
        tiny.small,
        tiny.linear,
        lambda: Attention(True),
        lambda: nn.Sequential(nn.BatchNorm2d(1), tiny.linear()),
        lambda: tiny.linear().bfloat16(),
        lambda: Use(lambda net, x: 0 * net.fc(x)),
        lambda: Use(lambda net, x: net.fc(x).masked_fill(torch.arange(4) == 2, float("-inf"))),
        lambda: Use(lambda net, x: net.fc(x) + torch.tensor([0.0, -1e9, 0.0, 0.0])),
        lambda: Use(lambda net, x: net.fc(x) * float("nan")),
        lambda: Use(lambda net, x: F.dropout(net.fc(x), 0.5, training=net.training)),
    ],
)
def test_what_depends_on_it_alone_is_not(build: Callable[[], nn.Module]) -> None:
    torch.manual_seed(0)
    model = build()
    data: Any = tiny.images()
    if next(model.parameters()).dtype == torch.bfloat16:
        data = [(image.bfloat16(), label) for image, label in (data[i] for i in range(100))]
    check_independence(model, data)
    assert not model.training


def test_a_class_far_from_all_others_allows_no_more_at_these() -> None:
    scores = torch.tensor([[0.0, 1.0, -1e9], [2.0, 0.5, -1e9]])
    other = scores + torch.tensor([[0.01, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert not _agree(scores, other, 2.0**-23)
    assert _agree(scores, scores + 1e-6, 2.0**-23)
    assert not _agree(scores, scores * torch.tensor([[1.0], [float("nan")]]), 2.0**-23)
    assert not _agree(torch.tensor([[float("inf"), 0.0]]), torch.tensor([[-float("inf"), 0.0]]), 2.0**-23)


def test_the_doors_refuse(tmp_path: Path) -> None:
    """Whether the network is certified, held out, verified or picked for."""
    torch.manual_seed(0)
    data, bad = tiny.images(), Attention(False)
    with pytest.raises(UnsupportedModel, match="batch_first=True"):
        netrazor.certify(bad, data, recipe="as-is")
    with pytest.raises(UnsupportedModel, match="batch_first=True"):
        netrazor.certify_hold_out(bad, data, spent=200)
    with pytest.raises(UnsupportedLearner, match="batch_first=True"):
        netrazor.certify_picked(lambda: Attention(False), data)
    with pytest.raises(UnsupportedModel, match="random numbers"):
        netrazor.certify(Use(lambda net, x: F.dropout(net.fc(x), 0.1)), data, recipe="as-is")


def test_what_is_decoded_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """On more examples than were tried before a run."""
    monkeypatch.setattr("netrazor.pipeline.certified_run.check_independence", lambda *_, **__: None)
    with pytest.raises(UnsupportedModel, match="other examples of the batch"):
        netrazor.certify(Attention(False), tiny.images(), recipe="as-is")


def test_a_certificate_of_such_a_network_is_invalid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was made without the check."""
    torch.manual_seed(0)
    for place in ("pipeline.certified_run", "pipeline.issuing"):
        monkeypatch.setattr(f"netrazor.{place}.check_independence", lambda *_, **__: None)
    netrazor.certify(Attention(False), tiny.images(), recipe="as-is", out=tmp_path)
    monkeypatch.undo()
    verdict = netrazor.verify(tmp_path, tiny.images(), Attention(False))
    assert verdict.status == "INVALID"
    assert [finding.code for finding in verdict.findings] == ["answers"]
    assert "other examples of the batch" in verdict.findings[0].text


@pytest.mark.parametrize("size", [1, 999, 1001, 2**16])
def test_the_batch_size_of_a_count_is_no_free_choice(size: int, tmp_path: Path) -> None:
    issued = tiny.occam_run().issued
    evaluation = issued.certificate.evaluation.model_copy(update={"batch_size": size})
    altered = seal(issued.certificate.model_copy(update={"evaluation": evaluation}))
    verdict = netrazor.verify(tiny.write(tmp_path, altered, issued.blob))
    assert [finding.code for finding in verdict.findings] == ["evaluation"]
