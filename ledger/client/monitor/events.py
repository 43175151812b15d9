"""The events that a monitor reports from public records: enrolments, ends of parents, key changes, activations."""

import base64
import hashlib
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from ledger.core.record.kinds import Activation, AnyRecord, KeyChange, Organization, ParentEnd
from ledger.core.record.values import PublicKey


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A public record at log `index`, logged at `time` (ms since 1970, as the log claims) and signed by `keyid`.

    `subject` is the organisation or the plugin; `added` and `revoked` are keyids.
    """

    index: int
    digest: str
    time: int
    keyid: str
    type: str
    subject: str
    added: list[str] = []
    revoked: list[str] = []
    compromised_since: int | None = None
    recovery: str | None = None
    request: str | None = None
    version: str | None = None
    plugin_digest: str | None = None
    retired: bool = False


def event_of(record: AnyRecord, index: int, digest: bytes, time: int, keyid: bytes) -> Event:
    """The event of a public record."""
    event = Event(index=index, digest=digest.hex(), time=time, keyid=keyid.hex(), type=type(record).__name__.lower(),
                  subject=record.issuer)
    match record:
        case Organization():
            return replace(event, subject=record.id, added=keyids(record.keys))
        case KeyChange():
            return replace(
                event, type="keyChange", subject=record.organization, added=keyids(record.added),
                revoked=list(record.revoked), compromised_since=record.compromised_since, recovery=record.recovery,
                request=record.request,
            )
        case ParentEnd():
            return replace(event, type="parentEnd", subject=record.organization)
        case Activation():
            return replace(event, subject=record.plugin, version=record.version, plugin_digest=record.digest,
                           retired=record.retired)
        case _:
            return event


def entered_keys(record: AnyRecord) -> dict[str, str]:
    """The keys that a record enters: base64 SPKI by keyid."""
    keys = record.keys if isinstance(record, Organization) else record.added if isinstance(record, KeyChange) else []
    return dict(zip(keyids(keys), [key.spki for key in keys], strict=True))


def keyids(keys: Sequence[PublicKey]) -> list[str]:
    return [hashlib.sha256(base64.b64decode(key.spki)).hexdigest() for key in keys]
