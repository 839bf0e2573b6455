"""A pruning or quantizing step against a plain training step: LeNet-5, one batch size, in one run.

    python benchmarks/step.py [BATCH_SIZE ...] [--kinds plain,surgery,...] [--steps N] [--rounds N] [--out FILE]

The kinds of steps take turns, so that a machine whose speed drifts slows all of them; the ratios are medians
over rounds, by the wall clock and by the processor's. "surgery, at its end" is a step under the masks that the
paper's recipe ends with (results/lenet5-mnist-paper). Writes results/step.json.
"""

import argparse
import json
import os
import shlex
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import torch
from torch import nn

import netrazor
from netrazor.compress import IntegerConfig, IntegerWeights, LiveChannels, MaskedWeights, QuantizedWeights
from netrazor.data import ImageDataset, load
from netrazor.files import write_atomically
from netrazor.networks import build
from netrazor.pipeline.recipes import QUICK
from netrazor.pipeline.rules import Rules
from netrazor.reproduction.record_recipes import PAPER
from netrazor.runtime import devices, keep_freed_memory
from netrazor.simplify import simplify
from netrazor.train import AllParameters, Batches, FitConfig, Loss, OptimizerConfig, Trainable, fit

STEPS, ROUNDS = 20, 9
RECORD = Path(__file__).parents[1] / "results" / "lenet5-mnist-paper"


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
    thin, pruned_far = pruned_network().to(device), pruned_by_the_paper(dataset, device)
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
        "surgery, at its end": lambda: netrazor_steps(*pruned_far, batches, steps),
    }


def pruned_by_the_paper(dataset: ImageDataset, device: torch.device) -> tuple[nn.Module, MaskedWeights]:
    """LeNet-5 as the record of the paper's recipe left it, behind its masks, which no longer change."""
    model = netrazor.load(RECORD).to(device, memory_format=torch.channels_last)
    names = [name for name, parameter in model.named_parameters() if parameter.ndim > 1]
    example = dataset.batch(torch.arange(8))[0].to(device)
    return model, MaskedWeights(model, names, live=lambda: LiveChannels.of(model, example))


def measure(
    batch_size: int,
    dataset: ImageDataset,
    device: torch.device = devices.CPU,
    *,
    steps: int = STEPS,
    rounds: int = ROUNDS,
    chosen: Sequence[str] = (),
) -> dict[str, object]:
    """Milliseconds of a plain step, and the ratio of each kind to it."""
    kinds = kinds_of_steps(batch_size, dataset, device, steps)
    kinds = {kind: of_kind for kind, of_kind in kinds.items() if kind in (chosen or kinds)}
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    processor: dict[str, list[float]] = {kind: [] for kind in kinds}
    for of_kind in kinds.values():
        of_kind()  # once, to warm up
    for _ in range(rounds):
        for kind, of_kind in kinds.items():
            started, of_processor = time.perf_counter(), time.process_time()
            of_kind()
            devices.wait_for(device)
            seconds[kind].append((time.perf_counter() - started) / steps)
            processor[kind].append((time.process_time() - of_processor) / steps)
    return {
        "plain step, ms": round(1000 * statistics.median(seconds["plain"]), 2),
        "ratio to plain": ratios_to_plain(seconds),
        "plain step, ms of the processor": round(1000 * statistics.median(processor["plain"]), 2),
        "ratio to plain, of the processor": ratios_to_plain(processor),
    }


def ratios_to_plain(times: dict[str, list[float]]) -> dict[str, float]:
    """Medians over the rounds."""
    return {
        kind: round(statistics.median(a / b for a, b in zip(of_kind, times["plain"], strict=True)), 3)
        for kind, of_kind in times.items()
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("batch_sizes", nargs="*", type=int, default=[128, 1024])
    parser.add_argument(
        "--kinds", type=lambda text: text.split(";"), default=(), help="some of them, between ;"
    )
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--out", default="results/step.json")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    keep_freed_memory()
    content = {
        "command": shlex.join(["python", "benchmarks/step.py", *sys.argv[1:]]),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0],
        "date": date.today().isoformat(),
        "figures": {
            f"batch {batch_size}": measure(
                batch_size,
                load("mnist"),
                steps=arguments.steps,
                rounds=arguments.rounds,
                chosen=arguments.kinds,
            )
            for batch_size in arguments.batch_sizes
        },
    }
    print(json.dumps(content, indent=2))
    write_atomically(arguments.out, json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
