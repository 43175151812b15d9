"""Scrap that a route shapes without melting it, with the real sectors and the open set, in China.

Steel takes 0.5 kWh per kg of an arc furnace at 0.5777 kg CO2e; other metal 0.05 Nm3 of gas and 0.6 kWh.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import pytest
from msgspec import Raw
from support.market import row
from support.memory import MemoryLedger
from support.sectors import open_set, shipped
from support.site import Site, quantity, supply

from ledger.core.outcome.assessment import Assessment
from ledger.core.record.kinds import Product, Transformation
from ledger.core.record.values import Evidence, Flow, Output, Supply
from ledger.engine.sectors import Registry

UNMELTED: Final = "scrap-unmelted"
POWER: Final = row("electricity/cradleToGate/CN/2024")
GAS: Final = row("naturalGas/combustion/CN/2015") + row("naturalGas/wellToTank/CN/2024")
MILL: Final = (supply("naturalGas", "40 NM3", mass=quantity("30 KGM")), supply("electricity", "100 KWH"))


def shown(kind: str) -> Evidence:
    return Evidence(digest="1" * 64, media_type="application/pdf", kind=kind)


class Shop(Site):
    """A site of real sectors. It holds 1,000 kg of scrap of each metal, and plates that are no scrap."""

    def __init__(self) -> None:
        memory = MemoryLedger(Registry(list(shipped().sectors.values()), [open_set()]))
        memory.activate_sets()
        super().__init__(memory, "shop")
        for metal in ("steel", "aluminium"):
            self._post(Product(issuer=self.id, nonce=memory.nonce(), id=self.name(metal), sector="circular",
                               unit="KGM", materials={metal: "1"}))
            self.declare(basis="collected", boundary="none", collector=self.id, evidence=[shown("weighing")],
                         lot=self.out(f"{metal}-scrap", metal, "1000 KGM", "waste", origin="postConsumer"))
            self.declare(lot=self.out(f"{metal}-plate", metal, "1000 KGM"),
                         burdens={"fossilGhgEmissions": "20000"})

    def shape(self, process: str = "steel.rolling", inputs: dict[str, str] | None = None,
              supplies: Sequence[Supply] = MILL, metal: str = "steel", kinds: Sequence[str] = (),
              outputs: Sequence[Output] = (), **fields: Any) -> float:
        """Kg CO2e of the finding."""
        made = outputs or [self.out("bar", metal, "950 KGM")]
        entry = self._post(Transformation(**{
            "issuer": self.id, "nonce": self.ledger.nonce(), "facility": self.facility,
            "start": "2025-03-01T00:00:00Z", "end": "2025-03-02T00:00:00Z", "process": process, "activity": Raw(b"{}"),
            "inputs": [Flow(lot=self.name(lot), quantity=quantity(amount)) for lot, amount in (inputs or {}).items()],
            "supplies": list(supplies), "outputs": list(made),
            "evidence": [shown(kind) for kind in kinds], **fields,
        }))
        findings = msgspec.json.decode(self.ledger.assessment(entry.index).assessment, type=Assessment).findings
        return sum(float(one.amount or 0) for one in findings if one.code == UNMELTED)


@pytest.mark.parametrize("process", [
    "steel.rolling", "equipment.forging", "equipment.machining", "equipment.assembly", "equipment.heatTreatment",
    "electronics.photovoltaicModule",
])
def test_waste_that_is_shaped(process: str) -> None:
    assert Shop().shape(process, {"steel-scrap": "1000 KGM"}) == pytest.approx(950 * 0.5 * POWER)


def test_other_metals_take_gas_and_power() -> None:
    asked = Shop().shape("equipment.forging", {"aluminium-scrap": "1000 KGM"}, metal="aluminium")
    assert asked == pytest.approx(950 * (0.05 * GAS + 0.6 * POWER))


def test_the_product_of_a_yard_is_scrap() -> None:
    shop = Shop()
    shop.shape("circular.sorting", {"steel-scrap": "1000 KGM"}, [supply("electricity", "30 KWH")],
               outputs=[shop.out("sorted", "steel", "990 KGM")])
    assert shop.shape("equipment.forging", {"sorted": "990 KGM"}) == pytest.approx(950 * 0.5 * POWER)


def test_scrap_by_name() -> None:
    bought = [*MILL, supply("scrap", "1000 KGM"), supply("machinePart", "1000 KGM")]
    assert Shop().shape("equipment.assembly", supplies=bought) == pytest.approx(950 * 0.5 * POWER)


@pytest.mark.parametrize(("fields", "kilograms"), [
    ({"materials": {"copperScrap": "1"}}, 950), ({"classifications": {"cn": "74040010"}}, 950),
    ({"materials": {"copperScrap": "0.5", "copper": "0.5"}}, 500), ({"materials": {"copper": "1"}}, 0),
    ({"classifications": {"cn": "74081100"}}, 0), ({}, 0),
])
def test_goods_that_are_scrap(fields: dict[str, Any], kilograms: float) -> None:
    """By their materials, or else by their code."""
    shop = Shop()
    shop.product("good", **fields)
    shop.product("copper", materials={"copper": "1"})
    shop.declare(lot=shop.out("bought", "good", "1000 KGM"), burdens={"fossilGhgEmissions": "4000"})
    asked = shop.shape("equipment.forging", {"bought": "1000 KGM"}, metal="copper")
    assert asked == pytest.approx(kilograms * (0.05 * GAS + 0.6 * POWER))


@pytest.mark.parametrize(("classifications", "kilograms"), [
    ({"cn": "76020090"}, 950), ({"cn": "76012080"}, 950), ({"cn": "44011100"}, 0), ({}, 0),
])
def test_waste_that_states_its_code_alone(classifications: dict[str, str], kilograms: float) -> None:
    shop = Shop()
    shop.product("coded", classifications=classifications)
    shop.declare(basis="collected", boundary="none", collector=shop.id, evidence=[shown("weighing")],
                 lot=shop.out("waste", "coded", "1000 KGM", "waste", origin="postConsumer"))
    asked = shop.shape("equipment.forging", {"waste": "1000 KGM"}, metal="aluminium")
    assert asked == pytest.approx(kilograms * (0.05 * GAS + 0.6 * POWER))


@pytest.mark.parametrize("kind", ["reuseInspection", "inspectionCertificate", "materialCertificate:rails"])
def test_rails_that_are_rolled_again_have_a_certificate(kind: str) -> None:
    assert Shop().shape(inputs={"steel-scrap": "1000 KGM"}, kinds=(kind,)) == 0
    assert Shop().shape(inputs={"steel-scrap": "1000 KGM"}, kinds=("invoice",)) > 0


def test_plates_and_a_little_scrap_are_no_question() -> None:
    assert Shop().shape(inputs={"steel-plate": "1000 KGM"}) == 0
    assert Shop().shape(inputs={"steel-plate": "980 KGM", "steel-scrap": "20 KGM"}) == 0
    assert Shop().shape(inputs={"steel-plate": "970 KGM", "steel-scrap": "30 KGM"}) == pytest.approx(30 * 0.5 * POWER)


def test_a_furnace_melts_it() -> None:
    melted = Shop().shape("steel.electricArcFurnace", {"steel-scrap": "1000 KGM"}, [
        supply("electricity", "600 KWH"), supply("lime", "35 KGM"), supply("electrode", "2 KGM")])
    assert melted == 0


def test_a_provisional_record_is_not_asked() -> None:
    assert Shop().shape(inputs={"steel-scrap": "1000 KGM"}, basis="provisional") == 0
