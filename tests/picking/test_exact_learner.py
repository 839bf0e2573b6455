"""Exact arithmetic: against whole numbers, on any number of threads and instruction set, in any batch."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from exact_digest import digest
from pickable import exact_layers, exact_learner, images
from torch import nn

from netrazor.errors import ConfigurationError
from netrazor.picking import ExactAugmentation, Examples, PickingConfig, check_learner, pick
from netrazor.picking.exact_learner import squared_hinge_gradient, whole_pixels
from netrazor.picking.fixed_point import FixedPointNetwork, rounded

HERE = Path(__file__).parent
INPUTS, LABELS = images(100).tensors()
FIRST = Examples(INPUTS[:20], LABELS[:20].numpy())


def elsewhere(**environment: str) -> Any:
    """The digest of a process with other threads and instructions."""
    settings = {**os.environ, **environment, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(HERE / "exact_digest.py")]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    "environment",
    [
        {"OMP_NUM_THREADS": "2", "MKL_NUM_THREADS": "2"},
        {"OMP_NUM_THREADS": "1", "ATEN_CPU_CAPABILITY": "default", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2"},
        {"OMP_NUM_THREADS": "1", "ATEN_CPU_CAPABILITY": "avx2"},
        {"OMP_NUM_THREADS": "2", "ATEN_CPU_CAPABILITY": "avx512"},
    ],
)
def test_the_same_picks_and_weights_with_other_threads_and_instructions(environment: dict[str, str]) -> None:
    found, (threads, _) = elsewhere(**environment)
    assert threads == int(environment["OMP_NUM_THREADS"])
    assert found == digest()


def scores_in_whole_numbers(model: FixedPointNetwork, pixels: Any) -> Any:
    """What the network gives, in whole numbers of Python: activations in 256ths, weights in 4096ths."""
    convolution, first, last = (model.layers[index] for index in (0, 4, 6))

    def whole(tensor: torch.Tensor, bits: int) -> Any:
        scaled = tensor.detach().numpy() * 2**bits
        assert np.array_equal(scaled, np.round(scaled))
        return scaled.astype(np.int64)

    def on_grid(sums: Any, bits: int) -> Any:
        return np.clip((sums + (1 << bits - 1)) >> bits, -16 * 256, 16 * 256)

    padded = np.pad(pixels, ((0, 0), (1, 1), (1, 1)))
    weights = whole(convolution.weight, 12)
    sums = sum(
        weights[None, :, 0, i, j, None, None] * padded[:, None, i : i + 8, j : j + 8]
        for i in range(3)
        for j in range(3)
    )
    hidden = np.maximum(on_grid(sums + whole(convolution.bias, 20)[None, :, None, None], 12), 0)
    pooled = (
        hidden[:, :, ::2, ::2] + hidden[:, :, 1::2, ::2] + hidden[:, :, ::2, 1::2] + hidden[:, :, 1::2, 1::2]
    )
    flat = pooled.reshape(len(pixels), -1)  # in 1024ths
    inner = np.maximum(on_grid(flat @ whole(first.weight, 12).T + whole(first.bias, 22), 14), 0)
    return on_grid(inner @ whole(last.weight, 12).T + whole(last.bias, 20), 12)


def test_scores_are_those_of_whole_numbers() -> None:
    learner = exact_learner()
    learner.start(3)
    learner.learn(FIRST, FIRST)
    model = learner.module()
    assert isinstance(model, FixedPointNetwork)
    pixels = whole_pixels(INPUTS)
    with torch.no_grad():
        scores = model(pixels / 256).numpy()
    expected = scores_in_whole_numbers(model, pixels[:, 0].numpy().astype(np.int64))
    assert np.array_equal(scores * 256, expected)


def test_gradients_do_not_depend_on_the_order_of_their_sums() -> None:
    torch.manual_seed(0)
    model = FixedPointNetwork(exact_layers())
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(rounded(parameter, 12, 4))
    batch = whole_pixels(INPUTS[:64]) / 256

    def gradients(order: torch.Tensor) -> list[torch.Tensor]:
        scores = model(batch[order])
        along = squared_hinge_gradient(scores.detach(), LABELS[:64][order])
        return list(torch.autograd.grad(scores, list(model.parameters()), along))

    once, turned = gradients(torch.arange(64)), gradients(torch.randperm(64))
    assert all(torch.equal(a, b) for a, b in zip(once, turned, strict=True))
    assert all(float(gradient.abs().max()) > 0 for gradient in once)


def test_the_gradient_is_that_of_the_loss() -> None:
    scores = rounded(torch.randn(8, 3, dtype=torch.float64), 8, 3).requires_grad_()
    sign = torch.where(torch.nn.functional.one_hot(LABELS[:8], 3) == 1, 1.0, -1.0)
    (0.5 * (1 - sign * scores).clamp(min=0) ** 2).sum().backward()
    assert scores.grad is not None
    assert torch.equal(scores.grad.clamp(-4, 4), squared_hinge_gradient(scores.detach(), LABELS[:8]))


def test_it_learns_and_passes_the_check() -> None:
    learner = exact_learner()
    check_learner(learner, FIRST, Examples(INPUTS[20:], LABELS[20:].numpy()))
    picking = pick(learner, images(150), PickingConfig(stops=(24,), first=6, growth_percent=50))
    assert picking.best.errors < 30


def test_saved_and_loaded_it_goes_on_to_the_same_weights() -> None:
    straight, first, second = exact_learner(), exact_learner(), exact_learner()
    for learner in (straight, first):
        learner.start(0)
        learner.learn(FIRST, FIRST)
    second.load_state(first.state())
    for learner in (straight, second):
        learner.learn(FIRST, FIRST)
    assert all(
        torch.equal(a, b) for a, b in zip(straight.state()["fine"], second.state()["fine"], strict=True)
    )


def test_layers_that_are_not_exact() -> None:
    for layer in (nn.BatchNorm2d(1), nn.Sigmoid()):
        with pytest.raises(ConfigurationError, match="use TorchLearner"):
            FixedPointNetwork(nn.Sequential(layer))
    with pytest.raises(ConfigurationError, match="2 x 2 pixels"):
        FixedPointNetwork(nn.Sequential(nn.AvgPool2d(3)))
    long = FixedPointNetwork(nn.Sequential(nn.Conv2d(1, 1, 3, padding=1)))
    with pytest.raises(ConfigurationError, match="sum of 524288 products"):
        long.check(torch.zeros(128, 1, 64, 64, dtype=torch.float64))


def test_changes_of_images_are_whole_numbers_and_the_smallest_is_none() -> None:
    pixels = whole_pixels(INPUTS)
    assert torch.equal(ExactAugmentation()(pixels, 5), pixels)
    changed = ExactAugmentation(linear=40, shift=20, elastic=20, flip=True)(pixels, 5)
    assert torch.equal(changed, changed.round())
    assert 0 <= float(changed.min()) <= float(changed.max()) <= 255
    assert not torch.equal(changed, pixels)
    shifted = ExactAugmentation(shift=48)(torch.full_like(pixels, 255), 1)
    assert float(shifted.min()) == 0, "zeros come in at the edges"


def test_flips_in_whole_numbers() -> None:
    pixels = whole_pixels(INPUTS)
    flipped = ExactAugmentation(flip=True)(pixels, 2)
    which = [torch.equal(a, b.flip(-1)) for a, b in zip(flipped, pixels, strict=True)]
    assert 20 < sum(which) < 80
    assert all(w or torch.equal(a, b) for w, a, b in zip(which, flipped, pixels, strict=True))
