"""What a run leaves beside the certificate: measurements that are reported but that no claim rests on."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import FailFast, TypeAdapter, ValidationError

from netrazor.certification.bounded_json import load_json
from netrazor.certification.run_directory import read_file
from netrazor.errors import CertificateError, ConfigurationError

Setting = str | int | float | bool | None


@dataclass(frozen=True)
class Layer:
    """One row of the paper's Table 3.

    Attributes:
        name: of the parameter.
        shape: of the parameter.
        elements: how many numbers it has.
        nonzeros: how many are not zero.
        coded_bytes: its share of the message.
        smoothing_bytes: value bits that its noise saves, in bytes; 0 where noise was not looked for.
    """

    name: str
    shape: Annotated[tuple[int, ...], FailFast()]
    elements: int
    nonzeros: int
    coded_bytes: float
    smoothing_bytes: float


@dataclass(frozen=True)
class Histogram:
    """Counts of a layer's weights in intervals of one width.

    Attributes:
        reach: the intervals cover -reach to reach.
        counts: in each, from the lowest on.
    """

    reach: float
    counts: Annotated[tuple[int, ...], FailFast()]


@dataclass(frozen=True)
class Trial:
    """What the search for noise saw with noise on one array alone.

    Attributes:
        array: its name.
        share: sigma as a share of the range of its non-zero magnitudes.
        risk: mean noisy risk on the search's examples and draws.
        saved_bits: value bits that this noise saves.
    """

    array: str
    share: float
    risk: float
    saved_bits: float


@dataclass(frozen=True)
class Result:
    """Everything measured in a run.

    Attributes:
        original_bytes: float32 size of all parameters.
        layers: Table 3.
        bounds: upper bounds by method, each at the full delta and valid alone, not together.
        test: errors on the test set and its own bound (Clopper-Pearson), of no weight in the certificate.
        seconds: by stage.
        before: how the weights of each layer were spread before they were cut; empty where nothing was cut, or in
            files of earlier versions.
        trials: risk of the noisy network, one array at a time, as the search for noise saw it.
        settings: what determined the run, by dotted names; empty in files of earlier versions.
    """

    original_bytes: int
    layers: Annotated[tuple[Layer, ...], FailFast()]
    bounds: dict[str, float]
    test: dict[str, float] | None
    seconds: dict[str, float]
    before: dict[str, Histogram] = field(default_factory=dict)
    trials: Annotated[tuple[Trial, ...], FailFast()] = ()
    settings: dict[str, Setting] = field(default_factory=dict)

    def to_json(self) -> str:
        """The text of ``result.json``."""
        return json.dumps(asdict(self), indent=2, allow_nan=False) + "\n"


@dataclass(frozen=True)
class StopResult:
    """What one declared stop of one learner came to.

    Attributes:
        stop: the declared number of picks.
        picked: how many were picked; fewer where nothing was wrong any more.
        errors: on the other counted examples.
        bound: at this stop's share of delta; all stops of all learners hold together.
    """

    stop: int
    picked: int
    errors: int
    bound: float


@dataclass(frozen=True)
class PickedResult:
    """What was measured in a run of picking; the certificate is about its least bound.

    Attributes:
        learners: what each stop came to, by the learner's name.
        seconds: of all picking.
        test: errors on the test set and their number, of no weight in the certificate.
    """

    learners: dict[str, Annotated[tuple[StopResult, ...], FailFast()]]
    seconds: float
    test: dict[str, float] | None = None

    def to_json(self) -> str:
        """The text of ``result.json``."""
        return json.dumps(asdict(self), indent=2, allow_nan=False) + "\n"


AnyResult = TypeVar("AnyResult", Result, PickedResult)

_RESULT, _PICKED_RESULT = TypeAdapter(Result), TypeAdapter(PickedResult)


def read_result(path: Path) -> Result:
    """The record of a run that wrote a message, in its ``result.json``.

    Raises:
        ConfigurationError: it cannot be read, is too large, or is something else.
    """
    return _read(path, _RESULT)


def read_picked_result(path: Path) -> PickedResult:
    """The record of a run of picking, in its ``result.json``.

    Raises:
        ConfigurationError: as for `read_result`.
    """
    return _read(path, _PICKED_RESULT)


def _read(path: Path, kind: TypeAdapter[AnyResult]) -> AnyResult:
    try:
        return kind.validate_python(load_json(read_file(path)))
    except (ValidationError, ValueError, RecursionError, CertificateError) as error:
        raise ConfigurationError(
            f"{path}: must be the result of a run, got something else ({str(error).partition(chr(10))[0][:200]}); "
            "delete it to report without"
        ) from error
