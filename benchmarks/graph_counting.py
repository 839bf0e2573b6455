"""Time of counting through the graph over counting through the module, and of exporting.

    python benchmarks/graph_counting.py [--examples 2000] [--rounds 15]

In each round both count the same examples in the same batches, one right after the other, the first of them in turn,
so that what else the machine does meets both alike; the ratio is the median of the rounds' ratios. Writes
results/graph_counting.json after each network.
"""

import argparse
import datetime
import json
import platform
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import torch
from torch import nn

from netrazor import networks
from netrazor.counting import count_errors
from netrazor.data import ImageDataset
from netrazor.networks.exported_graph import export

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from text_classifier import TextClassifier  # noqa: E402
from vision_transformer import VisionTransformer  # noqa: E402

CLASSES = 10
Examples = torch.utils.data.Dataset[tuple[torch.Tensor, int]]


def images(n: int, shape: tuple[int, int, int]) -> ImageDataset:
    """Noise under random labels: what a network answers makes no difference to its time."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (n, *shape), generator=generator).to(torch.uint8)
    return ImageDataset(pixels, torch.randint(0, CLASSES, (n,), generator=generator), CLASSES)


class Tokens(Examples):
    """Random token sequences."""

    def __init__(self, n: int) -> None:
        self.tokens = torch.randint(0, 1000, (n, 64), generator=torch.Generator().manual_seed(0))

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.tokens[index], index % CLASSES


def cases(n: int) -> dict[str, tuple[nn.Module, Examples]]:
    """Each network with what it is counted on."""
    return {
        "lenet-300-100": (networks.MLP(), images(5 * n, (1, 28, 28))),
        "lenet5": (networks.LeNet5(), images(n, (1, 28, 28))),
        "resnet-20": (networks.ResNetCifar(20), images(n // 4, (3, 32, 32))),
        "vision transformer": (
            VisionTransformer(CLASSES, size=32, width=64, depth=2, heads=4),
            images(n // 2, (3, 32, 32)),
        ),
        "text classifier": (TextClassifier(1000, CLASSES, width=32, hidden=64), Tokens(8 * n)),
    }


def measure(model: nn.Module, dataset: Examples, rounds: int) -> dict[str, Any]:
    """Seconds of exporting; of counting by module and by graph, the medians of all rounds and of their ratios."""
    model.eval()
    example = torch.stack([dataset[0][0], dataset[1][0]])
    started = time.process_time()
    network = export(model, example)
    exporting = time.process_time() - started
    ways: dict[str, nn.Module] = {"module": model, "graph": network}
    assert len({count_errors(way, dataset).errors for way in ways.values()}) == 1  # and both are warm
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for place in range(rounds):
        for name in sorted(ways, reverse=place % 2 == 1):
            started = time.process_time()
            count_errors(ways[name], dataset)
            seconds[name].append(time.process_time() - started)
    ratios = sorted(graph / module for graph, module in zip(seconds["graph"], seconds["module"], strict=True))
    return {
        "export_s": round(exporting, 3),
        "module_s": round(statistics.median(seconds["module"]), 4),
        "graph_s": round(statistics.median(seconds["graph"]), 4),
        "ratio": round(statistics.median(ratios), 3),
        "ratio_quartiles": [round(ratios[len(ratios) // 4], 3), round(ratios[-1 - len(ratios) // 4], 3)],
    }


def main() -> None:
    """Measure all networks and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--examples", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "graph_counting.json")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    found = {}
    for name, (model, dataset) in cases(arguments.examples).items():
        found[name] = measure(model, dataset, arguments.rounds)
        print(name, found[name], flush=True)
        content = {
            "command": "python benchmarks/graph_counting.py "
            f"--examples {arguments.examples} --rounds {arguments.rounds}",
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "cores": 1,
            "machine": platform.machine(),
            "torch": torch.__version__,
            "seconds": "of processor time, medians of all rounds",
            "networks": found,
        }
        arguments.out.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
