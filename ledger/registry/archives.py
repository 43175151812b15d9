"""Archives of plugins: a zip with exactly the files that a plugin's digest covers, so that a version stays runnable
after another one is installed.

The files of the SDK are below `ledger/sdk`. The comment of the zip is the plugin's entry point, `module:function`; of
a factor set, which has tables alone, it is the format of these.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from msgspec import Struct

from ledger.errors import InvalidInput
from ledger.registry.digests import SDK, SUFFIXES, code_of, digest_of_files
from ledger.sdk import FactorSetVersion, Sector, sector_of_files
from ledger.sdk.sets.reading import FORMAT as TABLES
from ledger.sdk.sets.reading import digest_of_files as digest_of_tables
from ledger.sdk.sets.reading import parse_version

MAX_BYTES: Final = 16 << 20
"""Largest archive."""
MAX_UNPACKED: Final = 64 << 20
"""Most bytes in the files of an archive."""
MAX_FILES: Final = 5_000
_MAX_ENTRY: Final = 200
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,100}")
_ENTRY: Final = re.compile(r"([A-Za-z_]\w*)(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UNREADABLE: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError, OSError,
)
"""Errors of the standard library for damaged and encrypted zips."""


class Archive(Struct, frozen=True):
    """The code of a plugin version. `entry`: the function that returns the plugin, as `module:function`, or the format
    of a factor set's tables. `code`: the files by path, as `ledger.registry.digests` names them."""

    entry: str
    code: Mapping[str, bytes]
    digest: str

    @property
    def package(self) -> str:
        """The plugin's package, or its module if it is a single one."""
        return _package_of(self.entry)


def archive_of(entry: str) -> Archive:
    """The archive of the installed plugin with this entry point. Raises InvalidInput if a file of it cannot be in an
    archive."""
    return packed(entry, {**dict(code_of(SDK)), **dict(code_of(_package_of(entry)))})


def archive_of_set(version: FactorSetVersion) -> Archive:
    """The archive of a version of a factor set. Raises InvalidInput if a file of it cannot be in an archive."""
    return packed(TABLES, version.files)


def packed(entry: str, code: Mapping[str, bytes]) -> Archive:
    """The archive with these files. Raises InvalidInput if a path or the entry point is not allowed."""
    _check_entry(entry)
    _check_sizes(len(code), sum([len(content) for content in code.values()]))
    for path in code:
        _check_path(path, entry)
    return Archive(entry, code, _digest_of(entry, code))


def archive_bytes(archive: Archive) -> bytes:
    """The zip: the same bytes for the same files, with the same zlib. The files of the SDK come first."""
    sdk = {path: content for path, content in archive.code.items() if path.startswith(f"{SDK}/")}
    target = io.BytesIO(_zipped(tuple(sorted(sdk.items()))))
    with zipfile.ZipFile(target, "a") as zipped:
        _write(zipped, sorted((path, content) for path, content in archive.code.items() if path not in sdk))
        zipped.comment = archive.entry.encode()
    return target.getvalue()


