"""`organizations`: the enrolled organisations, with their prefixes, roles and keys."""

from collections.abc import Iterator

import click

from ledger.answers.stored import OrganizationAnswer
from ledger.cli.client import Client, url_option
from ledger.cli.console import CsvForm, json_option, print_csv, print_json, say, show
from ledger.cli.lookup.pages import PAGE, ListColumn, list_options, list_table
from ledger.errors import LedgerError

_TABLE: tuple[ListColumn[OrganizationAnswer], ...] = (
    ListColumn("organization", lambda row: row.id),
    ListColumn("name", lambda row: row.names.get("en") or row.names.get("zh")),
    ListColumn("roles", lambda row: " ".join(row.roles)),
    ListColumn("prefixes", lambda row: " ".join(row.prefixes)),
    ListColumn("parent", lambda row: row.parent if row.left_parent is None else None),
    ListColumn("active keys", lambda row: sum(key.revoked is None for key in row.keys)),
    ListColumn("notes", lambda row: _notes(row)),
    ListColumn("record", lambda row: row.index),
)
_CSV: tuple[ListColumn[OrganizationAnswer], ...] = (
    *[column for column in _TABLE if column.heading != "name"],
    ListColumn("name in English", lambda row: row.names.get("en")),
    ListColumn("name in Chinese", lambda row: row.names.get("zh")),
    ListColumn("parent share", lambda row: row.parent_share),
    ListColumn("keys", lambda row: " ".join([key.keyid for key in row.keys])),
)


@click.command()
@list_options
@url_option
@json_option
def organizations(
    limit: int, after: int | None, as_csv: CsvForm | None, url: str, as_json: bool
) -> None:
    """List the enrolled organisations, oldest first: id, names, prefixes, roles, number of keys."""
    with Client(url) as client:
        # One more than asked for says whether the list goes on.
        rows = list(_rows(client, after, limit + 1))
    shown = rows[:limit]
    following = shown[-1].index if len(rows) > limit else None
    if as_json:
        print_json({"organizations": shown, "next": following})
        return
    if as_csv is not None:
        print_csv(as_csv, [column.heading for column in _CSV],
                  ([column.value(row) for column in _CSV] for row in shown))
    else:
        show(*[list_table(shown, _TABLE)] if shown else ["no organisations after that row"])
    if following is not None:
        say(f"there are more: --after {following}, or a larger --limit")


def _rows(client: Client, after: int | None, rest: int) -> Iterator[OrganizationAnswer]:
    """At most `rest` organisations. Raises LedgerError if the server's pages do not go on."""
    position = -1 if after is None else after
    while rest > 0:
        asked = min(PAGE, rest)
        page = client.get("/v1/organizations", list[OrganizationAnswer], after=position, limit=asked)
        yield from page
        if len(page) < asked:
            return
        if page[-1].index <= position:
            raise LedgerError(f"the list of {client.url} has no end", code="unexpected-answer")
        position, rest = page[-1].index, rest - len(page)


def _notes(row: OrganizationAnswer) -> str:
    """Facts at which a reader should look twice."""
    notes = [f"resembles {' '.join(row.resembles)}"] if row.resembles else []
    notes += [f"names contain {', '.join(row.oddities)}"] if row.oddities else []
    notes += [f"left {row.parent} at entry {row.left_parent}"] if row.left_parent is not None else []
    notes += ["a recovery of its keys is pending"] if row.recovery is not None else []
    notes += ["in doubt"] if row.in_doubt is not None else []
    return "; ".join(notes)
