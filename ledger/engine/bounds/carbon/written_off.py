"""Fuel that is written off instead of burnt: a consumption takes it, and no process states it.

Whoever uses fuel burns it. A consumption has no sector that would book the CO2, so the record is questioned by it, less
the fuel that its waste holds: the question stays with the record, and inventories and reports of its site show it.
Which products the fuel made, nobody knows.
"""

from collections.abc import Iterator
from typing import Final

from ledger.admission.lots import Plan
from ledger.core.outcome.assessment import Finding
from ledger.core.record.kinds import Consumption
from ledger.engine.bounds.process import ZERO, short
from ledger.engine.pricing.burnt_lots import burnt_parts
from ledger.engine.pricing.lot_fuels import FuelMarket
from ledger.engine.pricing.material_amount import MaterialAmount

WRITTEN_OFF: Final = "fuel-written-off"
USES: Final = ("finalUse", "ownUse", "loss", "stockCorrection")
"""Purposes that leave fuel to nobody: sold and disposed of, it burns elsewhere."""
_LONGEST: Final = 255


def check_written_off(record: Consumption, plan: Plan, market: FuelMarket) -> Iterator[Finding]:
    """A finding for each lot of fossil fuel. Fuel of waste counts unless the lot is waste."""
    if record.purpose not in USES:
        return
    fuels = [[fuel for fuel in market.fuels_taken(lot, MaterialAmount(quantity, lot.unit, mass))
              if fuel.origin == "mineral" or (fuel.origin == "waste" and lot.role != "waste")]
             for lot, quantity, mass in plan.taken]
    parts = burnt_parts([fuel for of_lot in fuels for fuel in of_lot], plan, market)
    for place, of_lot in enumerate(fuels):
        amount = short(sum((fuel.carbon_dioxide * parts[fuel.origin] for fuel in of_lot), ZERO))
        if amount:
            message = (f"{plan.taken[place].lot.id} is a fuel that is written off ({record.purpose}): "
                       f"{amount:f} kg of its CO2 are in no figure")
            yield Finding(code=WRITTEN_OFF, taken=place, value=amount, unit="KGM", amount=amount,
                          message=message[:_LONGEST])
