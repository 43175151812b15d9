"""An operator who changes the database, with every trigger off: the audit finds what, where, and by which rule.

Each case works on a copy of one ledger of some 400 entries, or of one with a mill's lots alone. `CHECK` constraints
stay unless a case says otherwise.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import asyncpg
import httpx
import msgspec
import pytest
from support.anchors import begun_anchor
from support.databases import Database, copied
from support.generator import generate, parties
from support.parties import enrolment, nonces
from support.server import Posted, Server, command, prepared_home
from support.witness import Witness, registry, roots_at
from support.workshop import Workshop

from ledger.admission.apply import apply
from ledger.admission.state import State
from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.core.log.entry import Entry, parse_entry
from ledger.core.log.frontier import Frontier
from ledger.core.log.merkle import leaf_hash
from ledger.core.log.note import NoteSigner
from ledger.core.outcome.leaves import outcome_root
from ledger.core.receipts.receipt import Receipt, read_receipt, verify_receipt
from ledger.core.record import canonical
from ledger.core.record.kinds import Amendment
from ledger.core.record.revisions import Change
from ledger.engine.prepare import prepare
from ledger.engine.prepared import Submission
from ledger.engine.record_outcome import Outcome, outcome_of
from ledger.engine.sectors import Registry
from ledger.errors import VerificationError
from ledger.footprint.stored.figures import LotFigures
from ledger.host.files.key_files import LOG_KEY, read_key
from ledger.service.audit_source.database import DatabaseSource
from ledger.service.audit_source.rows import entry_rows, stored_leaves
from ledger.service.setup import Identity
from ledger.store.database import DatabasePool, open_pool
from ledger.store.embedded import EmbeddedPostgres

SEED, SIZE = 3, 330
Finding = tuple[str, int | None]


class Origin(NamedTuple):
    """The ledger that all cases copy. `receipts` of the mill's records by their first output's short name."""

    home: Path
    identity: Identity
    postgres: EmbeddedPostgres
    mill: Workshop
    receipts: Mapping[str, Receipt]
    checkpoint: str
    size: int

    def index(self, lot: str) -> int:
        return self.receipts[lot].index


@contextmanager
def stopped_ledger(fill: Callable[[Server, Workshop], Mapping[str, Posted]]) -> Iterator[Origin]:
    """The database of a ledger, its server stopped. `fill` posts what comes first, and says which records of the mill's
    come last."""
    with prepared_home() as home:
        with Server(home) as server:
            mill = Workshop("mill")
            posted = fill(server, mill)
            receipts = dict(zip(posted, server.post(list(posted.values())), strict=True))
            checkpoint = httpx.get(f"{server.url}/log/checkpoint").text
            size = httpx.get(f"{server.url}/health/ready").json()["size"]
            vkey, name = server.vkey, server.origin
        identity = Identity(name, vkey, NoteSigner(name, read_key(home / LOG_KEY).private))
        with EmbeddedPostgres(home) as postgres:
            yield Origin(home, identity, postgres, mill, receipts, checkpoint, size)


def lots_of(server: Server, mill: Workshop) -> dict[str, Posted]:
    """A mill's lots a, b, c, d, each of the one before, and its own last record."""
    server.post([mill.enrolment(server), *mill.opening()])
    return {
        "a": mill.mine("a", "100", co2="50"), "b": mill.make({"b": "60", "b2": "20"}, {"a": "80"}),
        "c": mill.make({"c": "40"}, {"b": "40"}), "d": mill.make({"d": "30"}, {"c": "35"}),
        "used": mill.use({"d": "10"}),
    }


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    """The mill's lots after a network."""
    def fill(server: Server, mill: Workshop) -> Mapping[str, Posted]:
        members, new = parties(SEED, SIZE), nonces(SEED, "enrol")
        server.post([
            (server.registrar, enrolment(one, server.registrar, server.origin, next(new))) for one in members
        ])
        network = list(generate(SEED, SIZE))
        # Several requests, so that there are several batches, of which some end inside a tile.
        for start in range(0, len(network), 90):
            server.post(network[start : start + 90])
        return lots_of(server, mill)

    with stopped_ledger(fill) as found:
        yield found


