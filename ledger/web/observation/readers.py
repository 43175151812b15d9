"""Who may read the metrics over the network: whoever has a token of the operator's file. An address gives no right."""

import hashlib
import logging
from collections.abc import Sequence
from hmac import compare_digest
from pathlib import Path
from typing import Final

from ledger.errors import ConfigurationError
from ledger.service.configuration.named_files import read_tokens

_BEARER: Final = b"bearer"
_log = logging.getLogger(__name__)


class MetricsReaders:
    """`path`: a file with a token on each line; without one, nobody reads over the network. It is read at each request,
    so that a replaced file counts without a restart: with the old and the new token, a scraper loses no page."""

    def __init__(self, path: Path | None) -> None:
        """Raises ConfigurationError for a file that cannot be read or has no tokens."""
        self._path = path
        self._tokens()

    def admits(self, authorization: Sequence[bytes]) -> bool:
        """Whether the `Authorization` fields of a request are a single one with a token of the file."""
        scheme, _, token = authorization[0].partition(b" ") if len(authorization) == 1 else (b"", b"", b"")
        if scheme.lower() != _BEARER:
            return False
        try:
            known = self._tokens()
        except ConfigurationError as error:
            _log.warning("nobody reads the metrics: %s", error.message)
            return False
        return sum([compare_digest(_digest(token.strip()), digest) for digest in known]) > 0

    def _tokens(self) -> list[bytes]:
        """The digests of the tokens, which all have one length."""
        return [_digest(token) for token in read_tokens(self._path)]


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()
