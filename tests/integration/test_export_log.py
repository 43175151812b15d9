"""`export log` as it is used: from a server and from this host's database, twice, after the log has grown.

A static file server over the folder is a log like any other.
"""

import functools
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
from support.served import served
from support.server import Server, command
from support.workshop import Workshop

from ledger.core.log.entry import parse_entry
from ledger.core.log.tiles import decode_entries


def exported(server: Server, folder: Path, *options: str) -> dict[str, Any]:
    done = command(server.home, "export", "log", str(folder), "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@contextmanager
def static_host(root: Path) -> Iterator[str]:
    """A plain file server, for as long as the block runs."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with served(functools.partial(Quiet, directory=str(root))) as url:
        yield url


def test_from_a_server_and_from_the_database(server: Server, shop: Workshop, tmp_path: Path) -> None:
    served, own = tmp_path / "served", tmp_path / "own"
    first = exported(server, served, "--from", server.url, "--vkey", server.vkey)
    assert first["added"] == first["size"]
    files = files_in(served)
    for path in files:
        if not path.startswith("bodies/"):
            assert httpx.get(f"{server.url}/log/{path}").content == files[path], path
    exported(server, own)
    assert files_in(own) == files
    # Every public body, and nothing of the others.
    entries = [parse_entry(entry) for path in files if path.startswith("tile/entries/")
               for entry in decode_entries(files[path])]
    public = {entry.digest.hex() for entry in entries if entry.kind}
    assert public
    assert len(public) < len(entries)
    bodies = {path.removeprefix("bodies/").removesuffix(".json"): data for path, data in files.items()
              if path.startswith("bodies/")}
    assert {name: hashlib.sha256(data).hexdigest() for name, data in bodies.items()} == {name: name for name in public}
    server.post([shop.mine(f"more-{i}", "1") for i in range(300)])
    again = exported(server, served, "--from", server.url)
    assert (again["size"], again["added"]) == (first["size"] + 300, 300)
    exported(server, own)
    assert files_in(own) == files_in(served)


def test_a_static_host_serves_the_log(server: Server, tmp_path: Path) -> None:
    """What one exported, another takes from its static host."""
    folder = tmp_path / "www" / "log"
    exported(server, folder, "--from", server.url)
    with static_host(tmp_path / "www") as url:
        exported(server, tmp_path / "copy", "--from", url, "--vkey", server.vkey)
    assert files_in(tmp_path / "copy") == files_in(folder)


def test_what_cannot_be_exported_is_said_in_one_line(server: Server, tmp_path: Path) -> None:
    for options, said in (
        (["--from", "http://127.0.0.1:1"], "does not answer"),
        (["--from", "ftp://there"], "not the address of a server"),
        (["--from", f"{server.url}/nowhere"], "does not exist"),
        (["--vkey", "nonsense"], "neither a verifier key nor a file"),
        (["--home", str(tmp_path / "empty")], "no ledger in"),
    ):
        done = command(server.home, "export", "log", str(tmp_path / "log"), *options)
        assert done.returncode == 1, options
        assert said in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
