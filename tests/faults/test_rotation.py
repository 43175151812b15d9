"""The log's key is rotated while servers run: whoever pinned the old key, or the new one, goes on without a break."""

import asyncio
import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from msgspec import UNSET, Raw
from support import prefork
from support.databases import Database
from support.server import Server, command, environment, prepared_home, temporary_home
from support.waiting import until
from support.witness import registry
from support.workshop import Workshop, workshop

from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.client.audit.source.http import http_source
from ledger.client.verify.bundle import ReplayedKeys, verify_bundle
from ledger.core.log.checkpoint import open_checkpoint, sign_checkpoint
from ledger.core.log.inclusion_proof import parse_proof
from ledger.core.log.key_rotation import LogKeys, rotations_in
from ledger.core.log.note import NoteSigner, parse_note, parse_vkey
from ledger.core.receipts.acknowledgement import acknowledge
from ledger.core.receipts.bundle import TAG, Bundle
from ledger.core.receipts.receipt import Receipt
from ledger.core.signatures.signing import SigningKey
from ledger.errors import VerificationError
from ledger.host.files.key_files import LOG_KEY, read_key
from ledger.service.heads.keyring import vkey_of
from ledger.store.embedded import EmbeddedPostgres, attach


@pytest.fixture
def home() -> Iterator[Path]:
    with prepared_home() as found:
        yield found


def told(home: Path, *arguments: str, code: int = 0, url: str | None = None) -> Any:
    """What `key rotate-log` prints with --json, on stderr where it fails."""
    done = prefork.run(
        [*prefork.COMMAND, "key", "rotate-log", *arguments, "--json"], env=environment(home, url),
        cwd="/", capture_output=True, text=True, timeout=60, check=False,
    )
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout or done.stderr.splitlines()[-1])


def checkpoint(server: Server) -> str:
    response = httpx.get(f"{server.url}/log/checkpoint", timeout=60)
    assert response.status_code == 200, response.text
    return response.text


def signed_by(note: str, *vkeys: str) -> bool:
    """Whether these keys signed, and no other."""
    lines = {line.key_hash for line in parse_note(note).signatures}
    if lines != {parse_vkey(one).key_hash for one in vkeys}:
        return False
    verifiers = [parse_vkey(one) for one in vkeys]
    return len({open_checkpoint(note, one.name, one) for one in verifiers}) == 1


def note_of(receipt: Receipt) -> str:
    return parse_proof(receipt.proof).checkpoint_note


def use(server: Server, shop: Workshop) -> Receipt:
    (receipt,) = server.post([shop.use({"pot": "1"})])
    return receipt


def audited(server: Server, vkey: str) -> AuditReport:
    async def run() -> AuditReport:
        async with http_source(server.url) as source:
            return await audit(source, registry(), AuditOptions(vkey=vkey))

    return asyncio.run(run())


def verified(home: Path, folder: Path, receipt: Receipt, vkey: str, *options: str) -> bool:
    file = folder / "receipt.json"
    file.write_bytes(msgspec.json.encode(receipt))
    done = command(home, "verify", str(file), "--vkey", vkey, *options)
    assert done.returncode in (0, 1), done
    return done.returncode == 0


def test_a_rotation_from_beginning_to_end(home: Path, tmp_path: Path) -> None:
    """Two servers run through it. In the overlap both keys sign everything; afterwards the new one alone; the chain of
    notes leads from either to the other, online and offline, for what was signed before as well."""
    with Server(home) as first, Server(home) as second:
        old, shop = first.vkey, workshop(first, "works", pot="1000")
        before = use(first, shop)
        assert signed_by(checkpoint(first), old)
        assert told(home, "--finish", code=1)["code"] == "no-rotation"

        begun = told(home)
        new = begun["new"]
        assert begun["old"] == old
        assert new.partition("+")[0] == first.origin
        assert told(home, code=1)["code"] == "rotation-begun"
        for server in (first, second):
            assert signed_by(checkpoint(server), old, new)
            assert httpx.get(f"{server.url}/log/vkey").text.strip() == new
        overlapping = use(second, shop)
        assert signed_by(note_of(overlapping), old, new)
        again = httpx.get(f"{first.url}/v1/records/{overlapping.digest}/proof")
        assert again.content == msgspec.json.encode(overlapping)
        statement = httpx.get(f"{first.url}/v1/statement", params={"lot": shop.name("pot")}).content
        for vkey in (old, new):
            report = audited(second, vkey)
            assert report.ok, report.findings
            assert verified(home, tmp_path, overlapping, vkey)

        told(home, "--finish")
        shutil.move(home / LOG_KEY, tmp_path / "put-away.pem")
        after = use(first, shop)
        for server in (first, second):
            assert signed_by(checkpoint(server), new)
        assert signed_by(note_of(after), new)
        chain = tmp_path / "keys.json"
        chain.write_bytes(httpx.get(f"{first.url}/log/keys").content)
        for vkey in (old, new):
            report = audited(first, vkey)
            assert report.ok, report.findings
            for receipt in (before, overlapping, after):
                assert verified(home, tmp_path, receipt, vkey, "--log-keys", str(chain))
        assert verified(home, tmp_path, before, old, "--log", second.url)
        assert not verified(home, tmp_path, after, old)
        assert not verified(home, tmp_path, before, new)
        (tmp_path / "statement.json").write_bytes(statement)
        checked = ["verify", str(tmp_path / "statement.json"), "--on", "2025-06-01", "--vkey"]
        assert command(home, *checked, old).returncode == command(home, *checked, new).returncode == 0
    with Server(home) as server:
        assert server.vkey == new
        told(home)
        assert len(rotations_in(httpx.get(f"{server.url}/log/keys").content)) == 3
        newest = told(home, "--finish")["new"]
        assert signed_by(checkpoint(server), newest)
        report = audited(server, old)
        assert report.ok, report.findings