class Copy:
    """A database that holds the same ledger."""

    def __init__(self, origin: Origin, database: Database) -> None:
        self.origin = origin
        self.url = database.url
        self.tamper = database.tamper
        self.execute = database.execute
        self.fetch = database.fetch
        self._run = database.run

    def number(self, lot: str) -> int:
        (row,) = self.fetch("SELECT number FROM lot WHERE id = $1", self.origin.mill.name(lot))
        return row["number"]

    def audit(self, known: Registry | None = None) -> AuditReport:
        async def run() -> AuditReport:
            async with self._pool() as pool:
                source = DatabaseSource(pool, self.origin.identity)
                return await audit(source, known or registry(), AuditOptions(vkey=self.origin.identity.vkey))

        return self._run(run())

    def findings(self) -> list[Finding]:
        report = self.audit()
        assert report.ok == (not report.findings)
        return [(one.rule, one.index) for one in report.findings]

    def stored_outcome(self, index: int) -> bytes:
        """The outcome root over the leaves that the rows of a record make now."""
        async def run() -> bytes:
            async with self._pool() as pool:
                (row,) = await entry_rows(pool, index, index + 1)
                return outcome_root(stored_leaves(row))

        return self._run(run())

    def served(self) -> Server:
        """With an anchor of the copy's own: whoever writes the log anew has thrown away their memory of it first."""
        anchor = self.origin.home / f"anchor-{urlsplit(self.url).path[1:]}"
        return Server(self.origin.home, self.url, anchor=begun_anchor(anchor, self.origin.home))

    @asynccontextmanager
    async def _pool(self) -> AsyncIterator[DatabasePool]:
        pool = await open_pool(self.url)
        try:
            yield pool
        finally:
            await pool.close()


@pytest.fixture
def copy(origin: Origin) -> Iterator[Copy]:
    with copied(origin.postgres) as database:
        yield Copy(origin, database)


@pytest.fixture(scope="module")
def lots() -> Iterator[Origin]:
    """The mill's lots alone."""
    with stopped_ledger(lots_of) as found:
        yield found


@pytest.fixture
def small(lots: Origin) -> Iterator[Copy]:
    """For what is found alike in a log of any length."""
    with copied(lots.postgres) as database:
        yield Copy(lots, database)


def test_an_untouched_copy_holds(copy: Copy) -> None:
    report = copy.audit()
    assert report.ok, report.findings
    assert report.entries == report.signatures == copy.origin.size > 300
    assert report.recomputed == report.records["Transformation"] > 150
    assert report.figures == report.balances > 400


# --- stored results that the log does not commit to -------------------------------------------------------------------


FIGURE = "UPDATE figure SET … WHERE lot = $1"
LOT = "UPDATE lot SET … WHERE number = $1"
BALANCE = "UPDATE balance SET remaining = … WHERE lot = $1"


@pytest.mark.parametrize("change", [
    "burdens[1] = burdens[1] + 0.001", "burdens[1] = burdens[1] * (1 + 1e-15)", "burdens[12] = 'Infinity'",
    "amount[1] = amount[1] / 2", "content[1] = 'mess'", "share = share / 2",
    "method = 'cut-off/2'", "plugin = 'works/2'", "plugin = NULL",
])
def test_a_figure(small: Copy, change: str) -> None:
    small.tamper(FIGURE.replace("…", change), small.number("b"))
    assert set(small.findings()) == {("figures", small.origin.index("b"))}


def test_a_missing_figure(small: Copy) -> None:
    small.tamper("DELETE FROM figure WHERE lot = $1", small.number("b"))
    assert ("figures", small.origin.index("b")) in small.findings()


def test_an_assessment(small: Copy) -> None:
    """Leaf 0 of an outcome, which says what the record itself emitted."""
    small.tamper(
        "UPDATE record SET outcome = replace(convert_from(outcome, 'UTF8'), '\"50\"', '\"5\"')::bytea WHERE index = $1",
        small.origin.index("a"),
    )
    assert small.findings() == [("figures", small.origin.index("a"))]


