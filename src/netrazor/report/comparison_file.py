"""What the report reads of the result file of `netrazor compare`."""

from pydantic import BaseModel, ConfigDict


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Answer(_Record):
    """What one method said: a number of a kind, or the reason why there is none."""

    method: str
    structure: str
    kind: str | None = None
    outcome: str | None = None
    value: float | None = None
    text: str = "-"
    reason: str = ""


class Setting(_Record):
    """One network on one data set."""

    name: str
    network: str
    data: str
    rows: tuple[Answer, ...]


class Line(_Record):
    """A row of Table 1."""

    method: str
    structure: str
    published: tuple[bool, bool]
    here: tuple[bool | None, bool | None]


class ComparisonFile(_Record):
    """What the report takes from the result file of `netrazor compare`."""

    command: str
    date: str
    cores: int
    seconds: float
    settings: tuple[Setting, ...]
    table_1: tuple[Line, ...]
