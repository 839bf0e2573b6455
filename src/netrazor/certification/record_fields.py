"""What all records share: their strictness, and the types of their fields."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

LARGEST_COUNT = 2**53

Probability = Annotated[float, Field(gt=0, lt=1)]
Risk = Annotated[float, Field(ge=0, le=1)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
Seed = Annotated[int, Field(ge=-(2**63), lt=2**64)]  # what torch takes
Positive = Annotated[int, Field(ge=1, le=LARGEST_COUNT)]


class Record(BaseModel):
    """Part of a certificate: it cannot be changed, and holds no unknown field and no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
