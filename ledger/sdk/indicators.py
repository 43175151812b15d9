"""Indicators that a sector keeps in a table: `indicators.csv` of its package, with the columns key, unit, en, zh."""

from collections.abc import Mapping
from functools import cache

from ledger.sdk.sector import Indicator
from ledger.sdk.tables import rows


@cache
def read_indicators(package: str) -> Mapping[str, Indicator]:
    """The indicators of a package, by key, in the order of its table."""
    return {
        row["key"]: Indicator(unit=row["unit"], en=row["en"], zh=row["zh"]) for row in rows(package, "indicators.csv")
    }
