"""Stages of training with one checkpoint, so that a killed run goes on from where it was."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.runtime import SILENT, Reporter
from netrazor.train import AllParameters, Batches, Checkpoint, FitConfig, FitProgress, fit

Loss = Callable[[Tensor, Tensor], Tensor]


class ResumableFits:
    """Trains networks on one data set, one after the other.

    The checkpoint holds what was finished, and how far the stage under way got.

    Args:
        dataset: what all stages train on.
        path: file of the checkpoint; None: nothing is kept.
        identity: what makes this run another one than the next, as JSON can hold it.
        reporter: told of the progress.
    """

    def __init__(
        self,
        dataset: Dataset[tuple[Tensor, int]],
        path: Path | None,
        identity: list[Any],
        reporter: Reporter | None = None,
    ) -> None:
        run = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
        self.dataset, self.reporter = dataset, reporter
        self.checkpoint = None if path is None else Checkpoint(path, run)
        self.state: dict[str, Any] = (self.checkpoint.load() if self.checkpoint else None) or {}

    def fit(self, name: str, model: nn.Module, config: FitConfig, loss: Loss, seed: int) -> None:
        """Train all parameters of ``model``, from where an interrupted run left it."""
        resume = self.state.get(name)
        if resume is None or resume["done"] < config.steps:
            self._train(name, model, config, loss, seed)
        else:
            model.load_state_dict(resume["model"])
            model.eval()
        finished = {"done": config.steps, "model": model.state_dict(), "weights": {}, "optimizer": {}}
        self.state = {**self.state, name: finished}
        if self.checkpoint is not None:
            self.checkpoint.save(self.state)

    def _train(self, name: str, model: nn.Module, config: FitConfig, loss: Loss, seed: int) -> None:
        def save(fit_state: Callable[[], dict[str, Any]]) -> None:
            if self.checkpoint is not None and self.checkpoint.due():
                self.checkpoint.save({**self.state, name: fit_state()})

        fit(
            model,
            AllParameters(model),
            Batches(self.dataset, config.batch_size, seed),
            config,
            loss=loss,
            progress=FitProgress(name, self.state.get(name), save, self.reporter or SILENT),
        )
