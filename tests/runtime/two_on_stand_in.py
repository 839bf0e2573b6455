"""What two processes under ``torchrun`` do, each on a device of its own: what they do together on the CPU."""

import os
from dataclasses import replace

import stand_in
import torch
from torch import nn

import tiny
from netrazor.coding import message_writer
from netrazor.pipeline import Run, RunConfiguration, run
from netrazor.runtime import devices, processes

RECIPE = replace(
    tiny.NO_NOISE, prune=(), noise=replace(tiny.NOISY.noise, slack=0.2, shares=(0.1,), search_examples=200)
)


def certified(device: str) -> Run:
    """A convolution and a batch norm, trained, quantized, given noise and counted on ``device``."""
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, tiny.CLASSES)
    )
    return run(model, tiny.images(), RunConfiguration(recipe=RECIPE, device=device, count_on=device))


def main() -> None:
    """Fails where the two differ."""
    stand_in.load(os.environ["STAND_IN"])
    message_writer._SMALL, message_writer._LARGE_BUDGET = 0, 2**12  # no long search for the shortest message
    processes.join()
    assert devices.chosen("stand_in") == torch.device("stand_in", processes.rank())
    home, there = (certified(device).issued for device in ("cpu", "stand_in"))
    assert there.blob == home.blob
    assert there.certificate.errors == home.certificate.errors
    assert there.certificate.noise == home.certificate.noise


if __name__ == "__main__":
    main()
