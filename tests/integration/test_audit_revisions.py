"""An operator who changes what revisions have left in the database: the audit names the rule and the revising record,
whether it reads the database or the server's API; and receipts given before prove what was.

Each case works on a copy of one ledger with seven revisions, and says what is found, and nowhere else.
"""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple, TypeVar

import httpx
import msgspec
import pytest
from support.databases import Database, copied
from support.revising import add, amend, change, check_replay, close, flows, gas, outputs, pool, reopen, revised_by
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.witness import registry
from support.workshop import Workshop

from ledger.app import create_app
from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.client.audit.source.http import HttpSource
from ledger.client.http import Reader
from ledger.core.log.note import NoteSigner
from ledger.core.receipts.receipt import Receipt, read_receipt, verify_receipt
from ledger.engine.sectors import Registry
from ledger.errors import VerificationError
from ledger.host.files.key_files import LOG_KEY, read_key
from ledger.service.audit_source.database import DatabaseSource
from ledger.service.ledger import Ledger, open_ledger
from ledger.service.settings import Settings
from ledger.service.setup import Identity
from ledger.store.database import open_pool
from ledger.store.embedded import EmbeddedPostgres

Value = TypeVar("Value")


class Origin(NamedTuple):
    """The ledger that all cases copy, with receipts by the short names of `records`; `state` is that of an audit before
    anything was revised."""

    home: Path
    identity: Identity
    postgres: EmbeddedPostgres
    mill: Workshop
    receipts: Mapping[str, Receipt]
    state: bytes

    def index(self, name: str) -> int:
        return self.receipts[name].index


def records(mill: Workshop) -> dict[str, Posted]:
    """1 amends a's activity, which b and c feel; 2 a's activity again; 3 how much b is, of which c takes; 4 withdraws
    d; 5 closes the period of p and q, and is opened again; 6 takes less of heap:1, so heap:2 is more; 7 closes anew."""
    a, b = mill.mine("a", "100", co2="50"), mill.make({"b": "60"}, {"a": "80"})
    d, first = mill.make({"d": "5"}, {"a": "5"}), close(mill, gas("40"))
    u = mill.make({"u": "4"}, {"heap": "10"})
    return {
        "a": a, "b": b, "c": mill.make({"c": "30"}, {"b": "30"}), "d": d,
        "p": mill.make({"p": "10"}, {"pot": "10"}, basis="provisional"),
        "q": mill.make({"q": "30"}, {"pot": "30"}, basis="provisional"), "r": mill.make({"r": "15"}, {"q": "15"}),
        "heap": pool(mill, "heap"), "first addition": add(mill, "heap", {"pot": "50"}), "u": u,
        "second addition": add(mill, "heap", {"pot": "20"}), "v": mill.make({"v": "5"}, {"heap": "5"}),
        "1": amend(mill, change(a, activity=Make(co2="90"))), "2": amend(mill, change(a, activity=Make(co2="70"))),
        "3": amend(mill, change(b, outputs=outputs(mill, {"b": "50"}))), "4": amend(mill, change(d)), "5": first,
        "opened": reopen(mill, first), "6": amend(mill, change(u, inputs=flows(mill, {"heap": "5"}))),
        "7": close(mill, gas("80")), "used": mill.use({"c": "10"}),
    }


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    state = tmp_path_factory.mktemp("state") / "audit.state"
    with prepared_home() as home:
        with Server(home) as server:
            mill = Workshop("mill")
            server.post([mill.enrolment(server), *mill.opening(), mill.mine("pot", "1000")])
            posted = records(mill)
            plain = list(posted).index("1")
            receipts = server.post(list(posted.values())[:plain])
            assert server.audit("--state", str(state)).returncode == 0
            receipts += server.post(list(posted.values())[plain:])
            vkey, name = server.vkey, server.origin
        identity = Identity(name, vkey, NoteSigner(name, read_key(home / LOG_KEY).private))
        with EmbeddedPostgres(home) as postgres:
            yield Origin(home, identity, postgres, mill, dict(zip(posted, receipts, strict=True)), state.read_bytes())