def test_everyone_who_pinned_the_old_key_follows(home: Path, tmp_path: Path) -> None:
    """Audits of all sources, exports, files to verify: each with the old key alone, and each says where it was led."""
    folder, bundle, statement = tmp_path / "log", tmp_path / "bundle.json", tmp_path / "statement.json"
    with Server(home) as server:
        old, shop = server.vkey, workshop(server, "works", pot="1000")
        use(server, shop)

        def run(*arguments: str) -> str:
            done = command(home, *arguments, "--vkey", old)
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout + done.stderr

        state = ("audit", server.url, "--state", str(tmp_path / "state"))
        public = ("audit", server.url, "--public", "--state", str(tmp_path / "public"))
        export = ("export", "log", str(folder), "--from", server.url)
        for one in (state, public, export):
            assert "was rotated" not in run(*one)
        new = told(home)["new"]
        for file in ("state", "public"):
            shutil.copy(tmp_path / file, tmp_path / f"{file}-of-before")
        for one in (state, public, export):
            assert f"to {new}, which signs together with it" in run(*one)
        told(home, "--finish")
        use(server, shop)
        for kind, file, lot in (("bundle", bundle, shop.name("pot")), ("footprint", statement, shop.name("pot"))):
            assert command(home, "export", kind, lot, "--url", server.url, "--output", str(file)).returncode == 0
        early = ("--on", "2025-06-01")
        for one in (
            state, public, export, ("export", "log", str(tmp_path / "fresh"), "--from", server.url),
            ("export", "log", str(tmp_path / "home")), ("audit",), ("audit", server.url),
            ("audit", server.url, "--public"), ("audit", str(folder)), ("audit", str(tmp_path / "home")),
            ("verify", str(bundle), *early), ("verify", str(bundle), *early, "--log", server.url),
            ("verify", str(statement), *early, "--log", server.url),
            ("verify", str(statement), *early, "--log-keys", str(folder / "keys")),
        ):
            assert f"to {new}, which signs now" in run(*one), one
        # From a state of the old key's, or of both, who names the new one goes on as well; another one is refused.
        elsewhere = NoteSigner(server.origin, SigningKey.from_seed(bytes(32)).private)
        for *arguments, file in (state, public):
            for kept in (file, f"{file}-of-before"):
                refused = command(home, *arguments, kept, "--vkey", vkey_of(elsewhere))
                assert (refused.returncode, refused.stdout) == (1, "")
                assert "no rotation leads from it to the given vkey" in refused.stderr
                done = command(home, *arguments, kept, "--vkey", new)
                assert done.returncode == 0, done.stdout + done.stderr
                assert "where the last audit ended" in done.stdout
                assert "was rotated" not in done.stdout
        refused = command(home, "verify", str(statement), "--vkey", old)
        assert refused.returncode == 1
        assert "2. its claims are signed by the log: DOES NOT HOLD" in refused.stdout
        # The key that is in wrong hands signs on, after all have seen its end.
        chain = httpx.get(f"{server.url}/log/keys").content
        (folder / "checkpoint").write_text(sign_checkpoint(
            LogKeys(old, rotations_in(chain)).opened(checkpoint(server)),
            NoteSigner(server.origin, read_key(home / LOG_KEY).private),
        ))
        refused = command(home, "audit", str(folder), "--vkey", old)
        assert refused.returncode == 1
        assert "entries ended at" in refused.stdout


