"""The rules for organisations, keys and plugin activations that need nothing but the record itself."""

import base64
import re
from collections.abc import Mapping
from typing import Final

from ledger.core.identifiers import check_identifier, check_prefix, overlap
from ledger.core.records import Activation, AnyRecord, KeyChange, Organization
from ledger.core.signing import VerifyingKey, check_possession, check_prime_order, load_spki
from ledger.core.values import PublicKey
from ledger.errors import Refused

_PLUGIN = re.compile(r"[a-z][a-z0-9-]*")
_VERSION = re.compile(r"[!-~]+")
_STEPS: Final[Mapping[str | None, tuple[tuple[str, ...], str | None]]] = {
    None: (("added", "revoked", "compromisedSince"), None),
    "request": (("added",), "added"),
    "objection": (("request",), "request"),
    "complete": (("request", "compromisedSince", "evidence"), "request"),
}
"""What a key change takes, and which part it needs, by `recovery`."""


def check_organization(record: Organization) -> None:
    """Identifiers, prefixes and shares in order."""
    check_identifier(record.id, "id")
    for i, prefix in enumerate(record.prefixes):
        check_prefix(prefix, f"prefixes[{i}]")
        for other in record.prefixes[:i]:
            if overlap(prefix, other):
                raise Refused(
                    f"prefixes[{i}]: {prefix!r} overlaps with {other!r}", code="prefix-overlap",
                    field=f"prefixes[{i}]", value=prefix, rule="prefixes do not overlap",
                )
    if record.parent == record.id:
        raise Refused("parent: an organisation is not its own parent", code="parent", field="parent",
                      value=record.parent, rule="another organisation")
    if record.parent_share is not None and record.parent is None:
        raise Refused("parentShare without parent", code="parent", field="parentShare", value=record.parent_share,
                      rule="a share belongs to a parent")
    _check_distinct([key.spki for key in record.keys], "keys")


def check_key_change(record: KeyChange) -> None:
    """Something changes, nothing twice, and nothing is said that this step does not take."""
    takes, needs = _STEPS[record.recovery]
    said = {"added": bool(record.added), "revoked": bool(record.revoked), "request": record.request is not None,
            "evidence": record.evidence is not None, "compromisedSince": record.compromised_since is not None}
    for field in [name for name, given in said.items() if given and name not in takes]:
        raise Refused(f"{field}: no part of this key change", code="recovery-fields", field=field,
                      rule=f"a change with recovery {record.recovery or 'absent'} has {' '.join(takes)}")
    if needs is not None and not said[needs]:
        raise Refused(f"{needs}: missing", code="recovery-fields", field=needs,
                      rule=f"a change with recovery {record.recovery} has {needs}")
    if record.recovery is None and not record.added and not record.revoked:
        raise Refused("a key change without keys", code="no-change", field="added", rule="a key is added or revoked")
    if record.recovery is None and record.compromised_since is not None and not record.revoked:
        raise Refused("compromisedSince without revoked keys", code="no-change", field="compromisedSince",
                      value=record.compromised_since, rule="it is said of keys that are revoked")
    _check_distinct([key.spki for key in record.added], "added")
    _check_distinct(record.revoked, "revoked")


def check_activation(record: Activation) -> None:
    """The name is what a process can start with; the version is one word."""
    if not _PLUGIN.fullmatch(record.plugin):
        raise Refused(f"plugin: {record.plugin!r}", code="plugin-name", field="plugin", value=record.plugin,
                      rule="a lower-case ASCII letter, then such letters, digits and hyphens")
    if not _VERSION.fullmatch(record.version):
        raise Refused(f"version: {record.version!r}", code="plugin-version", field="version", value=record.version,
                      rule="printable ASCII characters without spaces")


def check_prime_order_keys(record: AnyRecord) -> None:
    """Raises InvalidKey where a record enters a key of mixed order. Takes milliseconds a key: for ahead of the lock."""
    match record:
        case Organization():
            keys, field = record.keys, "keys"
        case KeyChange():
            keys, field = record.added, "added"
        case _:
            return
    for i, public in enumerate(keys):
        where = f"{field}[{i}].spki"
        check_prime_order(load_spki(base64.b64decode(public.spki), where), where)


def proven_keys(keys: list[PublicKey], origin: str, organization: str, field: str) -> tuple[VerifyingKey, ...]:
    """The keys whose owner proved possession for this organisation on this ledger; raises InvalidKey for others."""
    proven = []
    for i, public in enumerate(keys):
        key = load_spki(base64.b64decode(public.spki), f"{field}[{i}].spki")
        check_possession(key, base64.b64decode(public.proof), origin, organization, f"{field}[{i}].proof")
        proven.append(key)
    return tuple(proven)


def _check_distinct(values: list[str], field: str) -> None:
    if len(set(values)) != len(values):
        raise Refused(f"{field} names a key twice", code="duplicate-key", field=field, rule="every key once")
