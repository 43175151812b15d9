"""Figures that entries commit to: bit-exact on every machine."""
