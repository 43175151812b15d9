"""The owner of the database takes the witnesses from a log that has some: rows of `publication` and `renewal` go, or
are others, and a server publishes what nobody has cosigned. The anchor and the log say that it has witnesses.

Each case works on a copy of the database, with a copy of the anchor.
"""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import pytest
from click.testing import CliRunner
from support.databases import Database, copied
from support.publishing import Site, acknowledged, proof, receipt, site, three_witnesses
from support.server import Server, command
from support.waiting import until
from support.witness import registry
from support.workshop import Workshop, workshop

from ledger.app import create_app
from ledger.cli.console import CommandRun
from ledger.cli.root import cli
from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.client.audit.run_public import audit_public
from ledger.client.audit.source.http import HttpSource
from ledger.client.audit.source.public import PublicSource
from ledger.client.http import Reader
from ledger.client.mirror.source import HttpLog
from ledger.core.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.log.note import NoteSigner
from ledger.core.log.policy import ACTIVATED, FORMAT, parse_policy
from ledger.errors import ConfigurationError
from ledger.host.files.key_files import LOG_KEY, REGISTRAR_KEY, read_key
from ledger.service.audit_source.database import DatabaseSource
from ledger.service.heads import publication
from ledger.service.ledger import open_ledger
from ledger.service.settings import Settings
from ledger.service.setup import Identity
from ledger.store.anchor import fields_of, open_anchor
from ledger.store.database import open_pool
from ledger.store.embedded import EmbeddedPostgres

Finding = tuple[str, int | None]
STRIPPED: Final = ("DELETE FROM renewal", "DELETE FROM publication")
_numbers = count(1)


class Held(NamedTuple):
    """A log with witnesses that is at rest; `sizes` of its published heads."""

    place: Site
    identity: Identity
    postgres: EmbeddedPostgres
    sizes: list[int]

    @property
    def newest(self) -> int:
        return self.sizes[-1]


@pytest.fixture(scope="module")
def held() -> Iterator[Held]:
    with site() as place, three_witnesses(place):
        with place.serve(CARBON_LEDGER_RENEW_SECONDS="1") as server:
            shop = workshop(server, "shop", pot="100")
            for lot in ("a", "b"):
                (answer,) = acknowledged(server, [shop.make({lot: "1"}, {"pot": "1"})])
                receipt(proof(server, answer.digest, wait=30))
            for _ in range(2):
                last = max(place.checkpoint(server.url).times.values())
                until(lambda last=last: min(place.checkpoint(server.url).times.values()) > last)
        identity = Identity(place.origin, place.vkey, NoteSigner(place.origin, read_key(place.home / LOG_KEY).private))
        with EmbeddedPostgres(place.home) as postgres, Database(postgres.owner_url) as database:
            sizes = [row["size"] for row in database.fetch("SELECT size FROM publication ORDER BY size")]
            database.disconnect()
            yield Held(place, identity, postgres, sizes)


class Copy(NamedTuple):
    """A copy of it, and of its anchor."""

    held: Held
    database: Database
    anchor: Path

    def tamper(self, *statements: str) -> None:
        for one in statements:
            self.database.tamper(one)

    def by_database(self, *, policy: bool = True, anchor: bool = True) -> AuditReport:
        async def run() -> AuditReport:
            pool = await open_pool(self.database.url)
            try:
                source = DatabaseSource(
                    pool, self.held.identity, anchor=open_anchor(str(self.anchor)) if anchor else None,
                    policy=self.held.place.policy_file.read_bytes() if policy else None,
                )
                return await audit(source, registry(), AuditOptions(vkey=self.held.identity.vkey))
            finally:
                await pool.close()

        return self.database.run(run())

    def found(self) -> set[Finding]:
        return {(one.rule, one.index) for one in self.by_database().findings}


@pytest.fixture
def copy(held: Held) -> Iterator[Copy]:
    anchor = held.place.home / f"anchor-{next(_numbers)}"
    shutil.copy(held.place.home / "anchor", anchor)
    with copied(held.postgres) as database:
        yield Copy(held, database, anchor)