@pytest.mark.parametrize("content", ["x", "{}", "[]", '{"leaf":"assessment","salt":"","assessment":7,"method":""}'])
def test_an_assessment_that_is_none(small: Copy, content: str) -> None:
    """Where the plugin is not installed, what follows from it cannot be told either."""
    index = small.origin.index("a")
    small.tamper("UPDATE record SET outcome = convert_to($1, 'UTF8') WHERE index = $2", content, index)
    assert small.findings() == [("figures", index)]
    first = small.audit(Registry([])).findings[0]
    assert (first.rule, first.index) == ("malformed", index)
    assert str(first.column).startswith("record.outcome")


@pytest.mark.parametrize("change", [
    "quantity = quantity * 2", "holder = 'urn:example:org-1'", "role = 'coProduct'", "mass = 1",
    "item = 'urn:example:x'", "role = 'waste', origin = 'preConsumer'", "process = 'works.smelt'",
    "previous_life = '7'", "composition = '{\"materials\":{\"gold\":\"1\"}}'", "unit = 'TNE'",
    "owner = 'urn:example:org-1'", "sender = 'urn:example:org-1'", "pool = 'urn:example:org-1:heap'",
    "credit = 'recycling:steel'", "expires = '2025-12-31T00:00:00Z'",
    "made = '2025-12-31T00:00:00Z'", "since = '2025-12-31T00:00:00Z'",
])
def test_a_fact_of_a_lot(small: Copy, change: str) -> None:
    small.tamper(LOT.replace("…", change), small.number("c"))
    found = small.findings()
    assert ("lots", small.origin.index("c")) in found
    assert {index for _, index in found} == {small.origin.index("c")}


@pytest.mark.parametrize("value", ["7", "null", '{"materials":7}', '{"metals":{}}'])
def test_a_composition_that_is_none(small: Copy, value: str) -> None:
    small.tamper(LOT.replace("…", f"composition = '{value}'"), small.number("c"))
    (found,) = small.audit().findings
    assert (found.rule, found.index) == ("malformed", small.origin.index("c"))
    assert str(found.column).startswith("lot.composition")


@pytest.mark.parametrize("remaining", ["0", "quantity", "remaining - 0.000000001"])
def test_a_balance(small: Copy, remaining: str) -> None:
    small.tamper(BALANCE.replace("…", remaining), small.number("b"))
    assert small.findings() == [("balances", small.origin.index("b"))]


def test_a_missing_balance(small: Copy) -> None:
    small.tamper("DELETE FROM balance WHERE lot = $1", small.number("c"))
    report = small.audit()
    assert [(one.rule, one.index) for one in report.findings] == [("balances", small.origin.index("c"))]
    assert small.origin.mill.name("c") in report.findings[0].message


@pytest.mark.parametrize("change", [
    "UPDATE flow SET quantity = quantity / 2 WHERE lot = $1", "UPDATE flow SET lot = lot + 1 WHERE lot = $1",
    "DELETE FROM flow WHERE lot = $1",
    "INSERT INTO flow SELECT record, position + 1, lot, quantity FROM flow WHERE lot = $1",
])
def test_a_flow(small: Copy, change: str) -> None:
    """What `trace` shows, and how an input's part of a footprint is told."""
    small.tamper(change, small.number("b"))
    found = small.findings()
    assert found
    assert {rule for rule, _ in found} == {"flows"}


def test_a_missing_lot(small: Copy) -> None:
    lot = small.number("c")
    small.tamper("DELETE FROM figure WHERE lot = $1", lot)
    small.tamper("DELETE FROM balance WHERE lot = $1", lot)
    small.tamper("DELETE FROM lot WHERE number = $1", lot)
    found = small.findings()
    assert {("figures", small.origin.index("c")), ("lots", small.origin.index("c"))} <= set(found)


