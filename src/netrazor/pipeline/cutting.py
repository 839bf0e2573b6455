"""The stages that change a network: train, prune, simplify, quantize, in this order; or cut without training."""

import itertools
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from netrazor.certification.charging import charge
from netrazor.compress import (
    DescentConfig,
    IntegerWeights,
    PostTrainingConfig,
    QuantizedWeights,
    SearchContext,
    compress_without_training,
    descend,
    quantize_remaining,
)
from netrazor.counting import in_order
from netrazor.errors import UnsupportedModel
from netrazor.networks.network_message import OWN, encode
from netrazor.pipeline.histogram import Histogram, histograms
from netrazor.pipeline.polishing import polish
from netrazor.pipeline.stages import PolishStage, Recipe
from netrazor.pipeline.trainables import integer, masked, quantized, rules_for
from netrazor.runtime import Reporter, devices, processes
from netrazor.simplify import copy_for_training, expand_into, fold_statistics, simplify
from netrazor.train import AllParameters, Batches, Checkpoint, FitConfig, Loss, Trainable, TrainingStep, fit
from netrazor.train.frozen_features import precompute_features
from netrazor.units import percent_up

_POLISH_SEED = 50  # beyond the numbers of the stages
_UNCUT = ("integers", "train")  # stages after which the weights are as before

Stage = tuple[str, FitConfig, Callable[[nn.Module], Trainable]]


