"""`carbon-ledger monitor` beside a real server, and beside one that shows another log under the same key."""

import contextlib
import json
import subprocess
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from support.publishing import Site, site, three_witnesses
from support.served import served
from support.server import Server, command, prepared_home
from support.waiting import until
from support.witness import entries_of
from support.workshop import Workshop, workshop

from ledger.core.log.add_checkpoint import AddCheckpoint, encode_request
from ledger.core.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.log.key_rotation import Rotation, Rotations, rotations_in, sign_rotation
from ledger.core.log.merkle import consistency_path, leaf_hash, tree_root
from ledger.core.log.note import NoteSigner, vkey
from ledger.core.log.tiles import encode_entries, entries_path, parse_path
from ledger.core.record.kinds import KeyChange
from ledger.core.signatures.signing import SigningKey, public_key
from ledger.host.files.key_files import LOG_KEY, read_key

_numbers = count(1)
Answer = Callable[[str], bytes | None]


def watch(server: Server, state: Path, *options: str, url: str | None = None) -> subprocess.CompletedProcess[str]:
    return command(
        server.home, "monitor", url or server.url, "--vkey", server.vkey, "--state", str(state), "--once", *options
    )


def seen(server: Server, state: Path, *options: str) -> dict[str, Any]:
    ended = watch(server, state, "--json", *options)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def violation(server: Server, state: Path, url: str, *options: str) -> tuple[str, str]:
    """The code, and the evidence that was kept."""
    before = state.read_bytes() if state.exists() else None
    ended = watch(server, state, "--json", *options, url=url)
    assert ended.returncode == 1
    assert (state.read_bytes() if state.exists() else None) == before, "the state is that of the last look that held"
    (kept,) = state.parent.glob(f"{state.name}-evidence-*")
    evidence = kept.read_text()
    kept.unlink()
    return str(json.loads("{" + ended.stderr.partition("{")[2])["code"]), evidence


@contextlib.contextmanager
def proxy(server: Server, answer: Answer) -> Iterator[str]:
    """The address of something that answers some paths by itself, and passes on the others. b"" is a 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            own = answer(self.path)
            status, content = (404, b"{}") if own == b"" else (200, own)
            if content is None:
                response = httpx.get(server.url + self.path, timeout=120)
                status, content = response.status_code, response.content
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with served(Handler) as url:
        yield url


def signer(server: Server) -> NoteSigner:
    return NoteSigner(server.origin, read_key(server.home / LOG_KEY).private)


class Forked:
    """The server's log with one entry changed and more at its end, signed by its own key."""

    def __init__(self, server: Server, size: int, changed: int, more: int = 0) -> None:
        self.entries = entries_of(server.url, size)
        # The time of the entry: of no record, so that all else holds.
        self.entries[changed] = self.entries[changed][:-1] + bytes([self.entries[changed][-1] ^ 1])
        self.entries += [self.entries[-1]] * more
        self.leaves = [leaf_hash(entry) for entry in self.entries]
        self.head = Checkpoint(server.origin, len(self.entries), tree_root(self.leaves))
        self.note = sign_checkpoint(self.head, signer(server))

    def answer(self, path: str) -> bytes | None:
        if path == "/log/checkpoint":
            return self.note.encode()
        if path.startswith("/log/tile/entries/"):
            tile = parse_path(path.removeprefix("/log/"))
            return encode_entries(self.entries[tile.index * 256 : tile.index * 256 + tile.width])
        return None


def test_keys_and_activations_are_told_once(server: Server, tmp_path: Path) -> None:
    state = tmp_path / "state"
    first = seen(server, state)
    assert [event["type"] for event in first["events"][:2]] == ["organization", "activation"]
    assert first["size"] == httpx.get(f"{server.url}/health/ready").json()["size"]
    assert seen(server, state)["events"] == []
    shop = Workshop(f"watched-{next(_numbers)}")
    other = Workshop(f"other-{next(_numbers)}")
    server.post([shop.enrolment(server), other.enrolment(server), *shop.opening()])
    added = SigningKey.from_seed(bytes([next(_numbers)]) * 32)
    (receipt,) = server.post([shop.signed(KeyChange(
        issuer=shop.id, nonce=shop.nonce(), organization=shop.id, added=[public_key(added, server.origin, shop.id)],
        revoked=[shop.party.key.keyid.hex()], compromised_since=1,
    ))])
    enrolled, changed = seen(server, state, "--organization", shop.id)["events"]
    assert (enrolled["type"], enrolled["subject"]) == ("organization", shop.id)
    assert (changed["type"], changed["index"], changed["digest"]) == ("keyChange", receipt.index, receipt.digest)
    assert changed["added"] == [added.keyid.hex()]
    assert changed["revoked"] == [changed["keyid"]] == [shop.party.key.keyid.hex()]
    assert changed["compromisedSince"] == 1
    ended = watch(server, tmp_path / "fresh", "--organization", shop.id)
    assert f"{shop.id} changes its keys" in ended.stdout
    assert f"revoked  {shop.party.key.keyid.hex()}" in ended.stdout
    assert other.id not in ended.stdout


