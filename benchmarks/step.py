"""A pruning or quantizing step against a plain training step: LeNet-5, one batch size, in one run.

    python benchmarks/step.py [BATCH_SIZE ...]

The kinds of steps take turns, so that a machine whose speed drifts slows all of them; the ratios are medians
over rounds. Writes results/step.json.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date

import torch
from torch import nn

from netrazor.compress import IntegerConfig, IntegerWeights, QuantizedWeights
from netrazor.data import ImageDataset, load
from netrazor.files import write_atomically
from netrazor.networks import build
from netrazor.pipeline.recipes import QUICK
from netrazor.pipeline.rules import Rules
from netrazor.reproduction.record_recipes import PAPER
from netrazor.runtime import devices
from netrazor.simplify import simplify
from netrazor.train import AllParameters, Batches, FitConfig, Loss, OptimizerConfig, Trainable, fit

STEPS, ROUNDS = 20, 9


def plain_steps(model: nn.Module, batches: Batches, steps: int, dtype: torch.dtype | None = None) -> None:
    """What a PyTorch user writes, under automatic mixed precision where a type is named."""
    device = devices.device_of(model)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    model.train()
    for _, inputs, labels in batches.steps(0, steps):
        optimizer.zero_grad()
        with nullcontext() if dtype is None else torch.autocast(device.type, dtype):
            loss = nn.functional.cross_entropy(model(inputs.to(device)), labels.to(device))
        loss.backward()
        optimizer.step()


def netrazor_steps(
    model: nn.Module,
    weights: Trainable,
    batches: Batches,
    steps: int,
    loss: Loss = nn.functional.cross_entropy,
) -> None:
    """The same length of one of our stages."""
    optimizer = OptimizerConfig(rate=1e-3, decay="constant")
    fit(model, weights, batches, FitConfig(steps, batches.batch_size, optimizer), loss=loss)


def pruned_network() -> nn.Module:
    """A network with one weight in a hundred left, as the quantizer meets it."""
    model = build("lenet5").to(memory_format=torch.channels_last)
    for parameter in model.parameters():
        parameter.data *= torch.rand_like(parameter) < 0.01
    simplify(model, torch.rand(8, 1, 28, 28))
    return model


def kinds_of_steps(
    batch_size: int, dataset: ImageDataset, device: torch.device, steps: int
) -> dict[str, Callable[[], None]]:
    """The same number of steps, plain and through each kind of weights."""
    batches = Batches(dataset, batch_size, seed=0, device=device)
    plain, whole, surgery, rate, integers = (
        build("lenet5").to(device, memory_format=torch.channels_last) for _ in range(5)
    )
    thin = pruned_network().to(device)
    assert QUICK.quantize is not None
    codebook, n = QUICK.quantize.codebook, len(dataset)
    rounded = IntegerWeights(integers, IntegerConfig(target_bits=1e5), 10**6)
    return {
        "plain": lambda: plain_steps(plain, batches, steps),
        "whole": lambda: netrazor_steps(whole, AllParameters(whole), batches, steps),
        "surgery": lambda: netrazor_steps(
            surgery, PAPER.prune[0].masked(surgery, Rules(), 0), batches, steps
        ),
        "rate": lambda: netrazor_steps(rate, QUICK.prune[0].masked(rate, Rules(), n), batches, steps),
        "quantize": lambda: netrazor_steps(thin, QuantizedWeights(thin, codebook, steps), batches, steps),
        "integers": lambda: netrazor_steps(integers, rounded, batches, steps, rounded.loss),
    }


def measure(
    batch_size: int,
    dataset: ImageDataset,
    device: torch.device = devices.CPU,
    *,
    steps: int = STEPS,
    rounds: int = ROUNDS,
) -> dict[str, object]:
    """Milliseconds of a plain step, and the ratio of each kind to it."""
    kinds = kinds_of_steps(batch_size, dataset, device, steps)
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    for of_kind in kinds.values():
        of_kind()  # once, to warm up
    for _ in range(rounds):
        for kind, of_kind in kinds.items():
            started = time.perf_counter()
            of_kind()
            devices.wait_for(device)
            seconds[kind].append((time.perf_counter() - started) / steps)
    ratios = {
        kind: round(statistics.median(a / b for a, b in zip(times, seconds["plain"], strict=True)), 3)
        for kind, times in seconds.items()
    }
    return {"plain step, ms": round(1000 * statistics.median(seconds["plain"]), 2), "ratio to plain": ratios}


def main() -> None:
    """Measure and write."""
    torch.manual_seed(0)
    content = {
        "command": " ".join(["python benchmarks/step.py", *sys.argv[1:]]),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "date": date.today().isoformat(),
        "figures": {
            f"batch {batch_size}": measure(batch_size, load("mnist"))
            for batch_size in map(int, sys.argv[1:] or ("128", "1024"))
        },
    }
    print(json.dumps(content, indent=2))
    write_atomically("results/step.json", json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
