"""Overwriting parts of tensors so that it can be taken back, at the memory of what changes."""

import torch
from torch import Tensor


class History:
    """What was overwritten, oldest first."""

    def __init__(self) -> None:
        self._overwritten: list[tuple[Tensor, tuple[Tensor, ...], Tensor]] = []

    @torch.no_grad()
    def overwrite(self, tensor: Tensor, where: Tensor, value: Tensor | float) -> None:
        """Set the elements of ``tensor`` that the booleans of ``where`` choose to ``value``."""
        index = where.nonzero(as_tuple=True)
        self._overwritten.append((tensor, index, tensor[index].clone()))
        tensor[index] = value[index].to(tensor.dtype) if isinstance(value, Tensor) else value

    @torch.no_grad()
    def undo(self) -> None:
        """Put everything back."""
        while self._overwritten:
            tensor, index, values = self._overwritten.pop()
            tensor[index] = values
