"""Organisations with keys and nonces that a seed gives, so that whole logs repeat byte for byte."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ledger.core.record.kinds import Organization
from ledger.core.record.values import PublicKey
from ledger.core.signatures.signing import SigningKey


class Party(NamedTuple):
    """An organisation that signs. It mints identifiers under its id and a colon."""

    id: str
    key: SigningKey

    @property
    def prefix(self) -> str:
        return f"{self.id}:"


def party(seed: int, name: str) -> Party:
    """The organisation `urn:example:NAME` with the key that the seed gives it."""
    return Party(f"urn:example:{name}", SigningKey.from_seed(hashlib.sha256(f"{seed}/key/{name}".encode()).digest()))


def nonces(seed: int, name: str) -> Iterator[str]:
    """Endless nonces; two streams differ where seed or name do."""
    start = hashlib.sha256(f"{seed}/nonce/{name}".encode())
    count = 0
    while True:
        one = start.copy()
        one.update(count.to_bytes(8, "big"))
        yield base64.urlsafe_b64encode(one.digest()[:16])[:22].decode()
        count += 1


def enrolment(
    enrolled: Party, registrar: Party, origin: str, nonce: str, *, prefixes: Sequence[str] | None = None,
    parent: str | None = None, share: str | None = None,
) -> Organization:
    """The record, to be signed by the registrar, by which `enrolled` enters the ledger of `origin`; with a `parent`
    that owns a `share` of it."""
    proof = enrolled.key.prove_possession(origin, enrolled.id, parent)
    key = PublicKey(spki=base64.b64encode(enrolled.key.spki).decode(), proof=base64.b64encode(proof).decode())
    return Organization(
        issuer=registrar.id, nonce=nonce, id=enrolled.id, keys=[key], parent=parent, parent_share=share,
        prefixes=[enrolled.prefix] if prefixes is None else list(prefixes),
        roles=["registrar"] if enrolled.id == registrar.id else [],
    )
