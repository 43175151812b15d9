"""No sector books the fuel of a transfer, so the core burns it."""

from decimal import Decimal

import pytest
from carbon_ledger_factors_open import factor_set

from ledger.admission.facts import Facts
from ledger.admission.lots import Plan, Supplied
from ledger.core.outcome.assessment import NOTHING
from ledger.core.record.kinds import Transfer
from ledger.core.record.values import Factor, Quantity, Supply
from ledger.engine.pricing.priced import with_unbooked, with_upstream
from ledger.engine.pricing.supplies import price_supplies
from ledger.engine.pricing.surroundings import surroundings_of
from ledger.footprint.stored.burdens import SLOT, direct, footprint

OPEN = factor_set().newest
KILOGRAMS = Quantity(value="100", unit="KGM")
WELL_TO_TANK = 75.2028
"""100 kg of diesel at 0.752028 kg CO2e."""


def burdens_of(supply: Supply) -> tuple[float, ...]:
    record = Transfer(
        issuer="urn:example:a", nonce="A" * 22, lot="urn:example:a:lot:1", quantity=KILOGRAMS, to="urn:example:b",
        new_lot="urn:example:b:lot:1", time="2025-03-01T00:00:00Z", transport=[supply],
    )
    supplied = (Supplied(supply, Decimal(100)),)
    facts = Facts()
    priced = price_supplies(record, Plan(supplied=supplied), surroundings_of(record, facts), facts, (OPEN,))
    return direct(with_unbooked(with_upstream(NOTHING, priced), supplied, priced, "transport"))


def test_diesel_burns() -> None:
    """100 kg: 318.63 kg of CO2, 1.09 kg CO2e of methane and nitrous oxide, and the upstream; 43 MJ a kg."""
    burdens = burdens_of(Supply(material="diesel", quantity=KILOGRAMS))
    assert footprint(burdens) == pytest.approx(WELL_TO_TANK + 319.72, abs=0.05)
    assert burdens[SLOT["transportGhgEmissions"]] == footprint(burdens)
    assert burdens[SLOT["energyMj"]] == pytest.approx(4_300, rel=0.02)
    assert (burdens[SLOT["omittedAbs"]], burdens[SLOT["unestimated"]]) == (0.0, 0.0)


def test_diesel_with_a_factor_for_burning_burns_once() -> None:
    own = Factor(value="3.1451", unit="KGM", source="guideline", year=2015, boundary="combustion", gas="CO2")
    burdens = burdens_of(Supply(material="diesel", quantity=KILOGRAMS, factor=own))
    assert footprint(burdens) == pytest.approx(WELL_TO_TANK + 314.51, rel=1e-9)


def test_freight_by_tonne_kilometres_has_nothing_to_burn() -> None:
    burdens = burdens_of(Supply(material="truckFreight", quantity=Quantity(value="100", unit="TKM")))
    assert 4 < footprint(burdens) < 30
    assert burdens[SLOT["energyMj"]] == 0.0
