"""The share of a training step that is spent waiting for its batch: images in memory, and files decoded ahead.

    python benchmarks/waiting.py

One thread trains, as many processes decode as there are cores. Files are JPEGs of CIFAR-10's size, of which a batch
is decoded ahead or, to compare, when it is asked for. Writes results/waiting.json.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from netrazor.data import ImageDataset, ImageFolder
from netrazor.data import reading_ahead as ahead
from netrazor.files import write_atomically
from netrazor.networks import build
from netrazor.runtime import keep_freed_memory
from netrazor.train import AllParameters, Batches, FitConfig, fit, flush_denormals

WARM_UP, MOST = 2, 0.02


class Timed(Batches):
    """Batches that note how long each was waited for, and when."""

    def steps(self, start: int, stop: int) -> Iterator[tuple[int, Tensor, Tensor]]:
        """As `Batches.steps`."""
        self.waited: list[float] = []
        self.asked: list[float] = []
        batches = super().steps(start, stop)
        while True:
            self.asked.append(time.perf_counter())
            step = next(batches, None)
            self.waited.append(time.perf_counter() - self.asked[-1])
            if step is None:
                return
            yield step


def share_waited(name: str, dataset: ImageDataset | ImageFolder, batch: int, steps: int) -> dict[str, float]:
    """Of the steps after the first ones."""
    model = build(name).to(memory_format=torch.channels_last)
    batches = Timed(dataset, batch, seed=0)
    fit(model, AllParameters(model), batches, FitConfig(WARM_UP + steps, batch))
    whole = batches.asked[-1] - batches.asked[WARM_UP]
    waited = sum(batches.waited[WARM_UP:-1])
    return {
        "batch": batch,
        "steps": steps,
        "seconds a step": round(whole / steps, 4),
        "share waited": round(waited / whole, 4),
    }


def pixels(n: int, channels: int, side: int) -> Tensor:
    """Random smooth images."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(n, channels, 4, 4, generator=generator)
    return (255 * torch.nn.functional.interpolate(coarse, (side, side), mode="bilinear")).to(torch.uint8)


def folder(root: Path, n: int) -> ImageFolder:
    """JPEGs of ten classes."""
    for number, image in enumerate(pixels(n, 3, 32)):
        place = root / str(number % 10)
        place.mkdir(exist_ok=True)
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(place / f"{number}.jpg")
    return ImageFolder(root, 32)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", default="results/waiting.json")
    arguments = parser.parse_args()
    flush_denormals()
    keep_freed_memory()
    torch.set_num_threads(1)
    grey = ImageDataset(pixels(4096, 1, 28), torch.arange(4096) % 10, 10)
    found = {"LeNet-5, images in memory": share_waited("lenet5", grey, 1024, 8)}
    with tempfile.TemporaryDirectory() as place:
        files = folder(Path(place), 1024)
        found["ResNet-20, JPEGs decoded ahead"] = share_waited("resnet-20", files, 128, 10)
        processes, ahead.reading_processes = ahead.reading_processes, lambda: 0
        found["ResNet-20, JPEGs decoded when asked for"] = share_waited("resnet-20", files, 128, 10)
    content = {
        "command": "python benchmarks/waiting.py",
        "cores": os.cpu_count(),
        "threads": 1,
        "reading processes": processes(),
        "load": os.getloadavg()[0],
        "date": date.today().isoformat(),
        "at most wanted": MOST,
        "figures": found,
    }
    print(json.dumps(content, indent=2))
    write_atomically(arguments.out, json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
