"""Makes statements: a lot's figure as of a signed tree, with all proofs down to the figures one hop away.

Before it signs a statement, the server verifies it by the same steps as its readers. So manipulated database rows do
not get the log's signature.
"""

import asyncio
from collections.abc import Sequence
from importlib.metadata import version
from typing import Final, NamedTuple

import msgspec
from msgspec import UNSET

from ledger.access.policy import Level
from ledger.admission.checks.attributes import is_generated
from ledger.admission.facts import LOT_SLOTS, LotFacts
from ledger.admission.lookups import add_names
from ledger.admission.names import Names
from ledger.answers.stored import AttestationAnswer, DoubtAnswer, VerifiedAnswer
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.note import NoteSigner
from ledger.core.outcome.assessment import Assessment
from ledger.core.outcome.leaves import AssessmentLeaf, LotLeaf, read
from ledger.core.receipts.statement import (
    AttestationClaim,
    Claims,
    Held,
    Input,
    ProvenRecord,
    SiteClaim,
    Statement,
    StatementInput,
    VersionClaim,
    answer_of,
    sign_statement,
    spelled_path,
)
from ledger.core.receipts.statement_steps import prove
from ledger.core.receipts.study import StudyClaim
from ledger.core.record.kinds import Addition, AnyRecord, Declaration, Transformation
from ledger.core.record.units import plain
from ledger.errors import LedgerError, VerificationError
from ledger.footprint.derived.completeness import own_word
from ledger.footprint.derived.statements import GWP, adjustment_of, figure_of, part_taken, recompute
from ledger.footprint.derived.study import (
    OwnOmissions,
    StudyProduct,
    exempted_description,
    facility_of,
    lot_sources,
    product_of,
    record_of,
    study_of,
)
from ledger.footprint.derived.validity import DataSource, data_end, figure_kind, valid_until
from ledger.footprint.stored.burdens import footprint, vector_of
from ledger.service.access.facts import organizations_of
from ledger.service.access.show_figures import (
    attestations_of_lot,
    public_study,
    verified_alone,
)
from ledger.service.access.show_lots import visible_lots
from ledger.service.access.sight import EVERYTHING, Sight
from ledger.service.heads.publication import Publication
from ledger.service.queries.doubts import read_doubts_behind, visible_doubts
from ledger.service.queries.findings import NEAR_PRODUCT
from ledger.service.queries.footprint.read import AttestedFigures, read_attested
from ledger.service.queries.questions import LotQuestion
from ledger.service.queries.statement.rows import Results, StatementRows, StatementTree, read_results, read_tree
from ledger.service.queries.statement.site import site_claim
from ledger.service.queries.tree_size import EVER, AsOf
from ledger.service.queries.usual_ranges import GoodsFigure, unusually_high
from ledger.service.queries.versions import AssessedVersions, version_claims
from ledger.store.database import Connection, DatabasePool
from ledger.store.facts import FactLoader
from ledger.store.sql import queries

_MOST_SOURCES: Final = 4_000
"""The most records upstream that are read for the end of a lot's data."""
_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_lot = msgspec.json.Decoder(LotLeaf)
_assessment = msgspec.json.Decoder(AssessmentLeaf)


async def statement_size(pool: DatabasePool, at: int | None) -> int:
    """The size of the tree in which a statement as of `at` entries is proved.

    Raises InvalidInput for an invalid tree size.
    """
    async with pool.acquire() as connection:
        return (await read_tree(connection, at)).size


class StatementParts(NamedTuple):
    """Everything that a statement is made of, except the log's name and keys.

    `record`: the lot's record as it reads now; `named`: digests of the records whose bodies a recomputation needs;
    `plugin_digest`: of the plugin that assessed the record; `answer`: by another method, if requested; `data_end`: the
    end of the figure's data; `assessment`: leaf 0 of the lot's record; `totals`: the caller does not see how the figure
    is made.
    """

    tree: StatementTree
    checkpoint: str
    rows: StatementRows
    record: AnyRecord
    named: list[str]
    plugin_digest: str | None
    versions: list[VersionClaim]
    limit: float
    study: StudyClaim | None
    answer: object
    limitations: list[str]
    site: SiteClaim | None
    data_end: str | None
    attested: AttestedFigures
    assessment: AssessmentLeaf
    totals: bool = False


