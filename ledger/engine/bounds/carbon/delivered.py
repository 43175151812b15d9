"""Carbon dioxide that leaves as a good: somebody emits it, sooner or later.

A sector may deduct the carbon of the gas that it sells, as GB/T 32151.10 does: the user counts it. But whoever takes
the gas gets it without burden, and may vent it. By PACT 3 the deduction is a credit, which needs a certificate. So gas
that the record has not counted as emitted is questioned, unless a document shows who uses or stores it. Gas whose
carbon came as gas, such as kiln gas that a capture plant takes, has its burden with another record.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from ledger.admission.facts import Composition
from ledger.core.outcome.assessment import Finding, Span
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.values import Evidence
from ledger.engine.bounds.leaving import OutputHeld
from ledger.engine.bounds.process import ONE, ZERO, Process, is_energy, megajoules, short
from ledger.engine.bounds.removals import SHOWN_BY
from ledger.engine.bounds.substances import (
    SPREAD,
    amount_of_supply,
    in_unit,
    stated_carbon,
    substance_of,
)
from ledger.engine.pricing.analyses import analyses_of
from ledger.engine.pricing.material_amount import MaterialAmount
from ledger.sdk import CO2_PER_C

CODE: Final = "carbon-dioxide-delivered"
DIOXIDE: Final = "carbonDioxide"
KINDS: Final = (*SHOWN_BY["ccsTechnologicalCO2Capture"], "carbonUtilisationCertificate")
"""Kinds of documents that show where the gas stays. So does a contract, a delivery note or any other kind about it, as
in `deliveryNote:carbonDioxide`."""
_GASES: Final = (DIOXIDE, "kilnGas", "flueGas")
_FUEL: Final = "fuel"
_LEAST: Final = Decimal("0.2")
"""Of the gas: less may be an error of analyses."""
_BURNT: Final = ("onSite", "treatment")
_CARBON_IN: Final = {"CO2": CONTEXT.divide(1, CO2_PER_C), "CO2e": CONTEXT.divide(1, CO2_PER_C),
                     "CH4": Decimal("0.75"), "CH4biogenic": Decimal("0.75")}
"""Kg of carbon per kg of gas (stoichiometry)."""


def check_delivered(process: Process, outputs: Sequence[OutputHeld]) -> list[Finding]:
    """The finding on fossil carbon dioxide that leaves without being counted."""
    gas = sum((_fossil(process, output) for output in outputs), ZERO)
    if not gas or _is_shown(process.record.evidence):
        return []
    held = sum((output.carbon for output in outputs), ZERO) - gas / CO2_PER_C
    uncounted = min(gas, (_came(process) - _emitted(process) - held) * CO2_PER_C)
    if uncounted < gas * _LEAST:
        return []
    return [Finding(
        code=CODE, value=short(gas), unit="KGM", amount=short(uncounted), usual=Span(low=ZERO, high=ZERO),
        message=f"{short(uncounted):f} kg of fossil CO2 leave as a good, are not counted as emitted, and no document "
                "shows who uses or stores them",
    )]


def _fossil(process: Process, output: OutputHeld) -> Decimal:
    """Kg of fossil carbon dioxide in an output, by its materials."""
    share = sum((Decimal(share) for name, share in output.composition.materials.items()
                 if _is_gas(process, name)), ZERO)
    mass = output.made.facts.mass or ZERO
    return max(mass * share - output.biogenic * CO2_PER_C, ZERO) if share else ZERO


def _is_gas(process: Process, material: str) -> bool:
    entry = substance_of(process.sets, material).entry
    return material in _GASES or (entry is not None and entry.key in _GASES)


def _is_shown(evidence: Sequence[Evidence]) -> bool:
    parts = [document.kind.partition(":") for document in evidence]
    return any(kind in KINDS or subject == DIOXIDE for kind, _, subject in parts)


def _emitted(process: Process) -> Decimal:
    """Kg of carbon that the record counts as emitted on its site."""
    return sum((
        line.amount * _CARBON_IN[line.gas] for line in process.assessment.lines
        if line.gas in _CARBON_IN and line.kind in _BURNT
    ), ZERO)


def _came(process: Process) -> Decimal:
    """Kg of fossil carbon that lots and supplies hold, as their rows have it, without gas."""
    carbon = ZERO
    for lot, quantity, mass in process.lots:
        carbon += _of_lot(process, process.facts.composition(lot), MaterialAmount(quantity, lot.unit, mass))
    analyses = analyses_of(process.record)
    for place, supplied in enumerate(process.supplied):
        material = supplied.supply.material
        analysis = analyses.get(material) if place < len(process.plan.supplied) else None
        carbon += _of_material(process, material, amount_of_supply(process.sets, supplied, analysis))
    return carbon


def _of_lot(process: Process, composition: Composition, amount: MaterialAmount) -> Decimal:
    if any(_is_gas(process, name) for name in composition.materials):
        return ZERO
    stated = stated_carbon(composition, amount.mass or ZERO)
    if stated is not None:
        return stated[0]
    return sum((
        _of_material(process, name, amount.part(Decimal(share))) for name, share in composition.materials.items()
    ), ZERO)


def _of_material(process: Process, material: str, amount: MaterialAmount) -> Decimal:
    substance = substance_of(process.sets, material)
    if _is_gas(process, material) or not substance.is_matter:
        return ZERO
    is_fuel = substance.entry is not None and substance.entry.kind == _FUEL and bool(substance.heat)
    per_unit = substance.carbon / SPREAD if is_fuel else substance.held
    if is_energy(amount.unit):
        return megajoules(amount.value, amount.unit) / substance.heat * per_unit if is_fuel else ZERO
    own = in_unit(substance, amount)
    return ZERO if own is None else own * per_unit * (ZERO if substance.grown and is_fuel else ONE)
