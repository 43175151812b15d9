"""`factors show --place` names the row that prices a supply in a record: compared over the open set."""

from decimal import Decimal

import pytest
from support.sectors import open_set

from ledger.admission.facts import Facts
from ledger.admission.lots import Plan, Supplied
from ledger.core.record.revisions import Reopening
from ledger.core.record.values import Quantity, Supply
from ledger.engine.pricing.supplies import price_supplies
from ledger.engine.pricing.surroundings import Surroundings
from ledger.sdk.sets.explained import explain, facility_places

OPEN = open_set().newest
RECORD = Reopening(issuer="urn:example:works", nonce="A" * 22, closing="0" * 64, reason="no transfer")
"""Any record but a transfer: the kinds of the lines follow from the materials."""
PLACES = ("CN-JS", "CN-XZ", "CN-HK", "CN", "DE-BY", "DE", "NO", "US-CA", "IN", "ZA", "TW", "*")


@pytest.mark.parametrize("year", [2015, 2024])
@pytest.mark.parametrize("place", PLACES)
def test_the_row_that_prices(place: str, year: int) -> None:
    """Every supply of the set, with the boundary by which the ledger prices its kind. All power is power of the
    grid."""
    around = Surroundings(facility_places(place, "cradleToGate"), year)
    priced = 0
    for key, entry in OPEN.supplies.items():
        bought = Supply(material=key, quantity=Quantity(value="3", unit=entry.unit))
        (made,) = price_supplies(RECORD, Plan(supplied=(Supplied(bought, None),)), around, Facts(), (OPEN,))
        priced_as = "electricity" if entry.kind == "electricity" else key
        answer = explain([OPEN], priced_as, "wellToTank" if entry.kind == "fuel" else "cradleToGate", place, year)
        names = {line.factor for line in made.lines}
        assert names == (set() if answer.choice is None else {answer.choice.name}), key
        if answer.choice is not None:
            priced += 1
            amounts = {line.gas: line.amount for line in made.lines}
            assert amounts == {gas: 3 * value for gas, value in answer.choice.factor.gases}
    assert priced > 300


@pytest.mark.parametrize(("place", "country"), [("DE-BY", "DE"), ("CN-JS", "CN"), ("FI", "FI"), ("CN-HK", None)])
def test_the_residual_mix_is_of_the_country(place: str, country: str | None) -> None:
    """Market-based power: the residual mix that `explain` names, at least the grid's. China's mix is of the stacks, so
    it gets the 0.0899 kg of upstream and losses of its year: 0.6205 - 0.5306."""
    around = Surroundings(facility_places(place, "cradleToGate"), 2024)
    power = Supplied(Supply(material="electricity", quantity=Quantity(value="1", unit="KWH")), None)
    (made,) = price_supplies(RECORD, Plan(supplied=(power,)), around, Facts(), (OPEN,))
    residual = explain([OPEN], "electricity", "residual", place, 2024).choice
    assert (None if residual is None else residual.factor.place) == country
    (line,) = made.lines
    if residual is not None:
        (mix,) = [value for _, value in residual.factor.gases]
        beyond = Decimal("0.0899") if country == "CN" else Decimal(0)
        assert (line.market if line.market is not None else line.amount) == max(line.amount, mix + beyond)
    else:
        assert line.market in (None, line.amount)
    assert line.amount > Decimal(0)
