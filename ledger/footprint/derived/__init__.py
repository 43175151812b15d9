"""Figures that are answered and never stored."""
