"""What a given backbone saves: certificates on MNIST with a backbone that was trained on Fashion-MNIST.

    python benchmarks/transfer.py [head] [lora] [cost]        all three by default; the backbone is trained once

- head: a linear head on the given backbone, 60,000 examples.
- lora: the head and LoRA of rank 2 in the backbone's last layer, 10,000 examples.
- cost: certify of a head on a given backbone of 22 million weights over one forward pass of all examples.

The backbone is in runs/transfer; each part writes its figures into results/transfer.json when it ends, so that a run
that was ended goes on with the next part. One thread.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import nn
from torch.nn import functional as F
from transfer_networks import FEATURES, RANK, Backbone, WithHead, with_lora

import netrazor
from netrazor import data
from netrazor.compress import DescentConfig, IntegerConfig
from netrazor.counting import count_errors
from netrazor.data import ImageDataset
from netrazor.data.subsets import take
from netrazor.files import write_atomically
from netrazor.pipeline import Recipe
from netrazor.pipeline.stages import IntegerStage
from netrazor.pipeline.transfer import TransferConfig, transfer
from netrazor.train import FitConfig, OptimizerConfig

RESULTS = Path("results/transfer.json")
WEIGHTS = Path("runs/transfer/backbone.safetensors")
ORIGIN = "trained on the 60,000 training images of Fashion-MNIST by benchmarks/transfer.py"
STEPS, BATCH, SHIFT = 1000, 128, 3
LORA_BITS = 900.0


def train_backbone() -> None:
    """Train the backbone with a head on Fashion-MNIST, every other batch shifted."""
    images = data.load("fashion-mnist")
    torch.manual_seed(0)
    model = WithHead(Backbone())
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * (1 - step / STEPS) + 1e-5
        inputs, labels = images.batch(torch.randint(0, len(images), (BATCH,)))
        if step % 2:
            shifts = [int(torch.randint(-SHIFT, SHIFT + 1, (1,))) for _ in range(2)]
            inputs = inputs.roll(shifts, (2, 3))
        optimizer.zero_grad()
        torch.autograd.backward(F.cross_entropy(model(inputs), labels))
        optimizer.step()
    WEIGHTS.parent.mkdir(parents=True, exist_ok=True)
    safetensors.torch.save_file(model.backbone.state_dict(), WEIGHTS)


def backbone() -> Backbone:
    """The backbone, trained now where it was not before."""
    if not WEIGHTS.exists():
        train_backbone()
    found = Backbone()
    found.load_state_dict(safetensors.torch.load_file(WEIGHTS))
    return found.eval()


def recipe(bits: float, train: int, integers: int) -> Recipe:
    """Train, whole numbers of about so many bits, descend on the bound."""
    return Recipe(
        name=f"transfer-{bits:.0f}",
        train=FitConfig(train, optimizer=OptimizerConfig(rate=3e-3)),
        integers=IntegerStage(
            FitConfig(integers, optimizer=OptimizerConfig(rate=1e-2)),
            IntegerConfig(start="given", target_bits=bits),
        ),
        descend=DescentConfig(),
        noise=None,
        simplify=False,
    )


def figures(certificate: netrazor.Certificate, model: nn.Module, examples: Any, out: Path) -> dict[str, Any]:
    """What a certificate states, what a verifier with the given weights says, and the error on the test images."""
    record = certificate.prior.given_arrays
    assert record is not None
    return {
        "risk_bound": certificate.risk_bound,
        "errors": certificate.errors,
        "n": certificate.n,
        "charged_bits": certificate.effective_bits,
        "arrays_in_message": sorted({line.array for line in certificate.ledger.lines} - {""}),
        "message_bytes": certificate.message_bytes,
        "given_bytes": record.bytes,
        "verdict": netrazor.verify(out, examples, model).status,
        "test_risk": count_errors(model, data.load("mnist", "test")).risk,
    }


def head() -> dict[str, Any]:
    """A head on 60,000 examples, at several lengths of message."""
    torch.manual_seed(0)
    out, mnist = Path("runs/transfer/head"), data.load("mnist")
    config = TransferConfig(
        ways=("head",),
        bits_per_example=(0.025, 0.035, 0.05),
        train=FitConfig(1000, optimizer=OptimizerConfig(rate=3e-3)),
        integers=FitConfig(3000, optimizer=OptimizerConfig(rate=1e-2)),
    )
    started = time.monotonic()
    found = transfer(
        WithHead(backbone()), mnist, given="backbone", given_origin=ORIGIN, config=config, out=out, overwrite=True
    )
    seconds = time.monotonic() - started
    trials = [asdict(trial) for trial in found.trials]
    return {**figures(found.certificate, found.network, mnist, out), "trials": trials, "seconds": round(seconds)}


def lora() -> dict[str, Any]:
    """LoRA and a head on 10,000 examples: evenly spread positions."""
    out, mnist = Path("runs/transfer/lora"), data.load("mnist")
    some = take(mnist, np.arange(0, len(mnist), 6))
    torch.manual_seed(0)
    model = with_lora(backbone()).eval()
    started = time.monotonic()
    certificate = netrazor.certify(
        model,
        some,
        recipe=recipe(LORA_BITS, 800, 1500),
        given=["backbone.conv*", "backbone.fc.base"],
        given_origin=ORIGIN,
        out=out,
        overwrite=True,
        progress=False,
    )
    seconds = time.monotonic() - started
    return {**figures(certificate, model, some, out), "rank": RANK, "seconds": round(seconds)}


class Wide(nn.Module):
    """22 million weights that are given, 100 features, and a head of 1,010 weights."""

    def __init__(self) -> None:
        super().__init__()
        layers = [nn.Linear(784, 2000), *(nn.Linear(2000, 2000) for _ in range(5)), nn.Linear(2000, 100)]
        self.backbone = nn.Sequential(nn.Flatten(), *(part for layer in layers for part in (layer, nn.ReLU())))
        self.head = nn.Linear(100, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Scores of ``images``."""
        scores: torch.Tensor = self.head(self.backbone(images))
        return scores


