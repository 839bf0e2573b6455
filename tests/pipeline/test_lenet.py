"""LeNet-5 on real digits, cut down in seconds: not a good bound, but one that holds."""

from dataclasses import replace
from pathlib import Path

import torch

import netrazor
import tiny
from netrazor.data import ImageDataset
from netrazor.networks import build
from netrazor.pipeline import RunConfiguration, run


def test_certify_and_verify(mnist: ImageDataset, tmp_path: Path) -> None:
    part = replace(mnist, images=mnist.images[:2000], labels=mnist.labels[:2000], name="mnist-2000")
    recipe = replace(tiny.NO_NOISE, prune=(replace(tiny.NO_NOISE.prune[0], nonzeros=6000),))
    torch.manual_seed(0)
    done = run(build("lenet5"), part, RunConfiguration(recipe=recipe, out=tmp_path, architecture="lenet5"))
    certificate = done.issued.certificate
    assert certificate.architecture.index == 1
    assert certificate.ledger.charged_to("schema") == 0
    assert sum(layer.nonzeros for layer in done.result.layers) <= 6000
    assert certificate.message_bytes < 12_000
    assert 0 < certificate.empirical_risk < certificate.risk_bound <= 1
    assert netrazor.verify(tmp_path, part).status == "VALID"
