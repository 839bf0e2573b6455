"""The rest of the leaderboard, from one YAML file: data sets, kinds of claims, and bounds as they were published."""

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from netrazor.errors import ConfigurationError

LEADERBOARD = Path(__file__).with_name("leaderboard.yaml")

Percent = Annotated[float, Field(ge=0, le=200)]  # some published bounds are above 100


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DatasetPart(_Part):
    """A part of the page: the certificates whose sample has one of these names, and the rows of this key."""

    key: str
    title: str
    samples: tuple[str, ...]
    note: str = ""


class Kind(_Part):
    """What a claim takes for granted beside the examples that it counts."""

    key: str
    title: str
    text: str


class PublishedBound(_Part):
    """A bound as it was published, in per cent.

    Attributes:
        counted: what it pays for.
        not_counted: what it leaves out.
        read: whether the figure was read in the publication's files; else it is quoted from memory of the paper.
    """

    work: str
    source: str
    dataset: str
    kind: str
    bound: Percent
    counted: str
    not_counted: str
    read: bool
    test_error: Percent | None = None


class Board(_Part):
    """Everything in the file."""

    datasets: tuple[DatasetPart, ...]
    kinds: tuple[Kind, ...]
    commands: dict[str, str]
    published: tuple[PublishedBound, ...]


def read_board(path: Path = LEADERBOARD) -> Board:
    """The file's content.

    Raises:
        ConfigurationError: a field missing, unknown or out of range, or a row of an unknown data set or kind.
    """
    try:
        board = Board.model_validate(yaml.safe_load(path.read_text()))
    except (ValidationError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path}: {str(error)[:300]}") from error
    keys, kinds = {each.key for each in board.datasets}, {each.key for each in board.kinds}
    for row in board.published:
        if row.dataset not in keys or row.kind not in kinds:
            raise ConfigurationError(
                f"{path}: {row.work}: a data set of {sorted(keys)} and a kind of {sorted(kinds)} needed, got "
                f"{row.dataset!r} and {row.kind!r}"
            )
    return board
