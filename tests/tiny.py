"""A task of seconds: images that a small network tells apart, recipes of a few steps, and runs of them."""

import functools
from pathlib import Path

import torch
from torch import Tensor, nn

from netrazor.certification import Certificate, to_json
from netrazor.certification.run_directory import CERTIFICATE, GRAPH, MESSAGE
from netrazor.compress import CodebookConfig
from netrazor.data import ImageDataset
from netrazor.perturb import NoiseConfig
from netrazor.pipeline import Recipe, Run, RunConfiguration, run
from netrazor.pipeline.stages import QuantizeStage, RateStage
from netrazor.train import FitConfig, OptimizerConfig

CLASSES = 4
FAST = OptimizerConfig(rate=1e-2)
NO_NOISE = Recipe(
    name="tiny",
    train=FitConfig(12, 50, FAST),
    prune=(RateStage(FitConfig(12, 50, FAST), nonzeros=60, every=3),),
    quantize=QuantizeStage(FitConfig(12, 50, FAST), CodebookConfig(bits=3, vector_bits=2, center_bits=6)),
    noise=None,
)
# Many bits for each value, so that noise pays.
NOISY = Recipe(
    name="tiny-noisy",
    train=FitConfig(40, 100, FAST),
    quantize=QuantizeStage(FitConfig(10, 100, FAST), CodebookConfig(bits=7, center_bits=10)),
    noise=NoiseConfig(shares=(0.1, 0.3), search_examples=500, slack=0.02),
)


def images(n: int = 400, seed: int = 0) -> ImageDataset:
    """Four random patterns of 8 x 8, under noise."""
    generator = torch.Generator().manual_seed(7)
    patterns = torch.randint(0, 256, (CLASSES, 1, 8, 8), generator=generator)
    generator.manual_seed(seed)
    labels = torch.randint(0, CLASSES, (n,), generator=generator)
    noise = torch.randint(0, 256, (n, 1, 8, 8), generator=generator)
    return ImageDataset((0.6 * patterns[labels] + 0.4 * noise).to(torch.uint8), labels, CLASSES, name="tiny")


class Small(nn.Module):
    """A convolution, a view as users write it, dropout, two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, stride=2)
        self.drop = nn.Dropout(0.1)
        self.fc1 = nn.Linear(36, 12)
        self.fc2 = nn.Linear(12, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.conv(2 * x - 1))
        x = self.drop(x.view(x.shape[0], -1))
        return self.fc2(torch.relu(self.fc1(x)))


def small(seed: int = 0) -> nn.Module:
    """A fresh `Small`."""
    torch.manual_seed(seed)
    return Small()


class Branching(Small):
    """The same, but what it does next is up to its input: no graph of operations."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x if bool(x.sum() >= 0) else x + 1)


def branching(seed: int = 0) -> nn.Module:
    """A fresh `Branching`."""
    torch.manual_seed(seed)
    return Branching()


def linear(seed: int = 0) -> nn.Module:
    """One layer of 256 weights."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, CLASSES))


_GRAPHS: dict[str, bytes] = {}  # of the runs here, by digest


def known(run: Run) -> Run:
    graph, record = run.issued.graph, run.issued.certificate.prior.graph
    assert graph is not None
    assert record is not None
    _GRAPHS[record.sha256] = graph
    return run


def graph_of(certificate: Certificate) -> bytes | None:
    """The file of the graph that a certificate of a run here names, altered or not."""
    record = certificate.prior.graph
    return None if record is None else _GRAPHS.get(record.sha256)


@functools.cache
def occam_run() -> Run:
    """A certificate of the decoded network as it is."""
    return known(run(small(), images(), RunConfiguration(recipe=NO_NOISE)))


@functools.cache
def no_graph_run() -> Run:
    """A certificate of a network that is no graph."""
    return run(branching(), images(), RunConfiguration(recipe="as-is"))


@functools.cache
def noisy_run() -> Run:
    """A certificate of the decoded network with noise."""
    return known(run(linear(), images(2000), RunConfiguration(recipe=NOISY)))


@functools.cache
def two_claims_run() -> Run:
    """A certificate with two claims: the right answer is the best, or one of the two best."""
    return known(run(small(), images(), RunConfiguration(recipe=NO_NOISE, tops=(1, 2))))


def write(directory: Path, certificate: Certificate, blob: bytes) -> Path:
    """A directory as `certify` leaves it."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / MESSAGE).write_bytes(blob)
    if (graph := graph_of(certificate)) is not None:
        (directory / GRAPH).write_bytes(graph)
    (directory / CERTIFICATE).write_text(to_json(certificate))
    return directory
