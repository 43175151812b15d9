"""Tools to test a sector: build a plugin's view of a record in a few lines, and assess it as the ledger does.

`ledger.sdk.testing.conformance` is the kit that every sector must pass.
"""

from ledger.sdk.testing.building import attribute, context, lot, output, supply
from ledger.sdk.testing.running import Run, run

__all__ = ["Run", "attribute", "context", "lot", "output", "run", "supply"]
