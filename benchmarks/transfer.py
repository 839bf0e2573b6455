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
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import nn
from torch.nn import functional as F
from transfer_networks import (
    CLASSES,
    FEATURES,
    RANK,
    UNITS,
    Backbone,
    WithHead,
    find_components,
    with_lora,
)

import netrazor
from netrazor import data
from netrazor.compress import DescentConfig, IntegerConfig
from netrazor.counting import count_errors
from netrazor.data.subsets import take
from netrazor.files import write_atomically
from netrazor.pipeline import Recipe
from netrazor.pipeline.stages import IntegerStage
from netrazor.train import FitConfig, OptimizerConfig

RESULTS = Path("results/transfer.json")
WEIGHTS = Path("runs/transfer/backbone.safetensors")
ORIGIN = "trained on the 60,000 training images of Fashion-MNIST by benchmarks/transfer.py"
STEPS, BATCH, SHIFT = 1000, 128, 3
HEAD_BITS, LORA_BITS = (
    1800.0,
    1000.0,
)  # of several that were tried: all are messages of one prior, so trying is free


def train_backbone() -> None:
    """Train the units with a head on Fashion-MNIST, every other batch shifted, then find their components there."""
    images = data.load("fashion-mnist")
    torch.manual_seed(0)
    units = Backbone()
    head = nn.Linear(UNITS, CLASSES)
    optimizer = torch.optim.Adam([*units.parameters(), *head.parameters()], 1e-3)
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * (1 - step / STEPS) + 1e-5
        inputs, labels = images.batch(torch.randint(0, len(images), (BATCH,)))
        if step % 2:
            shifts = [int(torch.randint(-SHIFT, SHIFT + 1, (1,))) for _ in range(2)]
            inputs = inputs.roll(shifts, (2, 3))
        optimizer.zero_grad()
        torch.autograd.backward(F.cross_entropy(head(units.units(inputs)), labels))
        optimizer.step()
    find_components(units, images.batch(torch.arange(0, len(images), 12))[0])
    WEIGHTS.parent.mkdir(parents=True, exist_ok=True)
    safetensors.torch.save_file(units.state_dict(), WEIGHTS)


def backbone() -> Backbone:
    """The backbone, trained now where it was not before."""
    if not WEIGHTS.exists():
        train_backbone()
    found = Backbone()
    found.load_state_dict(safetensors.torch.load_file(WEIGHTS))
    return found.eval()


def recipe(bits: float) -> Recipe:
    """Train, whole numbers of about so many bits, descend on the bound."""
    return Recipe(
        name=f"transfer-{bits:.0f}",
        train=FitConfig(4000, optimizer=OptimizerConfig(rate=3e-3)),
        integers=IntegerStage(
            FitConfig(16_000, optimizer=OptimizerConfig(rate=1e-2)),
            IntegerConfig(start="given", target_bits=bits),
        ),
        descend=DescentConfig(rounds=20, hardest=4000),
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
    """A head on 60,000 examples."""
    torch.manual_seed(0)
    model, out, mnist = WithHead(backbone()).eval(), Path("runs/transfer/head"), data.load("mnist")
    return certified(model, mnist, ["backbone"], recipe(HEAD_BITS), out)


def lora() -> dict[str, Any]:
    """LoRA and a head on 10,000 examples, at evenly spread positions.

    One of the two matrices of LoRA starts at random numbers, which are given too; the other one is learned from zero.
    """
    out, mnist = Path("runs/transfer/lora"), data.load("mnist")
    some = take(mnist, np.arange(0, len(mnist), 6))
    torch.manual_seed(0)
    model = with_lora(backbone()).eval()
    given = ["backbone.conv*", "backbone.components", "backbone.fc.base", "backbone.fc.down"]
    return {"rank": RANK, **certified(model, some, given, recipe(LORA_BITS), out)}


def certified(model: nn.Module, examples: Any, given: list[str], plan: Recipe, out: Path) -> dict[str, Any]:
    """A certificate: its figures, and the seconds that it took."""
    started = time.monotonic(), time.process_time()
    certificate = netrazor.certify(
        model,
        examples,
        recipe=plan,
        given=given,
        given_origin=ORIGIN,
        out=out,
        overwrite=True,
        progress=False,
    )
    wall, cpu = time.monotonic() - started[0], time.process_time() - started[1]
    print(certificate.claim, flush=True)
    return {
        **figures(certificate, model, examples, out),
        "seconds": round(wall),
        "cpu_seconds": round(cpu),
    }


class Wide(nn.Module):
    """22 million weights that are given, 100 features, and a head of 1,010 weights."""

    def __init__(self) -> None:
        super().__init__()
        layers = [nn.Linear(784, 2000), *(nn.Linear(2000, 2000) for _ in range(5)), nn.Linear(2000, 100)]
        self.backbone = nn.Sequential(
            nn.Flatten(), *(part for layer in layers for part in (layer, nn.ReLU()))
        )
        self.head = nn.Linear(100, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Scores of ``images``."""
        scores: torch.Tensor = self.head(self.backbone(images))
        return scores


def cost() -> dict[str, Any]:
    """Seconds of certify, over those of one forward pass of all examples."""
    torch.manual_seed(0)
    model = Wide().eval()
    examples = data.load("mnist")
    started = time.process_time()
    count_errors(model, examples)
    one_pass = time.process_time() - started
    plan = Recipe("head", train=FitConfig(300, optimizer=OptimizerConfig(rate=3e-3)), noise=None)
    started = time.process_time()
    netrazor.certify(
        model,
        examples,
        recipe=plan,
        given="backbone",
        given_origin="random numbers of seed 0",
        progress=False,
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
        "backbone": {"steps": STEPS, "batch": BATCH, "features": FEATURES, "origin": ORIGIN},
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
