"""Waste with a price: by PACT 3 an output that is sold is a co-product and takes a share of the burdens.

Scrap has a price in every trade and is waste by the cut-off all the same, and no standard sets a price below which a
good is waste. So this is a note: readers see that the maker sold the waste.
"""

from decimal import Decimal
from typing import Final

from ledger.core.outcome.assessment import Finding
from ledger.core.record.kinds import AnyRecord, Declaration, Transformation

CODE: Final = "valued-waste"


def valued_waste(record: AnyRecord) -> list[Finding]:
    """A note on each waste for which a transformation or a declaration states a value."""
    match record:
        case Transformation():
            outputs = record.outputs
        case Declaration(lot=lot) if lot is not None:
            outputs = [lot]
        case _:
            return []
    return [
        Finding(code=CODE, severity="note", output=i, value=Decimal(output.value.value), unit=output.value.currency,
                message=f"waste worth {output.value.value} {output.value.currency} leaves without burden")
        for i, output in enumerate(outputs) if output.role == "waste" and output.value is not None
    ]
