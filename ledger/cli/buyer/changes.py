"""`changes`: the lots of an organisation whose figures were restated, with the revising record and the difference."""

from collections.abc import Iterator, Sequence

import click
from msgspec.structs import replace
from rich.table import Table

from ledger.answers.stored import ChangeAnswer, ChangesAnswer
from ledger.cli.client import Client, url_option
from ledger.cli.console import Part, json_option, print_json, say, show
from ledger.cli.findings import finding_lines, questioned_kilograms
from ledger.cli.numbers import fixed
from ledger.errors import LedgerError

_PAGE = 1_000


@click.command()
@click.argument("holder")
@click.option("--since", type=click.IntRange(min=0), default=0, show_default=True,
              help="Log index of the first revising record.")
@click.option("--after", type=click.IntRange(min=-1), default=-1,
              help="With --since: continue after the last page of an earlier answer.")
@click.option("--limit", type=click.IntRange(min=1), default=1_000, show_default=True, help="Lots to show at most.")
@url_option
@json_option
def changes(holder: str, since: int, after: int, limit: int, url: str, as_json: bool) -> None:
    """List the lots that HOLDER holds or held and whose figures were restated, in log order."""
    with Client(url) as client:
        answer = _gathered(client, holder, since, after, limit)
    if as_json:
        print_json(answer)
        return
    show(*changes_report(answer.changes) if answer.changes else [f"no lot of {holder} has a restated figure"])
    if answer.next is not None:
        say(f"there may be more: --since {answer.next.since} --after {answer.next.after}")


def _gathered(client: Client, holder: str, since: int, after: int, limit: int) -> ChangesAnswer:
    """Reads page after page, to the last page or to `limit` lots."""
    gathered = ChangesAnswer(changes=[])
    while True:
        page = client.get("/v1/changes", ChangesAnswer, holder=holder, since=since, after=after,
                          limit=min(_PAGE, limit - len(gathered.changes)))
        gathered = replace(page, changes=[*gathered.changes, *page.changes])
        if page.next is None or len(gathered.changes) >= limit:
            return gathered
        if (page.next.since, page.next.after) <= (since, after):
            raise LedgerError(f"the list of changes of {client.url} has no end", code="unexpected-answer")
        since, after = page.next.since, page.next.after


def changes_report(restated: Sequence[ChangeAnswer]) -> Iterator[Part]:
    """The restated lots, and the findings of those that have any."""
    table = Table("record", "type", "lot", "before", "now", "difference", "questioned", "why", box=None, pad_edge=False)
    for column in table.columns[3:7]:
        column.justify = "right"
    for change in restated:
        table.add_row(
            str(change.index), change.type, change.lot, fixed(change.footprint_before),
            "withdrawn" if change.withdrawn else fixed(change.footprint), fixed(change.difference, signed=True),
            questioned_kilograms(change.questioned), _why(change),
        )
    yield table
    for change in restated:
        if change.findings:
            yield f"{change.lot} after record {change.index}:"
            yield from finding_lines(change.questioned, change.findings)


def _why(change: ChangeAnswer) -> str:
    if not change.record:
        return f"its reason is in record {change.index}, which is hidden from you"
    parts = [change.reason or f"a {change.type}"]
    if change.quantity_before is not None:
        parts.append(f"{change.quantity} instead of {change.quantity_before}")
    return "; ".join(parts)