def test_what_a_retired_key_acknowledges_is_refused(home: Path) -> None:
    """A bundle that holds the whole chain does not help a promise that was made after the end."""
    with Server(home) as server:
        shop, old = workshop(server, "works", pot="1000"), server.vkey
        told(home)
        told(home, "--finish")
        receipt = use(server, shop)
        promise = acknowledge(receipt.index, base64.b64decode(receipt.entry), [],
                              [NoteSigner(server.origin, read_key(home / LOG_KEY).private)])
        notes = rotations_in(httpx.get(f"{server.url}/log/keys").content)
        for given, held in (((), notes), (notes, UNSET)):
            bundle = Bundle(bundle=TAG, receipt=Raw(msgspec.json.encode(promise)), rotations=held)
            with pytest.raises(VerificationError) as caught:
                verify_bundle(bundle, ReplayedKeys(old, rotations=given))
            assert (caught.value.code, caught.value.message[:3]) == ("ended-key", "2. ")
        verify_bundle(Bundle(bundle=TAG, receipt=Raw(msgspec.json.encode(receipt)), rotations=notes), ReplayedKeys(old))
        cut = Bundle(bundle=TAG, receipt=Raw(msgspec.json.encode(receipt)), rotations=notes[1:])
        with pytest.raises(VerificationError) as caught:
            verify_bundle(cut, ReplayedKeys(old))
        assert (caught.value.code, caught.value.message[:3]) == ("broken-chain", "2. ")


def test_a_forged_chain_is_not_followed(home: Path) -> None:
    """An auditor finds no log where the pinned key is not on the chain; a server finds it where the chain was cut."""
    with Server(home) as server, prepared_home() as elsewhere:
        told(home)
        told(home, "--finish")
        with Server(elsewhere) as other:
            report = audited(server, other.vkey)
        assert not report.ok
        assert "do not lead" in report.findings[0].message
        with Database(attach(home).owner_url) as database:
            database.tamper("UPDATE log_key SET note = replace(note, 'end', 'END') WHERE number = 2")
            keys = rotations_in(httpx.get(f"{server.url}/log/keys").content)
            assert LogKeys(server.vkey, keys).signing != [server.vkey]
            database.tamper("DELETE FROM log_key WHERE number = 2")
        # The server remembers that there was an end, and signs nothing.
        answer = httpx.get(f"{server.url}/log/checkpoint").json()
        assert answer["code"] == "log-mismatch"
        assert "only 1 of the 2 rotations of the log's key" in answer["detail"]


def test_a_replica_without_the_new_key(home: Path) -> None:
    """It says which file it lacks and signs nothing; with the file it goes on, without a new start."""
    with Server(home) as server:
        shop = workshop(server, "works", pot="1000")
    with EmbeddedPostgres(home) as postgres, temporary_home() as elsewhere:
        elsewhere.mkdir()
        shutil.copy(home / LOG_KEY, elsewhere / LOG_KEY)
        with Server(home, postgres.owner_url) as first, Server(
            elsewhere, postgres.owner_url, anchor=home / "anchor"
        ) as second:
            prepared = told(home, "--prepare", url=postgres.owner_url)
            assert signed_by(checkpoint(second), second.vkey)
            new = told(home, url=postgres.owner_url)["new"]
            assert prepared["new"] == new
            assert signed_by(checkpoint(first), first.vkey, new)
            (envelope,) = first.envelopes([shop.use({"pot": "1"})])
            for _ in range(2):
                answers = [
                    httpx.get(second.url + path, timeout=60) for path in ("/log/checkpoint", "/health/ready")
                ]
                answers.append(httpx.post(f"{second.url}/v1/records", content=envelope, timeout=60,
                                          headers={"Content-Type": "application/json"}))
                for answer in answers:
                    assert (answer.status_code, answer.json()["code"]) == (503, "log-key-missing")
                    assert "log-key-2.pem" in answer.json()["detail"]
            shutil.copy(prepared["file"], elsewhere)
            assert signed_by(checkpoint(second), first.vkey, new)
            (receipt,) = second.submit([envelope])
            assert isinstance(receipt, Receipt)
            assert signed_by(note_of(receipt), first.vkey, new)
            report = audited(second, new)
            assert report.ok, report.findings


def test_a_kill_in_the_middle_of_a_rotation(home: Path) -> None:
    """The command is killed when the key is made and nothing is committed: nothing has begun, and the next attempt goes
    on with that key. Then the servers are killed right after it has begun: the next one signs with both."""
    with Server(home) as server:
        old, shop = server.vkey, workshop(server, "works", pot="1000")
        with Database(attach(home).owner_url) as database:
            database.execute("BEGIN")
            database.execute("LOCK TABLE log_key IN SHARE MODE")
            with prefork.Popen(
                [*prefork.COMMAND, "key", "rotate-log"], env=environment(home), cwd="/",
            ) as rotating:
                until((home / "log-key-2.pem").exists)
                waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                until(lambda: database.fetch(waiting))
                rotating.kill()
            database.execute("ROLLBACK")
        made = (home / "log-key-2.pem").read_bytes()
        use(server, shop)
        assert signed_by(checkpoint(server), old)
        new = told(home)["new"]
        assert (home / "log-key-2.pem").read_bytes().endswith(made), "marked as one that signs"
        server.kill()
    with Server(home) as server:
        assert server.vkey == new
        use(server, shop)
        assert signed_by(checkpoint(server), old, new)
        report = audited(server, old)
        assert report.ok, report.findings
