"""For those who test a sector: records as a plugin sees them, built in a line each, and assessed as the ledger does."""

from ledger.sdk.testing.building import context, lot, output, supply
from ledger.sdk.testing.running import Run, run

__all__ = ["Run", "context", "lot", "output", "run", "supply"]
