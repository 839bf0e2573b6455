"""What of a network is given: its arrays, as a certificate names them, and that they stay as they were."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import nn

from netrazor.certification.prior_record import GivenArraysRecord
from netrazor.errors import CheckpointMismatch, ConfigurationError
from netrazor.networks.given_arrays import (
    Given,
    arrays_digest,
    bytes_of_arrays,
    digests,
    given_arrays,
    given_names,
)
from netrazor.networks.state import Array, listed


class FrozenWeightsCharged(UserWarning):
    """Weights that are not trained are about to be charged for."""


@dataclass(frozen=True)
class GivenArrays:
    """The given arrays of one network.

    Attributes:
        names: in the network's order.
        record: how a certificate names them.
        each: a digest for each, by name.
    """

    names: tuple[str, ...]
    record: GivenArraysRecord
    each: dict[str, str]


def describe_given(model: nn.Module, given: Given, origin: str | None, moving: Sequence[str]) -> GivenArrays:
    """The given arrays of ``model``, named by their digest.

    Args:
        model: in evaluation mode.
        given: as for `netrazor.certify`.
        origin: what they were made from.
        moving: statistics that moved when the model was handed over (`moving_statistics`).

    Raises:
        ConfigurationError: no origin; as for `netrazor.networks.given_arrays.given_names`.
    """
    if origin is None or not origin.strip() or len(origin) > 10_000:
        raise ConfigurationError(
            "given_origin: a sentence needed that says what the given weights were made from, since the claim rests "
            "on their having been fixed without these examples, got none; say it, such as 'trained on ImageNet-1k'"
        )
    return named_by_digest(given_arrays(model, given_names(model, given, moving)), origin.strip())


def named_by_digest(arrays: Mapping[str, Array], origin: str) -> GivenArrays:
    """Given arrays as a certificate names them."""
    record = GivenArraysRecord(
        sha256=arrays_digest(arrays), arrays=len(arrays), bytes=bytes_of_arrays(arrays), origin=origin
    )
    return GivenArrays(tuple(arrays), record, digests(arrays))


def warn_of_frozen(model: nn.Module) -> None:
    """Say what frozen parameters are about to be charged for, where nothing was said to be given."""
    frozen = {name: p.numel() for name, p in model.named_parameters() if not p.requires_grad}
    if frozen and len(frozen) < len(list(model.parameters())):
        warnings.warn(
            f"{len(frozen)} tensors of {sum(frozen.values()):,} numbers require no gradient ({listed(list(frozen))}) "
            "and are coded, and charged for, like all others. If they were fixed without these examples, pass "
            "given='frozen' and given_origin, and they cost nothing",
            FrozenWeightsCharged,
            stacklevel=4,
        )


def check_unchanged(model: nn.Module, given: GivenArrays) -> None:
    """Refuse a network whose given arrays are no longer those that were described.

    Raises:
        CheckpointMismatch: some changed, each named.
    """
    now = digests(given_arrays(model, given.names))
    changed = [name for name, digest in given.each.items() if now[name] != digest]
    if changed:
        raise CheckpointMismatch(
            f"given: {listed(changed)} changed while the rest was trained; what is given must stay as it was: have "
            "nothing of the loss, the training step or the forward pass write to it"
        )
