"""The footprint of a product."""
