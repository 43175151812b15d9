"""Records that the registrar, or an organisation about itself, posts one at a time."""

from pathlib import Path

import msgspec

from ledger.cli.client import Client, ServerRefusal
from ledger.cli.environment import settings
from ledger.cli.files import signing_key
from ledger.core.record.kinds import AnyRecord
from ledger.core.signatures.envelope import Envelope, seal
from ledger.core.signatures.signing import SigningKey
from ledger.errors import ConfigurationError, LedgerError
from ledger.host.files.key_files import REGISTRAR_KEY
from ledger.service.queries.answers import OrganizationAnswer

_MAX_ORGANIZATIONS = 250_000
"""Far more than a ledger has; each takes a kilobyte here."""


def registrar_key_at(path: Path | None, home: Path | None) -> SigningKey:
    """The registrar's key in a file, by default the one that set-up left in the data folder."""
    return signing_key(path or settings(home).home / REGISTRAR_KEY)


def origin_of(client: Client) -> str:
    """Which ledger a server serves. Only the registrar takes it from there, whose key signs for no other ledger."""
    origin = client.get("/health/ready", dict[str, object])["origin"]
    if not isinstance(origin, str):
        raise ConfigurationError(f"{client.url} does not say which ledger it serves")
    return origin


def organizations(client: Client) -> list[OrganizationAnswer]:
    """All that are enrolled."""
    found: list[OrganizationAnswer] = []
    after = -1
    while page := client.get("/v1/organizations", list[OrganizationAnswer], after=after, limit=1000):
        found.extend(page)
        if page[-1].index <= after or len(found) > _MAX_ORGANIZATIONS:
            raise LedgerError(f"the list of organisations of {client.url} has no end", code="unexpected-answer")
        after = page[-1].index
    return found


def registrar_of(client: Client, key: SigningKey) -> str:
    """The organisation whose key this is: it must be a registrar, or the server would refuse the record anyway."""
    for one in organizations(client):
        if "registrar" in one.roles and any(known.keyid == key.keyid.hex() for known in one.keys):
            return one.id
    raise ConfigurationError(
        f"key {key.keyid.hex()} is not the registrar's on {client.url}: give --registrar-key", field="registrar-key",
    )


def post_one(client: Client, record: AnyRecord, key: SigningKey, origin: str) -> tuple[int, str]:
    """Log index and digest of the record, signed and posted. Raises the server's refusal."""
    return post_sealed(client, seal(record, key, origin))


def post_sealed(client: Client, envelope: Envelope) -> tuple[int, str]:
    """Log index and digest of a signed record. Raises the server's refusal."""
    (answer,) = client.post([msgspec.json.encode(envelope)])
    if isinstance(answer, ServerRefusal):
        raise answer.error()
    return answer.index, answer.digest
