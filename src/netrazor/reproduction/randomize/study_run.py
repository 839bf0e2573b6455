"""One run: train on partly random labels, then cut the network down to each sparsity and write it."""

import copy
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from netrazor import __version__
from netrazor import data as datasets
from netrazor.compress import GradualPruning, MaskedWeights
from netrazor.counting import count_errors, in_order
from netrazor.networks import build
from netrazor.networks.network_message import decode_into, encode
from netrazor.pipeline.rules import Rules
from netrazor.reproduction.randomize.random_labels import draw_sample
from netrazor.reproduction.randomize.study import Study
from netrazor.reproduction.randomize.study_records import (
    MessageRecord,
    Point,
    RunRecord,
    record_path,
    write_record,
)
from netrazor.simplify import fold_statistics, simplify
from netrazor.train import AllParameters, Batches, Checkpoint, FitConfig, FitProgress, Trainable, fit

RENEWALS = 25  # times that the masks are renewed while the sparsity rises, over half of the tuning


@dataclass(frozen=True)
class Task:
    """A run to be done: what, at which level, with which seed, and where its files go."""

    study: Study
    level: float
    seed: int
    folder: Path
    data: Path | None = None

    def __call__(self) -> None:
        """Do it, from its checkpoint if there is one, and write its record."""
        checkpoint = Checkpoint(
            record_path(self.folder, self.level, self.seed).with_suffix(".pt"), self.study.digest
        )
        write_record(self.folder, _Run(self, checkpoint).record())
        checkpoint.remove()


