"""Statements: a lot's figure with all its proofs, signed by the log, in one file that anyone checks offline.

A file is `{"statement": TAG, "note": ..., "claims": {...}}`. The note is a C2SP signed note by the log's key, of two
lines: TAG, and the SHA-256 of the claims' canonical JSON. It has neither the three lines of a checkpoint nor its second
one, a size, so neither can pass for the other. However the file is formatted, the canonical bytes count.

The tree proves what its entries commit to. What it cannot prove, the log's key vouches for: that no later revision
below the size has changed a figure, the shares and parts (which, with the committed figures, must give the figure), and
an `answer` of another method. Bodies are not in it: no recipe beyond one hop.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from ledger.core.log.inclusion_proof import encode_proof
from ledger.core.log.merkle import all_paths, inclusion_path
from ledger.core.log.note import NoteSigner, sign_note
from ledger.core.record.canonical import encode
from ledger.core.record.values import Quantity
from ledger.errors import InvalidInput, VerificationError

TAG: Final = "carbon-ledger/statement/v1"
_FEW: Final = 4
_generic = msgspec.json.Decoder()


class StatementClaim(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True):
    """Base of everything that is signed. Numbers are decimal strings, hashes base64 where nothing else is said."""


class ProvenEntry(StatementClaim, frozen=True):
    """A log entry (170 bytes) with its path in the statement's tree."""

    index: int
    entry: str
    path: list[str]


class ShownRecord(StatementClaim, frozen=True):
    """A leaf of an outcome at `index`, with its path in it."""

    leaf: Raw
    index: int
    path: list[str]


class StatementRevision(StatementClaim, frozen=True):
    """The record at log index `by` gave another one the results that count: a leaf of its outcome of `size` leaves."""

    by: int
    size: int
    shown: ShownRecord


class ProvenRecord(StatementClaim, frozen=True):
    """A record at a log index: how many `leaves` the outcome that counts has, and by which revision it is that one.
    `reads`: of the record that made the lot, hex SHA-256 of its body as it reads now, where it was logged otherwise."""

    index: int
    leaves: int
    revision: StatementRevision | None = None
    reads: str | None = None


class Held(StatementClaim, frozen=True):
    """Mass fractions of a lot whose composition is not its product's."""

    materials: dict[str, str] = {}
    elements: dict[str, str] = {}
    fossil_carbon: str | None = None
    biogenic_carbon: str | None = None


class StatementInput(StatementClaim, frozen=True):
    """What a sector, and the rules, see of an input lot besides its leaf. `mass`: kg of the whole lot; `sameMaker`:
    it was made by the very facility and process that it goes into; `generated`: it is power that a record made."""

    mass: str | None = None
    origin: str | None = None
    item: str | None = None
    composition: Held | None = None
    same_maker: bool = False
    sender: str | None = None
    pool: str | None = None
    expires: str | None = None
    generated: bool = False


class Input(StatementClaim, frozen=True):
    """A lot that the record took from: its leaf, of the record at log index `record`, and the part that was taken:
    `quantity` in the lot's unit, over the leaf's quantity, as binary64."""

    record: int
    shown: ShownRecord
    quantity: str
    part: str
    facts: StatementInput = StatementInput()


class StatementFigure(StatementClaim, frozen=True):
    """Burdens and contents of the whole lot; `footprint` and `perUnit`: kg CO2e of the lot, and of one unit of it.

    `title` says whether it is incomplete, `completeness` how much of the absolute amounts is known.
    """

    title: str
    footprint: str
    per_unit: str
    completeness: str
    burdens: dict[str, str] = {}
    contents: dict[str, str] = {}


class Claims(StatementClaim, frozen=True):
    """Figure, method and versions of a lot, the tree of `size` and `root` with its signed `checkpoint`, and the proofs.

    `record` is the log index of the record that made the lot, `digest` that of its body. The lot carries `share` of
    what the record emitted and took; `provisional`: what it emitted waits for a closing. `inputs` are in the record's
    order, `records` and `entries` in log order. `named`: digests of the records whose bodies, besides its own, a
    recomputation needs. `stock`: of an addition to a pool, the pool's lot that it made. `answer`: what another method
    answers, which no tree proves. `limitations`: which records at and behind the figure keys signed that were reported
    compromised when the statement was made.
    """

    origin: str
    lot: str
    product: str
    quantity: Quantity
    figure: StatementFigure
    method: str
    gwp: str
    software: str
    size: int
    root: str
    checkpoint: str
    record: int
    digest: str
    type: str
    share: str
    assessment: ShownRecord
    result: ShownRecord
    records: list[ProvenRecord]
    entries: list[ProvenEntry]
    inputs: list[Input] = []
    provisional: bool = False
    plugin: str | None = None
    plugin_digest: str | None = None
    named: list[str] = []
    stock: str | None = None
    answer: Raw | UnsetType = UNSET
    limitations: list[str] = []


