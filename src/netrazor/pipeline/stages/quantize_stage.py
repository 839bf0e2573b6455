"""Quantization to codebooks whose centres are trained."""

from typing import ClassVar

from pydantic.dataclasses import dataclass
from torch import nn

from netrazor.compress import CodebookConfig, QuantizedWeights, quantize_remaining
from netrazor.pipeline.rules import Rules
from netrazor.pipeline.stages.fitting import fit_in_place
from netrazor.pipeline.stages.interface import RunContext, Simplification, Turn
from netrazor.simplify import find_batch_norms, fold_statistics
from netrazor.train import FitConfig, Loss


@dataclass(frozen=True, config={"extra": "forbid"})
class QuantizeStage:
    """Codebooks and the training of their centres.

    Attributes:
        fit: steps, batch and optimizer.
        codebook: bits of an index and of a centre, and how often weights change centres.
    """

    fit: FitConfig
    codebook: CodebookConfig = CodebookConfig()

    cuts: ClassVar[bool] = True
    simplification: ClassVar[Simplification] = Simplification.ORDER
    many_seeds: ClassVar[bool] = False

    def quantized(self, model: nn.Module, rules: Rules) -> QuantizedWeights:
        """The parameters of ``model`` behind codebooks; those of norms whose statistics still move are not."""
        moving = () if self.fit.freeze_norms else find_batch_norms(model)
        affine = {id(p) for norm in moving if norm.running_mean is not None for p in norm.parameters()}
        skipped = {name for name, p in model.named_parameters() if id(p) in affine}
        return QuantizedWeights(
            model,
            self.codebook,
            self.fit.steps,
            rules.bits(),
            without_zero=rules.without_zero(),
            skipped=skipped,
        )

    def run(self, context: RunContext, turn: Turn) -> None:
        """Quantize while training; statistics of norms are folded and rounded too."""

        def behind(model: nn.Module) -> tuple[QuantizedWeights, Loss]:
            return self.quantized(model, context.rules), context.loss

        if self.fit.freeze_norms:
            fold_statistics(context.model)
        weights = fit_in_place(behind, self.fit, context, turn)
        fold_statistics(context.model)
        quantize_remaining(context.model, self.codebook.buffer_bits, settled=weights.books)
