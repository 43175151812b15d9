"""Carbon dioxide that leaves as a good, solved by hand: 100 kg of coal give 220 kg of it."""

from typing import Any

import pytest
from support.sectors import Emission, Make
from support.site import supply
from unit.engine.bounded import Plant

from ledger.core.record.values import Evidence

CODE = "carbon-dioxide-delivered"
COAL = supply("coal", "100 KGM")
AIR = supply("air", "500 KGM", origin="nature")


def questions(emitted: str, gas: str, *supplies: Any, kinds: tuple[str, ...] = (), **fields: Any) -> dict[int, float]:
    """Kg CO2e that 100 kg of a good escape beside `gas` kg of carbon dioxide, of a record that counts `emitted`."""
    plant = Plant()
    gas_fields = {"materials": {"carbonDioxide": "1"}, "role": "coProduct", **fields}
    return plant.escaped(
        CODE,
        [plant.output("good", "100 KGM", share="1"), plant.output("gas", f"{gas} KGM", share="0", **gas_fields)],
        [*(supplies or (COAL,)), AIR], allocation="declared",
        activity=Make(emissions=[Emission(amount=emitted, gas="CO2")]),
        evidence=[Evidence(digest="1" * 64, media_type="text/csv", kind=kind) for kind in kinds],
    )


def test_gas_that_nobody_counts_is_asked_of_the_good() -> None:
    """The gas is the heavier output, and gets none of the question."""
    assert questions("70", "150") == {0: pytest.approx(150, abs=0.05)}


def test_gas_that_is_counted_is_no_question() -> None:
    assert questions("220", "150") == {}


def test_a_part_that_is_counted_is_not_asked() -> None:
    assert questions("160", "150") == {0: pytest.approx(60, abs=0.05)}


def test_less_than_a_fifth_may_be_an_analysis() -> None:
    assert questions("191", "150") == {}
    assert questions("189", "150") == {0: pytest.approx(31, abs=0.05)}


@pytest.mark.parametrize("kind", [
    "storageCertificate", "carbonUtilisationCertificate", "carbonUtilisationCertificate:polyol",
    "deliveryNote:carbonDioxide", "contract:carbonDioxide",
])
def test_a_document_shows_who_uses_it(kind: str) -> None:
    assert questions("70", "150", kinds=(kind,)) == {}


@pytest.mark.parametrize("kind", ["contract", "meterReading", "deliveryNote:coal"])
def test_other_documents_do_not(kind: str) -> None:
    assert questions("70", "150", kinds=(kind,)) == {0: pytest.approx(150, abs=0.05)}


def test_gas_as_waste_is_gas_all_the_same() -> None:
    assert questions("70", "150", role="waste") == {0: pytest.approx(150, abs=0.05)}


def test_biogenic_gas_is_no_fossil_gas() -> None:
    assert questions("0", "150", biogenic_carbon="0.2729") == {}


@pytest.mark.parametrize("material", ["kilnGas", "flueGas", "carbonDioxide"])
def test_gas_that_came_as_gas_has_its_burden_elsewhere(material: str) -> None:
    assert questions("0", "150", supply(material, "150 KGM")) == {}
