"""Statements: a lot's figure with all its proofs, signed by the log, in one file that anyone checks offline.

A file is `{"statement": TAG, "note": ..., "claims": {...}}`. The note is a C2SP signed note by the log's key, of two
lines: TAG, and the SHA-256 of the claims' canonical JSON. A checkpoint has three lines and a size in its second one, so
a checkpoint and a statement cannot pass for each other. Only the canonical bytes count, however the file is formatted.

The tree proves everything that its entries commit to. The log's key vouches for the rest: that no later revision below
the size has changed a figure, the shares and parts (which, with the committed figures, must give the figure), an
`answer` of another method, and the reconciliation of the site. A statement has no record bodies, so it shows no recipe
beyond the direct inputs.
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
from ledger.core.receipts.study import StudyClaim
from ledger.core.record.canonical import encode
from ledger.core.record.values import Quantity
from ledger.errors import InvalidInput, VerificationError

TAG: Final = "carbon-ledger/statement/v1"
_FEW: Final = 4
_generic = msgspec.json.Decoder()


class StatementClaim(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True):
    """Base of everything that is signed. Numbers are decimal strings; hashes are base64 unless stated otherwise."""


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
    """The record at log index `by` revised another one: a leaf of its outcome (`size` leaves) has the valid results."""

    by: int
    size: int
    shown: ShownRecord


class ProvenRecord(StatementClaim, frozen=True):
    """A record at a log index: how many `leaves` its valid outcome has, and the revision which gave it that outcome.
    `reads`, only for the record that made the lot: hex SHA-256 of its current body, if an amendment changed it."""

    index: int
    leaves: int
    revision: StatementRevision | None = None
    reads: str | None = None


class Held(StatementClaim, frozen=True):
    """Mass fractions of a lot whose composition is not its product's. `edition`: the digest of the newest completion of
    its product when the lot was made."""

    materials: dict[str, str] = {}
    elements: dict[str, str] = {}
    fossil_carbon: str | None = None
    biogenic_carbon: str | None = None
    edition: str | None = None


class StatementInput(StatementClaim, frozen=True):
    """Facts of an input lot that a sector and the rules use, besides its leaf. `mass`: kg of the whole lot;
    `sameMaker`: the same facility and process made the lot and now uses it; `generated`: a record made this power;
    `made` and `since`: its dates (see `ledger.admission.provenance.dates`)."""

    mass: str | None = None
    origin: str | None = None
    item: str | None = None
    composition: Held | None = None
    same_maker: bool = False
    sender: str | None = None
    pool: str | None = None
    expires: str | None = None
    generated: bool = False
    made: str | None = None
    since: str | None = None


class Input(StatementClaim, frozen=True):
    """A lot that the record took from: its leaf, of the record at log index `record`, and the taken fraction `part`:
    `quantity` in the lot's unit, over the leaf's quantity, as binary64."""

    record: int
    shown: ShownRecord
    quantity: str
    part: str
    facts: StatementInput = StatementInput()


class StatementFigure(StatementClaim, frozen=True):
    """Burdens and contents of the whole lot; `footprint` and `perUnit`: kg CO2e of the lot, and of one unit of it.

    `title` says whether the figure is incomplete, `completeness` the known share of the absolute amounts.
    `limit`: the largest doubtful share of a footprint, `doubtful`: the shares that are omitted, questioned and
    provisional.
    `locationBased` and `marketBased`: the totals with electricity counted either way, if they differ from `footprint`.
    """

    title: str
    footprint: str
    per_unit: str
    completeness: str
    limit: str
    doubtful: dict[str, str]
    location_based: str | None = None
    market_based: str | None = None
    burdens: dict[str, str] = {}
    contents: dict[str, str] = {}


class SiteDifference(StatementClaim, frozen=True):
    """A difference of the site's reconciliation, in `unit`; `emissions`: kg CO2e, if a price is known. Its name and
    amount stay with the operator."""

    kind: str
    unit: str
    emissions: str | None = None


class SiteClaim(StatementClaim, frozen=True):
    """The reconciliation of the facility that made the lot, over the closed period of its record: `closings` are their
    log indexes, `shares` the unreconciled shares by unit, `emissions` the kg CO2e of the differences, and
    `emissionsShare` their share of the kg CO2e that the site handled. `differences`: the largest, at most 5; `leftOff`:
    the number of the others. `unread`: why there is no figure. The log's key vouches for it: no tree proves it."""

    facility: str
    since: str | None = msgspec.field(default=None, name="from")
    until: str | None = msgspec.field(default=None, name="to")
    closings: list[int] = []
    shares: dict[str, str] = {}
    emissions: str | None = None
    emissions_share: str | None = None
    differences: list[SiteDifference] = []
    left_off: int = 0
    unread: str | None = None


class AttestationClaim(StatementClaim, frozen=True):
    """An attestation of the lot, its record, its product or its facility, by log `index` and digest. `examinedSize`:
    the tree whose figure was examined; `outdated`: the figure was revised since, from `examinedFootprint` to the
    statement's. `independent` is false for the maker, its group, and a customer. `countsAs`: the verified share in
    which it counts; `notCounted`: why it counts in no share."""

    index: int
    record: str
    kind: str
    auditor: str
    standard: str
    level: str
    opinion: str
    valid_until: str
    independent: bool
    party: str
    examined_size: int
    outdated: bool = False
    in_doubt: bool = False
    examined_footprint: str | None = None
    relation: str | None = None
    coverage: str | None = None
    accreditation: str | None = None
    counts_as: str | None = None
    not_counted: str | None = None


