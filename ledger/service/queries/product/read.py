"""The footprint of a product: of its lots made in a period, weighted by production.

A lot counts if a transformation made it as product, co-product or by-product, of goods of its maker, and if the record,
as it reads at the moment of the question, ends in the period. Lots that a toller makes of the goods of others have the
figures of these others, so they are not part of the toller's product. Transfers and pools make new lots of existing
lots, so counting them would count production twice. Declared lots and opening stock were not made here. Waste, cores
and credits carry no part of their record's burden.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from asyncpg import Record
from msgspec import structs

from ledger.admission.facts import LOT_SLOTS
from ledger.admission.title_limit import stated_limit
from ledger.answers.products import FacilityAnswer, ProductAnswer, ProductLotAnswer, SpreadAnswer
from ledger.answers.stored import FigureChangeAnswer, StudyAnswer, VerifiedAnswer
from ledger.core.outcome.assessment import DOCUMENTED, QUESTIONED
from ledger.core.record.units import UNITS, plain
from ledger.core.record.values import Quantity
from ledger.errors import InvalidInput, NotFound
from ledger.footprint.derived.completeness import NO_REFERENCE, completeness_of, doubtful_of, own_word
from ledger.footprint.derived.products import (
    CONVERSION,
    LotChunk,
    ProducedLots,
    Total,
    pact_ratings,
    part_of_absolute,
    ratings,
)
from ledger.footprint.derived.rank_findings import FindingList
from ledger.footprint.derived.statements import GWP
from ledger.footprint.derived.study import (
    StudyProduct,
    StudySources,
    exempted_of,
    facility_of,
    product_of,
    production_description,
    study_of,
)
from ledger.footprint.stored.burdens import (
    METHOD,
    SLOT,
    footprint,
    fossil_emissions,
    location_based,
    market_based,
)
from ledger.footprint.stored.contents import MATERIAL
from ledger.host.threads import in_thread
from ledger.service.access.facts import organizations_of
from ledger.service.access.sight import EVERYTHING, Sight
from ledger.service.queries.doubts import SHOWN as DOUBTS
from ledger.service.queries.doubts import read_doubts_behind, visible_doubts
from ledger.service.queries.findings import MAX_RECORDS as FINDING_RECORDS
from ledger.service.queries.findings import (
    NEAR_PRODUCT,
    Depth,
    FindingTargets,
    may_have_findings,
    note_on,
    read_findings,
)
from ledger.service.queries.footprint.open_periods import OpenPeriods, read_open_periods
from ledger.service.queries.footprint.read import (
    NO_CONTEXT,
    FootprintContext,
    biogenic_uptake,
    not_found,
    present,
    recycled_content,
)
from ledger.service.queries.footprint.verified import read_verified
from ledger.service.queries.periods import BEGIN, NEVER, Period, period_of
from ledger.service.queries.product.averages import (
    ComparedPeriods,
    average_answers,
    change_answer,
    made_lots,
    of_maker,
    read_reasons,
)
from ledger.service.queries.product.completions import read_completions
from ledger.service.queries.questions import PeriodQuestion
from ledger.service.queries.tree_size import EVER, AsOf, as_of_size
from ledger.service.queries.usual_ranges import GoodsFigure, unusually_high
from ledger.service.queries.versions import AssessedVersions
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

MAX_LOTS: Final = 500_000
SHOWN: Final = 20
MAX_SHOWN: Final = 1_000


class ReadSizes(NamedTuple):
    """The most lots of a question, the number of lots that are read at a time, the number of the lot after which the
    reading begins, and how many of the largest lots an answer lists."""

    most: int = MAX_LOTS
    chunk: int = 2_000
    after: int = -1
    shown: int = SHOWN


READ_SIZES: Final = ReadSizes()


async def read_product(
    pool: DatabasePool, question: PeriodQuestion, assessed: AssessedVersions, depth: Depth = "near",
    sizes: ReadSizes = READ_SIZES, sight: Sight = EVERYTHING,
) -> ProductAnswer:
    """The footprint of a product's lots made in a period, with the largest lots, and with the findings upstream to a
    `depth`. Only lots count whose records the caller sees.

    Raises NotFound for a product that is not on the ledger, or that was not made in the period; InvalidInput for a
    malformed day or instant, an empty period, an invalid tree size, and more lots than `sizes.most`.
    """
    product, at, limit = question.subject, question.at, sizes.shown
    period = period_of(question.since, question.until)
    if not 0 <= limit <= MAX_SHOWN:
        raise InvalidInput(f"limit={limit} lots is out of range", code="limit", field="limit", value=limit,
                           rule=f"0 to {MAX_SHOWN:,} lots")
    as_of = await _settled(pool, at)
    row = await pool.fetchrow(queries("products")["entered"], product, as_of.size)
    if row is None or not row["entered"]:
        raise not_found("product", product, at)
    reading = _ProductReading(pool, product, period, as_of, sizes.most, sight)
    await reading.read(sizes)
    lots = [] if not reading.production.lots else await reading.lots(limit)
    context = await reading.context(doubted=row["doubted"])
    if row["attested"] and sight.whole and reading.production.lots:
        context = context._replace(verified=await reading.verified(depth))
    if reading.production.lots and await may_have_findings(pool):
        context = context._replace(findings=await reading.findings(depth))
    sources = await reading.sources() if reading.production.lots else StudySources(StudyProduct())
    context = context._replace(changes=await reading.changes())
    answer = await in_thread(_answer, reading, lots, context, sources, _lowest_limit(row, reading))
    return structs.replace(answer, unusually_high=await _high(answer, sources.product, assessed),
                           completions=await read_completions(pool, product, as_of))


async def _high(answer: ProductAnswer, product: StudyProduct, assessed: AssessedVersions) -> str | None:
    """The note about a figure that is unusually high, by the sets in force. A product that is counted in pieces has the
    mass of its materials."""
    unit, quantity = UNITS[answer.unit], float(answer.quantity.amount)
    contents = {name: amount * quantity for name, amount in answer.contents.items()}
    mass = quantity * float(unit.scale) if unit.dimension == "mass" else math.fsum(
        [amount for name, amount in contents.items() if name.startswith(MATERIAL)])
    if answer.study is None:
        return None
    return unusually_high(assessed, GoodsFigure(
        answer.footprint, "product", mass, contents, product, answer.study, await assessed.now()))


def _lowest_limit(row: Record, reading: "_ProductReading") -> float:
    """The lowest limit of the titles of all lots: a higher limit of later records makes no earlier lot complete."""
    settings = list(zip(row["limit_records"] or (), row["limit_shares"] or (), strict=True))
    records = reading.production.records()
    if not settings or not records:
        return stated_limit(None)
    before = [stated_limit(share) for record, share in settings if record < records[0]]
    within = [stated_limit(share) for record, share in settings if records[0] < record < records[-1]]
    return min([before[-1] if before else stated_limit(None), *within])


async def _settled(pool: DatabasePool, at: int | None) -> AsOf:
    """The moment of the question. If it is now, this pins the tree size, so that all queries see the same ledger."""
    if at is not None:
        return await as_of_size(pool, at)
    row = await pool.fetchrow(queries("read")["as_of"], EVER)
    return AsOf(0, 0) if row is None else AsOf(row["size"], row["version"])


class _ProductReading:
    """Reads the lots of a product in batches. `first` and `last` are the first and last ends of its production, in any
    period; `waiting`: the records whose figures wait for a closing."""

    def __init__(
        self, pool: DatabasePool, product: str, period: Period, as_of: AsOf, most: int, sight: Sight
    ) -> None:
        self.product, self.period, self.as_of = product, period, as_of
        self.production, self.unit = ProducedLots(), ""
        self.first, self.last = NEVER, BEGIN
        self.plugins: set[str] = set()
        self.waiting: set[int] = set()
        self._start, self._end = NEVER, BEGIN
        self._allocation: set[str] = set()
        self._questioned = 0.0
        self.compared = ComparedPeriods(period, most)
        self._sight = sight
        self._pool, self._most, self._sql = pool, most, queries("products")

    async def read(self, sizes: ReadSizes) -> None:
        """Raises InvalidInput for too many lots."""
        after = sizes.after
        while True:
            rows = await self._pool.fetch(self._sql["made"], self.product, after, self.as_of.size, sizes.chunk)
            if not rows:
                return
            after, self.unit = rows[-1]["number"], rows[-1]["unit"]
            rows = of_maker(rows)
            made = await self._made_by([row["number"] for row in rows])
            in_period = {index: one for index, one in made.items() if one["ended"] in self.period}
            numbers = [row["number"] for row in rows if row["number"] // LOT_SLOTS in in_period]
            if self.production.lots + len(numbers) > self._most:
                raise self._too_many()
            if numbers:
                self._note_records(in_period.values())
                figures = await self._figures(numbers)
                await in_thread(self._take, figures)
                await in_thread(self.compared.take, made_lots(figures, _ends(in_period)))
            earlier = self.compared.earlier_lots([row["number"] for row in rows], _ends(made))
            if earlier:
                figures = await self._figures(earlier)
                await in_thread(self.compared.take_earlier, made_lots(figures, _ends(made)))

    async def changes(self) -> list[FigureChangeAnswer]:
        """Averages that differ by more than the limit from the last ones, with the reasons of amendments."""
        changed = await in_thread(self.compared.changed)
        if not changed:
            return []
        records = [index for _, indexes in changed for index in indexes]
        restated = await read_reasons(self._pool, records, self.as_of)
        return [change_answer(change, indexes, restated) for change, indexes in changed]

    async def verified(self, depth: Depth) -> VerifiedAnswer | None:
        """The shares of the figure that attestations cover."""
        most = NEAR_PRODUCT if depth == "near" else FINDING_RECORDS
        return await read_verified(self._pool, dict.fromkeys(self.production.numbers(), 1.0), self.as_of, most)

    async def lots(self, limit: int) -> list[ProductLotAnswer]:
        """The largest lots, largest first."""
        numbers = await in_thread(self.production.largest, limit)
        made = await self._made_by(numbers)
        rows = {row["number"]: row for row in await self._figures(numbers)}
        return [self._lot(rows[number], made[number // LOT_SLOTS]["ended"]) for number in numbers]

    async def context(self, *, doubted: bool) -> FootprintContext:
        """Additional information about the figure. `doubted`: some key is reported compromised."""
        context = NO_CONTEXT
        if self.waiting:
            periods = await read_open_periods(self._pool, self.waiting, self.as_of.version)
            context = context._replace(open_periods=await self._visible_periods(periods))
        if doubted and self.production.lots:
            doubts, limitations = await read_doubts_behind(self._pool, self.production.records(), self.as_of)
            doubts, limitations = visible_doubts(self._sight, doubts, limitations)
            context = context._replace(doubts=doubts, limitations=limitations)
        return context

    async def _visible_periods(self, periods: OpenPeriods) -> OpenPeriods:
        """The open months of facilities whose operators the caller sees; `more` if there are others."""
        if self._sight.whole:
            return periods
        operators = await organizations_of(self._pool, sorted({period.facility for period in periods.periods}))
        seen = [each for each in periods.periods if self._sight.of_own(operators.get(each.facility, ""))]
        return OpenPeriods(seen, periods.more or len(seen) < len(periods.periods))

    async def findings(self, depth: Depth) -> FindingList:
        """The findings of the records that made the lots, and of the records upstream of them."""
        production = self.production
        targets = FindingTargets(
            dict.fromkeys(production.numbers(), 1.0), self._questioned, frozenset(production.records()))
        most = NEAR_PRODUCT if depth == "near" else FINDING_RECORDS
        return await read_findings(self._pool, targets, self.as_of, most, self._sight)

    async def sources(self) -> StudySources:
        """The records on which the context of the figure rests."""
        (row,) = await self._pool.fetch(
            self._sql["study"], self.product, self.production.facilities(), self.as_of.size)
        facilities = [facility_of(body) for body in row["facilities"] or ()]
        return StudySources(product_of(row["products"]), facilities, self._start, self._end,
                            allocation=self._allocation)

    async def _made_by(self, lots: Iterable[int]) -> Mapping[int, Record]:
        """The records of lots, by log index: start, end and allocation key. Only records that count."""
        indexes = sorted({number // LOT_SLOTS for number in lots})
        rows = await self._pool.fetch(self._sql["ended"], indexes, self.as_of.version)
        visible = await self._sight.in_full(self._pool, indexes)
        rows = [row for row in rows if row["index"] in visible]
        ends = [row["ended"] for row in rows]
        self.first, self.last = min([self.first, *ends]), max([self.last, *ends])
        return {row["index"]: row for row in rows}

    def _note_records(self, records: Iterable[Record]) -> None:
        """Extends the reference period and the allocation keys by records of the period."""
        for row in records:
            self._start, self._end = min(self._start, row["started"]), max(self._end, row["ended"])
            self._allocation.add(row["allocation"])

    async def _figures(self, numbers: Sequence[int]) -> list[Record]:
        return await self._pool.fetch(self._sql["figures"], numbers, self.as_of.version)

    def _take(self, rows: Sequence[Record]) -> None:
        columns: Iterator[tuple[Any, ...]] = zip(*rows, strict=True)
        numbers, _, facilities, quantities, plugins, burdens, contents, amounts, _ = columns
        self.plugins.update(plugin for plugin in set(plugins) if plugin is not None)
        waits = SLOT["provisionalAbs"]
        self.waiting.update(number // LOT_SLOTS for number, one in zip(numbers, burdens, strict=True) if one[waits] > 0)
        self._questioned += math.fsum(vector[SLOT[QUESTIONED]] for vector in burdens)
        self.production.take(LotChunk(numbers, facilities, quantities, burdens, contents, amounts))

    def _lot(self, row: Record, ended: str) -> ProductLotAnswer:
        quantity: Decimal = row["quantity"]
        per_unit = footprint(row["burdens"]) / float(quantity)
        return ProductLotAnswer(
            lot=row["id"], facility=row["facility"], quantity=Quantity(value=plain(quantity), unit=self.unit),
            footprint_per_unit=per_unit, end=ended, change_from_last=self.compared.change_from_last(ended, per_unit),
            questioned=row["burdens"][SLOT[QUESTIONED]],
            index=row["number"] // LOT_SLOTS,
        )

    def _too_many(self) -> InvalidInput:
        return InvalidInput(
            f"more than {self._most:,} lots of {self.product} were made{self.period}", code="too-many-lots",
            field="from", value=self.period.since, rule=f"a shorter period, with at most {self._most:,} lots",
        )

    def nothing(self) -> NotFound:
        """The error if no lot counts. It states the reason."""
        reason = ("no transformation made it of own goods; declared lots, transfers and pools do not count as "
                  "production, nor lots of the goods of others")
        if self.last != BEGIN:
            reason = f"all its production ended from {self.first} to {self.last}"
        return NotFound(
            f"no production of {self.product!r}{self.period}: {reason}", code="no-production",
            field="product", value=self.product,
            rule="a product of a transformation that ended in the period",
        )


def _ends(made: Mapping[int, Record]) -> dict[int, str]:
    return {index: one["ended"] for index, one in made.items()}


def _answer(
    reading: _ProductReading, lots: list[ProductLotAnswer], context: FootprintContext, sources: StudySources,
    limit: float,
) -> ProductAnswer:
    """`limit` of titles. Raises NotFound if no lot counts."""
    if not reading.production.lots:
        raise reading.nothing()
    whole, facilities = reading.production.result()
    referenced = not any(one.own and one.code == NO_REFERENCE for one in context.findings.items)
    study = study_of(sources, reading.unit, whole.burdens, production_description(whole.burdens))
    return ProductAnswer(
        product=reading.product, unit=reading.unit, method=METHOD, at=reading.as_of.size,
        since=reading.period.since, until=reading.period.until, plugins=sorted(reading.plugins),
        facilities=[
            FacilityAnswer(facility=name, share=float(one.quantity) / float(whole.quantity),
                           **_production(one, reading.unit, limit, referenced=referenced))
            for name, one in facilities.items()
        ],
        lots=lots, left_off=whole.lots - len(lots), findings=context.findings.items,
        findings_left_off=context.findings.left_off, findings_note=note_on(context.findings),
        open_periods=context.open_periods.periods, more_periods=context.open_periods.more,
        in_doubt=list(context.doubts[:DOUBTS]), limitations=list(context.limitations),
        months=average_answers(reading.compared.months(), reading.unit),
        years=average_answers(reading.compared.years(), reading.unit), changes=list(context.changes),
        documented=whole.burdens[SLOT[DOCUMENTED]], own_word=own_word(whole.burdens),
        verified=context.verified,
        study=StudyAnswer(method=METHOD, gwp=GWP, **structs.asdict(study)),
        **_production(whole, reading.unit, limit, referenced=referenced),
    )


def _production(total: Total, unit: str, limit: float, *, referenced: bool) -> dict[str, Any]:
    """The fields of a ProductionAnswer. `referenced`: no record of the product says that it has no reference range."""
    quantity, burdens = float(total.quantity), total.burdens
    completeness, doubtful = completeness_of(burdens), doubtful_of(burdens, limit, referenced=referenced)
    return {
        "title": doubtful.title,
        "quantity": Quantity(value=plain(total.quantity), unit=unit),
        "number_of_lots": total.lots, "number_of_records": total.records,
        "footprint": total.footprint, "footprint_per_unit": total.per_unit,
        "location_based": location_based(burdens), "market_based": market_based(burdens),
        "burdens": present([amount / quantity for amount in burdens]),
        "contents": {name: amount / quantity for name, amount in sorted(total.contents.items())},
        "biogenic_uptake": biogenic_uptake(total.contents) / quantity,
        "completeness": "unknown" if completeness is None else f"{completeness * 100:.1f} %",
        "exempted": exempted_of(burdens),
        "unestimated": burdens[SLOT["unestimated"]], "questioned": burdens[SLOT[QUESTIONED]],
        "questioned_share": doubtful.shares.get("questioned", 0.0), "title_limit": limit,
        "spread": SpreadAnswer(**total.spread._asdict()),
        "primary_share": part_of_absolute(burdens, "primaryAbs"),
        "provisional_share": part_of_absolute(burdens, "provisionalAbs"),
        "ratings": ratings(burdens), "pact_ratings": pact_ratings(burdens),
        "rating_conversion": CONVERSION if burdens[SLOT["absGhg"]] else None,
        "fossil_emissions": fossil_emissions(burdens) / quantity, "recycled_content": recycled_content(total.contents),
    }
