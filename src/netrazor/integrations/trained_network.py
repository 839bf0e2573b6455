"""Certifying a network that another library has just trained: on a copy, which is cut down by a recipe."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from netrazor.certification import Certificate
from netrazor.pipeline import Recipe, certify


@dataclass(frozen=True)
class Certifying:
    """How a trained network is certified.

    Attributes:
        dataset: the entire training set, as for `netrazor.certify`: without random augmentation.
        recipe: how the copy is cut down; post-training prunes and quantizes it, as-is sends all of it.
        settings: further keywords of `netrazor.certify`: ``delta``, ``out``, ``claims``, ``given`` ...
    """

    dataset: Any
    recipe: Recipe | str = "post-training"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def certify(self, network: nn.Module) -> tuple[Certificate, nn.Module]:
        """The certificate of a network cut down from a copy of ``network``, and that network, on the CPU.

        Raises:
            NetrazorError: as for `netrazor.certify`.
        """
        cut = copy.deepcopy(network).cpu().eval()
        certificate = certify(cut, self.dataset, recipe=self.recipe, **self.settings)
        return certificate, cut
