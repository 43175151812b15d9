"""For those who test a sector: records as a plugin sees them, built in a line each, and assessed as the ledger does.

`ledger.sdk.testing.conformance` is the kit that every sector passes.
"""

from ledger.sdk.testing.building import attribute, context, lot, output, supply
from ledger.sdk.testing.running import Run, run

__all__ = ["Run", "attribute", "context", "lot", "output", "run", "supply"]
