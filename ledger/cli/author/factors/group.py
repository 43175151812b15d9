"""`factors`: the factor sets of a server or installed here, and the import of own CSV files."""

import click

from ledger.cli.author.factors.importing import import_files
from ledger.cli.author.factors.listing import list_sets
from ledger.cli.author.factors.searching import search_supplies
from ledger.cli.author.factors.showing import show_supply


@click.group(
    commands=[search_supplies, show_supply, list_sets, import_files],
    context_settings={"help_option_names": ["-h", "--help"]},
)
def factors() -> None:
    """Search, show, list and import emission factors of factor sets. `search` and `show` also read a server's."""
