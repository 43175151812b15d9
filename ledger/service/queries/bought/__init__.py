"""The goods that an organisation bought in a period: their footprint, and the coverage of their data by supplier."""
