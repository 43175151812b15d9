"""An anchor in an S3-compatible object store, which replicas on several hosts share.

Each write is a conditional put: the first with If-None-Match, all others with If-Match and the entity tag of the object
that was read. So the store refuses one of two concurrent writers; that writer reads again, and no update is lost. The
creation of an anchor fails if the store ignores these conditions.
"""

import os
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from ledger.errors import ConfigurationError
from ledger.store.anchor.content import MAX_BYTES
from ledger.store.anchor.interface import Anchor, Change

_ATTEMPTS: Final = 100
_RETRIES: Final = 2
_SECONDS: Final = timedelta(seconds=10)
_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_MISSING_TAG: Final = '"00000000000000000000000000000000"'


class ObjectAnchor(Anchor):
    """The object at `s3://BUCKET/KEY`. Credentials, region and endpoint come from the environment (AWS_*)."""

    remote = True

    def __init__(self, location: str) -> None:
        self.location = location
        address = urlsplit(location)
        self._key = address.path.strip("/")
        try:
            self._store = S3Store(
                address.netloc,
                client_options={"timeout": _SECONDS, "connect_timeout": _SECONDS, "allow_http": _plain()},
                retry_config={"max_retries": _RETRIES, "retry_timeout": _SECONDS},
            )
        except (BaseError, ValueError) as error:
            raise ConfigurationError(f"cannot use the anchor {location}: {_first(error)}", field="anchor",
                                     value=location) from error

    def raw(self) -> bytes | None:
        return self._fetched()[0]

    def update(self, change: Change) -> str:
        for _ in range(_ATTEMPTS):
            data, tag = self._fetched()
            current = None if data is None else self.checked(data)
            note = self.changed(current, change)
            if note is None:
                return current or ""
            if current is None:
                self._require_conditions()
            if self._put(self._key, note.encode(), tag):
                return note
        raise self.unwritable(f"others have written it {_ATTEMPTS} times in the meantime")

    def replace(self, note: str, expected: bytes | None, stamp: str) -> str | None:
        data, tag = self._fetched()
        if data != expected:
            raise self.overtaken()
        backup = None if expected is None else f"{self._key}.until-{stamp}"
        if backup is not None and expected is not None and not self._put(backup, expected, None):
            raise self.overtaken()
        if expected is None:
            self._require_conditions()
        if not self._put(self._key, note.encode(), tag):
            raise self.overtaken()
        return None if backup is None else f"s3://{urlsplit(self.location).netloc}/{backup}"

    def _fetched(self) -> tuple[bytes | None, str | None]:
        """The object's data and its entity tag; None for both if it does not exist."""
        try:
            answer = obstore.get(self._store, self._key)
            tag = answer.meta["e_tag"]
            if answer.meta["size"] > MAX_BYTES:
                raise self.unreadable(f"longer than {MAX_BYTES} bytes")
            data = bytes(answer.bytes())
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise self.unreadable("the bucket does not exist") from error
            return None, None
        except (BaseError, OSError, ValueError) as error:
            raise self.unreadable(_first(error)) from error
        if tag is None:
            raise self.unreadable("the store returns no entity tag")
        return data, tag

    def _put(self, key: str, data: bytes, tag: str | None) -> bool:
        """Writes the data if the object still has the entity tag `tag` (None: does not exist). Returns whether it was
        written."""
        try:
            obstore.put(self._store, key, data, mode="create" if tag is None else {"e_tag": tag}, use_multipart=False)
        except (AlreadyExistsError, PreconditionError):
            return False
        except (BaseError, OSError, ValueError) as error:
            raise self.unwritable(_first(error)) from error
        return True

    def _require_conditions(self) -> None:
        """Raises Unavailable if the store ignores conditions: then one writer could overwrite another one's update."""
        probe = f"{self._key}.conditions"
        self._put(probe, b"", None)
        if self._put(probe, b"", None) or self._put(probe, b"", _MISSING_TAG):
            raise self.unwritable("the store ignores If-Match or If-None-Match, so that an update could be lost")


def _plain() -> bool:
    """Whether the operator has named an endpoint without TLS."""
    return any(os.environ.get(name, "").startswith("http://") for name in _ENDPOINTS)


def _first(error: Exception) -> str:
    """The first line of a library error. The other lines quote the library's own source."""
    return str(error).strip().split("\n")[0]
