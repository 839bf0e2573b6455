"""Error rates of the noisy network, one for each independent draw of its noise."""

import copy
import hashlib
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.utils.data import Dataset

from netrazor.counting import BATCH_SIZE, in_order, scores_of, wrong
from netrazor.errors import InvalidArgument, UnsupportedModel
from netrazor.runtime import devices, processes
from netrazor.runtime.reporting import Reporter, Silent
from netrazor.simplify import shrunk

_NUMBERS_AT_ONCE = 2**23  # noisy weights held at once
_DRAWS_AT_ONCE = 250  # at most, so that there are batches enough for several processes


def largest_divisor(n: int, most: int) -> int:
    """The largest divisor of ``n`` that is at most ``most``: draws of equal weight cover all examples."""
    return next(d for d in range(min(n, most), 0, -1) if n % d == 0)


def draws_needed(variance: float, slack: float, delta: float) -> int:
    """How many draws bring the empirical Bernstein slack to ``slack``, if their variance is ``variance``.

    A fifth more variance than given is allowed for. Decided before the draws that count are made.
    """
    nats = math.log(2 / delta)
    # root = 1 / sqrt(count - 1) solves linear * root^2 + spread * root = slack.
    linear, spread = 7 * nats / 3, math.sqrt(2 * 1.2 * variance * nats)
    root = 2 * slack / (math.sqrt(spread**2 + 4 * linear * slack) + spread)
    return math.ceil(1 + root**-2)


def draw_seed(seed: int, purpose: str) -> int:
    """A seed for the draws of one purpose, whose stream nothing else in a run of this ``seed`` has used."""
    return int.from_bytes(hashlib.sha256(f"{purpose} {seed}".encode()).digest()[:6], "big")


def mean_and_variance(rates: Tensor, examples_per_draw: int) -> tuple[float, float]:
    """Mean and unbiased sample variance (rounded up) of error rates, exact before that one rounding."""
    errors = [round(rate * examples_per_draw) for rate in rates.tolist()]
    count, total = len(errors), sum(errors)
    mean = Fraction(total, count * examples_per_draw)
    squares = Fraction(count * sum(e * e for e in errors) - total * total, count * (count - 1))
    variance = float(squares / examples_per_draw**2)
    return float(mean), math.nextafter(variance, 1.0) if variance else 0.0


