"""Quantized weights: a codebook for each tensor, its centres trained, zeros exact and reserved.

As in Han, Mao and Dally (2016) the codebook starts from k-means and the gradient of a centre gathers those of
its weights. Here the weights themselves are moved by the optimizer too and pick their nearest centre again
now and then, so that an assignment can still change while training.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from netrazor.compress.kmeans_codebook import Grid, kmeans_centers


@dataclass(frozen=True, config={"extra": "forbid"})
class CodebookConfig:
    """Size of the codebooks.

    Attributes:
        bits: of an index, for tensors of two and more dimensions; 2^bits values, one of them zero.
        vector_bits: the same for biases and other vectors.
        center_bits: of a centre, as a whole number times the tensor's step.
        reassign_every: steps between choices of the nearest centre; 0: the first assignment stays.
        reassign_until: share of the stage after which assignments stay.
        buffer_bits: of a value of what is not trained (buffers, frozen parameters, the norms' own where their
            statistics move), as a whole number times the tensor's step.
    """

    bits: int = Field(default=4, ge=1, le=12)
    vector_bits: int = Field(default=4, ge=1, le=12)
    center_bits: int = Field(default=6, ge=2, le=16)
    reassign_every: int = Field(default=10, ge=0)
    reassign_until: float = Field(default=0.7, ge=0, le=1)
    buffer_bits: int = Field(default=8, ge=2, le=12)


class Codebook:
    """The non-zeros of one parameter, each assigned to one of few centres."""

    def __init__(self, weight: Tensor, entries: int, center_bits: int) -> None:
        self.positions = (weight.flatten() != 0).nonzero()[:, 0]
        values = self.latent(weight).double().cpu().numpy()
        self.grid = Grid.over(values, center_bits)
        self.centers = torch.from_numpy(kmeans_centers(values, entries)).float().to(weight.device)
        self.assign(weight)

    def latent(self, weight: Tensor) -> Tensor:
        """The unquantized values behind the non-zeros, float32."""
        return weight.detach().flatten()[self.positions].float()

    def assign(self, weight: Tensor) -> None:
        """Give each weight its nearest centre (centres are in rising order)."""
        middles = (self.centers[1:] + self.centers[:-1]) / 2
        self.indices = torch.bucketize(self.latent(weight), middles)

    def recenter(self, weight: Tensor) -> None:
        """Move each centre to the mean of its weights; a centre without weights stays."""
        count = torch.bincount(self.indices, minlength=len(self.centers))
        total = torch.zeros_like(self.centers).index_add_(0, self.indices, self.latent(weight))
        self.centers = torch.where(count > 0, total / count.clamp(min=1), self.centers)

    def quantized(self, weight: Tensor) -> Tensor:
        """The tensor that the network computes with."""
        values = self.grid.snap(self.centers.double()).float()
        flat = torch.zeros(weight.numel(), device=weight.device)
        flat[self.positions] = values[self.indices]
        return torch.empty_like(weight).copy_(flat.view_as(weight))  # in its layout and type


class QuantizedWeights:
    """The parameters of a network behind codebooks; the network computes with the quantized ones.

    Args:
        model: a pruned network (its zeros stay zero); trained in place.
        config: sizes of the codebooks.
        steps: length of the stage.
        bits: of the indices of single parameters, by name, instead of the config's.
        without_zero: parameters whose codebook needs no entry for zero, so that one more is learnt.
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
        self.whole = [p for name, p in model.named_parameters() if p.requires_grad and name in skipped]
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
        return [*self.named.values(), *self.whole]

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within it the network holds the quantized weights; pruned places get no gradient."""
        latent = {name: p.data for name, p in self.named.items()}
        for name, parameter in self.named.items():
            parameter.data = self.books[name].quantized(latent[name])
        try:
            yield
        finally:
            for name, parameter in self.named.items():
                parameter.data = latent[name]
                if parameter.grad is not None:
                    parameter.grad *= latent[name] != 0

    @torch.no_grad()
    def step(self) -> None:
        """Move the centres with their weights; now and then choose assignments again."""
        self.done += 1
        every, until = self.config.reassign_every, self.config.reassign_until * self.steps
        for name, parameter in self.named.items():
            if every and self.done % every == 0 and self.done <= until:
                self.books[name].assign(parameter)
            self.books[name].recenter(parameter)

    @torch.no_grad()
    def finish(self) -> None:
        """Make it real: the network's parameters become the quantized ones."""
        for name, parameter in self.named.items():
            parameter.copy_(self.books[name].quantized(parameter))

    def state_dict(self) -> dict[str, Any]:
        """Centres, assignments and steps done."""
        books = {name: {"centers": b.centers, "indices": b.indices, "positions": b.positions,
                        "step": b.grid.step} for name, b in self.books.items()}  # fmt: skip
        return {"done": self.done, "books": books}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self.done = state["done"]
        for name, saved in state["books"].items():
            book = self.books[name]
            book.centers, book.indices, book.positions = (
                saved["centers"],
                saved["indices"],
                saved["positions"],
            )
            book.grid = Grid(saved["step"], self.config.center_bits)


def distinct_values(weight: Tensor) -> int:
    """How many different non-zero values a tensor holds."""
    values = weight.detach().cpu().numpy()
    return len(np.unique(values[values != 0]))
