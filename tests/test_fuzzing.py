"""A taste of benchmarks/directory_fuzz.py and file_fuzz.py: no foreign exception, no case that takes long."""

import os
import sys
import tarfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import directory_fuzz
import file_fuzz
import fuzzing

import spent_runs
import tiny
from netrazor.certification.run_directory import RESULT
from netrazor.data.shards import ImageShards
from netrazor.errors import BadDataset, CheckpointMismatch, ConfigurationError
from netrazor.networks.user_files import read_weights
from netrazor.pipeline.recipe_files import recipe_from_file, recipe_from_yaml
from netrazor.train import Checkpoint

LONGEST_S = 5.0  # of the processor, on a machine that does other things; benchmarks measure 2


@pytest.fixture
def place(tmp_path: Path) -> Path:
    run = tiny.occam_run()
    tiny.write(tmp_path / "runs" / "occam", run.issued.certificate, run.issued.blob)
    (tmp_path / "runs" / "occam" / RESULT).write_text(run.result.to_json())
    spent_runs.held_out().write(tmp_path / "runs" / "hold-out")
    return tmp_path


def holds(found: dict[str, object]) -> None:
    assert found["foreign_exceptions"] == []
    assert found["longest_s"] < LONGEST_S, found["longest_case"]


def test_altered_directories(place: Path) -> None:
    found = directory_fuzz.check_batch(0, str(place), 150)
    holds(found)
    assert {outcome.partition(": ")[2] for outcome in found["outcomes"]} >= {
        "INVALID",
        "CONSISTENT, NOT RECOUNTED",
    }


def test_altered_directories_with_their_data(place: Path) -> None:
    holds(directory_fuzz.verify_batch(0, str(place), 15))


@pytest.mark.filterwarnings("ignore")  # Pillow's, of damaged images
def test_altered_files() -> None:
    holds(file_fuzz.fuzz_batch(0, 300))


def test_a_foreign_exception_is_counted() -> None:
    count = fuzzing.Count()
    count.run("kind", "case 1", lambda: [][1])
    assert count.outcomes == {"kind: foreign": 1}
    assert count.foreign[0]["case"] == "case 1"
    assert "IndexError" in count.foreign[0]["error"]


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 20_000,
        "a: " + "{a: " * 20_000,
        "- " * 20_000,
        "a: &a [x, x]\nb: &b [*a, *a]\nname: [*b, *b]",
        "base: [a]",
        "name: " + "9" * 5000,
        "name: 2001-13-45",
        "? [a]\n: b",
        "name: [/bold]",
    ],
)
def test_hostile_recipes(text: str) -> None:
    with pytest.raises(ConfigurationError, match="recipe"):
        recipe_from_yaml(text)


@pytest.mark.parametrize("text", ["name: &a x\nbase: *a", "a: " + "[" * 30 + "]" * 30])
def test_recipes_have_no_aliases_and_are_not_nested_deep(text: str) -> None:
    """An alias of an alias of an alias stands for more than any memory holds, in a few bytes."""
    with pytest.raises(ConfigurationError, match="values without aliases"):
        recipe_from_yaml(text)


def test_a_pipe_is_no_recipe_no_shard_and_no_checkpoint(tmp_path: Path) -> None:
    for name in ("recipe.yaml", "shard.tar", "checkpoint.pt", "weights.pt"):
        os.mkfifo(tmp_path / name)
    with pytest.raises(ConfigurationError, match="a regular file needed"):
        recipe_from_file(tmp_path / "recipe.yaml")
    with pytest.raises(BadDataset, match="a regular file needed"):
        ImageShards(tmp_path, 8)
    with pytest.raises(CheckpointMismatch, match="a regular file needed"):
        Checkpoint(tmp_path / "checkpoint.pt", "run").load()
    with pytest.raises(ConfigurationError, match="is no file"):
        read_weights(tmp_path / "weights.pt")


def test_a_table_of_a_shard_that_leads_back(tmp_path: Path) -> None:
    """A member of negative size, after which the table would be read again and again."""
    member = tarfile.TarInfo("other").tobuf(tarfile.USTAR_FORMAT)
    size = b"\xff" + (2**88 - 1024).to_bytes(11, "big")  # -1024: base 256, two's complement
    header = bytearray(member[:124] + size + member[136:])
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (tmp_path / "one.tar").write_bytes(member + bytes(header) + bytes(1024))
    with pytest.raises(BadDataset, match=r"follow each other|negative|plain tar file"):
        ImageShards(tmp_path, 8)


def test_an_edited_checkpoint(tmp_path: Path) -> None:
    saved = Checkpoint(tmp_path / "checkpoint.pt", "run")
    saved.save({"stage": 2})
    assert saved.load() == {"stage": 2}
    content = bytearray(saved.path.read_bytes())
    content[content.index(b"stage") + 4] ^= 1
    saved.path.write_bytes(content)
    with pytest.raises(CheckpointMismatch, match="damaged or altered"):
        saved.load()
