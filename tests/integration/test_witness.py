"""`carbon-ledger witness` as others use it: a real process, every status, and what it remembers."""

import os
import random
import stat
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from support.server import command
from support.witnesses import MemoryLog, WitnessProcess

from ledger.core.log.add_checkpoint import AddCheckpoint, encode_request, log_id
from ledger.core.log.cosignature import cosigned_at
from ledger.core.log.note import parse_note, sign_note, verify_note

LOG = MemoryLog("log.example/one", 40)
OTHER = MemoryLog("log.example/two", 40, seed=2)


@pytest.fixture(params=["ed25519", "ml-dsa-44"])
def witness(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[WitnessProcess]:
    options = ("--algorithm", request.param, "--name", "witness.example/w1", "--prefix", "/w1")
    with WitnessProcess(tmp_path / "w1", [LOG.vkey, OTHER.vkey], *options) as process:
        yield process


def cosigned(witness: WitnessProcess, note: str, response: httpx.Response) -> int:
    """The time in an answer that must be a cosignature of the note by this witness, and nothing else."""
    assert response.status_code == 200, response.text
    assert response.text.count("\n") == 1
    assert response.text.endswith("\n")
    (found,) = cosigned_at(note + response.text, [witness.verifier]).values()
    return found


def test_a_log_is_followed_from_the_first_checkpoint_on(witness: WitnessProcess) -> None:
    assert witness.url.endswith("/w1")
    assert witness.vkey.startswith("witness.example/w1+")
    before = int(time.time())
    for old, size in ((0, 0), (0, 1), (1, 1), (1, 7), (7, 8), (8, 40)):
        assert before <= cosigned(witness, LOG.note(size), witness.post(LOG.request(old, size))) <= time.time()
    cosigned(witness, OTHER.note(5), witness.post(OTHER.request(0, 5)))


def test_every_other_status(witness: WitnessProcess) -> None:
    unknown = MemoryLog("log.example/unknown", 9, seed=3)
    stranger = MemoryLog(LOG.signer.name, 9, seed=4)
    cosigned(witness, LOG.note(7), witness.post(LOG.request(0, 7)))
    for body, status in (
        ("old 7\n", 400), (b"\xff", 400), ("", 400), (LOG.request(9, 8), 400), (unknown.request(0, 9), 404),
        (stranger.request(7, 9), 403), (encode_request(AddCheckpoint(7, (), LOG.note(9))), 422),
        (LOG.fork(3).request(7, 9), 422), (LOG.fork(3).request(7, 7), 422),
    ):
        response = witness.post(body)
        assert (response.status_code, response.text.startswith("—")) == (status, False), body
    for old in (0, 6, 8):
        response = witness.post(LOG.request(old, 9))
        assert (response.status_code, response.text) == (409, "7\n")
        assert response.headers["content-type"] == "text/x.tlog.size"
    cosigned(witness, LOG.note(9), witness.post(LOG.request(7, 9)))


def test_there_are_no_other_routes(witness: WitnessProcess) -> None:
    root = witness.url.removesuffix("/w1")
    assert httpx.get(f"{witness.url}/add-checkpoint").status_code == 405
    for path in ("/", "/add-checkpoint", "/w1", "/schema", "/v1/records"):
        assert httpx.post(root + path, content=LOG.request(0, 1)).status_code in (404, 405)
    assert witness.post(b"x" * 1_100_000).status_code == 413


def test_what_was_cosigned_last_is_shown_with_both_signatures(witness: WitnessProcess) -> None:
    address = f"{witness.url}/{log_id(LOG.signer.name)}/checkpoint"
    assert httpx.get(address).status_code == 404
    line = witness.post(LOG.request(0, 7)).text
    stranger = sign_note(LOG.checkpoint(9).text(), [LOG.signer, MemoryLog("stranger", 1, seed=9).signer])
    assert httpx.get(address).text == LOG.note(7) + line
    line = witness.post(encode_request(AddCheckpoint(7, LOG.proof(7, 9), stranger))).text
    found = httpx.get(address)
    assert found.text == LOG.note(9) + line, "lines of others are not passed on"
    assert verify_note(found.text, [LOG.signer.verifier, witness.verifier]) == LOG.checkpoint(9).text()
    assert httpx.get(f"{witness.url}/{log_id('log.example/unknown')}/checkpoint").status_code == 404


def test_a_log_with_two_keys_may_sign_with_either(tmp_path: Path) -> None:
    second = MemoryLog(LOG.signer.name, 40, seed=5)
    (tmp_path / "logs").write_text(f"# while it changes\n{LOG.vkey}\n\n{second.vkey}\n")
    with WitnessProcess(tmp_path / "w", [], "--logs", str(tmp_path / "logs")) as witness:
        cosigned(witness, LOG.note(3), witness.post(LOG.request(0, 3)))
        cosigned(witness, second.note(5), witness.post(second.request(3, 5)))
        assert witness.post(LOG.request(3, 6)).status_code == 409


def test_it_remembers_across_a_kill(witness: WitnessProcess) -> None:
    cosigned(witness, LOG.note(7), witness.post(LOG.request(0, 7)))
    key = witness.vkey
    witness.kill()
    witness.start()
    assert (witness.vkey, witness.post(LOG.request(0, 9)).text) == (key, "7\n")
    assert witness.post(LOG.fork(3).request(7, 9)).status_code == 422
    cosigned(witness, LOG.note(9), witness.post(LOG.request(7, 9)))
    assert stat.S_IMODE((witness.folder / "witness-key.pem").stat().st_mode) == 0o600


def test_two_processes_do_not_share_a_folder(witness: WitnessProcess) -> None:
    second = command(witness.folder, "witness", str(witness.folder), "--log", LOG.vkey, "--port", "0")
    assert second.returncode == 1
    assert "another witness is running" in second.stderr
    cosigned(witness, LOG.note(7), witness.post(LOG.request(0, 7)))


@pytest.mark.parametrize("content", ["", "7\n", LOG.note(3), OTHER.note(3)])
def test_a_state_that_it_did_not_write_stops_it(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "w"
    folder.mkdir()
    (folder / (log_id(LOG.signer.name) + ".checkpoint")).write_text(content)
    ended = command(folder, "witness", str(folder), "--log", LOG.vkey, "--port", "0")
    assert ended.returncode == 1
    assert "this witness did not write" in ended.stderr
    assert ended.stdout == ""


def test_a_state_of_another_key_or_name_stops_it(witness: WitnessProcess) -> None:
    cosigned(witness, LOG.note(7), witness.post(LOG.request(0, 7)))
    witness.stop()
    algorithm = "ed25519" if len(witness.verifier.material) == 32 else "ml-dsa-44"
    renamed = command(witness.folder, "witness", str(witness.folder), "--log", LOG.vkey, "--port", "0", "--name", "w2",
                      "--algorithm", algorithm)
    assert renamed.returncode == 1
    assert "not cosigned by this witness" in renamed.stderr


def test_what_cannot_be_stored_is_not_cosigned(tmp_path: Path) -> None:
    with WitnessProcess(tmp_path / "w", [LOG.vkey]) as witness:
        cosigned(witness, LOG.note(3), witness.post(LOG.request(0, 3)))
        state = witness.folder / (log_id(LOG.signer.name) + ".checkpoint")
        state.unlink()
        # Nothing can take the place of a folder that is not empty, whoever asks.
        (state / "in-the-way").mkdir(parents=True)
        assert witness.post(LOG.request(3, 9)).status_code == 500
        (state / "in-the-way").rmdir()
        state.rmdir()
        cosigned(witness, LOG.note(8), witness.post(LOG.request(3, 8)))


def test_usage_is_told(tmp_path: Path) -> None:
    folder = str(tmp_path / "w")
    assert command(tmp_path, "witness", folder, "--port", "0").returncode == 2
    assert command(tmp_path, "witness", folder, "--log", LOG.vkey, "--prefix", "w1").returncode == 2
    bad = command(tmp_path, "witness", folder, "--log", "none", "--port", "0")
    assert (bad.returncode, bad.stdout) == (1, "")
    (tmp_path / "logs").write_text("# one\nnone\n")
    listed = command(tmp_path, "witness", folder, "--logs", str(tmp_path / "logs"), "--port", "0")
    assert "line 2 of" in listed.stderr


def test_requests_for_one_log_are_taken_one_after_the_other(witness: WitnessProcess) -> None:
    cosigned(witness, LOG.note(4), witness.post(LOG.request(0, 4)))
    fork = LOG.fork(5)
    bodies = [log.request(4, size) for size in range(6, 40) for log in (LOG, fork)]
    random.Random(7).shuffle(bodies)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(witness.post, bodies))
    (winner,) = [answer for answer in answers if answer.status_code == 200]
    assert {answer.status_code for answer in answers} == {200, 409}
    size = int(parse_note(bodies[answers.index(winner)].partition("\n\n")[2]).text.split("\n")[1])
    assert {answer.text for answer in answers if answer.status_code == 409} == {f"{size}\n"}


def test_killed_at_random_moments_it_never_cosigns_two_roots_of_one_size(tmp_path: Path) -> None:
    """Two histories under one key are shown to it at once, while it is killed and started again and again."""
    log = MemoryLog("log.example/one", 4_000)
    fork = log.fork(2)
    seen: dict[int, set[str]] = {}
    ended = threading.Event()
    with WitnessProcess(tmp_path / "w", [log.vkey]) as witness:
        verifier, url = witness.verifier, witness.url

        def show(history: MemoryLog) -> None:
            old = 0
            with httpx.Client(timeout=120) as client:
                while not ended.is_set():
                    size = min(old + 3, 4_000)
                    try:
                        response = client.post(f"{url}/add-checkpoint", content=history.request(old, size))
                    except httpx.HTTPError:
                        continue
                    if response.status_code == 200:
                        note = history.note(size)
                        assert cosigned_at(note + response.text, [verifier])
                        seen.setdefault(size, set()).add(parse_note(note).text)
                        old = size
                    elif response.status_code == 409:
                        old = int(response.text)

        chance = random.Random(11)
        with ThreadPoolExecutor(2) as pool:
            shown = [pool.submit(show, history) for history in (log, fork)]
            for _ in range(12):
                goal = len(seen) + chance.randint(1, 12)
                while len(seen) < goal and not any(one.done() for one in shown):
                    os.sched_yield()
                witness.kill()
                witness.start()
            ended.set()
            for one in shown:
                one.result(120)
    assert len(seen) > 12
    assert all(len(texts) == 1 for texts in seen.values())
    later = {size: texts for size, texts in seen.items() if size > 2}
    followed = [all(texts == {one.checkpoint(size).text()} for size, texts in later.items()) for one in (log, fork)]
    assert sorted(followed) == [False, True], "it followed one of the two, and never the other"
