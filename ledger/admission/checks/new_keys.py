"""Keys that records enter: each has its owner's consent, is entered once, and has prime order."""

import base64
from collections.abc import Iterator, Sequence
from typing import Any

from ledger.admission.state import State
from ledger.core.record.values import PublicKey
from ledger.core.signatures.signing import VerifyingKey, check_possession, check_prime_order, load_spki
from ledger.errors import Refused


def check_prime_order_keys(field: str, keys: Sequence[PublicKey]) -> None:
    """Raises InvalidKey for a key of mixed order. This takes milliseconds per key, so it runs ahead of the lock."""
    for i, public in enumerate(keys):
        where = f"{field}[{i}].spki"
        check_prime_order(load_spki(base64.b64decode(public.spki), where), where)


def proven_keys(
    keys: list[PublicKey], origin: str, organization: str, field: str, parent: str | None = None
) -> tuple[VerifyingKey, ...]:
    """The keys, each with a proof of possession for this organisation on this ledger, and for the parent with which it
    is enrolled. Raises InvalidKey without one."""
    proven = []
    for i, public in enumerate(keys):
        key = load_spki(base64.b64decode(public.spki), f"{field}[{i}].spki")
        check_possession(key, base64.b64decode(public.proof), origin, organization, f"{field}[{i}].proof",
                         parent)
        proven.append(key)
    return tuple(proven)


def check_new_keys(keys: Sequence[VerifyingKey], state: State, field: str) -> None:
    """Raises Refused for a key that is or was enrolled."""
    for i, key in enumerate(keys):
        if key.keyid in state.keys:
            raise Refused(f"{field}[{i}]: the key is already enrolled", code="key-taken", field=f"{field}[{i}]",
                          value=key.keyid.hex(), rule="a key is enrolled once, for one organisation")


def check_distinct(values: list[str], field: str) -> None:
    """Raises Refused if a list names a key twice."""
    if len(set(values)) != len(values):
        raise Refused(f"{field} names a key twice", code="duplicate-key", field=field, rule="every key once")


def key_rows(keys: Sequence[VerifyingKey], organization: str, index: int) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The lookup rows of keys that the record at `index` enters."""
    for key in keys:
        yield "signing_key", (key.keyid, key.spki, organization, index)
