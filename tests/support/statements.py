"""Statements of lots of a ledger in memory, put together from its leaves and entries alone; and how to change them."""

import base64
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import UNSET, Raw, UnsetType

from ledger.admission.facts import LotFacts
from ledger.admission.lookups import add_names
from ledger.admission.names import Names
from ledger.admission.title_limit import DEFAULT_LIMIT
from ledger.core.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.log.merkle import inclusion_path, leaf_hash, tree_root
from ledger.core.log.note import NoteSigner, sign_note
from ledger.core.log.note import vkey as vkey_of
from ledger.core.outcome.leaves import AssessmentLeaf, LotLeaf
from ledger.core.receipts.statement import (
    TAG,
    Claims,
    Held,
    Input,
    ProvenRecord,
    ShownRecord,
    Statement,
    StatementInput,
    StatementRevision,
    note_text,
    proven_entry,
    shown,
    sign_statement,
)
from ledger.core.record import canonical
from ledger.core.record.kinds import (
    Addition,
    AnyRecord,
    Declaration,
    Facility,
    Organization,
    Pool,
    Product,
    Transformation,
)
from ledger.footprint.derived.statements import adjustment_of, figure_of
from ledger.footprint.derived.validity import figure_kind, valid_until
from ledger.service.queries.versions import version_claims
from support.memory import ORIGIN, MemoryLedger

LOG: Final = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\1" * 32))
VKEY: Final = vkey_of(ORIGIN, LOG.verifier.key)
ROGUE: Final = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\2" * 32))
_assessment = msgspec.json.Decoder(AssessmentLeaf)
_lot = msgspec.json.Decoder(LotLeaf)


def stated(memory: MemoryLedger, lot: str, answer: Raw | UnsetType = UNSET) -> Statement:
    """What the log would say of a lot as everything reads now."""
    return sign_statement(claims_of(memory, lot, answer), LOG)


