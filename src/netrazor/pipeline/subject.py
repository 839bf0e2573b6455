"""What a certificate is about: the examples, the architecture, and the terms of the claims."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from netrazor.certification import SampleRecord
from netrazor.certification.claims import AnyClaim, TopK
from netrazor.certification.prior_record import GivenArraysRecord, GivenRecord
from netrazor.counting import GroupColumn
from netrazor.runtime import SILENT, Reporter, devices


@dataclass(frozen=True)
class Subject:
    """What a certificate is about.

    Attributes:
        architecture: name in the declared list, or "custom".
        examples: the counted examples, all of them.
        sample: how the certificate names the training set.
        delta: failure probability of the certificate.
        seed: of the run, and with it of the draws.
        statements: what is claimed; the first is about the error.
        columns: those that make groups, of the counted examples.
        search_on: the device on which noise is searched for.
        count_on: the device on which the errors and the noisy risks that the certificate states are counted.
        given: weights fixed before, to which the message is relative, or beside which it holds the others.
        configuration: what made the network, for the provenance.
        reporter: told of the progress.
        class_names: what the data set calls its classes.
    """

    architecture: str
    examples: Dataset[tuple[Tensor, int]]
    sample: SampleRecord
    delta: float
    seed: int
    statements: tuple[AnyClaim, ...] = (TopK(k=1),)
    columns: Mapping[str, GroupColumn] = field(default_factory=dict)
    search_on: torch.device = devices.CPU
    count_on: torch.device = devices.CPU
    given: GivenRecord | GivenArraysRecord | None = None
    configuration: Mapping[str, Any] | None = None
    reporter: Reporter = SILENT
    class_names: tuple[str, ...] | None = None

    @property
    def n(self) -> int:
        """Number of counted examples."""
        return self.sample.counted

    @property
    def top(self) -> int:
        """Of how many best answers the headline is about."""
        return getattr(self.statements[0], "k", 1)
