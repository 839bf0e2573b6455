"""What the models of a message share: the coder, the limits, and what earlier arrays let expect of later ones.

Later arrays are predicted from what the bound charges for only, never from values with noise.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Hashable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.codebook import CodebookModel
from netrazor.coding.coder import Coder, Meter, Recorder
from netrazor.coding.context_mixing import Mixer
from netrazor.coding.free_order import Freedom
from netrazor.coding.frequency_tables import TableModel
from netrazor.coding.limits import Limits, check_limit

T = TypeVar("T")


@dataclass(frozen=True)
class TrialKey:
    """What an encoder has tried something for: an array and, if the order of its slices is free, an arrangement."""

    name: str
    freedom: Freedom | None = None
    number: int = 0


class Trials:
    """What an encoder has tried: recordings by array and model, so that each model runs once."""

    def __init__(self) -> None:
        self._recordings: dict[Hashable, tuple[object, Recorder]] = {}
        self._plans: dict[Hashable, object] = {}
        self.saved = 0.0
        """Bits that the extended models save against the best of the others."""

    def plan(self, key: TrialKey, kind: str, make: Callable[[], T]) -> tuple[T, bool]:
        """A choice of models, and whether it was made before: all arrangements of an array have the same.

        So what later arrays are predicted from hardly depends on the arrangement.
        """
        if key.freedom is None:
            return make(), False
        place = (key.name, key.freedom, kind)
        known = place in self._plans
        if not known:
            self._plans[place] = make()
        return self._plans[place], known  # type: ignore[return-value]

    def remember(self, key: Hashable, make: Callable[[], T]) -> T:
        """What was made under this ``key``."""
        if key not in self._plans:
            self._plans[key] = make()
        return self._plans[key]  # type: ignore[return-value]

    def run(self, key: Hashable, model: Callable[[Coder], T], coder: Coder) -> T:
        """Code by ``model``, or what it coded before under this ``key``."""
        if key not in self._recordings:
            recorder = Recorder()
            self._recordings[key] = model(recorder), recorder
        result, recorder = self._recordings[key]
        assert isinstance(coder, Meter)  # an encoder's
        coder.replay(recorder)
        return result  # type: ignore[return-value]


@dataclass
class MessageContext:
    """One pass over the arrays of a message, by an encoder or a decoder."""

    coder: Coder
    limits: Limits
    extended: bool
    """Whether the extended models are there to choose (a flag of the header)."""
    free_orders: bool = False
    """Whether arrays say if the order of their slices is free (a flag of the header)."""
    budget: int = 0
    """Decisions coded one by one that an encoder is ready to spend."""
    trials: Trials | None = None
    """An encoder's; a decoder has none."""
    float_models: bool = False
    """Whether arrays say if they are scaled codes or sparse bytes (a flag of the header)."""
    structures: bool = False
    """Whether masks may be tiles or groups, and codes those of levels (a flag of the header)."""
    scaled: Container[str] = ()
    """An encoder's: names of the arrays of floats that are sent as codes and scales."""
    codebooks: CodebookModel = field(default_factory=CodebookModel)
    tables: TableModel = field(default_factory=TableModel)
    choices: defaultdict[str, Mixer] = field(default_factory=lambda: defaultdict(Mixer))
    outputs: NDArray[np.int64] | None = None
    """Non-zero elements of each output (slice along axis 0) of the last array of two or more dimensions."""
    decisions: int = 0
    """Decisions coded one by one so far, or at most so many."""
    table_entries: int = 0
    """Entries of tables by class so far."""

    def continued(self, coder: Coder) -> "MessageContext":
        """The same state with another coder; what either learns from now on, the other does not."""
        return replace(
            self,
            coder=coder,
            codebooks=deepcopy(self.codebooks),
            tables=deepcopy(self.tables),
            choices=deepcopy(self.choices),
        )

    def learnt(self) -> object:
        """What later arrays are predicted from, to be compared."""
        choices = {name: mixer.learnt() for name, mixer in self.choices.items()}
        outputs = None if self.outputs is None else self.outputs.tolist()
        return choices, self.codebooks.learnt(), self.tables.learnt(), outputs

    def choose(self, name: str, choice: bool | None) -> bool:
        """A choice of models, as an adaptive bit of this name."""
        return bool(self.choices[name].code(self.coder, None if choice is None else int(choice)))

    def plan(self, key: TrialKey, kind: str, make: Callable[[], T]) -> tuple[T, bool]:
        """A choice of models of an encoder, and whether it was made for another arrangement (`Trials.plan`)."""
        return (make(), False) if self.trials is None else self.trials.plan(key, kind, make)

    def remember(self, key: Hashable, make: Callable[[], T]) -> T:
        """What an encoder made before under this ``key``."""
        return make() if self.trials is None else self.trials.remember(key, make)

    def run(self, key: Hashable, model: Callable[[Coder], T]) -> T:
        """Code by a ``model`` that depends on nothing but its ``key``: an array's name, the model, its settings."""
        if self.trials is None:
            return model(self.coder)
        return self.trials.run(key, model, self.coder)

    def cost(self, model: Callable[["MessageContext"], object]) -> float:
        """The bits that ``model`` spends if it starts from nothing that was coded before."""
        meter = Meter()
        model(MessageContext(meter, self.limits, self.extended, trials=self.trials))
        return meter.spent

    def run_cost(self, key: Hashable, model: Callable[[Coder], object]) -> float:
        """The bits that `run` spends."""
        return self.cost(lambda trial: trial.run(key, model))

    def affords(self, decisions: int) -> bool:
        """Whether an encoder is ready for so many more decisions."""
        return self.decisions + decisions <= self.budget

    def spend(self, decisions: int) -> None:
        """Announce decisions before they are made.

        Raises:
            MessageTooLarge: more than the limits allow over all arrays.
        """
        self.decisions += decisions
        self._check()

    def spend_on_tables(self, entries: int) -> None:
        """Announce entries of tables; raises as `spend`."""
        self.table_entries += entries
        self._check()

    def _check(self) -> None:
        check_limit("decisions", self.decisions + self.table_entries, self.limits.decisions)
