"""From assessments to figures: emission lines, allocation, burdens and contents of lots, chains. Pure.

Stored figures are made with + - * / in written loops, in record order, so that any two machines agree bit for bit.
"""
