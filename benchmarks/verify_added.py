"""Verifies the certificates that a pull request adds or changes; ends with 1 where one must not be shown.

    python benchmarks/verify_added.py origin/main

Every directory of certificates/ in which a file differs from the given commit is looked at. It must be consistent,
and its errors are counted again where its data can be had here; a learner learns its recorded picks only, which finds
wrong counts. What could not be counted is said: a person has to do that before the certificate is merged. Of a pull
request only files are read: the workflow runs this script, and the package, of the branch it goes to.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import netrazor
from netrazor.certification import Verdict, check_consistency
from netrazor.errors import NetrazorError
from netrazor.verification import VerifyConfiguration

REPOSITORY = Path(__file__).parents[1]
CERTIFICATES = "certificates"
ALLOWED = {
    *("certificate.json", "network.nrz", "picks.nrz", "prior.nrz", "graph.json"),
    *("result.json", "measurements.json", "features.npz"),
}
LARGEST = 4 * 2**20  # bytes of one file


def main() -> int:
    """What each certificate comes to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base", help="commit to compare with")
    parser.add_argument("--repository", type=Path, default=REPOSITORY)
    parser.add_argument("--no-recount", action="store_true", help="check what follows from the files alone")
    chosen = parser.parse_args()
    changed = changed_directories(chosen.repository, chosen.base)
    if not changed:
        print("no certificate is added or changed")
    faults = [fault for directory in changed for fault in look_at(directory, chosen.no_recount)]
    for fault in faults:
        print(f"REFUSED: {fault}", file=sys.stderr)
    return 1 if faults else 0


def changed_directories(repository: Path, base: str) -> list[Path]:
    """Directories of certificates with a file that differs from ``base``."""
    command = ["git", "diff", "--name-only", "-z", f"{base}...HEAD", "--", CERTIFICATES]
    listed = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True).stdout
    names = {Path(name).parts[1] for name in listed.split("\0") if len(Path(name).parts) > 2}
    return [repository / CERTIFICATES / name for name in sorted(names)]


def look_at(directory: Path, no_recount: bool) -> list[str]:
    """Everything for which a certificate must not be shown; what was found is printed."""
    if not directory.exists():
        print(f"{directory.name}: taken out")
        return []
    faults = files_out_of_place(directory)
    if faults:
        return faults
    try:
        verdict = check_consistency(directory)
        if verdict.exit_code != 1 and not no_recount:
            verdict = recounted(directory, verdict)
    except NetrazorError as error:
        return [f"{directory.name}: {error}"]
    print(f"{directory.name}: {verdict.status}" + "".join(f"\n  {note}" for note in verdict.notes))
    return [f"{directory.name}: {finding.code}: {finding.text}" for finding in verdict.findings]


def files_out_of_place(directory: Path) -> list[str]:
    """Files of other names, links, and files that are too large."""
    faults = []
    for path in sorted(directory.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.name not in ALLOWED or path.parent != directory:
            faults.append(f"{directory.name}: {path.name}: only {', '.join(sorted(ALLOWED))} may be there")
        elif path.stat().st_size > LARGEST:
            faults.append(f"{directory.name}: {path.name}: at most {LARGEST} bytes allowed")
    return faults


def recounted(directory: Path, consistent: Verdict) -> Verdict:
    """The verdict with the errors counted again, or the first one where the data cannot be had."""
    certificate = consistent.certificate
    assert certificate is not None  # a consistent one was read
    if certificate.sample.name not in netrazor.data.names():
        print(f"{directory.name}: NOT RECOUNTED, {certificate.sample.name} is no data set known by name")
        return consistent
    try:
        dataset = netrazor.data.load(certificate.sample.name)
    except NetrazorError as error:
        print(f"{directory.name}: NOT RECOUNTED, {error}")
        return consistent
    return netrazor.verify(
        directory, dataset, configuration=VerifyConfiguration(fast=certificate.method == "picked")
    )


if __name__ == "__main__":
    sys.exit(main())
