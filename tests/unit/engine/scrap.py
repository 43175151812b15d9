"""Works under a factor set with round numbers for goods, their recycled form and their scrap."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import json
from support import sectors
from support.memory import MemoryLedger
from support.parties import enrolment, party
from support.sectors import Make
from support.site import END, START, Site, ore, quantity, raw

from ledger.core.outcome.assessment import QUESTIONED, Assessment, Finding
from ledger.core.record.kinds import Consumption, Facility, PassportPublication, Transfer, Transformation
from ledger.core.record.values import Evidence
from ledger.engine.batch import Sequenced
from ledger.engine.sectors import Registry
from ledger.sdk import FactorSet, FactorSetVersion
from ledger.sdk.sets.reading import (
    CLASS_COLUMNS,
    FACTOR_COLUMNS,
    SOURCE_COLUMNS,
    SUPPLY_COLUMNS,
    parse_version,
)

_CLASSES: Final = (
    "steel,iron;steel,Steel,钢", "mineral,ore;slag,Minerals,矿", "machinery,machine,Machinery,机械",
    "heat,heat,Heat,热", "electricity,power,Power,电",
)
_SUPPLIES: Final = (
    "steel,material,KGM,Steel,钢,,,,,7208,steel", "recycledSteel,material,KGM,Recycled steel,再生钢,,,,,,steel",
    "steelScrap,material,KGM,Scrap,废钢,,,,,,steel", "ironOre,material,KGM,Ore,铁矿,,,,,,mineral",
    "slag,material,KGM,Slag,渣,,,,,,mineral", "machine,material,KGM,Machine,机械,,gearbox,,,,machinery",
    "steelDrum,material,KGM,Drum,桶,,,,,,steel",
    "landfillSlag,treatment,KGM,Landfill of slag,炉渣填埋,,,,,,mineral",
    "electricity,electricity,KWH,Power,电力,,,,,,electricity", "heat,heat,3B,Heat,热力,,,,,,heat",
)
_FACTORS: Final[Mapping[str, str]] = {
    "steel": "CO2e 2,,1,10", "recycledSteel": "CO2e 0.5,,0.1,1", "steelScrap": "CO2e 0.04,,0.01,0.1",
    "ironOre": "CO2e 0.05,,0.01,0.2", "slag": "CO2e 0.002,,0.001,0.1", "machine": "CO2e 3,,1,10",
    "electricity": "CO2e 0.5,,,", "heat": "CO2e 0.1,,,", "steelDrum": "CO2e 2,,1,10",
    "landfillSlag": "CO2e 0.01,,0.001,0.1",
}
"""Kg CO2e per unit, and the range."""


def registry() -> Registry:
    """The sector of `support.sectors`, and the set."""
    factors = [f"{key},cradleToGate,*,2020,{value},1.1,,read,hand,," for key, value in _FACTORS.items()]
    version = parse_version("hand", "1", {
        "supplies.csv": _table(SUPPLY_COLUMNS, _SUPPLIES), "classes.csv": _table(CLASS_COLUMNS, _CLASSES),
        "factors.csv": _table(FACTOR_COLUMNS, factors),
        "sources.csv": _table(SOURCE_COLUMNS, ["hand,By hand,Tests,2025,CC0,"]),
    })
    return Registry(list(sectors.registry().sectors.values()), [FactorSet("hand", "By hand", "手", (version,))])


def _table(columns: Sequence[str], lines: Sequence[str]) -> bytes:
    return "".join([f"{line}\n" for line in (",".join(columns), *lines)]).encode()


def version() -> FactorSetVersion:
    return registry().sets["hand"].newest


class Works(Site):
    """An organisation, which `parent` owns to that share, with two sites in Germany and products of steel: bars, swarf
    and ingots."""

    def __init__(
        self, ledger: MemoryLedger, name: str, parent: "Works | None" = None, share: str | None = None
    ) -> None:
        self.ledger = ledger
        self.held: dict[str, str] = {}
        self.party = party(ledger.seed, name)
        above = None if parent is None else parent.id
        record = enrolment(
            self.party, ledger.registrar, ledger.state.origin, ledger.nonce(), parent=above, share=share)
        ledger.must((ledger.registrar, record))
        self.facility, self.hall = self.name("site"), self.name("hall")
        for site in (self.facility, self.hall):
            self._post(Facility(issuer=self.id, nonce=ledger.nonce(), id=site, country="DE"))
        for product in ("bar", "swarf", "ingot"):
            self.product(product, materials={"steel": "1"})

    def run(self, outputs: Any, inputs: Mapping[str, str] | None = None, **fields: Any) -> Sequenced:
        """A transformation, with fields of its record by name."""
        return self._post(Transformation(**{
            "issuer": self.id, "nonce": self.ledger.nonce(), "facility": self.facility, "start": START, "end": END,
            "process": "works.make", "activity": raw(fields.pop("activity", Make())),
            "inputs": self.flows(inputs or {}), "outputs": outputs, **fields,
        }))

    def swarf(self, amount: str = "100 KGM", **fields: Any) -> str:
        """Swarf of a record that made as much of bars; the lot's id."""
        lot = f"swarf-{self.ledger.state.size}"
        self.run([self.out(f"bar-{lot}", "bar", amount), self.out(lot, "swarf", amount, "waste", origin="preConsumer")],
                 **{"supplies": [ore("1000 KGM")], "activity": Make(co2="1000"), **fields})
        return self.name(lot)

    def collect(self, lot: str, product: str, amount: str, role: Any = "waste", **fields: Any) -> Sequenced:
        """A lot that was gathered; by default waste of end users, with a weighing note."""
        named = {key: fields.pop(key) for key in ("previous_life", "mass", "origin") if key in fields}
        if role == "waste":
            named.setdefault("origin", "postConsumer")
        return self.declare(**{"lot": self.out(lot, product, amount, role, **named), "basis": "collected",
                               "boundary": "none", "collector": self.id, "evidence": [document("weighing")], **fields})

    def publish(self, product: str) -> None:
        """Shows everybody a product."""
        self._post(PassportPublication(issuer=self.id, nonce=self.ledger.nonce(), product=self.name(product)))

    def bought(self, maker: "Works", lot: str, amount: str, time: str = START) -> str:
        """Takes over a quantity of a maker's lot; the new lot's id."""
        new = f"{lot}-{self.ledger.state.size}"
        maker._post(Transfer(
            issuer=maker.id, nonce=self.ledger.nonce(), lot=maker.name(lot), quantity=quantity(amount), to=self.id,
            new_lot=maker.name(new), time=time,
        ))
        return maker.name(new)

    def end(
        self, inputs: Mapping[str, str], time: str, outputs: Any, purpose: Any = "finalUse", *papers: Evidence
    ) -> Sequenced:
        """The end of goods at that time."""
        return self._post(Consumption(
            issuer=self.id, nonce=self.ledger.nonce(), inputs=self.flows(inputs), time=time, purpose=purpose,
            outputs=outputs, evidence=list(papers),
        ))

    def recycled(self, lot: str) -> dict[str, float]:
        """Recycled contents by name."""
        held = self.ledger.contents(self.name(lot))
        return {name: amount for name, amount in held.items() if "recycled" in name}

    def asked(self, lot: str) -> float:
        """Kg CO2e in question."""
        return self.ledger.burdens(self.name(lot))[QUESTIONED]

    def codes(self, entry: Sequenced) -> set[str]:
        """The rules behind the questions and findings of a record, except that a product has no reference."""
        leaf = self.ledger.assessment(entry.index)
        if leaf is None:
            return set()
        asked = {question.output for question in leaf.questions if question.figure is not None}
        assessed = json.decode(leaf.assessment, type=Assessment)
        made = {one.code or "figure-below-range" for one in assessed.references if one.output in asked}
        return made | {one.code for one in assessed.findings} - {"no-reference"}

    def finding(self, entry: Sequenced, code: str) -> Finding:
        """The finding of a record with that code."""
        leaf = self.ledger.assessment(entry.index)
        (finding,) = [one for one in json.decode(leaf.assessment, type=Assessment).findings if one.code == code]
        return finding


def document(kind: str) -> Evidence:
    return Evidence(digest="5" * 64, media_type="application/pdf", kind=kind)
