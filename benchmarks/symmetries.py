"""Bits that the records' networks need when order and signs of their hidden units are left out of the message.

    python benchmarks/symmetries.py --out results/symmetries.json

Each network of ``certificates/`` is decoded, its hidden units are put in canonical order (and sign, where both are
handed on), and it is written again; the network decoded from that is compared with the first on ``--inputs`` inputs.
The certificates stay as they are: the bound beside each is what its count of errors gives for the shorter message.
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
from torch import Tensor, nn

from netrazor import bounds
from netrazor.certification.charging import charge
from netrazor.coding.message import read
from netrazor.files import write_atomically
from netrazor.networks import build
from netrazor.networks.declared import input_shape, name_of
from netrazor.networks.network_message import decode_into, encode, limits_of
from netrazor.simplify import order_for_coding

NAMES = (
    "mnist",
    "fashion-mnist",
    "cifar10-jpeg",
    "lenet5-mnist",
    "lenet5-mnist-tight",
    "lenet5-fashion-mnist",
)


def main() -> None:
    """Write each record's network again, and what it takes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=Path, default=Path("certificates"))
    parser.add_argument("--inputs", type=int, default=512)
    parser.add_argument("--out", type=Path, default=Path("results/symmetries.json"))
    chosen = parser.parse_args()
    found = {name: measure(chosen.records / name, chosen.inputs) for name in NAMES}
    for name, figures in found.items():
        print(name, json.dumps(figures))
    write_atomically(
        chosen.out,
        json.dumps({**circumstances("benchmarks/symmetries.py"), "records": found}, indent=1) + "\n",
    )


def measure(folder: Path, inputs: int) -> dict[str, Any]:
    """Bits before and after, those that the symmetries have, whether the function is the same, and the bound."""
    certificate = json.loads((folder / "certificate.json").read_text())
    blob = (folder / "network.nrz").read_bytes()
    architecture = name_of(read(blob, limits_of(build("lenet5"))).architecture)
    model = decode_into(build(architecture), blob)
    examples = torch.rand(inputs, *input_of(architecture), generator=torch.Generator().manual_seed(0))
    examples = torch.round(255 * examples) / 255
    expected = scores(model, examples)
    ordered = copy.deepcopy(model)
    done = order_for_coding(ordered, examples[:8])
    shorter = encode(ordered, architecture)
    decoded = scores(decode_into(build(architecture), shorter), examples)
    before, after = (charge(each, limits_of(model)).charged_bits for each in (blob, shorter))
    errors, n = certificate["errors"], certificate["n"]
    free = free_bits(ordered, done.flipped > 0)
    return {
        "bytes": [len(blob), len(shorter)],
        "charged_bits": [before, after],
        "saved_bits": before - after,
        "log2_orders_and_signs": round(free, 1),
        "groups_reordered": done.reordered,
        "signs_changed": done.flipped,
        "largest_difference_of_scores": float((decoded - expected).abs().max()),
        "classes_that_differ": int((decoded.argmax(1) != expected.argmax(1)).sum()),
        "inputs": inputs,
        "bound_issued": certificate["risk_bound"],
        "bound_at_the_same_errors": bounds.occam(errors, n, after, certificate["delta"]),
    }


def free_bits(model: nn.Module, signs: bool) -> float:
    """log2 of the orders of the hidden units, and of their signs, of every layer but the last."""
    layers = [m for m in model.modules() if isinstance(m, nn.Linear | nn.Conv2d)][:-1]
    units = [int(np.count_nonzero(layer.weight.detach().flatten(1).any(1).numpy())) for layer in layers]
    return sum(math.lgamma(u + 1) / math.log(2) + u * signs for u in units)


def input_of(architecture: str) -> tuple[int, int, int]:
    """Channels, height and width of an input."""
    shape = input_shape(architecture)
    assert shape is not None, f"{architecture} takes images of no one shape"
    return shape


@torch.no_grad()
def scores(model: nn.Module, inputs: Tensor) -> Tensor:
    """The scores of ``inputs``."""
    return model(inputs).double()


if __name__ == "__main__":
    main()
