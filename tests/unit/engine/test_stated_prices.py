"""Prices that a record states itself."""

from support import factor_sets
from support.memory import MemoryLedger
from support.site import ore, supply
from unit.engine.works import GHG, Works, change, day, refused

from ledger.core.record.values import Factor, Supply


def priced_works() -> Works:
    """Works on a ledger on which the set `round` is in force."""
    memory = MemoryLedger(factor_sets.registry())
    memory.activate_sets()
    return Works(memory)


def test_an_amendment_is_checked_like_a_new_record() -> None:
    works = priced_works()
    early = works.mine("a", "100")
    steel = supply("steel", "1 KGM", factor=Factor(
        value="-5", unit="KGM", source="supplier", year=2025, boundary="cradleToGate"))
    refused(works, lambda: works.amend(change(early, supplies=[ore("100 KGM"), steel])), "factor-sign",
            "supplies[1].factor.value", "-5")


def test_an_amended_declaration_is_checked_like_a_new_one() -> None:
    works = priced_works()
    late = works.declared(works.out("b", "metal", "10 KGM"), burdens={GHG: "3"})
    refused(works, lambda: works.amend(change(late, burdens={})), "no-emissions", "burdens")
    refused(works, lambda: works.amend(change(late, burdens={GHG: "3", "technologicalCO2Removals": "-1"})),
            "removal-evidence", "burdens.technologicalCO2Removals", "-1")


def overhead(*supplies: Supply) -> float:
    """Kg CO2e that overheads leave with a closing of March."""
    works = priced_works()
    works.run({"a": "100"}, supplies=[ore("100 KGM")], basis="provisional", start=day(2), end=day(3))
    return round(works.ledger.retained(works.close(overheads=list(supplies)).index).get(GHG, 0.0), 9)


def burning(value: str, gas: str | None) -> Factor:
    return Factor(value=value, unit="KGM", source="site", year=2025, boundary="combustion", gas=gas)


def test_a_slip_of_methane_is_not_the_burning() -> None:
    """10 kg of gas: 5 of upstream and 10 * (3 + 0.01 * 29.8) of burning. The site's 2 per kg for the burning replaces
    that, and its 0.001 kg of methane, 10 * 0.001 * 29.8 = 0.298, comes on top."""
    assert overhead(supply("gas", "10 KGM")) == 37.98
    assert overhead(supply("gas", "10 KGM", factor=burning("2", "CO2"))) == 25.0
    assert overhead(supply("gas", "10 KGM", factor=burning("0.001", "CH4"))) == 38.278
    assert overhead(supply("gas", "10 KGM", factor=burning("0", "CH4"))) == 37.98


def test_a_fuel_of_nature_burns_too() -> None:
    """It has no upstream, and burns as any: 32.98. Under an alias or another name of a set as well."""
    assert overhead(supply("gas", "10 KGM", origin="nature")) == 32.98


def test_power_of_a_transport_follows_the_grid() -> None:
    """10 kWh of an electric lorry at the world's 0.5 are 5, also if it names a row of wind power or states a zero."""
    works = priced_works()
    works.mine("a", "100")
    buyer = Works(works.ledger, "buyer")
    free = Factor(value="0", unit="KWH", source="carrier", year=2025, boundary="cradleToGate")
    loads = [supply("electricity", "10 KWH"), supply("windPower", "10 KWH", factor=free),
             supply("electricityWind", "10 KWH", factor_row="round:electricityWind/cradleToGate/*/2025")]
    for i, load in enumerate(loads):
        works.hand("a", "10", buyer, f"b{i}", transport=[load])
        burdens = works.ledger.burdens(works.name(f"b{i}"))
        assert (burdens[GHG], burdens["transportGhgEmissions"], burdens["electricityKwh"]) == (5.0, 5.0, 10.0)
