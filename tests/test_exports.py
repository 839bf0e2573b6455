"""What each package shows. A name added to or taken from a face is added or taken here too."""

import importlib
import inspect
from pathlib import Path
from types import ModuleType

import pytest

import netrazor

EXPORTS = {
    "netrazor": {
        "Certificate",
        "NetrazorClassifier",
        "Verdict",
        "__version__",
        "bounds",
        "certify",
        "certify_hold_out",
        "certify_picked",
        "claims",
        "coding",
        "data",
        "extend",
        "load",
        "split_spent",
        "verify",
    },
    "netrazor.certification": {
        "ArchitectureRecord",
        "Certificate",
        "ChargedLedger",
        "ClaimRecord",
        "EvaluationRecord",
        "Finding",
        "GivenArraysRecord",
        "GivenRecord",
        "GraphRecord",
        "LearnerRecord",
        "LedgerLine",
        "MessageRecord",
        "Noise",
        "NoiseRecord",
        "NoisyRisk",
        "PicksRecord",
        "Plan",
        "PlannedBound",
        "PriorRecord",
        "Provenance",
        "RunFiles",
        "SampleRecord",
        "Verdict",
        "Yardsticks",
        "charge",
        "check_consistency",
        "check_run",
        "claims",
        "ledger_of",
        "measure_yardsticks",
        "noise_in",
        "parse",
        "plan_certificates",
        "read_message",
        "read_run",
        "says_less_than_guessing",
        "schema_digest",
        "seal",
        "to_json",
    },
    "netrazor.coding": {
        "KINDS",
        "Entry",
        "Ledger",
        "Limits",
        "StaticValues",
        "architecture",
        "decode",
        "encode",
        "ledger",
        "static_values",
    },
    "netrazor.data": {
        "CollatedExamples",
        "DatasetSummary",
        "ImageDataset",
        "ImageFolder",
        "ImageShards",
        "Mails",
        "Squares",
        "TableDataset",
        "check",
        "data_directory",
        "fetch",
        "fingerprint",
        "load",
        "load_mails",
        "names",
        "open_dataset",
        "table_from_csv",
        "table_of",
    },
    "netrazor.networks": {
        "ARCHITECTURES",
        "LeNet5",
        "LogScale",
        "MLP",
        "MobileNet",
        "ResNetCifar",
        "SqueezeNet",
        "Subspace",
        "as_network",
        "build",
        "build_from",
        "coded_state",
        "index_of",
        "input_shape",
        "load_coded_state",
        "load_weights",
        "make_from",
        "make_plain",
        "name_of",
        "read_weights",
        "source_digest",
    },
}
SOURCE = Path(netrazor.__file__).parent
FACES = sorted(
    ".".join(("netrazor", *face.parent.relative_to(SOURCE).parts)) for face in SOURCE.rglob("__init__.py")
)


def test_every_folder_of_modules_has_a_face() -> None:
    """Without one it would be left out of the package that users install."""
    assert {module.parent for module in SOURCE.rglob("*.py")} == {
        face.parent for face in SOURCE.rglob("__init__.py")
    }


@pytest.mark.parametrize("package", sorted(EXPORTS))
def test_exports_are_as_agreed(package: str) -> None:
    assert set(importlib.import_module(package).__all__) == EXPORTS[package]


@pytest.mark.parametrize("package", FACES)
def test_every_face_names_its_exports_and_documents_them(package: str) -> None:
    face = importlib.import_module(package)
    assert face.__doc__
    shown = getattr(face, "__all__", [])
    assert shown or not own_names(face), f"{package} needs an __all__"
    assert len(set(shown)) == len(shown)
    for name in shown:
        exported = getattr(face, name)
        defined = inspect.isclass(exported) or inspect.isroutine(exported)  # not an alias of a type
        assert not defined or exported.__doc__, f"{package}.{name} needs a docstring"


def own_names(face: ModuleType) -> set[str]:
    """Public names in a face that are more than its submodules."""
    return {
        name for name, value in vars(face).items() if name[0] != "_" and not isinstance(value, ModuleType)
    }
