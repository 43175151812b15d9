"""Installations and their years by hand, for tests of what exchanges make of them: kg, t and kWh."""

from typing import Any, Final

import pytest

from ledger.sdk import EmissionLine, InstallationYear, MadeLot, PowerUse, Production, TakenLot

POTENTIALS: Final = {"CO2": 1.0, "CH4": 29.8, "N2O": 273.0, "CF4": 7380.0, "C2F6": 12400.0}
"""The ledger's, AR6."""


def emission(
    amount: float, source: str = "furnace", kind: Any = "onSite", gas: str = "CO2", **more: Any
) -> EmissionLine:
    fields = {"burden": "fossilGhgEmissions", "basis": "calculated", **more}
    return EmissionLine(source=source, kind=kind, gas=gas, amount=amount,
                        carbon_dioxide=amount * POTENTIALS[gas], **fields)


def made(product: str, tonnes: float | None, cn: str | None = None, footprint: float = 0.0, share: float = 1.0,
         **more: Any) -> MadeLot:
    fields = {"role": "product", "assigned": 0.0, "quantity": tonnes, "unit": "TNE", **more}
    return MadeLot(lot=f"{product}:1", product=product, share=share, footprint=footprint, tonnes=tonnes, cn=cn,
                   **fields)


def energy(product: str, quantity: float, unit: str, footprint: float, share: float = 1.0, **more: Any) -> MadeLot:
    return made(product, None, None, footprint, share, quantity=quantity, unit=unit, **more)


def taken(product: str, tonnes: float | None, carried: float, **more: Any) -> TakenLot:
    fields = {"role": "product", "quantity": tonnes, "unit": "TNE", "electricity": 0.0, "kilowatt_hours": 0.0,
              "made": carried, **more}
    return TakenLot(lot=f"{product}:1", product=product, tonnes=tonnes, carried=carried, **fields)


def site(
    facility: str, *productions: Production, year: int = 2026, country: str = "CN", **more: Any
) -> InstallationYear:
    return InstallationYear(facility=facility, operator="urn:operator", country=country, year=year,
                            productions=productions, **more)


def production(
    process: str, *, lines: Any = (), power: Any = (), takes: Any = (), makes: Any = (), **more: Any
) -> Production:
    return Production(record="0" * 64, process=process, end="2026-06-30T00:00:00Z", lines=lines, power=power,
                      taken=takes, made=makes, **more)


def grid(megawatt_hours: float, carbon_dioxide: float) -> PowerUse:
    return PowerUse(way="grid", kilowatt_hours=megawatt_hours * 1000, carbon_dioxide=carbon_dioxide)


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-12, abs=1e-12)


def process(report: Any, facility: str, what: str | None = None) -> Any:
    (found,) = [one for one in report.processes
                if one.process.facility == facility and what in (None, one.process.category, one.process.product)]
    return found


def reconciled(report: Any) -> bool:
    """Footprint = embedded + named differences, of every process; and each reason is explained."""
    for one in report.processes:
        named = sum(part.kilograms for part in report.differences if part.process == one.process)
        assert one.total_footprint * 1000 == pytest.approx(one.total_embedded * 1000 + named, rel=1e-9, abs=1e-6)
    return all(one.why for one in report.differences)


def simple(cn: str, *lines: EmissionLine, takes: Any = (), power: Any = ()) -> InstallationYear:
    footprint = sum(one.carbon_dioxide for one in lines) + sum(one.carried for one in takes)
    makes = [made(f"urn:good:{cn}", 10.0, cn, footprint)]
    return site("urn:plant", production("petrochemicals.made", lines=lines, takes=takes, power=power, makes=makes))