async def make_statement(
    pool: DatabasePool, publication: Publication, question: LotQuestion, assessed: AssessedVersions,
    answer: object = None, sight: Sight = EVERYTHING,
) -> Statement:
    """The statement of a lot. `answer`: the answer of another method, which the statement vouches for in addition. For
    a caller who does not see how the figure is made, it proves the committed figure alone.

    The statement is proved in the smallest tree with a checkpoint that has at least the entries of the question. The
    figures are the same in it, because each revision is a batch of its own. Raises NotFound for a lot that is not on
    the ledger, was not on it at that tree size, or is withdrawn; InvalidInput for an invalid tree size, or too many
    lots; LedgerError if the stored data does not prove the figure.
    """
    lot, at = question
    async with pool.acquire() as connection:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            tree = await read_tree(connection, at)
            rows = await read_results(connection, lot, tree, at)
            sight.require({lot: rows.number})
            record = _record.decode(rows.body)
            named = await _named(connection, record, rows)
            digest = await _plugin_digest(connection, rows)
            activations = (await FactLoader().in_force(connection)).activations
            index = rows.own.row["index"]
            versions = version_claims(activations, _assessment.decode(rows.own.shown[0].leaf), index)
            product, study = await _study(connection, rows)
            end = await _data_end(connection, index, tree.version)
        checkpoint = await publication.checkpoint(connection, tree.size, tree.root)
    # A later key report may not be in the tree. The limitations are as of the question, not as of the tree.
    reported = AsOf(EVER if at is None else at, tree.version)
    doubts, limitations = await read_doubts_behind(pool, [rows.own.row["index"]], reported)
    asked = AsOf(tree.size if at is None else at, tree.version)
    site = await site_claim(pool, record, [row["lot"] for row in rows.taken], asked)
    attested = await read_attested(pool, lot, asked, NEAR_PRODUCT)
    parts = StatementParts(
        tree, checkpoint, rows, record, named, digest, versions, activations.before_entry(index).limit,
        None if study.stated is None else study, answer,
        limitations, site, end, attested, _assessment.decode(rows.own.shown[0].leaf),
    )
    notes = [_high(assessed, rows, product, study, versions), _own_word(rows, record)]
    parts = await _seen(pool, sight, parts, asked, doubts)
    parts = parts._replace(limitations=[*parts.limitations, *[note for note in notes if note is not None]])
    return await asyncio.to_thread(_signed, publication.signers, publication.keys, parts)


