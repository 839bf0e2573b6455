"""The named recipes for users' networks: every number that decides how a network is trained and cut down."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from netrazor.compress import (
    CodebookConfig,
    DescentConfig,
    PostTrainingConfig,
    SmallSearchConfig,
    WholeDescentConfig,
)
from netrazor.errors import ConfigurationError
from netrazor.pipeline.recipe import Recipe, SizeSearch
from netrazor.pipeline.stages import PolishStage, QuantizeStage, RateStage, ShortenStage
from netrazor.train import DistillConfig, FitConfig, OptimizerConfig


def quick_pruning(steps: int, nonzeros: int, *, settle: float = 1.0) -> RateStage:
    """One stage of the quick recipe: prune to ``nonzeros`` for 60,000 examples, then settle at a falling rate."""
    decay: Literal["constant", "cosine"] = "constant" if settle == 1 else "cosine"
    fit = FitConfig(steps=steps, optimizer=OptimizerConfig(rate=2e-3, decay=decay, floor=0.1))
    end = 2 * settle / 3 if settle < 1 else 1.0
    return RateStage(fit=fit, per_example=nonzeros / 60_000, end=end, stop=settle)


# Several stages of pruning, because the network is made smaller between them: most steps run on a tenth of it.
QUICK = Recipe(
    name="quick",
    train=FitConfig(steps=470, optimizer=OptimizerConfig(rate=2e-3, decay="constant")),
    prune=(
        quick_pruning(470, 30_000),
        quick_pruning(470, 8_000),
        quick_pruning(1400, 1_500),
        quick_pruning(3740, 900, settle=0.6),
    ),
    quantize=QuantizeStage(
        fit=FitConfig(steps=2800, optimizer=OptimizerConfig(rate=6e-4), freeze_norms=True),
        codebook=CodebookConfig(bits=3, vector_bits=3, center_bits=5),
    ),
    descend=DescentConfig(),
    sizes=SizeSearch(),
)

# For a short network that answers as a large one does, which is to be extended to (`netrazor.extend`).
DISTILL = replace(QUICK, name="distill", distill=DistillConfig())

# For any network: pruned as by the quick recipe while its norms still move, then whole numbers, rung by rung.
TIGHT = Recipe(
    name="tight",
    train=QUICK.train,
    prune=(*QUICK.prune[:2], quick_pruning(1400, 4_000)),
    shorten=ShortenStage(),
    descend=DescentConfig(),
    descend_everywhere=WholeDescentConfig(),
    polish=PolishStage(
        replace(PolishStage().fit, freeze_norms=True),
        replace(PolishStage().weights, start="network"),
        cycles=4,
    ),
    noise=None,
)

# For 100 to 5,000 examples, or some more, and a linear classifier or one with a small hidden layer: trained to have a
# start, then searched on the bound itself.
SMALL = Recipe(
    name="small",
    train=FitConfig(steps=600, optimizer=OptimizerConfig(rate=2e-2)),
    small=SmallSearchConfig(),
    noise=None,
    simplify=False,
)

# For a network of whole numbers that is given: any of the records, say.
POLISH = Recipe(name="polish", descend=DescentConfig(), polish=PolishStage(), noise=None)

# For networks that were trained, and perhaps compressed, elsewhere: the same function, or the same arrays.
AS_IS = Recipe(name="as-is", noise=None)
EXACT = Recipe(name="exact", noise=None, simplify=False)
NOISE_ONLY = Recipe(name="noise-only", simplify=False)
POST_TRAINING = Recipe(name="post-training", post_training=PostTrainingConfig())


def catalogue_of(*recipes: Recipe) -> dict[str, Recipe]:
    """``recipes`` by their names."""
    return {recipe.name: recipe for recipe in recipes}


RECIPES = catalogue_of(QUICK, DISTILL, TIGHT, SMALL, AS_IS, EXACT, POST_TRAINING, NOISE_ONLY, POLISH)


def recipe_named(name: str, catalogue: Mapping[str, Recipe] = RECIPES) -> Recipe:
    """The recipe of that name in ``catalogue``, by default those for users' networks.

    Raises:
        ConfigurationError: there is none.
    """
    if name not in catalogue:
        raise ConfigurationError(
            f"recipe: one of {', '.join(catalogue)}, or a Recipe itself, allowed, got {name!r}; choose one"
        )
    return catalogue[name]
