"""The origins of input lots: their makers, traced back through transfers and pools, and attestations of these origins.

A transfer or pool does not change the origin of goods. Parts from the same maker, product and year are combined, so
that a pool of many additions stays small.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec
from asyncpg import Record

from ledger.admission.facts import LOT_SLOTS
from ledger.core.record.kinds import Attestation
from ledger.core.record.values import Role
from ledger.errors import InvalidInput
from ledger.footprint.stored.burdens import SLOT, footprint
from ledger.service.access.sight import EVERYTHING, Sight
from ledger.service.queries.footprint.interests import read_groups
from ledger.service.queries.tree_size import AsOf
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

MAX_LOTS: Final = 200_000
"""The most lots that a query traces for one installation and year."""
_PASSING: Final = ("addition", "transfer", "acceptance")
_ELECTRICITY, _KWH = SLOT["electricityLocation"], SLOT["electricityKwh"]
_attestation = msgspec.json.Decoder(Attestation)
Subject = tuple[str, str]


class LotOrigin(NamedTuple):
    """The maker of a part of a lot, if the ledger knows it. `version`: the newest revision of the maker's results."""

    product: str
    facility: str | None
    process: str | None
    year: int | None
    attested: str | None
    declared: str | None
    version: int


class OriginPart(NamedTuple):
    """The fraction of a lot that has an origin, and the kg CO2e that this part carried when it was made."""

    fraction: float
    made: float


class LotSource(NamedTuple):
    """A whole input lot; figures are kg CO2e and kWh."""

    id: str
    role: Role
    quantity: Decimal
    unit: str
    mass: Decimal | None
    carried: float
    electricity: float
    kilowatt_hours: float
    parts: Mapping[LotOrigin, OriginPart]


class Attested(NamedTuple):
    """An attestation, and the newest revision before it."""

    digest: str
    record: Attestation
    version: int


