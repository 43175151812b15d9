"""The result of a case: the lots whose figures are unusual and true."""

from typing import NamedTuple


class Outlier(NamedTuple):
    """`lots`: ids, each with its kg CO2e computed by hand."""

    lots: tuple[tuple[str, float], ...]