def test_an_untouched_copy_holds(held: Held, copy: Copy) -> None:
    assert len(held.sizes) >= 3
    assert copy.database.one("SELECT max(number) FROM renewal") >= 2
    report = copy.by_database()
    assert report.ok, report.findings
    assert not [note for note in report.notes if "cosign" in note]
    without = copy.by_database(policy=False, anchor=False)
    assert without.ok
    assert [note for note in without.notes if "cosignatures were not checked" in note]
    fields = fields_of(copy.anchor.read_text())
    assert fields == {"witnesses": held.place.policy.digest, "published": str(held.newest)}


def test_the_log_names_its_witnesses(held: Held, copy: Copy) -> None:
    """By an activation of the registrar's, which a server enters that has the key, once."""
    rows = copy.database.fetch(f"SELECT digest, retired FROM activation WHERE plugin = '{ACTIVATED}'")
    assert [(row["digest"], row["retired"]) for row in rows] == [(held.place.policy.digest, False)]


@pytest.mark.parametrize("also", [[], [f"DELETE FROM activation WHERE plugin = '{ACTIVATED}'"]])
def test_no_server_begins_without_its_policy(held: Held, copy: Copy, also: list[str]) -> None:
    """Where all rows are gone the anchor says so; where the anchor says nothing, the log does."""
    copy.tamper(*STRIPPED, *also)
    assert _refused(held, copy) == "no-policy"
    assert _refused(held, copy, policy=held.place.policy_file) == "publication-lost"
    if not also:
        (held.place.home / "bare").unlink(missing_ok=True)
        bare = copy._replace(anchor=_without_fields(copy))
        assert _refused(held, bare) == "no-policy"
        assert _refused(held, bare, policy=held.place.policy_file) == "publication-lost"


def test_no_server_publishes_by_a_weaker_policy_behind_the_registrar_s_back(held: Held, copy: Copy) -> None:
    """Its key is elsewhere: neither `quorum none` nor other witnesses are for the server to begin with."""
    weaker = held.place.home / "weaker"
    away = held.place.home / REGISTRAR_KEY
    away.rename(away.with_suffix(".away"))
    try:
        for lines in ("quorum none\n", held.place.policy_file.read_text().replace("all-of-them 2", "all-of-them 1")):
            weaker.write_text(lines)
            assert _refused(held, copy, policy=weaker) == "policy-not-active"
    finally:
        away.with_suffix(".away").rename(away)