def test_a_log_of_many_bundles(server: Server, tmp_path: Path) -> None:
    shop = workshop(server, f"many-{next(_numbers)}", pot="10000")
    state = tmp_path / "state"
    for amount in (1, 300, 256, 255):
        receipts = server.post([shop.make({f"{amount}-{i}": "1"}, {"pot": "1"}) for i in range(amount)])
        assert seen(server, state)["size"] == receipts[-1].index + 1


@pytest.mark.parametrize(("changed", "more"), [(0, 0), (1, 5), (2, 0)])
def test_a_fork_under_the_log_s_own_key(server: Server, tmp_path: Path, changed: int, more: int) -> None:
    state = tmp_path / "state"
    size = seen(server, state)["size"]
    honest = httpx.get(f"{server.url}/log/checkpoint").text
    forked = Forked(server, size, size - 1 - changed, more)
    with proxy(server, forked.answer) as url:
        code, evidence = violation(server, state, url)
    assert code == "fork"
    assert honest in evidence
    assert forked.note in evidence
    assert seen(server, state)["size"] == size


def test_a_rollback(server: Server, tmp_path: Path) -> None:
    state = tmp_path / "state"
    earlier = httpx.get(f"{server.url}/log/checkpoint").text
    workshop(server, f"shop-{next(_numbers)}")
    seen(server, state)
    with proxy(server, lambda path: earlier.encode() if path == "/log/checkpoint" else None) as url:
        code, evidence = violation(server, state, url)
    assert code == "rollback"
    assert earlier in evidence


def test_a_checkpoint_of_another_key_is_none_of_this_log(server: Server, tmp_path: Path) -> None:
    head = httpx.get(f"{server.url}/log/checkpoint").text.split("\n")
    stranger = NoteSigner(server.origin, SigningKey.from_seed(bytes(32)).private)
    text = "\n".join(head[:3]) + "\n"
    forged = text + "\n" + f"{head[4].rpartition(' ')[0]} {'A' * 92}\n"
    with proxy(server, lambda path: forged.encode() if path == "/log/checkpoint" else None) as url:
        assert violation(server, tmp_path / "state", url)[0] == "wrong-checkpoint"
    pinned = command(server.home, "monitor", server.url, "--vkey", vkey(server.origin, stranger.verifier.key),
                     "--state", str(tmp_path / "other"), "--once")
    assert pinned.returncode == 1
    assert "the checkpoint does not hold" in pinned.stderr


def test_a_public_record_that_is_not_served_or_is_another(server: Server, tmp_path: Path) -> None:
    (receipt,) = server.post([Workshop(f"hidden-{next(_numbers)}").enrolment(server)])
    path = f"/v1/records/{receipt.digest}"
    body = httpx.get(server.url + path).json()["body"]
    body["names"] = {"en": "another"}
    for own, code in ((b"", "missing-body"), (json.dumps({"body": body}).encode(), "wrong-body")):
        with proxy(server, lambda asked, own=own: own if asked == path else None) as url:
            assert violation(server, tmp_path / "state", url)[0] == code


def test_entries_that_the_root_does_not_cover(server: Server, tmp_path: Path) -> None:
    size = seen(server, tmp_path / "known")["size"]
    forked = Forked(server, size, size - 1)
    with proxy(server, lambda path: forked.answer(path) if "entries" in path else None) as url:
        assert violation(server, tmp_path / "state", url)[0] == "fork"
    cut = entries_path(0, min(size, 256))
    with proxy(server, lambda path: b"\0\5abc" if path.endswith(cut) else None) as url:
        assert violation(server, tmp_path / "state", url)[0] == "malformed-log"


def test_a_server_that_is_away_is_no_violation(server: Server, tmp_path: Path) -> None:
    ended = watch(server, tmp_path / "state", url="http://127.0.0.1:9")
    assert ended.returncode == 1
    assert "does not answer" in ended.stderr
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "state").write_text("{}")
    ended = watch(server, tmp_path / "state")
    assert "is not the state of a monitor" in ended.stderr


