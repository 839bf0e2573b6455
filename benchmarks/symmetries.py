"""What the records' messages save by leaving out the order of hidden units, and their signs.

    python benchmarks/symmetries.py --out results/symmetries.json

Each network of ``certificates/`` is decoded, its interchangeable units are put in a few random orders, and it is
written again: what these messages take more than the record's own is what leaving out the order saves, beside log2 of
the number of orders (and signs, where both are handed on). Records that were issued before orders were left out had
their units sorted by their numbers of weights, which had saved a part of this already (``first_issued``).
"""

import argparse
import copy
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from circumstances import circumstances
from torch import nn

from netrazor.certification.charging import charge
from netrazor.coding.message import read
from netrazor.files import write_atomically
from netrazor.networks import build
from netrazor.networks.declared import input_shape, name_of
from netrazor.networks.network_message import decode_into, encode, limits_of
from netrazor.simplify.canonical_order import permute_channels
from netrazor.simplify.channel_groups import find_channel_groups
from netrazor.simplify.traced_graph import trace

FIRST_ISSUED = {  # charged bits, with units in an order that was sent; None: never issued so
    "mnist": None,
    "fashion-mnist": None,
    "cifar10-jpeg": None,
    "lenet5-mnist": 6168,
    "lenet5-mnist-tight": None,
    "lenet5-fashion-mnist": 5978,
}
SIGNED = {"cifar10-jpeg"}  # hand on both signs of a unit


def main() -> None:
    """Write each record's network in other orders, and what they take."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=Path, default=Path("certificates"))
    parser.add_argument("--orders", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("results/symmetries.json"))
    parser.add_argument("--only", nargs="*", default=[], help="records to measure; the others stay")
    chosen = parser.parse_args()
    found = json.loads(chosen.out.read_text())["records"] if chosen.only and chosen.out.exists() else {}
    for name in chosen.only or FIRST_ISSUED:
        found[name] = measure(chosen.records / name, chosen.orders, FIRST_ISSUED[name], name in SIGNED)
        print(name, json.dumps(found[name]), flush=True)
        content = {**circumstances("benchmarks/symmetries.py"), "records": found}
        write_atomically(chosen.out, json.dumps(content, indent=1) + "\n")


def measure(folder: Path, orders: int, first_issued: int | None, signed: bool) -> dict[str, Any]:
    """Charged bits of the record, and of its network in random orders; the bits that the orders have."""
    blob = (folder / "network.nrz").read_bytes()
    architecture = name_of(read(blob, limits_of(build("lenet5"))).architecture)
    model = decode_into(build(architecture), blob)
    bits = charge(blob, limits_of(model)).charged_bits
    random = [
        charge(encode(shuffled(model, architecture, seed), architecture), limits_of(model)).charged_bits
        for seed in range(orders)
    ]
    log2 = free_bits(model, signed)
    saved = sum(random) / len(random) - bits
    return {
        "bytes": len(blob),
        "charged_bits": bits,
        "first_issued": first_issued,
        "in_random_orders": random,
        "saved_bits": round(saved, 1),
        "log2_orders_and_signs": round(log2, 1),
        "share": round(saved / log2, 3),
    }


@torch.no_grad()
def shuffled(model: nn.Module, architecture: str, seed: int) -> nn.Module:
    """The same function with its live units in a random order, so that their signs are sent too."""
    shape = input_shape(architecture)
    assert shape is not None, f"{architecture} takes images of no one shape"
    model, chance = copy.deepcopy(model), np.random.default_rng(seed)
    graph = trace(model, torch.rand(4, *shape, generator=torch.Generator().manual_seed(0)))
    for group in find_channel_groups(graph):
        live = np.zeros(len(group), dtype=bool)
        for held in group.axes:
            nonzero = (graph.state[held.node] != 0).movedim(held.axis, 0).numpy()
            live |= nonzero[held.positions].reshape(len(group), -1).any(1)
        order, places = np.arange(len(group)), np.flatnonzero(live)
        order[places] = chance.permutation(places)
        permute_channels(graph, group, order)
    return model


def free_bits(model: nn.Module, signs: bool) -> float:
    """log2 of the orders of the hidden units, and of their signs, of every layer but the last."""
    return sum(math.lgamma(units + 1) / math.log(2) + units * signs for units in units_of(model))


def units_of(model: nn.Module) -> list[int]:
    """Live units of every layer but the last."""
    layers = [m for m in model.modules() if isinstance(m, nn.Linear | nn.Conv2d)][:-1]
    return [int(np.count_nonzero(layer.weight.detach().flatten(1).any(1).numpy())) for layer in layers]


if __name__ == "__main__":
    main()
