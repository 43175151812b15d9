"""The keys by which this process signs, in step with the rotations that the database holds."""

from pathlib import Path

from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.note import NoteSigner, vkey
from ledger.errors import InvalidNote, Unavailable, VerificationError
from ledger.host.files.key_files import LOG_KEY, is_in_use, mark_in_use, read_own_key
from ledger.store.database import Connection
from ledger.store.sql import queries

MISSING = "log-key-missing"


class Keyring:
    """All keys that sign now have to be in the home: a head with one signature too few is not published."""

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
        """What whoever comes now pins: the newest key."""
        return self.keys.signing[-1]

    async def refresh(self, connection: Connection) -> str | None:
        """Takes up rotations that were made since. Returns what is wrong where some have gone that were there.

        Raises Unavailable where a key that signs now is not in the home: a later call may find it.
        """
        count = await connection.fetchval(queries("log_key")["count"])
        if count == len(self.notes) and self.signers:
            return None
        if count < len(self.notes):
            return f"the database holds {count} rotations of the log's key, {len(self.notes)} were made"
        notes = [row["note"] for row in await connection.fetch(queries("log_key")["all"])]
        try:
            keys = LogKeys(self.keys.spans[0].vkey, notes)
        except (InvalidNote, VerificationError) as error:
            return f"the rotations of the log's key do not hold: {error.message}"
        self.signers = self._signers(keys)
        self.keys, self.notes = keys, notes
        return None

    def mark(self) -> None:
        """Says in the files of the keys that sign now that they do."""
        for path in log_keys(self._home):
            if vkey_of(self._signer(path)) in self.keys.signing:
                mark_in_use(path, self.origin)

    def unknown(self) -> Path | None:
        """A key in the home that has signed for a log, which this database does not know."""
        known = {span.vkey for span in self.keys.spans}
        for path in log_keys(self._home):
            if is_in_use(path) and vkey_of(self._signer(path)) not in known:
                return path
        return None

    def _signer(self, path: Path) -> NoteSigner:
        return NoteSigner(self.origin, read_own_key(path, self._passphrase).private)

    def _signers(self, keys: LogKeys) -> tuple[NoteSigner, ...]:
        found = {vkey_of(signer): signer for signer in self._in_home()}
        for wanted in keys.signing:
            if wanted not in found:
                number = 1 + [span.vkey for span in keys.spans].index(wanted)
                raise Unavailable(
                    f"{key_file(self._home, number)} is not the key of this database's log ({wanted}): bring that key, "
                    "or use another database; without it this server signs nothing", code=MISSING, field="home",
                    value=self._home,
                )
        return tuple(found[wanted] for wanted in keys.signing)

    def _in_home(self) -> list[NoteSigner]:
        return [self._signer(path) for path in log_keys(self._home)]


def log_keys(home: Path) -> list[Path]:
    """The files of the log's keys in a home."""
    return sorted(home.glob(f"{Path(LOG_KEY).stem}*.pem"))


def key_file(home: Path, number: int) -> Path:
    """Where the log's so manieth key is, from 1."""
    path = home / LOG_KEY
    return path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")


def vkey_of(signer: NoteSigner) -> str:
    """The log's verifier key as auditors write it down."""
    return vkey(signer.name, signer.verifier.key)


async def opened_keyring(
    connection: Connection, home: Path, passphrase: bytes | None, origin: str, first: str
) -> Keyring:
    """The keys of a database's log, whose first vkey is given. Raises Unavailable where one is missing,
    InvalidNote for a vkey that is none, VerificationError where the rotations do not hold."""
    keyring = Keyring(home, passphrase, origin, first)
    why = await keyring.refresh(connection)
    if why is not None:
        raise VerificationError(why, code="broken-chain")
    return keyring
