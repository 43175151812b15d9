"""The footprint of one lot, from one row: its figures, its own record's part, each input's part, and the quality."""

from collections.abc import Mapping, Sequence

import msgspec
from asyncpg import Record

from ledger.core.assessment import BURDENS, Assessment
from ledger.core.outcome import AssessmentLeaf
from ledger.core.values import Quantity
from ledger.errors import NotFound
from ledger.footprint.burdens import SLOT, direct, footprint, line_co2e
from ledger.footprint.contents import MATERIAL, RECYCLED
from ledger.service.answers import DirectAnswer, FootprintAnswer, InputAnswer, LineAnswer, LotAnswer
from ledger.service.contexts import plain
from ledger.store.database import Pool
from ledger.store.sql import queries

COMPLETE = 0.95
"""ISO 14067 leaves a cut-off to the study; PACT 3 exempts at most 5 %."""

CO2_PER_C = 44 / 12
NEWEST = (1 << 62) - 1
"""A revision beyond all that there are."""
_leaf = msgspec.json.Decoder(AssessmentLeaf)
_assessment = msgspec.json.Decoder(Assessment)


async def read_footprint(pool: Pool, lot: str) -> FootprintAnswer:
    """Raises NotFound for a lot that is not on the ledger."""
    row = await pool.fetchrow(queries("read")["footprint"], lot, NEWEST)
    if row is None:
        raise NotFound(f"lot {lot!r} is not on the ledger", field="lot", value=lot, rule="the id of a lot")
    return answer(row)


def answer(row: Record) -> FootprintAnswer:
    """The answer that a row of the query `footprint` gives."""
    leaf = _leaf.decode(row["outcome"])
    assessment = _assessment.decode(leaf.assessment)
    burdens: Sequence[float] = row["burdens"]
    share, total = row["share"], footprint(burdens)
    contents = dict(zip(row["content"], row["amount"], strict=True))
    own = _direct(assessment, share)
    inputs = _inputs(row, share)
    explained = own.footprint
    for one in inputs:
        explained += one.footprint
    completeness = completeness_of(burdens)
    incomplete = completeness is None or completeness < COMPLETE
    absolute = burdens[SLOT["absGhg"]]
    return FootprintAnswer(
        title="incomplete footprint" if incomplete else "footprint",
        lot=lot_answer(row), record=row["digest"], method=row["method"], plugin=row["plugin"],
        footprint=total, footprint_per_unit=total / float(row["quantity"]), unit=row["unit"],
        burdens=present(burdens), contents=contents,
        biogenic_uptake=-CO2_PER_C * contents.get("biogenicCarbon", 0.0),
        completeness="unknown" if completeness is None else _percent(completeness),
        exempted="unknown" if completeness is None else _percent(1.0 - completeness),
        unestimated=burdens[SLOT["unestimated"]], share=share, direct=own, inputs=inputs,
        assigned=total - explained if assessment.assigned else 0.0,
        primary_share=burdens[SLOT["primaryAbs"]] / absolute if absolute else None,
        factors=sorted({line.factor for line in assessment.lines if line.factor}),
        recalled_factors=sorted({line.factor for line in assessment.lines if line.factor and line.recalled}),
        recycled_content=recycled_content(contents),
        indicators={name: str(value) for name, value in assessment.indicators.items()},
    )


def completeness_of(burdens: Sequence[float]) -> float | None:
    """absGhg / (absGhg + omittedAbs); None (unknown) where something is omitted that nobody estimated."""
    if burdens[SLOT["unestimated"]] > 0:
        return None
    absolute, omitted = burdens[SLOT["absGhg"]], burdens[SLOT["omittedAbs"]]
    return absolute / (absolute + omitted) if absolute + omitted else 1.0


def recycled_content(contents: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """By material, the share of its mass that is pre- and post-consumer recycled content (ISO 14021)."""
    shares: dict[str, dict[str, float]] = {}
    for origin, prefix in RECYCLED.items():
        for name, amount in contents.items():
            whole = contents.get(MATERIAL + name.removeprefix(prefix), 0.0)
            if name.startswith(prefix) and whole:
                shares.setdefault(name.removeprefix(prefix), {})[origin] = amount / whole
    return shares


def present(burdens: Sequence[float]) -> dict[str, float]:
    """The burdens that are not zero, by name."""
    return {name: amount for name, amount in zip(BURDENS, burdens, strict=True) if amount}


def lot_answer(row: Record) -> LotAnswer:
    """A lot from a row that holds its columns and what remains."""
    return LotAnswer(
        lot=row["id"], product=row["product"], quantity=Quantity(value=plain(row["quantity"]), unit=row["unit"]),
        remaining=plain(row["remaining"]), holder=row["holder"], role=row["role"], index=row["number"] // 1024,
        mass_kg=plain(row["mass"]) if row["mass"] is not None else None, origin=row["origin"], item=row["item"],
        facility=row["facility"], process=row["process"], previous_life=row["previous_life"],
    )


def _direct(assessment: Assessment, share: float) -> DirectAnswer:
    vector = [share * amount for amount in direct(assessment)]
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
    return DirectAnswer(footprint=footprint(vector), burdens=present(vector), lines=lines, omissions=omissions)


def _inputs(row: Record, share: float) -> list[InputAnswer]:
    found: list[InputAnswer] = []
    if not row["lots"]:
        return found
    for lot, product, part, burdens in zip(
        row["lots"], row["products"], row["parts"], row["input_burdens"], strict=True
    ):
        carried = [share * (part * amount) for amount in burdens]
        found.append(InputAnswer(
            lot=lot, product=product, part=part, footprint=footprint(carried), burdens=present(carried)
        ))
    return found


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"
