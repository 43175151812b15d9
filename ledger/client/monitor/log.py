"""What a monitor reads: a log's checkpoint, entry bundles and bodies of public kinds; what witnesses have cosigned."""

import hashlib
from types import TracebackType
from typing import Self

from msgspec import UNSET, Raw, Struct, UnsetType

from ledger.client import limits
from ledger.client.http import BlockingReader, HttpAnswer, decoded
from ledger.core.log.key_rotation import rotations_in
from ledger.core.log.tiles import TILE_WIDTH, Tile, decode_entries, entries_path, tile_path
from ledger.errors import InvalidInput, LedgerError, Unavailable, VerificationError


class _PublicBody(Struct, frozen=True):
    body: Raw | UnsetType = UNSET


class LogReader:
    """A server of the log at `url`. Raises Unavailable where it does not answer; what it answers is not believed."""

    def __init__(self, url: str) -> None:
        self._reader = BlockingReader(url)
        self.url = self._reader.url
        """The address as it may be shown."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.__exit__(kind, error, trace)

    def checkpoint(self) -> str:
        return self._text(self._get("/log/checkpoint", limits.NOTE), "the checkpoint")

    def rotations(self) -> list[str]:
        """How the log's key was rotated, as notes; none where the log says nothing of it."""
        response = self._get("/log/keys", limits.NOTE, missing=True)
        if response.status in (404, 410):
            return []
        if response.status != 200:
            raise LedgerError(f"/log/keys is answered with {response.status}", code="unexpected-answer")
        return rotations_in(response.content)

    def policy(self) -> bytes | None:
        """The policy by which heads are published; None where the log shows none."""
        response = self._get("/log/policy", limits.NOTE, missing=True)
        return response.content if response.status == 200 else None

    def entries(self, bundle: int, size: int) -> list[bytes]:
        """Entries of a bundle as it stands in the tree of `size`. Raises VerificationError where they are none."""
        width = min(TILE_WIDTH, size - bundle * TILE_WIDTH)
        path = "/log/" + entries_path(bundle, width)
        try:
            found = decode_entries(self._get(path, limits.bundle(width)).content)
        except InvalidInput as error:
            raise VerificationError(f"{path} is no entry bundle: {error.message}", code="malformed-log") from None
        if len(found) != width:
            raise VerificationError(f"{path} holds {len(found)} entries, not {width}", code="malformed-log")
        return found

    def tile(self, tile: Tile) -> bytes:
        return self._get("/log/" + tile_path(tile), limits.tile(tile.width)).content

    def body(self, digest: bytes) -> bytes | None:
        """The body of a record, or None where the server has none."""
        response = self._get(f"/v1/records/{digest.hex()}", limits.BODY, missing=True)
        if response.status != 200:
            return None
        try:
            found = decoded(response.content, _PublicBody).body
        except LedgerError as error:
            raise VerificationError(f"the answer for record {digest.hex()} is none: {error.message}",
                                    code="malformed-log") from None
        return None if found is UNSET else bytes(found)

    def cosigned(self, url: str, origin: str) -> str | None:
        """What the witness at `url` shows as cosigned last for a log; None where it shows nothing."""
        hashed = hashlib.sha256(origin.encode()).hexdigest()
        try:
            with BlockingReader(url) as witness:
                response = witness.fetch(f"/{hashed}/checkpoint", limits.NOTE)
        except (Unavailable, InvalidInput):
            return None
        return None if response.status != 200 else self._text(response, "a witness's answer")

    def _get(self, path: str, limit: int, *, missing: bool = False) -> HttpAnswer:
        response = self._reader.fetch(path, limit)
        if response.status >= 500 or (response.status != 200 and not missing):
            kind = Unavailable if response.status >= 500 else LedgerError
            raise kind(f"{path} is answered with {response.status}: {response.text}", code="unexpected-answer")
        return response

    @staticmethod
    def _text(response: HttpAnswer, what: str) -> str:
        try:
            return response.content.decode()
        except UnicodeDecodeError:
            raise VerificationError(f"{what} is not UTF-8", code="malformed-log") from None
