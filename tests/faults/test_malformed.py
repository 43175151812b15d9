"""Rows that nobody could have written, in a database without its constraints, or from a server that lies: an audit
names each by its index, column and rule, and ends with a report. It ends with no exception."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import httpx
import msgspec
import pytest
from support.campaign import listed
from support.databases import Database, copied
from support.everytable import fill_every_table
from support.kept import Kept, filled
from support.server import command
from support.tampering import Deed, Nothing, Tampering, deeds, without_constraints

from ledger.engine.sectors import Registry
from ledger.errors import LedgerError
from ledger.store.migrating.versions import CODE

SAMPLE: Final = 60
"""Of some 300 deeds; `make faults` does all."""
KINDS: Final = ("null", "odd")
ANSWERS: Final = {
    "no JSON": lambda _: b"{", "another sort": lambda _: b"7", "nothing": lambda _: b"null", "words": lambda _: b'"x"',
    "rows of nothing": lambda rows: msgspec.json.encode([None for _ in rows]),
    "rows of lists": lambda rows: msgspec.json.encode([[1] for _ in rows]),
    "columns of nothing": lambda rows: msgspec.json.encode([dict.fromkeys(row) for row in rows]),
    "columns that are none": lambda rows: msgspec.json.encode([{} for _ in rows]),
    "columns of words": lambda rows: msgspec.json.encode([dict.fromkeys(row, "\u00e9 =") for row in rows]),
    "columns of numbers": lambda rows: msgspec.json.encode([dict.fromkeys(row, 1e300) for row in rows]),
    "columns of lists": lambda rows: msgspec.json.encode([{name: [[None]] for name in row} for row in rows]),
}
PATHS: Final = ("/v1/audit/batches", "/v1/audit/revised", "/v1/audit/balances")
Answer = Callable[[list[dict[str, Any]]], bytes]


@pytest.fixture(scope="module")
def kept() -> Iterator[Kept]:
    with filled(fill_every_table) as found:
        yield found


@pytest.fixture(scope="module")
def loose(kept: Kept) -> Iterator[Tampering]:
    """A copy whose owner has dropped every constraint."""
    with copied(kept.postgres) as database:
        without_constraints(database)
        yield Tampering(database)


def run(kept: Kept, loose: Tampering, chosen: Sequence[Deed]) -> list[str]:
    """Of deeds to columns, what no report says, and what ends in anything else."""
    missed = []
    for deed in chosen:
        try:
            with loose.done(deed):
                for known in (None, Registry([])) if deed.column == "outcome" else (None,):
                    if not reported(kept, loose.database, known):
                        missed.append(str(deed))
        except Nothing:
            continue
        except Exception as error:
            missed.append(f"{deed}: {error!r}")
    return missed


def reported(kept: Kept, database: Database, known: Registry | None) -> bool:
    """An audit has findings, or the database is nobody's whom the home knows, or of another schema. Anything else than
    that is raised."""
    try:
        return not kept.by_database(database, known).ok
    except LedgerError as error:
        return error.code in ("configuration", "log-key-missing", "invalid-note", CODE)


def test_a_sample_of_columns(kept: Kept, loose: Tampering) -> None:
    assert not run(kept, loose, random.Random(5).sample(chosen(loose), SAMPLE))


@pytest.mark.faults_long
def test_every_column(kept: Kept, loose: Tampering) -> None:
    assert not run(kept, loose, chosen(loose))


def chosen(loose: Tampering) -> list[Deed]:
    known = listed()
    return [deed for deed in deeds(loose.columns) if deed.kind in KINDS
            and known[f"{deed.table}.{deed.column}"].how != "insignificant"]


def test_a_finding_says_where(kept: Kept, loose: Tampering) -> None:
    """Index, column, and what the column should be."""
    deed = next(deed for deed in deeds(loose.columns) if (deed.table, deed.column) == ("flow", "lot"))
    with loose.done(deed):
        (index,) = {row["record"] for row in loose.database.fetch("SELECT record FROM flow WHERE lot IS NULL")}
        found = [one for one in kept.by_database(loose.database).findings if one.rule == "malformed"]
    assert [(one.index, one.column) for one in found] == [(index, "flow.lot")]
    assert found[0].message == "flow.lot cannot be read: Expected `int`, got `null`"


def test_a_log_of_any_size(kept: Kept, loose: Tampering) -> None:
    """The head says that there are more entries than there can be."""
    deed = Deed("odd", "head", "size", 1)
    with loose.done(deed):
        loose.database.tamper("UPDATE head SET size = 1000000000000")
        rules = {one.rule for one in kept.by_database(loose.database).findings}
    assert "complete" in rules


@pytest.mark.parametrize("change", [
    "head SET size = NULL", "head SET root = NULL", "entry SET data = NULL WHERE index = 5",
    "entry SET data = NULL", "entry SET data = NULL WHERE index = (SELECT max(index) FROM entry)",
    "erasure SET subject = NULL", "erasure SET subject = (SELECT min(index) FROM record)", "erasure SET subject = 5",
])
def test_what_everything_else_hangs_on(kept: Kept, loose: Tampering, change: str) -> None:
    """The head, an entry's bytes, the record that an erasure names: a report with findings, nothing raised."""
    table = change.partition(" ")[0]
    with loose.done(Deed("odd", table, "size" if table == "head" else "data" if table == "entry" else "subject", 0)):
        loose.database.tamper(f"UPDATE {change}")
        assert not kept.by_database(loose.database).ok


def test_the_command_prints_a_report(kept: Kept, loose: Tampering) -> None:
    """As JSON too, and exit code 1."""
    with loose.done(Deed("odd", "revised", "leaf", 0)):
        loose.database.tamper(r"UPDATE revised SET leaf = '\xff00' WHERE leaf IS NOT NULL")
        ended = command(kept.home, "audit", loose.database.url, "--json")
    assert ended.returncode == 1
    report = json.loads(ended.stdout)
    assert not report["ok"]
    assert {one["rule"] for one in report["findings"]} >= {"malformed"}
    assert all(one.get("column") for one in report["findings"] if one["rule"] == "malformed")


@pytest.fixture(scope="module")
def served(kept: Kept) -> Iterator[Database]:
    """A copy that nobody has changed."""
    with copied(kept.postgres) as database:
        yield database


@pytest.mark.parametrize("path", PATHS)
def test_a_server_that_lies(kept: Kept, served: Database, path: str) -> None:
    """An answer of another form than it should have is a finding."""
    for what, answer in ANSWERS.items():
        report = kept.by_http(served, lambda inner, answer=answer: Lying(inner, path, answer))
        assert not report.ok, what


@pytest.mark.parametrize("path", PATHS[1:])
def test_a_server_that_never_ends(kept: Kept, served: Database, path: str) -> None:
    """It gives the first page again and again."""
    pages: list[bytes] = []

    def first(rows: list[dict[str, Any]]) -> bytes:
        pages.append(msgspec.json.encode(rows))
        return pages[0]

    assert not kept.by_http(served, lambda inner: Lying(inner, path, first)).ok
    assert len(pages) < 20


class Lying(httpx.AsyncBaseTransport):
    """Answers one path otherwise, where the true answer has rows."""

    def __init__(self, inner: httpx.AsyncBaseTransport, path: str, answer: Answer) -> None:
        self._inner = inner
        self._path = path
        self._answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        content = await response.aread()
        if request.url.path == self._path:
            content = self._answer(json.loads(content))
        return httpx.Response(response.status_code, stream=httpx.ByteStream(content))