async def _seen(
    pool: DatabasePool, sight: Sight, parts: StatementParts, as_of: AsOf, doubts: Sequence[DoubtAnswer]
) -> StatementParts:
    """The parts that the caller may see."""
    visible = await sight.visible(pool, [parts.rows.number], as_of)
    if visible is None or not visible.hidden:
        return parts
    _, limitations = visible_doubts(sight, doubts, parts.limitations, parts.rows.own.row["index"])
    site = parts.site
    if site is not None:
        operators = await organizations_of(pool, [site.facility])
        site = site if sight.of_own(operators.get(site.facility, "")) else None
    leaf = _lot.decode(parts.rows.own.shown[parts.rows.number % LOT_SLOTS + 1].leaf)
    attested = parts.attested._replace(verified=verified_alone(parts.attested.verified, leaf.lot))
    inputs = [parts.rows.results[row["lot"] // LOT_SLOTS].lots[row["lot"] % LOT_SLOTS + 1].id
              for row in parts.rows.taken]
    if sight.level == Level.FULL and set(inputs) == await visible_lots(pool, sight, inputs):
        return parts._replace(limitations=limitations, site=site, attested=attested)
    return parts._replace(
        rows=parts.rows.alone(), named=[], limitations=limitations, site=None, totals=True,
        study=None if parts.study is None else public_study(parts.study),
        attested=attested._replace(attestations=attestations_of_lot(attested.attestations)),
    )


def _signed(signers: Sequence[NoteSigner], keys: LogKeys, parts: StatementParts) -> Statement:
    claims = _claims(keys.origin, parts)
    try:
        recompute(prove(claims, keys))
    except VerificationError as error:
        raise LedgerError(f"the stored data of {claims.lot!r} does not prove its figure: {error.message}",
                          code="unproven", field=error.field, value=error.value) from error
    return sign_statement(claims, *signers)


def _claims(origin: str, parts: StatementParts) -> Claims:
    rows, record = parts.rows, parts.record
    own, place = rows.own, rows.number % LOT_SLOTS + 1
    leaf = _lot.decode(own.shown[place].leaf)
    return Claims(
        origin=origin, lot=leaf.lot, product=leaf.product, quantity=leaf.quantity,
        figure=figure_of(leaf, parts.assessment, place - 1, parts.limit),
        method=leaf.method, gwp=GWP, software=f"carbon-ledger/{version('carbon-ledger')}", plugin=leaf.plugin,
        plugin_digest=parts.plugin_digest, size=parts.tree.size, root=spelled_path([parts.tree.root])[0],
        checkpoint=parts.checkpoint,
        record=own.row["index"], digest=own.row["digest"].hex(), type=own.row["type"],
        share=None if parts.totals else repr(rows.share),
        provisional=isinstance(record, Transformation) and record.basis == "provisional",
        assessment=own.shown.get(0), result=own.shown[place],
        records=[
            ProvenRecord(index=index, leaves=results.size, revision=results.revision,
                         reads=_reads(results) if results is own and not parts.totals else None)
            for index, results in sorted(rows.results.items())
        ],
        entries=rows.entries, inputs=_inputs(rows, record), named=parts.named, versions=parts.versions,
        study=parts.study, stock=own.first if isinstance(record, Addition) and not parts.totals else None,
        answer=UNSET if parts.answer is None else answer_of(parts.answer), limitations=parts.limitations,
        site=parts.site,
        figure_kind=figure_kind(
            own.row["type"], averaged=adjustment_of(parts.assessment) is not None),
        data_end=parts.data_end, valid_until=None if parts.data_end is None else valid_until(parts.data_end),
        attestations=[_attestation(one) for one in parts.attested.attestations],
        verified=_shares(parts.attested.verified),
    )


def _attestation(answer: AttestationAnswer) -> AttestationClaim:
    examined, accredited = answer.examined_footprint, answer.accreditation
    return AttestationClaim(
        index=answer.index, record=answer.record, kind=answer.kind, auditor=answer.auditor, standard=answer.standard,
        level=answer.level, opinion=answer.opinion, valid_until=answer.valid_until, independent=answer.independent,
        party=answer.party, examined_size=answer.examined_size, outdated=answer.outdated, in_doubt=answer.in_doubt,
        examined_footprint=None if examined is None else repr(examined), relation=answer.relation,
        coverage=None if answer.scope is None else answer.scope.coverage,
        accreditation=None if accredited is None else f"{accredited.body}, {accredited.number}",
        counts_as=answer.counts_as, not_counted=answer.not_counted,
    )


def _shares(verified: VerifiedAnswer | None) -> dict[str, str]:
    """The verified shares above zero, in the spelling of statements."""
    if verified is None:
        return {}
    shares = {
        "certifiedProgramme": verified.certified_programme, "thirdParty": verified.third_party,
        "secondParty": verified.second_party, "firstParty": verified.first_party,
    }
    return {name: repr(share) for name, share in shares.items() if share}


def _reads(results: Results) -> str | None:
    """The digest of a record's current body; None if no revision changed the body."""
    return None if results.row["reads"] is None else results.row["reads"].hex()


def _inputs(rows: StatementRows, record: AnyRecord) -> list[Input]:
    maker = (record.facility, record.process) if isinstance(record, Transformation) else None
    inputs = []
    for row in rows.taken:
        index, place = row["lot"] // LOT_SLOTS, row["lot"] % LOT_SLOTS + 1
        results = rows.results[index]
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
            biogenic_carbon=own.biogenic_carbon, edition=own.edition,
        ),
        same_maker=same_maker and lot.maker is not None, sender=lot.sender, pool=lot.pool, expires=lot.expires,
        generated=is_generated(lot), made=lot.made, since=lot.since,
    )


