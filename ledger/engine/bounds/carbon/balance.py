"""The carbon balance: products, captured gas and emissions hold at most the carbon that comes in.

    possible = most carbon of lots, supplies and fuels              (unknown materials: all of their mass)
    excess   = carbon of outputs + max(emitted, captured) - possible * (1 + tolerance)

A sector that deducts captured carbon may have booked its emission before, or not at all, so the larger of the two
counts: each tonne leaves once. Only the part of an excess that lowers a figure is questioned, that is the carbon of
outputs and of captures; emissions that are too high harm nobody but their issuer. Questioned is carbon as CO2: carbon
that is not in the product was emitted, here or where the product burns.

Captured gas above all carbon that can be there is refused. Gas that could only come from materials that nobody knows is
questioned, and so is gas from a lot that has passed the same process before: a tonne is captured once. Lots that went
through a pool or another process since still carry their capture, which the accounting compares.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.core.outcome.assessment import ADDITIVE, BIOGENIC_CO2, Finding, Span
from ledger.core.record.amounts import CONTEXT
from ledger.engine.bounds.carbon.grown import CODE as BIOGENIC
from ledger.engine.bounds.carbon.grown import check_grown
from ledger.engine.bounds.entering import Entering
from ledger.engine.bounds.leaving import OutputHeld
from ledger.engine.bounds.process import ONE, ZERO, Process, short
from ledger.engine.bounds.removals import fixed, removed
from ledger.engine.bounds.substances import most_of_lot
from ledger.engine.pricing.material_amount import MaterialAmount, amount_of_lot
from ledger.errors import Refused
from ledger.sdk import CO2_PER_C

BALANCE: Final = "carbon-balance"
FIXED: Final = "fixed-carbon"
CAPTURED: Final = "captured-carbon"
AGAIN: Final = "captured-again"
CARRIED: Final = "captured-in-lots"
GASES: Final = ("carbonDioxide", "kilnGas", "flueGas", "offGas")
LAND: Final = "land-removal"
TOLERANCE: Final = Decimal("0.05")
"""Analyses of carbon and flow meters err by 1 to 2 % each."""
_LAND: Final = "landManagementBiogenicCO2Removals"
_GROWING: Final = ("crops", "timber", "animals")
_CARBON_IN: Final = {"CO2": CONTEXT.divide(1, CO2_PER_C), "CH4": Decimal("0.75"), "CH4biogenic": Decimal("0.75")}
"""Kg of carbon per kg of gas (stoichiometry)."""
_STACKS: Final = ("onSite", "treatment", "transport")


class CarbonOut(NamedTuple):
    """Kg of carbon that leave: in outputs, of it biogenic as stated, through stacks, and captured."""

    outputs: Decimal
    biogenic: Decimal
    emitted: Decimal
    captured: Decimal


def check_carbon(
    process: Process, into: Entering, outputs: Sequence[OutputHeld], unburnt: Decimal = ZERO
) -> list[Finding]:
    """The findings of the carbon balance. `unburnt`: kg of CO2 of fuels that are in question already. Raises Refused
    for captured gas above all carbon that can be there."""
    out = _leaving(process, outputs)
    findings = [*_captures(process, into, out), *_balance(into, out)]
    asked = sum((one.amount or ZERO for one in findings), ZERO)
    biogenic = _biogenic(process, into, out, asked) or list(check_grown(process, asked + unburnt))
    return [*findings, *_fixed(process), *biogenic, *_land(process)]


def _leaving(process: Process, outputs: Sequence[OutputHeld]) -> CarbonOut:
    emitted = sum((
        line.amount * _CARBON_IN[line.gas] for line in process.own.lines
        if line.gas in _CARBON_IN and line.kind in _STACKS
        and line.burden in (*ADDITIVE, BIOGENIC_CO2)
    ), ZERO)
    land = sum((-line.amount for line in process.own.lines if line.burden == _LAND), ZERO)
    return CarbonOut(
        sum((output.carbon for output in outputs), ZERO), sum((output.biogenic for output in outputs), ZERO), emitted,
        (removed(process.own) - land) / CO2_PER_C,
    )


def _captures(process: Process, into: Entering, out: CarbonOut) -> list[Finding]:
    if not out.captured:
        return []
    captured, most = out.captured * CO2_PER_C, into.held.carbon * CO2_PER_C
    if out.captured > into.held.carbon * (ONE + TOLERANCE):
        raise Refused(
            f"activity: {short(captured):f} kg of CO2 are captured, but the carbon that comes in gives at most "
            f"{short(most):f} kg", code=CAPTURED, field="activity", value=f"{short(captured):f}",
            rule="captured CO2 <= 44/12 of the carbon of lots, supplies and fuels: name the gas as a lot or a supply "
                 "with its mass",
        )
    findings = []
    unknown = captured - into.held.known * (ONE + TOLERANCE) * CO2_PER_C
    if unknown > ZERO:
        findings.append(Finding(
            code=CAPTURED, value=short(captured), unit="KGM", amount=short(unknown),
            possible=Span(low=ZERO, high=short(into.held.known * CO2_PER_C)),
            message=f"{short(unknown):f} kg of the captured CO2 come from materials whose carbon nobody states",
        ))
    again = [lot.id for lot, _, _ in process.lots if lot.maker is not None and lot.maker[1] == process.record.process]
    if again:
        findings.append(Finding(
            code=AGAIN, value=short(captured), unit="KGM", amount=short(captured - max(unknown, ZERO)),
            message=f"{again[0]} has passed {process.record.process} before: its gas was captured there"[:255],
        ))
    elif (anew := captured - max(unknown, ZERO) - _gas_of_lots(process)) > ZERO and any(process.lots):
        findings.append(Finding(
            code=CARRIED, value=short(captured), unit="KGM", amount=short(anew),
            message="gas that was captured before from the lots that the record takes is captured again",
        ))
    return findings


def _gas_of_lots(process: Process) -> Decimal:
    """Kg of fossil CO2 that lots of gas can give: the ledger balances each tonne of these."""
    carbon = ZERO
    for lot, quantity, mass in process.lots:
        composition = process.facts.composition(lot)
        if any(name in GASES for name in composition.materials):
            carbon += most_of_lot(process.sets, composition, MaterialAmount(quantity, lot.unit, mass)).carbon
    return carbon * CO2_PER_C


def _balance(into: Entering, out: CarbonOut) -> list[Finding]:
    leaving = out.outputs + max(out.emitted, out.captured)
    possible = into.held.carbon * (ONE + TOLERANCE)
    excess = min(leaving - possible, out.outputs + out.captured)
    if excess <= ZERO:
        return []
    return [Finding(
        code=BALANCE, value=short(leaving), unit="KGM", possible=Span(low=ZERO, high=short(into.held.carbon)),
        amount=short(excess * CO2_PER_C),
        message=f"{short(leaving):f} kg of carbon leave in outputs, captured gas and emissions, but at most "
                f"{short(into.held.carbon):f} kg come in",
    )]


def _fixed(process: Process) -> list[Finding]:
    """Carbon that the sector deducts because it stays in the outputs, above the most that these can hold."""
    deducted = fixed(process.own)
    if not deducted:
        return []
    room = sum((
        most_of_lot(process.sets, process.facts.composition(lot), amount_of_lot(lot)).carbon
        for _, (lot, _) in process.outputs
    ), ZERO) * CO2_PER_C
    excess = deducted - room * (ONE + TOLERANCE)
    if excess <= ZERO:
        return []
    return [Finding(
        code=FIXED, value=short(deducted), unit="KGM", possible=Span(low=ZERO, high=short(room)), amount=short(excess),
        message=f"{short(deducted):f} kg of CO2 are deducted for carbon in the outputs, which hold at most "
                f"{short(room):f} kg of it",
    )]


def _biogenic(process: Process, into: Entering, out: CarbonOut, asked: Decimal) -> list[Finding]:
    """Biogenic carbon out of fossil: whoever burns it later would count nothing. `asked`: kg CO2 of carbon that is in
    question already."""
    if any(taken.lot.role == "credit" for taken in process.plan.taken) or any(
        process.natural(group) for group in (*_GROWING, "carbonDioxide")
    ):
        return []
    excess = (out.biogenic - into.held.grown * (ONE + TOLERANCE)) * CO2_PER_C - asked
    if excess <= ZERO:
        return []
    return [Finding(
        code=BIOGENIC, value=short(out.biogenic), unit="KGM", amount=short(excess),
        possible=Span(low=ZERO, high=short(into.held.grown)),
        message=f"outputs state {short(out.biogenic):f} kg of biogenic carbon, but at most "
                f"{short(into.held.grown):f} kg come in",
    )]


def _land(process: Process) -> list[Finding]:
    """Removals by land in a route that grows nothing."""
    land = sum((-line.amount for line in process.own.lines if line.burden == _LAND), ZERO)
    if not land or any(process.natural(group) for group in _GROWING):
        return []
    return [Finding(
        code=LAND, value=short(land), unit="KGM", amount=short(land),
        message=f"{_LAND} in a route that takes neither crops nor timber from nature",
    )]