@torch.inference_mode()
@devices.full_float32()
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

    Empty units are cut off first, where that can be done: noise is on non-zeros alone, so it wakes none of them,
    and their order, in which the noise is drawn, stays. Of several processes each has its share of the batches
    of draws; what a batch draws depends on its number alone, and not on the device that computes, where the network
    is: the noise is drawn on the CPU.

    Raises:
        InvalidArgument: ``examples_per_draw`` does not divide the number of examples.
        UnsupportedModel: noise on something that is no parameter, or a forward pass that fails.
    """
    n = len(dataset)  # type: ignore[arg-type]
    if n == 0 or n % examples_per_draw:
        raise InvalidArgument(
            f"examples_per_draw: a divisor of the number of examples, {n}, allowed, got {examples_per_draw}; "
            "see largest_divisor"
        )
    device = devices.device_of(model)
    model = _without_empty_units(model.eval(), next(in_order(dataset, 64))[0].to(device))
    noisy = _noisy_parameters(model, sigma)
    held = max(1, sum(p.numel() for p in noisy.values()))
    together = max(1, min(_NUMBERS_AT_ONCE // held, BATCH_SIZE // examples_per_draw))
    together = min(together, _DRAWS_AT_ONCE)
    forward = _forward(model, noisy, next(in_order(dataset, 1))[0].to(device))
    rates = torch.zeros(passes, n // examples_per_draw, dtype=torch.float64)
    with (reporter or Silent()).stage("noisy risk", passes * n // processes.count()) as tick:
        for number in range(passes):
            first = processes.rank() * together
            for inputs, labels in in_order(dataset, examples_per_draw * together, shared=True):
                draws = len(labels) // examples_per_draw
                generator = torch.Generator().manual_seed(draw_seed(seed, f"pass {number} draw {first}"))
                weights = {name: _draw(p, sigma[name], draws, generator) for name, p in noisy.items()}
                answered = labels.to(device).unflatten(0, (draws, examples_per_draw))
                with devices.making_on(device):
                    scores = forward(weights, inputs.to(device).unflatten(0, (draws, examples_per_draw)))
                rates[number, first : first + draws] = wrong(scores, answered, top).cpu().double().mean(1)
                first += processes.count() * together
                tick(len(labels))
    return processes.all_reduce(rates).flatten()


def _without_empty_units(model: nn.Module, examples: Tensor) -> nn.Module:
    """`shrunk`, where the two networks agree for other values of the non-zeros too; or else ``model`` itself."""
    small = shrunk(model, examples)
    if sum(p.numel() for p in small.parameters()) == sum(p.numel() for p in model.parameters()):
        return model
    expected, found = (scores_of(_redrawn(network), examples) for network in (model, small))
    if expected.shape != found.shape:
        return model
    largest = expected.abs().max()  # scores that are all zero would tell nothing
    return small if bool((largest > 0) & ((expected - found).abs().max() <= 1e-4 * largest)) else model


def _redrawn(model: nn.Module) -> nn.Module:
    """A copy with random numbers in place of the non-zeros, the same ones in the order of the elements."""
    model = copy.deepcopy(model)
    for number, parameter in enumerate(model.parameters()):
        flat = parameter.data.flatten().clone()
        places = flat.nonzero()[:, 0]
        drawn = torch.randn(len(places), generator=torch.Generator().manual_seed(number))
        flat[places] = drawn.to(flat.device)
        parameter.data.copy_(flat.view_as(parameter))
    return model


def _noisy_parameters(model: nn.Module, sigma: Mapping[str, float]) -> dict[str, Tensor]:
    parameters = dict(model.named_parameters())
    noisy = [name for name, scale in sigma.items() if scale > 0]
    if unknown := [name for name in noisy if name not in parameters]:
        raise UnsupportedModel(
            f"noise: on parameters allowed, got noise on {unknown}; code these without noise"
        )
    return {name: parameters[name] for name in noisy}


def _forward(
    model: nn.Module, noisy: Mapping[str, Tensor], example: Tensor
) -> Callable[[Mapping[str, Tensor], Tensor], Tensor]:
    """Scores draws x examples x classes; all draws at once where that pays and the network's operations allow it."""

    def one_by_one(weights: Mapping[str, Tensor], grouped: Tensor) -> Tensor:
        draws = range(len(grouped))
        copies = [{name: of[draw] for name, of in weights.items()} for draw in draws]
        return torch.stack([scores_of(partial(functional_call, model, copies[d]), grouped[d]) for d in draws])

    def without_noise(weights: Mapping[str, Tensor], grouped: Tensor) -> Tensor:
        return scores_of(model, grouped.flatten(0, 1)).unflatten(0, grouped.shape[:2])

    if not noisy:
        return without_noise
    if any(p.ndim > 2 for p in noisy.values()):  # at once they would be grouped convolutions, which are slow
        return one_by_one
    together = vmap(lambda weights, x: functional_call(model, weights, (x,)), randomness="error")
    try:  # in-place operations and branches on values are among what cannot be vectorized
        together({name: p[None] for name, p in noisy.items()}, example[None].clone())
    except Exception:
        return one_by_one
    return together


def _draw(weight: Tensor, sigma: float, draws: int, generator: torch.Generator) -> Tensor:
    """``draws`` copies of ``weight`` with independent noise on its non-zero elements."""
    flat = weight.detach().flatten()
    places = flat.nonzero()[:, 0]
    copies = flat.repeat(draws, 1)
    copies[:, places] += (sigma * torch.randn(draws, len(places), generator=generator)).to(flat.device)
    return copies.unflatten(1, weight.shape)
