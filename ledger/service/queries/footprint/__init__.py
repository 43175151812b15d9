"""The footprint of a lot."""
