"""A head on a backbone that is given: the message holds the head alone.

    python examples/certify_head.py

A stand-in for a pre-trained backbone: random convolutions, which no example chose.
"""

import tempfile
from pathlib import Path

import torch
from torch import nn

import netrazor
from netrazor.data import ImageDataset
from netrazor.pipeline import Recipe
from netrazor.train import FitConfig, OptimizerConfig

CLASSES = 4


def examples(n: int = 2000) -> ImageDataset:
    """Four patterns of 8 x 8 pixels under noise."""
    generator = torch.Generator().manual_seed(0)
    patterns = torch.randint(0, 256, (CLASSES, 1, 8, 8), generator=generator)
    labels = torch.randint(0, CLASSES, (n,), generator=generator)
    noise = torch.randint(0, 256, (n, 1, 8, 8), generator=generator)
    return ImageDataset(
        (0.6 * patterns[labels] + 0.4 * noise).to(torch.uint8), labels, CLASSES, name="patterns"
    )


def network() -> nn.Module:
    """A backbone whose weights are fixed, and a head."""
    torch.manual_seed(0)
    backbone = nn.Sequential(nn.Conv2d(1, 8, 3, stride=2), nn.ReLU(), nn.Flatten())
    return nn.Sequential(backbone.requires_grad_(False), nn.Linear(72, CLASSES)).eval()


def main() -> None:
    """Certify the head, and verify with a backbone that was built anew."""
    recipe = Recipe("head", train=FitConfig(200, 100, OptimizerConfig(rate=1e-2)), noise=None)
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "run"
        certificate = netrazor.certify(
            network(),
            examples(),
            recipe=recipe,
            given="frozen",
            given_origin="random numbers of seed 0, drawn before any example",
            out=out,
        )
        print(certificate.claim)
        print(f"{certificate.effective_bits:.0f} bits charged; given: {certificate.prior.given}")
        print(netrazor.verify(out, examples(), network()).status)


if __name__ == "__main__":
    main()
