"""What each package shows. A name added to or taken from a face is added or taken here too."""

import importlib
from pathlib import Path

import pytest

import netrazor

EXPORTS = {
    "netrazor.data": {
        "DatasetSummary",
        "ImageDataset",
        "check",
        "data_directory",
        "fetch",
        "fingerprint",
        "load",
        "names",
    },
}
FACES = sorted(
    ".".join(("netrazor", *face.parent.relative_to(Path(netrazor.__file__).parent).parts))
    for face in Path(netrazor.__file__).parent.rglob("__init__.py")
)


@pytest.mark.parametrize("package", sorted(EXPORTS))
def test_exports_are_as_agreed(package: str) -> None:
    assert set(importlib.import_module(package).__all__) == EXPORTS[package]


@pytest.mark.parametrize("package", FACES)
def test_every_face_names_its_exports_and_documents_them(package: str) -> None:
    face = importlib.import_module(package)
    assert face.__doc__
    assert len(set(face.__all__)) == len(face.__all__)
    for name in face.__all__:
        exported = getattr(face, name)
        assert not callable(exported) or exported.__doc__, f"{package}.{name} needs a docstring"
