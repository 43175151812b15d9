"""The input of a monitor: a log's checkpoint, entry bundles and public bodies, and the heads that witnesses
cosigned."""

from datetime import date
from typing import NamedTuple

from msgspec import UNSET, Raw, Struct, UnsetType

from ledger.access.accesses import parse_day
from ledger.answers.lists import AccessRootsAnswer
from ledger.client import limits
from ledger.client.http import BlockingReader, HttpAnswer, decoded
from ledger.core.log.add_checkpoint import log_id
from ledger.core.log.key_rotation import rotations_in
from ledger.core.log.tiles import TILE_WIDTH, Tile, decode_entries, entries_path, tile_path
from ledger.errors import InvalidInput, LedgerError, Unavailable, VerificationError


class AccessDays(NamedTuple):
    """Closed days of the access log with their notes, in order; the rows of days before `kept_from` have expired."""

    notes: list[tuple[date, str]]
    kept_from: str


class _PublicBody(Struct, frozen=True):
    body: Raw | UnsetType = UNSET


class LogReader(BlockingReader):
    """Reads the log of the server at `url`. Its answers are not trusted. Unlike an export, a monitor distinguishes a
    log that fails (Unavailable, asked again) from a log that answers wrongly (LedgerError)."""

    def checkpoint(self) -> str:
        return self._text(self._get("/log/checkpoint", limits.NOTE), "the checkpoint")

    def rotations(self) -> list[str]:
        """The rotation notes of the log's key; empty if the log serves no such file."""
        response = self._get("/log/keys", limits.NOTE, missing=True)
        if response.missing:
            return []
        if response.status != 200:
            raise LedgerError(f"{self.url}/log/keys answers {response.status}", code="unexpected-answer")
        return rotations_in(response.content)

    def policy(self) -> bytes | None:
        """The policy by which the log publishes heads; None if the log shows no policy."""
        response = self._get("/log/policy", limits.NOTE, missing=True)
        return response.content if response.status == 200 else None

    def access_days(self) -> AccessDays:
        """All closed days of the access log. Raises VerificationError if the list is malformed."""
        notes: list[tuple[date, str]] = []
        after = ""
        while True:
            path = f"/log/accesses{after and f'?after={after}'}"
            page = decoded(self._get(path, limits.PAGE).content, AccessRootsAnswer)
            for listed in page.days:
                day = _day(listed.day)
                if notes and day <= notes[-1][0]:
                    raise VerificationError("the days of the access log are not in order", code="malformed-log")
                notes.append((day, listed.note))
            if page.next is None or not page.days:
                return AccessDays(notes, page.kept_from)
            after = notes[-1][0].isoformat()

    def entries(self, bundle: int, size: int) -> list[bytes]:
        """The entries of a bundle in the tree of `size`. Raises VerificationError if the bundle is malformed."""
        width = min(TILE_WIDTH, size - bundle * TILE_WIDTH)
        path = "/log/" + entries_path(bundle, width)
        try:
            entries = decode_entries(self._get(path, limits.bundle(width)).content)
        except InvalidInput as error:
            raise VerificationError(f"{path} is not an entry bundle: {error.message}", code="malformed-log") from None
        if len(entries) != width:
            raise VerificationError(f"{path} holds {len(entries)} entries, not {width}", code="malformed-log")
        return entries

    def tile(self, tile: Tile) -> bytes:
        return self._get("/log/" + tile_path(tile), limits.tile(tile.width)).content

    def body(self, digest: bytes) -> bytes | None:
        """The body of a record, or None if the server does not have it."""
        response = self._get(f"/v1/records/{digest.hex()}", limits.BODY, missing=True)
        if response.status != 200:
            return None
        try:
            body = decoded(response.content, _PublicBody).body
        except LedgerError as error:
            raise VerificationError(f"the answer for record {digest.hex()} is malformed: {error.message}",
                                    code="malformed-log") from None
        return None if body is UNSET else bytes(body)

    def cosigned(self, url: str, origin: str) -> str | None:
        """The note that the witness at `url` shows as the last one it cosigned for a log; None if it shows no note."""
        try:
            with BlockingReader(url) as witness:
                response = witness.fetch(f"/{log_id(origin)}/checkpoint", limits.NOTE)
        except (Unavailable, InvalidInput):
            return None
        return None if response.status != 200 else self._text(response, "a witness's answer")

    def _get(self, path: str, limit: int, *, missing: bool = False) -> HttpAnswer:
        response = self.fetch(path, limit)
        if response.status >= 500 or (response.status != 200 and not missing):
            kind = Unavailable if response.status >= 500 else LedgerError
            raise kind(f"{self.url}{path} answers {response.status}: {response.text}", code="unexpected-answer")
        return response

    @staticmethod
    def _text(response: HttpAnswer, subject: str) -> str:
        try:
            return response.content.decode()
        except UnicodeDecodeError:
            raise VerificationError(f"{subject} is not UTF-8", code="malformed-log") from None


def _day(text: str) -> date:
    try:
        return parse_day(text, "day")
    except InvalidInput as error:
        raise VerificationError(f"the list of days of the access log: {error.message}", code="malformed-log") from None
