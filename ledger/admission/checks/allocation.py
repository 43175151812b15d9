"""The form of an allocation basis, keys that it contradicts, and shares of outputs that carry nothing."""

from decimal import Decimal
from typing import Final

from ledger.core.record.kinds import Transformation
from ledger.core.record.redacted import is_residue
from ledger.core.record.study import AllocationBasis
from ledger.core.record.values import UNBURDENED
from ledger.errors import Refused, refusal_of

MOST_FOR_MASS: Final = Decimal(5)
"""Up to this ratio of prices per kg a physical key applies, above it the value (PACT 3; TfS 3)."""
PHYSICAL: Final = ("mass", "energy", "moles")
_FIELD: Final = "allocationBasis"


def check_allocation(record: Transformation) -> None:
    """Refuses, with all faults in `parts`, a basis that states nothing, half a period of prices, a ratio below 1, or a
    ratio against which the key stands without a rule. A redacted record has lost its words."""
    basis = record.allocation_basis
    if basis is None or is_residue(record):
        return
    faults = [fault for fault in (_nothing(basis), _period(basis), _ratio(basis, record.allocation)) if fault]
    if faults:
        raise refusal_of(faults)


def check_waste_shares(record: Transformation) -> None:
    """Refuses a share of the burdens for an output without burdens, with all faults in `parts`."""
    faults = [
        Refused(
            f"outputs[{i}].share: {output.share} for the role {output.role}", code="waste-share",
            field=f"outputs[{i}].share", value=output.share,
            rule=f"absent or 0: outputs of the roles {', '.join(UNBURDENED)} carry no burdens; a good that is sold is "
                 "a coProduct or a byProduct",
        )
        for i, output in enumerate(record.outputs)
        if output.role in UNBURDENED and output.share is not None and output.share != "0"
    ]
    if faults:
        raise refusal_of(faults)


def _nothing(basis: AllocationBasis) -> Refused | None:
    if basis != AllocationBasis():
        return None
    return Refused(f"{_FIELD} states nothing", code="allocation-basis", field=_FIELD, value={},
                   rule="at least one field, or no allocationBasis")


def _period(basis: AllocationBasis) -> Refused | None:
    start, end = basis.price_start, basis.price_end
    if (start is None) == (end is None) and (start is None or end is None or start < end):
        return None
    return Refused(f"{_FIELD}: prices from {start} to {end} are no period", code="allocation-basis",
                   field=f"{_FIELD}.priceEnd", value=end, rule="priceStart and a later priceEnd, or neither")


def _ratio(basis: AllocationBasis, key: str) -> Refused | None:
    if basis.price_ratio is None:
        return None
    ratio = Decimal(basis.price_ratio)
    if ratio < 1:
        return Refused(f"{_FIELD}: a price ratio of {ratio}", code="allocation-basis", field=f"{_FIELD}.priceRatio",
                       value=basis.price_ratio, rule="at least 1: the highest price per kg over the lowest")
    physical = key in PHYSICAL
    if basis.rule is not None or physical == (ratio <= MOST_FOR_MASS) or not (physical or key == "value"):
        return None
    return Refused(
        f"{_FIELD}: allocation by {key} at a price ratio of {ratio}", code="allocation-rule", field=f"{_FIELD}.rule",
        value=basis.price_ratio,
        rule=f"a physical key up to a ratio of {MOST_FOR_MASS}, the value above it, or the rule that says otherwise",
    )
