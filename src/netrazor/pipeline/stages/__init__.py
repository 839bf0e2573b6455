"""The stages that a recipe is made of, each with its configuration in a file of its own."""

from netrazor.pipeline.stages.descend_stage import DescendStage
from netrazor.pipeline.stages.gradual_stage import GradualStage
from netrazor.pipeline.stages.integer_stage import IntegerStage
from netrazor.pipeline.stages.interface import RunContext, Simplification, Stage, Turn
from netrazor.pipeline.stages.polish_stage import PolishStage
from netrazor.pipeline.stages.post_training_stage import PostTrainingStage
from netrazor.pipeline.stages.quantize_stage import QuantizeStage
from netrazor.pipeline.stages.rate_stage import RateStage
from netrazor.pipeline.stages.shorten_stage import ShortenStage
from netrazor.pipeline.stages.simplify_stage import SimplifyStage
from netrazor.pipeline.stages.small_stage import SmallStage
from netrazor.pipeline.stages.surgery_stage import SurgeryStage
from netrazor.pipeline.stages.train_stage import TrainStage
from netrazor.pipeline.stages.whole_descent_stage import WholeDescentStage

__all__ = [
    "DescendStage",
    "GradualStage",
    "IntegerStage",
    "PolishStage",
    "PostTrainingStage",
    "QuantizeStage",
    "RateStage",
    "RunContext",
    "ShortenStage",
    "Simplification",
    "SimplifyStage",
    "SmallStage",
    "Stage",
    "SurgeryStage",
    "TrainStage",
    "Turn",
    "WholeDescentStage",
]