async def read_sources(
    pool: DatabasePool, numbers: Sequence[int], as_of: AsOf, sight: Sight = EVERYTHING
) -> dict[int, LotSource]:
    """The lots by number. The origin of a lot that a hidden record made is its committed figure alone. Raises
    InvalidInput if more than MAX_LOTS lots have to be traced."""
    rows = await pool.fetch(queries("cbam")["passed"], sorted(set(numbers)), as_of.version, MAX_LOTS + 1)
    if len(rows) > MAX_LOTS:
        raise InvalidInput(f"the inputs trace back to more than {MAX_LOTS:,} pooled or transferred lots",
                           code="too-many-lots", field="facility",
                           rule=f"at most {MAX_LOTS:,} lots for one installation and year")
    passing = sorted({row["number"] // LOT_SLOTS for row in rows if row["type"] in _PASSING})
    flows: dict[int, list[tuple[int, Decimal]]] = {}
    for row in await pool.fetch(queries("inventory")["taken"], passing, as_of.version) if passing else ():
        flows.setdefault(row["record"], []).append((row["lot"], row["quantity"]))
    made = sorted({row["number"] // LOT_SLOTS for row in rows if row["type"] not in _PASSING})
    makers = {row["index"]: row for row in await pool.fetch(queries("cbam")["makers"], made, as_of.version)}
    attested = await _read_attested(pool, rows, makers.values(), as_of)
    visible = await sight.in_full(pool, {row["number"] // LOT_SLOTS for row in rows})
    hidden = frozenset([row["number"] for row in rows if row["number"] // LOT_SLOTS not in visible])
    return _traced(rows, flows, makers, attested, hidden)


async def _read_attested(
    pool: DatabasePool, lots: Iterable[Record], makers: Iterable[Record], as_of: AsOf
) -> dict[Subject, list[Attested]]:
    """Attestations by subject, newest first. An auditor of the maker's group confirms nothing, but its adverse opinion
    counts."""
    subjects: set[Subject] = set()
    for lot in lots:
        subjects |= {("lot", lot["id"]), ("product", lot["product"])}
    for maker in makers:
        subjects.add(("record", maker["digest"]))
        if maker["facility"] is not None:
            subjects.add(("facility", maker["facility"]))
    wanted = sorted(subjects)
    attested: dict[Subject, list[Attested]] = {}
    rows = await pool.fetch(queries("cbam")["attestations"], [kind for kind, _ in wanted],
                             [name for _, name in wanted], as_of.size)
    named = {name for row in rows for name in (row["issuer"], row["party"]) if name is not None}
    groups = await read_groups(pool, named, as_of.size) if named else None
    for row in rows:
        attestation = Attested(row["digest"], _attestation.decode(row["body"]), row["version"])
        own = groups is not None and row["party"] is not None and groups.facts.one_group(
            row["issuer"], row["party"], attestation.record.end)
        if own and attestation.record.opinion != "adverse":
            continue
        attested.setdefault((row["kind"], row["subject"]), []).append(attestation)
    return attested


def _traced(
    rows: Iterable[Record], flows: Mapping[int, Iterable[tuple[int, Decimal]]], makers: Mapping[int, Record],
    attested: Mapping[Subject, Sequence[Attested]], hidden: frozenset[int],
) -> dict[int, LotSource]:
    sources: dict[int, LotSource] = {}
    # The inputs of a lot have lower numbers than the lot, so a pass in order reaches them first.
    for row in rows:
        record = row["number"] // LOT_SLOTS
        if row["number"] in hidden:
            unknown = LotOrigin(row["product"], None, None, None, None, None, 0)
            parts = {unknown: OriginPart(1.0, footprint(row["burdens"]))}
        elif row["type"] in _PASSING:
            parts = _passed(row, flows.get(record, ()), sources, attested)
        else:
            origin = _origin(row, makers[record], attested)
            parts = {origin: OriginPart(1.0, footprint(row["burdens"]))}
        burdens = row["burdens"]
        sources[row["number"]] = LotSource(
            row["id"], row["role"], row["quantity"], row["unit"], row["mass"], footprint(burdens),
            burdens[_ELECTRICITY], burdens[_KWH], parts,
        )
    return sources


def _passed(
    row: Record, flows: Iterable[tuple[int, Decimal]], sources: Mapping[int, LotSource],
    attested: Mapping[Subject, Sequence[Attested]],
) -> dict[LotOrigin, OriginPart]:
    taken = list(flows)
    whole = sum((quantity for _, quantity in taken), Decimal(0))
    parts: dict[LotOrigin, OriginPart] = {}
    for number, quantity in taken:
        source, of_whole = sources[number], float(quantity) / float(whole)
        scale = float(row["quantity"]) / float(whole) * float(quantity) / float(source.quantity)
        for origin, part in source.parts.items():
            if origin.attested is None and origin.year is not None:
                attestation = _verdict(attested.get(("lot", row["id"]), ()), origin.year, None, origin.version)
                digest = attestation.digest if attestation is not None and _is_valid(attestation.record) else None
                origin = origin._replace(attested=digest)
            before = parts.get(origin, OriginPart(0.0, 0.0))
            parts[origin] = OriginPart(before.fraction + of_whole * part.fraction, before.made + scale * part.made)
    return parts


def _origin(row: Record, maker: Record, attested: Mapping[Subject, Sequence[Attested]]) -> LotOrigin:
    year = None if maker["ended"] is None else year_of(maker["ended"])
    subjects: tuple[tuple[str, str | None], ...] = (
        ("lot", row["id"]), ("record", maker["digest"]), ("product", row["product"]), ("facility", maker["facility"]),
    )
    confirmed = None
    if year is not None:
        # The newest attestation of each subject that covers the year counts. One adverse opinion outweighs all others.
        verdicts = [_verdict(attested.get((kind, name), ()), year, maker if kind in ("lot", "record") else None,
                             maker["version"]) for kind, name in subjects if name is not None]
        if not any(one is not None and one.record.opinion == "adverse" for one in verdicts):
            confirmed = next((one.digest for one in verdicts if one is not None and _is_valid(one.record)), None)
    return LotOrigin(
        row["product"], maker["facility"], maker["process"], year, confirmed,
        maker["basis"] if maker["type"] == "declaration" else None, maker["version"],
    )


def year_of(end: str) -> int:
    """The calendar year of a record that ends at an instant. 1 January 00:00 belongs to the year before."""
    year = int(end[:4])
    return year - 1 if end[4:] == "-01-01T00:00:00Z" else year


def _verdict(attestations: Sequence[Attested], year: int, maker: Record | None, version: int) -> Attested | None:
    """The newest attestation that covers a year, was valid at the end of the year, and whose attested results are still
    current. For a lot or record, it must cover the time of production instead of the year."""
    for attested in attestations:
        record = attested.record
        first, last = f"{year}-01-01T00:00:00Z", f"{year}-12-31T00:00:00Z"
        if maker is not None:
            first, last = maker["started"] or maker["ended"], maker["ended"]
        covers = record.start <= first and record.end >= last
        if covers and record.valid_until >= f"{year}-12-31T00:00:00Z" and attested.version >= version:
            return attested
    return None


def _is_valid(record: Attestation) -> bool:
    return record.level == "reasonable" and record.opinion in ("unmodified", "qualified")
