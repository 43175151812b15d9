"""The log's key is rotated where heads need witnesses, and where the key is encrypted."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec
from support import prefork
from support.publishing import Site, site, three_witnesses
from support.server import Server, command, environment, prepared_home
from support.witness import audited
from support.workshop import workshop

from ledger.core.log.key_rotation import LogKeys, rotations_in
from ledger.core.log.note import parse_note, parse_vkey
from ledger.core.log.policy import CosignedHead, open_cosigned
from ledger.core.receipts.receipt import Receipt
from ledger.host.files.key_files import LOG_KEY, is_encrypted

SECRET = {"CARBON_LEDGER_PASSPHRASE": "correct horse 电池"}


def rotate(home: Path, *step: str, code: int = 0, variables: Mapping[str, str] | None = None) -> Any:
    """What `key rotate-log` prints with --json, on stderr where it fails."""
    done = prefork.run(
        [*prefork.COMMAND, "key", "rotate-log", *step, "--json"], cwd="/", capture_output=True,
        env={**environment(home), **(variables or {})}, text=True, timeout=60, check=False,
    )
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout or done.stderr.splitlines()[-1])


class Client:
    """Has the log's first key and the policy, and nothing else."""

    def __init__(self, place: Site, vkey: str, folder: Path) -> None:
        self._place, self._vkey, self._folder = place, vkey, folder

    def checkpoint(self, server: Server) -> tuple[CosignedHead, set[bytes]]:
        """The published one, with the quorum, and the hashes of the log's keys that signed it."""
        note = httpx.get(f"{server.url}/log/checkpoint", timeout=120).raise_for_status().text
        keys = LogKeys(self._vkey, rotations_in(httpx.get(f"{server.url}/log/keys", timeout=120).content))
        found = open_cosigned(note, self._place.policy, parse_vkey(keys.vkey_of(note)))
        return found, {line.key_hash for line in parse_note(note).signatures if line.name == keys.origin}

    def run(self, *arguments: str) -> str:
        done = command(self._place.home, *arguments, "--vkey", self._vkey)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def verify(self, server: Server, one: Receipt, led: str | None = None) -> None:
        """With the key and by the policy alone; `led`: what either has to tell of the rotation."""
        file, policy = self._folder / "receipt.json", ("--policy", str(self._place.policy_file))
        file.write_bytes(msgspec.json.encode(one))
        told = self.run("verify", str(file), "--log", server.url, *policy)
        by_policy = command(self._place.home, "verify", str(file), "--log", server.url, *policy)
        assert by_policy.returncode == 0, by_policy.stderr
        for one_told in (told, by_policy.stderr):
            assert one_told.count("note: the log's key was rotated") == (0 if led is None else 1)
            assert led is None or led in one_told

    def audit(self, server: Server) -> str:
        policy = ("--policy", str(self._place.policy_file))
        self.run("audit", server.url, "--public", *policy)
        return self.run("audit", server.url, *policy)


def test_the_quorum_goes_on_over_a_rotation(tmp_path: Path) -> None:
    """Two of three witnesses are told the new key in time, one after the other; the third one is not, and drops out at
    the end. The policy names the old key throughout, also to a server that starts anew."""
    with site() as place, three_witnesses(place) as (alpha, beta, gamma):
        with place.serve() as server:
            client, shop = Client(place, server.vkey, tmp_path), workshop(server, "works", pot="1000")
            (before,) = server.post([shop.use({"pot": "1"})])
            old = parse_vkey(server.vkey).key_hash
            assert client.checkpoint(server)[1] == {old}
            client.verify(server, before)
            prepared = rotate(place.home, "--prepare", variables=place.variables)
            new, named = prepared["new"], [f"{one.name} ({one.url})" for one in place.policy.witnesses]
            assert prepared["next"].endswith(f"add the new vkey to their logs before --finish: {', '.join(named)}")
            for one in (alpha, beta):
                one.stop()
                one.knows(new)
                one.start()
            begun = rotate(place.home, variables=place.variables)
            assert (begun["new"], begun["next"]) == (new, prepared["next"])
            (during,) = server.post([shop.use({"pot": "1"})])
            assert client.checkpoint(server)[1] == {old, parse_vkey(new).key_hash}
            for one in (before, during):
                client.verify(server, one, f"to {new}, which signs together with it")
            assert "signs together with it" in client.audit(server)
            ended = rotate(place.home, "--finish", variables=place.variables)
            assert ended["next"].endswith(f"remove the old vkey from their logs: {', '.join(named)}")
            # What is published was signed before the end, what is signed now is by the new key alone.
            statement = tmp_path / "statement.json"
            assert command(place.home, "export", "footprint", shop.name("pot"), "--url", server.url, "--output",
                           str(statement)).returncode == 0
            client.run("verify", str(statement), "--log", server.url, "--on", "2025-06-01")
            client.audit(server)
        with place.serve() as server:
            (after,) = server.post([shop.use({"pot": "1"})])
            found, signed = client.checkpoint(server)
            assert signed == {parse_vkey(new).key_hash}
            assert sorted(found.times) == ["alpha", "beta"]
            for one in (before, during, after):
                client.verify(server, one, f"to {new}, which signs now")
            bundle = tmp_path / "bundle.json"
            assert command(place.home, "export", "bundle", after.digest, "--url", server.url, "--output", str(bundle)
                           ).returncode == 0
            # The registrar's records are proved in heads that the old key has signed.
            told = client.run("verify", str(bundle), "--policy", str(place.policy_file))
            assert f"to {new}, which signs now" in told
            assert f"to {new}, which signs now" in client.audit(server)
            report = audited(server)
            assert report.ok, report.findings
            assert gamma.process.poll() is None


def test_an_encrypted_key(tmp_path: Path) -> None:
    """The next key is encrypted as well; without the passphrase, or with another, nothing begins and nothing ends."""
    with prepared_home() as home:
        with Server(home, **SECRET) as server:
            old, shop = server.vkey, workshop(server, "works", pot="1000")
            for wrong in ({}, {"CARBON_LEDGER_PASSPHRASE": "wrong"}):
                for step in ([], ["--prepare"], ["--finish"]):
                    assert rotate(home, *step, code=1, variables=wrong)["code"] == "invalid-key"
            unread = {**SECRET, "CARBON_LEDGER_POLICY": str(tmp_path / "none")}
            assert rotate(home, code=1, variables=unread)["code"] == "invalid-policy"
            assert rotations_in(httpx.get(f"{server.url}/log/keys").content) == []
            assert [path.name for path in home.glob("log-key*")] == [LOG_KEY]
            begun = rotate(home, variables=SECRET)
            assert "next" not in begun
            new = begun["new"]
            assert is_encrypted(home / "log-key-2.pem")
            server.post([shop.use({"pot": "1"})])
            rotate(home, "--finish", variables=SECRET)
            server.post([shop.use({"pot": "1"})])
        refused = command(home, "serve", "--port", "0")
        assert refused.returncode == 1
        assert "passphrase" in refused.stderr.splitlines()[-1]
        with Server(home, **SECRET) as server:
            assert server.vkey == new
            server.post([shop.use({"pot": "1"})])
            report = audited(server)
            assert report.ok, report.findings
            assert command(home, "audit", server.url, "--vkey", old).returncode == 0