def test_heads_without_the_log_s_own_witnesses(tmp_path: Path) -> None:
    """The log names them in public: nobody has to be given the policy to miss their cosignatures."""
    state = tmp_path / "state"
    with site() as place, three_witnesses(place), place.serve() as server:
        workshop(server, "shop")
        until(lambda: any(event["subject"] == "witness-policy" for event in seen(server, tmp_path / "other")["events"]))
        seen(server, state)
        workshop(server, "another")
        note = httpx.get(f"{server.url}/log/checkpoint").raise_for_status().text
        text, _, lines = note.partition("\n\n")
        stripped = f"{text}\n\n{lines.splitlines(keepends=True)[0]}".encode()
        for answers in ({"/log/checkpoint": stripped}, {"/log/policy": b""}, {"/log/policy": b"quorum none\n"}):
            with proxy(server, answers.get) as url:
                assert violation(server, state, url)[0] == "no-quorum"
        assert seen(server, state)["findings"] == []


def test_what_witnesses_were_shown_is_compared(tmp_path: Path) -> None:
    """A third witness was shown a fork, which two others were not: their quorum holds, the monitor finds it. The log
    does not ask the third one, or it would find it itself."""
    state = tmp_path / "state"
    with site() as place, three_witnesses(place) as witnesses:
        known = tmp_path / "policy"
        known.write_bytes(place.policy_file.read_bytes())
        place.policy_file.write_text(place.policy_file.read_text().replace(f" {witnesses[2].url}\n", "\n"))
        policy = ("--policy", str(known))
        with place.serve() as server:
            workshop(server, "shop")
            ahead = _ahead(place, server, seen(server, state, *policy)["size"])
            assert witnesses[2].post(encode_request(ahead)).status_code == 200
            assert seen(server, state, *policy)["warnings"] == []
            (warning,) = seen(server, state, *policy)["warnings"]
            assert "gamma has cosigned a head that the log has not shown" in warning
            workshop(server, "another")
            code, evidence = violation(server, state, server.url, *policy)
            assert code == "fork"
            assert ahead.note in evidence


def test_the_log_s_key_is_rotated(tmp_path: Path) -> None:
    """Whoever pinned the old key is led to the new one and told so once; another line of keys, one of which a step is
    kept back, and a key that signs beyond its end are violations, with the notes as evidence."""
    state = tmp_path / "state"
    with prepared_home() as home, Server(home) as server:
        shop, old = workshop(server, "shop", pot="10"), signer(server)
        seen(server, state)
        (begun, ended) = [json.loads(command(home, "key", "rotate-log", *step, "--json").stdout)
                          for step in ([], ["--finish"])]
        server.post([shop.use({"pot": "1"})])
        found = seen(server, state)
        assert [(one["begins"], one["old"], one["new"], one["size"]) for one in found["rotations"]] == [
            (True, server.vkey, begun["new"], begun["size"]), (False, server.vkey, begun["new"], ended["size"])]
        assert found["vkey"] == begun["new"]
        again = watch(server, state)
        assert "signs now" in again.stdout
        assert " is followed by" not in again.stdout
        notes = rotations_in(httpx.get(f"{server.url}/log/keys").content)
        thief = NoteSigner(server.origin, SigningKey.from_seed(bytes(32)).private)
        stolen = sign_rotation(Rotation(True, server.origin, server.vkey, vkey(thief.name, thief.verifier.key), 3),
                               old, thief)
        for shown in ([], notes[:1], [stolen]):
            told = msgspec.json.encode(Rotations(server.origin, shown))
            with proxy(server, lambda path, told=told: told if path == "/log/keys" else None) as url:
                code, evidence = violation(server, state, url)
            assert code == "forked-keys"
            assert all(note in evidence for note in (*notes, *shown))
        retired = Forked(server, found["size"], 1, more=1)
        with proxy(server, retired.answer) as url:
            code, evidence = violation(server, state, url)
            assert code == "ended-key"
            assert retired.note in evidence
            # Without a state, what is served has to be one line of keys all the same.
            assert violation(server, tmp_path / "fresh", url)[0] == "ended-key"
        assert server.audit("--vkey", server.vkey).returncode == 0


def _ahead(place: Site, server: Server, size: int) -> AddCheckpoint:
    leaves = [leaf_hash(entry) for entry in entries_of(server.url, size)]
    leaves.append(leaf_hash(b"of another log"))
    assert consistency_path(leaves, size)
    key = NoteSigner(place.origin, read_key(place.home / LOG_KEY).private)
    return AddCheckpoint(0, (), sign_checkpoint(Checkpoint(place.origin, size + 1, tree_root(leaves)), key))
