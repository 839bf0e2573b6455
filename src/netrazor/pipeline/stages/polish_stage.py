"""Training a network of whole numbers a little more, and descending again, for as long as the bound falls.

Training moves all layers and loses some of what the descent had won; the descent then often ends lower than before.
Each cycle starts from the best message so far with batches of its own. A search among messages of one decoder costs
nothing: the bound holds for all of them together.
"""

from dataclasses import replace
from typing import ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import nn

from netrazor.compress import DescentConfig, IntegerConfig, IntegerWeights, descend
from netrazor.errors import UnsupportedModel
from netrazor.pipeline.stages.fitting import fit_in_place
from netrazor.pipeline.stages.interface import RunContext, Simplification, Turn
from netrazor.runtime import SILENT
from netrazor.train import FitConfig, Loss, OptimizerConfig
from netrazor.train.frozen_features import precompute_features
from netrazor.units import percent_up


@dataclass(frozen=True, config={"extra": "forbid"})
class PolishStage:
    """Cycles of a little training, of whole numbers as they are, and another descent; kept while the bound falls.

    Attributes:
        fit: the training of one cycle.
        weights: which whole numbers; zeros stay by default.
        cycles: how many.
        descend: the descent of each cycle; None: the recipe's.
    """

    fit: FitConfig = FitConfig(steps=1000, optimizer=OptimizerConfig(rate=0.01, floor=0.0))
    weights: IntegerConfig = IntegerConfig(start="given", bias_limit=31, settle=0.0, freeze=0.0, price=1e-12)
    cycles: int = Field(default=8, ge=0)
    descend: DescentConfig | None = None

    cuts: ClassVar[bool] = False
    simplification: ClassVar[Simplification] = Simplification.NONE
    many_seeds: ClassVar[bool] = True

    def run(self, context: RunContext, turn: Turn) -> None:
        """Polish; the bound never rises. A network that does not end in a linear layer stays as it is."""
        try:
            self._cycles(context, turn)
        except UnsupportedModel as error:
            context.reporter.say(f"no polish: {error}")

    def _cycles(self, context: RunContext, turn: Turn) -> None:
        """All cycles, or those that a killed run left; behind frozen features, which are computed once."""
        learned, features = precompute_features(context.model, context.dataset)
        soft = context.soft if context.training is context.dataset else None  # else of other examples
        inner = replace(
            context, model=learned, dataset=features, training=features, training_step=None, soft=soft
        )
        search = self.descend or DescentConfig()
        best = _descended(context, inner, DescentConfig(rounds=0))
        for cycle in range(0 if turn.resumed is None else turn.resumed["cycles"], self.cycles):
            kept = {name: tensor.clone() for name, tensor in learned.state_dict().items()}
            fit_in_place(self._behind, self.fit, inner, Turn(f"polish {cycle + 1}", turn.seed + cycle))
            found = _descended(context, inner, search)
            context.reporter.say(f"polished to {percent_up(found)}, from {percent_up(best)}")
            if found < best:
                best = found
            else:
                learned.load_state_dict(kept)
            turn.save({"cycles": cycle + 1})

    def _behind(self, model: nn.Module) -> tuple[IntegerWeights, Loss]:
        weights = IntegerWeights(model, self.weights, self.fit.steps)
        return weights, weights.loss


def _descended(context: RunContext, inner: RunContext, search: DescentConfig) -> float:
    """The bound that a descent of the learned part comes to; the message is the entire network's."""
    quiet = replace(inner.searching(), reporter=SILENT)
    report = descend(inner.model, context.code_bits, search, quiet)
    return report.bounds[1]
