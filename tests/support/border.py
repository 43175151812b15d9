"""A story of goods that cross the border of the Union: a mill, a forge, a wind park and an auditor on a real ledger.

    heats   of the mill, kg CO2e: 100 t of billets and 10 t of slag, by mass, of 20,000 on site, 100 kg of methane
            (2,980), 5,000 upstream, 700 of transport, 50 MWh of grid power with 30,000; together 58,680, of which the
            billets carry 10/11. In 2025, until midnight of 31 December, the same with 44,000 on site: together 82,680.
    forge   in 2026: 18 t of 20 t of billets that came with 50 of transport, with 1,800 on site and 9 MWh with 5,400;
            and 9 t of 10 t of a pool of 30 t of each year's billets, with 900 on site

A t of billets embeds 0.2 t CO2e direct and 0.3 indirect, one of 2025 0.44 and 0.3.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
from msgspec import Raw

from ledger.core.record.kinds import Addition, Attestation, Facility, Pool, Product, Subject, Transfer, Transformation
from ledger.core.record.values import Evidence, Factor, Flow, Output, Quantity, Supply
from support.cli import Done, run
from support.parties import Party, enrolment, nonces, party
from support.sectors import MAKE, Carrier, Emission, Make
from support.server import Server

MILL, FORGE, WIND, AUDITOR = (party(9, name) for name in ("mill", "forge", "wind", "auditor"))
DEFAULTS = "cn,country,direct,indirect,source\n7207,CN,2.5,0.1,a study\n7207,*,9,0,others\n"
_TIMES = ("start", "end", "time", "valid_until")
BILLETS, LATER = 58680 / 1.1, 82680 / 1.1


class Story(NamedTuple):
    server: Server
    folder: Path
    sizes: Mapping[str, int]

    def ask(self, facility: str, year: int, **more: Any) -> httpx.Response:
        return httpx.get(f"{self.server.url}/v1/cbam", params={"facility": facility, "year": year, **more})

    def cbam(self, facility: str, year: int, *arguments: object) -> Done:
        return run("cbam", "--facility", facility, "--year", year, "--url", self.server.url, *arguments)

    def report(self, facility: str, year: int, *arguments: object) -> Any:
        done = self.cbam(facility, year, "--defaults", self.defaults, "--json", *arguments)
        assert done.code == 0, done.err
        return json.loads(done.out)

    @property
    def defaults(self) -> Path:
        return self.folder / "defaults.csv"


class Poster:
    """Posts records one by one; `size` is that of the tree then. Two on one server need two names. `earlier`: so many
    years before the story's, for rules that admit no year to come."""

    def __init__(self, server: Server, name: str, earlier: int = 0) -> None:
        self.server = server
        self.size = 0
        self.earlier = earlier
        self.nonces = nonces(9, name)

    def enrol(self, *parties: Party) -> None:
        for one in parties:
            roles = ["auditor"] if one == AUDITOR else []
            entry = enrolment(one, self.server.registrar, self.server.origin, self.nonce())
            self.post(self.server.registrar, msgspec.structs.replace(entry, roles=roles))

    def nonce(self) -> str:
        return next(self.nonces)

    def post(self, who: Party, record: Any) -> str:
        (receipt,) = self.server.post([(who, record)])
        self.size = receipt.index + 1
        return receipt.digest

    def new(self, who: Party, kind: Any, **fields: Any) -> str:
        times = {name: f"{int(fields[name][:4]) - self.earlier}{fields[name][4:]}" for name in _TIMES if name in fields}
        return self.post(who, kind(issuer=who.id, nonce=self.nonce(), **{**fields, **times}))

    def run(
        self, who: Party, end: str, outputs: Sequence[Output], emissions: Sequence[Emission], *,
        inputs: Mapping[str, str] | None = None, supplies: Sequence[Supply] = (), kwh: int = 0, ore: int = 0,
        **fields: Any,
    ) -> str:
        power = [Supply(material="electricity", quantity=quantity(f"{kwh} KWH"))] if kwh else []
        stone = [Supply(material="ore", quantity=quantity(f"{ore} KGM"), origin="nature")] if ore else []
        activity = Make(emissions=list(emissions), energy=[Carrier(carrier="electricity", amount=f"{kwh * 3.6:g}")])
        return self.new(
            who, Transformation, facility=f"{who.prefix}site", start=f"{int(end[:4]) - 1}{end[4:]}", end=end,
            process=MAKE, activity=Raw(msgspec.json.encode(activity)), outputs=list(outputs),
            inputs=[Flow(lot=lot, quantity=quantity(text)) for lot, text in (inputs or {}).items()],
            supplies=[*stone, *power, *supplies], **fields,
        )


def quantity(text: str) -> Quantity:
    value, unit = text.split()
    return Quantity(value=value, unit=unit)


def output(who: Party, lot: str, product: str, text: str, role: Any = "product") -> Output:
    return Output(lot=f"{who.prefix}{lot}", product=f"{who.prefix}{product}", quantity=quantity(text), role=role)


def emission(amount: int, source: str, kind: Any = "onSite", gas: str = "CO2") -> Emission:
    return Emission(amount=str(amount), source=source, kind=kind, gas=gas, primary=False)


def attest(poster: Poster, kind: Any, name: str, year: int, **fields: Any) -> str:
    return poster.new(AUDITOR, Attestation, subject=Subject(kind=kind, id=name), **{
        "standard": "EN ISO 14065", "level": "reasonable", "opinion": "unmodified",
        "start": f"{year}-01-01T00:00:00Z", "end": f"{year + 1}-01-01T00:00:00Z",
        "valid_until": f"{year + 2}-01-01T00:00:00Z", **fields,
    })


