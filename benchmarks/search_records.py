"""Search on from a record of whole numbers, for as long as is given: kicks, then descents through all layers.

    python benchmarks/search_records.py certificates/mnist --minutes 60

Each cycle starts from the best message so far. It is kicked, by some steps of training or by a few weights taken out
and put in at random; then weights of the last layer, all at once, and of the layers before it, one by one, change
while the bound falls. Messages of one decoder cost nothing to choose from: the bound holds for all of them together.
The search goes on from runs/search-NAME (--place), where the best weights and the course are; at its end message,
certificate and result are written again if the bound is lower (as by `shorten_records.py`).
"""

import argparse
import copy
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from shorten_records import issue_again, write_result
from torch import Tensor, nn

from netrazor import data, networks
from netrazor.certification import Certificate, parse, to_json
from netrazor.certification.charging import charge
from netrazor.certification.run_directory import CERTIFICATE, MESSAGE
from netrazor.compress import (
    DescentConfig,
    IntegerConfig,
    IntegerWeights,
    WholeDescentConfig,
    descend,
    descend_everywhere,
)
from netrazor.counting import count_errors
from netrazor.files import write_atomically
from netrazor.networks.network_message import decode_into, encode, limits_of
from netrazor.pipeline.stages import RunContext
from netrazor.simplify import copy_for_training, expand_into, order_for_coding
from netrazor.train import Batches, FitConfig, OptimizerConfig, fit
from netrazor.train.frozen_features import precompute_features

LAST = DescentConfig(rounds=3, hardest=8000)
EVERYWHERE = WholeDescentConfig(rounds=4, proposals=300, hardest=4000)
WEIGHTS = IntegerConfig(start="given", bias_limit=31, settle=0.0, freeze=0.0, price=1e-12)


class RecordContext(RunContext):
    """A run whose messages have their units in the order that costs least."""

    def code_bits(self) -> float:
        """Charged length of the message of the network as it is now, in canonical order."""
        model = ordered(self.model, self.example())
        return charge(encode(model, self.architecture), limits_of(model)).charged_bits


def ordered(model: nn.Module, inputs: Tensor) -> nn.Module:
    """A copy with its units in canonical order."""
    found = copy.deepcopy(model)
    order_for_coding(found, inputs)
    return found


@dataclass
class Search:
    """A network, the part of it that is learned, and where its best weights are."""

    context: RunContext
    inner: RunContext
    place: Path

    @classmethod
    def of(cls, run: Path, certificate: Certificate, place: Path) -> "Search":
        """From the record's message, or from what an earlier search left."""
        name = certificate.prior.architecture.name
        model = decode_into(networks.build(name), (run / MESSAGE).read_bytes())
        examples = data.load(certificate.sample.name, certificate.sample.split)
        learned, features = precompute_features(model, examples)
        (delta,) = certificate.claims[0].delta_parts.values()
        context = RecordContext(model, examples, examples, architecture=name, delta=delta)
        found = cls(context, replace(context, model=learned, dataset=features, training=features), place)
        if (place / "best.safetensors").exists():
            found.restore(load_file(place / "best.safetensors"))
        return found

    def state(self) -> dict[str, Tensor]:
        """The weights as they are."""
        return {name: held.clone().contiguous() for name, held in self.inner.model.state_dict().items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Back to these weights."""
        self.inner.model.load_state_dict(state)

    def descend(self, best: float) -> float:
        """The bound that descents come to, which go on for as long as each gains; not far below ``best``: at once."""
        before = math.inf
        while True:
            last = descend(self.inner.model, self.context.code_bits, LAST, self.inner.searching()).bounds[1]
            if last > 1.02 * best:
                return last
            now = descend_everywhere(
                self.inner.model, self.context.code_bits, EVERYWHERE, self.inner.searching()
            ).bounds[1]
            if now >= before - 1e-7:
                return now
            before = now

    def train(self, steps: int, seed: int) -> None:
        """Kick by so many steps of training, zeros frozen."""
        small = copy_for_training(self.inner.model, self.inner.example())
        weights = IntegerWeights(small, WEIGHTS, steps)
        batches = Batches(self.inner.training, 128, seed)
        optimizer = OptimizerConfig(rate=0.01, floor=0.0)
        fit(small, weights, batches, FitConfig(steps, optimizer=optimizer), loss=weights.loss)
        weights.finish()
        expand_into(self.inner.model, small)

    def shake(self, number: int, rng: np.random.Generator) -> None:
        """Kick by so many weights of one layer that move to other places."""
        layers = [p for p in self.inner.model.parameters() if p.ndim > 1 and p.any()]
        flat = layers[rng.integers(len(layers))].data.view(-1)
        held = np.flatnonzero(flat.numpy())
        gone = rng.choice(held, min(number, len(held)), replace=False)
        values = flat[torch.from_numpy(gone)].clone()
        flat[torch.from_numpy(gone)] = 0.0
        free = np.flatnonzero(flat.numpy() == 0)
        flat[torch.from_numpy(rng.choice(free, len(gone), replace=False))] = values


def search(found: Search, minutes: float) -> float:
    """Cycles until the time is up; the best bound, whose weights the network has at the end."""
    course = found.place / "course.jsonl"
    cycle = len(course.read_text().splitlines()) if course.exists() else 0
    end = time.monotonic() + 60 * minutes
    best = found.descend(math.inf) if cycle == 0 else found.context.certified_bound()
    kept = found.state()
    while time.monotonic() < end:
        rng, started = np.random.default_rng(cycle), time.monotonic()
        kind = ("train", "shake")[cycle % 2]
        if kind == "train":
            found.train(int(rng.choice([100, 300, 1000])), cycle)
        else:
            found.shake(int(rng.integers(2, 8)), rng)
        now = found.descend(best)
        line = {"cycle": cycle, "kick": kind, "bound": now, "seconds": round(time.monotonic() - started, 1)}
        print(json.dumps({**line, "best": min(now, best)}), flush=True)
        if now < best:
            best, kept = now, found.state()
            save_file(kept, found.place / "best.safetensors")
        else:
            found.restore(kept)
        with course.open("a") as file:
            file.write(json.dumps(line) + "\n")
        cycle += 1
    found.restore(kept)
    return best


def main() -> None:
    """Search, and issue the record again if it is better."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--place", type=Path)
    chosen = parser.parse_args()
    place = chosen.place or Path("runs") / f"search-{chosen.run.name}"
    place.mkdir(parents=True, exist_ok=True)
    certificate = parse((chosen.run / CERTIFICATE).read_bytes())
    found = Search.of(chosen.run, certificate, place)
    search(found, chosen.minutes)
    write_better(chosen.run, certificate, found.context.model)


def write_better(run: Path, certificate: Certificate, model: nn.Module) -> None:
    """Message, certificate and result of ``run`` again, if the bound of ``model`` is lower."""
    name = certificate.prior.architecture.name
    examples = data.load(certificate.sample.name, certificate.sample.split)
    blob = encode(ordered(model, torch.stack([examples[place][0] for place in range(8)])), name)
    network = decode_into(networks.build(name), blob)
    errors = count_errors(network, examples).errors
    new = issue_again(certificate, network, blob, errors)
    print(f"{run}: bound {certificate.risk_bound} -> {new.risk_bound}, {errors} errors, {len(blob)} bytes")
    if new.risk_bound < certificate.risk_bound:
        write_result(run, new, network)
        write_atomically(run / MESSAGE, blob)
        write_atomically(run / CERTIFICATE, to_json(new))


if __name__ == "__main__":
    main()
