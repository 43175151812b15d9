"""Builds contexts for tests in a few lines. Write quantities as `12.5 TNE`, mass fractions as decimal strings."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ledger.admission.checks.attributes import kilowatt_hours
from ledger.core.record.units import convert
from ledger.core.record.units import unit as unit_of
from ledger.core.record.values import Quantity
from ledger.sdk.context import (
    ENERGY,
    AttributeFacts,
    Context,
    FacilityFacts,
    InputFacts,
    OutputFacts,
    SupplyFacts,
)
from ledger.sdk.fuels import standard_fuels

Shares = Mapping[str, str]
_NOTHING: Shares = {}


def supply(material: str, quantity: str, mass: str | None = None, **facts: Any) -> SupplyFacts:
    """A supply. Pass `mass` (such as `5 KGM`) if the supply is matter and its quantity is not a mass. `facts` are
    fields of SupplyFacts: `nature`, `priced`, `combustion` and so on. A standard fuel in a unit of energy has the
    heating value of the table."""
    amount = _quantity(quantity)
    fuel = standard_fuels().get(material) if unit_of(amount.unit).dimension == ENERGY else None
    return SupplyFacts(**{
        "index": 0, "material": material, "quantity": amount, "mass": _mass(amount, mass), "nature": False,
        "priced": False, "heating": None if fuel is None else fuel.heating, **facts,
    })


def lot(
    quantity: str, role: str = "product", mass: str | None = None, materials: Shares = _NOTHING,
    elements: Shares = _NOTHING, **facts: Any,
) -> InputFacts:
    """A quantity taken from a lot. Waste is post-consumer unless `origin` is given."""
    amount = _quantity(quantity)
    return InputFacts(**{
        "lot": "urn:example:lot:in", "product": "urn:example:product:in", "sector": "", "quantity": amount,
        "role": role, "mass": _mass(amount, mass), "origin": "postConsumer" if role == "waste" else None,
        "materials": _decimals(materials), "elements": _decimals(elements), **facts,
    })


def output(
    quantity: str, role: str = "product", mass: str | None = None, materials: Shares = _NOTHING,
    elements: Shares = _NOTHING, **facts: Any,
) -> OutputFacts:
    """A new lot. `facts` are fields of OutputFacts: `value`, `heating_value` (MJ), `moles` and so on."""
    amount = _quantity(quantity)
    return OutputFacts(**{
        "lot": "urn:example:lot:out", "product": "urn:example:product:out", "role": role, "quantity": amount,
        "mass": _mass(amount, mass), "materials": _decimals(materials), "elements": _decimals(elements), **facts,
    })


def context(
    process: str, *, inputs: tuple[InputFacts, ...] = (), supplies: tuple[SupplyFacts, ...] = (),
    outputs: tuple[OutputFacts, ...] = (), place: str = "CN-SH", year: int = 2022, hours: str = "24",
    allocation: str = "mass", attributes: tuple[AttributeFacts, ...] = (), sets: bool = False,
    questions: bool = False, evidence: tuple[str, ...] = (),
) -> Context:
    """A record of `process` (`sector.route`) that ended in `year` at a facility in `place` (ISO 3166). `sets`: the core
    prices its supplies from factor sets; `questions`: it also questions amounts. `evidence`: kinds of documents."""
    country, _, subdivision = place.partition("-")
    facility = FacilityFacts(id="urn:example:site", country=country, subdivision=place if subdivision else None)
    return Context(
        process=process, route=process.partition(".")[2], year=year, hours=Decimal(hours), allocation=allocation,
        facility=facility, inputs=inputs,
        supplies=tuple(_at(index, one) for index, one in enumerate(supplies)), outputs=outputs, attributes=attributes,
        sets=sets or questions, questions=questions, evidence=evidence,
    )


def attribute(quantity: str, technology: str = "photovoltaic") -> AttributeFacts:
    """A green attribute that the record takes, such as `100 KWH`."""
    amount = _quantity(quantity)
    return AttributeFacts(
        lot="urn:example:lot:attribute", technology=technology, amount=kilowatt_hours(amount.amount, amount.unit)
    )


def _at(index: int, facts: SupplyFacts) -> SupplyFacts:
    return SupplyFacts(**{name: getattr(facts, name) for name in facts.__struct_fields__} | {"index": index})


def _quantity(text: str) -> Quantity:
    value, _, unit = text.partition(" ")
    return Quantity(value=value, unit=unit)


def _mass(quantity: Quantity, stated: str | None) -> Decimal | None:
    """The mass in kg: the stated one, else the quantity if it is a mass."""
    if stated is not None:
        given = _quantity(stated)
        return convert(given.amount, given.unit, "KGM")
    if unit_of(quantity.unit).dimension == "mass":
        return convert(quantity.amount, quantity.unit, "KGM")
    return None


def _decimals(shares: Shares) -> dict[str, Decimal]:
    return {name: Decimal(share) for name, share in shares.items()}