async def _named(connection: Connection, record: AnyRecord, stored: StatementRows) -> list[str]:
    """Digests of the records that the lot's record names. A recomputation needs their bodies."""
    names = Names()
    add_names(record, names)
    lots = [lot for one in stored.results.values() for lot in one.lots.values()]
    leaf = _assessment.decode(stored.own.shown[0].leaf)
    rows = await connection.fetch(
        queries("statement")["named"], list(names.organizations), list(names.facilities),
        list(names.products | {lot.product for lot in lots}), [record.pool] if isinstance(record, Addition) else [],
        stored.own.row["index"] if leaf.products is None else leaf.products + 1,
    )
    return [*[row["digest"] for row in rows], *sorted(names.declarations | names.transfers)]


def _high(
    assessed: AssessedVersions, rows: StatementRows, product: StudyProduct, study: StudyClaim,
    versions: Sequence[VersionClaim],
) -> str | None:
    """The note about a figure that is unusually high."""
    place = rows.number % LOT_SLOTS + 1
    lot, leaf = rows.own.lots[place], _lot.decode(rows.own.shown[place].leaf)
    return unusually_high(assessed, GoodsFigure(
        footprint(vector_of(read(leaf.burdens))), leaf.role, None if lot.mass is None else float(lot.mass),
        read(leaf.contents), product, study, versions))


def _own_word(rows: StatementRows, record: AnyRecord) -> str | None:
    leaf = _lot.decode(rows.own.shown[rows.number % LOT_SLOTS + 1].leaf)
    return own_word(vector_of(read(leaf.burdens)), is_declared=isinstance(record, Declaration),
                    is_shown=bool(getattr(record, "evidence", ())))


async def _study(connection: Connection, rows: StatementRows) -> tuple[StudyProduct, StudyClaim]:
    """The product of the lot, and the context of its figure."""
    lot = rows.own.lots[rows.number % LOT_SLOTS + 1]
    facility = None if lot.maker is None else lot.maker[0]
    (bodies,) = await connection.fetch(queries("statement")["study"], lot.product, facility, lot.edition)
    product, site = product_of(bodies["products"]), facility_of(bodies["facility"])
    sources = lot_sources(record_of(rows.body), product, None if facility is None else site)
    leaf = _assessment.decode(rows.own.shown[0].leaf)
    omissions = msgspec.json.decode(leaf.assessment, type=Assessment).omissions
    burdens = vector_of(read(_lot.decode(rows.own.shown[rows.number % LOT_SLOTS + 1].leaf).burdens))
    study = study_of(sources, lot.unit, burdens, exempted_description(burdens, OwnOmissions(omissions, rows.share)))
    return product, study


async def _plugin_digest(connection: Connection, rows: StatementRows) -> str | None:
    """The digest of the plugin version that assessed the record."""
    leaf = _lot.decode(rows.own.shown[rows.number % LOT_SLOTS + 1].leaf)
    if leaf.plugin is None:
        return None
    name, _, release = leaf.plugin.partition("/")
    digest: str | None = await connection.fetchval(
        queries("statement")["plugin_digest"], name, release, rows.number // LOT_SLOTS
    )
    return digest


async def _data_end(connection: Connection, maker: int, version: int) -> str | None:
    """The end of the data of a lot, by the log index of the record that made it."""
    sources: dict[int, DataSource] = {}
    for row in await connection.fetch(queries("verification")["data_sources"], maker, version, _MOST_SOURCES):
        inputs: dict[int, float] = {}
        for record, quantity in zip(row["records"] or (), row["quantities"] or (), strict=True):
            inputs[record] = inputs.get(record, 0.0) + quantity
        sources[row["index"]] = DataSource(row["ended"], inputs)
    return data_end(maker, sources)