class Statement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A statement as it travels; nothing of it is verified by reading it."""

    statement: str
    note: str
    claims: Raw


class _StatementProbe(Struct, frozen=True):
    """The one field that only statements have."""

    statement: str | None = None


_statement = msgspec.json.Decoder(Statement)
_claims = msgspec.json.Decoder(Claims)
_probe = msgspec.json.Decoder(_StatementProbe)


def sign_statement(claims: Claims, *signers: NoteSigner) -> Statement:
    """The statement that the log makes of these claims; byte for byte the same each time."""
    data = encode(claims)
    return Statement(statement=TAG, note=sign_note(note_text(data), signers), claims=Raw(data))


def note_text(canonical: bytes) -> str:
    """What the log signs, of the claims' canonical bytes."""
    return f"{TAG}\n{hashlib.sha256(canonical).hexdigest()}\n"


def is_statement(data: bytes) -> bool:
    """Whether a file says that it is a statement, of whatever version."""
    try:
        return _probe.decode(data).statement is not None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def read_statement(data: bytes) -> Statement:
    """Raises InvalidInput where `data` is no statement of this version."""
    rule = f"a file as `export footprint` writes it, {TAG}"
    try:
        found = _statement.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"not a statement: {error}", code="not-a-statement", field="statement", rule=rule) from None
    if found.statement != TAG:
        raise InvalidInput(f"not a statement of a known version: {found.statement[:80]!r}", code="statement-version",
                           field="statement", value=found.statement, rule=rule)
    return found


def canonical_claims(statement: Statement) -> tuple[Claims, bytes]:
    """The claims with their canonical bytes; raises VerificationError where they are none."""
    try:
        tree = _generic.decode(statement.claims)
        _check_plain(tree)
        data = encode(tree)
        # From the very bytes that are signed: of a key that stands twice, JSON readers take one or the other.
        return _claims.decode(data), data
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise malformed("claims", f"no claims of a statement: {error}") from None


def answer_of(value: object) -> Raw:
    """An answer as claims hold it: figures as the shortest decimal strings that read back to the same binary64, what
    is absent left out."""
    return Raw(encode(_spelled(_generic.decode(msgspec.json.encode(value)))))


def shown(leaves: Mapping[int, bytes], hashes: Sequence[bytes]) -> dict[int, ShownRecord]:
    """Leaves of an outcome by index, each with its path; `hashes` are those of all leaves that the outcome has."""
    wanted = list(leaves)
    if len(wanted) < _FEW:
        paths = {i: inclusion_path(hashes, i) for i in wanted}
    else:
        every = all_paths(hashes)
        paths = {i: every[i] for i in wanted}
    return {i: ShownRecord(leaf=Raw(leaves[i]), index=i, path=spelled_path(paths[i])) for i in wanted}


def proven_entry(index: int, entry: bytes, path: Sequence[bytes]) -> ProvenEntry:
    return ProvenEntry(index=index, entry=base64.b64encode(entry).decode(), path=spelled_path(path))


def spelled_path(path: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(node).decode() for node in path]


def tlog_proof(claims: Claims, index: int) -> str:
    """The C2SP tlog-proof of one of the statement's entries, for other programs that read these. Raises InvalidInput
    for an index whose entry is not in it."""
    for one in claims.entries:
        if one.index == index:
            path = [base64.b64decode(node) for node in one.path]
            return encode_proof(index, path, claims.checkpoint)
    raise InvalidInput(f"entry {index} is not in the statement", field="index", value=index,
                       rule="the index of one of its entries")


def malformed(field: str, message: str, value: object = None) -> VerificationError:
    """The error of step 1."""
    return VerificationError(f"{field}: {message}", step=1, code="malformed-statement", field=field, value=value)


def _check_plain(tree: Any) -> None:
    """What is signed has one spelling in every language: no fractions, no null."""
    nodes = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            nodes.extend(node.values())
        elif isinstance(node, list):
            nodes.extend(node)
        elif node is None or isinstance(node, float):
            raise ValueError(f"{node!r} where numbers are decimal strings, and what is absent is left out")


def _spelled(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _spelled(one) for name, one in node.items() if one is not None}
    if isinstance(node, list):
        return [_spelled(one) for one in node if one is not None]
    return repr(node) if isinstance(node, float) else node
