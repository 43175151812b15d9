"""Making statements: a lot's figure as of a signed tree, with all proofs down to the figures one hop away.

A statement is proved, by the same steps as its readers take, before it is signed: rows that somebody has changed do not
get the log's signature this way.
"""

import asyncio
from collections.abc import Sequence
from importlib.metadata import version

import msgspec
from msgspec import UNSET

from ledger.admission.checks.attributes import is_generated
from ledger.admission.facts import LOT_SLOTS, LotFacts
from ledger.admission.lookups import add_names
from ledger.admission.names import Names
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.note import NoteSigner
from ledger.core.outcome.leaves import LotLeaf
from ledger.core.receipts.statement import (
    Claims,
    Held,
    Input,
    ProvenRecord,
    Statement,
    StatementInput,
    answer_of,
    sign_statement,
    spelled_path,
)
from ledger.core.receipts.statement_steps import prove
from ledger.core.record.kinds import Addition, AnyRecord, Transformation
from ledger.core.record.units import plain
from ledger.errors import LedgerError, VerificationError
from ledger.footprint.derived.statements import GWP, figure_of, part_taken, recompute
from ledger.service.heads.publication import Publication
from ledger.service.queries.doubts import read_doubts_behind
from ledger.service.queries.statement.rows import Results, StatementRows, StatementTree, read_results, read_tree
from ledger.service.queries.tree_size import EVER, Moment
from ledger.store.database import Connection, DatabasePool
from ledger.store.sql import queries

_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_lot = msgspec.json.Decoder(LotLeaf)


async def statement_size(pool: DatabasePool, at: int | None) -> int:
    """The size of the tree in which a statement as of `at` entries is proved. Raises InvalidInput for a tree that is
    not."""
    async with pool.acquire() as connection:
        return (await read_tree(connection, at)).size


async def make_statement(
    pool: DatabasePool, publication: Publication, lot: str, at: int | None = None, answer: object = None
) -> Statement:
    """The statement of a lot now, or as of a tree of `at` entries. It is proved in the smallest tree with a checkpoint
    that holds these: figures are the same in it, since a revision is a batch of its own. `answer`: what another method
    answers, vouched for beside the figure.

    Raises NotFound for a lot that is not on the ledger, was not yet, or is withdrawn; InvalidInput for a tree that is
    not, or for too much; LedgerError where what is stored does not prove what it says.
    """
    async with pool.acquire() as connection:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            tree = await read_tree(connection, at)
            found = await read_results(connection, lot, tree, at)
            record = _record.decode(found.body)
            named = await _named(connection, record, found)
            digest = await _plugin_digest(connection, found)
        checkpoint = await publication.checkpoint(connection, tree.size, tree.root)
    # The tree may end before a report that came since: what is known of signatures is as of the question.
    reported = Moment(EVER if at is None else at, tree.version)
    _, limitations = await read_doubts_behind(pool, [found.own.row["index"]], reported)
    return await asyncio.to_thread(
        _signed, publication.signers, publication.keys, checkpoint, tree, found, record, named, digest, answer,
        limitations,
    )


def _signed(
    signers: Sequence[
        NoteSigner
    ], keys: LogKeys, checkpoint: str, tree: StatementTree, found: StatementRows, record: AnyRecord,
    named: list[str], plugin_digest: str | None, answer: object, limitations: list[str],
) -> Statement:
    claims = _claims(keys.origin, checkpoint, tree, found, record, named, plugin_digest, answer, limitations)
    try:
        recompute(prove(claims, keys))
    except VerificationError as error:
        raise LedgerError(f"what is stored of {claims.lot!r} does not prove its figure: {error.message}",
                          code="unproven", field=error.field, value=error.value) from error
    return sign_statement(claims, *signers)


def _claims(
    origin: str, checkpoint: str, tree: StatementTree, found: StatementRows, record: AnyRecord, named: list[str],
    plugin_digest: str | None, answer: object, limitations: list[str],
) -> Claims:
    own, place = found.own, found.number % LOT_SLOTS + 1
    leaf = _lot.decode(own.shown[place].leaf)
    return Claims(
        origin=origin, lot=leaf.lot, product=leaf.product, quantity=leaf.quantity, figure=figure_of(leaf),
        method=leaf.method, gwp=GWP, software=f"carbon-ledger/{version('carbon-ledger')}", plugin=leaf.plugin,
        plugin_digest=plugin_digest, size=tree.size, root=spelled_path([tree.root])[0],
        checkpoint=checkpoint,
        record=own.row["index"], digest=own.row["digest"].hex(), type=own.row["type"], share=repr(found.share),
        provisional=isinstance(record, Transformation) and record.basis == "provisional",
        assessment=own.shown[0], result=own.shown[place],
        records=[
            ProvenRecord(index=index, leaves=one.size, revision=one.revision, reads=_reads(one) if one is own else None)
            for index, one in sorted(found.results.items())
        ],
        entries=found.entries, inputs=_inputs(found, record), named=named,
        stock=own.first if isinstance(record, Addition) else None,
        answer=UNSET if answer is None else answer_of(answer), limitations=limitations,
    )


def _reads(one: Results) -> str | None:
    """The digest of a record's body, where that has changed."""
    return None if one.row["reads"] is None else one.row["reads"].hex()


def _inputs(found: StatementRows, record: AnyRecord) -> list[Input]:
    maker = (record.facility, record.process) if isinstance(record, Transformation) else None
    inputs = []
    for row in found.taken:
        index, place = row["lot"] // LOT_SLOTS, row["lot"] % LOT_SLOTS + 1
        results = found.results[index]
        lot = results.lots[place]
        inputs.append(Input(
            record=index, shown=results.shown[place], quantity=plain(row["quantity"]),
            part=part_taken(row["quantity"], lot.quantity), facts=_facts(lot, same_maker=lot.maker == maker),
        ))
    return inputs


def _facts(lot: LotFacts, *, same_maker: bool) -> StatementInput:
    own = lot.composition
    return StatementInput(
        mass=None if lot.mass is None else plain(lot.mass), origin=lot.origin, item=lot.item,
        composition=None if own is None else Held(
            materials=dict(own.materials), elements=dict(own.elements), fossil_carbon=own.fossil_carbon,
            biogenic_carbon=own.biogenic_carbon,
        ),
        same_maker=same_maker and lot.maker is not None, sender=lot.sender, pool=lot.pool, expires=lot.expires,
        generated=is_generated(lot),
    )


async def _named(connection: Connection, record: AnyRecord, found: StatementRows) -> list[str]:
    """Digests of the records that the lot's record names, whose bodies a recomputation needs."""
    names = Names()
    add_names(record, names)
    lots = [lot for one in found.results.values() for lot in one.lots.values()]
    rows = await connection.fetch(
        queries("statement")["named"], list(names.organizations), list(names.facilities),
        list(names.products | {lot.product for lot in lots}), [record.pool] if isinstance(record, Addition) else [],
    )
    return [*[row["digest"] for row in rows], *sorted(names.declarations | names.transfers)]


async def _plugin_digest(connection: Connection, found: StatementRows) -> str | None:
    """The digest of the plugin version that assessed the record."""
    leaf = _lot.decode(found.own.shown[found.number % LOT_SLOTS + 1].leaf)
    if leaf.plugin is None:
        return None
    name, _, release = leaf.plugin.partition("/")
    digest: str | None = await connection.fetchval(
        queries("statement")["plugin_digest"], name, release, found.number // LOT_SLOTS
    )
    return digest
