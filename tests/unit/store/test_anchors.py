"""Both kinds of anchor do the same: no update is lost, nothing goes back, and what cannot be read is named."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support.objects import ObjectStore, object_store
from support.raising import raised

from ledger.core.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.log.merkle import tree_root
from ledger.core.log.note import NoteSigner
from ledger.errors import ConfigurationError, InvalidNote, Unavailable
from ledger.host.files.key_files import new_key
from ledger.service.configuration.resolve import settings_from
from ledger.store.anchor import Anchor, fields_of, open_anchor, stated, written

SIGNER = NoteSigner("log.test", new_key().private)


def note(size: int, **fields: str) -> str:
    return written(Checkpoint("log.test", size, tree_root([bytes(32)] * size)), fields, [SIGNER])


def to(new: str) -> Callable[[str | None], str]:
    return lambda _: new


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    with object_store() as found:
        yield found


@pytest.fixture(params=["file", "object"])
def location(
    request: pytest.FixtureRequest, store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    if request.param == "file":
        return str(tmp_path / "anchor")
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    return store.location(f"{tmp_path.name}/anchor")


@pytest.fixture
def anchor(location: str) -> Anchor:
    return open_anchor(location)


def test_it_holds_what_was_written_last(anchor: Anchor, location: str) -> None:
    assert anchor.read() is None
    for size in (0, 3, 3, 7):
        assert (anchor.update(to(note(size))), open_anchor(location).read()) == (note(size), note(size))


def test_it_never_goes_back(anchor: Anchor) -> None:
    anchor.update(to(note(5)))
    with pytest.raises(Unavailable, match="it holds a higher head") as refused:
        anchor.update(to(note(4)))
    assert (refused.value.code, anchor.read()) == ("anchor-unwritable", note(5))


def test_what_is_refused_changes_nothing(anchor: Anchor) -> None:
    def refuse(_: str | None) -> str:
        raise InvalidNote("not so")

    for expected in (None, note(2)):
        raised(InvalidNote, anchor.update, refuse)
        assert anchor.read() == expected
        anchor.update(to(note(2)))


def test_no_update_of_many_writers_is_lost(location: str) -> None:
    """Each adds one to what it finds, as a replica of its own would: all additions are there in the end."""
    open_anchor(location).update(to(note(0)))

    def add(_: int) -> None:
        own = open_anchor(location)
        for _ in range(5):
            own.update(lambda current: note(stated(current or "").size + 1))

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(add, range(6)))
    assert stated(open_anchor(location).read() or "").size == 30


def test_many_begin_it_at_once(location: str) -> None:
    """One of them is first, and the others find what it has written."""
    together = threading.Barrier(6)

    def begin(size: int) -> str:
        own = open_anchor(location)
        together.wait()
        return own.update(lambda current: current or note(size))

    with ThreadPoolExecutor(6) as threads:
        found = set(threads.map(begin, range(6)))
    assert found == {open_anchor(location).read()}


def test_the_operator_puts_another_in_its_place(anchor: Anchor) -> None:
    assert anchor.replace(note(9), None, "first") is None
    kept = anchor.replace(note(4), note(9).encode(), "then")
    assert kept.endswith(".until-then")
    assert (open_anchor(kept).read(), anchor.read()) == (note(9), note(4))
    for expected in (None, note(9).encode()):
        assert raised(Unavailable, anchor.replace, note(1), expected, "late").code == "anchor-changed"
    assert anchor.read() == note(4)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"what is this\n", b"x" * (1 << 20) + b"x"])
def test_what_is_no_anchor(anchor: Anchor, location: str, store: ObjectStore, content: bytes) -> None:
    if anchor.remote:
        store.write(location.removeprefix("s3://ledgers/"), content)
    else:
        Path(location).write_bytes(content)
    for ask in (anchor.read, lambda: anchor.update(to(note(1)))):
        error = raised(Unavailable, ask)
        assert error.code == "anchor-unreadable"
        assert location in error.message


def test_fields_beside_the_checkpoint() -> None:
    """Signed with it; a note without any, as it was written before, has none."""
    assert fields_of(sign_checkpoint(stated(note(1)), SIGNER)) == {}
    full = note(3, witnesses="0a1b 2 of 3", later="x")
    assert (fields_of(full), stated(full)) == ({"witnesses": "0a1b 2 of 3", "later": "x"}, stated(note(3)))
    for name, value in (("two words", "x"), ("a", ""), ("A", "x"), ("a", "x\ny z"), ("a", "x\n\ny")):
        raised(InvalidNote, written, stated(note(1)), {name: value}, [SIGNER])


def test_a_store_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, store: ObjectStore) -> None:
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    assert "the bucket does not exist" in str(raised(Unavailable, lambda: open_anchor("s3://elsewhere/anchor").read()))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    nowhere = open_anchor(store.location("anchor"))
    for ask in (nowhere.read, lambda: nowhere.update(to(note(1)))):
        assert raised(Unavailable, ask).code == "anchor-unreadable"


class _Careless(BaseHTTPRequestHandler):
    """A store that overwrites whatever the conditions say."""

    held: bytes | None = None

    def do_PUT(self) -> None:
        type(self).held = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200, b"")

    def do_GET(self) -> None:
        self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


def test_a_store_that_ignores_conditions(monkeypatch: pytest.MonkeyPatch, store: ObjectStore) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Careless)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        for name, value in {**store.environment, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}"}.items():
            monkeypatch.setenv(name, value)
        assert "ignores If-Match or If-None-Match" in str(raised(
            Unavailable, lambda: open_anchor(store.location("anchor")).update(to(note(1)))
        ))
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("text", ["https://host/key", "gs://bucket/key", "s3://bucket", "s3://bucket/", "s3:///key",
                                  "s3://bucket/key?x"])
def test_locations_that_are_refused(text: str) -> None:
    assert "s3://BUCKET/KEY" in str(raised(
        ConfigurationError, settings_from, {"CARBON_LEDGER_ANCHOR": text}, Path("/nowhere")
    ))


def test_all_who_follow_a_link_share_one_anchor(tmp_path: Path) -> None:
    """What is written goes where it leads, so that nobody finds an older one there."""
    (tmp_path / "shared").mkdir()
    (tmp_path / "anchor").symlink_to("shared/anchor")
    linked, shared = open_anchor(str(tmp_path / "anchor")), open_anchor(str(tmp_path / "shared" / "anchor"))
    assert linked.read() is None
    linked.update(to(note(3)))
    assert shared.read() == note(3)
    shared.update(to(note(5)))
    kept = linked.replace(note(4), note(5).encode(), "stamp")
    assert (linked.read(), shared.read()) == (note(4), note(4))
    assert kept == str(tmp_path / "shared" / "anchor.until-stamp")
    assert (tmp_path / "anchor").is_symlink()


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "anchor")
    assert "it is not a regular file" in str(raised(Unavailable, lambda: open_anchor(str(tmp_path / "anchor")).read()))


def test_another_account_cannot_hold_the_lock(tmp_path: Path) -> None:
    """Also where an earlier version has made the file for everyone."""
    lock = tmp_path / "anchor.lock"
    lock.touch(mode=0o644)
    open_anchor(str(tmp_path / "anchor")).update(lambda _: "a note")
    assert lock.stat().st_mode & 0o777 == 0o600
