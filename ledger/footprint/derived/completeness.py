"""The completeness of a figure, and the title that follows from it."""

from collections.abc import Sequence
from typing import Final

from ledger.footprint.stored.burdens import SLOT

COMPLETE: Final = 0.95
"""ISO 14067 leaves a cut-off to the study; PACT 3 exempts at most 5 %."""


def completeness_of(burdens: Sequence[float]) -> float | None:
    """absGhg / (absGhg + omittedAbs); None (unknown) if there is an omission without an estimate."""
    if burdens[SLOT["unestimated"]] > 0:
        return None
    absolute, omitted = burdens[SLOT["absGhg"]], burdens[SLOT["omittedAbs"]]
    return absolute / (absolute + omitted) if absolute + omitted else 1.0


def title_of(completeness: float | None, *, withdrawn: bool = False) -> str:
    """The title of a figure with this completeness (None: unknown)."""
    if withdrawn:
        return "withdrawn lot, no footprint"
    return "incomplete footprint" if completeness is None or completeness < COMPLETE else "footprint"
