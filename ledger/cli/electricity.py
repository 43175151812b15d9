"""The two totals of a footprint, by the ways of counting electricity, as one line for people."""


def electricity_totals(location: float, market: float) -> str:
    """Both totals in kg CO2e."""
    return f"with location-based electricity {location:,.3f} kg CO2e, market-based {market:,.3f} kg CO2e"
