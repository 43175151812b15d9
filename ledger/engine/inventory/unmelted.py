"""Scrap that a route shapes without melting it.

Rolling, forging, machining, welding and assembly shape metal that is sound; scrap becomes sound in a furnace. A record
of such a route that takes scrap metal, as waste, as the product of a yard or by name, left the melting out. So did one
that builds appliances, batteries or modules of it. Goods are scrap if their materials say so, or their code if they
state no materials. The amount is the usual energy of melting. Rails that are rolled again and plates that are cut out
of a hull stay so: a document shows that somebody tested the metal.
"""

from collections.abc import Iterator
from decimal import Decimal, localcontext
from typing import Final

from ledger.admission.facts import Facts, LotFacts
from ledger.admission.lots import Plan
from ledger.core.outcome.assessment import Finding
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Transformation
from ledger.engine.bounds.process import short
from ledger.engine.inventory.usual import SetPricer
from ledger.sdk import PRODUCT_ROLES, ZERO
from ledger.sdk.sets.factor_set import SupplyEntry
from ledger.sdk.sets.lookup import entry_of, entry_of_code

UNMELTED: Final = "scrap-unmelted"
_SHAPING: Final = frozenset({
    "steel.rolling", "equipment.forging", "equipment.heatTreatment", "equipment.machining", "equipment.assembly",
    "equipment.welding", "equipment.vehicleAssembly", "electronics.batteryCell", "electronics.batteryPack",
    "electronics.photovoltaicModule", "consumer-goods.householdAppliances",
})
_YARDS: Final = frozenset({
    "circular.collection", "circular.sorting", "circular.dismantling", "steel.scrapProcessing",
})
"""Processes whose products are scrap, whatever they are called."""
_SHOWN: Final = ("inspectionCertificate", "materialCertificate", "reuseInspection")
_SCRAP: Final = "Scrap"
_STEEL: Final = "steel"
_METALS: Final = frozenset({_STEEL, "aluminium", "copper", "metal", "ferroalloy"})
_USUAL: Final = {
    _STEEL: (("electricity", Decimal("0.5"), "KWH"),),
    "": (("naturalGas", Decimal("0.05"), "NM3"), ("electricity", Decimal("0.6"), "KWH")),
}
"""Per kg, as in the rows of `steel.electricArcFurnace` and of `circular.recycling` in `needs.csv`."""
_LITTLE: Final = Decimal("0.02")
"""Of the mass that comes in: trials, and wedges that nobody counts."""


def unmelted_scrap(record: Transformation, plan: Plan, facts: Facts, pricer: SetPricer) -> Finding | None:
    """The finding of scrap in a route that shapes; None without scrap, or if a document shows that it is sound."""
    if record.process not in _SHAPING or any(one.kind.partition(":")[0] in _SHOWN for one in record.evidence):
        return None
    with localcontext(CONTEXT):
        scrap = list(_scrap(plan, facts, pricer))
        mass = sum([kilograms for _, kilograms in scrap], ZERO)
        came = sum([taken.mass or ZERO for taken in plan.taken], ZERO)
        came += sum([supplied.mass or ZERO for supplied in plan.supplied], ZERO)
        made = sum([lot.mass or ZERO for lot, _ in plan.created if lot.role in PRODUCT_ROLES], ZERO)
        if mass <= came * _LITTLE or not made:
            return None
        part = min(made / mass, Decimal(1))
        prices = [
            price for group, kilograms in scrap for carrier, usual, unit in _USUAL.get(group, _USUAL[""])
            if (price := pricer.price(carrier, kilograms * part * usual, unit)) is not None
        ]
        amount = sum([price.co2e for price in prices], ZERO)
    return Finding(
        code=UNMELTED, value=short(mass), unit="KGM", amount=short(amount) if amount else None,
        factor=prices[0].factor if prices else None,
        message=f"{record.process} takes {short(mass):f} kg of scrap metal and melts nothing",
    )


def _scrap(plan: Plan, facts: Facts, pricer: SetPricer) -> Iterator[tuple[str, Decimal]]:
    """The class and the kg of each part of scrap metal that the record takes."""
    for supply, mass in plan.supplied:
        entry = entry_of(pricer.sets, supply.material)
        if entry is not None and entry[1].key.endswith(_SCRAP) and entry[1].group in _METALS and mass:
            yield entry[1].group, mass
    for lot, _, mass in plan.taken:
        if not mass or lot.role == "core":
            continue
        for material, share in _materials(lot, facts, pricer):
            if material.group in _METALS and (_is_scrap(lot) or material.key.endswith(_SCRAP)):
                yield material.group, mass * share


def _is_scrap(lot: LotFacts) -> bool:
    return lot.role == "waste" or (lot.maker is not None and lot.maker[1] in _YARDS)


def _materials(lot: LotFacts, facts: Facts, pricer: SetPricer) -> Iterator[tuple[SupplyEntry, Decimal]]:
    """The materials of a lot with their shares; of a lot without materials, the entry of its code."""
    materials = facts.composition(lot).materials
    product = facts.product_of(lot)
    coded = None if materials or product is None else entry_of_code(pricer.sets, product.codes)
    if coded is not None:
        yield coded, Decimal(1)
    for material, share in materials.items():
        known = entry_of(pricer.sets, material)
        if known is not None:
            yield known[1], Decimal(share)
