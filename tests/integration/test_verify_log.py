"""`SELECT * FROM verify_log()`: no row of an honest database; of one that was changed, triggers off, a row that names
the index. It needs no program of ours, so it works on a dump."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import pytest
from support.databases import Database, copied
from support.generator import generate, parties
from support.parties import enrolment, nonces
from support.revising import add, amend, change, close, flows, gas, outputs, pool, reopen
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.workshop import Workshop

from ledger.core.outcome.assessment import BURDENS
from ledger.core.receipts.receipt import Receipt
from ledger.store.database import WRITER
from ledger.store.embedded import EmbeddedPostgres
from ledger.store.sql import schema

SEED, SIZE = 17, 260


class Origin(NamedTuple):
    """The database that all cases copy; `receipts` of the mill's records by the short names of `records`."""

    postgres: EmbeddedPostgres
    receipts: Mapping[str, Receipt]
    size: int


def records(mill: Workshop) -> dict[str, Posted]:
    a, b = mill.mine("a", "100", co2="50"), mill.make({"b": "60", "b2": "20"}, {"a": "80"})
    d, first = mill.make({"d": "5"}, {"a": "5"}), close(mill, gas("40"))
    u = mill.make({"u": "4"}, {"heap": "10"})
    return {
        "a": a, "b": b, "c": mill.make({"c": "30"}, {"b": "30"}), "d": d,
        "p": mill.make({"p": "10"}, {"pot": "10"}, basis="provisional"), "heap": pool(mill, "heap"),
        "first addition": add(mill, "heap", {"pot": "50"}), "u": u, "second addition": add(mill, "heap", {"pot": "20"}),
        "v": mill.make({"v": "5"}, {"heap": "5"}), "1": amend(mill, change(a, activity=Make(co2="90"))),
        "2": amend(mill, change(b, outputs=outputs(mill, {"b": "50", "b2": "20"}))), "3": amend(mill, change(d)),
        "4": first, "opened": reopen(mill, first), "5": amend(mill, change(u, inputs=flows(mill, {"heap": "5"}))),
        "6": close(mill, gas("80")), "used": mill.use({"c": "10"}),
    }


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with prepared_home() as home, EmbeddedPostgres(home) as postgres:
        with Server(home, postgres.owner_url) as server:
            new = nonces(SEED, "enrol")
            server.post([(server.registrar, enrolment(one, server.registrar, server.origin, next(new)))
                         for one in parties(SEED, SIZE)])
            network = list(generate(SEED, SIZE))
            for start in range(0, len(network), 70):
                server.post(network[start : start + 70])
            mill = Workshop("mill")
            server.post([mill.enrolment(server), *mill.opening(), mill.mine("pot", "1000")])
            posted = records(mill)
            receipts = dict(zip(posted, server.post(list(posted.values())), strict=True))
        yield Origin(postgres, receipts, receipts["used"].index + 1)


class Copy:
    def __init__(self, origin: Origin, database: Database) -> None:
        self.origin = origin
        self.database = database

    def tamper(self, statement: str) -> None:
        """`{x}` is the number of the mill's lot x, `{@x}` the index of its record x."""
        lots = {row["id"].rpartition("mill:")[2].replace(":", ""): row["number"] for row in self.database.fetch(
            "SELECT id, number FROM lot WHERE id LIKE '%mill:%'")}
        indexes = {f"@{name}": receipt.index for name, receipt in self.origin.receipts.items()}
        self.database.tamper(statement.format(**lots, **indexes))

    def found(self) -> set[tuple[str, int | None]]:
        return {(row["rule"], row["index"]) for row in self.database.fetch("SELECT * FROM verify_log()")}


@pytest.fixture
def copy(origin: Origin) -> Iterator[Copy]:
    with copied(origin.postgres) as database:
        yield Copy(origin, database)


def test_an_honest_database(copy: Copy) -> None:
    """Networks with all that the generator makes, revisions, pools, a withdrawal; asked in the role that reads."""
    assert copy.database.one("SELECT count(*) FROM tile") == 1
    assert copy.database.one("SELECT count(*) FROM revised") > 8
    copy.database.execute(f"SET ROLE {WRITER}")
    assert copy.found() == set()


def test_an_empty_database(copy: Copy) -> None:
    """Before the first record."""
    copy.database.execute("CREATE SCHEMA empty")
    copy.database.execute("SET search_path TO empty")
    copy.database.execute(schema())
    copy.database.execute(
        "INSERT INTO head (size, root, frontier, time) VALUES (0, sha256(''), int8send(0), 0)")
    assert copy.found() == set()