def test_audits_find_a_log_that_was_stripped(
    held: Held, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the database, over HTTP, and of the public log: a server that checks nothing publishes as if it had none."""
    copy.tamper(*STRIPPED)
    entered = copy.database.one(f"SELECT record FROM activation WHERE plugin = '{ACTIVATED}'")
    assert copy.found() == {("published", 0), ("published", entered)}
    alone = copy.by_database(policy=False, anchor=False)
    assert [one.rule for one in alone.findings] == ["published"]
    monkeypatch.setattr(publication, "check_start", lambda *_, **__: None)

    async def outside() -> list[AuditReport]:
        settings = Settings(home=held.place.home, database_url=copy.database.url, anchor=str(copy.anchor),
                            access="open")
        async with open_ledger(settings, registry=registry()) as ledger, httpx.AsyncClient(
            transport=httpx.ASGITransport(app=create_app(ledger)), base_url="http://ledger"
        ) as client:
            vkey = held.identity.vkey
            return [
                await audit(HttpSource(Reader(client)), registry(), AuditOptions(vkey=vkey)),
                await audit_public(PublicSource(HttpLog(Reader(client))), AuditOptions(vkey=vkey)),
            ]

    for found in copy.database.run(outside()):
        assert {(one.rule, one.index) for one in found.findings} == {("witnesses", None)}, found.findings


TAMPERED: Final = {
    "a head without cosignatures": ("UPDATE publication SET note = $1 WHERE size = {newest}", "witnesses"),
    "a head without the log's signature": ("UPDATE publication SET note = $2 WHERE size = {newest}", "published"),
    "a head with half a quorum": ("UPDATE publication SET note = $3 WHERE size = {newest}", "witnesses"),
    "a cosignature of nobody": ("UPDATE publication SET note = $4 WHERE size = {newest}", "witnesses"),
    "a cosignature that does not hold": ("UPDATE publication SET note = $5 WHERE size = {newest}", "witnesses"),
    "a renewal without cosignatures": (
        "UPDATE renewal SET note = $1 WHERE (size, number) = ({newest}, 1)", "witnesses"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_note_that_is_another(held: Held, copy: Copy, what: str) -> None:
    change, rule = TAMPERED[what]
    (note,) = [row["note"] for row in copy.database.fetch(
        "SELECT note FROM publication ORDER BY size DESC LIMIT 1")]
    text, _, lines = note.partition("\n\n")
    log, first, *rest = lines.splitlines(keepends=True)
    root = copy.database.one("SELECT root FROM batch ORDER BY size DESC LIMIT 1")
    bare = sign_checkpoint(Checkpoint(held.place.origin, held.newest, bytes(root)), held.identity.signer)
    assert note.startswith(bare)
    name, _, data = first.removeprefix("— ").rstrip("\n").partition(" ")
    flipped = data[:40] + ("A" if data[40] != "A" else "B") + data[41:]
    values = {
        "$1": bare, "$2": f"{text}\n\n{first}{''.join(rest)}", "$3": f"{text}\n\n{log}{first}",
        "$4": f"{text}\n\n{log}{''.join(rest)}{first.replace(name, 'stranger')}",
        "$5": f"{text}\n\n{log}— {name} {flipped}\n{''.join(rest)}",
    }
    (key,) = [key for key in values if key in change]
    copy.database.tamper(change.format(newest=held.newest).replace(key, "$1"), values[key])
    assert copy.found() == {(rule, held.newest - 1)}


ROWS: Final = {
    "the newest head": ("DELETE FROM publication WHERE size = {newest}", ("published", "newest")),
    "an earlier renewal": ("DELETE FROM renewal WHERE (size, number) = ({newest}, 1)", ("published", "last")),
    "the head that was renewed": (
        "UPDATE renewal SET size = {before} WHERE size = {newest}", ("published", "before")),
    "a head of no batch": (
        "INSERT INTO publication SELECT size + 5, note FROM publication WHERE size = {newest}",
        ("published", "beyond")),
    "renewals in another order": (
        "UPDATE renewal r SET note = (SELECT note FROM renewal o WHERE o.size = r.size AND o.number = 3 - r.number) "
        "WHERE size = {newest} AND number < 3", ("published", "last")),
    "notes of two heads swapped": (
        "UPDATE publication p SET note = (SELECT note FROM publication o WHERE o.size = {newest} + {before} - p.size) "
        "WHERE size IN ({newest}, {before})", ("published", "last")),
}


@pytest.mark.parametrize("what", ROWS)
def test_rows_of_published_heads(held: Held, copy: Copy, what: str) -> None:
    change, (rule, where) = ROWS[what]
    before = held.sizes[-2]
    indexes = {"newest": before, "last": held.newest - 1, "before": before - 1, "beyond": held.newest + 4}
    copy.tamper(change.format(newest=held.newest, before=before))
    found = copy.found()
    assert (rule, indexes[where]) in found, found
    assert {one for one, _ in found} == {rule}


def test_the_anchor_beside_a_database(held: Held, copy: Copy) -> None:
    """A database that is behind what was signed here, or another, is no database of which everything holds."""
    heads = copy.database.fetch("SELECT size, root FROM batch ORDER BY size DESC LIMIT 1")
    size, root = heads[0]["size"], bytes(heads[0]["root"])
    other = Checkpoint(held.place.origin, size, bytes(32))
    ahead = Checkpoint(held.place.origin, size + 3, root)
    for head, index in ((ahead, size), (other, None)):
        copy.anchor.write_text(sign_checkpoint(head, held.identity.signer))
        assert copy.found() == {("anchor", index)}
    strange = NoteSigner(held.place.origin, read_key(held.place.home / REGISTRAR_KEY).private)
    copy.anchor.write_text(sign_checkpoint(Checkpoint(held.place.origin, size, root), strange))
    assert copy.found() == {("anchor", None)}
    copy.anchor.write_text("nothing")
    assert copy.found() == {("anchor", None)}
    copy.anchor.unlink()
    assert [note for note in copy.by_database().notes if "there is no anchor" in note]


def _refused(held: Held, copy: Copy, policy: Path | None = None) -> str | None:
    """The code with which a server does not start."""
    async def run() -> None:
        settings = Settings(home=held.place.home, database_url=copy.database.url, anchor=str(copy.anchor),
                            policy=policy)
        async with open_ledger(settings, registry=registry()):
            pass

    with pytest.raises(ConfigurationError) as caught:
        copy.database.run(run())
    return caught.value.code


def _without_fields(copy: Copy) -> Path:
    """An anchor as an earlier version has left it."""
    bare = copy.anchor.with_name("bare")
    head = copy.database.fetch("SELECT size, root FROM batch ORDER BY size DESC LIMIT 1")[0]
    bare.write_text(sign_checkpoint(
        Checkpoint(copy.held.place.origin, head["size"], bytes(head["root"])), copy.held.identity.signer))
    return bare


def test_the_operator_gives_up_what_was_published(held: Held, copy: Copy) -> None:
    """Where the rows are lost for good: a server begins again, and audits keep saying what happened."""
    copy.tamper(*STRIPPED)
    variables = {**held.place.variables, "CARBON_LEDGER_DATABASE_URL": copy.database.url,
                 "CARBON_LEDGER_ANCHOR": str(copy.anchor)}
    size = copy.database.one("SELECT size FROM head")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        shown = CliRunner().invoke(cli, ["anchor", "show", "--home", str(held.place.home)], obj=CommandRun())
        assert "the anchor says that a head of" in shown.output
        done = CliRunner().invoke(
            cli, ["anchor", "accept", "--size", str(size), "--home", str(held.place.home)], obj=CommandRun())
        assert done.exit_code == 0, done.output
    with Server(held.place.home, copy.database.url, (), copy.anchor, "ledger.cli", **held.place.variables) as server:
        until(lambda: held.place.policy.satisfied(held.place.policy.cosigned(
            httpx.get(f"{server.url}/log/checkpoint", timeout=30).raise_for_status().text)))
    assert copy.found() == {("witnesses", size - 1)}


def test_nothing_is_published_by_a_policy_that_was_replaced(held: Held, copy: Copy) -> None:
    """The registrar names another one while a server runs: no head with that entry is shown before it is cosigned as
    the log asks. The last one here: the witnesses follow this copy from now on."""
    other = held.place.home / "other-policy"
    other.write_text(held.place.policy_file.read_text() + "# the same witnesses\n")
    digest = parse_policy(other.read_bytes()).digest
    arguments = (held.place.home, copy.database.url, (), copy.anchor, "ledger.cli")
    with Server(*arguments, **held.place.variables) as server:
        done = command(held.place.home, "plugin", "activate", ACTIVATED, "--version", FORMAT, "--digest", digest,
                       "--url", server.url)
        assert done.returncode == 0, done.stderr
        acknowledged(server, [Workshop("late").enrolment(server)])
        size = held.place.checkpoint(server.url).checkpoint.size
        assert copy.database.one("SELECT size FROM head") > size + 1
        assert held.place.checkpoint(server.url).checkpoint.size == size
    assert _refused(held, copy, policy=held.place.policy_file) == "policy-not-active"
    with Server(*arguments, **{**held.place.variables, "CARBON_LEDGER_POLICY": str(other)}) as server:
        until(lambda: held.place.checkpoint(server.url).checkpoint.size == copy.database.one("SELECT size FROM head"))
    assert copy.by_database().ok
