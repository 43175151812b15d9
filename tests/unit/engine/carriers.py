"""Companies that hand metal over, at home in China and abroad, by the open set."""

from typing import Final

import msgspec
from support.memory import MemoryLedger
from support.parties import enrolment, party
from support.sectors import open_set, registry
from support.site import END, Site, supply

from ledger.core.outcome.assessment import Assessment, Finding
from ledger.core.record.kinds import Addition, Facility, Pool
from ledger.engine.batch import Sequenced
from ledger.engine.inventory.moved import CARRIAGE
from ledger.engine.sectors import Registry

ROAD: Final = 0.12522
RAIL: Final = 0.01
BARGE: Final = 0.015
CONTAINER: Final = 0.00847
"""Kg CO2e per tonne kilometre in China."""
OVERSEAS: Final = 1000 * ROAD + 18_000 * CONTAINER
NEARBY: Final = 130 * ROAD + 240 * RAIL + 270 * BARGE
"""Kg CO2e per tonne from another continent, and within one, by the default distances."""
CHINESE: Final = 15.8
"""Kg CO2e per kg of aluminium in China, by default."""


def new_ledger() -> MemoryLedger:
    memory = MemoryLedger(Registry(list(registry().sectors.values()), [open_set()]))
    memory.activate_sets()
    return memory


class Metalworks(Site):
    """An organisation with one site, of a group if it has a `parent`. All products are aluminium in kg, unless
    `material` says so."""

    def __init__(
        self, memory: MemoryLedger, name: str, country: str, parent: Site | None = None, material: str = "aluminium",
    ) -> None:
        self.ledger, self.party = memory, party(memory.seed, name)
        above, share = (None, None) if parent is None else (parent.id, "1")
        record = enrolment(
            self.party, memory.registrar, memory.state.origin, memory.nonce(), parent=above, share=share)
        memory.must((memory.registrar, record))
        self.facility = self.site("site", country)
        for product in ("metal", "ingot"):
            self.product(product, materials={material: "1"})

    def site(self, short: str, country: str) -> str:
        self._post(Facility(issuer=self.id, nonce=self.ledger.nonce(), id=self.name(short), country=country))
        return self.name(short)

    def melt(self, lot: str = "metal", facility: str | None = None) -> str:
        """A tonne of metal out of 1.9 t of alumina, 0.9 t of anodes and 14 MWh: in Norway 4.3 t of CO2e."""
        self.make([self.out(lot, "metal", "1000 KGM")], supplies=[
            supply("alumina", "1900 KGM"), supply("anode", "900 KGM"), supply("electricity", "14000 KWH"),
        ], facility=facility)
        return self.name(lot)

    def cast(self, lot: str, amount: str = "1000 KGM", name: str = "ingot", freight: str | None = None) -> Sequenced:
        return self.make([self.out(name, "ingot", amount)], {lot: amount},
                         [supply("truckFreight", freight)] if freight else ())

    def pool(self, lots: list[str], amount: str = "1000 KGM", facility: str | None = None) -> str:
        """The newest lot of a pool at a site, to which these lots were added."""
        self._post(Pool(issuer=self.id, nonce=self.ledger.nonce(), id=self.name("pool"),
                        facility=facility or self.facility, product=self.ledger.state.lots[lots[0]].product))
        for lot in lots:
            self._post(Addition(issuer=self.id, nonce=self.ledger.nonce(), pool=self.name("pool"), time=END,
                                inputs=self.flows({lot: amount})))
        return self.name("pool")

    def assessed(self, entry: Sequenced) -> Assessment:
        return msgspec.json.decode(self.ledger.assessment(entry.index).assessment, type=Assessment)

    def finding(self, entry: Sequenced, code: str) -> Finding | None:
        return next((one for one in self.assessed(entry).findings if one.code == code), None)

    def left_out(self, entry: Sequenced) -> float | None:
        """Kg CO2e of the omission of freight; None without one."""
        found = [one for one in self.assessed(entry).omissions if one.what == CARRIAGE]
        return None if not found else float(found[0].estimate or 0)
