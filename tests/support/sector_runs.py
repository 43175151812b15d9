"""What a sector's plugin made of a record, as plain numbers for the tests of sectors."""

from ledger.sdk.testing import Run


def quantity(value: str, unit: str = "KGM") -> dict[str, str]:
    """A quantity as an activity spells it."""
    return {"value": value, "unit": unit}


def lines(found: Run) -> dict[str, float]:
    """Amounts of the emission lines by source."""
    return {line.source: float(line.amount) for line in found.assessment.lines}


def gases(found: Run) -> dict[tuple[str, str], float]:
    """Amounts of the emission lines by source and gas; lines of one source and gas are added."""
    amounts: dict[tuple[str, str], float] = {}
    for line in found.assessment.lines:
        key = line.source, line.gas
        amounts[key] = amounts.get(key, 0.0) + float(line.amount)
    return amounts


def indicators(found: Run) -> dict[str, float]:
    return {name: float(value) for name, value in found.assessment.indicators.items()}
