"""A network of whole numbers made shorter rung by rung, for as long as the certified risk falls.

Every rung goes on from the one above it: some training in which what is worth least for its bits is removed, until
the whole numbers come to a given share of the bits that they had. Where the bound has not fallen twice in a row the
coarse search ends, and the lengths halfway to the neighbours of the best are tried. All of it chooses among messages
of one decoder, so it costs nothing.
"""

import itertools
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass as plain_dataclass
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from netrazor.compress import DescentConfig, IntegerConfig, IntegerWeights, descend, quantize_remaining
from netrazor.errors import UnsupportedModel
from netrazor.pipeline.stages.fitting import fit_in_place
from netrazor.pipeline.stages.interface import RunContext, Simplification, Turn
from netrazor.runtime import SILENT
from netrazor.simplify import fold_norms, simplify
from netrazor.train import FitConfig, Loss, OptimizerConfig
from netrazor.units import percent_up

_PATIENCE = 2  # rungs in a row without a gain, after which shorter ones are not tried
_BUFFER_BITS = 8  # of a value of what is not trained

State = Mapping[str, Tensor]


@dataclass(frozen=True, config={"extra": "forbid"})
class ShortenStage:
    """Whole numbers, fewer on every rung; the rung of the lowest bound is what goes on.

    Attributes:
        fit: the training of one rung.
        weights: which whole numbers; its target is set by the rung.
        per_example: target bits of the first rung for each training example, since a bound can afford bits in
            proportion to them.
        ratio: of the target of a rung to that of the one above it.
        rungs: at most, the first included.
        refine: lengths halfway to the neighbours of the best rung are tried too.
        descend: over the last linear layer at the end of each rung, where the network ends in one; None: nowhere.
    """

    fit: FitConfig = FitConfig(
        steps=1500, optimizer=OptimizerConfig(rate=0.01, floor=0.02), freeze_norms=True
    )
    weights: IntegerConfig = IntegerConfig(
        start="network", control="removal", bias_limit=15, rise=(0.0, 0.5), freeze=0.7
    )
    per_example: float = Field(default=0.35, gt=0)
    ratio: float = Field(default=0.7, gt=0, lt=1)
    rungs: int = Field(default=14, ge=1)
    refine: bool = True
    descend: DescentConfig | None = DescentConfig(rounds=2, hardest=4000)

    cuts: ClassVar[bool] = True
    simplification: ClassVar[Simplification] = Simplification.ORDER
    many_seeds: ClassVar[bool] = True

    def run(self, context: RunContext, turn: Turn) -> None:
        """Go down the rungs, or the rest of them where a killed run left off."""
        ladder = _Ladder(self, context, turn)
        while ladder.is_coarse:
            ladder.go_down_to(self.per_example * context.n * self.ratio ** len(ladder.rungs))
        for target in ladder.plan_fine() if self.refine else ():
            ladder.go_down_to(target)
        context.model.load_state_dict(ladder.best.state)


@plain_dataclass(frozen=True, eq=False)
class _Rung:
    """What a rung came to: target bits, bound, and the network."""

    target: float
    bound: float
    state: State


class _Ladder:
    """The search of one run, and what of it a checkpoint holds.

    Attributes:
        rungs: that were tried, in the order of falling targets.
        fine: targets between those of the coarse search; None until that has ended.
    """

    def __init__(self, stage: ShortenStage, context: RunContext, turn: Turn) -> None:
        self.stage, self.context, self.turn = stage, context, turn
        saved: Mapping[str, Any] = turn.resumed or {"rungs": [], "fine": None, "fit": None}
        self.rungs = [_Rung(*rung) for rung in saved["rungs"]]
        self.fine: list[float] | None = saved["fine"]
        self.resumed: Mapping[str, Any] | None = saved["fit"]

    @property
    def best(self) -> _Rung:
        """The rung of the lowest bound; the shortest of several."""
        return min(reversed(self.rungs), key=lambda rung: rung.bound)

    @property
    def is_coarse(self) -> bool:
        """Whether shorter networks are still worth a try."""
        below = len(self.rungs) - 1 - self.rungs.index(self.best) if self.rungs else 0
        return self.fine is None and len(self.rungs) < self.stage.rungs and below < _PATIENCE

    def plan_fine(self) -> list[float]:
        """The targets halfway to the neighbours of the best rung that are not tried yet, the longer one first."""
        if self.fine is None:
            here = self.rungs.index(self.best)
            around = [rung.target for rung in self.rungs[max(0, here - 1) : here + 2]]
            self.fine = [math.sqrt(a * b) for a, b in itertools.pairwise(around)]
        known = {rung.target for rung in self.rungs}
        return [target for target in self.fine if target not in known]

    def go_down_to(self, target: float) -> None:
        """Train from the rung above ``target``, and measure the bound."""
        above = [rung for rung in self.rungs if rung.target > target]
        if above:
            self.context.model.load_state_dict(above[-1].state)
        self._shorten(target)
        bound = self._descended()
        self.context.reporter.say(f"{target:.0f} bits aimed at: {percent_up(min(1.0, bound))}")
        state = {name: tensor.clone() for name, tensor in self.context.model.state_dict().items()}
        self.rungs = sorted([*self.rungs, _Rung(target, bound, state)], key=lambda rung: -rung.target)
        first = max(0, self.rungs.index(self.best) - 1)  # nothing goes on from the networks above this
        self.rungs = [replace(rung, state={}) for rung in self.rungs[:first]] + self.rungs[first:]
        self.resumed = None
        self.turn.save(self._state(None))

    def _shorten(self, target: float) -> None:
        """Train the network as it is, until its whole numbers come to ``target`` bits."""
        stage, context = self.stage, self.context
        simplify(context.model, context.example())
        fold_norms(context.model, context.example())
        weights = replace(stage.weights, target_bits=target)

        def behind(model: nn.Module) -> tuple[IntegerWeights, Loss]:
            whole = IntegerWeights(model, weights, stage.fit.steps)
            return whole, whole.loss

        fit_in_place(
            behind,
            stage.fit,
            context,
            replace(
                self.turn,
                name=f"{self.turn.name} {len(self.rungs) + 1}",
                seed=self.turn.seed + len(self.rungs),
                resumed=self.resumed,
                enclose=lambda state: self.turn.enclose(self._state(state)),
            ),
        )
        trained = {name for name, p in context.model.named_parameters() if p.requires_grad}
        quantize_remaining(context.model, _BUFFER_BITS, settled=trained)

    def _descended(self) -> float:
        """The bound of the network after its descent."""
        context, search = self.context, self.stage.descend
        if search is not None:
            quiet = replace(context.searching(), reporter=SILENT)
            with suppress(UnsupportedModel):
                return descend(context.model, context.code_bits, search, quiet).bounds[1]
        return context.certified_bound()

    def _state(self, fit: Mapping[str, Any] | None) -> Mapping[str, Any]:
        rungs = [(rung.target, rung.bound, dict(rung.state)) for rung in self.rungs]
        return {"rungs": rungs, "fine": self.fine, "fit": fit}
