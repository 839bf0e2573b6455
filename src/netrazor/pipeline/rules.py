"""Rules for single layers: which are pruned, in how many bits, with how much noise, by patterns of names."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass as plain_dataclass
from dataclasses import fields, replace
from fnmatch import fnmatchcase

from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import nn

from netrazor.errors import ConfigurationError

_MENTIONED = 8  # names listed in an error


@dataclass(frozen=True, config={"extra": "forbid"})
class LayerRule:
    """What holds for the parameters and buffers whose names match; None leaves a thing as it was.

    Attributes:
        match: a shell pattern on names as in ``model.state_dict()``: "fc.*", "blocks.*.weight".
        prune: whether pruning may set elements to zero.
        sparsity: the final sparsity, instead of that of a gradual stage.
        bits: of an index into the codebook.
        zero: whether the codebook has an entry for zero; without one, all 2^bits entries are values.
        noise: noise to try, as shares of the range of magnitudes; empty: none.
        noise_by_size: these shares are for the largest array, and less in proportion for smaller ones.
    """

    match: str = Field(min_length=1)
    prune: bool | None = None
    sparsity: float | None = Field(default=None, ge=0, lt=1)
    bits: int | None = Field(default=None, ge=1, le=12)
    zero: bool | None = None
    noise: tuple[float, ...] | None = None
    noise_by_size: bool | None = None


@plain_dataclass(frozen=True)
class Treatment:
    """What the rules come to for one name; None where no rule speaks."""

    prune: bool | None = None
    sparsity: float | None = None
    bits: int | None = None
    zero: bool | None = None
    noise: tuple[float, ...] | None = None
    noise_by_size: bool | None = None


class Rules:
    """Rules applied to the names of one network; where several match, the later one has the say.

    ``sizes`` are the numbers of elements of its parameters and buffers, by name.

    Raises:
        ConfigurationError: a rule that matches no name.
    """

    def __init__(self, rules: Iterable[LayerRule] = (), sizes: Mapping[str, int] | None = None) -> None:
        self._sizes = dict(sizes or {})
        self._treatments = dict.fromkeys(self._sizes, Treatment())
        for rule in rules:
            matched = [name for name in self._treatments if fnmatchcase(name, rule.match)]
            if not matched:
                raise ConfigurationError(
                    f"rules: match {rule.match!r} fits no parameter or buffer; the names are "
                    f"{_listed(list(self._treatments))}; correct the pattern or drop the rule"
                )
            said = {field.name: getattr(rule, field.name) for field in fields(Treatment)}
            said = {key: value for key, value in said.items() if value is not None}
            for name in matched:
                self._treatments[name] = replace(self._treatments[name], **said)

    def of(self, name: str) -> Treatment:
        """What holds for ``name``."""
        return self._treatments.get(name, Treatment())

    def prunable(self, names: Iterable[str]) -> list[str]:
        """Those of ``names`` that may be pruned."""
        return [name for name in names if self.of(name).prune is not False]

    def prunable_weights(self, model: nn.Module) -> list[str]:
        """Trained parameters of two and more dimensions that may be pruned."""
        return self.prunable(name for name, p in model.named_parameters() if p.requires_grad and p.ndim > 1)

    def prunable_parameters(self, model: nn.Module) -> list[str]:
        """All trained parameters that may be pruned, biases included."""
        return self.prunable(name for name, p in model.named_parameters() if p.requires_grad)

    def bits(self) -> dict[str, int]:
        """Bits of an index, where a rule says them."""
        return {name: t.bits for name, t in self._treatments.items() if t.bits is not None}

    def without_zero(self) -> set[str]:
        """Names whose codebooks have no entry for zero."""
        return {name for name, t in self._treatments.items() if t.zero is False}

    def noise(self) -> dict[str, tuple[float, ...]]:
        """Shares of noise to try, where a rule says them."""
        largest = max(self._sizes.values(), default=1)
        return {
            name: tuple(
                share * self._sizes[name] / largest if t.noise_by_size else share for share in t.noise
            )
            for name, t in self._treatments.items()
            if t.noise is not None
        }


def rules_for(rules: Iterable[LayerRule], model: nn.Module) -> Rules:
    """``rules`` applied to the names of the parameters and buffers of ``model``.

    Raises:
        ConfigurationError: a rule that matches no name.
    """
    named = itertools.chain(model.named_parameters(), model.named_buffers())
    return Rules(rules, {name: tensor.numel() for name, tensor in named if tensor.is_floating_point()})


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MENTIONED} more" if len(names) > _MENTIONED else ""
    return (", ".join(names[:_MENTIONED]) or "none") + more