def cost() -> dict[str, Any]:
    """Seconds of certify, over those of one forward pass of all examples."""
    torch.manual_seed(0)
    model = Wide().eval()
    mnist = data.load("mnist")
    examples: ImageDataset = take(mnist, np.arange(0, len(mnist), 3))  # type: ignore[assignment]
    started = time.process_time()
    count_errors(model, examples)
    one_pass = time.process_time() - started
    plan = Recipe("head", train=FitConfig(300, optimizer=OptimizerConfig(rate=3e-3)), noise=None)
    started = time.process_time()
    netrazor.certify(
        model, examples, recipe=plan, given="backbone", given_origin="random numbers of seed 0", progress=False
    )
    seconds = time.process_time() - started
    return {
        "given_weights": sum(p.numel() for p in model.backbone.parameters()),
        "coded_weights": sum(p.numel() for p in model.head.parameters()),
        "n": len(examples),
        "cpu_seconds_of_one_pass": round(one_pass, 1),
        "cpu_seconds_of_certify": round(seconds, 1),
        "ratio": round(seconds / one_pass, 3),
    }


def write(name: str, figures: dict[str, Any]) -> None:
    """Add the figures of a part to the results."""
    content = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    content |= {
        "command": "python benchmarks/transfer.py",
        "date": date.today().isoformat(),
        "cores": 1,
        "backbone": {"steps": STEPS, "batch": BATCH, "features": FEATURES, "made_of": ORIGIN},
        "torch": torch.__version__,
        name: figures,
    }
    write_atomically(RESULTS, json.dumps(content, indent=2) + "\n")
    print(name, json.dumps(figures), flush=True)


PARTS: dict[str, Callable[[], dict[str, Any]]] = {"head": head, "lora": lora, "cost": cost}


def main() -> None:
    """Measure the parts that were asked for."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    for name in sys.argv[1:] or PARTS:
        write(name, PARTS[name]())


if __name__ == "__main__":
    main()
