"""Changes to parts of tensors that can be undone, at the memory of what they overwrite."""

import torch
from torch import Tensor


class UndoLog:
    """What was overwritten, oldest first."""

    def __init__(self) -> None:
        self._overwritten: list[tuple[Tensor, tuple[Tensor, ...], Tensor]] = []

    @torch.no_grad()
    def overwrite(self, tensor: Tensor, chosen: Tensor, value: Tensor | float) -> None:
        """Set the elements of ``tensor`` for which the booleans of ``chosen`` are true to ``value``.

        A tensor of values has the shape of ``tensor``.
        """
        index = chosen.nonzero(as_tuple=True)
        self._overwritten.append((tensor, index, tensor[index].clone()))
        tensor[index] = value[index].to(tensor.dtype) if isinstance(value, Tensor) else value

    @torch.no_grad()
    def undo(self) -> None:
        """Restore everything, the latest change first."""
        while self._overwritten:
            tensor, index, values = self._overwritten.pop()
            tensor[index] = values
