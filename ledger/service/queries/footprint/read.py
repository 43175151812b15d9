"""The footprint of one lot, from one row: its figures, its own record's part, each input's part, and the data quality.

Few lots have open months, attestations or claims. A query reads them only if the row of the lot has such marks.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec
from asyncpg import Record
from msgspec import structs

from ledger.admission.facts import LOT_SLOTS
from ledger.admission.title_limit import stated_limit
from ledger.answers.stored import (
    AttestationAnswer,
    ClaimAnswer,
    DirectAnswer,
    DoubtAnswer,
    FigureChangeAnswer,
    FootprintAnswer,
    InputAnswer,
    LineAnswer,
    LotAnswer,
    LotAveragesAnswer,
    MissedTotal,
    StudyAnswer,
    VerifiedAnswer,
)
from ledger.core.outcome.assessment import BURDENS, DOCUMENTED, NOTHING, QUESTIONED, Assessment
from ledger.core.outcome.leaves import AssessmentLeaf, read
from ledger.core.receipts.statement import VersionClaim
from ledger.core.record.units import plain
from ledger.core.record.values import Quantity
from ledger.errors import NotFound
from ledger.footprint.derived.completeness import WITHDRAWN, completeness_of, doubtful_of, own_word, referenced
from ledger.footprint.derived.findings import about, findings_in, has_findings
from ledger.footprint.derived.products import CONVERSION, pact_ratings, primary_activity_share, ratings
from ledger.footprint.derived.rank_findings import NO_FINDINGS, FindingList
from ledger.footprint.derived.statements import GWP, adjustment_of
from ledger.footprint.derived.study import (
    OwnOmissions,
    StudyRecord,
    exempted_description,
    exempted_of,
    facility_of,
    lot_sources,
    product_of,
    record_of,
    study_of,
)
from ledger.footprint.derived.validity import figure_kind
from ledger.footprint.stored.burdens import (
    SLOT,
    direct,
    footprint,
    fossil_emissions,
    line_co2e,
    location_based,
    market_based,
    vector_of,
)
from ledger.footprint.stored.contents import MATERIAL, RECYCLED
from ledger.footprint.stored.contents import QUESTIONED as QUESTIONED_CONTENT
from ledger.service.access.sight import EVERYTHING, Sight
from ledger.service.queries.doubts import SHOWN, read_doubts_behind
from ledger.service.queries.findings import MAX_RECORDS, NEAR, Depth, FindingTargets, note_on, read_findings
from ledger.service.queries.footprint.attestations import read_attestations
from ledger.service.queries.footprint.claims import read_claims
from ledger.service.queries.footprint.missed_totals import read_missed_totals
from ledger.service.queries.footprint.open_periods import OpenPeriods, read_open_periods
from ledger.service.queries.footprint.row import read_row
from ledger.service.queries.footprint.verified import read_verified
from ledger.service.queries.product.averages import read_lot_averages
from ledger.service.queries.questions import LotQuestion
from ledger.service.queries.tree_size import AsOf, as_of_size
from ledger.service.queries.usual_ranges import GoodsFigure, unusually_high
from ledger.service.queries.versions import AssessedVersions
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

CO2_PER_C = 44 / 12
_NONE = Decimal(0)
_ARTICLES = {"lot": "a", "item": "an", "product": "a"}
_leaf = msgspec.json.Decoder(AssessmentLeaf)
_assessment = msgspec.json.Decoder(Assessment)


class FootprintContext(NamedTuple):
    """Additional information about a figure; empty for most lots. `remaining`: the lot's remaining quantity, if the
    moment is not now."""

    remaining: Decimal | None = None
    open_periods: OpenPeriods = OpenPeriods([], False)
    attestations: Sequence[AttestationAnswer] = ()
    claims: Sequence[ClaimAnswer] = ()
    doubts: Sequence[DoubtAnswer] = ()
    limitations: Sequence[str] = ()
    versions: Sequence[VersionClaim] = ()
    findings: FindingList = NO_FINDINGS
    verified: VerifiedAnswer | None = None
    averages: LotAveragesAnswer | None = None
    changes: Sequence[FigureChangeAnswer] = ()
    missed_totals: Sequence[MissedTotal] = ()


NO_CONTEXT = FootprintContext()


class StoredFigure(NamedTuple):
    """`makers`: the issuers of the records that made the inputs, by lot."""

    answer: FootprintAnswer
    makers: Mapping[str, str]


async def read_footprint(
    pool: DatabasePool, question: LotQuestion, assessed: AssessedVersions, depth: Depth = "near",
) -> FootprintAnswer:
    """As `read_figure` for a caller who sees everything, without averages."""
    return (await read_figure(pool, question, assessed, depth)).answer


async def read_figure(
    pool: DatabasePool, question: LotQuestion, assessed: AssessedVersions, depth: Depth = "near", *,
    averages: bool = False, sight: Sight = EVERYTHING,
) -> StoredFigure:
    """The stored footprint of a lot, with the findings upstream to a `depth`; with `averages` of its product, which
    reads up to 20,000 of its lots. `sight` limits only the findings; see `show_figure`.

    Raises NotFound for a lot that is not on the ledger, or was not on it at that tree size; InvalidInput for an invalid
    tree size.
    """
    lot, at = question
    as_of = await as_of_size(pool, at)
    row = sight.rows.get(lot) if as_of.is_now else None
    if row is None:
        row = await read_row(pool, lot, as_of)
    if row is None:
        raise not_found("lot", lot, at)
    sight.require({lot: row["number"]})
    leaf = _leaf.decode(row["outcome"])
    context = (await _context(pool, row, as_of))._replace(
        versions=await assessed.of(leaf, row["index"]), findings=await _findings(pool, row, as_of, depth, sight),
        verified=await _verified(pool, row, as_of, depth),
        averages=await read_lot_averages(pool, row, as_of) if averages else None)
    makers = dict(zip(row["lots"] or (), row["makers"] or (), strict=True))
    return StoredFigure(_with_note(answer(row, leaf, context, at), row, assessed), makers)


def _with_note(figure: FootprintAnswer, row: Record, assessed: AssessedVersions) -> FootprintAnswer:
    if figure.study is None:
        return figure
    note = unusually_high(assessed, GoodsFigure(
        figure.footprint, row["role"], None if row["mass"] is None else float(row["mass"]), figure.contents,
        product_of(row["product_bodies"]), figure.study, figure.study.versions))
    return figure if note is None else structs.replace(figure, unusually_high=note)


def not_found(field: str, name: str, at: int | None) -> NotFound:
    """The error for a lot, item or product that is not on the ledger, or was not in the tree of `at` entries."""
    when = "is not on the ledger" if at is None else f"was not on the ledger when it had {at} entries"
    return NotFound(f"{field} {name!r} {when}", field=field, value=name, rule=f"the id of {_ARTICLES[field]} {field}")


class AttestedFigures(NamedTuple):
    """The attestations of a lot, and the shares of its figure that attestations in its chain cover."""

    attestations: Sequence[AttestationAnswer] = ()
    verified: VerifiedAnswer | None = None


async def read_attested(pool: DatabasePool, lot: str, as_of: AsOf, most: int) -> AttestedFigures:
    """The attestations of a lot, and the verified shares of its figure, as of a moment. Examines at most `most` lots
    upstream. Raises NotFound."""
    row = await read_row(pool, lot, as_of)
    if row is None:
        raise not_found("lot", lot, as_of.size)
    if row["withdrawn"] or not row["any_attested"]:
        return AttestedFigures()
    attestations = await read_attestations(pool, row, as_of) if row["attested"] else ()
    return AttestedFigures(attestations, await read_verified(pool, {row["number"]: 1.0}, as_of, most))


async def remaining_at(pool: DatabasePool, rows: Sequence[Record], as_of: AsOf) -> dict[int, Decimal]:
    """The remaining quantities of lots at an earlier moment, by number. `rows`: of the query `footprint` or `lots`."""
    numbers = [row["number"] for row in rows]
    taken = {
        row["lot"]: row["taken"]
        for row in await pool.fetch(queries("read")["taken_at"], numbers, as_of.size, as_of.version)
    }
    return {
        row["number"]: _NONE if row["withdrawn"] else row["quantity"] - taken.get(row["number"], _NONE) for row in rows
    }


async def _context(pool: DatabasePool, row: Record, as_of: AsOf) -> FootprintContext:
    context = NO_CONTEXT
    if not as_of.is_now:
        context = context._replace(remaining=(await remaining_at(pool, [row], as_of))[row["number"]])
    if row["burdens"][SLOT["provisionalAbs"]] > 0:
        # Only the revisions that the row includes count, not a revision that came in the meantime.
        periods = await read_open_periods(pool, [row["index"]], row["newest"] or 0)
        context = context._replace(open_periods=periods)
    if row["closed_since"] and not row["withdrawn"]:
        context = context._replace(missed_totals=await read_missed_totals(pool, row, as_of))
    if row["attested"]:
        context = context._replace(attestations=await read_attestations(pool, row, as_of))
    if row["doubted"]:
        doubts, limitations = await read_doubts_behind(pool, [row["index"]], as_of)
        context = context._replace(doubts=doubts, limitations=limitations)
    if row["claimed"]:
        context = context._replace(claims=await read_claims(pool, row["id"], as_of))
    return context


async def _findings(pool: DatabasePool, row: Record, as_of: AsOf, depth: Depth, sight: Sight) -> FindingList:
    if row["withdrawn"] or not row["marked"] or not (row["lots"] or has_findings(row["outcome"])):
        return NO_FINDINGS
    questioned = row["burdens"][SLOT[QUESTIONED]]
    targets = FindingTargets({row["number"]: 1.0}, questioned, frozenset({row["index"]}))
    return await read_findings(pool, targets, as_of, NEAR if depth == "near" else MAX_RECORDS, sight)


async def _verified(pool: DatabasePool, row: Record, as_of: AsOf, depth: Depth) -> VerifiedAnswer | None:
    if row["withdrawn"] or not row["any_attested"]:
        return None
    return await read_verified(pool, {row["number"]: 1.0}, as_of, NEAR if depth == "near" else MAX_RECORDS)


def answer(row: Record, leaf: AssessmentLeaf, context: FootprintContext, at: int | None) -> FootprintAnswer:
    """The answer from a row of the query `footprint`, whose outcome has this leaf 0, with additional information."""
    withdrawn, maker = row["withdrawn"], record_of(row["body"])
    assessment = NOTHING if withdrawn else _assessment.decode(leaf.assessment)
    burdens = tuple(row["burdens"])
    share, total = row["share"], footprint(burdens)
    contents = dict(zip(row["content"], row["amount"], strict=True))
    waits = burdens[SLOT["provisionalAbs"]] > 0
    own = _direct(assessment, share, provisional=waits and maker.basis == "provisional")
    inputs = _inputs(row, share)
    averaged = footprint(vector_of(read(leaf.averaged))) if leaf.averaged and not withdrawn else 0.0
    explained = own.footprint + averaged
    for lot in inputs:
        explained += lot.footprint
    completeness = None if withdrawn else completeness_of(burdens)
    absolute = burdens[SLOT["absGhg"]]
    known = referenced(assessment, row["number"] % LOT_SLOTS)
    declared = maker.type == "declaration"
    missed = sum(one.kilograms or 0.0 for one in context.missed_totals)
    doubtful = doubtful_of(burdens, stated_limit(row["title_limit"]), referenced=known, beyond=missed)
    return FootprintAnswer(
        title=WITHDRAWN if withdrawn else doubtful.title, at=at,
        lot=lot_answer(
            row, context.remaining, next((one for one in context.doubts if one.index == row["index"]), None)
        ),
        record=row["digest"], method=row["method"], plugin=row["plugin"],
        location_based=location_based(burdens), market_based=market_based(burdens),
        footprint=total, footprint_per_unit=total / float(row["quantity"]), unit=row["unit"],
        burdens=present(burdens), contents=contents,
        biogenic_uptake=biogenic_uptake(contents),
        completeness="unknown" if completeness is None else _percent(completeness),
        exempted="unknown" if withdrawn else exempted_of(burdens),
        unestimated=burdens[SLOT["unestimated"]], questioned=burdens[SLOT[QUESTIONED]],
        questioned_share=doubtful.shares.get("questioned", 0.0), title_limit=doubtful.limit,
        share=share, direct=own, inputs=inputs,
        findings=context.findings.items, findings_left_off=context.findings.left_off,
        findings_note=note_on(context.findings),
        assigned=total - explained if assessment.assigned else 0.0, averaged=averaged,
        primary_share=burdens[SLOT["primaryAbs"]] / absolute if absolute else None, ratings=ratings(burdens),
        pact_ratings=pact_ratings(burdens), rating_conversion=CONVERSION if absolute else None,
        fossil_emissions=fossil_emissions(burdens),
        factors=sorted({line.factor for line in assessment.lines if line.factor}),
        recalled_factors=sorted({line.factor for line in assessment.lines if line.factor and line.recalled}),
        recycled_content=recycled_content(contents),
        indicators={name: str(value) for name, value in assessment.indicators.items()},
        revised_at=row["revised_at"], opening=maker.basis == "opening",
        figure_kind=figure_kind(row["type"], averaged=adjustment_of(leaf) is not None), averages=context.averages,
        provisional_share=burdens[SLOT["provisionalAbs"]] / absolute if absolute else None,
        open_periods=context.open_periods.periods, more_periods=context.open_periods.more,
        missed_totals=list(context.missed_totals), documented=burdens[SLOT[DOCUMENTED]], declared=declared,
        own_word=own_word(burdens, is_declared=declared, is_shown=bool(maker.evidence)),
        attestations=list(context.attestations), verified=context.verified, claims=list(context.claims),
        in_doubt=list(context.doubts[:SHOWN]), limitations=list(context.limitations),
        study=None if withdrawn else _study(row, maker, OwnOmissions(assessment.omissions, share), context),
    )


def _study(row: Record, maker: StudyRecord, own: OwnOmissions, context: FootprintContext) -> StudyAnswer:
    facility = None if row["facility"] is None else facility_of(row["facility_body"])
    burdens = tuple(row["burdens"])
    study = study_of(lot_sources(maker, product_of(row["product_bodies"]), facility), row["unit"], burdens,
                     exempted_description(burdens, own))
    return StudyAnswer(method=row["method"], gwp=GWP, versions=list(context.versions), **structs.asdict(study))


def biogenic_uptake(contents: Mapping[str, float]) -> float:
    """Kg of CO2 that the biogenic carbon in these contents took up, as a negative number."""
    # The difference is 0, not -0, where there is no carbon.
    return 0.0 - CO2_PER_C * contents.get("biogenicCarbon", 0.0)


def recycled_content(contents: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """By material, the share of its mass that is pre- and post-consumer recycled content (ISO 14021), and the share
    that is claimed but `questioned`."""
    shares: dict[str, dict[str, float]] = {}
    for origin, prefix in RECYCLED.items():
        for name, amount in contents.items():
            stated = name.removeprefix(QUESTIONED_CONTENT)
            material = stated.removeprefix(prefix)
            whole = contents.get(MATERIAL + material, 0.0)
            if stated.startswith(prefix) and whole:
                by_origin = shares.setdefault(material, {})
                key = origin if name == stated else "questioned"
                by_origin[key] = by_origin.get(key, 0.0) + amount / whole
    return shares


def present(burdens: Sequence[float]) -> dict[str, float]:
    """The burdens that are not zero, by name."""
    return {name: amount for name, amount in zip(BURDENS, burdens, strict=True) if amount}


def lot_answer(row: Record, remaining: Decimal | None = None, doubt: DoubtAnswer | None = None) -> LotAnswer:
    """A lot from a row with its columns and current remainder. `remaining`: the quantity left at an earlier moment."""
    remainder = row["remaining"] if remaining is None else remaining
    number, withdrawn, findings = row["number"], row["withdrawn"], []
    # A dispute takes back the acceptance on arrival; only another acceptance settles it.
    standing = row["standing"] if row["accepted"] is None and row["frozen"] is None else None
    if row["outcome"] is not None and not withdrawn and has_findings(row["outcome"]):
        findings = about(findings_in(row["index"], row["outcome"]).findings, number % LOT_SLOTS)
    return LotAnswer(
        lot=row["id"], product=row["product"], quantity=Quantity(value=plain(row["quantity"]), unit=row["unit"]),
        remaining=plain(remainder), holder=row["holder"], role=row["role"], index=row["index"], record=row["digest"],
        mass_kg=plain(row["mass"]) if row["mass"] is not None else None, origin=row["origin"], item=row["item"],
        facility=row["facility"], process=row["process"], previous_life=row["previous_life"], owner=row["owner"],
        sender=row["sender"], pool=row["pool"], credit=row["credit"], expires=row["expires"],
        withdrawn=withdrawn, frozen=bool(row["frozen"]) and not withdrawn, in_doubt=doubt,
        accepted=row["accepted"] if standing is None else standing, on_arrival=standing is not None,
        questioned=row["burdens"][SLOT[QUESTIONED]], findings=findings,
    )


def _direct(assessment: Assessment, share: float, *, provisional: bool) -> DirectAnswer:
    vector = [share * amount for amount in direct(assessment, provisional=provisional)]
    lines = [
        LineAnswer(
            source=line.source, kind=line.kind, gas=line.gas, burden=line.burden, amount=share * line_co2e(line),
            basis=line.basis, primary=line.primary, factor=line.factor, recalled=line.recalled,
        )
        for line in assessment.lines
    ]
    omissions = [
        {"what": one.what} if one.estimate is None else {"what": one.what, "estimate": share * float(one.estimate)}
        for one in assessment.omissions
    ]
    return DirectAnswer(footprint=footprint(vector), burdens=present(vector), lines=lines, omissions=omissions,
                        primary_activity_share=primary_activity_share(assessment))


def _inputs(row: Record, share: float) -> list[InputAnswer]:
    inputs: list[InputAnswer] = []
    if not row["lots"]:
        return inputs
    for lot, product, part, burdens in zip(
        row["lots"], row["products"], row["parts"], row["input_burdens"], strict=True
    ):
        carried = [share * (part * amount) for amount in burdens]
        inputs.append(InputAnswer(
            lot=lot, product=product, part=part, footprint=footprint(carried), burdens=present(carried)
        ))
    return inputs


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"
