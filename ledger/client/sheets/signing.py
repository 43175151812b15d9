"""Signs records of an import. The nonce of a record follows from a secret, its key and its content, so that equal rows
give equal records: the ledger answers to the second one with the first receipt.

The nonce stays as hard to guess as a random one for everybody without the secret.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import NODEFAULT
from msgspec.structs import fields, replace

from ledger.admission.amending import AMENDABLE
from ledger.client.sheets.columns import Tree
from ledger.client.sheets.state import Imported
from ledger.client.writing.spelling import WrittenRecord, written
from ledger.core.record import canonical
from ledger.core.record.kinds import AnyRecord, Declaration
from ledger.core.record.revisions import Amendment, Change
from ledger.core.signatures.envelope import seal
from ledger.core.signatures.signing import SigningKey
from ledger.errors import ConfigurationError, InvalidInput
from ledger.host.files.key_files import write_pem
from ledger.registry.reference.examples import check_nonce

SUFFIX: Final = ".nonces"
_SECRET_BYTES: Final = 32
_NONCE_BYTES: Final = 16
_EMPTY: Final = base64.urlsafe_b64encode(bytes(_NONCE_BYTES)).decode().rstrip("=")


class ChangedValue(NamedTuple):
    """A value that differs: the path of its column, and the values before and after as JSON, `nothing` if absent."""

    path: str
    before: str
    after: str


class SignedRow(NamedTuple):
    """A signed record of an import. `content`: its canonical bytes with an empty nonce. `envelope`: a line to post."""

    kind: str
    digest: str
    content: bytes
    envelope: bytes


class RowSigner(NamedTuple):
    """Key, ledger and issuer of an import, with the secret of its nonces."""

    key: SigningKey
    origin: str
    issuer: str
    secret: bytes

    def written(self, tree: Tree) -> WrittenRecord:
        """The record of a tree, with an empty nonce unless the tree has one. Raises InvalidInput or InvalidBody."""
        issuer = tree.get("issuer", self.issuer)
        if issuer != self.issuer:
            raise InvalidInput(f"issuer: the issuer is {issuer!r}, but {self.issuer} signs", code="wrong-issuer",
                               field="issuer", value=issuer, rule=f"no issuer, or {self.issuer}")
        complete = written({"nonce": _EMPTY, **tree, "issuer": self.issuer})
        check_nonce(complete.record.nonce)
        return complete

    def sign(self, key: str, record: AnyRecord, content: bytes, after: str = "") -> SignedRow:
        """Signs the record of a business key. `after`: of an amendment, the digest of the one before it: a row that is
        changed, set back and changed again needs a record for each change."""
        kind = str(type(record).__struct_config__.tag)
        if record.nonce == _EMPTY:
            record = replace(record, nonce=self._nonce(kind, key, content, after))
        digest = canonical.digest(canonical.encode(record)).hex()
        return SignedRow(kind, digest, content, msgspec.json.encode(seal(record, self.key, self.origin)))

    def amend(self, key: str, record: Imported, changed: Tree, reason: str) -> SignedRow:
        """Signs an amendment that gives the record of a business key these fields."""
        values = {name: msgspec.Raw(canonical.encode(value)) for name, value in changed.items()}
        amendment = Amendment(issuer=self.issuer, nonce=_EMPTY, reason=reason,
                              changes=[Change(record=record.digest, fields=values)])
        return self.sign(key, amendment, canonical.encode(amendment), record.amendment)

    def _nonce(self, kind: str, key: str, content: bytes, after: str) -> str:
        parts = [self.origin, self.issuer, kind, key, hashlib.sha256(content).hexdigest()]
        named = msgspec.json.encode([*parts, after] if after else parts)
        digest = hmac.new(self.secret, named, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:_NONCE_BYTES]).decode().rstrip("=")


def changed_fields(old: bytes, new: AnyRecord, content: bytes) -> Tree:
    """The fields that an amendment has to replace so that a record with the content `old` becomes the record `new` with
    another content. Raises InvalidInput if no amendment can do that."""
    before: dict[str, Any] = msgspec.json.decode(old)
    after: dict[str, Any] = msgspec.json.decode(content)
    values: dict[str, Any] = msgspec.json.decode(canonical.encode(new))
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    allowed = AMENDABLE.get(type(new), frozenset())
    if isinstance(new, Declaration) and new.lot is None:
        allowed = frozenset()
    for name in names:
        if name not in allowed:
            rule = f"one of: {', '.join(sorted(allowed))}" if allowed else f"no field of a {after['type']} can change"
            raise InvalidInput(
                f"{name}: it differs from the record that was imported with this key, and no amendment can change it",
                code="not-amendable", field=name, value=_shown(after.get(name)),
                rule=f"{rule}; enter a new record under another key, or set the row back to {_shown(before.get(name))}",
            )
    return {name: values[name] if name in values else _default(new, name, before[name]) for name in names}


def changed_values(old: bytes, new: bytes) -> tuple[ChangedValue, ...]:
    """The values that differ between two contents, in the order of their fields."""
    return tuple(_changed_values("", msgspec.json.decode(old), msgspec.json.decode(new)))


def _changed_values(path: str, old: Any, new: Any) -> Iterator[ChangedValue]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in {**old, **new}:
            yield from _changed_values(f"{path}.{name}" if path else name, old.get(name), new.get(name))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for i, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _changed_values(f"{path}.{i}", before, after)
    elif old != new:
        yield ChangedValue(path, _shown(old), _shown(new))


def _default(record: AnyRecord, name: str, old: object) -> object:
    """The value by which an amendment empties a field: its default."""
    field = next(field for field in fields(type(record)) if field.encode_name == name)
    default = field.default if field.default_factory is NODEFAULT else field.default_factory()
    if default is NODEFAULT or default is None:
        raise InvalidInput(
            f"{name}: the cell is empty, but the record has {_shown(old)}", code="not-amendable", field=name,
            value=_shown(old), rule="an amendment replaces values, and cannot remove this one")
    return msgspec.to_builtins(default)


def _shown(value: object) -> str:
    return "nothing" if value is None else msgspec.json.encode(value).decode()


def read_secret(key: Path) -> bytes:
    """The secret beside a signing key; made on first use. Raises ConfigurationError."""
    path = key.with_name(key.name + SUFFIX)
    if not path.exists():
        write_pem(path, secrets.token_hex(_SECRET_BYTES).encode() + b"\n")
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"cannot read {path}: {error}", field="nonces", value=path) from error
    if len(secret) != _SECRET_BYTES:
        raise ConfigurationError(f"{path} does not hold a secret", field="nonces", value=path,
                                 rule=f"{_SECRET_BYTES} bytes in hexadecimal; restore it from a copy")
    return secret
