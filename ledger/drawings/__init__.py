"""Drawings as SVG text, and numbers as people read them: for pages, notebooks and reports."""
