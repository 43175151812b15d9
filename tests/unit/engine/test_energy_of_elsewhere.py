"""Power and heat that were made at another place: who has to show that they came here."""

from collections.abc import Sequence
from typing import Final

import msgspec
import pytest
from msgspec import Raw
from support.market import evidence
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import MAKE, Make, open_set, registry
from support.site import END, START, Site, ore, quantity, raw, supply

from ledger.core.outcome.assessment import QUESTIONED, Assessment, Finding
from ledger.core.record.kinds import Addition, Facility, Pool, Transformation
from ledger.core.record.revisions import Amendment, Change
from ledger.core.record.values import Flow
from ledger.engine.batch import Sequenced
from ledger.engine.inventory.elsewhere import ELSEWHERE
from ledger.engine.sectors import Registry
from ledger.errors import Refused

CHINA: Final = 0.5777
NORWAY: Final = 0.0324465
"""Kg CO2e per kWh of grid power by the open set."""
HEAT: Final = 0.0740628
"""Kg CO2e per MJ of heat in Europe."""


class Works(Site):
    """A works at home and a second facility `away`; `power` in MWh, `heat` in GJ and `brick` in kg."""

    def __init__(self, home: tuple[str, str | None], away: tuple[str, str | None]) -> None:
        memory = MemoryLedger(Registry(list(registry().sectors.values()), [open_set()]))
        memory.activate_sets()
        super().__init__(memory, "works")
        self.home, self.away = self.place("home", *home), self.place("away", *away)
        self.product("power", "MWH")
        self.product("heat", "GV")
        self.product("brick", materials={"brick": "1"})

    def place(self, short: str, country: str, subdivision: str | None) -> str:
        self._post(Facility(issuer=self.id, nonce=self.ledger.nonce(), id=self.name(short), country=country,
                            subdivision=subdivision))
        return self.name(short)

    def burn(self, lot: str, amount: str, papers: Sequence[str] = ()) -> Sequenced:
        """Uses the energy at home."""
        return self._post(Transformation(
            issuer=self.id, nonce=self.ledger.nonce(), facility=self.home, start=START, end=END, process=MAKE,
            activity=raw(Make()), inputs=[Flow(lot=self.name(lot), quantity=quantity(amount))],
            supplies=[ore("100000 KGM")], outputs=[self.out(f"of-{lot.partition(':')[0]}", "brick", "100000 KGM")],
            evidence=[evidence(paper) for paper in papers],
        ))

    def buy(self, facility: str, name: str | None = None) -> None:
        """100 MWh of the grid, as the lot `power` or `of-NAME`."""
        self.make([self.out("power" if name is None else f"of-{name}", "power", "100 MWH", share="1")],
                  supplies=[supply("electricity", "100 MWH")], facility=facility, allocation="declared")

    def blend(self, lot: str) -> None:
        self._post(Addition(issuer=self.id, nonce=self.ledger.nonce(), pool=self.name("pool"), time=END,
                            inputs=[Flow(lot=self.name(lot), quantity=quantity("100 MWH"))]))

    def boil(self, facility: str) -> None:
        self.make([self.out("heat", "heat", "300 GV", share="1")], supplies=[supply("electricity", "100 MWH")],
                  facility=facility, allocation="declared")

    def finding(self, entry: Sequenced) -> Finding | None:
        findings = msgspec.json.decode(self.ledger.assessment(entry.index).assessment, type=Assessment).findings
        return next((finding for finding in findings if finding.code == ELSEWHERE), None)

    def questioned(self, lot: str) -> float:
        return self.ledger.burdens(self.name(lot))[QUESTIONED]


def test_power_of_a_cleaner_grid_is_questioned_up_to_the_grid_here() -> None:
    works = Works(("CN", "CN-SD"), ("NO", None))
    works.buy(works.away)
    finding = works.finding(works.burn("power", "60 MWH"))
    assert finding is not None
    assert float(finding.amount or 0) == pytest.approx(60_000 * (CHINA - NORWAY), rel=1e-3)
    assert works.questioned("of-power") >= float(finding.amount or 0)


@pytest.mark.parametrize(("home", "away", "papers", "asked"), [
    (("DE", None), ("NO", None), ["powerPurchaseAgreement"], False),
    (("DE", None), ("NO", None), ["directLine:electricity"], False),
    (("DE", None), ("NO", None), ["meterReading"], True),
    (("DE", None), ("NO", None), [], True),
    (("CN", None), ("NO", None), ["powerPurchaseAgreement", "directLine"], True),
    (("AU", "AU-VIC"), ("AU", "AU-TAS"), [], True),
    (("AU", "AU-VIC"), ("AU", "AU-TAS"), ["powerPurchaseAgreement"], False),
    (("CN", "CN-SD"), ("CN", "CN-YN"), [], False),
    (("DE", None), ("PL", None), [], False),
    (("NO", None), ("DE", None), [], False),
    (("DE", None), ("DE", None), [], False),
])
def test_a_contract_answers_where_a_line_leads(
    home: tuple[str, str | None], away: tuple[str, str | None], papers: list[str], asked: bool
) -> None:
    """Within China the set has one price of power; the power of Poland is no cleaner."""
    works = Works(home, away)
    works.buy(works.away)
    assert (works.finding(works.burn("power", "60 MWH", papers)) is not None) == asked


