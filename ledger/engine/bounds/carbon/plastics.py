"""Plastics and rubber that vanish: whoever melts cables, batteries or coated scrap burns the plastics on them.

    burnt = plastics that come in, less all outputs and waste that can hold plastics     (kg, by their materials)
            at most the mass that comes in beyond the products and such waste
    asked = CO2 of it, less the CO2 that the sector books without a supply

Metals, cement and stone hold no plastics; unknown matter may consist of them. Packaging, belts and binders are little:
up to a twentieth of the outputs, and a sixth of the plastics, may be lost.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from ledger.core.outcome.assessment import Finding
from ledger.engine.bounds.process import ONE, ZERO, Process, short
from ledger.engine.bounds.substances import substance_of
from ledger.sdk import CO2_PER_C

VANISHED: Final = "plastics-unaccounted"
_PLASTICS: Final = ("polymer", "rubber")
_GROWN: Final = ("naturalRubber",)
_HOLD_NONE: Final = frozenset({
    "steel", "aluminium", "copper", "metal", "preciousMetal", "ferroalloy", "mineral", "cement", "water", "gas"})
_LITTLE: Final = Decimal("0.05")
"""Of the outputs' mass."""
_LOST: Final = Decimal("0.15")
"""Of the plastics: dust, moisture and residues of a plant that recycles them."""
_CARBON: Final = {
    "pvc": Decimal("0.38"), "pvdf": Decimal("0.37"), "siliconeRubber": Decimal("0.32"), "pet": Decimal("0.62"),
    "polyamide": Decimal("0.64"), "polycarbonate": Decimal("0.76"), "polyurethaneFoam": Decimal("0.6"),
    "glassFibrePlastic": Decimal("0.5"),
}
_USUAL: Final = Decimal("0.8")
"""Kg of carbon per kg by stoichiometry: polyolefins hold 0.86, polystyrene 0.92, tyres and filled plastics less."""
_BOOKED: Final = ("CO2", "CO2e")
_STACKS: Final = ("onSite", "treatment")


def check_plastics(process: Process) -> list[Finding]:
    """The finding on plastics that are neither in an output nor burnt."""
    out = left = kept = ZERO
    for _, made in process.outputs:
        for name, mass in _materials(process, dict(process.facts.composition(made.facts).materials), made.facts.mass):
            out += mass
            holds = name is None or substance_of(process.sets, name).group not in _HOLD_NONE
            left += mass if holds else ZERO
            kept += mass if holds or made.facts.role != "waste" else ZERO
    came = list(_entering(process))
    whole = sum((mass for _, mass in came), ZERO)
    lost = min(whole - left, _mass_in(process) - kept)
    if not out or lost <= out * _LITTLE or lost <= whole * _LOST:
        return []
    carbon = sum((mass * _CARBON.get(key, _USUAL) for key, mass in came), ZERO)
    booked = sum((line.amount for line in process.own.lines
                  if line.supply is None and line.gas in _BOOKED and line.kind in _STACKS), ZERO)
    amount = carbon * CO2_PER_C * lost / whole - booked
    if amount <= ZERO:
        return []
    return [Finding(
        code=VANISHED, value=short(lost), unit="KGM", amount=short(amount),
        message=f"{short(lost):f} kg of plastics come in and leave in no output: their CO2 is not counted",
    )]


def _mass_in(process: Process) -> Decimal:
    lots = sum((mass or ZERO for _, _, mass in process.lots), ZERO)
    return lots + sum((mass or ZERO for _, mass in process.supplied), ZERO)


def _entering(process: Process) -> Iterator[tuple[str, Decimal]]:
    """The plastics that come in: keys with kg."""
    for lot, _, mass in process.lots:
        for name, own in _materials(process, dict(process.facts.composition(lot).materials), mass):
            yield from _plastic(process, name, own)
    for supply, mass in process.supplied:
        if supply.origin != "nature" and mass:
            yield from _plastic(process, supply.material, mass)


def _plastic(process: Process, name: str | None, mass: Decimal) -> Iterator[tuple[str, Decimal]]:
    entry = None if name is None else substance_of(process.sets, name).entry
    if entry is not None and entry.group in _PLASTICS and entry.key not in _GROWN:
        yield entry.key, mass


def _materials(
    process: Process, materials: dict[str, str], mass: Decimal | None
) -> Iterator[tuple[str | None, Decimal]]:
    """The stated materials of a lot with kg; None for the rest, and for names that no set knows."""
    rest = ONE
    for name, share in materials.items():
        rest -= Decimal(share)
        yield name if substance_of(process.sets, name).entry is not None else None, Decimal(share) * (mass or ZERO)
    if rest > ZERO and mass:
        yield None, rest * mass
