"""Where lots that were taken come from: through transfers and pools, back to who made them; and whether an auditor has
confirmed it.

A lot that was only passed on is what went into it. Parts of one maker, product and year are one, so that a pool of
many additions stays small.
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
from ledger.service.queries.tree_size import Moment
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

MAX_LOTS: Final = 200_000
"""Lots that are traced for the answer about one installation and year."""
_PASSING: Final = ("addition", "transfer", "acceptance")
_ELECTRICITY, _KWH = SLOT["electricityLocation"], SLOT["electricityKwh"]
_attestation = msgspec.json.Decoder(Attestation)
Subject = tuple[str, str]


class LotOrigin(NamedTuple):
    """Who made a part of a lot, where the ledger knows it. `version`: the newest revision of its maker's results."""

    product: str
    facility: str | None
    process: str | None
    year: int | None
    attested: str | None
    declared: str | None
    version: int


class OriginPart(NamedTuple):
    """The part of a lot's quantity that has an origin, and kg CO2e that the whole of it carried when it was made."""

    fraction: float
    made: float


class LotSource(NamedTuple):
    """A lot that was taken, whole; figures are kg CO2e and kWh."""

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


async def read_sources(pool: DatabasePool, numbers: Sequence[int], moment: Moment) -> dict[int, LotSource]:
    """The lots by number. Raises InvalidInput where more than MAX_LOTS lots would have to be traced."""
    rows = await pool.fetch(queries("cbam")["passed"], sorted(set(numbers)), moment.version, MAX_LOTS + 1)
    if len(rows) > MAX_LOTS:
        raise InvalidInput(f"more than {MAX_LOTS:,} lots were pooled and handed on", code="too-many-lots",
                           field="facility", rule=f"at most {MAX_LOTS:,} lots are traced for an answer")
    passing = sorted({row["number"] // LOT_SLOTS for row in rows if row["type"] in _PASSING})
    flows: dict[int, list[tuple[int, Decimal]]] = {}
    for row in await pool.fetch(queries("inventory")["taken"], passing, moment.version) if passing else ():
        flows.setdefault(row["record"], []).append((row["lot"], row["quantity"]))
    made = sorted({row["number"] // LOT_SLOTS for row in rows if row["type"] not in _PASSING})
    makers = {row["index"]: row for row in await pool.fetch(queries("cbam")["makers"], made, moment.version)}
    attested = await _read_attested(pool, rows, makers.values(), moment)
    return _traced(rows, flows, makers, attested)


async def _read_attested(
    pool: DatabasePool, lots: Iterable[Record], makers: Iterable[Record], moment: Moment
) -> dict[Subject, list[Attested]]:
    """Attestations by subject, newest first."""
    subjects: set[Subject] = set()
    for lot in lots:
        subjects |= {("lot", lot["id"]), ("product", lot["product"])}
    for maker in makers:
        subjects.add(("record", maker["digest"]))
        if maker["facility"] is not None:
            subjects.add(("facility", maker["facility"]))
    asked = sorted(subjects)
    found: dict[Subject, list[Attested]] = {}
    for row in await pool.fetch(queries("cbam")["attestations"], [kind for kind, _ in asked],
                                [name for _, name in asked], moment.size):
        one = Attested(row["digest"], _attestation.decode(row["body"]), row["version"])
        found.setdefault((row["kind"], row["subject"]), []).append(one)
    return found


def _traced(
    rows: Iterable[Record], flows: Mapping[int, Iterable[tuple[int, Decimal]]], makers: Mapping[int, Record],
    attested: Mapping[Subject, Sequence[Attested]],
) -> dict[int, LotSource]:
    found: dict[int, LotSource] = {}
    # What a lot was made of has lower numbers: one walk in order meets it first.
    for row in rows:
        record = row["number"] // LOT_SLOTS
        if row["type"] in _PASSING:
            parts = _passed(row, flows.get(record, ()), found, attested)
        else:
            origin = _origin(row, makers[record], attested)
            parts = {origin: OriginPart(1.0, footprint(row["burdens"]))}
        burdens = row["burdens"]
        found[row["number"]] = LotSource(
            row["id"], row["role"], row["quantity"], row["unit"], row["mass"], footprint(burdens),
            burdens[_ELECTRICITY], burdens[_KWH], parts,
        )
    return found


def _passed(
    row: Record, flows: Iterable[tuple[int, Decimal]], found: Mapping[int, LotSource],
    attested: Mapping[Subject, Sequence[Attested]],
) -> dict[LotOrigin, OriginPart]:
    taken = list(flows)
    whole = sum((quantity for _, quantity in taken), Decimal(0))
    parts: dict[LotOrigin, OriginPart] = {}
    for number, quantity in taken:
        source, of_whole = found[number], float(quantity) / float(whole)
        scale = float(row["quantity"]) / float(whole) * float(quantity) / float(source.quantity)
        for origin, part in source.parts.items():
            if origin.attested is None and origin.year is not None:
                given = _verdict(attested.get(("lot", row["id"]), ()), origin.year, None, origin.version)
                origin = origin._replace(attested=given.digest if given and _is_valid(given.record) else None)
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
        # Of each subject the newest that covers the year decides; any adverse opinion decides for all.
        verdicts = [_verdict(attested.get((kind, name), ()), year, maker if kind in ("lot", "record") else None,
                             maker["version"]) for kind, name in subjects if name is not None]
        if not any(one is not None and one.record.opinion == "adverse" for one in verdicts):
            confirmed = next((one.digest for one in verdicts if one is not None and _is_valid(one.record)), None)
    return LotOrigin(
        row["product"], maker["facility"], maker["process"], year, confirmed,
        maker["basis"] if maker["type"] == "declaration" else None, maker["version"],
    )


def year_of(end: str) -> int:
    """The calendar year to which what ends at an instant belongs: midnight of 31 December is its last instant."""
    year = int(end[:4])
    return year - 1 if end[4:] == "-01-01T00:00:00Z" else year


def _verdict(given: Sequence[Attested], year: int, maker: Record | None, version: int) -> Attested | None:
    """The newest attestation that covers a year (of one lot or record: the time of its making) and was valid at its
    end, where the results are still those that it was given on."""
    for one in given:
        record = one.record
        first, last = f"{year}-01-01T00:00:00Z", f"{year}-12-31T00:00:00Z"
        if maker is not None:
            first, last = maker["started"] or maker["ended"], maker["ended"]
        covers = record.start <= first and record.end >= last
        if covers and record.valid_until >= f"{year}-12-31T00:00:00Z" and one.version >= version:
            return one
    return None


def _is_valid(record: Attestation) -> bool:
    return record.level == "reasonable" and record.opinion in ("unmodified", "qualified")
