"""Error rates of the noisy network, one for each independent draw of its noise."""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.utils.data import Dataset

from netrazor.evaluate import in_order, wrong
from netrazor.train.reporting import Reporter, Silent

_NUMBERS_AT_ONCE = 2**23  # noisy weights held at once


def largest_divisor(n: int, most: int) -> int:
    """The largest divisor of ``n`` that is at most ``most``: draws of equal weight cover all examples."""
    return next(d for d in range(min(n, most), 0, -1) if n % d == 0)


def draws_needed(variance: float, slack: float, delta: float) -> int:
    """How many draws bring the empirical Bernstein slack to ``slack``, if their variance is ``variance``.

    A fifth more variance than given is allowed for. Decided before the draws that count are made.
    """
    log_term = math.log(2 / delta)
    most = 2 * 1.2 * variance * log_term / slack**2 + 14 * log_term / (3 * slack) + 2
    counts = np.arange(2, math.ceil(2 * most) + 2)
    slacks = np.sqrt(2 * 1.2 * variance * log_term / counts) + 7 * log_term / (3 * (counts - 1))
    return int(counts[np.argmax(slacks <= slack)])


@torch.inference_mode()
def error_rates(
    model: nn.Module,
    sigma: Mapping[str, float],
    dataset: Dataset[tuple[Tensor, int]],
    *,
    examples_per_draw: int,
    passes: int = 1,
    seed: int = 0,
    top: int = 1,
    reporter: Reporter | None = None,
) -> Tensor:
    """Error rates in [0, 1], float64, one for each draw: n / examples_per_draw of them in each pass.

    In each pass the examples, in order, are cut into groups of ``examples_per_draw`` (which must divide n).
    Each group gets noise of its own: independent Normal(0, sigma^2) on every **non-zero** element of the
    parameters named in ``sigma``. So the rates are independent, and the average of their expectations is the
    empirical risk of the noisy network. The same seed gives the same draws on one machine.
    """
    n = len(dataset)  # type: ignore[arg-type]
    if n % examples_per_draw:
        raise ValueError(f"examples_per_draw must divide {n}, got {examples_per_draw}")
    model.eval()
    noisy = {name: p for name, p in model.named_parameters() if sigma.get(name, 0.0) > 0}
    together = max(1, _NUMBERS_AT_ONCE // max(1, sum(p.numel() for p in noisy.values())))
    generator = torch.Generator().manual_seed(seed)
    forward = vmap(lambda weights, x: functional_call(model, weights, (x,)), randomness="error")
    rates = []
    with (reporter or Silent()).stage("noisy risk", passes * n) as tick:
        for _ in range(passes):
            for inputs, labels in in_order(dataset, examples_per_draw * together):
                draws = len(labels) // examples_per_draw
                weights = {name: _draw(p, sigma[name], draws, generator) for name, p in noisy.items()}
                grouped = inputs.unflatten(0, (draws, examples_per_draw))
                scores = forward(weights, grouped) if noisy else model(inputs).unflatten(0, grouped.shape[:2])
                errors = wrong(scores, labels.unflatten(0, (draws, examples_per_draw)), top)
                rates.append(errors.double().mean(1))
                tick(len(labels))
    return torch.cat(rates)


def _draw(weight: Tensor, sigma: float, draws: int, generator: torch.Generator) -> Tensor:
    """``draws`` copies of ``weight`` with independent noise on its non-zero elements."""
    flat = weight.detach().flatten()
    places = flat.nonzero()[:, 0]
    copies = flat.repeat(draws, 1)
    copies[:, places] += sigma * torch.randn(draws, len(places), generator=generator)
    return copies.unflatten(1, weight.shape)
