"""Error rates of a network with noise on its weights, one for each independent draw of the noise."""

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.utils.data import Dataset

from netrazor.counting import BATCH_SIZE, in_order, scores_of, wrong
from netrazor.errors import InvalidArgument, UnsupportedModel
from netrazor.networks.walk import set_evaluation_mode
from netrazor.perturb.draw_plan import DrawPlan, draw_seed
from netrazor.runtime import devices, processes
from netrazor.runtime.reporting import Reporter, Silent
from netrazor.simplify import shrink

_NUMBERS_AT_ONCE = 2**23  # noisy weights held at once
_EXAMPLES_TRIED = 4  # on which draws at once are compared with draws that are written
_DRAWS_AT_ONCE = 250  # at most, so that there are batches enough for several processes

# Scores draws x examples x classes, of weights and inputs of as many draws.
_Forward = Callable[[Mapping[str, Tensor], Tensor], Tensor]


@torch.inference_mode()
@devices.full_float32()
def draw_error_rates(
    model: nn.Module,
    sigma: Mapping[str, float],
    dataset: Dataset[tuple[Tensor, int]],
    plan: DrawPlan,
    *,
    top: int = 1,
    reporter: Reporter | None = None,
) -> Tensor:
    """Error rates in [0, 1], float64, one for each draw: n / examples_per_draw of them in each pass.

    In each pass the examples, in order, are cut into groups of ``plan.examples_per_draw``. Each group gets noise of
    its own: independent Normal(0, sigma^2) on every **non-zero** element of the parameters named in ``sigma``. So the
    rates are independent, and the average of their expectations is the empirical risk of the noisy network. The same
    seed gives the same draws on one machine.

    Noise is written into the memory of the parameters, so that it reaches whatever reads this memory, by a name that
    torch knows or by another (a list, a view, a bound argument). Many draws are computed at once only where that
    gives what writing them gives.

    Dead channels are cut off first, where that can be done: they have no non-zeros and so no noise, and the order of
    the others, in which the noise is drawn, stays. Of several processes each has its share of the batches of draws.
    What a batch draws depends on its number alone, not on the device, since the noise is drawn on the CPU.

    Raises:
        InvalidArgument: ``examples_per_draw`` does not divide the number of examples.
        UnsupportedModel: noise on something that is no parameter, or a forward pass that fails.
    """
    n, group = len(dataset), plan.examples_per_draw  # type: ignore[arg-type]
    _check_divisor(n, group)
    device = devices.device_of(model)
    set_evaluation_mode(model)
    examples = next(in_order(dataset, 64))[0].to(device)
    model = _cut_dead_channels(model, examples)
    noisy = _select_noisy_parameters(model, sigma)
    together = _count_draws_at_once(noisy, group)
    forward = _choose_forward(model, noisy, examples[:_EXAMPLES_TRIED])
    rates = torch.zeros(plan.passes, n // group, dtype=torch.float64)
    with (reporter or Silent()).stage("noisy risk", plan.passes * n // processes.count()) as tick:
        for number in range(plan.passes):
            first = processes.rank() * together
            for inputs, labels in in_order(dataset, group * together, shared=True):
                draws = len(labels) // group
                seed = draw_seed(plan.seed, f"pass {number} draw {first}")
                generator = torch.Generator().manual_seed(seed)
                weights = {name: _add_noise(p, sigma[name], draws, generator) for name, p in noisy.items()}
                expected = torch.unflatten(labels.to(device), 0, (draws, group))
                with devices.making_on(device):
                    scores = forward(weights, torch.unflatten(inputs.to(device), 0, (draws, group)))
                rates[number, first : first + draws] = wrong(scores, expected, top).cpu().double().mean(1)
                first += processes.count() * together
                tick(len(labels))
    return processes.all_reduce(rates).flatten()


def _check_divisor(n: int, examples_per_draw: int) -> None:
    if n == 0 or examples_per_draw < 1 or n % examples_per_draw:
        raise InvalidArgument(
            f"examples_per_draw: a divisor of the number of examples, {n}, allowed, got {examples_per_draw}; "
            "see largest_divisor"
        )


def _count_draws_at_once(noisy: Mapping[str, Tensor], group: int) -> int:
    """How many draws a batch holds; decided by the network and the group alone, so that draws can be repeated."""
    held = max(1, sum(p.numel() for p in noisy.values()))
    return min(max(1, min(_NUMBERS_AT_ONCE // held, BATCH_SIZE // group)), _DRAWS_AT_ONCE)


def _cut_dead_channels(model: nn.Module, examples: Tensor) -> nn.Module:
    """`shrink`, if both networks agree for other values of the non-zeros too; otherwise ``model`` itself."""
    small = shrink(model, examples)
    if sum(p.numel() for p in small.parameters()) == sum(p.numel() for p in model.parameters()):
        return model
    expected, found = (scores_of(_redraw(network), examples) for network in (model, small))
    return small if _equal_up_to_rounding(expected, found) else model


def _equal_up_to_rounding(expected: Tensor, found: Tensor) -> bool:
    largest = expected.abs().max()  # scores that are all zero would prove nothing
    return expected.shape == found.shape and bool(
        (largest > 0) & ((expected - found).abs().max() <= 1e-4 * largest)
    )


def _redraw(model: nn.Module) -> nn.Module:
    """A copy with random numbers in place of the non-zeros, the same ones in the order of the elements."""
    model = copy.deepcopy(model)
    for number, parameter in enumerate(model.parameters()):
        flat = parameter.data.flatten().clone()
        positions = flat.nonzero()[:, 0]
        drawn = torch.randn(len(positions), generator=torch.Generator().manual_seed(number))
        flat[positions] = drawn.to(flat.device)
        parameter.data.copy_(flat.view_as(parameter))
    return model


def _select_noisy_parameters(model: nn.Module, sigma: Mapping[str, float]) -> dict[str, Tensor]:
    """The parameters that get noise, by name."""
    parameters = dict(model.named_parameters())
    noisy = [name for name, scale in sigma.items() if scale > 0]
    if unknown := [name for name in noisy if name not in parameters]:
        raise UnsupportedModel(
            f"noise: on parameters allowed, got noise on {unknown}; code these without noise"
        )
    return {name: parameters[name] for name in noisy}


def _choose_forward(model: nn.Module, noisy: Mapping[str, Tensor], examples: Tensor) -> _Forward:
    """All draws at once, where that is faster and gives the same; or one after the other."""

    def run_one_by_one(weights: Mapping[str, Tensor], grouped: Tensor) -> Tensor:
        draws = range(len(grouped))
        with _restoring(noisy):
            return torch.stack([_scores_with(model, noisy, weights, d, grouped[d]) for d in draws])

    def run_without_noise(weights: Mapping[str, Tensor], grouped: Tensor) -> Tensor:
        return torch.unflatten(scores_of(model, grouped.flatten(0, 1)), 0, grouped.shape[:2])

    if not noisy:
        return run_without_noise
    if any(p.ndim > 2 for p in noisy.values()):  # at once they would be grouped convolutions, which are slow
        return run_one_by_one
    together: _Forward = vmap(
        lambda weights, x: functional_call(model, dict(weights), (x,)), randomness="error"
    )
    generator = torch.Generator().manual_seed(0)
    tried = {name: _add_noise(p, 2 * float(p.abs().max()), 2, generator) for name, p in noisy.items()}
    twice = examples.repeat(2, *(1 for _ in examples.shape))
    expected = run_one_by_one(tried, twice)
    try:  # in-place operations and branches on values are among what cannot be vectorized
        found = together(tried, twice)
    except Exception:
        return run_one_by_one
    return together if _equal_up_to_rounding(expected, found) else run_one_by_one


def _scores_with(
    model: nn.Module, noisy: Mapping[str, Tensor], weights: Mapping[str, Tensor], draw: int, inputs: Tensor
) -> Tensor:
    """Scores with one of the draws of ``weights`` in the memory of the parameters."""
    for name, parameter in noisy.items():
        parameter.copy_(weights[name][draw])
    return scores_of(model, inputs)


@contextmanager
def _restoring(parameters: Mapping[str, Tensor]) -> Iterator[None]:
    """After it the parameters hold what they held before."""
    before = {name: parameter.clone() for name, parameter in parameters.items()}
    try:
        yield
    finally:
        for name, parameter in parameters.items():
            parameter.copy_(before[name])


def _add_noise(weight: Tensor, sigma: float, draws: int, generator: torch.Generator) -> Tensor:
    """``draws`` copies of ``weight`` with independent noise on its non-zero elements."""
    flat = weight.detach().flatten()
    positions = flat.nonzero()[:, 0]
    copies = flat.repeat(draws, 1)
    copies[:, positions] += (sigma * torch.randn(draws, len(positions), generator=generator)).to(flat.device)
    return torch.unflatten(copies, 1, weight.shape)
