"""MNIST with a prior learnt on half of the examples, beside the plain hold-out bound of the same split.

    python benchmarks/data_dependent.py [--out certificates/mnist-data-dependent] [--scale 1]

LeNet-5 is trained on the examples at even positions, on images moved by up to two pixels, then pruned and quantized
so that its file is small; nothing of the others is used. That file is the prior. The certificate counts on the
examples at odd positions alone, and pays for what differs from the prior. A killed run goes on when it is
started again.
"""

import argparse
import json
import os
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netrazor import data, load
from netrazor.certification import measure_yardsticks
from netrazor.certification.sample_record import Spending
from netrazor.compress.quantization import CodebookConfig
from netrazor.counting import count_errors
from netrazor.files import write_atomically
from netrazor.networks import build
from netrazor.pipeline import Recipe, recipe_scaled
from netrazor.pipeline.spent_examples import run_from_given
from netrazor.pipeline.spent_run import SpentTerms
from netrazor.pipeline.spent_split import split_spent
from netrazor.pipeline.stage_runner import run_stages
from netrazor.pipeline.stages import QuantizeStage, RateStage, RunContext
from netrazor.train import Checkpoint, FitConfig, OptimizerConfig, flush_denormals

ARCHITECTURE = "lenet5"
SPENDING: Spending = "even positions"
SHIFT = 2  # pixels, at most, by which the prior's training images are moved
RECIPE = Recipe(
    "prior",
    train=FitConfig(steps=1200, optimizer=OptimizerConfig(rate=2e-3, floor=0.2)),
    prune=(RateStage(FitConfig(steps=1200, optimizer=OptimizerConfig(rate=1e-3)), nonzeros=30_000, end=0.6),),
    quantize=QuantizeStage(
        FitConfig(steps=400, optimizer=OptimizerConfig(rate=3e-4)),
        CodebookConfig(bits=4, vector_bits=4, center_bits=8),
    ),
    noise=None,
)


def shifted_loss(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy on images that are moved together by a few pixels."""
    down, across = torch.randint(-SHIFT, SHIFT + 1, (2,)).tolist()
    return F.cross_entropy(model(torch.roll(images, (down, across), (2, 3))), labels)


def main() -> None:
    """Train the prior, issue, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("certificates/mnist-data-dependent"))
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    flush_denormals()
    started = time.monotonic()
    entire, test = data.load("mnist"), data.load("mnist", "test")
    recipe = RECIPE if arguments.scale == 1 else recipe_scaled(RECIPE, arguments.scale)
    torch.manual_seed(arguments.seed)
    model = build(ARCHITECTURE)
    arguments.out.mkdir(parents=True, exist_ok=True)
    checkpoint = Checkpoint(arguments.out / "checkpoint.pt", f"prior {asdict(recipe)} {arguments.seed}")
    number = (len(entire) + 1) // 2
    spent, _ = split_spent(entire, number, SPENDING)
    context = RunContext(
        model, spent, spent, training_step=shifted_loss, seed=arguments.seed, architecture=ARCHITECTURE
    )
    run_stages(recipe, context, checkpoint)
    terms = SpentTerms(
        architecture=ARCHITECTURE,
        origin="trained, pruned and quantized on the spent examples",
        seed=arguments.seed,
        configuration=asdict(recipe),
    )
    run = run_from_given(model, entire, spent=number, spending=SPENDING, terms=terms, out=arguments.out)
    checkpoint.remove()
    certificate, network = run.certificate, load(arguments.out)
    result = {
        "command": "python benchmarks/data_dependent.py",
        "date": date.today().isoformat(),
        "cores": torch.get_num_threads(),
        "machine_cores": os.cpu_count(),
        "seconds": round(time.monotonic() - started, 1),
        "risk_bound": certificate.risk_bound,
        "hold_out_bound": measure_yardsticks(certificate).hold_out_bound,
        "charged_bits": certificate.effective_bits,
        "prior_bytes": len(run.given),
        "test": asdict(count_errors(network, test)),
    }
    text = json.dumps(result, indent=2) + "\n"
    print(text, certificate.claim, sep="\n")
    write_atomically(arguments.out / "measurements.json", text.encode())


if __name__ == "__main__":
    main()
