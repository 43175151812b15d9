"""Figures that a record states: factors of its supplies, burdens of a declaration.

Nobody can check here whether a stated figure is true, but some cannot be: a factor below zero, a footprint without
emissions, a removal of more carbon than there is.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from ledger.admission.facts import Facts
from ledger.admission.lots import Plan
from ledger.core.outcome.assessment import ADDITIVE, REMOVALS
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import AnyRecord, Closing, Declaration, Transfer, Transformation
from ledger.core.record.redacted import is_residue
from ledger.core.record.units import convert, plain, unit
from ledger.core.record.values import Supply
from ledger.errors import Refused, refusal_of

_EMISSIONS: Final = tuple([name for name in ADDITIVE if name not in REMOVALS])
_PARTS: Final = ("aircraftGhgEmissions", "transportGhgEmissions", "packagingGhgEmissions")
"""Parts of the emissions, shown apart. Catena-X and TfS add aircraft to fossil emissions; here, as in PACT 3, these
contain it."""
_LOCATION: Final = "electricityLocation"
_MARKET: Final = "electricityMarket"
_CARBON, _CARBON_DIOXIDE = Decimal(12), Decimal(44)
"""Molar masses, g per mol."""
_NOTHING: Final = Decimal(0)
_TWICE: Final = Decimal(2)
"""Pieces of one product differ by the goods in them, such as sizes of shoes."""


def check_stated_figures(record: AnyRecord, planned: Plan) -> None:
    """Raises Refused, with every fault in its `parts`."""
    match record:
        case Declaration():
            faults = list(_faults_of(record, planned))
        case Transformation():
            faults = _below_zero(("supplies", record.supplies), ("overheads", record.overheads))
        case Closing():
            faults = _below_zero(("measured", record.measured), ("overheads", record.overheads))
        case Transfer():
            faults = _below_zero(("transport", record.transport), ("packaging", record.packaging))
        case _:
            faults = []
    if faults:
        raise refusal_of(faults)


def check_parts(record: AnyRecord) -> None:
    """Raises Refused, with every fault in its `parts`, for a declared part that is more than all emissions."""
    if not isinstance(record, Declaration):
        return
    whole = _emissions(record)
    faults = [
        Refused(
            f"burdens.{name}: {record.burdens[name]} is more than all emissions, {plain(whole)}", code="burden-part",
            field=f"burdens.{name}", value=record.burdens[name],
            rule=f"at most {plain(whole)}: a part of the emissions, never added to them",
        )
        for name in _PARTS if Decimal(record.burdens.get(name, "0")) > whole
    ]
    if faults:
        raise refusal_of(faults)


def check_masses(record: AnyRecord, planned: Plan, facts: Facts) -> None:
    """Raises Refused, with every fault in its `parts`, for a lot that weighs less than half or more than twice its
    quantity times the mass per unit of its product. Readers count pieces by that mass."""
    faults = []
    for place, (lot, output) in enumerate(planned.created):
        product = facts.product_of(lot)
        if output is None or output.mass is None or lot.mass is None or product is None or not product.mass_per_unit:
            continue
        usual = CONTEXT.multiply(product.mass_per_unit, lot.quantity)
        if not usual <= lot.mass * _TWICE <= usual * _TWICE * _TWICE:
            field = "lot.mass" if isinstance(record, Declaration) else f"outputs[{place}].mass"
            faults.append(Refused(
                f"{field}: {plain(lot.mass)} kg, but by the mass per unit of {product.id} the lot weighs "
                f"{plain(usual)} kg", code="two-masses", field=field, value=output.mass,
                rule="from half to twice the product's mass per unit"))
    if faults:
        raise refusal_of(faults)


def _below_zero(*fields: tuple[str, Sequence[Supply]]) -> list[Refused]:
    """Removals have burdens of their own, with their own rules. So a factor is an emission."""
    return [
        Refused(
            f"{field}[{i}].factor.value: the factor of {supply.material} is negative", code="factor-sign",
            field=f"{field}[{i}].factor.value", value=supply.factor.value,
            rule="zero or positive; a declaration states removals, with evidence",
        )
        for field, supplies in fields for i, supply in enumerate(supplies)
        if supply.factor is not None and supply.factor.value.startswith("-")
    ]


def _faults_of(record: Declaration, planned: Plan) -> Iterator[Refused]:
    # The evidence of an erased record is gone.
    proved = bool(record.evidence) or is_residue(record)
    if record.boundary == "cradleToGate" and (record.lot is None or record.lot.role == "product"):
        yield from _without_emissions(record, proved=proved)
    yield from _faults_of_power(record, proved=proved)
    removed = {name: -Decimal(record.burdens[name]) for name in REMOVALS if name in record.burdens}
    for name, amount in removed.items():
        if amount and not proved:
            yield Refused(
                f"burdens.{name}: a removal needs evidence", code="removal-evidence", field=f"burdens.{name}",
                value=record.burdens[name], rule="zero, or at least one evidence",
            )
    total = _NOTHING
    for amount in removed.values():
        total += amount
    mass = _mass_of(record, planned)
    if mass is not None and total * _CARBON > mass * _CARBON_DIOXIDE:
        most = CONTEXT.divide(CONTEXT.multiply(mass, _CARBON_DIOXIDE), _CARBON)
        name = next(name for name, amount in removed.items() if amount)
        yield Refused(
            f"burdens.{name}: {plain(total)} kg of CO2 are removed by {plain(mass)} kg, which is above 44/12",
            code="removal-carbon", field=f"burdens.{name}", value=plain(total),
            rule=f"all removals together are at most {plain(round(most, 9))} kg: {plain(mass)} kg of carbon as CO2",
        )


def _without_emissions(record: Declaration, *, proved: bool) -> Iterator[Refused]:
    stated = [Decimal(record.burdens[name]) for name in _EMISSIONS if name in record.burdens]
    if stated and (proved or any(stated)):
        return
    yield Refused(
        "burdens: " + ("emissions of zero need evidence" if stated else "cradleToGate states no emissions"),
        code="no-emissions", field="burdens", value=" ".join(record.burdens) or "none",
        rule="with boundary cradleToGate at least one emission above zero, or a stated zero with evidence; emissions: "
             + " ".join(_EMISSIONS),
    )


def _faults_of_power(record: Declaration, *, proved: bool) -> Iterator[Refused]:
    """The electricity within a footprint, which totals replace by the other figure of it. PACT's footprints hold the
    market-based figure, all others the location-based one."""
    burdens = record.burdens
    if record.basis == "pact" and _LOCATION not in burdens and Decimal(burdens.get(_MARKET, "0")):
        yield Refused(
            "burdens.electricityLocation: missing beside electricityMarket", code="no-location-figure",
            field=f"burdens.{_LOCATION}", rule="with basis pact both figures of the electricity, or neither",
        )
    part = _MARKET if record.basis == "pact" and _MARKET in burdens else _LOCATION
    whole = _emissions(record)
    if part in burdens and Decimal(burdens[part]) > whole:
        yield Refused(
            f"burdens.{part}: {burdens[part]} is more than all emissions, {plain(whole)}", code="burden-part",
            field=f"burdens.{part}", value=burdens[part],
            rule=f"at most {plain(whole)}: with basis {record.basis} this electricity is a part of the emissions",
        )
    if not proved and _MARKET in burdens and Decimal(burdens[_MARKET]) < Decimal(burdens.get(_LOCATION, "0")):
        yield Refused(
            f"burdens.{_MARKET}: a figure below the location-based one needs evidence", code="market-evidence",
            field=f"burdens.{_MARKET}", value=burdens[_MARKET],
            rule=f"at least electricityLocation, {burdens[_LOCATION]}, or at least one evidence",
        )


def _emissions(record: Declaration) -> Decimal:
    """Kg CO2e. Fossil emissions of land management are a part of all fossil emissions."""
    stated = {name: Decimal(record.burdens.get(name, "0")) for name in _EMISSIONS}
    total = -min(stated["fossilGhgEmissions"], stated["landManagementFossilGhgEmissions"])
    for amount in stated.values():
        total += amount
    return total


def _mass_of(record: Declaration, planned: Plan) -> Decimal | None:
    """Kg of the lot or of the quantity that has the burdens; None if it has no known mass."""
    if record.per is None:
        return planned.created[0].facts.mass if planned.created else None
    if unit(record.per.unit).dimension != "mass":
        return None
    return convert(record.per.amount, record.per.unit, "KGM", "per")
