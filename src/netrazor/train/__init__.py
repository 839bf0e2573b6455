"""Gradient training: batches that can be taken up anywhere, one loop for all stages, checkpoints."""

from netrazor.train.batches import Batches
from netrazor.train.checkpoint import Checkpoint
from netrazor.train.fit import FitConfig, Loss, Trainable, TrainingStep, Whole, fit, flush_denormals
from netrazor.train.optimizer import OptimizerConfig

__all__ = [
    "Batches",
    "Checkpoint",
    "FitConfig",
    "Loss",
    "OptimizerConfig",
    "Trainable",
    "TrainingStep",
    "Whole",
    "fit",
    "flush_denormals",
]
