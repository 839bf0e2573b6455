"""The evidence pack: everything about one certificate in one folder, for somebody who was not there."""

import hashlib
import json
import os
import platform
import sys
from importlib.metadata import distributions
from pathlib import Path

from netrazor import __version__
from netrazor.certification import check_run, read_run
from netrazor.certification.model_card import model_card_section
from netrazor.certification.run_directory import (
    CERTIFICATE,
    EXTENSION,
    GIVEN,
    GIVEN_ARRAYS,
    GRAPH,
    MESSAGE,
    PICKS,
    RESULT,
    SIZE_LIMITS,
    read_file,
)
from netrazor.errors import CertificateError, ConfigurationError
from netrazor.files import write_atomically
from netrazor.report.evidence_mapping import mapping_page
from netrazor.report.writing import write_report

_OF_A_RUN = (CERTIFICATE, MESSAGE, PICKS, GIVEN, GIVEN_ARRAYS, GRAPH, EXTENSION, RESULT)


def write_evidence(
    run: str | os.PathLike[str], out: str | os.PathLike[str], data: str | None = None
) -> list[str]:
    """Write the pack of the certificate in ``run`` into the new folder ``out``; the names of its files.

    Args:
        run: directory of a run.
        out: a folder that does not exist or is empty.
        data: what names the training set on the command line, for the commands.

    Raises:
        CertificateError: a certificate that does not follow from its parts: no evidence of anything.
        ConfigurationError: no certificate there, or files in ``out``.
        OutputError: the folder cannot be written.
    """
    place, folder = Path(run), Path(out)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"out: an empty or new folder needed, got {folder}; choose another")
    files = read_run(place)
    findings, _ = check_run(files)
    if findings:
        raise CertificateError(
            f"{place}: a certificate that follows from its parts needed, got one of which "
            f"{findings[0].text}; certify again"
        )
    certificate = files.certificate
    verify = f"netrazor verify run --data {data or certificate.sample.name}"
    for name in _OF_A_RUN:
        if (place / name).is_file():
            write_atomically(folder / "run" / name, read_file(place / name, SIZE_LIMITS[name]))
    write_atomically(folder / "environment.json", _environment())
    write_atomically(folder / "data.json", _json(certificate.sample.model_dump(mode="json")))
    write_atomically(folder / "MODEL_CARD.md", model_card_section(certificate, verify))
    write_atomically(folder / "MAPPING.md", mapping_page(certificate))
    write_atomically(folder / "COMMANDS.md", _commands(verify))
    write_report([folder / "run"], folder / "report.html")
    names = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    sums = "".join(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    write_atomically(folder / "SHA256SUMS", sums)
    return [*names, "SHA256SUMS"]


def _environment() -> str:
    """What this pack was made with; what made the certificate is in it."""
    packages = {found.metadata["Name"]: found.version for found in distributions() if found.metadata["Name"]}
    return _json(
        {
            "made_with": {"netrazor": __version__, "python": sys.version.split()[0]},
            "system": platform.system(),
            "machine": platform.machine(),
            "packages": dict(sorted(packages.items())),
        }
    )


def _commands(verify: str) -> str:
    return (
        "# Commands\n\nIn this folder:\n\n"
        f"    sha256sum --check SHA256SUMS\n    netrazor verify run --no-recount\n    {verify}\n"
        "    netrazor inspect run\n\n"
        "The first says that no file of the pack was changed, the second that the claim follows from the files, the "
        "third counts again on the training set, which is not in the pack: `data.json` has its fingerprint.\n"
    )


def _json(content: object) -> str:
    return json.dumps(content, indent=2, allow_nan=False) + "\n"
