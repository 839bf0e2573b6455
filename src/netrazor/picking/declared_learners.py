"""Learners that a certificate names, so that whoever verifies it need not bring them.

A name is never given to another learner: what changes gets a new name. Each names all settings; the digest in the
certificate holds them.
"""

from collections.abc import Callable
from functools import partial

from netrazor.certification import LearnerRecord
from netrazor.certification.prior_record import OWN_LEARNER
from netrazor.errors import CheckpointMismatch, ConfigurationError
from netrazor.picking.augmentation import Augmentation
from netrazor.picking.declared_estimators import estimator_learners
from netrazor.picking.declared_networks import (
    DropoutCnn,
    Ensemble,
    PickedCnn,
    PickedResNet,
    ShiftedViews,
    ensemble_loss,
)
from netrazor.picking.learner import Learner
from netrazor.picking.learner_digest import learner_digest
from netrazor.picking.torch_learner import TorchLearner, TorchTraining

OWN = OWN_LEARNER  # a learner that is not declared here


def declared_learner(name: str) -> Learner:
    """A declared learner, in its state before the start.

    Raises:
        ConfigurationError: no such learner, or scikit-learn is needed and not installed.
    """
    if name not in LEARNERS:
        raise ConfigurationError(f"learner: one of {', '.join(LEARNERS)} allowed, got {name!r}")
    try:
        return LEARNERS[name]()
    except ImportError as error:
        raise ConfigurationError(f"learner {name}: scikit-learn is needed ({error}); install it") from error


def rebuild_learner(record: LearnerRecord, given: Learner | None) -> Learner:
    """The learner that a certificate names: the declared one, whatever was given; ``given`` for a user's own.

    Raises:
        ConfigurationError: a user's own learner, and none was given.
        CheckpointMismatch: another learner than the certificate names.
    """
    if given is None and record.name == OWN:
        raise ConfigurationError(
            "learner: the certificate is about a user's own, and none was given; pass the learner that was certified"
        )
    if record.name != OWN and record.name not in LEARNERS:
        raise CheckpointMismatch(
            f"learner: the certificate names {record.name[:80]!r}, which is not declared here"
        )
    learner = given if record.name == OWN and given is not None else declared_learner(record.name)
    found = learner_digest(learner)
    if found != record.sha256:
        raise CheckpointMismatch(
            f"learner: the certificate names one with digest {record.sha256[:16]}..., got one with {found[:16]}...; "
            "pass the learner with the source and the settings that were certified"
        )
    if is_exact(learner) != record.exact:  # for an exact one, other picks would be no fault of the machine
        raise CheckpointMismatch(
            f"learner: the certificate says that its arithmetic is {'' if record.exact else 'not '}the same on every "
            "machine, which is not so; get the certificate again"
        )
    return learner


def is_exact(learner: Learner) -> bool:
    """Whether a learner's arithmetic is the same on every machine, so that a replay must give the same picks."""
    return bool(getattr(learner, "exact", False))


def _small_cnn() -> Learner:
    changes = Augmentation(rotation=12, scale=0.12, shear=0.15, shift=1.5, elastic=1.0)
    training = TorchTraining(steps=200, steps_per_pick=20, averaging=0.998)
    return TorchLearner(partial(PickedCnn, 16), training, augmentation=changes)


def _two_cnns() -> Learner:
    changes = Augmentation(rotation=5, scale=0.1, shift=1.5, shear=0.05, flip=True, erase=7)
    training = TorchTraining(steps=100, steps_per_pick=5, averaging=0.998)
    networks = partial(Ensemble, partial(PickedCnn, 24), members=2, mirrored=True)
    return TorchLearner(networks, training, loss=ensemble_loss, augmentation=changes)


def _three_dropout_cnns() -> Learner:
    changes = Augmentation(rotation=12, scale=0.12, shear=0.15, shift=1.5, elastic=1.0)
    training = TorchTraining(steps=150, steps_per_pick=12, averaging=0.995)
    networks = partial(ShiftedViews, partial(Ensemble, partial(DropoutCnn, 16), members=3))
    return TorchLearner(networks, training, loss=ensemble_loss, augmentation=changes)


def _small_resnet() -> Learner:
    changes = Augmentation(flip=True, crop=4, erase=8)
    training = TorchTraining(steps=400, steps_per_pick=1.5, averaging=0.998)
    return TorchLearner(partial(PickedResNet, 32), training, augmentation=changes)


LEARNERS: dict[str, Callable[[], Learner]] = {
    "small-cnn": _small_cnn,
    "two-cnns": _two_cnns,
    "three-dropout-cnns": _three_dropout_cnns,
    "small-resnet": _small_resnet,
    **dict(estimator_learners()),
}
