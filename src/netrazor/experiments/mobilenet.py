"""Section 7.2 and Appendix A.2: MobileNet 0.5, cut down as the paper did it."""

from torch import nn

from netrazor.compress import CodebookConfig
from netrazor.perturb import NoiseConfig
from netrazor.pipeline import LayerRule, Recipe
from netrazor.pipeline.recipes import GradualStage, QuantizeStage
from netrazor.train import FitConfig, OptimizerConfig

DEPTHWISE, POINTWISE, LAST = "blocks.*.0.0.weight", "blocks.*.1.0.weight", "fc.weight"
BATCH = 64
NOISE_LAST, NOISE_POINTWISE = (
    0.02,
    0.01,
)  # of the range of magnitudes; pointwise ones scaled by the layer's size


def mobilenet_recipe(model: nn.Module, *, pretrained: bool) -> Recipe:
    """The whole of A.2 for a `netrazor.networks.MobileNet`, with noise scaled by the sizes of its layers.

    Where the appendix gives no number: momentum is 0.9, masks are renewed every 100 steps and go on moving once
    the target is reached, centres take 10 bits each, biases and what batch norms come to 8 (the paper left them
    out), and training from scratch, where no weights are given, is as long as the pruning.
    """
    return Recipe(
        name="mobilenet",
        train=None if pretrained else _sgd(300_000, 0.05),
        prune=(
            GradualStage(
                fit=_sgd(300_000, 1e-3), sparsity=0.75, smallest=0.65, end=2 / 3, stop=1.0, every=100
            ),
        ),
        quantize=QuantizeStage(
            fit=FitConfig(
                steps=20_000,
                batch_size=BATCH,
                optimizer=OptimizerConfig(kind="sgd", rate=1e-4, decay="constant", momentum=0.9),
                norm_momentum=0.01,
            ),
            codebook=CodebookConfig(bits=6, vector_bits=8, center_bits=10, reassign_every=0),
        ),
        noise=NoiseConfig(shares=()),
        rules=(
            LayerRule("stem.*", prune=False, zero=False),
            LayerRule(DEPTHWISE, prune=False, zero=False),
            LayerRule(LAST, bits=5, noise=(NOISE_LAST,)),
            *_pointwise_noise(model),
        ),
    )


def _sgd(steps: int, rate: float) -> FitConfig:
    """Stochastic gradient descent with momentum; the rate is divided by 1 + 0.05 k after every 2,000 k steps."""
    optimizer = OptimizerConfig(
        kind="sgd", rate=rate, decay="inverse", decay_rate=0.05, decay_every=2000, momentum=0.9
    )
    return FitConfig(steps=steps, batch_size=BATCH, optimizer=optimizer)


def _pointwise_noise(model: nn.Module) -> list[LayerRule]:
    """1 % of the range for a pointwise layer as large as the largest layer (at 1,000 classes, the last)."""
    sizes = {name: p.numel() for name, p in model.named_parameters() if p.ndim > 1}
    largest = max(sizes.values())
    pointwise = [name for name, p in model.named_parameters() if p.ndim == 4 and p.shape[2:] == (1, 1)]
    return [LayerRule(name, noise=(NOISE_POINTWISE * sizes[name] / largest,)) for name in pointwise]
