"""Power and heat of waste that leave without burden: who pays for the treatment has to be shown."""


from decimal import localcontext

import pytest
from support.sectors import Emission, Make
from support.site import supply
from unit.engine.bounded import Plant

from ledger.core.record.kinds import Declaration
from ledger.core.record.values import Evidence
from ledger.footprint.stored.burdens import SLOT


def shown(*kinds: str) -> list[Evidence]:
    return [Evidence(digest="1" * 64, media_type="text/csv", kind=kind) for kind in kinds]


def collect(plant: Plant, lot: str, kilograms: str) -> None:
    plant.product("rubbish", "KGM")
    plant._post(Declaration(
        issuer=plant.id, nonce=plant.ledger.nonce(), start="2025-03-01T00:00:00Z", end="2025-03-02T00:00:00Z",
        basis="collected", boundary="none", collector=plant.id, evidence=shown("weighing"),
        lot=plant.out(lot, "rubbish", f"{kilograms} KGM", "waste", origin="postConsumer")))


def make_waste(plant: Plant, lot: str, kilograms: str) -> None:
    """Rejects of the plant's own process, with the waste product `chaff`."""
    plant.product("chaff", "KGM")
    plant.run([plant.output("board", "50 KGM"), plant.out(lot, "chaff", f"{kilograms} KGM", "waste",
                                                          origin="preConsumer")], [supply("wood", "1000 KGM")])


def burn(plant: Plant, inputs: dict[str, str], *kinds: str, **shares: str) -> dict[str, float]:
    """Kg CO2e in question in heat, power and service, of 600 kg that the service carries unless `shares` tell."""
    given = {"heat": "0", "power": "0", "service": "1", **shares}
    units = {"heat": "300 3B", "power": "25 KWH", "service": "10 HUR"}
    outputs = [plant.output(name, amount, share=given[name]) for name, amount in units.items()]
    plant.run(outputs, [], inputs, allocation="declared", evidence=shown(*kinds),
              activity=Make(emissions=[Emission(amount="600", gas="CO2")]))
    return {output.product.rpartition(":")[2].rstrip("0123456789"): plant.ledger.figures[output.lot].burdens[
        SLOT["questionedAbs"]] for output in outputs}


def excess(asked: dict[str, float], *names: str) -> list[float]:
    return [round(asked[name], 3) for name in names]


@pytest.fixture
def plant() -> Plant:
    return Plant()


def test_energy_that_nobody_pays_escapes_all_of_it(plant: Plant) -> None:
    """300 MJ of heat beside 90 MJ of power."""
    collect(plant, "rubbish", "1000")
    asked = burn(plant, {"rubbish": "1000 KGM"})
    assert excess(asked, "heat", "power", "service") == [
        pytest.approx(600 * 300 / 390, abs=0.01), pytest.approx(600 * 90 / 390, abs=0.01), 0]


def test_shares_keep_each_digit_in_every_context(plant: Plant) -> None:
    collect(plant, "rubbish", "1000")
    with localcontext(prec=2):
        asked = burn(plant, {"rubbish": "1000 KGM"})
    assert excess(asked, "heat", "power") == [round(600 * part / 390, 3) for part in (300, 90)]


@pytest.mark.parametrize("kind", ["municipalContract", "treatmentContract:works", "gateFeeInvoice"])
def test_a_document_shows_who_pays(plant: Plant, kind: str) -> None:
    collect(plant, "rubbish", "1000")
    assert excess(burn(plant, {"rubbish": "1000 KGM"}, kind), "heat", "power") == [0, 0]


def test_another_document_does_not(plant: Plant) -> None:
    collect(plant, "rubbish", "1000")
    assert burn(plant, {"rubbish": "1000 KGM"}, "weighing")["heat"] > 100


@pytest.mark.parametrize(("kind", "part"), [("weighing", 1), ("treatmentContract", 0)])
def test_a_maker_on_the_ledger_need_not_take_the_service(plant: Plant, kind: str, part: float) -> None:
    make_waste(plant, "chaff", "300")
    assert excess(burn(plant, {"chaff": "300 KGM"}, kind), "heat", "power") == [
        pytest.approx(600 * joules / 390 * part, abs=0.01) for joules in (300, 90)]


def test_energy_that_carries_burden_is_asked_by_the_rules_of_allocation(plant: Plant) -> None:
    collect(plant, "rubbish", "1000")
    outputs = burn(plant, {"rubbish": "1000 KGM"}, heat="0.6", power="0.4", service="0")
    assert outputs["heat"] == outputs["power"] == 0


def test_no_service_no_question(plant: Plant) -> None:
    collect(plant, "rubbish", "1000")
    asked = plant.findings([plant.output("heat", "300 3B", share="1")], [], {"rubbish": "1000 KGM"},
                           allocation="declared",
                           activity=Make(emissions=[Emission(amount="600", gas="CO2")]))
    assert "waste-energy-free" not in asked
