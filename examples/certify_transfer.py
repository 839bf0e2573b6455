"""A network that learned Fashion-MNIST, fine-tuned to digits in several ways; the best by the bound is certified.

    python examples/certify_transfer.py [--smoke]

What was learned from Fashion-MNIST is given: no digit had a part in it. The message holds what digits taught on top
of it: a new head, and whatever else of the tried ways pays for its bits. A smoke run has bright rows and columns for
clothes and digits.
"""

import copy
import tempfile
from pathlib import Path

import torch
from smoke import fashion, rows, smoke_wanted
from torch import nn

import netrazor
from netrazor.data import ImageDataset, load
from netrazor.data.subsets import take
from netrazor.networks.fine_tuned import FineTuned
from netrazor.pipeline import RunConfiguration
from netrazor.pipeline.transfer import TransferConfig, transfer
from netrazor.train import AllParameters, Batches, FitConfig, OptimizerConfig, fit
from netrazor.units import percent_up

EXAMPLES = 10_000
GIVEN = ["0", "3"]  # the two layers before the head, by their places
ORIGIN = "trained on the training images of Fashion-MNIST by examples/certify_transfer.py"


def network() -> nn.Sequential:
    """A convolution, a layer of 32 units, and a head."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(8 * 12 * 12, 32),
        nn.ReLU(),
        nn.Linear(32, 10),
    )


def digits(smoke: bool) -> ImageDataset:
    """The examples that are counted."""
    if not smoke:
        return load("mnist")
    columns = rows(1000, 2)
    return ImageDataset(columns.images.transpose(2, 3).contiguous(), columns.labels, 10, name="columns")


def main() -> None:
    """Train on the one, transfer to the other, verify with the given layers alone."""
    smoke = smoke_wanted(__doc__ or "")
    backbone = network()
    steps = FitConfig(100 if smoke else 1500, 64, OptimizerConfig(rate=2e-3))
    fit(backbone, AllParameters(backbone), Batches(fashion(smoke)[0], 64, seed=0), steps)
    with torch.no_grad():
        backbone[5].weight.zero_()  # the head for digits is learned from nothing
        backbone[5].bias.zero_()
    given = copy.deepcopy(backbone)
    counted = digits(smoke)
    if not smoke:
        counted = take(counted, torch.arange(EXAMPLES).numpy())
    ways = ("head", "adapters") if smoke else ("head", "norms and biases", "adapters")
    lengths = (0.3,) if smoke else (0.05, 0.1)
    tried = TransferConfig(ways, lengths, train=steps, integers=steps, descend=None)
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "run"
        configuration = RunConfiguration(given=GIVEN, given_origin=ORIGIN, out=out)
        found = transfer(backbone, counted, configuration, tried)
        for trial in found.trials:
            print(
                f"{trial.way}: {trial.bits:.0f} bits, {trial.errors} errors, {percent_up(min(1.0, trial.bound))}"
            )
        print(found.certificate.claim)
        start = [f"{layer}.{array}" for layer in GIVEN for array in ("weight", "bias")]
        print(netrazor.verify(out, counted, FineTuned(given, start)).status)


if __name__ == "__main__":
    main()