@pytest.mark.parametrize("where", ["beside others", "of a record without lots", "beyond the log"])
def test_a_lot_out_of_nothing(small: Copy, where: str) -> None:
    """A hundred kilograms of green steel that no record made."""
    indices = {"beside others": small.origin.index("c"), "of a record without lots": small.origin.index("used"),
               "beyond the log": small.origin.size + 7}
    index, model = indices[where], small.number("c")
    new = index * 1024 + 9
    small.tamper(
        "INSERT INTO lot (number, id, product, holder, role, quantity, unit, mass, facility, process) SELECT $1, "
        "id || '-green', product, holder, role, quantity, unit, mass, facility, process FROM lot WHERE number = $2",
        new, model,
    )
    small.tamper(
        "INSERT INTO figure (lot, version, method, plugin, share, burdens, content, amount) SELECT $1, version, "
        "method, plugin, share, burdens, content, amount FROM figure WHERE lot = $2", new, model,
    )
    small.tamper("INSERT INTO balance VALUES ($1, 40, 40)", new)
    found = small.findings()
    assert ("balances", index) in found
    assert {one for _, one in found} == {index}


# --- rows of revisions -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def amended() -> Iterator[Origin]:
    """The mill's lots alone. At last the record of b and b2 was amended: it took 60 kg of a instead of 80, and made 50
    and 10 kg; so c, d and what was used of d are figured anew."""
    def fill(server: Server, mill: Workshop) -> Mapping[str, Posted]:
        posted = lots_of(server, mill)
        (_, before), (_, now) = posted["b"], mill.make({"b": "50", "b2": "10"}, {"a": "60"})
        fields = {name: msgspec.Raw(msgspec.json.encode(getattr(now, name))) for name in ("inputs", "outputs")}
        change = Change(record=canonical.digest(canonical.encode(before)).hex(), fields=fields)
        amendment = Amendment(issuer=mill.id, nonce=mill.nonce(), reason="weighed again", changes=[change])
        return {**posted, "amended": mill.signed(amendment)}

    with stopped_ledger(fill) as found:
        yield found


@pytest.fixture
def revised(amended: Origin) -> Iterator[Copy]:
    with copied(amended.postgres) as database:
        yield Copy(amended, database)


def test_an_untouched_revision_holds(revised: Copy) -> None:
    report = revised.audit()
    assert report.ok, report.findings
    # a, b, b2, c and d as made, and b, b2, c and d once more.
    assert (report.figures, report.balances) == (5 + 4, 5)


@pytest.mark.parametrize("change", [
    "UPDATE figure SET burdens[1] = burdens[1] * 2 WHERE lot = {b} AND version = 1",
    "UPDATE figure SET burdens[1] = 0 WHERE lot = {c} AND version = 1",
    "UPDATE figure SET share = share / 2 WHERE lot = {b} AND version = 1",
    "UPDATE figure SET amount[1] = amount[1] / 2 WHERE lot = {c} AND version = 1",
    "DELETE FROM figure WHERE lot = {c} AND version = 1",
    "UPDATE figure SET version = 2 WHERE lot = {b} AND version = 1",
    "UPDATE lot_version SET quantity = quantity * 2 WHERE number = {b}",
    "UPDATE lot_version SET mass = 1 WHERE number = {b}",
    "UPDATE lot_version SET composition = '{{\"materials\":{{\"gold\":\"1\"}}}}' WHERE number = {b}",
    "DELETE FROM lot_version WHERE number = {b}",
    "UPDATE flow SET quantity = quantity / 2 WHERE record = {b} / 1024 AND version = 1",
    "DELETE FROM flow WHERE record = {b} / 1024 AND version = 1",
    "INSERT INTO flow SELECT record, 9, lot, quantity, 1 FROM flow WHERE record = {b} / 1024 AND version = 1",
    "UPDATE revised SET body = replace(convert_from(body, 'UTF8'), '60', '6')::bytea WHERE record = {b} / 1024",
    "UPDATE revised SET body = NULL WHERE record = {b} / 1024",
    "UPDATE revised SET own = true WHERE record = {c} / 1024",
    "UPDATE revised SET own = false WHERE record = {b} / 1024",
    "UPDATE revised SET outcome = sha256('') WHERE record = {b} / 1024",
    "UPDATE revised SET leaf = leaf || ' '::bytea WHERE record = {c} / 1024",
    "DELETE FROM revised WHERE record = {c} / 1024",
    "INSERT INTO revised VALUES ({a} / 1024, 1, false, NULL, NULL, sha256(''))",
    "DELETE FROM revision", "UPDATE revision SET version = 2", "UPDATE revision SET record = record - 1",
    "UPDATE head SET revisions = 0",
])
def test_a_row_of_a_revision(revised: Copy, change: str) -> None:
    """What is stored otherwise is found at the record that revises."""
    revised.tamper(change.format(**{lot: revised.number(lot) for lot in ("a", "b", "c")}))
    found = revised.findings()
    assert revised.origin.index("amended") in {index for _, index in found}


