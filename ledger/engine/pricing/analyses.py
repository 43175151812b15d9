"""Fuel analyses that a record's activity states, by the convention of the SDK: a field `analyses`."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ledger.core.record.kinds import Transformation
from ledger.sdk import FuelAnalysis

_FIELD: Final = b'"analyses"'


class _StatedActivity(msgspec.Struct):
    analyses: Any = None


_decoder = msgspec.json.Decoder(_StatedActivity)


def analyses_of(record: Transformation) -> Mapping[str, FuelAnalysis]:
    """The analyses by material. Empty if the activity states no analyses by that convention."""
    activity = bytes(record.activity)
    if _FIELD not in activity:
        return {}
    try:
        stated = msgspec.convert(_decoder.decode(activity).analyses, list[FuelAnalysis])
    except msgspec.ValidationError:
        return {}
    return {analysis.material: analysis for analysis in stated}
