"""Figures that amendments and closings replaced."""