def tell(poster: Poster) -> dict[str, int]:
    poster.enrol(MILL, FORGE, WIND, AUDITOR)
    for who in (MILL, FORGE, WIND):
        poster.new(who, Facility, id=f"{who.prefix}site", country="CN", subdivision="CN-JS")
    for who, name, unit, cn in ((MILL, "billet", "KGM", "7207 11 14"), (MILL, "slag", "KGM", None),
                                (FORGE, "forging", "KGM", "7326 19 10"), (FORGE, "ring", "KGM", "7326 90 98"),
                                (WIND, "power", "KWH", None), (FORGE, "spring", "KGM", "7320 20 20")):
        poster.new(who, Product, id=f"{who.prefix}{name}", sector="works", unit=unit,
                   classifications={} if cn is None else {"cn": cn})
    for year, furnace, end in ((2025, 44000, "2026-01-01T00:00:00Z"), (2026, 20000, "2026-03-31T00:00:00Z")):
        poster.run(
            MILL, end,
            [output(MILL, f"billets-{year}", "billet", "100000 KGM"),
             output(MILL, f"slag-{year}", "slag", "10000 KGM", "byProduct")],
            [emission(furnace, "furnace"), emission(100, "leaks", gas="CH4"), emission(5000, "lime", "upstream"),
             emission(700, "lorry", "transport"), emission(30000, "electricity", "electricity")],
            kwh=50000, ore=110000)
    sizes = {"mill": poster.size}
    freight = Factor(value="0.05", unit="TKM", source="a study", year=2025, boundary="cradleToGate")
    road = Supply(material="road", quantity=quantity("1000 TKM"), factor=freight)
    for lot, text, year, transport in (("bought", "20000 KGM", 2026, [road]), ("bought-2025", "30000 KGM", 2025, []),
                                       ("bought-2026", "30000 KGM", 2026, [])):
        poster.new(MILL, Transfer, lot=f"{MILL.prefix}billets-{year}", quantity=quantity(text), to=FORGE.id,
                   new_lot=f"{MILL.prefix}{lot}", time="2026-04-30T00:00:00Z", transport=transport)
    poster.new(FORGE, Pool, id=f"{FORGE.prefix}pool", facility=f"{FORGE.prefix}site",
               product=f"{MILL.prefix}billet")
    for year in (2025, 2026):
        poster.new(FORGE, Addition, pool=f"{FORGE.prefix}pool", time="2026-05-01T00:00:00Z", inputs=[
            Flow(lot=f"{MILL.prefix}bought-{year}", quantity=quantity("30000 KGM"))])
    poster.run(FORGE, "2026-06-30T00:00:00Z", [output(FORGE, "forgings", "forging", "18000 KGM")],
               [emission(1800, "gas"), emission(5400, "electricity", "electricity")], kwh=9000,
               inputs={f"{MILL.prefix}bought": "20000 KGM"})
    sizes["forge"] = poster.size
    attest(poster, "facility", f"{MILL.prefix}site", 2026)
    # What confirms nothing of 2025: too low a level, too short a period, no opinion.
    attest(poster, "facility", f"{MILL.prefix}site", 2025, level="limited")
    attest(poster, "product", f"{MILL.prefix}billet", 2025, end="2025-11-30T00:00:00Z")
    attest(poster, "lot", f"{MILL.prefix}billets-2025", 2025, opinion="disclaimer")
    sizes["attested"] = poster.size
    poster.run(FORGE, "2027-01-01T00:00:00Z", [output(FORGE, "rings", "ring", "9000 KGM")], [emission(900, "gas")],
               inputs={f"{FORGE.prefix}pool": "10000 KGM"})
    sizes["pool"] = poster.size
    tell_power(poster)
    sizes["power"] = poster.size
    return sizes


def tell_power(poster: Poster) -> None:
    """The park makes 10 MWh with 100 kg on site and 900 upstream, and the forge takes 1 MWh of it over a direct line,
    and 1 MWh of which it proves nothing, in 2027."""
    poster.new(WIND, Transformation, facility=f"{WIND.prefix}site", start="2027-01-01T00:00:00Z",
               end="2027-02-01T00:00:00Z", process=MAKE, outputs=[output(WIND, "power-1", "power", "10000 KWH")],
               activity=Raw(msgspec.json.encode(Make(
                   emissions=[emission(100, "crane"), emission(900, "blades", "upstream")], weights={"mass": ["1"]}))))
    for lot in ("line", "market"):
        poster.new(WIND, Transfer, lot=f"{WIND.prefix}power-1", quantity=quantity("1000 KWH"), to=FORGE.id,
                   new_lot=f"{WIND.prefix}{lot}", time="2027-02-02T00:00:00Z")
    proof = Evidence(digest="1" * 64, media_type="application/pdf", kind="directLine")
    for lot, evidence in (("line", [proof]), ("market", [])):
        poster.run(FORGE, "2027-03-01T00:00:00Z", [output(FORGE, f"from-{lot}", "ring", "1000 KGM")],
                   [emission(50, "gas")], inputs={f"{WIND.prefix}{lot}": "1000 KWH"}, ore=1000, evidence=evidence)


    priced = Supply(material="electricity", quantity=quantity("500 KWH"), factor=Factor(
        value="0.1", unit="KWH", source="the agreement", year=2027, boundary="generation"))
    for i, kind in enumerate(("powerPurchaseAgreement:electricity", "directLine:heat")):
        poster.run(MILL, "2027-03-01T00:00:00Z", [output(MILL, f"agreed-{i}", "billet", "1000 KGM")],
                   [emission(600, "electricity", "electricity")], kwh=1000, ore=1000, supplies=[priced],
                   evidence=[Evidence(digest="2" * 64, media_type="application/pdf", kind=kind)])
