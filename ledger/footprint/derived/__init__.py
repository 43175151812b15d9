"""Figures that are computed for an answer and never stored."""