REVISIONS = {
    "a better figure":
        "INSERT INTO figure SELECT lot, 1, method, plugin, share, ARRAY(SELECT x / 10 FROM unnest(burdens) x), "
        "content, amount FROM figure WHERE lot = $1",
    "a lot twice as large, of which a part carries half":
        "INSERT INTO lot_version SELECT number, 1, quantity * 2, mass * 2, composition, facility, process, false "
        "FROM lot WHERE number = $1",
    "a withdrawal":
        "INSERT INTO revised SELECT lot / 1024, 1, true, NULL, NULL, sha256('') FROM figure WHERE lot = $1",
    "a taker that takes less":
        "WITH less AS (INSERT INTO flow SELECT record, position, lot, quantity / 2, 1 FROM flow WHERE lot = $1) "
        "INSERT INTO revised SELECT w.record, 1, true, r.body, r.outcome, substr(e.data, 131, 32) FROM flow w "
        "JOIN record r ON r.index = w.record JOIN entry e ON e.index = w.record WHERE w.lot = $1",
}


@pytest.mark.parametrize("what", REVISIONS)
def test_a_revision_that_no_record_made(small: Copy, what: str) -> None:
    """Answers show the newest version of a row; only an amendment or a closing on the log may make one."""
    small.tamper(REVISIONS[what], small.number("b"))
    assert small.findings()


@pytest.mark.parametrize("what", [what for what in REVISIONS if what != "a taker that takes less"])
def test_more_than_its_record_made_of_a_revision(revised: Copy, what: str) -> None:
    """Of lot a, which the amendment left as it was."""
    revised.tamper(REVISIONS[what], revised.number("a"))
    assert revised.findings()


# --- entries and bodies ----------------------------------------------------------------------------------------------


def change_entry(copy: Copy, index: int, change: Callable[[Entry], Entry]) -> None:
    """As an operator would who knows that the leaf hash is checked."""
    (row,) = copy.fetch("SELECT data FROM entry WHERE index = $1", index)
    data = change(parse_entry(row["data"])).to_bytes()
    copy.tamper("UPDATE entry SET data = $1, leaf_hash = sha256('\\x00'::bytea || $1) WHERE index = $2", data, index)


def tree_findings(copy: Copy, index: int) -> set[Finding]:
    """What a changed entry does to the tree: every batch from it on, and the tile that it is in."""
    ends = [row["size"] for row in copy.fetch("SELECT size FROM batch WHERE size > $1", index)]
    tile: set[Finding] = {("tiles", None)} if index < copy.origin.size // 256 * 256 else set()
    return {("root", None), *[("batches", end - 1) for end in ends], *tile}


def test_a_body(small: Copy) -> None:
    """The database itself refuses it; an operator can drop that constraint."""
    index = small.origin.index("b")
    change = "UPDATE record SET body = body || ' '::bytea WHERE index = $1"
    with pytest.raises(asyncpg.CheckViolationError):
        small.tamper(change, index)
    small.execute(
        "DO $$ DECLARE name text; BEGIN FOR name IN SELECT conname FROM pg_constraint WHERE contype = 'c' "
        "AND conrelid = 'record'::regclass LOOP EXECUTE format('ALTER TABLE record DROP CONSTRAINT %I', name); "
        "END LOOP; END $$"
    )
    small.tamper(change, index)
    assert small.findings()[0] == ("body", index)