def claims_of(memory: MemoryLedger, lot: str, answer: Raw | UnsetType = UNSET) -> Claims:
    number = memory.state.lots[lot].number
    index, place = number // 1024, number % 1024 + 1
    prepared = memory.history.prepared[index]
    record = prepared.submission.record
    numbers = [number, *[taken.lot.number for taken in prepared.plan.taken]]
    places = {(one // 1024, one % 1024 + 1) for one in numbers} | {(index, 0)}
    outcomes = {
        one: shown({at: memory.leaves[one][at] for where, at in places if where == one}, _hashes(memory.leaves[one]))
        for one, _ in places
    }
    revisions = {one: _revision(memory, one) for one in outcomes}
    wanted = {*outcomes, *[one.by for one in revisions.values() if one is not None]}
    hashes = _hashes(memory.entries)
    size, root = len(hashes), tree_root(hashes)
    leaf = _lot.decode(memory.leaves[index][place])
    sector = memory.registry.sector((leaf.plugin or "").partition("/")[0])
    first = _assessment.decode(memory.leaves[index][0])
    end = record.end if isinstance(record, Transformation | Declaration) else None
    return Claims(
        origin=ORIGIN, lot=lot, product=leaf.product, quantity=leaf.quantity,
        figure=figure_of(leaf, first, place - 1, DEFAULT_LIMIT),
        method=leaf.method, gwp="AR6", software="carbon-ledger/test", plugin=leaf.plugin,
        plugin_digest=sector.digest if sector else None, size=size, root=base64.b64encode(root).decode(),
        checkpoint=sign_checkpoint(Checkpoint(ORIGIN, size, root), LOG), record=index,
        digest=memory.digests[index].hex(), type=str(record.__struct_config__.tag),
        share=repr(prepared.work.shares[place - 1] if prepared.work.shares else 0.0),
        provisional=isinstance(record, Transformation) and record.basis == "provisional",
        assessment=outcomes[index][0], result=outcomes[index][place],
        records=[
            ProvenRecord(index=one, leaves=len(memory.leaves[one]), revision=revisions[one],
                         reads=_reads(memory, one) if one == index else None)
            for one in sorted(outcomes)
        ],
        entries=[proven_entry(one, memory.entries[one], inclusion_path(hashes, one)) for one in sorted(wanted)],
        inputs=_inputs(memory, index, outcomes), named=_named(memory, record, prepared.plan.taken),
        versions=version_claims(memory.state.activations, first, index),
        stock=prepared.plan.created[0].facts.id if isinstance(record, Addition) else None, answer=answer,
        figure_kind=figure_kind(str(record.__struct_config__.tag), averaged=adjustment_of(first) is not None),
        data_end=end, valid_until=None if end is None else valid_until(end),
    )


def _hashes(leaves: Sequence[bytes]) -> list[bytes]:
    return [leaf_hash(leaf) for leaf in leaves]


def _revision(memory: MemoryLedger, index: int) -> StatementRevision | None:
    """The newest revision of the record at `index`."""
    for by, revision in reversed(memory.revisions):
        for place, one in enumerate(revision.revised, start=1):
            if one.index == index:
                leaves = memory.original_leaves[by]
                return StatementRevision(
                    by=by, size=len(leaves), shown=shown({place: leaves[place]}, _hashes(leaves))[place]
                )
    return None


def _reads(memory: MemoryLedger, index: int) -> str | None:
    digest = canonical.digest(memory.history.prepared[index].submission.body)
    return None if digest == memory.digests[index] else digest.hex()


def _inputs(memory: MemoryLedger, index: int, outcomes: dict[int, dict[int, ShownRecord]]) -> list[Input]:
    prepared = memory.history.prepared[index]
    record = prepared.submission.record
    maker = (record.facility, record.process) if isinstance(record, Transformation) else None
    found = []
    for taken in prepared.plan.taken:
        lot = memory.state.lots[taken.lot.id]
        found.append(Input(
            record=lot.index, shown=outcomes[lot.index][lot.number % 1024 + 1], quantity=f"{taken.quantity:f}",
            part=repr(float(taken.quantity) / float(lot.quantity)),
            facts=_facts(lot, same_maker=maker is not None and lot.maker == maker),
        ))
    return found


def _facts(lot: LotFacts, *, same_maker: bool) -> StatementInput:
    own = lot.composition
    return StatementInput(
        mass=None if lot.mass is None else f"{lot.mass:f}", origin=lot.origin, item=lot.item,
        composition=None if own is None else Held(
            materials=dict(own.materials), elements=dict(own.elements), fossil_carbon=own.fossil_carbon,
            biogenic_carbon=own.biogenic_carbon,
        ),
        same_maker=same_maker, sender=lot.sender, pool=lot.pool, expires=lot.expires, made=lot.made,
        since=lot.since,
    )


def _named(memory: MemoryLedger, record: AnyRecord, taken: Sequence[Any]) -> list[str]:
    names = Names()
    add_names(record, names)
    wanted = names.organizations | names.facilities | names.products | {one.lot.product for one in taken}
    if isinstance(record, Addition):
        wanted |= {record.pool, memory.state.pools[record.pool].product}
    entered = [
        digest.hex() for posted, digest in zip(memory.records, memory.digests, strict=True)
        if isinstance(posted, Organization | Facility | Product | Pool) and posted.id in wanted
    ]
    return [*entered, *sorted(names.declarations | names.transfers)]


# --- bodies ----------------------------------------------------------------------------------------------------------


def bodies_of(memory: MemoryLedger) -> dict[str, bytes]:
    """All bodies by digest, as they were posted and as they read now."""
    posted = [canonical.encode(record) for record in memory.records]
    now = [prepared.submission.body for prepared in memory.history.prepared.values()]
    return {canonical.digest(body).hex(): body for body in (*posted, *now)}


# --- changing one thing at a time ------------------------------------------------------------------------------------


Path = tuple[str | int, ...]


def tree_of(statement: Statement) -> Any:
    """The claims as plain JSON values."""
    return msgspec.json.decode(statement.claims)


def signed(tree: object, signer: NoteSigner = LOG) -> Statement:
    """A statement of these claims, whatever they are: what a log that lies can make."""
    data = canonical.encode(tree)
    return Statement(statement=TAG, note=sign_note(note_text(data), [signer]), claims=Raw(data))


def paths(tree: Any, where: Path = ()) -> Iterator[Path]:
    """The places of everything in it: values, and whole objects and lists."""
    if where:
        yield where
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from paths(value, (*where, name))
    elif isinstance(tree, list):
        for i, value in enumerate(tree):
            yield from paths(value, (*where, i))


def at(tree: Any, where: Path) -> Any:
    for step in where:
        tree = tree[step]
    return tree


def changed(tree: Any, where: Path, value: object) -> Any:
    """A copy with another value in one place; without it, where that is `REMOVED`."""
    copy = msgspec.json.decode(msgspec.json.encode(tree))
    parent = at(copy, where[:-1])
    if value is REMOVED:
        del parent[where[-1]]
    else:
        parent[where[-1]] = value
    return copy


REMOVED: Final = object()


def other(value: Any) -> object:
    """Another value of the same kind: one digit or letter is another one; what is true is false."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        for i, character in enumerate(value):
            if character.isdigit():
                return value[:i] + str((int(character) + 1) % 10) + value[i + 1:]
        return "y" + value if value[:1] != "y" else value[1:]
    return REMOVED
