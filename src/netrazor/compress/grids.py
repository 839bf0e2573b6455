"""Quantization without training: every array is rounded to a grid of its own, all steps scaled by one number.

With D nats of loss and R bits, the best steps make dD/dR the same for all arrays. Rounding an array with mean
squared gradient F to a grid of step s adds about F s^2 / 24 nats for each element and saves log2 s bits, so that the
best s is proportional to 1 / sqrt(F): one number scales all steps. A coarse grid rounds small weights to zero, so
the same number prunes and quantizes.
"""

from collections.abc import Collection, Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from netrazor.compress.kmeans_codebook import round_up_to_eight_bits
from netrazor.runtime import devices

DEAD_ZONE = 0.6  # of a step: smaller magnitudes become zero; 0.5 is plain rounding, but zeros are cheaper
_LEAST_GRADIENT = 1e-4  # of the largest mean squared gradient, so that arrays without one get a finite step
_FEW = 16  # different values, occurring twice on average, with which an array counts as quantized already
MAX_INDEX = 2**11  # steps from zero to the largest magnitude, at most


def find_unquantized_arrays(model: nn.Module) -> dict[str, Tensor]:
    """Float parameters and buffers that are not quantized yet, by name; tied ones occur once."""
    found = [*model.named_parameters(), *model.named_buffers()]
    return {name: t.detach() for name, t in found if t.is_floating_point() and _is_unquantized(t.detach())}


def estimate_mean_squared_gradients(
    model: nn.Module, arrays: Iterable[str], batches: Iterable[Tensor], seed: int, *, of_classes: bool = True
) -> dict[str, float]:
    """Mean over the elements of each array of the squared gradient of a batch's loss, summed over batches.

    ``seed`` is that of the labels, which are drawn from the network's own softmax, as in the Fisher information: the
    gradients do not vanish where the network fits all of its examples. Of outputs that are no scores of classes, the
    loss is that of normal targets around them.
    """
    model.eval()
    device = devices.device_of(model)
    generator = torch.Generator().manual_seed(seed)
    state = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    variables = {name: state[name].detach().clone().requires_grad_() for name in arrays}
    total = dict.fromkeys(variables, 0.0)
    for inputs in batches:
        with devices.making_on(device):
            scores = functional_call(model, variables, (inputs.to(device),))
        if of_classes:
            labels = torch.multinomial(scores.detach().softmax(1).cpu(), 1, generator=generator)[:, 0]
            loss = F.cross_entropy(scores, labels.to(device))
        else:
            normal = torch.randn(scores.shape, generator=generator)
            loss = (scores * normal.to(device)).sum() / len(scores)
        gradients = torch.autograd.grad(loss, list(variables.values()), allow_unused=True)
        for name, gradient in zip(variables, gradients, strict=True):
            total[name] += 0.0 if gradient is None else float(gradient.square().mean())
    floor = _LEAST_GRADIENT * max(total.values(), default=0.0) or 1.0
    return {name: max(value, floor) for name, value in total.items()}


def round_to_grid(weight: Tensor, step: float, *, bits: int | None = None, prune: bool = True) -> Tensor:
    """``weight`` rounded to the grid of ``step`` (rounded up to eight significant bits), small weights to zero.

    With ``bits``, the step is large enough for an index into the grid to take no more bits than that; without
    ``prune``, only what was zero becomes zero.
    """
    finite = torch.where(weight.isfinite(), weight, 0.0).double()
    largest = float(finite.abs().max())
    if largest == 0:
        return weight.clone()
    least = largest / (MAX_INDEX if bits is None else max(1, 2 ** (bits - 1) - 1))
    step = round_up_to_eight_bits(min(max(step, least), largest))
    exact = finite.abs() / step
    index = torch.where(exact < DEAD_ZONE, 0.0, exact.round())
    if not prune:
        index = torch.where(finite != 0, exact.round().clamp(min=1), 0.0)
    rounded = (finite.sign() * index * step + 0.0).to(weight.dtype)
    return torch.where(weight.isfinite(), rounded, weight)


def estimate_entropy_bits(arrays: Mapping[str, Tensor]) -> float:
    """About the bits that quantized arrays take: their order-0 entropy, and 16 + 2 a value for each codebook."""
    bits = 0.0
    for tensor in arrays.values():
        _, counts = torch.unique(tensor.flatten(), return_counts=True)
        shares = counts.double() / counts.sum()
        bits += float(-(counts * shares.log2()).sum()) + 16 + 2 * len(counts)
    return bits


def _is_unquantized(tensor: Tensor) -> bool:
    values = len(torch.unique(tensor))
    return values > _FEW or 2 * values > max(2, tensor.numel())


@torch.no_grad()
def quantize_remaining(model: nn.Module, bits: int, *, settled: Collection[str] = ()) -> None:
    """Round the unquantized arrays that ``settled`` does not name to ``bits`` bits a value, in place; zeros stay."""
    for name, tensor in find_unquantized_arrays(model).items():
        if name not in settled:
            tensor.copy_(round_to_grid(tensor, 0.0, bits=bits, prune=False))
