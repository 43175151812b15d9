"""`changes`: which lots of an organisation were given other figures, by which record, and by how much."""

import click
from msgspec.structs import replace
from rich.table import Table

from ledger.cli.client import Client, url_option
from ledger.cli.console import json_option, print_json, say, show
from ledger.errors import LedgerError
from ledger.service.queries.answers import ChangeAnswer, ChangesAnswer

_PAGE = 1_000


@click.command()
@click.argument("holder")
@click.option("--since", type=click.IntRange(min=0), default=0, show_default=True,
              help="Log index of the first revising record.")
@click.option("--after", type=click.IntRange(min=-1), default=-1,
              help="Go on where an earlier answer ended, together with --since.")
@click.option("--limit", type=click.IntRange(min=1), default=1_000, show_default=True, help="Lots to show at most.")
@url_option
@json_option
def changes(holder: str, since: int, after: int, limit: int, url: str, as_json: bool) -> None:
    """Show which lots that HOLDER holds or held were given other figures, in log order."""
    with Client(url) as client:
        answer = _gathered(client, holder, since, after, limit)
    if as_json:
        print_json(answer)
        return
    show(_table(answer.changes) if answer.changes else f"no lot of {holder} was given other figures")
    if answer.next is not None:
        say(f"there may be more: --since {answer.next.since} --after {answer.next.after}")


def _gathered(client: Client, holder: str, since: int, after: int, limit: int) -> ChangesAnswer:
    """Page after page, until there are no more or `limit` lots are found."""
    found = ChangesAnswer(changes=[])
    while True:
        page = client.get("/v1/changes", ChangesAnswer, holder=holder, since=since, after=after,
                          limit=min(_PAGE, limit - len(found.changes)))
        found = replace(page, changes=[*found.changes, *page.changes])
        if page.next is None or len(found.changes) >= limit:
            return found
        if (page.next.since, page.next.after) <= (since, after):
            raise LedgerError(f"the list of changes of {client.url} has no end", code="unexpected-answer")
        since, after = page.next.since, page.next.after


def _table(changes_: list[ChangeAnswer]) -> Table:
    table = Table("record", "type", "lot", "before", "now", "difference", "why", box=None, pad_edge=False)
    for column in table.columns[3:6]:
        column.justify = "right"
    for one in changes_:
        table.add_row(
            str(one.index), one.type, one.lot, f"{one.footprint_before:,.3f}",
            "withdrawn" if one.withdrawn else f"{one.footprint:,.3f}", f"{one.difference:+,.3f}", _why(one),
        )
    return table


def _why(one: ChangeAnswer) -> str:
    parts = [one.reason] if one.reason else []
    if one.quantity_before is not None:
        parts.append(f"{one.quantity} instead of {one.quantity_before}")
    return "; ".join(parts)
