"""The keys that this process signs with, in step with the rotations that the database holds."""

from pathlib import Path
from typing import NamedTuple

from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.note import NoteSigner, vkey
from ledger.errors import InvalidNote, Unavailable, VerificationError
from ledger.host.files.key_files import LOG_KEY, is_in_use, mark_in_use, read_own_key
from ledger.store.database import Connection
from ledger.store.sql import queries

MISSING = "log-key-missing"


class DatabaseRotations(NamedTuple):
    """All rotations that a database holds, in order, and the keys that follow from them."""

    keys: LogKeys
    notes: list[str]


class Keyring:
    """The keys of a log. All keys that sign now must be in the home: a head that lacks one of their signatures is not
    published."""

    def __init__(self, home: Path, passphrase: bytes | None, origin: str, first: str) -> None:
        self._home = home
        self._passphrase = passphrase
        self.origin = origin
        self.notes: list[str] = []
        """The rotations so far."""
        self.keys = LogKeys(first)
        self.signers: tuple[NoteSigner, ...] = ()

    @property
    def vkey(self) -> str:
        """The newest key, which new auditors pin."""
        return self.keys.signing[-1]

    async def read(self, connection: Connection) -> DatabaseRotations | str | None:
        """The rotations of a database; None if they are the adopted ones. Or an error message, if rotations are
        missing or do not form a chain."""
        count = await connection.fetchval(queries("log_key")["count"])
        if count == len(self.notes) and self.signers:
            return None
        if count < len(self.notes):
            return (f"the database holds only {count} of the {len(self.notes)} rotations of the log's key that this "
                    "process has read; if the others do not count, restart this server")
        notes = [row["note"] for row in await connection.fetch(queries("log_key")["all"])]
        try:
            return DatabaseRotations(LogKeys(self.keys.spans[0].vkey, notes), notes)
        except (InvalidNote, VerificationError) as error:
            return f"the rotations of the log's key do not form a valid chain: {error.message}"

    def adopt(self, rotations: DatabaseRotations) -> None:
        """Signs with the keys of these rotations from now on. Raises Unavailable if a key that signs now is not in the
        home: a later call may find it."""
        self.signers = self._signers(rotations.keys)
        self.keys, self.notes = rotations

    def mark(self) -> None:
        """Marks the files of the keys that sign now as in use."""
        for path in log_keys(self._home):
            if vkey_of(self._signer(path)) in self.keys.signing:
                mark_in_use(path, self.origin)

    def unknown(self) -> Path | None:
        """A key file in the home that is in use but whose key this database does not know."""
        stated = {span.vkey for span in self.keys.spans}
        for path in log_keys(self._home):
            if is_in_use(path) and vkey_of(self._signer(path)) not in stated:
                return path
        return None

    def _signer(self, path: Path) -> NoteSigner:
        return NoteSigner(self.origin, read_own_key(path, self._passphrase).private)

    def _signers(self, keys: LogKeys) -> tuple[NoteSigner, ...]:
        in_home = {vkey_of(signer): signer for signer in self._in_home()}
        for wanted in keys.signing:
            if wanted not in in_home:
                number = 1 + [span.vkey for span in keys.spans].index(wanted)
                path = key_file(self._home, number)
                fault = (f"{path} is not the key of this database's log ({wanted})" if path.exists() else
                         f"there is no file {path} with the key of this database's log ({wanted})")
                raise Unavailable(
                    f"{fault}; without it this server signs nothing", code=MISSING, field="home", value=self._home,
                    rule="copy that file from the home of another replica, or from a backup by `carbon-ledger "
                         "restore`; or name the database of the key that is here by CARBON_LEDGER_DATABASE_URL",
                )
        return tuple(in_home[wanted] for wanted in keys.signing)

    def _in_home(self) -> list[NoteSigner]:
        return [self._signer(path) for path in log_keys(self._home)]


def log_keys(home: Path) -> list[Path]:
    """The files of the log's keys in a home."""
    return sorted(home.glob(f"{Path(LOG_KEY).stem}*.pem"))


def key_file(home: Path, number: int) -> Path:
    """The file of the log's n-th key; `number` counts from 1."""
    path = home / LOG_KEY
    return path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")


def vkey_of(signer: NoteSigner) -> str:
    """The log's verifier key in the spelling that auditors use."""
    return vkey(signer.name, signer.verifier.key)


async def opened_keyring(
    connection: Connection, home: Path, passphrase: bytes | None, origin: str, first: str
) -> Keyring:
    """The keys of a database's log, whose first vkey is given. Raises Unavailable if a key is missing, InvalidNote for
    a malformed vkey, VerificationError if the rotations do not form a valid chain."""
    keyring = Keyring(home, passphrase, origin, first)
    rotations = await keyring.read(connection)
    if isinstance(rotations, str):
        raise VerificationError(rotations, code="broken-chain")
    if rotations is not None:
        keyring.adopt(rotations)
    return keyring