CASES: Final[dict[str, tuple[str, str, str | None]]] = {
    # the statement; a rule and the record that it is found at (None: of the log as a whole)
    "an entry": (
        "UPDATE entry SET data = set_byte(data, 130, get_byte(data, 130) # 1), leaf_hash = sha256('\\x00'::bytea || "
        "set_byte(data, 130, get_byte(data, 130) # 1)) WHERE index = {@c}", "figures", "c"),
    "a time": (
        "UPDATE entry SET data = overlay(data PLACING int8send(1) FROM 163), leaf_hash = sha256('\\x00'::bytea || "
        "overlay(data PLACING int8send(1) FROM 163)) WHERE index = {@c}", "time", "c"),
    "a missing entry": ("DELETE FROM entry WHERE index = {@c}", "order", "c"),
    "a missing body": ("DELETE FROM record WHERE index = {@c}", "record", "c"),
    "a body with its digest": (
        "UPDATE record SET body = convert_to(replace(convert_from(body, 'UTF8'), '\"30\"', '\"3\"'), 'UTF8'), digest = "
        "sha256(convert_to(replace(convert_from(body, 'UTF8'), '\"30\"', '\"3\"'), 'UTF8')) WHERE index = {@c}",
        "record", "c"),
    "a body called erased": (
        "UPDATE record SET body = convert_to('{{}}', 'UTF8'), erased = true WHERE index = {@c}", "record", "c"),
    "a seed": ("UPDATE record SET seed = sha256('') WHERE index = {@c}", "record", "c"),
    "an assessment": (
        "UPDATE record SET outcome = convert_to(replace(convert_from(outcome, 'UTF8'), '\"50\"', '\"5\"'), 'UTF8') "
        "WHERE index = {@a}", "figures", "a"),
    "a figure": ("UPDATE figure SET burdens[1] = burdens[1] * (1 + 1e-15) WHERE lot = {b} AND version = 0",
                 "figures", "b"),
    "a content": ("UPDATE figure SET amount[1] = amount[1] / 2 WHERE lot = {b} AND version = 0", "figures", "b"),
    "a share": ("UPDATE figure SET share = share / 2 WHERE lot = {b} AND version = 0", "figures", "b"),
    "a missing figure": ("DELETE FROM figure WHERE lot = {c} AND version = 0", "figures", "c"),
    "a figure of a revision": ("UPDATE figure SET burdens[1] = 0 WHERE lot = {c} AND version = 1", "figures", "1"),
    "a figure too many": (
        "INSERT INTO figure SELECT lot, 6, method, plugin, share, burdens, content, amount FROM figure "
        "WHERE lot = {c} AND version = 0", "figures", "c"),
    "a result of a revision": (
        "UPDATE revised SET leaf = leaf || ' '::bytea WHERE record = {@a} AND version = 1", "figures", "1"),
    "an outcome of a revision": (
        "UPDATE revised SET outcome = sha256('') WHERE record = {@a} AND version = 1", "figures", "1"),
    "a lot's quantity": ("UPDATE lot SET quantity = quantity * 2 WHERE number = {c}", "figures", "c"),
    "a lot's holder": ("UPDATE lot SET holder = 'urn:example:other' WHERE number = {c}", "figures", "c"),
    "a quantity of a revision": (
        "UPDATE lot_version SET quantity = quantity * 2 WHERE number = {b} AND version = 2", "figures", "2"),
    "a balance": ("UPDATE balance SET remaining = 0 WHERE lot = {b2}", "balances", "b"),
    "how much a balance is of": ("UPDATE balance SET quantity = quantity * 2 WHERE lot = {b2}", "balances", "b"),
    "a missing balance": ("DELETE FROM balance WHERE lot = {c}", "balances", "c"),
    "a balance of nothing": ("INSERT INTO balance VALUES ({@used} * 1024 + 7, 5, 5)", "balances", "used"),
    "a flow": ("UPDATE flow SET quantity = quantity / 2 WHERE record = {@c} AND version = 0", "balances", "b"),
    "a flow from what comes later": ("UPDATE flow SET lot = {v} WHERE record = {@c} AND version = 0", "flows", "c"),
    "a missing flow": ("DELETE FROM flow WHERE record = {@used}", "balances", "c"),
    "a tile": ("UPDATE tile SET hashes = overlay(hashes PLACING sha256('') FROM 33)", "tiles", ""),
    "a tile's root": ("UPDATE tile SET root = sha256('')", "tiles", ""),
    "a missing tile": ("DELETE FROM tile", "tiles", ""),
    "a root of a batch": ("UPDATE batch SET root = sha256('') WHERE size = {@used} + 1", "batches", "used"),
    "a batch beyond the log": ("INSERT INTO batch VALUES ({@used} + 2, sha256(''))", "batches", "beyond"),
    "a missing last batch": ("DELETE FROM batch WHERE size = {@used} + 1", "batches", None),
    "a root of the head": ("UPDATE head SET root = sha256('')", "head", None),
    "a frontier": ("UPDATE head SET frontier = set_byte(frontier, 20, get_byte(frontier, 20) # 1)", "head", None),
    "a time of the head": ("UPDATE head SET time = time + 1", "head", None),
    "a size of the head": ("UPDATE head SET size = size - 1", "head", None),
}


@pytest.mark.parametrize("case", CASES)
def test_what_was_changed(copy: Copy, case: str) -> None:
    statement, rule, where = CASES[case]
    copy.tamper(statement)
    special = {"": 255, "beyond": copy.origin.size}
    index = None if where is None else special[where] if where in special else copy.origin.receipts[where].index
    assert (rule, index) in copy.found()


def test_it_knows_all_burdens() -> None:
    """The names stand in SQL once more: a dump has no program beside it."""
    named = schema().partition("'burdens', ARRAY[")[2].partition("]")[0]
    assert [name.strip().strip("'") for name in named.split(",")] == list(BURDENS)
    assert f"cardinality(burdens) = {len(BURDENS)}" in schema()
