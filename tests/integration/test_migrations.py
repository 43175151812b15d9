"""A database that the first version of the schema holds, with a ledger in it, is brought up to date: every row, figure
and receipt is what it was, the audit holds, and the ledger goes on from there."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import asyncpg
import httpx
import pytest
from msgspec import Raw
from msgspec.structs import replace
from support.databases import EXPIRING, LOGGED, Database, copied
from support.generator import generate, parties
from support.parties import enrolment, nonces
from support.server import Posted, Server, prepared_home
from support.witness import Witness, audited, registry
from support.workshop import END, Workshop, kilograms

from ledger.answers.products import ProductAnswer
from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.core.log.note import NoteSigner
from ledger.core.outcome.assessment import BURDENS
from ledger.core.receipts.receipt import read_receipt, verify_receipt
from ledger.core.record.kinds import Acceptance, Addition, Amendment, KeyChange, Organization, Pool, Transfer
from ledger.core.record.revisions import Change
from ledger.core.record.values import Flow
from ledger.core.signatures.signing import SigningKey, public_key
from ledger.errors import ConfigurationError
from ledger.footprint.stored.burdens import whole
from ledger.host.files.key_files import LOG_KEY, read_key
from ledger.service.audit_source.database import DatabaseSource
from ledger.service.queries.product.read import read_product
from ledger.service.queries.questions import PeriodQuestion
from ledger.service.setup import Identity
from ledger.store.database import open_pool
from ledger.store.embedded import EmbeddedPostgres
from ledger.store.migrating.migrate import migrate
from ledger.store.migrating.versions import needed_version
from ledger.store.sql import migrations

SEED, SIZE = 9, 220
BURDENS_THEN: Final = BURDENS.index("provisionalAbs")
"""The burdens of the first version: those before `provisionalAbs`."""
KEPT_OTHERWISE: Final = {
    ("figure", "from_index"): "lot / 1024", ("figure", "burdens"): f"burdens[1:{BURDENS_THEN}]",
}
"""Columns of the first version, made of those of today."""
SINCE: Final = ("revision", "revised", "lot_version", "pool", "closing", "reopening", "provisional", "dispute",
                "opening", "attestation", "claim", "report", "compromise", "key_change", "publication", "renewal",
                "log_key", "plugin_archive", "group_goods", "standing_acceptance", "arrival",
                "access_grant", "grant_revocation", "reader", "reader_revocation", "published", "publication_end",
                "client", "client_revocation", "token_key", "access_root", "erasure")
"""Tables that the first version did not have."""
GOODS: Final = "group_goods"
"""Totals by younger rules, which the ledger of this test has: a real log of the first version has no such rows."""
WITHOUT_ERASURE: Final = """
    DROP TABLE erasure;
    DROP FUNCTION forbid_unlogged_erasure, forbid_unlogged_erasure_of_revised, forbid_change_but_erasing CASCADE;
    ALTER TABLE record DROP COLUMN erased, ADD CONSTRAINT record_check CHECK (digest = sha256(body));
    CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON record
        FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
    CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON revised
        FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()"""
"""Takes out of the schema of today what erasures brought."""
WITHOUT_VERIFYING: Final = """
    DROP FUNCTION verify_log, verify_log_tree, verify_log_results, verify_log_conservation, verify_log_balances,
        verify_log_leaf, verify_log_figures, verify_log_salt, verify_log_root, verify_log_figure CASCADE"""
"""Takes out of it what checks a database in SQL."""
WITHOUT_NAMES: Final = """
    DROP INDEX organization_record, prefix_organization, signing_key_record, revocation_record, facility_record,
        product_record, acceptance_record, pool_record, reopening_record, dispute_record"""
"""Takes out of it the indexes by which an audit finds what a record entered."""


class Made(NamedTuple):
    """A ledger that holds no record which the first version did not know. `mined` is the digest of the record of lot a,
    `receipts` by digest and `answers` by lot are what its server gave out."""

    home: Path
    identity: Identity
    postgres: EmbeddedPostgres
    mill: Workshop
    smith: Workshop
    mined: str
    receipts: Mapping[str, bytes]
    answers: Mapping[str, Any]


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    """A network; a mill, a part of whose lot goes to a smith, who accepts it; an organisation that changes its key."""
    with prepared_home() as home:
        # Newer rules date lots, in columns that the first version did not have.
        with Server(home, program="support.earlier_rules") as server:
            members, new = parties(SEED, SIZE), nonces(SEED, "enrol")
            mill, smith, changer = Workshop("mill"), Workshop("smith"), Workshop("changer")
            below = child_of(mill, server, "daughter")
            network: list[Posted] = [
                *[(server.registrar, enrolment(one, server.registrar, server.origin, next(new))) for one in members],
                *generate(SEED, SIZE), *[one.enrolment(server) for one in (mill, smith, changer)], below,
            ]
            receipts = [receipt for start in range(0, len(network), 90)
                        for receipt in server.post(network[start : start + 90])]
            receipts += server.post([*mill.opening(), *smith.opening(), change_of_key(server, changer)])
            (mined,) = server.post([mill.mine("a", "100", co2="50")])
            receipts += [mined, *server.post([mill.make({"b": "60", "b2": "20"}, {"a": "80"}), mill.use({"b2": "5"})])]
            (sent,) = server.post([mill.send("b", "30", smith, "sent")])
            accepted = Acceptance(issuer=smith.id, nonce=smith.nonce(), transfer=sent.digest)
            receipts += [sent, *server.post([smith.signed(accepted)])]
            lots = [*lots_of(network)[::10], *[mill.name(lot) for lot in ("a", "b", "b2", "sent")]]
            given = {receipt.digest: proof(server, receipt.digest) for receipt in receipts}
            answers = {lot: footprint(server, lot) for lot in lots}
            vkey, origin = server.vkey, server.origin
        identity = Identity(origin, vkey, NoteSigner(origin, read_key(home / LOG_KEY).private))
        with EmbeddedPostgres(home) as postgres:
            yield Made(home, identity, postgres, mill, smith, mined.digest, given, answers)


def child_of(parent: Workshop, server: Server, name: str) -> Posted:
    """An organisation with a parent, and a name that text of PostgreSQL cannot hold."""
    registrar, one = Workshop(name).enrolment(server)
    assert isinstance(one, Organization)
    return registrar, replace(one, parent=parent.id, names={"en": '\0 "parent":"nobody"'})


def change_of_key(server: Server, of: Workshop) -> Posted:
    new = public_key(SigningKey.from_seed(b"\7" * 32), server.origin, of.id)
    return of.signed(KeyChange(
        issuer=of.id, nonce=of.nonce(), organization=of.id, added=[new], revoked=[of.party.key.keyid.hex()],
    ))


def lots_of(posted: Sequence[Posted]) -> list[str]:
    return [output.lot for _, record in posted for output in getattr(record, "outputs", ())]


def proof(server: Server, digest: str) -> bytes:
    response = httpx.get(f"{server.url}/v1/records/{digest}/proof", timeout=60)
    response.raise_for_status()
    return response.content


def footprint(server: Server, lot: str) -> Any:
    response = httpx.get(f"{server.url}/v1/footprint", params={"lot": lot}, timeout=60)
    response.raise_for_status()
    return response.json()


def tables(database: Database) -> list[str]:
    return [row["tablename"] for row in database.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


def columns(database: Database, table: str) -> list[str]:
    rows = database.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND table_schema = 'public' "
        "ORDER BY ordinal_position", table,
    )
    return [row["column_name"] for row in rows]


def rows_of(database: Database, table: str) -> list[tuple[Any, ...]]:
    """All rows, in the order of their text, columns by name. Burdens that did not exist when a row was stored are
    zero."""
    chosen = ", ".join(sorted(columns(database, table)))
    rows = database.fetch(f"SELECT {chosen} FROM {table} t ORDER BY t::text COLLATE \"C\"")
    return [
        tuple([whole(value) if (table, name) == ("figure", "burdens") else value for name, value in row.items()])
        for row in rows
    ]


def turn_back(now: Database, then: Database) -> None:
    """Makes of an empty database what the first version would have made of the same records."""
    then.execute(migrations()[0].script)
    then.execute("INSERT INTO schema_version (version) VALUES (1)")
    for table in tables(then):
        if table != "schema_version":
            names = columns(then, table)
            chosen = ", ".join([KEPT_OTHERWISE.get((table, name), name) for name in names])
            rows = now.fetch(f"SELECT {chosen} FROM {table}")
            assert rows, f"no row of {table} would be converted"
            then.fill(table, names, rows)


@pytest.fixture
def today(made: Made) -> Iterator[Database]:
    with copied(made.postgres) as found:
        # Of a server with code to keep; the first version kept none.
        found.tamper("DELETE FROM plugin_archive")
        yield found


@pytest.fixture
def first(made: Made, today: Database) -> Iterator[Database]:
    """The same ledger as the first version of the schema held it."""
    with copied(made.postgres, "template0") as found:
        turn_back(today, found)
        yield found


def audit_of(made: Made, database: Database) -> AuditReport:
    async def run() -> AuditReport:
        pool = await open_pool(database.url)
        try:
            source = DatabaseSource(pool, made.identity)
            return await audit(source, registry(), AuditOptions(vkey=made.identity.vkey))
        finally:
            await pool.close()

    return database.run(run())


def test_turning_back_loses_nothing(today: Database, first: Database) -> None:
    """What the other tests rest on: the ledger has nothing that the first version could not hold."""
    assert {*tables(today)} == {*tables(first), *SINCE, *EXPIRING, "spent_id", "access_day"}
    assert {*SINCE} < {*LOGGED}
    for table in SINCE:
        # Changes of keys were there before, and are found in their bodies.
        if table != GOODS:
            assert len(rows_of(today, table)) == (table == "key_change")
    assert today.one("SELECT revisions FROM head") == 0
    assert today.one(f"SELECT count(*) FROM figure WHERE version <> 0 OR burdens[{BURDENS_THEN + 1}] <> 0") == 0
    assert today.one("SELECT count(*) FROM flow WHERE version <> 0") == 0
    assert today.one("SELECT count(*) FROM lot WHERE coalesce(owner, pool, credit, expires) IS NOT NULL") == 0
    assert today.one("SELECT count(*) FROM lot WHERE sender IS NOT NULL") > 20
    lengths = {row["n"] for row in first.fetch("SELECT DISTINCT cardinality(burdens) AS n FROM figure")}
    assert lengths == {BURDENS_THEN}
    assert "sender" not in columns(first, "lot")


def test_it_is_not_read_before(made: Made, first: Database) -> None:
    needed = needed_version(migrations())
    with pytest.raises(ConfigurationError, match=f"the schema has version 1, this program needs {needed}: run init"):
        audit_of(made, first)
    assert [row["version"] for row in first.fetch("SELECT version FROM schema_version")] == [1]


def lengthened(rows: Sequence[Any]) -> list[Any]:
    """The rows with vectors in full length: a burden that did not exist then is zero."""
    short = BURDENS.index("provisionalAbs") + 1
    return [
        tuple([[*value, *([0.0] * (len(BURDENS) - short))] if isinstance(value, list) and len(value) == short else value
               for value in row])
        for row in rows
    ]


def test_every_row_is_what_it_would_be_today(made: Made, today: Database, first: Database) -> None:
    asyncio.run(migrate(first.url))
    first.fill(GOODS, columns(today, GOODS), today.fetch(f"SELECT * FROM {GOODS}"))
    versions = [row["version"] for row in first.fetch("SELECT version FROM schema_version ORDER BY version")]
    assert versions == [migration.number for migration in migrations()]
    assert {*tables(first)} == {*tables(today)}
    for table in tables(today):
        if table != "schema_version":
            assert columns(first, table) == columns(today, table), table
            assert lengthened(rows_of(first, table)) == rows_of(today, table), table
    report, expected = audit_of(made, first), audit_of(made, today)
    assert report.ok, report.findings
    assert report == expected
    assert report.entries == report.signatures > 256
    assert report.recomputed > 100


def test_the_second_version_gains_an_index(made: Made, today: Database) -> None:
    """Rows stay what they are, and lots that were there before are found by product.

    The mill made 100 kg with 50 kg of CO2, and of 80 of them 80 kg with another 1: 50 + 41 over 180 kg. What the smith
    was sent it did not make.
    """
    index = "SELECT indexdef FROM pg_indexes WHERE indexname = 'lot_product'"
    before = {table: rows_of(today, table) for table in tables(today) if table not in ("schema_version", GOODS)}
    definition = today.one(index)
    today.execute(WITHOUT_VERIFYING)
    today.execute(WITHOUT_ERASURE)
    today.execute(WITHOUT_NAMES)
    today.execute("ALTER TABLE organization DROP COLUMN parent")
    today.execute("ALTER TABLE activation DROP COLUMN precedence")
    today.execute("ALTER TABLE lot DROP COLUMN made, DROP COLUMN since, DROP COLUMN place, DROP COLUMN carried")
    today.execute("ALTER TABLE lot_version DROP COLUMN place, DROP COLUMN carried")
    today.execute("DROP TABLE plugin_archive, report, compromise, key_change, renewal, publication, log_key, "
                  "group_goods, arrival, standing_acceptance, grant_revocation, access_grant, reader_revocation, "
                  "reader, publication_end, published, client_revocation, client, token_key, spent_id, "
                  "access, access_day, access_root, access_tile; "
                  "DROP FUNCTION forbid_change_but_expiring, forbid_row_of_closed_day, forbid_reopening; "
                  "DROP INDEX lot_product, record_issuer, facility_operator, product_owner, prefix_bytes, "
                  "organization_bytes, record_seed; "
                  "DELETE FROM schema_version; "
                  "INSERT INTO schema_version (version) VALUES (2)")
    with pytest.raises(ConfigurationError, match="the schema has version 2"):
        audit_of(made, today)
    asyncio.run(migrate(today.url))
    assert today.one("SELECT max(version) FROM schema_version") == migrations()[-1].number
    assert today.one(index) == definition
    assert {table: rows_of(today, table) for table in before} == before

    async def ask() -> ProductAnswer:
        pool = await open_pool(today.url)
        try:
            return await read_product(pool, PeriodQuestion(made.mill.name("part")))
        finally:
            await pool.close()

    answer = today.run(ask())
    assert (answer.number_of_lots, answer.quantity) == (3, kilograms("180"))
    assert answer.footprint_per_unit == pytest.approx(91 / 180, rel=1e-12)


def test_a_second_time_changes_nothing(today: Database, first: Database) -> None:
    asyncio.run(migrate(first.url))
    before = {table: rows_of(first, table) for table in tables(first)}
    asyncio.run(migrate(first.url))
    assert {table: rows_of(first, table) for table in tables(first)} == before


def test_what_is_logged_only_grows_again(first: Database) -> None:
    """Migrations change rows with triggers off; afterwards these are on."""
    asyncio.run(migrate(first.url))
    for table in LOGGED:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only grows"):
            first.execute(f"DELETE FROM {table}")


def test_a_server_brings_it_up_to_date_and_goes_on(made: Made, first: Database) -> None:
    """Receipts and answers are those of before, byte for byte; and what is new takes what was there.

    b: 60 of the 80 kg that are made of 80 of a's 100 kg. a emitted 50 kg of CO2, making b another 1, so b carries
    60/80 * (80/100 * 50 + 1) = 30.75, the 30 kg that were sent half of it, 15.375. Of these 20 kg go back: 10.25.
    A pool takes those, and 30 of the 60 kg of b, which carry 15.375: together 25.625.
    Then a turns out to have emitted 60 kg: b carries 60/80 * (80/100 * 60 + 1) = 36.75, 30 kg of it 18.375, 20 kg
    12.25, and the pool 30.625.
    """
    mill, smith = made.mill, made.smith
    with first.served(made.home) as server:
        assert server.vkey == made.identity.vkey
        for digest, receipt in made.receipts.items():
            assert proof(server, digest) == receipt
        assert {lot: footprint(server, lot) for lot in made.answers} == made.answers
        assert co2(server, mill.name("sent")) == pytest.approx(15.375, rel=1e-12)
        # Only who was sent a lot can send it back, which rests on a column that the first version did not have.
        back = [Transfer(
            issuer=smith.id, nonce=smith.nonce(), lot=mill.name("sent"), quantity=kilograms("20"), to=to,
            new_lot=smith.name("back"), time=END, purpose="return",
        ) for to in (server.registrar.id, mill.id)]
        (problem,) = server.submit(server.envelopes([smith.signed(back[0])]))
        assert isinstance(problem, dict)
        assert (problem["code"], problem["field"]) == ("wrong-return", "to")
        pool = Pool(issuer=mill.id, nonce=mill.nonce(), id=mill.name("heap"), facility=mill.name("site"),
                    product=mill.name("part"))
        added = Addition(issuer=mill.id, nonce=mill.nonce(), pool=pool.id, time=END, inputs=[
            Flow(lot=smith.name("back"), quantity=kilograms("20")), Flow(lot=mill.name("b"), quantity=kilograms("30")),
        ])
        server.post([smith.signed(back[1])])
        receipts = server.post([mill.signed(pool), mill.signed(added)])
        assert co2(server, smith.name("back")) == pytest.approx(10.25, rel=1e-12)
        assert co2(server, f"{pool.id}:1") == pytest.approx(25.625, rel=1e-12)
        proved = verify_receipt(read_receipt(proof(server, receipts[-1].digest)), server.vkey)
        assert [lot.lot for lot in proved.lots] == [f"{pool.id}:1"]
        change = Change(record=made.mined, fields={"activity": Raw(b'{"co2":"60"}')})
        server.post([mill.signed(Amendment(
            issuer=mill.id, nonce=mill.nonce(), reason="the meter was read wrongly", changes=[change],
        ))])
        for lot, figure in ((mill.name("b"), 36.75), (mill.name("sent"), 18.375), (smith.name("back"), 12.25),
                            (f"{pool.id}:1", 30.625)):
            assert co2(server, lot) == pytest.approx(figure, rel=1e-12)
        Witness(server.vkey).check(server.url)
        report = audited(server)
        assert report.ok, report.findings


def co2(server: Server, lot: str) -> float:
    found: float = footprint(server, lot)["burdens"]["fossilGhgEmissions"]
    return found
