"""A site with pools, for hand-written cases."""

from collections.abc import Mapping
from typing import Any, Final

from support.memory import MemoryLedger
from support.sectors import Make
from support.site import END, Site, ore

from ledger.core.record.kinds import Addition, Pool
from ledger.core.record.values import Evidence
from ledger.engine.batch import Sequenced

WEIGHED: Final = [Evidence(digest="7" * 64, media_type="application/pdf", kind="weighbridge")]


class Yard(Site):
    """A site with pools. Its product `steel` is all steel; `scrap` may hold anything."""

    def __init__(self, ledger: MemoryLedger, name: str = "yard") -> None:
        super().__init__(ledger, name)
        self.product("steel", materials={"steel": "1"})
        self.product("scrap")

    def pool(self, short: str, product: str = "steel", **fields: Any) -> Sequenced:
        return self._post(Pool(
            issuer=self.id, nonce=self.ledger.nonce(), id=self.name(short), facility=self.facility,
            product=self.name(product), **fields,
        ))

    def add(self, pool: str, inputs: Mapping[str, str], **fields: Any) -> Sequenced:
        return self._post(Addition(
            issuer=self.id, nonce=self.ledger.nonce(), pool=self.name(pool), inputs=self.flows(inputs), time=END,
            **fields,
        ))

    def steel(self, lot: str, amount: str, co2: str, **activity: Any) -> None:
        """A lot out of ore, that emitted `co2`."""
        self.make([self.out(lot, "steel", f"{amount} KGM")], supplies=[ore(f"{amount} KGM")],
                  activity=Make(co2=co2, **activity))

    def draw(
        self, pool: str, amount: str, lot: str, product: str = "steel", co2: str = "0", **fields: Any
    ) -> Sequenced:
        return self.make([self.out(lot, product, f"{amount} KGM")], {pool: f"{amount} KGM"},
                         activity=Make(co2=co2), **fields)

    def collected(self, lot: str, amount: str, origin: str = "postConsumer", **fields: Any) -> None:
        self.declare(
            basis="collected", boundary="none", collector=self.id, evidence=WEIGHED,
            lot=self.out(lot, "scrap", f"{amount} KGM", "waste", origin=origin, **fields),
        )

    def fossil(self, lot: str) -> float:
        return self.ledger.burdens(self.name(lot)).get("fossilGhgEmissions", 0.0)

    def contents(self, lot: str) -> dict[str, float]:
        return self.ledger.contents(self.name(lot))
