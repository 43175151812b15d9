"""Contracts the graph of a chain to the part that a caller sees."""

from collections.abc import Sequence
from typing import Final

import numpy

from ledger.access.rights import Rights
from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import QUESTIONED
from ledger.footprint.derived.chain.arrays import Arrays
from ledger.footprint.derived.chain.boundary import NOTE
from ledger.footprint.derived.chain.columns import LotColumns
from ledger.footprint.derived.chain.contraction import DOWNSTREAM_NOTE, Contraction
from ledger.footprint.derived.chain.cutting import StageParts
from ledger.footprint.derived.chain.delivered_findings import of_lot
from ledger.footprint.stored.burdens import SLOT, footprint
from ledger.service.access.walk import Visible
from ledger.service.queries.chain.delivered import HiddenLots, read_delivered
from ledger.service.queries.chain.load import ChainRequest
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_OWN_PLACE: Final = ("transformation", "declaration")
"""Records that state the facility and process of their lots. Lots of other records inherit both from their inputs."""


def without_hidden(
    lots: LotColumns, arrays: Arrays, types: Sequence[str], request: ChainRequest
) -> LotColumns:
    """The lots without places and pools that only hidden records state. If nothing is hidden, all stay.
    Everything upstream of a downstream chain counts as hidden."""
    indexes, visible = arrays.records.tolist(), request.visible
    if visible is None or (request.direction == "upstream" and all(index in visible for index in indexes)):
        return lots
    facilities, processes, pools = list(lots.facilities), list(lots.processes), list(lots.pools)
    for lot, maker in enumerate(arrays.makers.tolist()):
        if indexes[maker] not in visible:
            pools[lot] = None
        if indexes[maker] not in visible or types[maker] not in _OWN_PLACE:
            facilities[lot] = processes[lot] = None
    return lots._replace(facilities=facilities, processes=processes, pools=pools)


async def read_contraction(
    pool: DatabasePool, rights: Rights, chain: tuple[StageParts, ChainRequest], visible: Visible
) -> Contraction:
    """The contraction of the graph of a loaded chain. Requested lots and received ones stay."""
    (arrays, lots, records, _), request = chain
    position = {number: lot for lot, number in enumerate(arrays.numbers.tolist()) if visible.is_boundary(number)}
    rows = await pool.fetch(queries("sight")["boundary"], list(position), request.as_of.version)
    suppliers = {row["id"]: row["issuer"] for row in rows if {row["holder"], row["owner"]} & rights.own}
    targets = set(request.targets)
    merged = [row for row in rows if row["id"] not in suppliers and row["number"] not in targets]
    hidden = {index for index in arrays.records.tolist() if index not in visible.records}
    names = {records.digests[place] for place, index in enumerate(arrays.records.tolist()) if index in hidden}
    received = [row["number"] for row in rows if row["id"] in suppliers]
    findings = await read_delivered(
        pool, HiddenLots({number // LOT_SLOTS for number in received}, numbers=received), request.as_of)
    listed = {name: of_lot(findings.by_lot[number]) for name, number in findings.numbers.items()
              if number in findings.by_lot}
    remainder = None
    if len({row["issuer"] for row in merged}) > 1:
        remainder = _remainder(arrays, lots, [position[row["number"]] for row in merged])
    return Contraction(
        frozenset(names | {row["id"] for row in merged}), suppliers, remainder,
        NOTE if request.direction == "upstream" else DOWNSTREAM_NOTE, listed)


def _remainder(arrays: Arrays, lots: LotColumns, merged: Sequence[int]) -> dict[str, object]:
    """The data of the node for all merged lots, by the quantities that visible records took."""
    taken = numpy.zeros(len(arrays.numbers))
    numpy.add.at(taken, arrays.inputs, arrays.parts)
    burdens = taken[merged] @ lots.burdens[merged]
    return {"kind": "hidden", "footprint": footprint(burdens.tolist()), "questioned": float(burdens[SLOT[QUESTIONED]])}
