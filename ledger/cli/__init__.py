"""The command line: `carbon-ledger`, one module per command group, loaded when it is used."""

from ledger.cli.root import main

__all__ = ["main"]
