"""What models cost on the arrays of a message, measured once though it is written in more than one version."""

from collections.abc import Callable, Hashable

from netrazor.coding.rangecoder import Coder, Meter


class Costs:
    """Bits by array and model."""

    def __init__(self) -> None:
        self._bits: dict[Hashable, float] = {}
        self.saved = 0.0
        """Bits that models of a later version save against the best of version 1."""

    def of(self, key: Hashable, model: Callable[[Coder], object]) -> float:
        """The bits that ``model`` spends; ``key`` names the array, the model and its settings."""
        if key not in self._bits:
            meter = Meter()
            model(meter)
            self._bits[key] = meter.spent
        return self._bits[key]
