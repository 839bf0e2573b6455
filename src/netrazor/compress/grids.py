"""Quantization without training: every array on a grid of its own, all grids scaled by one knob.

For a small loss of D nats and R bits spent, the best steps make dD/dR the same everywhere. Rounding an array
with mean squared gradient F to a grid of step s adds about F s^2 / 24 nats for each element and saves log2 s
bits, so that s must go like 1 / sqrt(F): one number scales all steps. A coarse grid has its small weights at
zero, so the same knob prunes and quantizes.
"""

from collections.abc import Collection, Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from netrazor.compress.kmeans_codebook import eight_bits_up
from netrazor.runtime import devices

DEAD_ZONE = (
    0.6  # of a step: what is smaller becomes zero; half a step is plain rounding, but zeros are cheaper
)
_LEAST = 1e-4  # of the largest mean squared gradient: arrays that seem not to matter get a finite step
_FEW = 16  # values that an array may have, more than once, and yet be taken as quantized already
MAX_INDEX = 2**11  # steps from zero to the largest magnitude, at most


def open_arrays(model: nn.Module) -> dict[str, Tensor]:
    """Float parameters and buffers that are not quantized yet, by name, tied ones once."""
    found = [*model.named_parameters(), *model.named_buffers()]
    return {name: t.detach() for name, t in found if t.is_floating_point() and _is_open(t.detach())}


def mean_squared_gradients(
    model: nn.Module, arrays: Iterable[str], batches: Iterable[Tensor], seed: int
) -> dict[str, float]:
    """Mean over the elements of each array of the squared gradient of the loss, averaged over batches.

    The labels are drawn from the network's own softmax, which makes it the Fisher information: it does not
    vanish where the network has fit all its examples.
    """
    model.eval()
    device = devices.device_of(model)
    generator = torch.Generator().manual_seed(seed)
    state = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    moving = {name: state[name].detach().clone().requires_grad_() for name in arrays}
    total = dict.fromkeys(moving, 0.0)
    for inputs in batches:
        with devices.making_on(device):
            scores = functional_call(model, moving, (inputs.to(device),))
        labels = torch.multinomial(scores.detach().softmax(1).cpu(), 1, generator=generator)[:, 0]
        loss = F.cross_entropy(scores, labels.to(device))
        gradients = torch.autograd.grad(loss, list(moving.values()), allow_unused=True)
        for name, gradient in zip(moving, gradients, strict=True):
            total[name] += 0.0 if gradient is None else float(gradient.square().mean())
    floor = _LEAST * max(total.values(), default=0.0) or 1.0
    return {name: max(value, floor) for name, value in total.items()}


def on_grid(weight: Tensor, step: float, *, bits: int | None = None, prune: bool = True) -> Tensor:
    """``weight`` on the grid of ``step`` (rounded up to eight significant bits), small weights at zero.

    With ``bits``, the step is at least so large that the grid's index takes no more of them; without ``prune``
    only what was zero becomes zero.
    """
    finite = torch.where(weight.isfinite(), weight, 0.0).double()
    largest = float(finite.abs().max())
    if largest == 0:
        return weight.clone()
    least = largest / (MAX_INDEX if bits is None else max(1, 2 ** (bits - 1) - 1))
    step = eight_bits_up(min(max(step, least), largest))
    exact = finite.abs() / step
    index = torch.where(exact < DEAD_ZONE, 0.0, exact.round())
    if not prune:
        index = torch.where(finite != 0, exact.round().clamp(min=1), 0.0)
    snapped = (finite.sign() * index * step + 0.0).to(weight.dtype)
    return torch.where(weight.isfinite(), snapped, weight)


def entropy_bits(arrays: Mapping[str, Tensor]) -> float:
    """About the bits that quantized arrays take: their order-0 entropy, and a little for each codebook."""
    bits = 0.0
    for tensor in arrays.values():
        _, counts = tensor.flatten().unique(return_counts=True)
        shares = counts.double() / counts.sum()
        bits += float(-(counts * shares.log2()).sum()) + 16 + 2 * len(counts)
    return bits


def _is_open(tensor: Tensor) -> bool:
    values = len(tensor.unique())
    return values > _FEW or 2 * values > max(2, tensor.numel())


@torch.no_grad()
def snap_rest(model: nn.Module, bits: int, *, settled: Collection[str] = ()) -> None:
    """Quantize in place, to ``bits`` bits a value, what is neither in ``settled`` nor quantized; zeros stay."""
    for name, tensor in open_arrays(model).items():
        if name not in settled:
            tensor.copy_(on_grid(tensor, 0.0, bits=bits, prune=False))
