"""A certificate with spent examples as files, and what it states besides its sample."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netrazor.certification import Certificate, to_json
from netrazor.certification.claims import AnyClaim, Error
from netrazor.certification.run_directory import CERTIFICATE, GIVEN, GRAPH, MESSAGE
from netrazor.certification.run_writing import write_run
from netrazor.runtime import SILENT, Reporter


@dataclass(frozen=True)
class SpentRun:
    """The files of a certificate with spent examples.

    Attributes:
        given: the given weights; None where a learner stands for them.
        message: what differs from them; None where nothing was sent.
        certificate: of these.
        graph: of the network, where it is the user's own and is one.
    """

    given: bytes | None
    message: bytes | None
    certificate: Certificate
    graph: bytes | None = None

    def write(self, out: str | os.PathLike[str]) -> None:
        """Write them into the directory ``out``, together."""
        files: dict[str, bytes | str] = {CERTIFICATE: to_json(self.certificate)}
        for name, content in ((GIVEN, self.given), (MESSAGE, self.message), (GRAPH, self.graph)):
            if content is not None:
                files[name] = content
        write_run(out, files)


@dataclass(frozen=True)
class SpentTerms:
    """What a certificate with spent examples states besides its sample.

    Attributes:
        architecture: the declared architecture that the network is, or "custom".
        origin: what the given weights were made from, in words.
        delta: failure probability.
        seed: of what made the network, for the provenance.
        claims: what is claimed, as values of `netrazor.claims`; they hold together, the first is the headline.
        columns: for claims about groups, a value for each example, by the column's name.
        configuration: of what made the network, for the provenance.
        reporter: told of the progress.
    """

    architecture: str = "custom"
    origin: str = "trained on the spent examples"
    delta: float = 0.05
    seed: int = 0
    configuration: Mapping[str, Any] = field(default_factory=dict)
    reporter: Reporter = SILENT
    claims: tuple[AnyClaim, ...] = (Error(),)
    columns: Mapping[str, Any] = field(default_factory=dict)
