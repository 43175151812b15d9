"""Wood comes out of wood, and out of other things that grew.

Whoever burns wood counts no CO2 of its carbon. So wood that no biomass among the inputs explains may be coal under
another name, and is questioned as coal that burns. Mixed waste may hold wood, and a thing that nobody knows may be one.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from ledger.admission.lots import Plan
from ledger.core.outcome.assessment import Finding, Span
from ledger.engine.bounds.process import ONE, ZERO, Process, is_energy, short
from ledger.engine.bounds.substances import substance_of
from ledger.engine.pricing.claims import SOLID_PROOFS
from ledger.engine.pricing.fuel_kinds import kind_of
from ledger.engine.pricing.lot_fuels import FuelMarket
from ledger.engine.pricing.material_amount import amount_of_lot
from ledger.engine.pricing.unproven import UNPROVEN
from ledger.sdk import PRODUCT_ROLES

CODE: Final = "biogenic-carbon"
_WOOD: Final = "wood"
_OTHER_GOODS: Final = ("furniture",)
"""Of the class of wood, but often of steel and plastics."""
_SOLID: Final = ("biomass", "woodResidue", "firewood", "woodChips", "woodPellets", "straw", "charcoal")
"""Fuels of biomass that look like coal on a lorry."""
_FUEL: Final = "fuel"
_MOIST: Final = Decimal("1.25")
"""Wood takes up water: by so much it may outweigh the wood that came in."""
_COAL_BURNT: Final = Decimal("0.0946")
"""Kg of CO2 per MJ of other bituminous coal (IPCC 2006, volume 2, table 1.4)."""
_COAL: Final = Decimal("2.44")
"""Kg of CO2 per kg of other bituminous coal: 25.8 MJ of 94.6 g (IPCC 2006, volume 2, tables 1.2 and 1.4)."""


def declared_biomass(plan: Plan, market: FuelMarket) -> Iterator[Finding]:
    """The findings on declared goods that are solid fuels of biomass, without a document about them: coal under another
    name, with its burning."""
    if any(document.kind.partition(":")[0] in SOLID_PROOFS for document in market.around.evidence):
        return
    for output, (lot, _) in enumerate(plan.created):
        fuels = market.fuels_taken(lot, amount_of_lot(lot)) if lot.role in PRODUCT_ROLES and lot.mass else []
        heat = sum((fuel.heat for fuel in fuels if fuel.key in _SOLID), ZERO)
        if heat:
            yield Finding(
                code=UNPROVEN, output=output, value=short(heat), unit="3B", amount=short(heat * _COAL_BURNT),
                message="no document shows that the fuel has grown: its heat may be of coal",
            )


def check_grown(process: Process, asked: Decimal) -> Iterator[Finding]:
    """The finding on wood that nothing explains. `asked`: kg of CO2 of coal and of carbon that are in question
    already."""
    made = sum((mass for mass in _wood_made(process)), ZERO)
    if not made or any(process.natural(group) for group in ("timber", "crops")):
        return
    came = sum((mass for mass in _grown_matter(process)), ZERO)
    unexplained = made - came * _MOIST
    amount = unexplained * _COAL - asked
    if amount > ZERO:
        yield Finding(
            code=CODE, value=short(made), unit="KGM", amount=short(amount), possible=Span(low=ZERO, high=short(came)),
            message=f"outputs are {short(made):f} kg of wood and the like, but at most {short(came):f} kg of biomass "
                    "come in",
        )


def _wood_made(process: Process) -> Iterator[Decimal]:
    for _, made in process.outputs:
        for name, share in process.facts.composition(made.facts).materials.items():
            if made.facts.mass and _is_wood(process, name):
                yield made.facts.mass * Decimal(share)


def _is_wood(process: Process, material: str) -> bool:
    entry = substance_of(process.sets, material).entry
    if entry is None:
        return False
    return entry.key in _SOLID or (entry.group == _WOOD and entry.key not in _OTHER_GOODS)


def _grown_matter(process: Process) -> Iterator[Decimal]:
    """Kg of supplies and lots that may have grown."""
    for supply, mass in process.supplied:
        product = process.facts.product_named(supply.product)
        own: Mapping[str, str] = {} if product is None else product.composition.materials
        yield (mass or ZERO) * _share(process, own or {supply.material: "1"})
    for lot, _, mass in process.lots:
        if not is_energy(lot.unit):
            yield (mass or ZERO) * _share(process, process.facts.composition(lot).materials)


def _share(process: Process, materials: Mapping[str, str]) -> Decimal:
    """The part of a thing that may have grown, with all that its materials leave open."""
    return ONE - sum((Decimal(share) for name, share in materials.items() if not _has_grown(process, name)), ZERO)


def _has_grown(process: Process, material: str) -> bool:
    substance = substance_of(process.sets, material)
    if substance.entry is not None and substance.entry.kind == _FUEL:
        return substance.grown or bool(kind_of(substance.entry.key).biogenic)
    return substance.grown or not substance.known
