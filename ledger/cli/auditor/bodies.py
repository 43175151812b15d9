"""Bodies of records for a recomputation, from a folder or a server."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Raw, Struct

from ledger.cli.client import Client
from ledger.client.verify.statement_bodies import Bodies
from ledger.core.record.canonical import MAX_BODY
from ledger.errors import Erased, InvalidInput, NotFound


class _BodyReading(Struct, frozen=True):
    """A record's form since a revision. It has no body if the revision changed only the results or withdrew the record.
    """

    body: Raw = Raw(b"")


class _PostedBody(Struct, frozen=True):
    """The part of a record's answer with the bodies, byte for byte."""

    body: Raw
    revisions: list[_BodyReading] = []


@contextmanager
def bodies_at(place: str) -> Iterator[Bodies]:
    """The bodies in the files of a folder, or on the server at an address. Raises InvalidInput for any other place."""
    if place.startswith(("http://", "https://")):
        with Client(place) as client:
            yield _on_server(client)
        return
    folder = Path(place)
    if not folder.is_dir():
        raise InvalidInput(f"{place!r} is neither a folder nor the address of a server", field="bodies", value=place,
                           rule="a folder with a file for each body, or http:// or https://")
    yield _in_folder(folder)


def _in_folder(folder: Path) -> Bodies:
    """File names do not matter: the digest identifies a body."""
    paths: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.stat().st_size <= MAX_BODY:
            paths[hashlib.sha256(path.read_bytes()).hexdigest()] = path

    def read(_: str, reads: str) -> bytes | None:
        path = paths.get(reads)
        return None if path is None else path.read_bytes()

    return read


def _on_server(client: Client) -> Bodies:
    def read(digest: str, reads: str) -> bytes | None:
        try:
            answer = client.get(f"/v1/records/{digest}", _PostedBody)
        except (NotFound, Erased):
            return None
        if digest == reads:
            return bytes(answer.body)
        readings = [bytes(one.body) for one in answer.revisions]
        return next((body for body in readings if hashlib.sha256(body).hexdigest() == reads), None)

    return read
