"""Answers of the API from which tests make pages: a plain lot of 100 kg CO2e."""

from collections.abc import Iterable

from ledger.answers.stored import FootprintAnswer, LotAnswer
from ledger.core.record.values import Quantity
from ledger.footprint.derived.gaps import Gap, Kind, LotGaps

_LOT = "urn:example:mill:lot:1"


def figure() -> FootprintAnswer:
    """A clean footprint, without primary data."""
    lot = LotAnswer(
        lot=_LOT, product="urn:example:mill:product:steel", quantity=Quantity(value="1", unit="TNE"),
        holder="urn:example:mill", role="product", index=7, record="0" * 64, questioned=0.0)
    return FootprintAnswer(
        title="footprint", lot=lot, record="0" * 64, method="cut-off/1", footprint=100.0, footprint_per_unit=100.0,
        location_based=100.0, market_based=100.0, unit="TNE", burdens={}, contents={}, biogenic_uptake=0.0,
        completeness="100.0 %", exempted="0.0 %", unestimated=0.0, questioned=0.0, questioned_share=0.0,
        title_limit=0.03)


def gaps(found: Iterable[tuple[Kind, str, float]]) -> LotGaps:
    """Gaps by kind, material and kg CO2e."""
    items = [Gap(kind=kind, what=what, ask="", whom="urn:example:mill", weight=1.0, count=1, records=[], kg_co2e=size)
             for kind, what, size in found]
    return LotGaps(lot=_LOT, records=1, footprint=100.0, absolute=100.0, explained=100.0, well_founded=0.0,
                   completeness="100.0 %", questioned=0.0, items=items)
