"""Archives of plugins: what an installed plugin gives comes back, and nothing else is an archive."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.raising import raised

from ledger.errors import InvalidInput
from ledger.registry import archives
from ledger.registry.archives import Archive, archive_bytes, archive_of, packed, read_archive, unpack
from ledger.registry.digests import code_of, digest_of
from ledger.registry.installed import installed

ENTRY = "tiny:plugin"
CODE = {"ledger.sdk/__init__.py": b"", "ledger.sdk/data/places.csv": b"a\n", "tiny/__init__.py": b"x = 1\n"}
Member = tuple[str, bytes]
GOOD: list[Member] = [("ledger/sdk/__init__.py", b""), ("tiny/__init__.py", b"x = 1\n")]


def zipped(members: list[Member], entry: str = ENTRY, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
        archive.comment = entry.encode()
    return target.getvalue()


def refused(data: bytes, digest: str | None = None) -> InvalidInput:
    error = raised(InvalidInput, read_archive, data, digest)
    assert (error.code, bool(error.rule)) == ("plugin-archive", True)
    return error


@pytest.fixture(scope="module")
def steel() -> Archive:
    plugin = installed().sector("steel")
    assert plugin is not None
    return archive_of(plugin.entry)


def test_an_installed_plugin_comes_back(steel: Archive) -> None:
    data = archive_bytes(steel)
    assert (read_archive(data, digest_of("carbon_ledger_steel")), archive_bytes(read_archive(data))) == (steel, data)
    assert len(data) < 200_000


def test_the_files_are_the_ones_of_the_digest(steel: Archive, tmp_path: Path) -> None:
    assert steel.code == dict([*code_of("carbon_ledger_steel"), *code_of("ledger.sdk")])
    unpack(steel, tmp_path)
    assert (tmp_path / "ledger" / "sdk" / "__init__.py").read_bytes() == steel.code["ledger.sdk/__init__.py"]
    assert len([one for one in tmp_path.rglob("*") if one.is_file()]) == len(steel.code)


def test_a_single_module_is_an_archive_too() -> None:
    archive = packed("brick:plugin", {"ledger.sdk/__init__.py": b"", "brick.py": b"y = 2\n"})
    assert read_archive(archive_bytes(archive), archive.digest) == archive


@pytest.mark.parametrize("change", [
    lambda code: {**code, "tiny/__init__.py": b"x = 2\n"}, lambda code: {**code, "tiny/more.py": b""},
    lambda code: {path: content for path, content in code.items() if "sdk" not in path},
    lambda code: {path.replace("places", "spaces"): content for path, content in code.items()},
])
def test_other_files_have_another_digest(change: Callable[[Any], Any]) -> None:
    digest = packed(ENTRY, CODE).digest
    assert refused(archive_bytes(packed(ENTRY, change(CODE))), digest).field == "digest"


@pytest.mark.parametrize("name", [
    "../evil.py", "/etc/evil.py", "tiny/../../evil.py", "tiny//evil.py", "tiny/./evil.py", "tiny/.hidden.py",
    "tiny\\evil.py", "C:/evil.py", "tiny/evil.so", "tiny/evil.pth", "other/evil.py", "evil.py", "ledger/errors.py",
    "ledger/__init__.py", "ledger/sdk", "tiny/", "tiny/evil\n.py", "tiny/böse.py", "sitecustomize.py",
    f"tiny/{'x' * 300}.py",
])
def test_no_other_path_is_allowed(name: str) -> None:
    assert refused(zipped([*GOOD, (name, b"")])).field == "path"


def test_a_path_is_there_once() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zipped([*GOOD, GOOD[1]])
    assert "twice" in refused(data).message


@pytest.mark.parametrize("entry", [
    "", "tiny", "tiny:", ":plugin", "tiny:plugin()", "tiny:a.b", "os.system:x;", "ledger.cli:main", "ti ny:plugin",
    "tiny:plugin\n", "böse:plugin", f"tiny:{'x' * 300}",
])
def test_no_other_entry_point_is_allowed(entry: str) -> None:
    assert refused(zipped(GOOD, entry)).field == "entry"


def test_a_small_zip_of_a_large_file_is_refused_before_it_is_read() -> None:
    bomb = zipped([*GOOD, ("tiny/large.csv", bytes(archives.MAX_UNPACKED + 1))])
    assert len(bomb) < 100_000
    assert str(archives.MAX_UNPACKED) in (refused(bomb).rule or "")


def test_a_zip_that_states_less_than_it_holds_is_refused() -> None:
    data = bytearray(zipped([*GOOD, ("tiny/large.csv", bytes(1_000_000))]))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    assert "cannot be read" in refused(bytes(data)).message


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_FILES", 10)
    refused(zipped([*GOOD, *[(f"tiny/m{number}.py", b"") for number in range(9)]]))


def test_too_many_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 100)
    assert "at most 100 bytes" in (refused(zipped(GOOD)).rule or "")


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all", b"\x00" * 1_000])
def test_what_is_no_zip_is_refused(data: bytes) -> None:
    refused(data)


def test_every_flipped_byte_is_noticed() -> None:
    """No change of a byte gives other files."""
    archive = packed(ENTRY, CODE)
    data = archive_bytes(archive)
    noticed = 0
    for position in range(len(data)):
        flipped = data[:position] + bytes([data[position] ^ 0x40]) + data[position + 1 :]
        try:
            again = read_archive(flipped, archive.digest)
        except InvalidInput:
            noticed += 1
            continue
        # Times, attributes, and the letters of the entry point are not under the digest.
        assert again.code == archive.code
    assert noticed > len(data) / 2


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(method: int) -> None:
    assert refused(zipped(GOOD, method=method)).field == "path"


def test_an_encrypted_zip_is_refused() -> None:
    data = bytearray(zipped(GOOD))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(mark)
        data[at + offset] |= 1
    refused(bytes(data))
