"""Every record in certificates/ through every door, in Python and on the command line: do all say the same?

    python benchmarks/doors.py [RECORD...]

The doors: `netrazor.verify` with and without the training set, `check_consistency`, `netrazor.load`, and the commands
verify, inspect, report and predict. Tables are replayed; of picked images the recorded ones are learned only
(``--fast``), as the whole replay takes minutes: `make verify-records` does it. Python and the command line share one
picking: what each makes of it is compared. Writes results/doors.json, and exits with 1 where a door says something
else than its neighbour.
"""

import io
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from bounds_results import record as write_result
from picked import examples
from PIL import Image

import netrazor
from netrazor import data
from netrazor.certification import Certificate, check_consistency, parse
from netrazor.certification.run_directory import CERTIFICATE
from netrazor.cli.application import run as run_command
from netrazor.data.tables import as_dataset, table_of
from netrazor.verification import VerifyConfiguration, replaying

RECORDS = Path(__file__).parents[1] / "certificates"
TABLES = ("wine", "digits", "breast-cancer", "mails")


def command(*words: str) -> tuple[int, str]:
    """Exit code and standard output of a command."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        try:
            code = run_command(list(words))
        except SystemExit as error:
            code = int(error.code or 0)
    return code, out.getvalue()


@contextmanager
def picking_once() -> Iterator[None]:
    """Within it what was picked once is not picked again."""
    pick, made = replaying.pick, {}

    def remembered(learner: Any, dataset: Any, config: Any, *, among: Any = None, **rest: Any) -> Any:
        key = (config, rest.get("until"), None if among is None else among.tobytes())
        if key not in made:
            made[key] = pick(learner, dataset, config, among=among, **rest)
        return made[key]

    replaying.pick = remembered  # type: ignore[assignment]
    try:
        yield
    finally:
        replaying.pick = pick


def doors_of(record: Path) -> dict[str, Any]:
    """What each door says of one record."""
    certificate = parse((record / CERTIFICATE).read_bytes())
    table = record.name.removeprefix("picked-") if record.name.removeprefix("picked-") in TABLES else None
    dataset = examples(table, "train") if table else _images(certificate)
    if isinstance(dataset, tuple):
        dataset = table_of(*dataset, name=table or "")
    fast = certificate.method == "picked" and table is None
    found: dict[str, Any] = {
        "python: verify with data": netrazor.verify(
            record, as_dataset(dataset), configuration=VerifyConfiguration(fast=fast)
        ).status,
        "python: verify without data": netrazor.verify(record).status,
        "python: check_consistency": check_consistency(record).status,
    }
    commands = {"command: verify without data": ["--no-recount"]}
    if table is None:  # the command line has no name for them
        commands["command: verify with data"] = ["--fast"] if fast else []
    for name, words in commands.items():
        _, text = command("verify", str(record), "--json", *words)
        found[name] = json.loads(text)["status"]
    with tempfile.TemporaryDirectory() as folder:
        found["command: inspect"] = command("inspect", str(record))[0]
        page = Path(folder) / "report.html"
        found["command: report"] = command("report", str(record), "--out", str(page))[0]
        found["claim stands in the report"] = percent(certificate) in page.read_text()
        if certificate.prior.learner is None:
            picture = Path(folder) / "image.png"
            size, mode = ((32, 32), "RGB") if "cifar" in record.name else ((28, 28), "L")
            Image.new(mode, size).save(picture)
            found["command: predict"] = command("predict", str(record), str(picture))[0]
            found["python: load"] = type(netrazor.load(record)).__name__
    return found


def percent(certificate: Certificate) -> str:
    """The bound as the claim says it."""
    return next(word for word in certificate.claim.split() if word[0].isdigit() and "." in word)


def agree(found: dict[str, Any]) -> bool:
    """Whether the doors with data say the same, those without data too, and every command ended well."""
    same: dict[str, Callable[[str], bool]] = {
        "with data": lambda name: name.endswith("verify with data"),
        "without data": lambda name: name.endswith("without data") or name.endswith("check_consistency"),
    }
    said = [{value for name, value in found.items() if test(name)} for test in same.values()]
    ended = all(value == 0 for value in found.values() if isinstance(value, int) and value is not True)
    return all(len(values) == 1 for values in said) and ended and found["claim stands in the report"]


def _images(certificate: Certificate) -> Any:
    return data.load(certificate.sample.name, certificate.sample.split)


def main(names: list[str]) -> int:
    """Go through the records, print and write what was found."""
    found: dict[str, Any] = {}
    for record in sorted(RECORDS.iterdir()) if not names else [RECORDS / name for name in names]:
        with picking_once():
            found[record.name] = doors_of(record)
        print(record.name, json.dumps(found[record.name], indent=2), flush=True)
        write_result("doors.json", record.name, found[record.name])
    all_agree = all(map(agree, found.values()))
    print("every door says the same" if all_agree else "DOORS DIFFER")
    return 0 if all_agree else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
