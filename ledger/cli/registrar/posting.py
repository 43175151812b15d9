"""Posts single records for the registrar, or for an organisation about itself."""

from pathlib import Path

import msgspec

from ledger.answers.problems import Problem
from ledger.answers.stored import OrganizationAnswer
from ledger.cli.client import Client
from ledger.cli.environment import settings
from ledger.cli.files import signing_key
from ledger.core.record.kinds import AnyRecord
from ledger.core.signatures.envelope import Envelope, seal
from ledger.core.signatures.signing import SigningKey
from ledger.errors import ConfigurationError, LedgerError
from ledger.host.files.key_files import REGISTRAR_KEY, is_encrypted

_MAX_ORGANIZATIONS = 250_000
"""Far more than a ledger has; each takes a kilobyte of memory."""


def registrar_key_at(path: Path | None, home: Path | None, passphrase_file: Path | None) -> SigningKey:
    """The registrar's key in a file, by default the key that `init` wrote to the data folder. An encrypted key
    needs its passphrase, from the file or the environment."""
    chosen = path or settings(home).home / REGISTRAR_KEY
    if not chosen.exists():
        raise ConfigurationError(
            f"there is no file {chosen} with the registrar's key", field="registrar-key",
            rule="--registrar-key FILE, or --home with the data folder for which `carbon-ledger init` made the key")
    return signing_key(chosen, passphrase_file if is_encrypted(chosen) else None)


def origin_of(client: Client) -> str:
    """The origin of a server's ledger. Only the registrar may take it from a server: the registrar's key signs for no
    other ledger."""
    origin = client.get("/health/ready", dict[str, object])["origin"]
    if not isinstance(origin, str):
        raise ConfigurationError(f"{client.url} does not say which ledger it serves")
    return origin


def organizations(client: Client) -> list[OrganizationAnswer]:
    """All enrolled organisations."""
    enrolled: list[OrganizationAnswer] = []
    after = -1
    while page := client.get("/v1/organizations", list[OrganizationAnswer], after=after, limit=1000):
        enrolled.extend(page)
        if page[-1].index <= after or len(enrolled) > _MAX_ORGANIZATIONS:
            raise LedgerError(f"the list of organisations of {client.url} has no end", code="unexpected-answer")
        after = page[-1].index
    return enrolled


def registrar_of(client: Client, key: SigningKey) -> str:
    """The registrar organisation that has this key. Raises ConfigurationError if no registrar has it: the server would
    refuse the record."""
    for organization in organizations(client):
        if "registrar" in organization.roles and any(own.keyid == key.keyid.hex() for own in organization.keys):
            return organization.id
    raise ConfigurationError(
        f"key {key.keyid.hex()} is not the registrar's on {client.url}: give --registrar-key", field="registrar-key",
    )


def post_one(client: Client, record: AnyRecord, key: SigningKey, origin: str) -> tuple[int, str]:
    """Signs and posts a record; returns its log index and digest. Raises the server's refusal."""
    return post_sealed(client, seal(record, key, origin))


def post_sealed(client: Client, envelope: Envelope) -> tuple[int, str]:
    """Posts a signed record; returns its log index and digest. Raises the server's refusal."""
    (answer,) = client.post([msgspec.json.encode(envelope)])
    if isinstance(answer, Problem):
        raise answer.error()
    return answer.index, answer.digest
