"""Greenhouse gases that come in and go nowhere.

Sulphur hexafluoride, nitrous oxide and fluorinated gases warm by hundreds to thousands of their mass. A gas that a
record takes is booked by its sector, or leaves in an output whose materials name it and that has room for it, or a
document shows where it went, such as waste for destruction. The rest escaped:

    amount = potential * (gas in supplies and in lots of gas - gas in outputs)

A sector that books a line of a gas, or names its loss, knows the gas. Gas that is enclosed in a
lot which is no gas, such as a switchgear, stays in it.

Carbon dioxide that is bought warms too. Metals, machines and glass do not bind it, and neither does energy: if all
outputs are such goods, and the sector books no emission of the supply, the gas escaped.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from ledger.admission.facts import LotFacts
from ledger.core.outcome.assessment import Finding
from ledger.core.record.units import UNITS
from ledger.core.record.values import Supply
from ledger.engine.bounds.process import ZERO, Process, is_energy, short
from ledger.engine.bounds.substances import substance_of
from ledger.sdk.sets.gases import gas_of, gases_in, potential_of
from ledger.sdk.sets.lookup import same_supply

ESCAPED: Final = "gas-unaccounted"
_LOST: Final = Decimal("0.02")
"""Of the gas: weighing and composition differ by so much."""
_STACKS: Final = ("onSite", "treatment", "transport")
_SHOWN: Final = ("destructionCertificate", "gasBalance", "fillingRecord")
_DIOXIDE: Final = ("carbonDioxide", "dryIce")
_BIND_NONE: Final = (
    "aluminium", "battery", "copper", "electronics", "ferroalloy", "glass", "machinery", "metal", "preciousMetal",
    "steel", "textile", "wood",
)
"""Classes of goods."""
_WASTE: Final = "waste"
_BULK: Final = frozenset((
    "aluminium", "cement", "ceramic", "copper", "ferroalloy", "glass", "metal", "mineral", "paper", "preciousMetal",
    "refractory", "steel", "textile", "water", "wood",
))
"""Classes of matter without room for gas."""
_MIXED: Final = Decimal("0.1")
"""Of a lot: so much gas lies beside sand. Less was asked of the maker of the lot."""
_LEAST: Final = Decimal(100)
"""Kg CO2e per kg, own judgement: solvents and the refrigerants of the fourth generation warm less."""


def check_gases(process: Process) -> Iterator[Finding]:
    """The findings on gases that nobody accounts for, by gas."""
    came: dict[str, Decimal] = {}
    for supply, mass in process.supplied:
        gas = None if supply.origin == "nature" else gas_of(supply.material)
        if gas is not None and mass:
            came[gas] = came.get(gas, ZERO) + mass
    for lot, _, mass in process.lots:
        composition = process.facts.composition(lot)
        shares = {name: Decimal(share) for name, share in composition.materials.items()}
        gases = gases_in(shares, mass)
        if not gases and mass and _is_bulk(process, lot):
            gases = {gas: mass * share for name, share in shares.items()
                     if share >= _MIXED and (gas := gas_of(name)) is not None}
        for gas, held in gases.items():
            came[gas] = came.get(gas, ZERO) + held
    if not came or _is_shown(process):
        return
    known = _booked(process)
    for gas, mass in came.items():
        escaped = mass - _held(process, gas)
        if gas in known or potential_of(gas) < _LEAST or escaped <= mass * _LOST:
            continue
        amount = short(escaped * potential_of(gas))
        yield Finding(
            code=ESCAPED, value=short(escaped), unit="KGM", amount=amount,
            message=f"{short(escaped):f} kg of {gas} are neither emitted nor in an output",
        )


def check_dioxide(process: Process) -> Iterator[Finding]:
    """The finding on bought carbon dioxide that no output can bind and no line emits."""
    escaped = sum((mass for place, (supply, mass) in enumerate(process.supplied)
                   if mass and _is_dioxide(process, supply) and not _is_emitted(process, place, supply)), ZERO)
    if escaped and not _is_shown(process) and all(_binds_none(process, made.facts) for _, made in process.outputs):
        yield Finding(
            code=ESCAPED, value=short(escaped), unit="KGM", amount=short(escaped),
            message=f"{short(escaped):f} kg of bought carbon dioxide are neither emitted nor in an output",
        )


def _is_dioxide(process: Process, supply: Supply) -> bool:
    is_named = any(supply.material == name or same_supply(process.sets, supply.material, name) for name in _DIOXIDE)
    return supply.origin != "nature" and is_named


def _is_emitted(process: Process, place: int, supply: Supply) -> bool:
    return any(line.kind in _STACKS and (line.supply == place or line.source == supply.material)
               for line in process.own.lines)


def _binds_none(process: Process, lot: LotFacts) -> bool:
    materials = process.facts.composition(lot).materials
    return is_energy(lot.unit) or (bool(materials) and all(
        substance_of(process.sets, name).group in _BIND_NONE for name in materials))


def _is_shown(process: Process) -> bool:
    return any(document.kind.partition(":")[0] in _SHOWN for document in process.record.evidence)


def _booked(process: Process) -> set[str | None]:
    """The gases of which the sector books lines, or names the loss."""
    lines = [line for line in process.own.lines if line.kind in _STACKS]
    lost = [one.what.partition(" ")[0] for one in process.own.omissions if not one.what.endswith(" upstream")]
    return {gas_of(name) for name in (*[line.gas for line in lines], *[line.source for line in lines], *lost)}


def _held(process: Process, gas: str) -> Decimal:
    """Kg of a gas in the goods that can hold it, by their materials."""
    held = ZERO
    for _, made in process.outputs:
        if made.facts.role == _WASTE or _is_bulk(process, made.facts):
            continue
        for material, share in process.facts.composition(made.facts).materials.items():
            if gas_of(material) == gas:
                held += (made.facts.mass or ZERO) * Decimal(share)
    return held


def _is_bulk(process: Process, lot: LotFacts) -> bool:
    """Whether a lot is weighed matter without room for gas: ingots, sand and cloth, but neither foam nor switchgear,
    which is counted."""
    solid = {substance_of(process.sets, material).group for material in process.facts.composition(lot).materials
             if gas_of(material) is None}
    return UNITS[lot.unit].dimension == "mass" and bool(solid) and solid.issubset(_BULK)
