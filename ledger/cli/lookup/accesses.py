"""`accesses`: who read an organisation's data, when, by which right, checked against the signed roots of the days."""

from itertools import groupby
from typing import Any

import click
from msgspec import Struct

from ledger.answers.lists import AccessListAnswer
from ledger.cli.client import Client, url_option
from ledger.cli.console import CsvForm, json_option, print_csv, print_json, say, show
from ledger.cli.files import given_vkey
from ledger.cli.lookup.pages import Following, ListColumn, ListOptions, ListRequest, list_options, list_table
from ledger.client import limits
from ledger.client.accesses import SeenAccess, proven_note, seen_access
from ledger.core.log.key_rotation import LogKeys, rotations_in

_OPERATOR = "the operator"


class ShownAccess(Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of the list: equal readings of an hour, from `time` to `last`. `included`: the signed root of the day
    commits to it; otherwise the day is not closed yet."""

    day: str
    index: int
    time: str
    last: str
    readings: int
    reader: str
    client: str | None
    right: str
    grant: int | None
    route: str | None
    asked: list[str]
    included: bool


_TABLE: tuple[ListColumn[ShownAccess], ...] = (
    ListColumn("time", lambda row: row.time),
    ListColumn("last", lambda row: row.last if row.readings > 1 else None),
    ListColumn("readings", lambda row: row.readings, 1),
    ListColumn("reader", lambda row: row.reader),
    ListColumn("right", lambda row: row.right),
    ListColumn("grant", lambda row: row.grant),
    ListColumn("asked for", lambda row: " ".join(row.asked)),
    ListColumn("route", lambda row: row.route or "several"),
    ListColumn("proven", lambda row: "yes" if row.included else "not closed", "yes"),
)
_CSV: tuple[ListColumn[ShownAccess], ...] = (
    *_TABLE[:-1], ListColumn("client", lambda row: row.client), ListColumn("day", lambda row: row.day),
    ListColumn("index", lambda row: row.index), ListColumn("proven", lambda row: row.included),
)


@click.command()
@click.option("--organization", metavar="ORGANIZATION", required=True, help="Your organisation, or a subsidiary.")
@click.option("--from", "since", metavar="DAY", help="From this day on (YYYY-MM-DD, UTC).")
@click.option("--to", "until", metavar="DAY", help="Before this day.")
@click.option("--vkey", help="Your pinned verifier key of the log, or a file with it; without it, the server's.")
@list_options
@url_option
@json_option
def accesses(
    organization: str, since: str | None, until: str | None, vkey: str | None, limit: int, after: int | None,
    as_csv: CsvForm | None, url: str, as_json: bool,
) -> None:
    """List who read non-public data of an organisation, newest first.

    Equal readings of one hour share a row, which counts them. A row for several routes has all that one reader read in
    an hour by one right, after 1,000 rows about the organisation on that day (50 for who reads of very many).

    Each row of a closed day is checked against the day's signed root; the command fails if the root does not commit to
    it. A day is closed ten minutes after its end (UTC).
    """
    request: ListRequest[AccessListAnswer, Any] = ListRequest(
        "/v1/accesses", AccessListAnswer, "accesses", {"organization": organization, "from": since, "to": until})
    with Client(url) as client:
        following = Following(client, request, ListOptions(limit, after, as_json, as_csv))
        seen = [seen_access(listed, organization) for listed in following.rows()]
        keys = _keys(client, vkey) if seen else None
        rows: list[ShownAccess] = []
        for _, of_day in groupby(seen, key=lambda row: row.day):
            rows += _checked(client, organization, list(of_day), keys)
    if as_csv is not None:
        print_csv(as_csv, [column.heading for column in _CSV], ([column.value(row) for column in _CSV] for row in rows))
    elif as_json:
        print_json({"accesses": rows, "next": following.next})
        return
    else:
        show(*[list_table(rows, _TABLE)] if rows else ["no readings"])
    if following.next is not None:
        say(f"there may be more: --after {following.next}, or a larger --limit")


def _keys(client: Client, vkey: str | None) -> LogKeys:
    rotations = rotations_in(client.content("/log/keys", limits.NOTE))
    pinned = client.content("/log/vkey", limits.VKEY).decode().strip() if vkey is None else given_vkey(vkey)
    return LogKeys(pinned, rotations)


def _checked(client: Client, organization: str, rows: list[SeenAccess], keys: LogKeys | None) -> list[ShownAccess]:
    included = keys is not None and proven_note(client, organization, rows, keys) is not None
    return [_shown(row, included) for row in rows]


def _shown(seen: SeenAccess, included: bool) -> ShownAccess:
    row = seen.row
    reader = row.organization or (f"holder of link {row.link}" if row.link else _OPERATOR if row.operator else "")
    return ShownAccess(
        day=seen.day.isoformat(), index=seen.number, time=row.time, last=row.last or row.time, readings=row.readings,
        reader=reader, client=row.client, right=row.right, grant=row.grant, route=row.route, asked=row.asked,
        included=included,
    )
