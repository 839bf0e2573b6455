"""The claim: which loss, on how many examples, at which share of delta, and the bound; with the draws of noise."""

import math
from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from netrazor.certification.claims import MOST_CELLS, AnyClaim, CellRecord, Error, TopK
from netrazor.certification.constant_record import ConstantRecord
from netrazor.certification.record_fields import Count, Positive, Probability, Record, Risk, Seed

# What a verifier is asked to repeat at most, four times over: draws, and examples in all of them together.
MOST_DRAWS, MOST_EXAMPLES_DRAWN = 2**22, 2**28


class NoiseRecord(Record):
    """The draws of noise, made after sigma and lambda were frozen, on which noisy risks are estimated.

    Attributes:
        draws: number of independent draws, each with the same number of examples.
        examples_per_draw: examples that share one draw.
        estimator: the confidence bound used, the same for all certificates.
        seed: of the draws, for repetition; verification draws its own.
    """

    draws: Annotated[int, Field(ge=2, le=MOST_DRAWS)]
    examples_per_draw: Positive
    estimator: Literal["empirical-bernstein"] = "empirical-bernstein"
    seed: Seed


class NoisyRisk(Record):
    """One claim's risk under noise: mean and sample variance over the draws, and the upper confidence bound."""

    mean: Risk
    variance: Annotated[float, Field(ge=0, le=1)]
    upper: Risk


class ClaimRecord(Record):
    """One statement about new examples.

    Fields that came later (``asked``, ``cells``, ``losses``, ``constant``) are left out of the canonical form where
    they are empty, so that records without them keep their seal.

    Attributes:
        sentence: the statement.
        bound: the certified upper bound on the expected loss of a new example; of a table, the largest of its cells,
            and of answers withheld, the error bound at the threshold that the sentence names.
        loss: whether an example loses 0 or 1, or anything between. (Of a cost or an ordinal distance it says 0-1 too;
            ``asked`` says which loss it is.)
        top: an answer is right if the label is among so many best scores.
        n: number of counted examples.
        errors: wrong answers of the classifier without noise on them; for "picked", on those that were not picked. Of
            a loss between 0 and 1, examples that lose anything; of a table of labels, the errors of the worst one.
        noisy: its risk with noise, where there is noise.
        delta_parts: this claim's share of delta, by what it is spent on.
        asked: what was asked for; None for the error among the ``top`` best answers, of weight 1.
        cells: of a table, in the order of `netrazor.certification.claim_tables`.
        losses: of a loss between 0 and 1, each value and how many counted examples have it, increasing.
        constant: of a claim about labels, numbers or pixels, what always the same answer loses: a yardstick.
    """

    sentence: str
    bound: Risk
    loss: Literal["0-1", "in [0, 1]"] = "0-1"
    top: Annotated[int, Field(ge=1, le=2**31)] = 1
    n: Positive
    errors: Count
    noisy: NoisyRisk | None = None
    delta_parts: Annotated[dict[str, Probability], Field(max_length=10)]
    asked: AnyClaim | None = None
    cells: Annotated[tuple[CellRecord, ...], Field(max_length=MOST_CELLS)] = ()
    losses: Annotated[tuple[tuple[Risk, Positive], ...], Field(max_length=MOST_CELLS)] = ()
    constant: ConstantRecord | None = None

    @property
    def empirical_risk(self) -> float:
        """The risk on the sample that enters the bound: counted, or the upper confidence bound of the noisy risk."""
        if self.losses:
            return min(1.0, math.fsum(value * count for value, count in self.losses) / self.n)
        return self.errors / self.n if self.noisy is None else self.noisy.upper

    @property
    def statement(self) -> AnyClaim:
        """What is claimed, as a typed value."""
        if self.asked is not None:
            return self.asked
        return Error() if self.top == 1 else TopK(k=self.top)

    @property
    def is_error(self) -> bool:
        """Whether it bounds the error, among the best answers, on all new examples."""
        return self.statement.kind in ("error", "top-k")

    @model_serializer(mode="wrap")
    def _without_empty(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        later: tuple[tuple[str, object], ...] = (
            ("asked", self.asked),
            ("cells", self.cells),
            ("losses", self.losses),
            ("constant", self.constant),
        )
        for name, value in later:
            if not value:
                del content[name]
        return content
