"""Names of classes: recorded where the data set has words, harmless in tables, no part of a claim."""

import io
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

import netrazor
import tiny
from netrazor import claims
from netrazor.certification import Certificate, parse, seal, to_json
from netrazor.certification.claim_rows import rows_of
from netrazor.certification.class_names import LONGEST_NAME, class_names_of, readable, recorded_names
from netrazor.certification.model_card import model_card_section
from netrazor.cli.claim_printing import print_claims
from netrazor.data import ImageDataset
from netrazor.data.subsets import class_names_in, take
from netrazor.errors import CertificateError
from netrazor.pipeline import Run, RunConfiguration, run
from tampering import change

NAMES = ("cat", "[red]dog[/red]", "\x1b[31mbird\x07", "a\u202eb\n" + "x" * 200)
SHOWN = ("cat", "[red]dog[/red]", "?[31mbird?", "a?b? " + "x" * (LONGEST_NAME - 8) + "...")
ASKED = [claims.Error(), claims.ClassErrors(), claims.Confusion()]


def named() -> ImageDataset:
    return replace(tiny.images(), class_names=NAMES)


@cache
def issued() -> Run:
    return tiny.known(run(tiny.linear(), named(), RunConfiguration(recipe="as-is", claims=ASKED)))


def certificate() -> Certificate:
    return issued().issued.certificate


def test_what_steers_a_terminal_is_shown_as_a_question_mark() -> None:
    assert [readable(name) for name in NAMES[:3]] == list(SHOWN[:3])
    long = readable(NAMES[3])
    assert (len(long), long[:3], long[-3:]) == (LONGEST_NAME, "a?b", "...")
    assert readable("naïve  Größe") == "naïve Größe"
    assert len(readable("y" * 10**6)) == LONGEST_NAME


@pytest.mark.parametrize(
    ("names", "classes"), [(("0", "1"), 2), (("a", "b"), 3), (tuple(map(str, range(1, 1002))), 1001), ((), 0)]
)
def test_names_that_say_nothing_are_not_recorded(names: tuple[str, ...], classes: int) -> None:
    assert recorded_names(names, classes) is None


def test_certificates_without_words_keep_their_bytes() -> None:
    assert "class_names" not in to_json(tiny.occam_run().issued.certificate)
    assert class_names_of(tiny.occam_run().issued.certificate, 4) == ("0", "1", "2", "3")


def test_names_are_recorded_and_shown_in_every_table() -> None:
    c = parse(to_json(certificate()))
    assert c.provenance.class_names == tuple(readable(name) for name in NAMES)
    shown = class_names_of(c, 4)
    assert [row[0] for row in rows_of(c, c.claims[1]).rows] == list(shown)
    matrix = rows_of(c, c.claims[2])
    assert matrix.heads == ("class", "examples", *shown)
    out = io.StringIO()
    print_claims(Console(file=out, width=250, force_terminal=False), c)
    assert "[red]dog[/red]" in out.getvalue()
    assert "\x1b" not in out.getvalue()
    assert "\x1b" not in model_card_section(c)


def test_equal_names_have_their_numbers() -> None:
    c = change(certificate(), "provenance.class_names", ("a", "a", "", "b"))
    assert class_names_of(c, 4) == ("a (0)", "a (1)", "2", "b")
    other = change(certificate(), "provenance.class_names", ("a", "b"))
    assert class_names_of(other, 4) == ("0", "1", "2", "3")


def test_a_number_of_classes_that_was_made_up_takes_no_memory() -> None:
    vast = change(certificate(), "sample.classes", 2**53)
    assert [len(rows_of(vast, claim).rows) for claim in vast.claims[1:]] == [4, 4]
    assert rows_of(vast, vast.claims[0]) is None


def test_names_of_other_classes_are_found(tmp_path: Path) -> None:
    directory = tiny.write(tmp_path / "run", certificate(), issued().issued.blob)
    assert netrazor.verify(directory, named()).status == "VALID"
    assert netrazor.verify(directory, tiny.images()).status == "VALID"  # which has no names to compare
    swapped = seal(change(certificate(), "provenance.class_names", lambda names: names[::-1]))
    directory = tiny.write(tmp_path / "swapped", swapped, issued().issued.blob)
    assert [finding.code for finding in netrazor.verify(directory, named()).findings] == ["dataset"]


@pytest.mark.parametrize("names", [["x" * 61], [], ["a"] * 1001, "abc", [1, 2]])
def test_a_reader_takes_few_short_names_only(names: object) -> None:
    content = json.loads(to_json(certificate()))
    content["provenance"]["class_names"] = names
    with pytest.raises(CertificateError, match="class_names"):
        parse(json.dumps(content))


def test_names_are_found_wherever_a_data_set_has_them() -> None:
    class Folder:
        classes = ("ham", "spam")  # torchvision has a list of them

        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
            return torch.zeros(2), index

    assert class_names_in(Folder()) == ("ham", "spam")
    assert class_names_in(take(Folder(), np.array([1]))) == ("ham", "spam")
    assert class_names_in(named()) == NAMES
    assert class_names_in(tiny.images()) == ()
