"""Converts a stated geometric standard deviation and a pedigree into one variance of the logarithm.

The variances of the scores come from ecoinvent version 3: B. P. Weidema et al., Overview and methodology. Data quality
guideline for the ecoinvent database version 3, ecoinvent report 1(v3), 2013, table 10.5. They equal (ln U / 2)^2, in
one or two digits, of the factors U of ecoinvent 2 (R. Frischknecht et al., 2007, table 7.3). Basic and additional
uncertainty add as variances of the logarithm.
"""

from collections.abc import Sequence
from decimal import Decimal
from math import log
from typing import Final

SCORE_VARIANCES: Final = (
    ("reliability", (0.0, 0.0006, 0.002, 0.008, 0.04)),
    ("completeness", (0.0, 0.0001, 0.0006, 0.002, 0.008)),
    ("temporalCorrelation", (0.0, 0.0002, 0.002, 0.008, 0.04)),
    ("geographicalCorrelation", (0.0, 0.000025, 0.0001, 0.0006, 0.002)),
    ("furtherTechnologicalCorrelation", (0.0, 0.0006, 0.008, 0.04, 0.12)),
)
"""The variance of the logarithm that scores 1 to 5 add, for each indicator of a pedigree, in the pedigree's order."""


def log_variance(deviation: Decimal | str | None, pedigree: Sequence[int] | None) -> float | None:
    """ln(deviation)^2 + the variances of the scores; None if neither is stated, which differs from 0 (certain).

    Raises ValueError for a deviation below 1 or an invalid pedigree. Checks of records and plugins exclude both.
    """
    if deviation is None and pedigree is None:
        return None
    spread = 1.0 if deviation is None else float(deviation)
    if not spread >= 1.0:
        raise ValueError(f"a geometric standard deviation is at least 1, not {deviation}")
    return log(spread) ** 2 + (0.0 if pedigree is None else _added(pedigree))


def _added(pedigree: Sequence[int]) -> float:
    if len(pedigree) != len(SCORE_VARIANCES) or not all(1 <= score <= 5 for score in pedigree):
        raise ValueError(f"a pedigree has five scores from 1 to 5, not {list(pedigree)}")
    return sum(by_score[score - 1] for score, (_, by_score) in zip(pedigree, SCORE_VARIANCES, strict=True))