class VersionClaim(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A version in force: of the ledger's rules, of a sector, or of a factor set, which has a precedence."""

    name: str
    version: str
    digest: str
    precedence: int | None = None


class Claims(StatementClaim, frozen=True, kw_only=True):
    """Figure, method and versions of a lot, the tree of `size` and `root` with its signed `checkpoint`, and the proofs.

    `record` is the log index of the record that made the lot, `digest` the digest of its body. The lot carries `share`
    of the burdens that the record emitted and took over; `provisional`: its emissions wait for a closing. `inputs` are
    in the record's order, `records` and `entries` in log order. `named`: digests of the other records whose bodies a
    recomputation needs. `versions`: of the rules, the sector and the factor sets that assessed the record. `study`: the
    context of the figure, if the lot's product or facility states one. `stock`: the pool's lot that an addition to a
    pool made. `answer`: the answer of another method, which no tree proves. `limitations`:
    the records in the figure's upstream chain whose keys were reported compromised when the log made the statement.
    `site`: the reconciliation of the site that made the lot, or the lot that a transfer handed over.

    `figureKind`: of one lot, or an average of a pool. `dataEnd`: the end of the figure's data, `validUntil` three years
    later; a change above 10 % ends the validity earlier. `attestations` stand beside questions and remove no question;
    `verified`: the shares of the figure that attestations in force cover. No tree proves these two.

    A statement for a caller who may not see how the lot is made has neither `assessment` nor `share` and `inputs`: it
    proves the committed figure, but the figure cannot be recomputed from it.
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
    share: str | None = None
    assessment: ShownRecord | None = None
    result: ShownRecord
    records: list[ProvenRecord]
    entries: list[ProvenEntry]
    inputs: list[Input] = []
    provisional: bool = False
    plugin: str | None = None
    plugin_digest: str | None = None
    named: list[str] = []
    versions: list[VersionClaim] = []
    study: StudyClaim | None = None
    stock: str | None = None
    answer: Raw | UnsetType = UNSET
    limitations: list[str] = []
    site: SiteClaim | None = None
    figure_kind: str
    data_end: str | None = None
    valid_until: str | None = None
    attestations: list[AttestationClaim] = []
    verified: dict[str, str] = {}


class Statement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A statement as it travels. Reading it verifies nothing."""

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
    """The statement of these claims, signed by the log; byte for byte the same each time."""
    data = encode(claims)
    return Statement(statement=TAG, note=sign_note(note_text(data), signers), claims=Raw(data))


def note_text(canonical: bytes) -> str:
    """The text that the log signs, from the claims' canonical bytes."""
    return f"{TAG}\n{hashlib.sha256(canonical).hexdigest()}\n"


def is_statement(data: bytes) -> bool:
    """Whether a file says that it is a statement, of any version."""
    try:
        return _probe.decode(data).statement is not None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def read_statement(data: bytes) -> Statement:
    """The statement in `data`. Raises InvalidInput if it is not a statement of this version."""
    rule = f"a file as `export footprint` writes it, {TAG}"
    try:
        statement = _statement.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"not a statement: {error}", code="not-a-statement", field="statement", rule=rule) from None
    if statement.statement != TAG:
        raise InvalidInput(f"unknown statement version {statement.statement[:80]!r}, not {TAG!r}",
                           code="statement-version", field="statement", value=statement.statement, rule=rule)
    return statement


def canonical_claims(statement: Statement) -> tuple[Claims, bytes]:
    """The claims with their canonical bytes. Raises VerificationError if they are malformed."""
    try:
        tree = _generic.decode(statement.claims)
        _check_plain(tree)
        data = encode(tree)
        # Decode the bytes that are signed: if a key occurs twice, JSON readers differ in which value they take.
        return _claims.decode(data), data
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise malformed("claims", f"not the claims of a statement: {error}") from None


def answer_of(value: object) -> Raw:
    """An answer in the form of claims: figures as the shortest decimal strings that read back to the same binary64,
    without absent fields."""
    return Raw(encode(_spelled(_generic.decode(msgspec.json.encode(value)))))


def shown(leaves: Mapping[int, bytes], hashes: Sequence[bytes]) -> dict[int, ShownRecord]:
    """Leaves of an outcome by index, each with its path; `hashes` are the hashes of all leaves of the outcome."""
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
    """The C2SP tlog-proof of an entry of the statement, for other programs that read such proofs. Raises InvalidInput
    if the statement does not have the entry."""
    for entry in claims.entries:
        if entry.index == index:
            path = [base64.b64decode(node) for node in entry.path]
            return encode_proof(index, path, claims.checkpoint)
    raise InvalidInput(f"entry {index} is not in the statement", field="index", value=index,
                       rule="the index of an entry of the statement")


def malformed(field: str, message: str, value: object = None) -> VerificationError:
    """The error of step 1."""
    return VerificationError(f"{field}: {message}", step=1, code="malformed-statement", field=field, value=value)


def _check_plain(tree: Any) -> None:
    """Refuses numbers with fractions and null, so that signed data has one spelling in every language."""
    nodes = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            nodes.extend(node.values())
        elif isinstance(node, list):
            nodes.extend(node)
        elif node is None or isinstance(node, float):
            raise ValueError(f"{node!r} is not allowed: numbers are decimal strings, absent fields are left out")


def _spelled(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _spelled(one) for name, one in node.items() if one is not None}
    if isinstance(node, list):
        return [_spelled(one) for one in node if one is not None]
    return repr(node) if isinstance(node, float) else node
