"""Chains that cross sectors: sunlight into aluminium into a gearbox; slag into cement; swarf into steel into swarf."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import msgspec
from msgspec import Raw

from ledger.core.record.kinds import Declaration, Facility, Product, Transformation
from ledger.core.record.values import Evidence, Factor, Flow, Output, Quantity, Supply
from support.parties import enrolment, nonces, party
from support.server import Server

START, END = "2025-03-01T00:00:00Z", "2025-03-02T00:00:00Z"


def quantity(text: str) -> Quantity:
    value, unit = text.split()
    return Quantity(value=value, unit=unit)


class Park:
    """One organisation with a site, a product a kind of good, and records of any sector."""

    def __init__(self, server: Server, client: httpx.Client) -> None:
        self.server, self.client = server, client
        self.party = party(1, "park")
        self._nonces = nonces(1, "park")
        server.post([
            (server.registrar, enrolment(self.party, server.registrar, server.origin, next(self._nonces))),
            (self.party, Facility(issuer=self.party.id, nonce=next(self._nonces), id=self.name("site"), country="CN",
                                  subdivision="CN-SH")),
        ])

    def name(self, short: str) -> str:
        return self.party.prefix + short

    def product(self, short: str, sector: str, unit: str, **fields: Any) -> None:
        self.server.post([(self.party, Product(
            issuer=self.party.id, nonce=next(self._nonces), id=self.name(short), sector=sector, unit=unit, **fields
        ))])

    def run(
        self, process: str, outputs: Sequence[Output], inputs: Mapping[str, str] | None = None,
        supplies: Sequence[Supply] = (), activity: Mapping[str, Any] | None = None, **fields: Any,
    ) -> None:
        self.server.post([(self.party, Transformation(
            issuer=self.party.id, nonce=next(self._nonces), facility=self.name("site"), start=START, end=END,
            process=process, activity=Raw(msgspec.json.encode(activity or {})), supplies=list(supplies),
            inputs=[Flow(lot=self.name(lot), quantity=quantity(text)) for lot, text in (inputs or {}).items()],
            outputs=list(outputs), **fields,
        ))])

    def out(self, lot: str, product: str, amount: str, role: Any = "product", **fields: Any) -> Output:
        return Output(lot=self.name(lot), product=self.name(product), quantity=quantity(amount), role=role, **fields)

    def figure(self, lot: str) -> Any:
        response = self.client.get("/v1/footprint", params={"lot": self.name(lot)})
        assert response.status_code == 200, response.text
        return response.json()


def supply(material: str, amount: str, **fields: Any) -> Supply:
    return Supply(material=material, quantity=quantity(amount), **fields)


def sunlight_into_a_gearbox(park: Park) -> None:
    park.product("power", "energy", "MWH")
    park.product("green", "energy", "KWH")
    park.product("aluminium", "nonferrous", "TNE", materials={"aluminium": "1"})
    park.product("casting", "nonferrous", "KGM", materials={"aluminium": "1"})
    park.product("gearbox", "equipment", "H87", mass_per_unit=quantity("143 KGM"))
    park.run("energy.photovoltaic", [
        park.out("sun", "power", "100 MWH"),
        park.out("sun-green", "green", "100000 KWH", "attribute", attribute={
            "carrier": "electricity", "technology": "photovoltaic", "start": "2025-03-01T00:00:00Z",
            "end": "2027-03-01T00:00:00Z"}),
    ], activity={"capacity": "20000"}, evidence=[
        Evidence(digest="0" * 64, media_type="application/pdf", kind="meterReading")])
    park.run("energy.microgrid", [park.out("lines", "power", "100 MWH")], {"sun": "100 MWH"})
    park.run(
        "nonferrous.aluminiumElectrolysis", [park.out("liquid", "aluminium", "7.4 TNE")],
        {"lines": "100 MWH", "sun-green": "100000 KWH"},
        [supply("alumina", "14.4 TNE"), supply("anode", "3.2 TNE")],
    )
    park.run("nonferrous.aluminiumCasting", [park.out("castings", "casting", "7200 KGM")], {"liquid": "7.4 TNE"},
             [supply("electricity", "1000 KWH")], {"molten": [park.name("liquid")]})
    park.run("equipment.assembly", [park.out("gearboxes", "gearbox", "10 H87")], {"castings": "1440 KGM"},
             [supply("electricity", "200 KWH")])


def slag_into_cement(park: Park) -> None:
    park.product("scrap", "steel", "TNE", materials={"steel": "1"})
    park.product("billet", "steel", "TNE", materials={"steel": "1"})
    park.product("slag", "steel", "KGM", materials={"slag": "1"})
    park.product("cement", "building-materials", "KGM")
    park.server.post([(park.party, msgspec.convert({
        "type": "declaration", "issuer": park.party.id, "nonce": next(park._nonces), "start": START, "end": END,
        "basis": "collected", "boundary": "none", "collector": park.party.id,
        "evidence": [{"digest": "00" * 32, "mediaType": "text/plain", "kind": "weighbridge tickets"}],
        "lot": {"lot": park.name("bought-scrap"), "product": park.name("scrap"),
                "quantity": {"value": "20", "unit": "TNE"}, "role": "waste", "origin": "postConsumer"},
    }, type=Declaration))])
    park.run(
        "steel.electricArcFurnace",
        [park.out("heat", "billet", "10 TNE"), park.out("furnace-slag", "slag", "1000 KGM", "waste",
                                                        origin="preConsumer")],
        {"bought-scrap": "11 TNE"}, [supply("electricity", "4000 KWH"), supply("lime", "0.6 TNE")],
    )
    park.run(
        "building-materials.cement", [park.out("cement-1", "cement", "1000 KGM")], {"furnace-slag": "300 KGM"},
        [supply("clinker", "700 KGM", factor=Factor(value="0.85", unit="KGM", source="kiln", year=2025,
                                                    boundary="cradleToGate")), supply("electricity", "40 KWH")],
        {"components": [{"lot": park.name("furnace-slag"), "kind": "slag"}]},
    )


def swarf_into_steel(park: Park) -> None:
    park.product("part", "equipment", "TNE", materials={"steel": "1"})
    park.product("swarf", "equipment", "TNE", materials={"steel": "1"})
    park.run("steel.electricArcFurnace", [park.out("first", "billet", "5 TNE")], {"bought-scrap": "5.5 TNE"},
             [supply("electricity", "2000 KWH")])
    park.run("equipment.machining", [park.out("parts", "part", "4 TNE"),
                                     park.out("swarf-1", "swarf", "1 TNE", "waste", origin="preConsumer")],
             {"first": "5 TNE"}, [supply("electricity", "300 KWH")])
    park.run("steel.electricArcFurnace", [park.out("second", "billet", "1.9 TNE")],
             {"swarf-1": "1 TNE", "bought-scrap": "1 TNE"}, [supply("electricity", "1000 KWH")])
