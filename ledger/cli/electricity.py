"""The two totals of a footprint, by the ways of counting electricity, as one line for people."""

from ledger.cli.numbers import fixed


def electricity_totals(location: float, market: float) -> str:
    """Both totals in kg CO2e."""
    return f"with location-based electricity {fixed(location)} kg CO2e, market-based {fixed(market)} kg CO2e"