class Cutting:
    """One run of a recipe's stages over a network, which is changed in place.

    Each stage works on a copy without the empty units, on ``device``, and is put back when done. A checkpoint holds
    the network as the stage under way found it, and how far that stage got: a killed run goes on from there, on
    whatever device.
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
        architecture: str = "custom",
        delta: float = 0.05,
        training: Dataset[tuple[Tensor, int]] | None = None,
        loss: Loss = F.cross_entropy,
        training_step: TrainingStep | None = None,
        device: torch.device = devices.CPU,
    ) -> None:
        self.model = model
        self.dataset = dataset
        self.recipe = recipe
        self.seed = seed
        self.checkpoint = checkpoint
        self.reporter = reporter
        self.architecture = architecture
        self.delta = delta
        self.training = dataset if training is None else training
        self.loss = loss
        self.training_step = training_step
        self.device = device
        self.rules = rules_for(recipe, model)
        self.example = next(in_order(dataset, 8))[0]
        self.seconds: dict[str, float] = {}
        self.before: dict[str, Histogram] = {}  # the weights before any of them was cut

    def run(self) -> None:
        """All stages that are not done yet, then the last simplification."""
        saved = self.checkpoint.load() if self.checkpoint is not None else None
        first = 0 if saved is None else int(saved["stage"])
        if saved is not None:
            self.model.load_state_dict(saved["found"])
            self.before = {name: Histogram(*parts) for name, parts in saved.get("before", {}).items()}
        for number, (name, config, behind) in list(enumerate(self._stages()))[first:]:
            started = time.monotonic()
            if name not in _UNCUT and not self.before:
                self.before = histograms(self.model)
            self._run_stage(number, name, config, behind, saved["fit"] if saved is not None else None)
            saved = None
            self.seconds[name] = time.monotonic() - started
        if self.recipe.post_training is not None:
            self._cut_without_training(self.recipe.post_training)
        polished = 0 if saved is None else int(saved["cycles"])
        if self.recipe.descend is not None and polished == 0:
            self._descend(self.recipe.descend)
        if self.recipe.polish is not None:
            self._polish(self.recipe.polish, polished)

    def _descend(self, config: DescentConfig) -> None:
        started = time.monotonic()
        try:
            report = descend(self.model, self._code_bits, config, self._search_context())
        except UnsupportedModel as error:
            self.reporter.say(f"no descent: {error}")
            return
        before, after = map(percent_up, report.bounds)
        self.reporter.say(f"descent changed {report.moves} weights: the bound falls from {before} to {after}")
        self.seconds["descend"] = time.monotonic() - started

    def _polish(self, stage: PolishStage, first: int) -> None:
        started = time.monotonic()

        def save(cycles: int) -> None:
            if self.checkpoint is not None:
                stages = len(list(self._stages()))
                self.checkpoint.save(self._state(stages, self.model.state_dict(), None, cycles))

        try:
            polish(
                self.model,
                self.dataset,
                self._code_bits,
                stage,
                self.recipe.descend or DescentConfig(),
                delta=self.delta,
                seed=self.seed * 101 + _POLISH_SEED,
                first=first,
                save=save,
                device=self.device,
                reporter=self.reporter,
            )
        except UnsupportedModel as error:
            self.reporter.say(f"no polish: {error}")
            return
        self.seconds["polish"] = time.monotonic() - started

    def _search_context(self) -> SearchContext:
        return SearchContext(self.dataset, self.delta, self.seed, self.device, self.reporter)

    def _code_bits(self) -> float:
        """Of the message of the network as it is."""
        return charge(encode(self.model, self.architecture), OWN).charged_bits

    def _cut_without_training(self, config: PostTrainingConfig) -> None:
        started = time.monotonic()
        self.before = self.before or histograms(self.model)
        names = [
            name for name, _ in itertools.chain(self.model.named_parameters(), self.model.named_buffers())
        ]
        with devices.placed(self.model, self.device) as model:
            compress_without_training(
                model,
                config,
                self._search_context(),
                bits=self.rules.bits(),
                unprunable=set(names) - set(self.rules.prunable(names)),
            )
        if self.recipe.simplify:
            simplify(self.model, self.example, fold=False)
        self.seconds["prune, quantize"] = time.monotonic() - started

    def _stages(self) -> Iterator[Stage]:
        if self.recipe.train is not None:
            yield "train", self.recipe.train, AllParameters
        for number, prune in enumerate(self.recipe.prune, start=1):
            name = "prune" if len(self.recipe.prune) == 1 else f"prune {number}"
            examples = len(self.dataset)  # type: ignore[arg-type]
            yield name, prune.fit, partial(masked, prune, seed=self.seed, examples=examples, rules=self.rules)
        if self.recipe.integers is not None:
            yield "integers", self.recipe.integers.fit, partial(integer, self.recipe.integers)
        if self.recipe.quantize is not None:
            yield (
                "quantize",
                self.recipe.quantize.fit,
                partial(quantized, self.recipe.quantize, rules=self.rules),
            )

    def _run_stage(
        self,
        number: int,
        name: str,
        config: FitConfig,
        behind: Callable[[nn.Module], Trainable],
        resume: dict[str, Any] | None,
    ) -> None:
        if name == "quantize" and config.freeze_norms:
            fold_statistics(self.model)
        found = {key: value.clone() for key, value in self.model.state_dict().items()}
        working = copy_for_training(self.model, self.example)
        part, training = precompute_features(working, self.training)

        def save(fit_state: Callable[[], dict[str, Any]]) -> None:
            if self.checkpoint is not None and self.checkpoint.due():
                self.checkpoint.save(self._state(number, found, fit_state()))

        seed = self.seed * 101 + number
        with devices.drawing_apart(self.device), devices.placed(part, self.device) as moving:
            torch.manual_seed(seed)
            weights = behind(moving)
            fit(
                moving,
                weights,
                Batches(training, config.batch_size, seed=seed),
                config,
                name=name,
                loss=weights.loss if isinstance(weights, IntegerWeights) else self.loss,
                training_step=self.training_step,
                resume=resume,
                save=save,
                reporter=self.reporter,
            )
            weights.finish()
        processes.broadcast(
            part.state_dict().values()
        )  # the statistics of batch norms are each process's own
        expand_into(self.model, working)
        if isinstance(weights, QuantizedWeights):
            fold_statistics(self.model)
            quantize_remaining(self.model, weights.config.buffer_bits, settled=weights.books)
        if self.recipe.simplify and name != "train":
            simplify(self.model, self.example, fold=name != "quantize")  # new bias values are not quantized
        if self.checkpoint is not None:
            self.checkpoint.save(self._state(number + 1, self.model.state_dict(), None))

    def _state(
        self, stage: int, found: dict[str, Tensor], fit: dict[str, Any] | None, cycles: int = 0
    ) -> dict[str, Any]:
        """What a checkpoint holds."""
        before = {name: (histogram.reach, histogram.counts) for name, histogram in self.before.items()}
        return {"stage": stage, "found": found, "fit": fit, "before": before, "cycles": cycles}