def test_a_body_with_its_digest_in_the_entry(small: Copy) -> None:
    """All hashes fit; the supplier's signature does not."""
    index = small.origin.index("a")
    (row,) = small.fetch("SELECT body FROM record WHERE index = $1", index)
    body = row["body"].replace(b'"co2":"50"', b'"co2":"5"')
    digest = canonical.digest(body)
    small.tamper("UPDATE record SET body = $1, digest = $2 WHERE index = $3", body, digest, index)
    change_entry(small, index, lambda entry: entry._replace(digest=digest))
    found = small.findings()
    assert found[0] == ("signature", index)
    assert tree_findings(small, index) <= set(found)


def test_a_missing_body(small: Copy) -> None:
    index = small.origin.index("b")
    small.tamper("DELETE FROM record WHERE index = $1", index)
    assert small.findings()[0] == ("body", index)


def test_an_outcome(small: Copy) -> None:
    index = small.origin.index("b")
    change_entry(small, index, lambda entry: entry._replace(outcome=bytes(32)))
    assert set(small.findings()) == {("outcome", index), *tree_findings(small, index)}


def test_a_time(small: Copy) -> None:
    index = small.origin.index("b")
    change_entry(small, index, lambda entry: entry._replace(time=entry.time - 3_600_000))
    assert set(small.findings()) == {("time", index), *tree_findings(small, index)}


def test_a_time_from_before_the_record(small: Copy) -> None:
    """The rules judge a record by the time of its entry: in 1970 nobody could know of it."""
    index = small.origin.index("b")
    change_entry(small, index, lambda entry: entry._replace(time=1))
    assert {("time", index), ("admission", index), *tree_findings(small, index)} <= set(small.findings())


def test_a_kind(copy: Copy) -> None:
    """A record that is passed off as private."""
    (row,) = copy.fetch("SELECT min(index) AS index FROM record WHERE type = 'organization' AND index > 0")
    change_entry(copy, row["index"], lambda entry: entry._replace(kind=0))
    found = copy.findings()
    assert {("body", row["index"]), ("signature", row["index"]), *tree_findings(copy, row["index"])} <= set(found)


def test_a_key(copy: Copy) -> None:
    """Another organisation's key in the entry, with a signature that was made for another record."""
    index = copy.origin.index("b")
    (row,) = copy.fetch("SELECT data FROM entry WHERE index = 20")
    other = parse_entry(row["data"])
    change_entry(copy, index, lambda entry: entry._replace(keyid=other.keyid, signature=other.signature))
    found = copy.findings()
    assert found[0] == ("signature", index)
    assert ("admission", index) in found


def test_a_cut_off_end(copy: Copy) -> None:
    copy.tamper("DELETE FROM entry WHERE index = $1", copy.origin.size - 1)
    assert {("complete", None), ("root", None)} <= set(copy.findings())


def test_entries_in_another_order(copy: Copy) -> None:
    """Two products of one organisation, whose order matters to no rule and no figure."""
    first, second = [row["index"] for row in copy.fetch(
        "SELECT index FROM record WHERE type = 'product' ORDER BY index LIMIT 2"
    )]
    assert second == first + 1
    copy.tamper(
        "UPDATE entry SET data = other.data, leaf_hash = other.leaf_hash FROM entry other "
        "WHERE entry.index IN ($1::bigint, $1::bigint + 1) AND other.index = 2 * $1::bigint + 1 - entry.index", first,
    )
    for old, new in ((first, 1_000_000), (second, first), (1_000_000, second)):
        copy.tamper("UPDATE record SET index = $1 WHERE index = $2", new, old)
    # Which record entered a product is stored too, by its index.
    assert set(copy.findings()) == {*tree_findings(copy, first), ("names", first), ("names", second)}


# --- the log's own rows ----------------------------------------------------------------------------------------------


def test_a_root_of_a_batch(copy: Copy) -> None:
    (row,) = copy.fetch("SELECT size FROM batch WHERE size < $1 ORDER BY size DESC LIMIT 1", copy.origin.size)
    copy.tamper("UPDATE batch SET root = sha256('') WHERE size = $1", row["size"])
    assert copy.findings() == [("batches", row["size"] - 1)]


def test_a_batch_too_many(copy: Copy) -> None:
    """A size that was never signed."""
    (row,) = copy.fetch("SELECT max(size) AS size FROM batch WHERE size < $1", copy.origin.size)
    copy.tamper("INSERT INTO batch VALUES ($1, sha256(''))", row["size"] - 1)
    assert copy.findings() == [("batches", row["size"] - 2)]


