"""The outcome of a record, to which its log entry commits: an RFC 6962 tree over salted canonical JSON leaves.

Leaf 0 is the assessment, with the burdens that the record retained and the contents declared, arisen and lost. Leaf i
is output i with its figures. Each leaf has a salt derived from the record's nonce, so nobody can guess a leaf: the
figure of a single lot can be proved to readers who may not see the other leaves.
"""

import base64
import hashlib
from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Raw, Struct

from ledger.core.log.merkle import EMPTY_ROOT, leaf_hash, tree_root
from ledger.core.outcome.assessment import BURDENS, Assessment
from ledger.core.record.values import Quantity

_encoder = msgspec.json.Encoder(order="sorted")
_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
Figures = Mapping[str, float]


class Leaf(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, tag_field="leaf"):
    """`salt`: 16 bytes, base64url without padding."""

    salt: str


class Question(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The questioned amount of output `output`, kg CO2e: `share` of the amount that came in, `escaped` and `made` here.

    `escaped`: the burdens that the output escapes by its allocation share. If `made` is above zero, the output's figure
    of `figure` kg CO2e lies below `low`, and it makes up for the difference to `default`. `documented`: kg CO2e that
    the output would make more if the record had no documents. Numbers are the shortest decimal strings that read back
    to the same binary64.
    """

    output: int
    share: str = "0.0"
    made: str = "0.0"
    escaped: str = "0.0"
    documented: str = "0.0"
    figure: str | None = None
    low: str | None = None
    default: str | None = None


class AssessmentLeaf(Leaf, frozen=True, kw_only=True, tag="assessment"):
    """`retained`: burdens that stay with the record; `declared`, `arisen`, `lost`: contents, so that
    content out + lost = content in + declared + arisen. `averaged`, for an addition to a pool that is
    averaged over periods: the difference of its lot's burdens from the moving average. `covered`: the reduction of the
    market-based amounts of electricity inputs by green attributes. `activation`: the log index of the newest activation
    when the record was assessed, which fixes the versions of rules, sector and factor sets. `questions`: the questioned
    amount of each output; empty if nothing is in question. `accepted_by`, of a transfer: the log index of the standing
    acceptance by which the receiver accepted it on arrival. `products`, of a record for which an amendment asked for
    the newest products: the log index of the newest completion of any of them."""

    assessment: Raw
    method: str
    retained: dict[str, str] = {}
    declared: dict[str, str] = {}
    arisen: dict[str, str] = {}
    lost: dict[str, str] = {}
    plugin: str | None = None
    averaged: dict[str, str] = {}
    averaged_contents: dict[str, str] = {}
    covered: dict[str, str] = {}
    activation: int
    questions: tuple[Question, ...] = ()
    accepted_by: int | None = None
    products: int | None = None


class LotLeaf(Leaf, frozen=True, kw_only=True, tag="lot"):
    """An output lot as created. `plugin` is `name/version` of the sector that assessed its record. `owner` is present
    if it is not the holder, `credit` if the role is credit or attribute."""

    lot: str
    product: str
    quantity: Quantity
    holder: str
    role: str
    method: str
    burdens: dict[str, str] = {}
    contents: dict[str, str] = {}
    plugin: str | None = None
    owner: str | None = None
    credit: str | None = None


class RevisionLeaf(Leaf, frozen=True, kw_only=True, tag="revision"):
    """The root of the new outcome of the record with this log index and digest, which applies from now on."""

    index: int
    record: str
    outcome: str


AnyLeaf = AssessmentLeaf | LotLeaf | RevisionLeaf


def salt_seed(nonce: str) -> bytes:
    """The seed of a record's salts, from its nonce (base64url as on the wire). The store keeps it after an erasure."""
    return hashlib.sha256(b"carbon-ledger/salt/v1\n" + base64.urlsafe_b64decode(nonce + "==")).digest()


def salt(seed: bytes, index: int) -> str:
    """The salt of leaf `index`."""
    salted = hashlib.sha256(seed + index.to_bytes(4, "big")).digest()
    return b2a_base64(salted[:16], newline=False)[:22].translate(_URL_SAFE).decode()


def written(figures: Figures) -> dict[str, str]:
    """Figures as the shortest decimal strings that read back to the same binary64, without zeros."""
    return {name: repr(amount) for name, amount in figures.items() if amount != 0.0} if figures else {}


def written_burdens(vector: Sequence[float]) -> dict[str, str]:
    """`written` for a vector in the order of BURDENS."""
    if not any(vector):
        return {}
    return {name: repr(amount) for name, amount in zip(BURDENS, vector, strict=True) if amount}


def read(figures: Mapping[str, str]) -> dict[str, float]:
    """The inverse of `written`."""
    return {name: float(text) for name, text in figures.items()}


def assessment_bytes(assessment: Assessment) -> Raw:
    """Canonical JSON of an assessment; Decimals as their own strings."""
    return Raw(_encoder.encode(assessment))


def leaf_bytes(leaf: AnyLeaf) -> bytes:
    """The canonical JSON of a leaf, to which an outcome commits."""
    return _encoder.encode(leaf)


def outcome_root(leaves: Sequence[bytes]) -> bytes:
    """The 32 bytes in the entry; SHA-256 of no bytes for a record without results."""
    return tree_root([leaf_hash(leaf) for leaf in leaves]) if leaves else EMPTY_ROOT
