"""Quantization with trained codebooks, one for each tensor; zeros stay exact zeros.

As in Han, Mao and Dally (2016) a codebook starts from k-means, and its centres are trained with the weights assigned
to them. Here the optimizer updates latent weights behind the quantized ones (a straight-through estimator), a centre
is the mean of its latent weights, and these are assigned to their nearest centres again every few steps.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from netrazor.compress.kmeans_codebook import Codebook, Grid


@dataclass(frozen=True, config={"extra": "forbid"})
class CodebookConfig:
    """Size of the codebooks.

    Attributes:
        bits: of an index, for tensors of two and more dimensions; 2^bits values, one of them zero.
        vector_bits: the same for biases and other vectors.
        center_bits: of a centre, an integer times the tensor's step.
        reassign_every: steps between assignments to the nearest centre; 0: the first assignment stays.
        reassign_until: share of the stage after which assignments stay.
        buffer_bits: of a value of what is not trained (buffers, frozen parameters, the norms' own where their
            statistics are still updated), an integer times the tensor's step.
    """

    bits: int = Field(default=4, ge=1, le=12)
    vector_bits: int = Field(default=4, ge=1, le=12)
    center_bits: int = Field(default=6, ge=2, le=16)
    reassign_every: int = Field(default=10, ge=0)
    reassign_until: float = Field(default=0.7, ge=0, le=1)
    buffer_bits: int = Field(default=8, ge=2, le=12)


class QuantizedWeights:
    """The parameters of a network with codebooks; the network computes with the quantized ones.

    Args:
        model: a pruned network (its zeros stay zero); trained in place.
        config: sizes of the codebooks.
        steps: length of the stage.
        bits: of the indices of single parameters, by name, instead of the config's.
        without_zero: parameters whose codebook has no entry for zero, so that one more value is learnt.
        skipped: parameters that are trained but not quantized.
    """

    def __init__(
        self,
        model: nn.Module,
        config: CodebookConfig,
        steps: int,
        bits: Mapping[str, int] | None = None,
        *,
        without_zero: Collection[str] = (),
        skipped: Collection[str] = (),
    ) -> None:
        self.unquantized = [p for name, p in model.named_parameters() if p.requires_grad and name in skipped]
        self.named = {
            name: p
            for name, p in model.named_parameters()
            if p.requires_grad and name not in skipped and bool(p.any())
        }
        self.config = config
        self.steps = steps
        self.done = 0
        self.books = {}
        for name, parameter in self.named.items():
            index_bits = (bits or {}).get(name, config.bits if parameter.ndim > 1 else config.vector_bits)
            entries = 2**index_bits - (name not in without_zero)
            self.books[name] = Codebook(parameter, max(1, entries), config.center_bits)

    def parameters(self) -> list[Tensor]:
        """The unquantized tensors that the optimizer moves."""
        return [*self.named.values(), *self.unquantized]

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within it the network holds the quantized weights; pruned weights get no gradient."""
        latent = {name: p.data for name, p in self.named.items()}
        for name, parameter in self.named.items():
            parameter.data = self.books[name].quantize(latent[name])
        try:
            yield
        finally:
            for name, parameter in self.named.items():
                parameter.data = latent[name]
                if parameter.grad is not None:
                    parameter.grad *= latent[name] != 0

    @torch.no_grad()
    def step(self) -> None:
        """Update the centres and, every ``reassign_every`` steps, the assignments."""
        self.done += 1
        every, until = self.config.reassign_every, self.config.reassign_until * self.steps
        for name, parameter in self.named.items():
            if every and self.done % every == 0 and self.done <= until:
                self.books[name].assign(parameter)
            self.books[name].recenter(parameter)

    @torch.no_grad()
    def finish(self) -> None:
        """The network's parameters become the quantized ones."""
        for name, parameter in self.named.items():
            parameter.copy_(self.books[name].quantize(parameter))

    def state_dict(self) -> dict[str, Any]:
        """Centres, assignments and steps done."""
        books = {
            name: {
                "centers": book.centers,
                "indices": book.indices,
                "positions": book.positions,
                "step": book.grid.step,
            }
            for name, book in self.books.items()
        }
        return {"done": self.done, "books": books}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self.done = state["done"]
        for name, saved in state["books"].items():
            book = self.books[name]
            book.centers, book.indices = saved["centers"], saved["indices"]
            book.positions = saved["positions"]
            book.grid = Grid(saved["step"], self.config.center_bits)
