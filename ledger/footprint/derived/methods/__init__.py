"""Accepted methods other than the stored one, for one lot, on request. Each has a name and a version, and states who
gets its credits.

Pure functions. `catalogue` lists the methods and their parameters, `subject` holds the lot's data, `parameters`
determines values and their sources, `formulas` has the arithmetic, `calculation` combines them.
"""