class Copy:
    """A database that holds the same ledger."""

    def __init__(self, origin: Origin, database: Database) -> None:
        self.origin = origin
        self.database = database
        self.execute = database.tamper

    def tamper(self, statement: str) -> None:
        """`{x}` is the number of the mill's lot x, `{@x}` the index of its record."""
        lots = {row["id"].rpartition("mill:")[2].replace(":", ""): row["number"] for row in self.database.fetch(
            "SELECT id, number FROM lot WHERE id LIKE '%mill:%'"
        )}
        self.database.tamper(statement.format(**lots, **{f"@{lot}": number // 1024 for lot, number in lots.items()}))

    def reports(self, known: Registry | None = None) -> tuple[AuditReport, AuditReport]:
        """By the database, and by the API."""
        return self.run(self._reports(known or registry()))

    def findings(self) -> tuple[set[tuple[str, int | None]], set[tuple[str, int | None]]]:
        """By the database, from zero and from the state, which is the same, and by the API."""
        with TemporaryDirectory() as folder:
            state = Path(folder, "audit.state")
            state.write_bytes(self.origin.state)
            found = (*self.reports(), self.run(self._resumed(state)))
            assert found[-1].ok == (state.read_bytes() != self.origin.state)
        for report in found:
            assert report.ok == (not report.findings)
        database, http, resumed = [{(one.rule, one.index) for one in report.findings} for report in found]
        assert resumed == database
        return database, http

    async def _resumed(self, state: Path) -> AuditReport:
        pool = await open_pool(self.database.url)
        try:
            return await audit(DatabaseSource(pool, self.origin.identity), registry(), AuditOptions(state=state))
        finally:
            await pool.close()

    async def _reports(self, known: Registry) -> tuple[AuditReport, AuditReport]:
        settings = Settings(home=self.origin.home, database_url=self.database.url, access="open")
        vkey = self.origin.identity.vkey
        async with open_ledger(settings, registry=registry()) as ledger, api(ledger) as client:
            return (
                await audit(DatabaseSource(ledger.pool, self.origin.identity), known, AuditOptions(vkey=vkey)),
                await audit(HttpSource(Reader(client)), known, AuditOptions(vkey=vkey)),
            )

    def receipt(self, name: str) -> Receipt:
        """As the API gives it now."""
        async def run() -> Receipt:
            settings = Settings(home=self.origin.home, database_url=self.database.url, access="open")
            async with open_ledger(settings, registry=registry()) as ledger, api(ledger) as client:
                digest = self.origin.receipts[name].digest
                return read_receipt((await client.get(f"/v1/records/{digest}/proof")).content)

        return self.run(run())

    def run(self, work: Coroutine[Any, Any, Value]) -> Value:
        return asyncio.run(work)


def api(ledger: Ledger) -> httpx.AsyncClient:
    """The server's API without a socket between."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=create_app(ledger)), base_url="http://ledger")


@pytest.fixture
def copy(origin: Origin) -> Iterator[Copy]:
    with copied(origin.postgres) as database:
        yield Copy(origin, database)


def test_an_untouched_copy_holds(copy: Copy) -> None:
    """As made: pot, a, b, c, d, p, q, r, two generations, u and v; revised as the receipts say."""
    by_database, by_http = copy.reports()
    assert by_database.findings == by_http.findings == []
    assert by_database == by_http
    revised = {name: len(revised_by(copy.origin.receipts[name])) for name in "1234567"}
    # d takes of a; q is r's; heap:2 is made of what heap:1 leaves, v of heap:2; the last replaces a closing.
    assert revised == {"1": 4, "2": 4, "3": 2, "4": 1, "5": 3, "6": 3, "7": 4}
    # Each of these records made one lot, but for the closing.
    assert by_database.figures == 12 + sum(revised.values()) - 1
    check_replay(copy.database, copy.origin.identity.origin)


Finding = tuple[str, str]
CASES: Final[dict[str, tuple[str, set[Finding], set[Finding] | None]]] = {
    # the statement; what is found: rule and record; what is found over HTTP, where that is something else
    "a result": (
        "UPDATE revised SET leaf = replace(convert_from(leaf, 'UTF8'), '\"90\"', '\"9\"')::bytea "
        "WHERE record = {@a} AND version = 1", {("figures", "1")}, None),
    "a result of the newest version": (
        "UPDATE revised SET leaf = replace(convert_from(leaf, 'UTF8'), '\"70\"', '\"7\"')::bytea "
        "WHERE record = {@a} AND version = 2", {("figures", "2")}, None),
    "a missing result": (
        "UPDATE revised SET leaf = NULL WHERE record = {@c} AND version = 3", {("revisions", "3")}, None),
    "an outcome": (
        "UPDATE revised SET outcome = sha256('') WHERE record = {@c} AND version = 2",
        {("revisions", "2"), ("figures", "2")}, None),
    "a body": (
        "UPDATE revised SET body = replace(convert_from(body, 'UTF8'), '\"90\"', '\"9\"')::bytea "
        "WHERE record = {@a} AND version = 1", {("body", "1")}, None),
    "a body by a closing": (
        "UPDATE revised SET body = replace(convert_from(body, 'UTF8'), '2.75', '0.75')::bytea "
        "WHERE record = {@p} AND version = 7", {("body", "7")}, None),
    "a record that is made out to be withdrawn": (
        "UPDATE revised SET body = NULL WHERE record = {@b} AND version = 3", {("body", "3")}, None),
    "a withdrawn one that is not": (
        "UPDATE revised SET body = (SELECT body FROM record WHERE index = {@d}) WHERE version = 4",
        {("body", "4")}, None),
    "one that reads otherwise itself": (
        "UPDATE revised SET own = true WHERE record = {@c} AND version = 1", {("flows", "1")}, None),
    "one that does not": (
        "UPDATE revised SET own = false WHERE record = {@b} AND version = 3", {("flows", "3")}, None),
    "a figure": (
        "UPDATE figure SET burdens[1] = burdens[1] * (1 + 1e-15) WHERE lot = {c} AND version = 1",
        {("figures", "1")}, None),
    "a figure of a lot that has newer ones": (
        "UPDATE figure SET burdens[1] = 0 WHERE lot = {p} AND version = 5", {("figures", "5")}, None),
    "a content": (
        "UPDATE figure SET amount[1] = amount[1] / 2 WHERE lot = {b} AND version = 3", {("figures", "3")}, None),
    "a share": (
        "UPDATE figure SET share = share / 2 WHERE lot = {c} AND version = 3", {("figures", "3")}, None),
    "a plugin": (
        "UPDATE figure SET plugin = 'works/2' WHERE lot = {c} AND version = 3", {("figures", "3")}, None),
    "a flow": (
        "UPDATE flow SET quantity = quantity / 2 WHERE record = {@u} AND version = 6", {("flows", "6")}, None),
    "a flow from elsewhere": (
        "UPDATE flow SET lot = {a} WHERE record = {@u} AND version = 6", {("flows", "6")}, None),
    "a quantity": (
        "UPDATE lot_version SET quantity = quantity * 2 WHERE number = {b}", {("lots", "3")}, None),
    "a mass": ("UPDATE lot_version SET mass = 1 WHERE number = {b}", {("lots", "3")}, None),
    "a composition": (
        "UPDATE lot_version SET composition = '{{\"materials\":{{\"gold\":\"1\"}}}}' WHERE number = {heap2}",
        {("lots", "6")}, None),
    "what is left of a lot that became less": (
        "UPDATE balance SET remaining = remaining + 1 WHERE lot = {b}", {("balances", "b")}, None),
    "what is left of a withdrawn lot": (
        "UPDATE balance SET remaining = 5 WHERE lot = {d}", {("balances", "d")}, None),
    "what is left of a generation": (
        "UPDATE balance SET remaining = remaining - 1 WHERE lot = {heap2}", {("balances", "second addition")}, None),
    "a missing record": (
        "DELETE FROM revised WHERE record = {@c} AND version = 2", {("revisions", "2"), ("figures", "2")}, None),
    "a missing figure": (
        "DELETE FROM figure WHERE lot = {c} AND version = 1",
        {("revisions", "1"), ("figures", "1"), ("lots", "1")}, None),
    "a missing flow": (
        "DELETE FROM flow WHERE record = {@u} AND version = 6", {("flows", "6"), ("revisions", "6")}, None),
    "a missing quantity": (
        "DELETE FROM lot_version WHERE number = {b}",
        {("lots", "3"), ("revisions", "3")}, None),
    "a record too many": (
        "INSERT INTO revised SELECT {@q}, 1, false, NULL, NULL, sha256('')",
        {("revisions", "1"), ("figures", "1")}, None),
    "a figure too many": (
        "INSERT INTO figure SELECT lot, 7, method, plugin, share, ARRAY(SELECT x / 10 FROM unnest(burdens) x), "
        "content, amount FROM figure WHERE lot = {c} AND version = 3", {("revisions", "7")}, None),
    "a figure of a revision to come": (
        "INSERT INTO figure SELECT lot, 8, method, plugin, share, ARRAY(SELECT x / 10 FROM unnest(burdens) x), "
        "content, amount FROM figure WHERE lot = {c} AND version = 3", {("revisions", ""), ("revisions", "7")}, None),
    "a flow too many": (
        "INSERT INTO flow SELECT record, position + 1, {a}, quantity, version FROM flow "
        "WHERE record = {@u} AND version = 6",
        {("flows", "6"), ("revisions", "6")}, None),
    "a quantity too many": (
        "INSERT INTO lot_version SELECT number, 7, quantity * 2, mass, composition, facility, process, false "
        "FROM lot WHERE number = {a}",
        {("revisions", "7")}, None),
    "a revision by another record": (
        "UPDATE revision SET record = {@v} WHERE version = 6", {("revisions", "6"), ("figures", "6")}, None),
    "a missing revision": (
        "DELETE FROM revision WHERE version = 4", {("revisions", "4"), ("figures", "4")}, None),
    "fewer revisions in the head": ("UPDATE head SET revisions = revisions - 1", {("revisions", "7")}, None),
    "more revisions in the head": ("UPDATE head SET revisions = revisions + 1", {("revisions", "7")}, None),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_stored_of_a_revision(copy: Copy, case: str) -> None:
    statement, found, over_http = CASES[case]
    copy.tamper(statement)
    by_database, by_http = copy.findings()
    told = {(rule, copy.origin.index(name) if name else None) for rule, name in found}
    assert (by_database, by_http) == (told, told if over_http is None else over_http)


def test_a_figure_of_a_withdrawn_lot(copy: Copy) -> None:
    copy.tamper("UPDATE figure SET burdens[1] = -1000 WHERE lot = {d} AND version = 4")
    index = copy.origin.index("4")
    assert copy.findings() == ({("figures", index)}, {("figures", index)})


def test_how_much_a_balance_is_of(copy: Copy) -> None:
    copy.tamper("UPDATE balance SET quantity = quantity * 2 WHERE lot = {b}")
    assert ("balances", copy.origin.index("b")) in copy.findings()[0]


def test_revisions_in_another_order(copy: Copy) -> None:
    """The second amendment of a made out to have been the first: its older figure would be shown."""
    first, second = copy.origin.index("1"), copy.origin.index("2")
    copy.tamper("UPDATE revision SET version = version + 100 WHERE version IN (1, 2)")
    copy.tamper("UPDATE revision SET version = 103 - version WHERE version > 100")
    by_database, by_http = copy.findings()
    assert by_database == by_http
    assert {("figures", first), ("figures", second), ("body", first), ("body", second)} <= by_database
    assert {index for _, index in by_database} == {first, second}


def test_a_lie_that_is_carried_through(copy: Copy) -> None:
    """A tenth of a's newest figures, and of all that was made of it: the entries still say otherwise."""
    copy.tamper("UPDATE figure SET burdens = ARRAY(SELECT x / 10 FROM unnest(burdens) x) WHERE version IN (2, 3)")
    by_database, by_http = copy.findings()
    assert by_database == by_http == {("figures", copy.origin.index(name)) for name in ("2", "3")}


@pytest.mark.parametrize("statement", [
    "UPDATE revised SET outcome = sha256('') WHERE record = {@b} AND version = 1",
    "DELETE FROM revised WHERE record = {@c} AND version = 1",
    "INSERT INTO revised SELECT {@q}, 1, false, NULL, NULL, sha256('')",
])
def test_receipts_of_before_prove_what_was(copy: Copy, statement: str) -> None:
    """The one that the API gives now does not hold any more, and says in which step."""
    origin = copy.origin
    assert copy.receipt("1") == origin.receipts["1"]
    copy.tamper(statement)
    now = copy.receipt("1")
    assert now != origin.receipts["1"]
    with pytest.raises(VerificationError, match=r"4\. leaves\[.\] is not in the entry's outcome"):
        verify_receipt(now, origin.identity.vkey)
    assert verify_receipt(origin.receipts["1"], origin.identity.vkey).index == origin.index("1")
    # An original is proved by its own entry, whatever became of it.
    (lot,) = verify_receipt(origin.receipts["a"], origin.identity.vkey).lots
    assert (lot.burdens["fossilGhgEmissions"], copy.receipt("a")) == ("50.0", origin.receipts["a"])


def test_where_the_plugin_is_not_installed(copy: Copy) -> None:
    """What is stored is taken as the assessments, so the audit has only compared; figures are computed all the same."""
    by_database, by_http = copy.reports(Registry([]))
    assert (by_database, by_database.ok, by_database.findings) == (by_http, False, [])
    assert by_database.not_recomputed == {"works/1.0.0": 10}
    assert by_database.recomputed == 0
    assert [note for note in by_database.notes if "works/1.0.0" in note] == [
        "not recomputed: 10 records of works/1.0.0, whose version is not installed here; their stored assessments "
        "were taken as they are"
    ]


@pytest.mark.parametrize("case", ["a result", "a result of the newest version", "a figure", "a quantity", "a flow"])
def test_a_change_where_the_plugin_is_not_installed(copy: Copy, case: str) -> None:
    """The entry commits to what was stored then, so a change is found with no plugin at all."""
    statement, found, _ = CASES[case]
    copy.tamper(statement)
    index = copy.origin.index(next(iter(found))[1])
    for report in copy.reports(Registry([])):
        # What follows from the lie differs as well.
        assert min([one.index for one in report.findings if one.index is not None]) == index


def test_an_audit_from_outside(copy: Copy) -> None:
    """The command line, over a socket, says rule and index."""
    copy.tamper(CASES["a figure"][0])
    with Server(copy.origin.home, copy.database.url) as server:
        checked = server.audit("--json")
        assert checked.returncode == 1, checked.stderr
        report = msgspec.json.decode(checked.stdout)
    assert [(one["rule"], one["index"]) for one in report["findings"]] == [("figures", copy.origin.index("1"))]
