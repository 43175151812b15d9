"""`factors list`: the installed sets with all their versions."""

import click
from rich.table import Table

from ledger.cli.author.factors.answers import version_answers
from ledger.cli.console import json_option, print_json, say, show
from ledger.registry.installed import factor_sets


@click.command("list")
@json_option
def list_sets(as_json: bool) -> None:
    """List the factor sets installed here: versions, digests, number of rows, and rows with an unverified source."""
    answers = version_answers(factor_sets())
    if as_json:
        print_json(answers)
        return
    if not answers:
        say("no factor set is installed here; the distribution carbon-ledger-factors-open has open factors, and "
            "`factors search` and `factors show` also use a server's sets: --url")
        return
    table = Table("set", "version", "supplies", "factors", "sources", "recalled", "digest", box=None, pad_edge=False)
    for answer in answers:
        share = answer.recalled / answer.factors if answer.factors else 0
        table.add_row(
            answer.set, answer.version + (" (newest)" if answer.newest else ""), str(answer.supplies),
            str(answer.factors), str(answer.sources), f"{answer.recalled} ({share:.1%})", f"{answer.digest[:16]}…",
        )
    show(table)
