"""Pruning and quantization without training."""

import itertools
from typing import ClassVar

from pydantic.dataclasses import dataclass

from netrazor.compress import PostTrainingConfig, compress_without_training
from netrazor.pipeline.stages.interface import RunContext, Simplification, Turn
from netrazor.runtime import devices


@dataclass(frozen=True, config={"extra": "forbid"})
class PostTrainingStage:
    """What is not quantized yet is pruned and quantized by sensitivity, as ``search`` says."""

    search: PostTrainingConfig

    cuts: ClassVar[bool] = True
    simplification: ClassVar[Simplification] = Simplification.ORDER
    many_seeds: ClassVar[bool] = False

    def run(self, context: RunContext, turn: Turn) -> None:
        """Search for the grids; this takes minutes and has no checkpoint within it."""
        held = itertools.chain(context.model.named_parameters(), context.model.named_buffers())
        names = [name for name, _ in held]
        with devices.placed(context.model, context.device) as model:
            compress_without_training(
                model,
                self.search,
                context.searching(),
                bits=context.rules.bits(),
                unprunable=set(names) - set(context.rules.prunable(names)),
            )
