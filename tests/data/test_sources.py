"""Sources against a web server of our own and package managers that are shell scripts."""

import gzip
import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from netrazor.data.sources import DebianPackage, NpmPackage, PublicAddress, SourceFailed

CONTENT = b"sixty thousand digits"
ZIPPED = gzip.compress(CONTENT, mtime=0)
HASHES = {"digits.gz": hashlib.sha256(ZIPPED).hexdigest()}


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address and the directory of a web server on this machine."""
    folder = tmp_path / "web"
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(folder))

        def log_message(self, *arguments: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", folder
        server.shutdown()


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory for executables, searched before all others."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def install(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def packed(path: Path, members: dict[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def test_a_public_address_delivers_unpacked(web: tuple[str, Path]) -> None:
    address, folder = web
    (folder / "digits.gz").write_bytes(ZIPPED)
    assert PublicAddress(address, HASHES).fetch(["digits"]) == {"digits": CONTENT}


def test_a_file_published_under_its_own_name_is_left_as_it_is(web: tuple[str, Path]) -> None:
    address, folder = web
    (folder / "digits.gz").write_bytes(ZIPPED)
    assert PublicAddress(address, HASHES).fetch(["digits.gz"]) == {"digits.gz": ZIPPED}


def test_another_hash_or_no_file_is_a_failure(web: tuple[str, Path]) -> None:
    address, folder = web
    with pytest.raises(SourceFailed, match=r"digits\.gz: 404"):
        PublicAddress(address, HASHES).fetch(["digits"])
    (folder / "digits.gz").write_bytes(gzip.compress(b"other"))
    with pytest.raises(SourceFailed, match=r"digits\.gz: .*hash"):
        PublicAddress(address, HASHES).fetch(["digits"])


def test_an_address_that_does_not_answer_is_a_failure() -> None:
    with pytest.raises(SourceFailed, match=r"digits\.gz"):
        PublicAddress("http://127.0.0.1:9/", HASHES).fetch(["digits"])


def test_an_npm_package_is_packed_and_opened(commands: Path, tmp_path: Path) -> None:
    package = packed(tmp_path / "ready.tgz", {"package/data/digits": CONTENT})
    install(commands, "npm", f'[ "$1 $2" = "pack some-data@1.0.0" ] && cp {package} some-data-1.0.0.tgz')
    assert NpmPackage("some-data@1.0.0", "data").fetch(["digits"]) == {"digits": CONTENT}
    with pytest.raises(SourceFailed, match="no file package/data/letters"):
        NpmPackage("some-data@1.0.0", "data").fetch(["letters"])


def test_a_package_manager_that_fails_is_quoted(commands: Path) -> None:
    install(commands, "npm", "echo 'the registry is away' >&2; exit 1")
    with pytest.raises(SourceFailed, match="npm pack: the registry is away"):
        NpmPackage("some-data@1.0.0", "data").fetch(["digits"])
    install(commands, "npm", "exit 0")
    with pytest.raises(SourceFailed, match=r"expected one \.tgz file"):
        NpmPackage("some-data@1.0.0", "data").fetch(["digits"])


def test_a_package_manager_that_hangs_is_given_up(commands: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(commands, "npm", "exec sleep 20")
    monkeypatch.setattr("netrazor.data.sources.PACKAGE_SECONDS", 0.2)
    with pytest.raises(SourceFailed, match=r"no result in 0\.2 s"):
        NpmPackage("some-data@1.0.0", "data").fetch(["digits"])


def test_a_package_manager_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceFailed, match="npm is not installed"):
        NpmPackage("some-data@1.0.0", "data").fetch(["digits"])
    with pytest.raises(SourceFailed, match="apt-get is not installed"):
        DebianPackage("dataset-digits", "usr/share/digits").fetch(["digits"])


def test_an_installed_debian_package_is_read_in_place(commands: Path, tmp_path: Path) -> None:
    (tmp_path / "digits.gz").write_bytes(ZIPPED)
    source = DebianPackage("dataset-digits", str(tmp_path).lstrip("/"))
    assert source.fetch(["digits"]) == {"digits": CONTENT}


DPKG_DEB = '[ "$1" = --fsys-tarfile ] && cat "$2"'  # here a package is its tar file


def test_a_debian_package_is_downloaded_and_opened(commands: Path, tmp_path: Path) -> None:
    package = packed(tmp_path / "ready", {"./usr/share/digits/digits.gz": ZIPPED}, "w:")
    install(commands, "apt-get", f'[ "$2 $3" = "download dataset-digits" ] && cp {package} d_1.deb')
    install(commands, "dpkg-deb", DPKG_DEB)
    assert DebianPackage("dataset-digits", "usr/share/digits").fetch(["digits"]) == {"digits": CONTENT}


def test_missing_package_lists_are_fetched_to_a_place_of_our_own(commands: Path, tmp_path: Path) -> None:
    package = packed(tmp_path / "ready", {"./usr/share/digits/digits.gz": ZIPPED}, "w:")
    script = f"""
        case "$*" in
            *update) touch lists/updated ;;
            *Dir::State::lists=*download*) [ -e lists/updated ] && cp {package} d_1.deb ;;
            *) exit 100 ;;
        esac"""
    install(commands, "apt-get", script)
    install(commands, "dpkg-deb", DPKG_DEB)
    assert DebianPackage("dataset-digits", "usr/share/digits").fetch(["digits"]) == {"digits": CONTENT}
