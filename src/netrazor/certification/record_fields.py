"""What all records share: their strictness, and the types of their fields."""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

LARGEST_COUNT = 2**53

Probability = Annotated[float, Field(gt=0, lt=1)]
Risk = Annotated[float, Field(ge=0, le=1)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
Seed = Annotated[int, Field(ge=-(2**63), lt=2**64)]  # what torch takes
Positive = Annotated[int, Field(ge=1, le=LARGEST_COUNT)]


class Record(BaseModel):
    """Part of a certificate: it cannot be changed, and holds no unknown field and no NaN.

    Attributes:
        WRITTEN_IF_SET: fields that are left out where they are None: they came after the first certificates were
            issued, whose text and seal must stay the same.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    WRITTEN_IF_SET: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        return {
            key: value
            for key, value in content.items()
            if value is not None or key not in self.WRITTEN_IF_SET
        }
