"""One step of MobileNet 0.5's training on images of ImageNet's size: seconds of one core, and peak memory.

    python benchmarks/imagenet_step.py

Three steps of dense training at a batch of 64, the first to warm up, on random images of 224 x 224 held in memory;
then 64 evaluations. Writes results/imagenet_step.json, with what the whole recipe of Appendix A.2 comes to.
"""

import json
import resource
import time
from datetime import date

import torch

from netrazor.data import ImageDataset
from netrazor.files import write_atomically
from netrazor.networks import build
from netrazor.reproduction.record_recipes import MOBILENET
from netrazor.train import AllParameters, Batches, FitConfig, FitProgress, fit, flush_denormals

BATCH, SIDE, STEPS, EXAMPLES, COUNTS = 64, 224, 3, 1_281_167, 4


def main() -> None:
    """Measure and write."""
    flush_denormals()
    torch.set_num_threads(1)
    pixels = torch.randint(0, 256, (BATCH, 3, SIDE, SIDE), dtype=torch.uint8)
    dataset = ImageDataset(pixels, torch.arange(BATCH), 1000)
    model = build("mobilenet-0.5").to(memory_format=torch.channels_last)
    clock = []
    fit(model, AllParameters(model), Batches(dataset, BATCH, seed=0), FitConfig(STEPS, BATCH),
        progress=FitProgress(save=lambda _: clock.append(time.process_time())))  # fmt: skip
    step = (clock[-1] - clock[0]) / (STEPS - 1)
    started = time.process_time()
    with torch.inference_mode():
        model.eval()(dataset.tensors()[0])
    image = (time.process_time() - started) / BATCH
    recipe = MOBILENET
    steps = recipe.prune[0].fit.steps + (recipe.quantize.fit.steps if recipe.quantize else 0)
    content = {
        "command": "python benchmarks/imagenet_step.py",
        "cores": 1,
        "date": date.today().isoformat(),
        "batch": BATCH,
        "core_seconds_per_step": round(step, 2),
        "core_seconds_per_image_counted": round(image, 4),
        "peak_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "steps_from_trained_weights": steps,
        "core_days_of_training": round(step * steps / 86_400, 1),
        "core_days_of_counting": round(image * EXAMPLES * COUNTS / 86_400, 1),
    }
    print(json.dumps(content, indent=2))
    write_atomically("results/imagenet_step.json", json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
