"""The options of all lists, and how they are printed: as a table for people, as JSON, or as CSV for spreadsheets."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import click
from msgspec import Struct
from rich.table import Table

from ledger.cli.client import Client
from ledger.cli.console import Command, CsvForm, csv_option, print_csv, print_json, say, show
from ledger.cli.numbers import fixed, share_words
from ledger.errors import LedgerError

PAGE = 1_000
MOST_EMPTY = 1_000
"""Empty pages in a row after which a list stops. An honest server examines many entries for each."""
Row = TypeVar("Row", bound=Struct)
Answer = TypeVar("Answer", bound=Struct)


class ListColumn(NamedTuple, Generic[Row]):
    """A column with its heading and value. A table for people omits it if all its values are absent or `usual`."""

    heading: str
    value: Callable[[Row], object]
    usual: object = None


class ListOptions(NamedTuple):
    """The options that all lists have."""

    limit: int
    after: int | None
    as_json: bool
    as_csv: CsvForm | None


def list_options(command: Command) -> Command:
    """`--limit`, `--after`, `--csv` and `--numbers`; `--json` is an option of its own."""
    for option in (
        csv_option("Print CSV for spreadsheets, with all columns."),
        click.option("--after", type=click.IntRange(min=0), help="Continue after the last row of an earlier answer."),
        click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True,
                     help="Rows to show at most."),
    ):
        command = option(command)
    return command


def organization_option(command: Command) -> Command:
    """`--organization`: who asks."""
    return click.option("--organization", metavar="ORGANIZATION", required=True,
                        help="The organisation that asks, about its own goods.")(command)


def period_options(command: Command) -> Command:
    """`--from` and `--to`."""
    for option in (
        click.option("--to", "until", metavar="DAY", help="Until this day (YYYY-MM-DD, 00:00 UTC) or instant."),
        click.option("--from", "since", metavar="DAY", help="After this day (YYYY-MM-DD, 00:00 UTC) or instant."),
    ):
        command = option(command)
    return command


class ListRequest(NamedTuple, Generic[Answer, Row]):
    """A list of a server: its route, the type of its pages, the attribute with their rows, and the parameters."""

    route: str
    answer: type[Answer]
    rows: str
    parameters: dict[str, str | int | None]


class Following:
    """Reads a list page by page. `next` is the cursor after the rows that were read; None at the end. After too many
    empty pages the rows end, and `next` stays."""

    def __init__(self, client: Client, request: ListRequest[Any, Row], options: ListOptions) -> None:
        self.next: int | None = options.after
        self._client, self._request, self._rest = client, request, options.limit

    def rows(self) -> Iterator[Any]:
        """The rows of all pages, with the errors of `pages`."""
        for page in self.pages():
            yield from getattr(page, self._request.rows)

    def pages(self) -> Iterator[Any]:
        """Raises LedgerError if a page does not continue the last one."""
        empty = 0
        while empty < MOST_EMPTY:
            page: Any = self._client.get(self._request.route, self._request.answer, after=self.next,
                                         limit=min(PAGE, self._rest), **self._request.parameters)
            rows = getattr(page, self._request.rows)
            yield page
            self._rest -= len(rows)
            empty = 0 if rows else empty + 1
            if page.next is not None and self.next is not None and page.next >= self.next:
                raise LedgerError(f"the list of {self._client.url} has no end", code="unexpected-answer")
            self.next = page.next
            if page.next is None or self._rest <= 0:
                return


class ListLayout(NamedTuple, Generic[Row]):
    """How a list is printed: the columns of the table for people, whose first one names the row; the columns of CSV;
    and the sentence of an empty list."""

    table: Sequence[ListColumn[Row]]
    csv: Sequence[ListColumn[Row]]
    empty: str


def print_list(
    client: Client, request: ListRequest[Any, Row], options: ListOptions, printed: ListLayout[Row]
) -> None:
    """Reads and prints a list. With `--csv` the rows are printed as they come."""
    following = Following(client, request, options)
    if options.as_csv is not None:
        print_csv(options.as_csv, [column.heading for column in printed.csv],
                  ([column.value(row) for column in printed.csv] for row in following.rows()))
    else:
        rows = list(following.rows())
        if options.as_json:
            print_json({request.rows: rows, "next": following.next})
            return
        show(*[list_table(rows, printed.table)] if rows else [printed.empty])
    if following.next is not None:
        say(f"there may be more: --after {following.next}, or a larger --limit")


def list_table(rows: Sequence[Row], columns: Sequence[ListColumn[Row]]) -> Table:
    """The rows as a table for people."""
    table = Table(box=None, pad_edge=False)
    shown = []
    for place, column in enumerate(columns):
        values = [column.value(row) for row in rows]
        if place and all(value in (None, "", column.usual) for value in values):
            continue
        numbers = all(isinstance(value, int | float | None) for value in values)
        # A name that does not fit goes on in the next line: readers copy names.
        table.add_column(column.heading, justify="right" if numbers else "left", overflow="fold", no_wrap=not place)
        shown.append([_cell(value) for value in values])
    for cells in zip(*shown, strict=True):
        table.add_row(*cells)
    return table


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else ""
        case float():
            return fixed(value) if abs(value) < 1e15 else f"{value:.6e}"
        case _:
            return str(value)


def share_cell(share: float | None) -> str:
    """A share in per cent; empty if it is unknown."""
    return "" if share is None else share_words(share)
