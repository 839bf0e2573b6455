"""What one run of a study leaves: the dense network, and the same network cut down to each sparsity."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from netrazor.errors import ConfigurationError
from netrazor.files import write_atomically

Risk = Annotated[float, Field(ge=0, le=1)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class MessageRecord(_Record):
    """A pruned and quantized network, written as a message and decoded again.

    Attributes:
        bits: length of the whole message, schema included; it is self-delimiting.
        nonzeros: of the prunable weights.
        train_error: of the decoded network on the training sample.
        test_error: of the decoded network on test examples with labels from the same process.
    """

    bits: Annotated[int, Field(ge=1)]
    nonzeros: Annotated[int, Field(ge=0)]
    train_error: Risk
    test_error: Risk


class Point(_Record):
    """One sparsity.

    Attributes:
        sparsity: share of the prunable weights that are zero.
        refined: it was tried to find a shorter message, and is not on the study's grid.
        one_shot_error: train error after pruning alone.
        tuned_error: train error after training under the masks.
        message: None where tuning kept too little accuracy to write one, or a sparser network's message already
            keeps the largest share.
    """

    sparsity: Annotated[float, Field(ge=0, lt=1)]
    refined: bool
    one_shot_error: Risk
    tuned_error: Risk
    message: MessageRecord | None


class RunRecord(_Record):
    """One level and one seed; errors are shares of the examples.

    Attributes:
        study: its name.
        digest: of the study's configuration.
        level: probability with which a label was drawn anew.
        seed: of the sample, the network and the batches.
        n: size of the training sample.
        classes: number of classes.
        train_error: of the dense network.
        test_error: of the dense network, test labels from the same process.
        points: by rising sparsity.
        cpu_seconds: of this process, over the whole run.
        netrazor: version of the code.
    """

    format: Literal["netrazor-randomize-run-1"] = "netrazor-randomize-run-1"
    study: str
    digest: str
    level: Risk
    seed: int
    n: Annotated[int, Field(ge=1)]
    classes: Annotated[int, Field(ge=2)]
    train_error: Risk
    test_error: Risk
    points: tuple[Point, ...]
    cpu_seconds: float
    netrazor: str

    def keeps(self, share: float, error: float) -> bool:
        """Whether a network with this train error keeps ``share`` of the dense network's train accuracy."""
        return 1 - error >= share * (1 - self.train_error)

    def shortest(self, share: float) -> MessageRecord | None:
        """The shortest message whose network keeps ``share`` of the train accuracy; None if none does."""
        found = [p.message for p in self.points if p.message and self.keeps(share, p.message.train_error)]
        return min(found, key=lambda message: message.bits, default=None)

    def bits_at(self, share: float) -> float | None:
        """Bits at exactly ``share`` of the train accuracy: between the shortest message that keeps it and the next.

        Linear in the train error of the two; without a shorter message, the length of the shortest that keeps it.
        """
        kept = self.shortest(share)
        if kept is None:
            return None
        shorter = [p.message for p in self.points if p.message and p.message.bits < kept.bits]
        if not shorter:
            return float(kept.bits)
        beyond = max(shorter, key=lambda message: message.bits)
        allowed = 1 - share * (1 - self.train_error)
        way = (allowed - kept.train_error) / (beyond.train_error - kept.train_error)
        return kept.bits + way * (beyond.bits - kept.bits)


def record_path(folder: Path, level: float, seed: int) -> Path:
    """Where the record of a run is kept."""
    return folder / f"level-{level:.4f}-seed-{seed}.json"


def write_record(folder: Path, record: RunRecord) -> None:
    """Write ``record`` to its place.

    Raises:
        OutputError: the file cannot be written.
    """
    write_atomically(record_path(folder, record.level, record.seed), record.model_dump_json(indent=1) + "\n")


def read_record(path: Path, digest: str) -> RunRecord | None:
    """The record at ``path``, or None where there is none.

    Raises:
        ConfigurationError: the file is no such record, or of a study with another configuration.
    """
    if not path.exists():
        return None
    try:
        record = RunRecord.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise ConfigurationError(
            f"{path}: must be the record of a run, got something else; delete it"
        ) from error
    if record.digest != digest:
        raise ConfigurationError(
            f"{path}: is a run of study {record.study!r} with another configuration; choose another directory, or "
            "delete its records"
        )
    return record
