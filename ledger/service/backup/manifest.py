"""The manifest of a backup: its log, the least number of entries that it holds, and the digest of each file.

    BACKUP/manifest.json
           database/base.tar  database/pg_wal.tar     the cluster, and the changes during the backup
           keys/log-key*.pem  keys/registrar-key.pem  encrypted

The anchor is never in a backup: it would be as old as the database there, and so detect nothing.
"""

import hashlib
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from ledger.errors import InvalidInput

MANIFEST: Final = "manifest.json"
DATABASE: Final = "database"
KEYS: Final = "keys"
FORMAT: Final = 1
_CHUNK: Final = 1 << 20
_MAX_MANIFEST: Final = 1 << 20


class FileDigest(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of the backup, by its path in the backup."""

    path: str
    size: int
    sha256: str


class Manifest(Struct, frozen=True, kw_only=True, rename="camel"):
    """`size` and `root`: the head when the backup began; the backup holds at least this head. `time`: when it began, in
    RFC 3339."""

    format: int
    origin: str
    vkey: str
    size: Annotated[int, Meta(ge=0)]
    root: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    time: str
    program: str
    postgres: str
    files: list[FileDigest]


def digest_of(folder: Path, path: str) -> FileDigest:
    """The digest of the file at `path` in `folder`. Raises OSError."""
    with (folder / path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return FileDigest(path, file.tell(), digest.hexdigest())


def files_in(folder: Path) -> list[str]:
    """The paths of all files but the manifest. Raises InvalidInput if anything is neither a file nor a folder."""
    paths = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise broken(folder, f"{path.name} is neither a file nor a folder")
        if path.is_file() and path != folder / MANIFEST:
            paths.append(path.relative_to(folder).as_posix())
    return paths


def read_manifest(folder: Path) -> tuple[Manifest, bytes]:
    """The manifest of a backup, and its bytes. Checks its form only. Raises InvalidInput."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            data = file.read(_MAX_MANIFEST)
    except OSError as error:
        raise broken(folder, f"cannot read {MANIFEST}: {error.strerror}") from error
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.MsgspecError as error:
        raise broken(folder, f"{MANIFEST} holds no manifest: {error}") from error
    if manifest.format != FORMAT:
        raise broken(folder, f"its format is {manifest.format}, but this program reads format {FORMAT}")
    return manifest, data


def check_files(folder: Path, manifest: Manifest) -> None:
    """Checks that the backup holds exactly the files that its manifest names, unchanged. Raises InvalidInput with the
    first difference."""
    listed = {file.path: file for file in manifest.files}
    for path in files_in(folder):
        if path not in listed:
            raise broken(folder, f"{path} is not in the manifest")
    for path, file in listed.items():
        if not (folder / path).is_file():
            raise broken(folder, f"{path} is missing")
        if digest_of(folder, path) != file:
            raise broken(folder, f"{path} is not the file that was backed up: its SHA-256 or size differs")


def broken(folder: Path, why: str) -> InvalidInput:
    return InvalidInput(f"{folder} is not an intact backup: {why}", code="broken-backup", field="backup", value=folder,
                        rule="an unchanged backup, as `carbon-ledger backup` writes it")
