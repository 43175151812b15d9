"""The owner of the database, triggers off: in every table a row is changed, deleted, or swapped with another. The audit
finds each, at the record that it belongs to, and by its rule.

Each case works on a copy of one ledger that has rows in every table. What the server's API shows is audited over HTTP
too.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import pytest
from support.databases import LOGGED, Database, copied
from support.everytable import LATER, fill_every_table
from support.kept import Kept, filled

from ledger.client.audit.report import AuditReport


class Table(NamedTuple):
    """What is done to a table. `key`: the columns that a row keeps in a swap; `about`: the log index that a row is of;
    `change`: what is set; `rules`: one of them finds it, at that index. `http`: from outside, too. `where` picks two
    rows."""

    key: str
    about: str
    change: str
    rules: str
    http: bool = False
    where: str = "true"


RECORD, NUMBER, LOT = "record", "number / 1024", "lot / 1024"
REVISION = "(SELECT n.record FROM revision n WHERE n.version = {}.version)"
TABLES: Final = {
    "entry": Table("index", "index", "data = set_byte(data, 2, 1 + get_byte(data, 2) % 2), leaf_hash = sha256('\\x00'::"
                   "bytea || set_byte(data, 2, 1 + get_byte(data, 2) % 2))", "body order", http=True,
                   where="index > 10"),
    "batch": Table("size", "size - 1", "root = sha256('')", "batches", http=True),
    "record": Table("index", "index", "issuer = issuer || 'x'", "names body", where="type = 'transformation'"),
    "organization": Table("id", RECORD, "parent = 'urn:example:auditor'", "names", where="record > 0"),
    "prefix": Table("prefix", "(SELECT o.record FROM organization o WHERE o.id = prefix.organization)",
                    "organization = (SELECT min(o.id) FROM organization o WHERE o.id <> prefix.organization)", "names"),
    "signing_key": Table("keyid, spki", RECORD, "organization = 'urn:example:smith'", "names",
                         where="organization <> 'urn:example:smith' AND record > 0"),
    "revocation": Table("keyid", RECORD, "record = record - 1", "names"),
    "compromise": Table("keyid, record", RECORD, "since = since - 1", "names"),
    "key_change": Table("record", RECORD, "recovery = 'objection'", "names"),
    "facility": Table("id", RECORD, "operator = 'urn:example:auditor'", "names"),
    "product": Table("id", RECORD, "owner = 'urn:example:auditor'", "names"),
    "product_completion": Table("record", RECORD, "product = 'urn:example:smith:part'", "names"),
    "parent_end": Table("record", RECORD, "organization = 'urn:example:auditor'", "names"),
    "activation": Table("record", RECORD, "version = version || '.1'", "names"),
    "transfer": Table("record", RECORD, "receiver = 'urn:example:auditor'", "names"),
    "acceptance": Table("transfer", RECORD, "record = record + 1", "names"),
    "standing_acceptance": Table("record", RECORD, "receiver = sender", "names"),
    "arrival": Table("transfer", "transfer", "rule = rule + 1", "names"),
    "access_grant": Table("record", RECORD, "depth = 'full'", "names", where="depth = 'totals'"),
    "grant_revocation": Table("record", RECORD, "subject = (SELECT max(record) FROM access_grant)", "names"),
    "reader": Table("record", RECORD, "expires = NULL", "names", where="expires IS NOT NULL"),
    "reader_revocation": Table("record", RECORD, "subject = (SELECT max(record) FROM reader)", "names"),
    "published": Table("record", RECORD, "organization = 'urn:example:auditor'", "names"),
    "publication_end": Table("record", RECORD, "subject = (SELECT max(record) FROM published)", "names"),
    "lot": Table("number", NUMBER, "quantity = quantity * 2", "lots figures",
                 where="id LIKE '%:made-%' OR id LIKE '%:of-heap'"),
    "figure": Table("lot, version", LOT, "burdens[1] = burdens[1] * (1 + 1e-15)", "figures", http=True,
                    where="version = 0 AND burdens[1] > 0"),
    "flow": Table("record, version, position", RECORD, "quantity = quantity / 2", "flows", http=True,
                  where="version = 0"),
    "revision": Table("version", RECORD, "record = record - 1", "revisions", http=True, where="version > 1"),
    "revised": Table("record, version", REVISION.format("revised"), "outcome = sha256('x')", "revisions", http=True),
    "lot_version": Table("number, version", REVISION.format("lot_version"), "quantity = quantity * 2", "lots revisions",
                         http=True),
    "pool": Table("id", RECORD, "is_default = true", "names"),
    "closing": Table("record", RECORD, "ends = starts", "names"),
    "reopening": Table("closing", RECORD, "record = record - 1", "names"),
    "provisional": Table("record", RECORD, "process = process || 's'", "names"),
    "dispute": Table("lot", RECORD, "frozen = NOT frozen", "names"),
    "opening": Table("record", RECORD, "product = product || 's'", "names"),
    "group_goods": Table("record", RECORD, "kilograms = kilograms - 1", "names"),
    "attestation": Table("record", RECORD, "subject = subject || 's'", "names"),
    "claim": Table("record", RECORD, "lot = NULL", "names"),
    "report": Table("record", RECORD, "starts = ends", "names"),
    "erasure": Table("record", RECORD, "legal_basis = 'none'", "names"),
    "balance": Table("lot", LOT, "remaining = remaining / 2", "balances", http=True, where="remaining > 0"),
}


@pytest.fixture(scope="module")
def kept() -> Iterator[Kept]:
    with filled(fill_every_table) as found:
        yield found


@pytest.fixture(scope="module")
def database(kept: Kept) -> Iterator[Database]:
    with copied(kept.postgres) as found:
        yield found


@pytest.fixture
def put_back(database: Database) -> Iterator[list[str]]:
    """The tables that are named in it are put back, row by row."""
    names: list[str] = []
    before = {name: database.fetch(f"SELECT * FROM {name}") for name in TABLES}
    yield names
    for name in names:
        database.tamper(f"DELETE FROM {name}")
        database.fill(name, list(before[name][0].keys()), before[name])


def audits(kept: Kept, database: Database, *, http: bool) -> list[AuditReport]:
    """What is found in the database itself, and by its API."""
    return [kept.by_database(database), *([kept.by_http(database)] if http else [])]


def rows(database: Database, name: str) -> list[tuple[str, int]]:
    """Where the two rows of a table are, and which record each is of."""
    table = TABLES[name]
    return [(row["place"], row["about"]) for row in database.fetch(
        f"SELECT ctid::text AS place, ({table.about})::bigint AS about FROM {name} WHERE {table.where} "
        f"ORDER BY {table.key} LIMIT 2"
    )]


def changed(database: Database, name: str) -> list[int]:
    (place, about), *_ = rows(database, name)
    database.tamper(f"UPDATE {name} SET {TABLES[name].change} WHERE ctid = '{place}'")
    return [about]


def deleted(database: Database, name: str) -> list[int]:
    (place, about), *_ = rows(database, name)
    database.tamper(f"DELETE FROM {name} WHERE ctid = '{place}'")
    return [about]


def swapped(database: Database, name: str) -> list[int]:
    """Two rows exchange all but their keys."""
    found = rows(database, name)
    assert len(found) == 2, f"a swap needs two rows of {name}"
    first, second = [database.fetch(f"SELECT * FROM {name} WHERE ctid = '{place}'")[0] for place, _ in found]
    columns = list(first.keys())
    kept = {column.strip() for column in TABLES[name].key.split(",")}
    assert [first[one] for one in columns if one not in kept] != [second[one] for one in columns if one not in kept]
    for place, _ in found:
        database.tamper(f"DELETE FROM {name} WHERE ctid = '{place}'")
    exchanged = [
        [keeps[column] if column in kept else gives[column] for column in columns]
        for keeps, gives in ((first, second), (second, first))
    ]
    database.fill(name, columns, exchanged)
    return [about for _, about in found]


DEEDS: Final[Sequence[Callable[[Database, str], list[int]]]] = (changed, deleted, swapped)


def test_the_untouched_ledger_holds(kept: Kept, database: Database) -> None:
    """And has two rows at least in every table, save those of full tiles, witnesses and other keys of the log."""
    for report in audits(kept, database, http=True):
        assert report.ok, report.findings
    assert set(TABLES) == {*LOGGED, "balance"} - {
        "ledger", "tile", "publication", "renewal", "log_key", "plugin_archive", "client",
        "client_revocation", "token_key", "access_root", "sector_release"}
    for name in TABLES:
        assert len(rows(database, name)) == 2, name


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("name", TABLES)
def test_a_row(
    kept: Kept, database: Database, put_back: list[str], name: str, deed: Callable[[Database, str], list[int]]
) -> None:
    table = TABLES[name]
    put_back.append(name)
    for about in deed(database, name):
        for report in audits(kept, database, http=table.http):
            found = {(one.rule, one.index) for one in report.findings}
            assert not report.ok
            assert found & {(rule, about) for rule in table.rules.split()}, (about, report.findings)


def test_a_period_that_a_record_was_moved_to(kept: Kept, database: Database, put_back: list[str]) -> None:
    """A closing of that period would not find the record."""
    put_back.append("provisional")
    ((about,),) = database.fetch(f"SELECT record FROM provisional WHERE starts = '{LATER[0]}'")
    database.tamper(f"DELETE FROM provisional WHERE starts = '{LATER[0]}'")
    (report,) = audits(kept, database, http=False)
    assert {(one.rule, one.index) for one in report.findings} == {("names", about)}


@pytest.mark.parametrize("named", ["ARRAY['']", "NULL", "ARRAY[NULL]::text[]"])
def test_a_closing_that_names_no_process(kept: Kept, database: Database, put_back: list[str], named: str) -> None:
    """Without names it closes all processes; so does none of these values."""
    put_back.append("closing")
    database.tamper("ALTER TABLE closing ALTER COLUMN processes DROP NOT NULL")
    ((about,), *_) = database.fetch("SELECT record FROM closing WHERE processes = '{}' ORDER BY record")
    database.tamper(f"UPDATE closing SET processes = {named} WHERE record = {about}")
    (report,) = audits(kept, database, http=False)
    assert {(one.rule, one.index) for one in report.findings} == {("names", about)}


def test_every_row_is_back(kept: Kept, database: Database, put_back: list[str]) -> None:
    """None of the cases before has left anything that another one's finding could have come of."""
    put_back.append("flow")
    (_, about), *_ = rows(database, "flow")
    database.tamper(f"DELETE FROM flow WHERE record = {about}")
    (report,) = audits(kept, database, http=False)
    assert {(one.rule, one.index) for one in report.findings} == {("flows", about)}
