"""Credits that were used up for a lot, and the emissions that they would avoid: never part of its footprint."""

from decimal import Decimal

import msgspec
from asyncpg import Record
from msgspec import Struct

from ledger.admission.checks.credits import RECYCLING
from ledger.answers.stored import ClaimAnswer
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Consumption
from ledger.core.record.units import plain, unit
from ledger.core.record.values import Factor, Output, Quantity
from ledger.footprint.stored.gwp import AR6
from ledger.service.queries.tree_size import AsOf
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

MAX_CLAIMS = 100
_MAX_MAKERS = 10_000


class _Maker(Struct):
    """The fields of a record that describe its credit lots."""

    outputs: list[Output] = []
    lot: Output | None = None


_claim = msgspec.json.Decoder(Consumption)
_maker = msgspec.json.Decoder(_Maker)


async def read_claims(pool: DatabasePool, lot: str, as_of: AsOf) -> list[ClaimAnswer]:
    """The credits used up for a lot as of a moment, from the newest 100 claims, newest first."""
    rows = await pool.fetch(queries("read")["claims"], lot, as_of.size, as_of.version, MAX_CLAIMS)
    factors = await _factors(pool, {row["number"] for row in rows}, as_of.version)
    return [_answer(row, factors.get(row["number"])) for row in rows]


async def _factors(pool: DatabasePool, credits_: set[int], version: int) -> dict[int, Factor | None]:
    """By number of a credit lot, the factor of its issue. Credits from pools that mixed several factors are absent."""
    issued: dict[int, set[Factor | None]] = {}
    rows = await pool.fetch(queries("read")["credit_makers"], list(credits_), version, _MAX_MAKERS)
    for row in rows:
        maker = _maker.decode(row["body"])
        for output in [*maker.outputs, *([maker.lot] if maker.lot is not None else [])]:
            if output.lot == row["id"] and output.credit is not None:
                issued.setdefault(row["credit"], set()).add(output.credit.factor)
    return {number: next(iter(factors)) for number, factors in issued.items() if len(factors) == 1}


def _answer(row: Record, factor: Factor | None) -> ClaimAnswer:
    claim = _claim.decode(row["body"]).claim
    return ClaimAnswer(
        method="" if claim is None else claim.method, credit=row["id"],
        quantity=Quantity(value=plain(row["quantity"]), unit=row["unit"]),
        material=row["credit"].removeprefix(RECYCLING), claimant=row["issuer"], index=row["index"],
        record=row["digest"], factor=factor,
        avoided=None if factor is None else avoided(row["quantity"], row["unit"], factor),
    )


def avoided(quantity: Decimal, code: str, factor: Factor) -> float | None:
    """Kg CO2e (GWP100 of AR6) that a quantity of a credit would avoid; None for a gas without a potential."""
    potential = AR6.get(factor.gas or "CO2e")
    if potential is None:
        return None
    units = CONTEXT.divide(CONTEXT.multiply(quantity, unit(code).scale), unit(factor.unit).scale)
    return float(CONTEXT.multiply(CONTEXT.multiply(units, Decimal(factor.value)), potential))