@pytest.mark.parametrize(("change", "finding"), [
    ("DELETE FROM entry WHERE index = 100", ("order", 100)),
    ("DELETE FROM batch WHERE size = (SELECT max(size) FROM batch)", ("batches", None)),
    ("UPDATE tile SET hashes = overlay(hashes PLACING sha256('') FROM 33) WHERE level = 0 AND index = 0",
     ("tiles", None)),
    ("DELETE FROM tile WHERE level = 0 AND index = 0", ("tiles", None)),
    ("UPDATE head SET root = sha256('')", ("root", None)),
])
def test_a_row_of_the_log(copy: Copy, change: str, finding: Finding) -> None:
    copy.tamper(change)
    assert copy.findings() == [finding]


# --- lies that are consistent ----------------------------------------------------------------------------------------


class Restated(NamedTuple):
    index: int
    entry: Entry
    outcome: Outcome
    figures: Sequence[LotFigures]


def restate(copy: Copy, lot: str, times: float) -> list[Restated]:
    """Every result as it would be, had `lot` been given so many times its burdens: the lie, carried through by the
    ledger's own rules to all that was made of it."""
    state, figures, found = State(copy.origin.identity.origin), dict[str, LotFigures](), []
    plugins = registry()
    for row in copy.fetch("SELECT e.index, e.data, r.body FROM entry e JOIN record r USING (index) ORDER BY index"):
        entry, record = parse_entry(row["data"]), canonical.decode_record(row["body"])
        submission = Submission(record, row["body"], entry.digest, entry.keyid, entry.signature)
        prepared = prepare(submission, state, plugins)
        outcome = outcome_of(prepared, figures)
        made = list(outcome.figures.outputs)
        for i, created in enumerate(prepared.plan.created):
            if created.facts.id == lot:
                made[i] = LotFigures(tuple([times * amount for amount in made[i].burdens]), made[i].contents)
            figures[created.facts.id] = made[i]
        found.append(Restated(row["index"], entry, outcome, made))
        apply(state, record, entry.digest, prepared.plan)
    return found


def write_figures(copy: Copy, restated: Sequence[Restated]) -> set[int]:
    """Stores restated figures and first leaves; the indices of the records whose rows that changed."""
    changed = set()
    for one in restated:
        rows = copy.fetch("SELECT lot, burdens FROM figure WHERE lot / 1024 = $1 ORDER BY lot", one.index)
        for row, figures in zip(rows, one.figures, strict=True):
            if tuple(row["burdens"]) != figures.burdens:
                changed.add(one.index)
                copy.tamper("UPDATE figure SET burdens = $1 WHERE lot = $2", figures.burdens, row["lot"])
        if not one.outcome.leaves:
            continue
        (stored,) = copy.fetch("SELECT outcome FROM record WHERE index = $1", one.index)
        if stored["outcome"] != one.outcome.leaves[0]:
            changed.add(one.index)
            copy.tamper("UPDATE record SET outcome = $1 WHERE index = $2", one.outcome.leaves[0], one.index)
    return changed


def test_a_figure_and_all_that_follows_from_it(copy: Copy) -> None:
    """Rows, leaves, descendants, what a later consumption retains: the entries still say otherwise."""
    origin = copy.origin
    changed = write_figures(copy, restate(copy, origin.mill.name("b"), 0.1))
    assert changed == {origin.index(lot) for lot in ("b", "c", "d", "used")}
    assert set(copy.findings()) == {("figures", index) for index in changed}
    with copy.served() as server:
        checked = server.audit()
        assert checked.returncode == 1, checked.stderr
        assert f"index {origin.index('b')}, rule figures" in checked.stdout
        # What the API now hands out no longer proves, and names the step; what it handed out before still does.
        now = receipt_now(server, origin.receipts["b"])
        assert now.leaves[1].leaf != origin.receipts["b"].leaves[1].leaf
        with pytest.raises(VerificationError, match=r"4\. leaves\[.\] is not in the entry's outcome"):
            verify_receipt(now, origin.identity.vkey)
        answered = httpx.get(f"{server.url}/v1/footprint", params={"lot": origin.mill.name("b")}).json()
        proved = verify_receipt(origin.receipts["b"], origin.identity.vkey)
        figure = float(proved.lots[0].burdens["fossilGhgEmissions"])
        assert answered["burdens"]["fossilGhgEmissions"] == pytest.approx(figure / 10)


