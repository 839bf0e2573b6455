"""The stages that change a network: train, prune, simplify, quantize, in this order."""

import copy
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.compress import (
    DynamicNetworkSurgery,
    GradualPruning,
    MaskedWeights,
    Pieces,
    PruningSchedule,
    QuantizedWeights,
    RatePruning,
    expand_into,
    shrunk,
    simplify,
)
from netrazor.evaluate import in_order
from netrazor.pipeline.recipes import GradualStage, PruneStage, QuantizeStage, RateStage, Recipe, SurgeryStage
from netrazor.train import Batches, Checkpoint, FitConfig, Reporter, Trainable, Whole, fit

Stage = tuple[str, FitConfig, Callable[[nn.Module], Trainable]]


class Cutting:
    """One run of a recipe's stages over a network, which is changed in place.

    Each stage works on a copy without the empty units and is put back when done. A checkpoint holds the
    network as the stage under way found it, and how far that stage got: a killed run goes on from there.
    """

    def __init__(
        self,
        model: nn.Module,
        dataset: Dataset[tuple[Tensor, int]],
        recipe: Recipe,
        *,
        seed: int,
        checkpoint: Checkpoint | None,
        reporter: Reporter,
    ) -> None:
        self.model = model
        self.dataset = dataset
        self.recipe = recipe
        self.seed = seed
        self.checkpoint = checkpoint
        self.reporter = reporter
        self.example = next(in_order(dataset, 8))[0]
        self.seconds: dict[str, float] = {}

    def run(self) -> None:
        """All stages that are not done yet, then the last simplification."""
        saved = self.checkpoint.load() if self.checkpoint is not None else None
        first = 0 if saved is None else int(saved["stage"])
        if saved is not None:
            self.model.load_state_dict(saved["found"])
        for number, (name, config, behind) in list(enumerate(self._stages()))[first:]:
            started = time.monotonic()
            self._run_stage(number, name, config, behind, saved["fit"] if saved is not None else None)
            saved = None
            self.seconds[name] = time.monotonic() - started

    def _stages(self) -> Iterator[Stage]:
        if self.recipe.train is not None:
            yield "train", self.recipe.train, Whole
        for number, prune in enumerate(self.recipe.prune, start=1):
            name = "prune" if len(self.recipe.prune) == 1 else f"prune {number}"
            yield name, prune.fit, partial(masked, prune, seed=self.seed)
        if self.recipe.quantize is not None:
            yield "quantize", self.recipe.quantize.fit, partial(quantized, self.recipe.quantize)

    def _run_stage(
        self,
        number: int,
        name: str,
        config: FitConfig,
        behind: Callable[[nn.Module], Trainable],
        resume: dict[str, Any] | None,
    ) -> None:
        found = {key: value.clone() for key, value in self.model.state_dict().items()}
        working = _in_fast_layout(shrunk(self.model, self.example), self.example)
        weights = behind(working)

        def save(fit_state: Callable[[], dict[str, Any]]) -> None:
            if self.checkpoint is not None and self.checkpoint.due():
                self.checkpoint.save({"stage": number, "found": found, "fit": fit_state()})

        seed = self.seed * 101 + number
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            fit(
                working,
                weights,
                Batches(self.dataset, config.batch_size, seed=seed),
                config,
                name=name,
                resume=resume,
                save=save,
                reporter=self.reporter,
            )
        weights.finish()
        expand_into(self.model, working)
        if self.recipe.simplify and name != "train":
            simplify(self.model, self.example, fold=name != "quantize")  # new bias values are not quantized
        if self.checkpoint is not None:
            self.checkpoint.save({"stage": number + 1, "found": self.model.state_dict(), "fit": None})


def _in_fast_layout(model: nn.Module, example: Tensor) -> nn.Module:
    """``model`` with channels last, where its forward pass bears that (one that calls ``view`` may not)."""
    try:
        fast = copy.deepcopy(model).to(memory_format=torch.channels_last)
        with torch.no_grad():
            fast(example.clone())
    except Exception:
        return model
    return fast


def masked(stage: PruneStage, model: nn.Module, *, seed: int) -> MaskedWeights:
    """The parameters of ``model`` behind the masks of a pruning stage."""
    weights = [name for name, p in model.named_parameters() if p.ndim > 1]
    steps = stage.fit.steps
    schedule: PruningSchedule
    if isinstance(stage, SurgeryStage):
        offsets, probability = Pieces.even(stage.offsets, steps), Pieces.even(stage.probabilities, steps)
        schedule = DynamicNetworkSurgery(offsets, probability, seed)
    elif isinstance(stage, GradualStage):
        targets = dict.fromkeys(weights, stage.sparsity)
        start, end = round(stage.start * steps), round(stage.end * steps)
        schedule = GradualPruning(targets, start=start, end=end, every=stage.every)
    else:
        end, stop = round(stage.end * steps), round(stage.stop * steps)
        schedule = RatePruning(stage.nonzeros, end=end, stop=stop, every=stage.every)
        weights = [name for name, _ in model.named_parameters()]
    return MaskedWeights(model, weights, schedule, saliency=isinstance(stage, RateStage))


def quantized(stage: QuantizeStage, model: nn.Module) -> QuantizedWeights:
    """The parameters of ``model`` behind codebooks."""
    return QuantizedWeights(model, stage.codebook, stage.fit.steps)