class _Run:
    """One level and seed of a study, from the sample to the record."""

    def __init__(self, task: Task, checkpoint: Checkpoint) -> None:
        self.task, self.study, self.checkpoint = task, task.study, checkpoint
        train, test = (datasets.load(self.study.dataset, s, directory=task.data) for s in ("train", "test"))
        sample = draw_sample(train, test, self.study.examples, task.level, task.seed)
        self.train, self.test = sample.train, sample.test
        self.example = next(in_order(self.train, 8))[0]
        self.saved: dict[str, Any] = checkpoint.load() or {"cpu_seconds": 0.0, "points": []}
        self.started = time.process_time() - self.saved["cpu_seconds"]

    def record(self) -> RunRecord:
        """Train, cut down to each sparsity of the grid, then look closer where the shortest messages are."""
        self.dense = self._trained()
        points = [Point.model_validate(point) for point in self.saved["points"]]
        record = RunRecord(
            study=self.study.name,
            digest=self.study.digest,
            level=self.task.level,
            seed=self.task.seed,
            n=len(self.train),
            classes=self.train.classes,
            train_error=count_errors(self.dense, self.train).risk,
            test_error=count_errors(self.dense, self.test).risk,
            points=tuple(points),
            cpu_seconds=0.0,
            netrazor=__version__,
        )
        done = {point.sparsity for point in points}
        for sparsity in reversed(
            self.study.sparsities
        ):  # long messages take time: none beyond the first that holds
            if sparsity not in done:
                record = self._with_point(record, sparsity, refined=False)
        for share in self.study.kept:
            for _ in range(self.study.refinements):
                if (between := next_sparsity(record, share)) is not None:
                    record = self._with_point(record, between, refined=True)
        return record.model_copy(update={"cpu_seconds": round(time.process_time() - self.started, 1)})

    def _trained(self) -> nn.Module:
        """The dense network; its training goes on from the checkpoint."""
        torch.manual_seed(self.task.seed)
        model = build(self.study.architecture, **self.study.settings)
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # convolutions run twice as fast
        if "dense" in self.saved:
            model.load_state_dict(self.saved["dense"])
            return model.eval()

        def save(fit_state: Any) -> None:
            if self.checkpoint.due():
                self._save(fit=fit_state())

        progress = FitProgress(resume=self.saved.get("fit"), save=save)
        self._fit(model, AllParameters(model), self.study.train, order=0, progress=progress)
        self.saved.pop("fit", None)
        self._save(dense=model.state_dict())
        return model

    def _with_point(self, record: RunRecord, sparsity: float, *, refined: bool) -> RunRecord:
        """The record with one more sparsity."""
        order = 1 + len(record.points)
        pruned, tuned = copy.deepcopy(self.dense), copy.deepcopy(self.dense)
        targets = layer_sparsities(self.dense, sparsity)
        prune_at_once(pruned, targets)
        steps = self.study.tune.steps
        schedule = GradualPruning(
            targets, start=0, end=max(1, steps // 2), every=max(1, steps // 2 // RENEWALS)
        )
        self._fit(tuned, MaskedWeights(tuned, list(targets), schedule), self.study.tune, order=2 * order)
        error = count_errors(tuned, self.train).risk
        worth_writing = record.keeps(min(self.study.kept), error) and (
            refined or record.shortest(max(self.study.kept)) is None
        )
        point = Point(
            sparsity=sparsity,
            refined=refined,
            one_shot_error=count_errors(pruned, self.train).risk,
            tuned_error=error,
            message=self._message(tuned, order=2 * order + 1) if worth_writing else None,
        )
        points = sorted((*record.points, point), key=lambda p: p.sparsity)
        if not refined:  # the few refinements of a run that was stopped are done again
            self._save(points=[p.model_dump() for p in points])
        return record.model_copy(update={"points": tuple(points)})

    def _message(self, model: nn.Module, *, order: int) -> MessageRecord:
        """Quantize a pruned network, write it, and count what the decoded one gets wrong."""
        fold_statistics(model)
        self._fit(model, self.study.quantize.quantized(model, Rules()), self.study.quantize.fit, order=order)
        simplify(model, self.example, fold=False)
        blob = encode(model, self.study.architecture if not self.study.settings else "custom")
        decoded = decode_into(model, blob)
        return MessageRecord(
            bits=8 * len(blob),
            nonzeros=sum(int((p != 0).sum()) for p in _prunable(decoded).values()),
            train_error=count_errors(decoded, self.train).risk,
            test_error=count_errors(decoded, self.test).risk,
        )

    def _fit(
        self,
        model: nn.Module,
        weights: Trainable,
        config: FitConfig,
        *,
        order: int,
        progress: FitProgress | None = None,
    ) -> None:
        batches = Batches(self.train, config.batch_size, seed=self.task.seed * 101 + order)
        fit(model, weights, batches, config, progress=progress)
        weights.finish()

    def _save(self, **news: Any) -> None:
        self.saved |= {**news, "cpu_seconds": time.process_time() - self.started}
        self.checkpoint.save(self.saved)


def layer_sparsities(model: nn.Module, sparsity: float) -> dict[str, float]:
    """The sparsity of each layer when the smallest magnitudes of all layers together are zero."""
    weights = _prunable(model)
    magnitudes = torch.cat([weight.detach().abs().flatten() for weight in weights.values()])
    pruned = round(sparsity * len(magnitudes))
    threshold = magnitudes.kthvalue(pruned).values if pruned else magnitudes.new_tensor(-1.0)
    return {name: float((w.detach().abs() <= threshold).double().mean()) for name, w in weights.items()}


@torch.no_grad()
def prune_at_once(model: nn.Module, sparsities: dict[str, float]) -> None:
    """Set the smallest magnitudes of each layer to zero, in place, without training."""
    for name, weight in _prunable(model).items():
        pruned = round(sparsities[name] * weight.numel())
        smallest = torch.zeros(weight.numel(), dtype=torch.bool)
        smallest[weight.abs().flatten().topk(pruned, largest=False).indices] = True
        weight.masked_fill_(smallest.view(weight.shape), 0.0)


def next_sparsity(record: RunRecord, share: float) -> float | None:
    """Halfway, in the logarithm of the density, from the sparsest network that keeps ``share`` to the next point."""
    held = [p.sparsity for p in record.points if p.message and record.keeps(share, p.message.train_error)]
    beyond = [p.sparsity for p in record.points if held and p.sparsity > max(held)]
    if not held or not beyond:
        return None
    return float(1 - ((1 - max(held)) * (1 - min(beyond))) ** 0.5)


def _prunable(model: nn.Module) -> dict[str, Tensor]:
    """Weights of more than one axis: no biases, no norms."""
    return {name: p for name, p in model.named_parameters() if p.ndim > 1}
