"""Gradient training: batches that can be taken up anywhere, one loop for all stages, checkpoints."""

from netrazor.train.batches import Batches
from netrazor.train.checkpoint import Checkpoint
from netrazor.train.fit import FitConfig, FitProgress, Loss, TrainingStep, fit, flush_denormals
from netrazor.train.optimizer import OptimizerConfig
from netrazor.train.soft_targets import DistillConfig, SoftTargets
from netrazor.train.target_losses import TargetLoss
from netrazor.train.trainable import AllParameters, Trainable

__all__ = [
    "AllParameters",
    "Batches",
    "Checkpoint",
    "DistillConfig",
    "FitConfig",
    "FitProgress",
    "Loss",
    "OptimizerConfig",
    "SoftTargets",
    "TargetLoss",
    "Trainable",
    "TrainingStep",
    "fit",
    "flush_denormals",
]
