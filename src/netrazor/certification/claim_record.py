"""The claim: which loss, on how many examples, at which share of delta, and the bound; with the draws of noise."""

from typing import Annotated, Literal

from pydantic import Field

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
    """One statement about the error on new examples.

    Attributes:
        sentence: the statement.
        bound: the certified upper bound on the expected loss of a new example.
        top: an answer is right if the label is among so many best scores.
        n: number of counted examples.
        errors: wrong answers of the classifier without noise on them; for "picked", on those that were not picked.
        noisy: its risk with noise, where there is noise.
        delta_parts: this claim's share of delta, by what it is spent on.
    """

    sentence: str
    bound: Risk
    loss: Literal["0-1"] = "0-1"
    top: Annotated[int, Field(ge=1, le=2**31)] = 1
    n: Positive
    errors: Count
    noisy: NoisyRisk | None = None
    delta_parts: Annotated[dict[str, Probability], Field(max_length=10)]

    @property
    def empirical_risk(self) -> float:
        """The risk on the sample that enters the bound: counted, or the upper confidence bound of the noisy risk."""
        return self.errors / self.n if self.noisy is None else self.noisy.upper
