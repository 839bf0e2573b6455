"""The given arrays as a coded part computes with them: shared by all of its copies, and no part of its state."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from netrazor.networks.graph_partition import Boundary, GraphPartition
from netrazor.networks.walk import OutOfReach


class FixedValues(OutOfReach):
    """Given arrays and what depends on them alone, on whatever device they are asked for.

    Attributes:
        parts: the graph in its two parts.
        coded: names of the coded arrays.
        boundaries: how the values between the parts are made up.
    """

    def __init__(
        self,
        parts: GraphPartition,
        values: Mapping[int, Any],
        coded: tuple[str, ...],
        boundaries: tuple[Boundary, ...],
    ) -> None:
        self.parts, self.coded, self.boundaries = parts, frozenset(coded), boundaries
        self._home = dict(values)
        self._away: dict[torch.device, dict[int, Any]] = {}

    def values_on(self, device: torch.device) -> dict[int, Any]:
        """The values by number, in a dictionary of the caller's own."""
        home = next((v.device for v in self._home.values() if isinstance(v, Tensor)), device)
        if home == device:
            return dict(self._home)
        if device not in self._away:
            with torch.inference_mode(False), torch.no_grad():  # they take part in training later
                self._away[device] = {
                    number: value.to(device) if isinstance(value, Tensor) else value
                    for number, value in self._home.items()
                }
        return dict(self._away[device])
