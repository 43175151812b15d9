"""Marks the supplies that no factor set knows, for tests of other rules."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from msgspec.structs import replace

from ledger.core.record.kinds import AnyRecord
from ledger.core.record.values import Supply
from ledger.engine.pricing.keys_and_rows import UNKNOWN_KEY, key_faults
from ledger.sdk import FactorSetVersion

_FIELDS: Final = ("supplies", "overheads", "transport", "packaging", "measured")


def marked(record: AnyRecord, sets: Callable[[], Sequence[FactorSetVersion]]) -> AnyRecord:
    """The record with `unknown` at each supply that has to say so. `sets`: those in force."""
    changed: dict[str, Any] = {}
    for name in _FIELDS:
        stated: list[Supply] = getattr(record, name, None) or []
        says = [replace(one, unknown=True) if _is_unknown(one, sets()) else one for one in stated]
        if says != stated:
            changed[name] = says
    return replace(record, **changed) if changed else record


def _is_unknown(supply: Supply, sets: Sequence[FactorSetVersion]) -> bool:
    return any(fault.code == UNKNOWN_KEY for fault in key_faults([("supply", supply)], sets))
