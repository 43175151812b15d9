"""What a monitor reads: a log's checkpoint, entry bundles and bodies of public kinds; what witnesses have cosigned."""

import hashlib
from types import TracebackType
from typing import Self

import httpx
import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from ledger.core.logkeys import rotations_in
from ledger.core.tiles import TILE_WIDTH, Tile, decode_entries, entries_path, tile_path
from ledger.errors import InvalidInput, LedgerError, Unavailable, VerificationError

_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
_LOCAL = ("127.0.0.1", "localhost", "::1")
_MAX_NOTE = 1 << 20


class _Body(Struct, frozen=True):
    body: Raw | UnsetType = UNSET


class LogReader:
    """A server of the log at `url`. Raises Unavailable where it does not answer; what it answers is not believed."""

    def __init__(self, url: str) -> None:
        try:
            address = httpx.URL(url.rstrip("/"))
        except httpx.InvalidURL:
            address = httpx.URL("")
        if address.scheme not in ("http", "https") or not address.host:
            raise InvalidInput(f"{url!r} is no address of a server", field="url", value=url, rule="http:// or https://")
        # A proxy of the environment is for other hosts than this one.
        self._http = httpx.Client(base_url=address, timeout=_TIMEOUT, trust_env=address.host not in _LOCAL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def checkpoint(self) -> str:
        return self._text(self._get("/log/checkpoint"), "the checkpoint")

    def rotations(self) -> list[str]:
        """How the log's key was rotated, as notes; none where the log says nothing of it."""
        response = self._get("/log/keys", missing=True)
        if response.status_code in (404, 410):
            return []
        if response.status_code != 200:
            raise LedgerError(f"/log/keys is answered with {response.status_code}", code="unexpected-answer")
        return rotations_in(response.content)

    def policy(self) -> bytes | None:
        """The policy by which heads are published; None where the log shows none."""
        response = self._get("/log/policy", missing=True)
        return response.content if response.status_code == 200 else None

    def entries(self, bundle: int, size: int) -> list[bytes]:
        """Entries of a bundle as it stands in the tree of `size`. Raises VerificationError where they are none."""
        width = min(TILE_WIDTH, size - bundle * TILE_WIDTH)
        path = "/log/" + entries_path(bundle, width)
        try:
            found = decode_entries(self._get(path).content)
        except InvalidInput as error:
            raise VerificationError(f"{path} is no entry bundle: {error.message}", code="malformed-log") from None
        if len(found) != width:
            raise VerificationError(f"{path} holds {len(found)} entries, not {width}", code="malformed-log")
        return found

    def tile(self, tile: Tile) -> bytes:
        return self._get("/log/" + tile_path(tile)).content

    def body(self, digest: bytes) -> bytes | None:
        """The body of a record, or None where the server has none."""
        response = self._get(f"/v1/records/{digest.hex()}", missing=True)
        if response.status_code != 200:
            return None
        try:
            found = msgspec.json.decode(response.content, type=_Body).body
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise VerificationError(f"the answer for record {digest.hex()} is none: {error}", code="malformed-log"
                                    ) from None
        return None if found is UNSET else bytes(found)

    def cosigned(self, url: str, origin: str) -> str | None:
        """What the witness at `url` shows as cosigned last for a log; None where it shows nothing."""
        hashed = hashlib.sha256(origin.encode()).hexdigest()
        try:
            response = httpx.get(f"{url.rstrip('/')}/{hashed}/checkpoint", timeout=_TIMEOUT,
                                 trust_env=httpx.URL(url).host not in _LOCAL)
        except (httpx.HTTPError, httpx.InvalidURL):
            return None
        return None if response.status_code != 200 else self._text(response, "a witness's answer")

    def _get(self, path: str, *, missing: bool = False) -> httpx.Response:
        try:
            response = self._http.get(path)
        except httpx.HTTPError as error:
            raise Unavailable(f"{self._http.base_url} does not answer: {str(error) or type(error).__name__}",
                              code="server-down") from None
        if response.status_code >= 500 or (response.status_code != 200 and not missing):
            kind = Unavailable if response.status_code >= 500 else LedgerError
            raise kind(f"{path} is answered with {response.status_code}: {response.text[:200]}",
                       code="unexpected-answer")
        return response

    @staticmethod
    def _text(response: httpx.Response, what: str) -> str:
        try:
            return response.content[:_MAX_NOTE].decode()
        except UnicodeDecodeError:
            raise VerificationError(f"{what} is not UTF-8", code="malformed-log") from None
