"""The second column of Table 1: ImageNet, from published sizes and errors, without the images."""

import math

import torch
from torch import Tensor, nn

from netrazor import baselines, bounds, networks
from netrazor.baselines import Estimate, Kind, Missing
from netrazor.baselines.dr17_bound import REFERENCE as DR17_REFERENCE
from netrazor.baselines.dr17_bound import STRUCTURE as DR17_STRUCTURE
from netrazor.baselines.paper_bounds import OCCAM, PERTURBATION
from netrazor.counting import ErrorCount
from netrazor.reproduction.published_figures import IMAGENET
from netrazor.units import BITS_PER_BYTE, BYTES_PER_KIB, nats_from_bits

CLASSES, VALIDATION = 1000, 50_000
TRAIN_ERROR, CODED_KIB, EFFECTIVE_KIB = 0.35, 452, 350  # Table 4 and section 7.2.4, MobileNet 0.5, top-1
VALIDATION_ERROR = 0.40  # section 7.2.3, the pruned network


def imagenet_rows() -> list[Estimate | Missing]:
    """Every method on MobileNet 0.5, as far as published numbers carry it."""
    depth, widest, channels, parameters = _sizes(networks.build("mobilenet-0.5"), torch.zeros(1, 3, 224, 224))
    errors = math.ceil(TRAIN_ERROR * IMAGENET)
    return [
        _published("Theorem 5.1", PERTURBATION, EFFECTIVE_KIB),
        _published("Occam (Theorem 4.1)", OCCAM, CODED_KIB),
        _dr17(parameters),
        baselines.spectral_margin_floor(depth, widest, IMAGENET, CLASSES),
        baselines.noise_stability_floor(depth, channels, IMAGENET, CLASSES),
        baselines.parameter_count(parameters, errors, IMAGENET, CLASSES),
        baselines.held_out_from(
            ErrorCount(round(VALIDATION_ERROR * VALIDATION), VALIDATION), classes=CLASSES
        ),
    ]


def _published(method: str, structure: str, kib: float) -> Estimate:
    """Catoni's bound, as the paper uses it, from its published size and train error."""
    nats = nats_from_bits(kib * BYTES_PER_KIB * BITS_PER_BYTE)
    return Estimate(
        method=method,
        structure=structure,
        reference="Zhou, Veitch, Austern, Adams, Orbanz 2018, Table 4, in Theorem 3.1",
        kind=Kind.BOUND,
        value=float(bounds.catoni(TRAIN_ERROR, nats, IMAGENET)),
        delta=0.05,
        classes=CLASSES,
        assumptions=("size and train error as published", "biases and batch norm uncounted, as published"),
        figures={"KiB": kib, "train error": TRAIN_ERROR},
    )


def _dr17(parameters: int) -> Missing:
    """No posterior is published; what one would have to reach."""
    low, high = 0.0, 10.0 * IMAGENET  # there nothing is said any more
    while high - low > 1.0:
        middle = (low + high) / 2
        informative = bounds.maurer(TRAIN_ERROR, middle, IMAGENET) < 1 - 1 / CLASSES
        low, high = (middle, high) if informative else (low, middle)
    return Missing(
        "DR17",
        DR17_STRUCTURE,
        DR17_REFERENCE,
        f"nobody has published a posterior; at {TRAIN_ERROR:.0%} noisy train error it would say something only "
        f"with a KL below {low:,.0f} nats, {low / parameters:.2f} for each of {parameters:,} parameters",
    )


def _sizes(model: nn.Module, image: Tensor) -> tuple[int, int, int, int]:
    """Depth, most entries that a map takes or gives, sum of output channels, parameters of maps and biases.

    Batch norm folded into the map before it: a bias for each channel.
    """
    maps = [module for module in model.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
    entries: list[int] = []

    def note(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        entries.extend((inputs[0].numel(), output.numel()))

    hooks = [module.register_forward_hook(note) for module in maps]
    with torch.inference_mode():
        model.eval()(image)
    for hook in hooks:
        hook.remove()
    channels = sum(module.weight.shape[0] for module in maps)
    return len(maps), max(entries), channels, sum(module.weight.numel() for module in maps) + channels
