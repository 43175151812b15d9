"""Tools to test a plugin: build a sector's view of a record in a few lines, and assess it as the ledger does.

`ledger.sdk.testing.conformance` is the kit that every sector must pass, `check_factor_set` the kit for factor sets.
"""

from ledger.sdk.testing.building import attribute, context, lot, output, supply
from ledger.sdk.testing.factor_sets import assert_set_conforms, check_factor_set
from ledger.sdk.testing.running import Run, run

__all__ = ["Run", "assert_set_conforms", "attribute", "check_factor_set", "context", "lot", "output", "run", "supply"]