@lru_cache(maxsize=1)
def _zipped(files: tuple[tuple[str, bytes], ...]) -> bytes:
    """A zip of these files. A new ledger stores a dozen archives with the same SDK, which is most of each."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as zipped:
        _write(zipped, files)
    return target.getvalue()


def _write(zipped: zipfile.ZipFile, files: Iterable[tuple[str, bytes]]) -> None:
    for path, content in files:
        member = zipfile.ZipInfo(_zip_path(path), _DATE)
        member.compress_type = zipfile.ZIP_DEFLATED
        member.create_system, member.external_attr = 3, 0o644 << 16
        zipped.writestr(member, content, compresslevel=9)


def read_set(data: bytes, name: str, version: str, digest: str) -> FactorSetVersion:
    """The version of a factor set in a zip. Raises InvalidInput as `tables_in` does, and PluginError if the tables have
    faults."""
    return parse_version(name, version, tables_in(data, digest))


def tables_in(data: bytes, digest: str) -> Mapping[str, bytes]:
    """The tables of a factor set in a zip, as data. Raises InvalidInput if the zip is no archive of tables with this
    digest."""
    archive = read_archive(data, digest)
    if archive.entry != TABLES:
        raise _refused("it holds code", "entry", archive.entry, rule="the tables of a factor set")
    return archive.code


def read_archive(data: bytes, digest: str | None = None) -> Archive:
    """The archive in a zip. Raises InvalidInput if the zip is no archive, or if its files do not have this digest."""
    if len(data) > MAX_BYTES:
        raise _refused(f"it has {len(data)} bytes", "archive", rule=f"at most {MAX_BYTES} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as zipped:
            archive = _read(zipped)
    except _UNREADABLE as error:
        raise _refused(f"it cannot be read as a zip: {error}", "archive", rule="a zip of .py and .csv files") from None
    if digest is not None and archive.digest != digest:
        raise _refused(f"its files have the digest {archive.digest}", "digest", digest,
                       rule="the archive holds exactly the files that the digest covers")
    return archive


def sector_in(archive: Archive) -> Sector | None:
    """The sector of an archive that consists of tables: they are read as data, and no code of the archive runs. None if
    it has code of its own, or another SDK than this program. Raises PluginError for a malformed table."""
    sdk, own = dict[str, bytes](), dict[str, bytes]()
    for path, content in archive.code.items():
        (sdk if path.startswith(f"{SDK}/") else own)[path.partition("/")[2]] = content
    if sdk != {path.partition("/")[2]: content for path, content in code_of(SDK)}:
        return None
    return sector_of_files(archive.package, own)


def unpack(archive: Archive, folder: Path) -> None:
    """Writes the files below a new folder, so that it can be put into an import path."""
    for path, content in archive.code.items():
        file = folder / _zip_path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _read(zipped: zipfile.ZipFile) -> Archive:
    members = zipped.infolist()
    _check_sizes(len(members), sum([member.file_size for member in members]))
    entry = zipped.comment[: _MAX_ENTRY + 1].decode("ascii", errors="replace")
    _check_entry(entry)
    code: dict[str, bytes] = {}
    for member in members:
        path = _code_path(member.filename)
        _check_path(path, entry)
        if path in code:
            raise _refused(f"it has {member.filename!r} twice", "path", member.filename, rule="each path once")
        if member.compress_type not in _METHODS:
            raise _refused(f"{member.filename!r} is compressed by method {member.compress_type}", "path",
                           member.filename, rule="deflated or stored")
        # Reads no more than the declared size, and checks the CRC.
        code[path] = zipped.read(member)
    _check_sizes(len(code), sum([len(content) for content in code.values()]))
    return Archive(entry, code, _digest_of(entry, code))


def _digest_of(entry: str, code: Mapping[str, bytes]) -> str:
    return digest_of_tables(code) if entry == TABLES else digest_of_files(code)


def _check_sizes(count: int, size: int) -> None:
    if not 0 < count <= MAX_FILES:
        raise _refused(f"it has {count} files", "archive", count, rule=f"1 to {MAX_FILES} files")
    if size > MAX_UNPACKED:
        raise _refused(f"its files have {size} bytes", "archive", size, rule=f"at most {MAX_UNPACKED} bytes")


def _check_entry(entry: str) -> None:
    if entry != TABLES and (
        len(entry) > _MAX_ENTRY or not _ENTRY.fullmatch(entry) or _package_of(entry) == "ledger"
    ):
        raise _refused(f"the entry point {entry!r} is not valid", "entry", entry,
                       rule="the zip's comment is module:function of the plugin's own package")


def _check_path(path: str, entry: str) -> None:
    if entry == TABLES:
        if not (_SEGMENT.fullmatch(path) and path.endswith(".csv")):
            raise _refused(f"the path {path!r} is not allowed", "path", path, rule="a .csv file, in ASCII")
        return
    package = _package_of(entry)
    head, *rest = path.split("/")
    inside = (head in (SDK, package) and rest) or path == f"{package}.py"
    if not inside or not path.endswith(SUFFIXES) or not all(_SEGMENT.fullmatch(part) for part in rest):
        raise _refused(f"the path {_zip_path(path)!r} is not allowed", "path", _zip_path(path),
                       rule=f"a .py or .csv file below ledger/sdk or {package}, or {package}.py, in ASCII")


def _package_of(entry: str) -> str:
    return entry.partition(":")[0].partition(".")[0]


def _zip_path(path: str) -> str:
    return "ledger/sdk/" + path.removeprefix(f"{SDK}/") if path.startswith(f"{SDK}/") else path


def _code_path(name: str) -> str:
    return f"{SDK}/" + name.removeprefix("ledger/sdk/") if name.startswith("ledger/sdk/") else name


def _refused(what: str, field: str, value: object = None, *, rule: str) -> InvalidInput:
    return InvalidInput(f"not an archive of a plugin: {what}", code="plugin-archive", field=field, value=value,
                        rule=rule)
