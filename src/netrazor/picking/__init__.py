"""Picked examples: a learner trains on few examples and is certified by its errors on all others."""

from netrazor.picking.augmentation import Augmentation
from netrazor.picking.declared_learners import LEARNERS, OWN, declared_learner, rebuild_learner
from netrazor.picking.engine import Picking, pick
from netrazor.picking.exact_augmentation import ExactAugmentation
from netrazor.picking.exact_learner import ExactLearner, ExactTraining
from netrazor.picking.final_predictor import FinalRule, Vote
from netrazor.picking.learnable import Learnable, as_learner
from netrazor.picking.learner import NO_ANSWER, Examples, Learner, Predictor, ResumableLearner
from netrazor.picking.learner_check import check_learner
from netrazor.picking.learner_digest import learner_digest
from netrazor.picking.picking_config import PickingConfig, StopCount
from netrazor.picking.priority import in_order_of_priority
from netrazor.picking.sklearn_learner import SklearnLearner
from netrazor.picking.stops import check_stops, geometric_stops, share_of_delta
from netrazor.picking.torch_learner import TorchLearner, TorchTraining

__all__ = [
    "LEARNERS",
    "NO_ANSWER",
    "OWN",
    "Augmentation",
    "ExactAugmentation",
    "ExactLearner",
    "ExactTraining",
    "Examples",
    "FinalRule",
    "Learnable",
    "Learner",
    "Picking",
    "PickingConfig",
    "Predictor",
    "ResumableLearner",
    "SklearnLearner",
    "StopCount",
    "TorchLearner",
    "TorchTraining",
    "Vote",
    "as_learner",
    "check_learner",
    "check_stops",
    "declared_learner",
    "geometric_stops",
    "in_order_of_priority",
    "learner_digest",
    "pick",
    "rebuild_learner",
    "share_of_delta",
]