def test_a_contract_may_name_its_lot() -> None:
    works = Works(("DE", None), ("NO", None))
    works.buy(works.away)
    assert works.finding(works.burn("power", "60 MWH", [f"powerPurchaseAgreement:{works.name('power')}"])) is None
    other = Works(("DE", None), ("NO", None))
    other.buy(other.away)
    assert other.finding(other.burn("power", "60 MWH", ["powerPurchaseAgreement:steel"])) is not None


@pytest.mark.parametrize(("home", "away", "papers", "asked"), [
    (("DE", "DE-HH"), ("DE", "DE-HH"), [], False),
    (("DE", "DE-HH"), ("DE", None), [], False),
    (("DE", "DE-HH"), ("DE", "DE-SH"), ["heatContract"], False),
    (("DE", "DE-HH"), ("DE", "DE-SH"), [], True),
    (("DE", None), ("DK", None), ["heatContract:heat"], False),
    (("DE", None), ("DK", None), [], True),
    (("DE", None), ("CN", None), ["heatContract", "directLine"], True),
])
def test_heat_of_another_place_is_questioned_at_the_default_here(
    home: tuple[str, str | None], away: tuple[str, str | None], papers: list[str], asked: bool
) -> None:
    works = Works(home, away)
    works.boil(works.away)
    finding = works.finding(works.burn("heat", "200 GV", papers))
    assert (finding is not None) == asked
    if finding is not None:
        assert float(finding.amount or 0) == pytest.approx(200_000 * HEAT, rel=1e-3)


def test_power_that_is_received_is_asked_for_too() -> None:
    works = Works(("NO", None), ("NO", None))
    works.buy(works.home)
    buyer = Site(works.ledger, "buyer")
    buyer.product("brick", materials={"brick": "1"})
    works.send("power", "60 MWH", buyer, "sold")
    assert works.finding(buyer.make([buyer.out("brick", "brick", "100000 KGM")], {works.name("sold"): "60 MWH"},
                                    [ore("100000 KGM")])) is not None


@pytest.mark.parametrize(("pool", "makers", "asked"), [
    ("away", ["away", "abroad"], True), ("home", ["home", "away"], True), ("home", ["home", "near"], False),
])
def test_power_of_a_pool_has_its_place(pool: str, makers: list[str], asked: bool) -> None:
    """The pool's own, or the other place of its parts: blending moves no power."""
    works = Works(("CN", "CN-SD"), ("NO", None))
    works.place("abroad", "NO", None)
    works.place("near", "CN", "CN-SD")
    works._post(Pool(issuer=works.id, nonce=works.ledger.nonce(), id=works.name("pool"), facility=works.name(pool),
                     product=works.name("power")))
    for maker in makers:
        works.buy(works.name(maker), name=maker)
        works.blend(f"of-{maker}")
    assert (works.finding(works.burn("pool:2", "60 MWH")) is not None) == asked


def test_a_pool_holds_power_of_one_other_place() -> None:
    works = Works(("CN", "CN-SD"), ("NO", None))
    works.place("third", "SE", None)
    works._post(Pool(issuer=works.id, nonce=works.ledger.nonce(), id=works.name("pool"), facility=works.home,
                     product=works.name("power")))
    works.buy(works.away, name="away")
    works.blend("of-away")
    works.buy(works.name("third"), name="third")
    assert "energy of NO and SE cannot be added to one pool" in str(raised(Refused, works.blend, "of-third"))


def test_biomass_in_watt_hours_is_no_power() -> None:
    """So a record that takes it as power lacks its power, and is not asked for another grid. Steel with some chips is
    power."""
    works = Works(("CN", None), ("NO", None))
    works.product("chips", "MWH", materials={"woodChips": "1"})
    works.product("mixed", "MWH", materials={"woodChips": "0.4", "steel": "0.6"})
    for product in ("chips", "mixed"):
        works.make([works.out(product, product, "100 MWH", share="1")], supplies=[supply("electricity", "100 MWH")],
                   facility=works.away, allocation="declared")
    assert works.finding(works.burn("chips", "60 MWH")) is None
    assert works.finding(works.burn("mixed", "60 MWH")) is not None


def test_a_contract_that_comes_later_answers() -> None:
    works = Works(("DE", None), ("NO", None))
    works.buy(works.away)
    entry = works.burn("power", "60 MWH")
    assert works.finding(entry) is not None
    works._post(Amendment(
        issuer=works.id, nonce=works.ledger.nonce(), reason="the contract",
        changes=[Change(record=entry.digest.hex(), fields={
            "evidence": Raw(msgspec.json.encode([evidence("powerPurchaseAgreement")]))})],
    ))
    assert works.finding(entry) is None
