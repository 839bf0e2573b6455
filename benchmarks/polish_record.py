"""Train a record of whole numbers a little more, its zeros frozen, and descend again; write the weights if it pays.

    python benchmarks/polish_record.py RECORD --out weights.safetensors [--steps 1000] [--rate 0.01] [--seed 5]
    netrazor certify EXPERIMENT --weights weights.safetensors --recipe as-is --out RECORD

The loss is the mean probability of a wrong answer. Any message is free to be tried: the bound holds for all at once.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from netrazor import data, replay
from netrazor.certificate import parse
from netrazor.charging import charge
from netrazor.compress import DescentConfig, IntegerConfig, IntegerWeights, descend
from netrazor.pipeline.front import without_front
from netrazor.pipeline.message import OWN, encode
from netrazor.train import Batches, FitConfig, OptimizerConfig, fit, flush_denormals

CONFIG = IntegerConfig(settle=0.0, freeze=0.0)
DESCENT = DescentConfig(rounds=4, hardest=12_000)


def from_where_it_is(learned: nn.Module, steps: int) -> IntegerWeights:
    """The whole numbers of ``learned``, to be trained on with their zeros frozen and bits for nothing."""
    start = {name: parameter.detach().clone() for name, parameter in learned.named_parameters()}
    weights = IntegerWeights(learned, replace(CONFIG, price=1e-12), steps)
    with torch.no_grad():
        for name, parameter in learned.named_parameters():
            parameter.copy_(start[name])
    weights.support = {name: tensor != 0 for name, tensor in start.items()}
    return weights


def main() -> None:
    """Train, descend, say, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("record", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=5)
    arguments = parser.parse_args()
    flush_denormals()
    certificate = parse((arguments.record / "certificate.json").read_bytes())
    name = certificate.architecture.name
    model = replay.load(arguments.record)
    learned, features = without_front(model, data.load(certificate.dataset.name))
    torch.manual_seed(arguments.seed)
    weights = from_where_it_is(learned, arguments.steps)
    optimizer = OptimizerConfig(rate=arguments.rate, floor=0.0)
    config = FitConfig(steps=arguments.steps, optimizer=optimizer)
    batches = Batches(features, config.batch_size, seed=arguments.seed)
    fit(learned, weights, batches, config, loss=weights.loss)
    weights.finish()
    report = descend(
        learned,
        features,
        lambda: charge(encode(model, name), OWN).charged_bits,
        DESCENT,
        delta=certificate.delta,
    )
    print(f"{certificate.risk_bound} before; after training and after the descent:", report)
    if report.bounds[1] < certificate.risk_bound:
        save_file({key: value.contiguous() for key, value in model.state_dict().items()}, arguments.out)


if __name__ == "__main__":
    main()
