"""The transformations of one facility that ended in a year, with their input and output lots."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec
from asyncpg import Record

from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import ADDITIVE, NOTHING, Assessment, Line
from ledger.core.outcome.leaves import AssessmentLeaf
from ledger.core.record.kinds import Facility, Product, ProductCompletion, Transformation
from ledger.core.record.units import UNITS
from ledger.core.record.values import Supply
from ledger.errors import InvalidInput
from ledger.footprint.stored.burdens import footprint, line_co2e
from ledger.footprint.stored.supplies import CONTRACT_EVIDENCE
from ledger.host.threads import in_thread
from ledger.sdk import EmissionLine, MadeLot, PowerUse, Production
from ledger.service.queries.inventory.rows import InventorySpan
from ledger.service.queries.tree_size import AsOf
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_CHUNK: Final = 1_000
_ELECTRICITY: Final = "electricity"
_KG_PER_T, _MJ_PER_KWH = 1000.0, 3.6
_record = msgspec.json.Decoder(Transformation)
_product = msgspec.json.Decoder(Product)
_completion = msgspec.json.Decoder(ProductCompletion)
_facility = msgspec.json.Decoder(Facility)
_leaf = msgspec.json.Decoder(AssessmentLeaf)
_assessment = msgspec.json.Decoder(Assessment)


class InstallationRows(NamedTuple):
    """A transformation as it reads at the moment of the question. `flows`: the numbers of its input lots with the
    taken quantities."""

    log_index: int
    digest: str
    record: Transformation
    assessment: Assessment
    made: tuple[Record, ...]
    flows: tuple[tuple[int, Decimal], ...]


async def read_facility(pool: DatabasePool, facility: str, as_of: AsOf) -> Facility | None:
    """The record that registered a facility; None if it was not on the ledger at that moment."""
    rows = await pool.fetch(queries("contributions")["facilities"], [facility], as_of.size)
    return _facility.decode(rows[0]["body"]) if rows else None


async def read_facilities(pool: DatabasePool, names: Iterable[str], as_of: AsOf) -> dict[str, Facility]:
    """The records that registered facilities, by id."""
    rows = await pool.fetch(queries("contributions")["facilities"], sorted(set(names)), as_of.size)
    return {row["id"]: _facility.decode(row["body"]) for row in rows}


async def read_codes(pool: DatabasePool, products: Iterable[str], as_of: AsOf) -> dict[str, str]:
    """The CN codes of products, as they were completed last. Products that state no code are absent."""
    names = sorted(set(products))
    rows = await pool.fetch(queries("contributions")["products"], names, as_of.size)
    codes = {row["id"]: _product.decode(row["body"]).classifications.get("cn") for row in rows}
    for row in await pool.fetch(queries("contributions")["completions"], names, as_of.size):
        completion = _completion.decode(row["body"])
        codes[completion.product] = completion.classifications.get("cn", codes[completion.product])
    return {product: code for product, code in codes.items() if code is not None}


async def read_year(
    pool: DatabasePool, facility: Facility, span: InventorySpan, as_of: AsOf, most: int
) -> list[InstallationRows]:
    """The transformations of the facility that ended in the span, in log order.

    Raises InvalidInput if more than `most` records of the facility, in any years, made goods.
    """
    rows = await pool.fetch(
        queries("cbam")["candidates"], facility.issuer, facility.id, as_of.size, as_of.version, most + 1)
    if len(rows) > most:
        raise InvalidInput(
            f"facility {facility.id!r} has more than {most:,} records", code="too-many-records", field="facility",
            value=facility.id, rule=f"at most {most:,} records of one facility",
        )
    indexes = [row["record"] for row in rows]
    transformations: list[InstallationRows] = []
    for start in range(0, len(indexes), _CHUNK):
        chunk = await pool.fetch(queries("cbam")["productions"], indexes[start : start + _CHUNK], as_of.version,
                                 facility.id, span.since, span.until)
        if chunk:
            transformations += await _completed(pool, chunk, as_of)
    return transformations


async def _completed(pool: DatabasePool, rows: list[Record], as_of: AsOf) -> list[InstallationRows]:
    indexes = [row["index"] for row in rows]
    flows: dict[int, list[tuple[int, Decimal]]] = {}
    for row in await pool.fetch(queries("inventory")["taken"], indexes, as_of.version):
        flows.setdefault(row["record"], []).append((row["lot"], row["quantity"]))
    made: dict[int, list[Record]] = {}
    for row in await pool.fetch(queries("cbam")["made"], indexes, as_of.version):
        made.setdefault(row["number"] // LOT_SLOTS, []).append(row)
    return await in_thread(_decoded, rows, made, flows)


def _decoded(
    rows: Iterable[Record], made: Mapping[int, list[Record]], flows: Mapping[int, list[tuple[int, Decimal]]]
) -> list[InstallationRows]:
    return [
        InstallationRows(
            row["index"], row["digest"], _record.decode(row["body"]),
            NOTHING if row["leaf"] is None else _assessment.decode(_leaf.decode(row["leaf"]).assessment),
            tuple(made.get(row["index"], ())), tuple(flows.get(row["index"], ())),
        )
        for row in rows
    ]


def production(rows: InstallationRows, codes: Mapping[str, str]) -> Production:
    """A transformation without its inputs. `codes`: the CN codes of products."""
    record = rows.record
    return Production(
        record=rows.digest, process=record.process, end=record.end, provisional=record.basis == "provisional",
        lines=[_line(line) for line in rows.assessment.lines if line.burden in ADDITIVE],
        power=list(_power(record, rows.assessment)),
        made=[_made(i, row, rows.assessment, codes) for i, row in enumerate(rows.made)],
    )


def evidence_of(record: Transformation, name: str) -> str | None:
    """The kind of document that proves the contract or direct line of a supply (by material) or lot (by id).

    None if the record has no such document.
    """
    for evidence in record.evidence:
        kind, _, subject = evidence.kind.partition(":")
        if kind in CONTRACT_EVIDENCE and subject in ("", name):
            return kind
    return None


def tonnes_of(mass: Decimal | None) -> float | None:
    return None if mass is None else float(mass) / _KG_PER_T


def _line(line: Line) -> EmissionLine:
    return EmissionLine(
        source=line.source, kind=line.kind, gas=line.gas, burden=line.burden, amount=float(line.amount),
        carbon_dioxide=line_co2e(line), basis=line.basis, primary=line.primary, factor=line.factor,
        recalled=line.recalled,
    )


def _made(position: int, row: Record, assessment: Assessment, codes: Mapping[str, str]) -> MadeLot:
    assigned = 0.0
    for part in assessment.assigned:
        if part.output == position and part.burden in ADDITIVE:
            assigned += float(part.amount)
    return MadeLot(
        lot=row["id"], product=row["product"], role=row["role"], quantity=float(row["quantity"]), unit=row["unit"],
        share=row["share"], assigned=assigned, footprint=footprint(row["burdens"]), tonnes=tonnes_of(row["mass"]),
        cn=codes.get(row["product"]),
    )


def _power(record: Transformation, assessment: Assessment) -> Iterable[PowerUse]:
    """Electricity by its way of supply. A supply with its own factor or declaration comes by a contract; all other
    electricity comes from the grid.

    Each contract has its own emission line. Lines that name no factor of a contract are of the grid.
    """
    supplies = [one for one in record.supplies if one.material == _ELECTRICITY and _is_energy(one)]
    lines: dict[str | None, float] = {}
    for line in assessment.lines:
        if line.kind == _ELECTRICITY and line.burden in ADDITIVE:
            lines[line.factor] = lines.get(line.factor, 0.0) + line_co2e(line)
    contracts: dict[str, float] = {}
    grid = 0.0
    for supply in supplies:
        name = _contract(supply)
        if name is None:
            grid += _kilowatt_hours(supply)
        else:
            contracts[name] = contracts.get(name, 0.0) + _kilowatt_hours(supply)
    evidence = evidence_of(record, _ELECTRICITY)
    for name, amount in contracts.items():
        yield PowerUse(way="contract", kilowatt_hours=amount, carbon_dioxide=lines.pop(name, 0.0), evidence=evidence)
    rest = 0.0
    for amount in lines.values():
        rest += amount
    if grid or rest:
        yield PowerUse(way="grid", kilowatt_hours=grid, carbon_dioxide=rest)


def _contract(supply: Supply) -> str | None:
    """The name of the factor in the emission lines of a supply by contract; None for a supply from the grid."""
    if supply.factor is not None:
        return f"{supply.factor.source}/{supply.factor.year}"[:255]
    return None if supply.declaration is None else f"declaration:{supply.declaration}"


def _is_energy(supply: Supply) -> bool:
    return supply.quantity.unit in UNITS and UNITS[supply.quantity.unit].dimension == "energy"


def _kilowatt_hours(supply: Supply) -> float:
    return float(supply.quantity.amount * UNITS[supply.quantity.unit].scale) / _MJ_PER_KWH
