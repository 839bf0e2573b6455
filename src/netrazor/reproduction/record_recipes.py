"""The recipes of the paper and of the records: every number that decides how these networks are cut down."""

from dataclasses import replace

from netrazor.compress import CodebookConfig, DescentConfig, IntegerConfig
from netrazor.perturb import NoiseConfig
from netrazor.pipeline import RECIPES, LayerRule, Recipe, catalogue_of
from netrazor.pipeline.recipes import QUICK, quick_pruning
from netrazor.pipeline.stages import GradualStage, IntegerStage, PolishStage, QuantizeStage, SurgeryStage
from netrazor.train import FitConfig, OptimizerConfig

# Appendix A.1. Where it gives no number: the inverse decay takes a tenth of the rate at each fall, momentum
# is 0.9, the pieces of the surgery's schedules are of equal length, and Adam has a rate of 1e-3. The l2 penalty
# holds while pruning too: without it unused weights stay as large as they began, and rising thresholds empty
# whole layers.
PAPER = Recipe(
    name="paper",
    train=FitConfig(
        steps=20_000,
        batch_size=1024,
        optimizer=OptimizerConfig(
            kind="sgd", rate=0.01, decay="inverse", decay_rate=0.1, decay_every=125, momentum=0.9, l2=0.005
        ),
    ),
    prune=(
        SurgeryStage(
            fit=FitConfig(
                steps=30_000,
                batch_size=1024,
                optimizer=OptimizerConfig(rate=1e-3, decay="constant", l2=0.005),
            ),
            offsets=(0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0),
            probabilities=(1.0, 0.1, 0.01, 0.001),
        ),
    ),
    quantize=QuantizeStage(
        fit=FitConfig(steps=1000, batch_size=1024, optimizer=OptimizerConfig(rate=1e-3, decay="constant")),
        codebook=CodebookConfig(bits=4, vector_bits=4, center_bits=8, reassign_every=0),
    ),
)


def _tight(
    data: str,
    steps: int,
    weights: IntegerConfig,
    *,
    batch_size: int = 128,
    descend: DescentConfig | None = None,
    polish: int = 4000,
) -> Recipe:
    """For the integer chains: as few bits as the data set's bound wants, descent on the bound, and polish."""
    fit = FitConfig(steps=steps, batch_size=batch_size, optimizer=OptimizerConfig(rate=0.03, floor=0.02))
    descend = descend or DescentConfig()
    more = PolishStage(FitConfig(steps=polish, batch_size=batch_size, optimizer=PolishStage().fit.optimizer))
    return Recipe(
        f"tight-{data}",
        integers=IntegerStage(fit, weights),
        descend=descend,
        polish=more,
        noise=None,
    )


TIGHT = (
    _tight("mnist", 20_000, IntegerConfig(target_bits=2200), descend=DescentConfig(hardest=8000)),
    _tight("fashion-mnist", 18_000, IntegerConfig(target_bits=2600)),
    _tight(
        "cifar10",
        40_000,
        IntegerConfig(target_bits=4600, settle=1.0),
        batch_size=64,
        descend=DescentConfig(rounds=6, hardest=8000),
    ),
)

# For LeNet-5 as it is: cut down as by the quick recipe, then whole numbers in place of codebooks.
TIGHT_LENET5 = replace(
    QUICK,
    name="tight-lenet5",
    sizes=None,
    prune=(*QUICK.prune[:3], quick_pruning(3740, 1_100, settle=0.6)),
    integers=IntegerStage(
        FitConfig(steps=20_000, optimizer=OptimizerConfig(rate=0.01, floor=0.02)),
        IntegerConfig(start="given", bias_limit=31, target_bits=3900, rise=(0.0, 0.4)),
    ),
    quantize=None,
    noise=None,
)

# For the networks in a random subspace: all coordinates are used, so no share of zeros is taken for granted.
SUBSPACE = Recipe(
    "subspace",
    integers=IntegerStage(
        FitConfig(steps=9000, optimizer=OptimizerConfig(rate=0.05, floor=0.02), freeze_norms=True),
        IntegerConfig(limit=5, target_bits=2800, zeros=0.3, freeze=1.0),
    ),
    noise=None,
    simplify=False,
)


def _sgd(steps: int, rate: float) -> FitConfig:
    """Stochastic gradient descent with momentum; the rate is divided by 1 + 0.05 k after every 2,000 k steps."""
    optimizer = OptimizerConfig(
        kind="sgd", rate=rate, decay="inverse", decay_rate=0.05, decay_every=2000, momentum=0.9
    )
    return FitConfig(steps=steps, batch_size=64, optimizer=optimizer)


# Appendix A.2, from trained weights. Where it gives no number: momentum is 0.9, masks are renewed every 100 steps and
# go on moving once the target is reached, centres take 10 bits each, biases and what batch norms come to 8 (the
# paper left them out). A momentum of 0.01 of the statistics is TensorFlow's 0.99.
MOBILENET = Recipe(
    name="mobilenet",
    prune=(
        GradualStage(fit=_sgd(300_000, 1e-3), sparsity=0.75, smallest=0.65, end=2 / 3, stop=1.0, every=100),
    ),
    quantize=QuantizeStage(
        fit=FitConfig(
            steps=20_000,
            batch_size=64,
            optimizer=OptimizerConfig(kind="sgd", rate=1e-4, decay="constant", momentum=0.9),
            norm_momentum=0.01,
        ),
        codebook=CodebookConfig(bits=6, vector_bits=8, center_bits=10, reassign_every=0),
    ),
    noise=NoiseConfig(shares=()),
    rules=(
        LayerRule("stem.*", prune=False, zero=False),
        LayerRule("blocks.*.0.0.weight", prune=False, zero=False),
        LayerRule("blocks.*.1.0.weight", noise=(0.01,), noise_by_size=True),
        LayerRule("fc.weight", bits=5, noise=(0.02,)),
    ),
)
# Where there are no trained weights: as many steps of dense training as of pruning.
MOBILENET_SCRATCH = replace(MOBILENET, name="mobilenet-scratch", train=_sgd(300_000, 0.05))

RECORD_RECIPES = catalogue_of(PAPER, MOBILENET, MOBILENET_SCRATCH, *TIGHT, TIGHT_LENET5, SUBSPACE)
# The sizes of the named experiments were searched for before: their recipes take them as they are.
ALL_RECIPES = {**RECIPES, "quick": replace(QUICK, sizes=None), **RECORD_RECIPES}