def receipt_now(server: Server, receipt: Receipt) -> Receipt:
    return read_receipt(httpx.get(f"{server.url}/v1/records/{receipt.digest}/proof").content)


def test_verify_on_the_command_line(copy: Copy, tmp_path: Path) -> None:
    """The earlier receipt shows the original figure; the one of now does not hold. Then the audit says where."""
    origin = copy.origin
    copy.tamper(FIGURE.replace("…", "burdens[1] = burdens[1] / 10"), copy.number("b"))
    (tmp_path / "then.json").write_bytes(msgspec.json.encode(origin.receipts["b"]))
    with copy.served() as server:
        (tmp_path / "now.json").write_bytes(msgspec.json.encode(receipt_now(server, origin.receipts["b"])))
        then, now = [
            command(origin.home, "verify", str(tmp_path / f"{name}.json"), "--vkey", server.vkey, "--json")
            for name in ("then", "now")
        ]
    assert (then.returncode, now.returncode) == (0, 1)
    leaf = msgspec.json.decode(origin.receipts["b"].leaves[1].leaf)
    (told,) = msgspec.json.decode(then.stdout)
    assert told["lots"][0]["burdens"]["fossilGhgEmissions"] == float(leaf["burdens"]["fossilGhgEmissions"])
    (told,) = msgspec.json.decode(now.stdout)
    assert told["problem"]["code"] == "wrong-leaf"
    checked = command(origin.home, "audit", copy.url, "--vkey", origin.identity.vkey, "--json")
    assert checked.returncode == 1, checked.stderr
    report = msgspec.json.decode(checked.stdout)
    assert not report["ok"]
    assert [(one["rule"], one["index"]) for one in report["findings"]] == [("figures", origin.index("b"))]


def test_a_log_written_anew(copy: Copy) -> None:
    """The operator holds the log's key: entries, tiles, roots and head are made again around the lie, and signed. The
    audit recomputes the figures; every receipt and checkpoint given before says that there are two logs."""
    origin, lied = copy.origin, restate(copy, copy.origin.mill.name("b"), 0.1)
    changed = write_figures(copy, lied)
    entries = [bytes(row["data"]) for row in copy.fetch("SELECT data FROM entry ORDER BY index")]
    for index in sorted(changed):
        entries[index] = lied[index].entry._replace(outcome=copy.stored_outcome(index)).to_bytes()
        change_entry(copy, index, lambda _, changed=entries[index]: parse_entry(changed))
    sizes = [row["size"] for row in copy.fetch("SELECT size FROM batch")]
    for size, root in roots_at(entries, sizes).items():
        if size:
            copy.tamper("UPDATE batch SET root = $1 WHERE size = $2", root, size)
    hashes = [leaf_hash(entry) for entry in entries]
    assert len(hashes) < 512
    full = hashes[:256]
    copy.tamper("UPDATE tile SET hashes = $1, root = $2", b"".join(full), Frontier().extended(full).root())
    frontier = Frontier().extended(hashes)
    copy.tamper("UPDATE head SET root = $1, frontier = $2", frontier.root(), frontier.to_bytes())
    assert {("outcome", origin.index("b")), ("figures", origin.index("b"))} <= set(copy.findings())
    assert {rule for rule, _ in copy.findings()} == {"outcome", "figures"}
    with copy.served() as server:
        # Each by itself proves: this is why one keeps receipts and checkpoints, and compares.
        verify_receipt(receipt_now(server, origin.receipts["b"]), server.vkey)
        verify_receipt(origin.receipts["b"], server.vkey)
        witness = Witness(server.vkey)
        witness.note(origin.checkpoint)
        with pytest.raises(AssertionError, match=f"a checkpoint of size {origin.size}"):
            witness.check(server.url)
        assert server.audit().returncode == 1
